"""Detection of planted errors by `hemdata suspects`, by kind and size, and by the plain residual of the energies.

Usage: python benchmarks/suspects.py SET STORE [N]    SET: folder of a built set; STORE: label store, filled as needed;
N: rows, chosen by seed 0 (default 5,000)

One label of a hundred is made wrong, three times (once where geometries change). Printed is the share of the wrong ones
among the worst 1, 2 and 5 % of rows: by the difference to GFN2-xTB, and by a model of the energies on the same counts.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from hemdata.assess.suspects.compare import labelled_rows
from hemdata.assess.suspects.screen import model_of
from hemdata.chemistry.embed import embed
from hemdata.chemistry.engines import engine
from hemdata.chemistry.frequencies import frequencies
from hemdata.chemistry.relax import relax
from hemdata.errors import DataError
from hemdata.label.calculation import stages
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.where import HERE
from hemdata.levels import level
from hemdata.shards import iterate
from hemdata.units import HARTREE_KCAL_MOL

SHARE, WORST, REPEATS = 0.01, (0.01, 0.02, 0.05), 3
GFN2 = level("gfn2-xtb")
Numbers = np.ndarray


def energy(molecule, charge: int = 0) -> float:
    """At GFN2-xTB, hartree, of the molecule with so many electrons less."""
    z, x = np.array(molecule.atomic_numbers, dtype=np.uint8), np.reshape(molecule.positions, (-1, 3))
    multiplicity = molecule.multiplicity + abs(charge)
    return float(engine(GFN2).single_point(z, x, molecule.charge + charge, multiplicity, GFN2, "label").energy_hartree)


def own_zero_point(molecule) -> float:
    """At GFN2-xTB, hartree, at the molecule's own geometry."""
    z, x = np.array(molecule.atomic_numbers, dtype=np.uint8), np.reshape(molecule.positions, (-1, 3))
    return frequencies(z, x, molecule.charge, molecule.multiplicity, GFN2).zero_point_hartree


def shifted(kcal: float) -> Callable[..., Iterator[tuple[int, float]]]:
    """Off by a fixed size, up or down."""

    def made(chosen, molecules, published, zero, draw):
        for at in chosen:
            yield at, published[at] + draw.choice([-1, 1]) * kcal / HARTREE_KCAL_MOL

    return made


def swapped(chosen, molecules, published, zero, draw):
    """The energy of another molecule of the same formula."""
    formulas = {}
    for at, molecule in enumerate(molecules):
        formulas.setdefault(tuple(sorted(molecule.atomic_numbers)), []).append(at)
    for at in chosen:
        others = [other for other in formulas[tuple(sorted(molecules[at].atomic_numbers))] if other != at]
        if others:
            yield at, published[draw.choice(others)]


def exchanged(chosen, molecules, published, zero, draw):
    """Two molecules, each with the other's energy; mostly of two formulas."""
    for one, other in zip(chosen[::2], chosen[1::2], strict=False):
        yield one, published[other]
        yield other, published[one]


def zero_point(chosen, molecules, published, zero, draw):
    """Zero-point energy left in: the published one, or GFN2-xTB's where the set has none."""
    for at in chosen:
        yield at, published[at] + (zero[at] if np.isfinite(zero[at]) else own_zero_point(molecules[at]))


def charged(chosen, molecules, published, zero, draw):
    """The energy of the cation, by GFN2-xTB's ionisation energy."""
    for at in chosen:
        yield at, published[at] + energy(molecules[at], 1) - energy(molecules[at])


def conformer(chosen, molecules, published, zero, draw):
    """The energy of another conformer: by GFN2-xTB, both relaxed."""
    for at in chosen:
        molecule = molecules[at]
        try:
            z, x = embed(molecule.canonical_smiles, int(draw.integers(1, 10**6)))
            other = relax(z, x, 0, 1, "GFN2-xTB").energy_hartree
            own = relax(
                np.array(molecule.atomic_numbers, dtype=np.uint8),
                np.reshape(molecule.positions, (-1, 3)),
                0,
                1,
                "GFN2-xTB",
            )
        except DataError:
            continue
        yield at, published[at] + other - own.energy_hartree


