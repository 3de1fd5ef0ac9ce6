"""Size: error against heavy atoms, within the sizes of the training set and beyond them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hemdata.study import statistics
from hemdata.study.reasons.correlation import rank_correlation
from hemdata.study.reasons.errors import ERROR, MODEL, drawn, ends

WITHIN, BEYOND = "within", "beyond"


def size(
    errors: pd.DataFrame,
    largest: Mapping[str, int],
    *,
    resamples: int = statistics.RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Errors on molecules no larger than the training set's largest, and on larger ones.

    Args:
        errors: of `signed_errors`.
        largest: heavy atoms of the largest training molecule, by training set; a set that is not there is left out.

    Returns:
        network, training_set, place ("within" or "beyond"), largest_n_heavy, n_molecules, mae_kcal_mol and
        mae_kcal_mol_heavy_atom (per heavy atom), each with _low and _high; rank_correlation of absolute error and
        heavy atoms over all molecules of the model, with _low and _high.
    """
    known = errors[errors["training_set"].isin(list(largest))]
    limit = np.array([largest[name] for name in known["training_set"]], dtype=np.float64)
    absolute = known[ERROR].abs()
    frame = known.assign(
        place=np.where(known["n_heavy"] <= limit, WITHIN, BEYOND),
        absolute=absolute, of_heavy_atom=absolute / known["n_heavy"].clip(lower=1),
    )  # fmt: skip
    rho = {
        key: rank_correlation(part, "absolute", "n_heavy", resamples=resamples, seed=seed)
        for key, part in frame.groupby(MODEL, sort=True)
    }
    lines = []
    for one in drawn(frame, ["absolute", "of_heavy_atom"], [*MODEL, "place"], resamples=resamples, seed=seed):
        network, training_set, place = one.key
        mae, atom = map(float, one.estimate)
        measured = (mae, *ends(one.draws[:, 0]), atom, *ends(one.draws[:, 1]), *rho[network, training_set])
        lines.append((network, training_set, place, largest[training_set], one.n_molecules, *measured))
    columns = [*MODEL, "place", "largest_n_heavy", "n_molecules"]
    for name in ("mae_kcal_mol", "mae_kcal_mol_heavy_atom", "rank_correlation"):
        columns += [name, f"{name}_low", f"{name}_high"]
    table = pd.DataFrame(lines, columns=columns)
    return table.sort_values([*MODEL, "place"], ascending=[True, True, False], ignore_index=True)
