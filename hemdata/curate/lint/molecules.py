"""Checks of what a row says it is: the record's own rules, its id, its charge and spin against its SMILES."""

from collections.abc import Iterator

import numpy as np

from hemdata.curate.lint.check import Fault, check
from hemdata.curate.lint.rows import Rows
from hemdata.schema import table_schema

POPULATIONS = "_charges_e"
CHARGE_ROUNDING_E = 0.02


@check(
    "R01", "error", "A row breaks the record's rules.",
    "Its numbers are out of range, in another unit or do not go together: build the set again from its source.",
)  # fmt: skip
def rules(rows: Rows) -> Iterator[Fault]:
    """What `hemdata build` refuses, of the columns that every set has."""
    schema = table_schema("molecule")
    for row, reason in schema.refused(rows.table.select(schema.arrow.names)).items():
        yield Fault(row, reason)


@check(
    "R02", "warning", "An id has blanks or control characters, which files and shells lose.",
    "Rename the row in its source.",
)  # fmt: skip
def ids(rows: Rows) -> Iterator[Fault]:
    """Ids that do not survive being written into a file and read again."""
    for row, name in enumerate(rows.ids):
        if name != name.strip() or not name.isprintable() or any(letter.isspace() for letter in name):
            yield Fault(row, f"the id is {name!r}")


@check(
    "S01", "error", "The total charge is not that of the SMILES.",
    "One of the two is wrong; an energy at the wrong charge is off by hundreds of kcal/mol. Compute it again.",
    "smiles",
)  # fmt: skip
def charge(rows: Rows) -> Iterator[Fault]:
    """Formal charges against the total charge."""
    for row, identity in enumerate(rows.identities):
        if identity is not None and identity.charge != rows.charge[row]:
            yield Fault(row, f"charge {rows.charge[row]:+d}, SMILES {identity.charge:+d}")


@check(
    "S02", "warning", "The SMILES draws unpaired electrons that the multiplicity does not have.",
    "Compute the open-shell state too: the lower one counts. Or leave the row out (`closed_shell_only()`).",
    "smiles",
)  # fmt: skip
def spin(rows: Rows) -> Iterator[Fault]:
    """Radicals as singlets."""
    multiplicity = rows.column("multiplicity")
    for row, identity in enumerate(rows.identities):
        if identity is not None and identity.radical_electrons > 0 and multiplicity[row] == 1:
            yield Fault(row, f"multiplicity 1, {identity.radical_electrons} unpaired electrons drawn")


@check(
    "S03", "error", "The atoms' charges do not add up to the molecule's.",
    "The atoms' charges or the total charge belong to another calculation.",
)  # fmt: skip
def populations(rows: Rows) -> Iterator[Fault]:
    """Columns of one charge an atom, as `mulliken_charges_e`."""
    for name in (name for name in rows.table.column_names if name.endswith(POPULATIONS)):
        values, length, row_of = rows.lists(name)
        total = np.bincount(row_of, values, len(rows))
        told = length > 0
        for row in np.flatnonzero(told & (length != rows.n_atoms)).tolist():
            yield Fault(row, f"{length[row]} values in {name}, {rows.n_atoms[row]} atoms")
        off = np.abs(total - rows.charge)
        for row in np.flatnonzero(told & (length == rows.n_atoms) & (off > CHARGE_ROUNDING_E)).tolist():
            yield Fault(row, f"{name} add up to {total[row]:+.3f}, the charge is {rows.charge[row]:+d}")


@check(
    "S04", "error", "The atoms are not those of the SMILES.",
    "The SMILES or the geometry is another row's, or hydrogens are missing.",
    "smiles",
)  # fmt: skip
def formula(rows: Rows) -> Iterator[Fault]:
    """Elements and their numbers."""
    starts = np.concatenate([[0], np.cumsum(rows.n_atoms)])
    for row, identity in enumerate(rows.identities):
        z = rows.z[starts[row] : starts[row + 1]].tolist()
        if identity is not None and sorted(z) != sorted(identity.atomic_numbers):
            yield Fault(row, f"{len(z)} atoms, {len(identity.atomic_numbers)} in {rows.table['smiles'][row]}")
