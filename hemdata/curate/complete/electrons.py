"""Charges and multiplicities of the rows of a file; ions and radicals are flagged."""

import numpy as np
import numpy.typing as npt

from hemdata.curate.complete.batch import Batch
from hemdata.curate.complete.values import whole_numbers
from hemdata.identity.ground_state import LARGEST, known_multiplicity
from hemdata.molecules.state import SPIN, UNPAIRED
from hemdata.schema.columns import sums


def electrons_of(
    batch: Batch, z: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Charges and multiplicities; ions and radicals are flagged."""
    n = batch.frames.n
    drawn = np.array([its.charge if its else 0 for its in batch.identities])
    charge = whole_numbers(batch.of("charge"), n, batch.bad, "charge")
    if batch.how.charge is not None:
        charge = np.where(np.isnan(charge), batch.how.charge, charge)
    given_smiles = batch.of("smiles") is not None
    for row in np.flatnonzero(~np.isnan(charge) & (charge != drawn)).tolist() if given_smiles else ():
        if batch.identities[row] is not None:
            batch.bad.setdefault(
                row, ("the charge is not that of the SMILES", f"expected {drawn[row]}, got {charge[row]:g}")
            )
    charge = np.where(np.isnan(charge), drawn, charge)
    electrons = sums(z, offsets) - charge
    radical = np.array([its.radical_electrons if its else -1 for its in batch.identities])
    lowest = np.where((radical >= 0) & ((electrons - radical) % 2 == 0), 1 + radical, 1 + electrons % 2)
    multiplicity = _multiplicity(batch, electrons)
    if batch.how.multiplicity is not None:
        multiplicity = np.where(np.isnan(multiplicity), batch.how.multiplicity, multiplicity)
    for row in np.flatnonzero(np.isnan(multiplicity) & (np.diff(offsets) <= LARGEST)).tolist():
        known = known_multiplicity(z[offsets[row] : offsets[row + 1]].tolist(), int(charge[row]))
        lowest[row] = lowest[row] if known is None else known
    multiplicity = np.where(np.isnan(multiplicity), lowest, multiplicity)
    for row in np.flatnonzero((np.abs(charge) > 100) | (multiplicity > 200) | (multiplicity < 0)).tolist():
        batch.bad.setdefault(
            row, ("no charge or multiplicity", f"charge {charge[row]:g}, multiplicity {multiplicity[row]:g}")
        )
    for flag, rows in (("ion", charge != 0), ("radical", multiplicity > 1)):
        for row in rows.nonzero()[0].tolist():
            if flag not in batch.flags[row]:
                batch.flags[row].append(flag)
    return np.clip(charge, -100, 100).astype(np.int64), np.clip(multiplicity, 0, 200).astype(np.int64)


def _multiplicity(batch: Batch, electrons: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """As the file has them; of unpaired electrons, and of a `spin` that can be but these, one more."""
    said = whole_numbers(batch.of("multiplicity"), batch.frames.n, batch.bad, "multiplicity")
    its = batch.card.columns.get("multiplicity")
    name = its.column.lower() if its else ""
    if name in UNPAIRED:
        return said + 1
    if name in SPIN:
        return np.where((electrons - said) % 2 == 0, said + 1, said)
    return said