def stretched(molecule, angstrom: float, draw):
    """The molecule with one hydrogen pulled out along its bond."""
    x = np.reshape(molecule.positions, (-1, 3)).copy()
    hydrogens = np.flatnonzero(np.array(molecule.atomic_numbers) == 1)
    if not hydrogens.size:
        return None
    atom = int(draw.choice(hydrogens))
    apart = np.linalg.norm(x - x[atom], axis=1)
    apart[atom] = np.inf
    x[atom] += angstrom * (x[atom] - x[apart.argmin()]) / apart.min()
    return replace(molecule, positions=[float(value) for value in x.ravel()])


def found(score: Numbers, wrong: list[int]) -> list[float]:
    """The share of the wrong rows among the worst 1, 2 and 5 %."""
    rank = np.empty(len(score))
    rank[np.argsort(-np.abs(score))] = np.arange(len(score))
    return [float((rank[wrong] < part * len(score)).mean()) for part in WORST]


def tell(kind: str, off: list[float], ours: Numbers, plain: Numbers) -> None:
    cells = [f"{100 * value:.0f} %" for value in (*np.mean(ours, axis=0), *np.mean(plain, axis=0))]
    print(f"| {kind} | {np.median(np.abs(off)):.1f} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    folder, store = Path(sys.argv[1]), Path(sys.argv[2])
    number = int(sys.argv[3]) if len(sys.argv) > 3 else 5000
    molecules, energies, _ = labelled_rows(folder, "gfn2-xtb", number, 0)
    published = np.array(energies)
    zeros = {}
    for batch in iterate(folder):
        if "zpve_hartree" in batch.schema.names:
            zeros |= dict(zip(batch["id"].to_pylist(), batch["zpve_hartree"].to_pylist(), strict=True))
    zero = np.array([zeros.get(molecule.id) or np.nan for molecule in molecules])
    with LabelStore(store) as open_store:
        outcome = label(molecules, stages(GFN2, None), open_store, where=HERE)
        low = np.array([result.energy_hartree for result in open_store.get(outcome.keys)])
    started = time.process_time()
    model, difference = model_of(molecules, published, low)
    sound = model.scores(difference)
    seconds = time.process_time() - started
    print(f"{len(molecules):,} rows, {seconds:.1f} core seconds for the model; standard deviation of what it leaves:")
    print(f"{1.4826 * np.median(np.abs(sound.residual)):.2f} kcal/mol; of the energies themselves:", end=" ")
    totals = published * HARTREE_KCAL_MOL
    print(f"{1.4826 * np.median(np.abs(model.scores(totals).residual)):.2f} kcal/mol\n")
    print("| planted | median size, kcal/mol | worst 1 % | worst 2 % | worst 5 % | plain: 1 % | 2 % | 5 % |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    kinds = {f"{size} kcal/mol": shifted(size) for size in (2, 5, 10, 20)}
    kinds |= {"two molecules' energies swapped": exchanged, "another isomer's energy": swapped}
    kinds |= {"zero-point energy left in": zero_point}
    kinds |= {"the cation's energy": charged, "another conformer's energy": conformer}
    for kind, plant in kinds.items():
        ours, plain, off = [], [], []
        for repeat in range(1 if plant in (charged, conformer) else REPEATS):
            draw = np.random.default_rng(repeat)
            chosen = draw.choice(len(molecules), round(SHARE * len(molecules)), replace=False).tolist()
            made = dict(plant(chosen, molecules, published, zero, draw))
            if not made:
                continue
            wrong = published.copy()
            wrong[list(made)] = list(made.values())
            off += ((wrong - published)[list(made)] * HARTREE_KCAL_MOL).tolist()
            ours.append(found(model.scores((wrong - low) * HARTREE_KCAL_MOL).score, list(made)))
            plain.append(found(model.scores(wrong * HARTREE_KCAL_MOL).residual, list(made)))
        if ours:
            tell(kind, off, ours, plain)
    for angstrom in (0.1, 0.2):
        draw = np.random.default_rng(0)
        chosen = draw.choice(len(molecules), round(SHARE * len(molecules)), replace=False).tolist()
        changed, low_changed = list(molecules), low.copy()
        wrong = []
        for at in chosen:
            other = stretched(molecules[at], angstrom, draw)
            if other is not None:
                changed[at], low_changed[at] = other, energy(other)
                wrong.append(at)
        again, apart = model_of(changed, published, low_changed)
        off = ((low_changed - low)[wrong] * HARTREE_KCAL_MOL).tolist()
        ours = [found(again.scores(apart).score, wrong)]
        tell(f"an X-H bond {angstrom} angstrom longer", off, ours, [found(again.scores(totals).residual, wrong)])


if __name__ == "__main__":
    main()
