"""A level of theory: what defines it, its energies, and how far another level lies from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hemdata.door.html import shown
from hemdata.door.kinds import kinds_checked
from hemdata.levels import level

if TYPE_CHECKING:
    import pandas as pd
    from ase import Atoms

    from hemdata.door.set import Set


class Level:
    """A level of theory, bound to the energies of its own atoms.

    Attributes:
        name: of its card.
        hash: twelve hex digits over what defines it; two names for one level share it.
        atoms: symbol of an element to its atom's energy at this very level, hartree.

    Args:
        name: of a level (`hd.catalogue("level")` lists them), or the path of a card.

    Raises:
        CallError: if there is no such level.
        DataError: if its card is wrong.

    Example:
        >>> hd.Level("pc9")
        Level('pc9', B3LYP/6-31G* as PubChemQC (GAMESS) has it)
        >>> hd.Level("pc9").hash == hd.Level("od9").hash
        True
        >>> round(hd.Level("gfn2-xtb").atoms["H"], 4)
        -0.3935
    """

    @kinds_checked
    def __init__(self, name: str | Path) -> None:
        self._level = level(name)
        self.name, self.hash = self._level.name, self._level.hash
        self.atoms = dict(self._level.card.atoms_hartree)

    def __repr__(self) -> str:
        return f"Level({self.name!r}, {self._level.card.title})"

    def _repr_html_(self) -> str:
        card = self._level.card
        facts = {
            "title": card.title,
            "engine": card.engine,
            "method": card.method,
            "basis": card.basis.name if card.basis else None,
            "dispersion": card.dispersion,
            "hash": self.hash,
            "cite": card.cite,
        }
        atoms = [{"atom": symbol, "hartree": f"{energy:.6f}"} for symbol, energy in self.atoms.items()]
        return shown(self.name, facts, atoms, card.about)

    @kinds_checked
    def energy(self, atoms: Atoms) -> float:
        """The total electronic energy of one geometry, hartree.

        Args:
            atoms: ASE's atoms; `info` may have `charge` (0) and `multiplicity` (the lowest that the electrons allow).

        Raises:
            CallError: if the level's engine is not installed.
            DataError: if the calculation does not converge, or charge and multiplicity do not go together.

        Example:
            >>> from ase.build import molecule
            >>> round(hd.Level("gfn2-xtb").energy(molecule("H2O")), 4)
            -5.0702
        """
        from hemdata.chemistry.engines import engine

        charge = int(atoms.info.get("charge", 0))
        lowest = 1 + (int(sum(atoms.numbers)) - charge) % 2
        multiplicity = int(atoms.info.get("multiplicity", lowest))
        point = engine(self._level).single_point(atoms.numbers, atoms.positions, charge, multiplicity, self._level)
        return float(point.energy_hartree)

    @kinds_checked
    def atomization_energy(self, atoms: Atoms) -> float:
        """The energies of its atoms less the molecule's, all at this level, kcal/mol; positive when bound.

        Raises:
            DataError: if the level has no atom of an element; else as `energy`.

        Example:
            >>> from ase.build import molecule
            >>> round(hd.Level("gfn2-xtb").atomization_energy(molecule("H2O")), 1)
            323.6
        """
        import numpy as np

        from hemdata.levels import atomization_energies

        offsets = np.array([0, len(atoms)])
        return float(atomization_energies([self.energy(atoms)], atoms.numbers, offsets, self._level)[0])

    @kinds_checked
    def gap(
        self, other: str | Level, molecules: str | Set, *, geometry: str | None = None, data: str | Path = "data"
    ) -> pd.DataFrame:
        """What a perfect model of this level errs at another: the same molecules at the same geometries at both.

        Args:
            other: level.
            molecules: a dataset that is labelled at both levels, or a test group; of a labelled set its dataset.
            geometry: level of the geometries; by default the first that both have.
            data: folder of the labelled sets; labels that travel with hemdata are looked through after it.

        Returns:
            One row a group, and `all`: molecules; this level less the other in atomization energy, each with its own
            atoms (mean, smallest, largest, per_atom); `rest`, the mean size of what is not linear in the composition
            by one fit to all these molecules, NaN where they are no more than their elements;
            `foreign_atoms`, the mean error of the other's totals with this level's atoms. All in kcal/mol.

        Raises:
            DataError: if the molecules are not labelled at both; tells the command that does it.

        Example:
            >>> gap = hd.Level("qm9").gap("pc9", "test-groups")
            >>> gap[["group", "molecules", "mean_kcal_mol", "per_atom_kcal_mol"]].round(2).head(2)
                    group  molecules  mean_kcal_mol  per_atom_kcal_mol
            0       azoxy         45          30.90               1.48
            1  explosives         40          31.03               1.58
        """
        from dataclasses import asdict

        import pandas as pd

        from hemdata.assess.gap import gap_of
        from hemdata.shards import SetName

        name = molecules if isinstance(molecules, str) else SetName.of(molecules.name).dataset
        found = gap_of(Path(data), name, self.name, other if isinstance(other, str) else other.name, geometry)
        frame = pd.DataFrame([asdict(group) for group in found.groups()]).astype({"rest": float})
        return frame.rename(columns={name: f"{name}_kcal_mol" for name in frame.columns[2:]})
