"""Size: error against heavy atoms, within the sizes of the training set and beyond them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hemdata.analysis import statistics
from hemdata.analysis.reasons.errors import MODEL
from hemdata.analysis.reasons.tables import by_class

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
    frame = known.assign(place=np.where(known["n_heavy"] <= limit, WITHIN, BEYOND))
    table = by_class(frame, "place", "absolute", "n_heavy", resamples=resamples, seed=seed)
    table.insert(3, "largest_n_heavy", [largest[name] for name in table["training_set"]])
    return table.sort_values([*MODEL, "place"], ascending=[True, True, False], ignore_index=True)
