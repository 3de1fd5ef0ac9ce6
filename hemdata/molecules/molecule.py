"""A molecule on its way to a calculation or a model, or what stands in a file and is none."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from hemdata.errors import DataError
from hemdata.identity import identify
from hemdata.identity.ground_state import LARGEST, ground_multiplicity, known_multiplicity
from hemdata.molecules.geometry import refuse_geometry

NOT_DRAWN = "multiplicity_not_drawn"
NOT_GROUND = "not_ground_state"


@dataclass(frozen=True)
class Molecule:
    """A molecule to be labelled or predicted.

    Attributes:
        id: of the row in its dataset.
        smiles: as published.
        canonical_smiles, inchikey: its identity, where RDKit reads the SMILES.
        n_heavy: atoms that are not hydrogen, for the order of work.
        charge, multiplicity: of the whole molecule.
        atomic_numbers, positions: a geometry, where one is given (angstrom, 3N).
        geometry_level: level of theory of that geometry, where it is known.
        where: file and line that it was read from.
        flags: that its labelled row gets.
        doubt: what was taken for granted of it, in words.
        energy_key: the name under which the file gives it an energy, which is not taken.
    """

    id: str
    smiles: str | None
    canonical_smiles: str | None
    inchikey: str | None
    n_heavy: int
    charge: int = 0
    multiplicity: int = 1
    atomic_numbers: list[int] = field(default_factory=list)
    positions: list[float] = field(default_factory=list)
    geometry_level: str | None = None
    where: str | None = field(default=None, compare=False)
    flags: tuple[str, ...] = ()
    doubt: str | None = field(default=None, compare=False)
    energy_key: str | None = field(default=None, compare=False)

    def at(self, atomic_numbers: list[int], positions: list[float]) -> "Molecule":
        """The same molecule with a geometry: (N,), (3N,) angstrom.

        Raises:
            DataError: if these are not its atoms.
        """
        identity = identify(self.canonical_smiles, bonds=False) if self.canonical_smiles else None
        if identity is not None and sorted(identity.atomic_numbers) != sorted(atomic_numbers):
            raise DataError("The SMILES has other atoms than the geometry.", where=self.where, got=self.smiles)
        return replace(self, atomic_numbers=atomic_numbers, positions=positions)


@dataclass(frozen=True)
class Unread:
    """What was asked for and is no molecule.

    Attributes:
        id: that it would have had.
        text: what stands there.
        reason: why it does not read, a sentence.
        where: file and line.
        fix: what to do.
    """

    id: str
    text: str
    reason: str
    where: str | None = None
    fix: str | None = None

    @property
    def told(self) -> str:
        """The reason, and the line where it stands."""
        line = f" ({self.where.rpartition(', ')[2]})" if self.where else ""
        return f"{self.reason.rstrip('.')}{line}: {self.text}"

    @property
    def error(self) -> DataError:
        """As an error by itself."""
        return DataError(self.reason, where=self.where, got=self.text, fix=self.fix)


class Said(NamedTuple):
    """Charge and multiplicity as somebody said them; None where nothing was said.

    `spin` is a multiplicity in some files and a number of unpaired electrons in others.
    """

    charge: int | None = None
    multiplicity: int | None = None
    spin: int | None = None

    def over(self, other: "Said") -> "Said":
        """Both together.

        Raises:
            DataError: if they contradict each other.
        """
        for name, one, two in zip(self._fields, self, other, strict=True):
            if one is not None and two is not None and one != two:
                raise DataError(
                    f"The {name} is said twice.", expected=f"{name} {one}", got=f"{name} {two}", fix="Say it once."
                )
        return Said(*(two if one is None else one for one, two in zip(self, other, strict=True)))

    def settled(self, atomic_numbers: Sequence[int], drawn: int | None = None) -> tuple[int, int]:
        """The charge and multiplicity of a molecule of these atoms; an unsaid charge is 0.

        Of a `spin` the number of electrons tells what it is, for it can be only one of the two. An unsaid multiplicity
        is that of the ground state where it is known, else of the unpaired electron that is `drawn`, else the lowest.

        Raises:
            DataError: if they do not go together, or several unpaired electrons are drawn and nothing tells how they
                couple.
        """
        charge = self.charge or 0
        electrons = sum(atomic_numbers) - charge
        said = Said(multiplicity=self.multiplicity)
        if self.spin is not None:
            said = said.over(Said(multiplicity=self.spin if (electrons - self.spin) % 2 else self.spin + 1))
        if said.multiplicity is None:
            return charge, ground_multiplicity(atomic_numbers, charge, drawn)
        unpaired = said.multiplicity - 1
        if unpaired < 0 or unpaired > electrons or (electrons - unpaired) % 2:
            raise DataError(
                "Charge and multiplicity do not go together.",
                expected="an even number of paired electrons",
                got=f"{electrons} electrons, multiplicity {said.multiplicity}",
                fix="Correct the charge or the multiplicity.",
            )
        return charge, said.multiplicity


NOTHING = Said()


def from_smiles(smiles: str, id: str, where: str | None = None, said: Said = NOTHING) -> Molecule:
    """The molecule of a SMILES; its multiplicity is that of the unpaired electron drawn, unless another is said.

    Of atoms and small molecules whose ground state is known it is that one, and flagged where another is drawn.

    Raises:
        DataError: if it does not parse, charge or multiplicity are said that it cannot have, or the multiplicity has to
            be said.
    """
    identity = identify(smiles)
    if identity is None:
        hint = "a SMILES ends at a comma; blanks or tabs part it from its name" if "," in smiles else None
        raise DataError("A SMILES does not parse.", where=where, expected=hint, got=smiles, fix="Correct or remove it.")
    if said.charge not in (None, identity.charge):
        raise DataError(
            "The SMILES has another charge.",
            where=where,
            expected=f"charge {said.charge}, as was said",
            got=f"{smiles}, charge {identity.charge}",
            fix="Draw the charge, as in [NH4+], or say the one that is drawn.",
        )
    try:
        charge, multiplicity = said._replace(charge=identity.charge).settled(
            identity.atomic_numbers, identity.radical_electrons
        )
    except DataError as error:
        raise DataError(error.what, where=where, expected=error.expected, got=smiles, fix=error.fix) from None
    unsaid = said.multiplicity is None and said.spin is None
    not_drawn = unsaid and multiplicity != 1 + identity.radical_electrons
    return Molecule(
        id=id,
        smiles=smiles,
        canonical_smiles=identity.canonical_smiles,
        inchikey=identity.inchikey,
        n_heavy=sum(z != 1 for z in identity.atomic_numbers),
        charge=charge,
        multiplicity=multiplicity,
        where=where,
        doubt="the multiplicity of the known ground state, not of the electrons drawn" if not_drawn else None,
        flags=(NOT_DRAWN,) if not_drawn else (),
    )


def from_geometry(
    atomic_numbers: list[int],
    positions: list[float],
    id: str,
    where: str | None = None,
    said: Said = NOTHING,
    smiles: str | None = None,
    in_angstrom: bool = False,
) -> Molecule:
    """The molecule of a geometry, (N,) and (3N,) angstrom, and of its SMILES where one is given.

    Raises:
        DataError: as `from_smiles`, `Said.settled` and `refuse_geometry`, or if the SMILES has other atoms.
    """
    charge, multiplicity = (0, 1) if smiles else said.settled(atomic_numbers)
    drawn = from_smiles(smiles, id, where, said) if smiles else None
    refuse_geometry(atomic_numbers, positions, in_angstrom)
    if drawn is not None:
        return drawn.at(atomic_numbers, positions)
    return Molecule(
        id=id,
        smiles=None,
        canonical_smiles=None,
        inchikey=None,
        n_heavy=sum(z != 1 for z in atomic_numbers),
        charge=charge,
        multiplicity=multiplicity,
        atomic_numbers=atomic_numbers,
        positions=positions,
        where=where,
    )


def held_against_ground_state(molecule: Molecule) -> Molecule:
    """A molecule of a set, flagged and doubted where it is small and known to have another ground state."""
    if molecule.n_heavy > LARGEST:
        return molecule
    z: Sequence[int] = molecule.atomic_numbers
    if not z and molecule.canonical_smiles and (identity := identify(molecule.canonical_smiles, bonds=False)):
        z = identity.atomic_numbers
    if known_multiplicity(z, molecule.charge) in (None, molecule.multiplicity):
        return molecule
    return replace(molecule, doubt="another multiplicity than that of their ground state", flags=(NOT_GROUND,))
