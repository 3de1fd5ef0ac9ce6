"""Whether a network's explanation of kinds of molecules agrees with training again without each kind.

Usage: python benchmarks/explaining_kinds.py DATA FOLDER [MINUTES] [SEEDS] [PROCESSES]

FOLDER keeps what is trained; where MINUTES are not enough, the same command goes on.

Like benchmarks/explaining.py, for PaiNN alone and where what is left out is seen above the noise of training: all
training molecules with one chemical feature at once, and as many seeds as the time allows, in the truth and in what is
said. Two seeds' truths are held against each other too: no explanation can agree better than they do.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from explaining import TRAINING, Study, tables
from rdkit import Chem
from scipy.stats import spearmanr

from hemdata.curate.functional_groups import FUNCTIONAL_GROUPS
from hemdata.explain.leave_out import LeaveOut
from hemdata.train.data.molecules import ENERGY, Molecules
from hemdata.train.fit import fit_network
from hemdata.train.fitted import Fitted
from hemdata.train.training_run import TrainingRun

LEAST, MOST, ALIKE = 0.03, 0.11, 0.6
"""Shares of the training molecules that a kind may have; two kinds that share more of theirs are one."""
KINDS = {
    **FUNCTIONAL_GROUPS,
    "alkyne": "[CX2]#[CX2]", "aldehyde": "[CX3H1](=O)[#6]", "ketone": "[#6][CX3](=O)[#6]",
    "imine": "[CX3;!$(*-[#7])]=[NX2]",
    "amidine": "[NX3][CX3]=[NX2]", "oxime": "[CX3]=[NX2][OX2]", "alkene": "[CX3]=[CX3]", "epoxide": "C1OC1",
    "aziridine": "C1NC1", "cyclopropane": "C1CC1", "oxetane": "C1COC1", "cyclobutane": "C1CCC1", "azetidine": "C1CNC1",
    "furan oxygen": "o", "pyrrole nitrogen": "[nX3]", "pyridine nitrogen": "[nX2]", "aromatic N-N": "nn",
    "primary amine": "[NX3H2;!$(N[#6]=[O,N])][#6]", "tertiary amine": "[NX3H0;!$(N[#6]=[O,N])]([#6])([#6])[#6]",
    "primary alcohol": "[CX4H2][OX2H]", "fluorine": "F", "five-membered ring": "[r5]", "quaternary carbon": "[CX4H0]",
    "N-N": "[NX3]-[NX3,NX2]", "N-O": "[#7]-[OX2]", "cumulated": "[CX2](=*)=*", "no ring": "[!R]",
}  # fmt: skip
CONFIGURATION = {
    "network": {"features": 32, "layers": 3, "radial": 20},
    "training": {
        "batch": 10, "learning_rate": 0.002, "ema_decay": 0.98, "epochs": 10, "cutoff_angstrom": 5.0,
        "schedule": "cosine",
    },
}  # fmt: skip
KEPT_EPOCHS = (1, 3, 6, 10)
"""Epochs whose weights are kept of a training with all molecules."""


class Kinds(Study):
    """PaiNN trained with and without kinds of molecules; of the whole set some checkpoints stay."""

    def trained(self, what: str, gone: np.ndarray, seed: int) -> Fitted:
        kept = self.training.take(pa.array(np.setdiff1d(np.arange(TRAINING), gone)))
        place = self.place(what, gone, seed)
        if not (place / "model.json").is_file() and time.monotonic() > self.ends:
            raise TimeoutError(place.name)

        def progress(epoch: int, _: int) -> None:
            if what == "whole" and epoch in KEPT_EPOCHS:
                weights = torch.load(place / "last.ckpt", weights_only=True)["journal"]["best_weights"]
                torch.save(weights, place / f"epoch-{epoch}.pt")

        run = TrainingRun(place, seed=seed, device="cpu", progress=progress)
        return fit_network(self.name, CONFIGURATION, kept, self.validation, run)


def main() -> None:
    data, folder = Path(sys.argv[1]), Path(sys.argv[2])
    ends = time.monotonic() + 60 * float(sys.argv[3] if len(sys.argv) > 3 else 1e9)
    seeds = range(int(sys.argv[4]) if len(sys.argv) > 4 else 3)
    processes = int(sys.argv[5]) if len(sys.argv) > 5 else 2
    training, validation, asked, groups = tables(data)
    study = Kinds("painn", folder, training, validation, asked, groups, ends)
    cut = kinds(training["smiles"].to_pylist())
    print(f"{len(cut)} kinds: " + ", ".join(f"{name} {len(rows)}" for name, rows in cut.items()), flush=True)
    done = train(study, cut, seeds, processes)
    if len(done) == len(seeds):
        tell(study, cut, done)


def kinds(smiles: list[str]) -> dict[str, np.ndarray]:
    """Rows of each kind that is neither rare nor common, nor nearly another one."""
    molecules = [Chem.MolFromSmiles(each) for each in smiles]
    found: dict[str, np.ndarray] = {}
    for name, smarts in KINDS.items():
        if name == "no ring":
            has = [not each.GetRingInfo().NumRings() for each in molecules]
        else:
            pattern = Chem.MolFromSmarts(smarts)
            has = [each.HasSubstructMatch(pattern) for each in molecules]
        rows = np.flatnonzero(has)
        alike = (len(np.intersect1d(rows, its)) / len(np.union1d(rows, its)) for its in found.values())
        if LEAST * TRAINING <= len(rows) <= MOST * TRAINING and max(alike, default=0.0) <= ALIKE:
            found[name] = rows
    return found


def train(study: Study, cut: dict[str, np.ndarray], seeds: range, processes: int) -> list[int]:
    """The seeds of which all is trained."""
    jobs = {"whole": np.array([], dtype=int)} | {
        f"without-{name.replace(' ', '-')}": rows for name, rows in cut.items()
    }
    done = []
    for seed in seeds:
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            futures = [pool.submit(_train, study, what, gone, seed) for what, gone in jobs.items()]
            stopped = [each.exception() for each in futures]
        for each in stopped:
            if each is not None and not isinstance(each, TimeoutError):
                raise each
        if any(stopped):
            print(f"Stopped in seed {seed}, {sum(each is None for each in stopped)} of {len(jobs)} done", flush=True)
            break
        done.append(seed)
    return done


def _train(study: Study, what: str, gone: np.ndarray, seed: int) -> None:
    torch.set_num_threads(1)
    study.trained(what, gone, seed)


def tell(study: Study, cut: dict[str, np.ndarray], seeds: list[int]) -> None:
    """Agreement of seeds with each other, and of each way with their mean."""
    nothing = np.array([], dtype=int)
    wholes = {seed: study.trained("whole", nothing, seed) for seed in seeds}
    whole = np.array([wholes[seed].predict(study.asked) for seed in seeds])  # (seeds, molecules)
    removed = np.array([
        [study.trained(f"without-{name.replace(' ', '-')}", rows, seed).predict(study.asked) for seed in seeds]
        for name, rows in cut.items()
    ])  # fmt: skip  # (kinds, seeds, molecules)
    change = removed - whole
    error = whole.mean(axis=0) - study.reference
    mae = ", ".join(f"{g} {np.abs(error[study.groups == g]).mean():.1f}" for g in dict.fromkeys(study.groups))
    print(f"{len(seeds)} seeds; MAE of their mean {mae}")
    print("columns: all, " + ", ".join(dict.fromkeys(study.groups)))
    judge = Judge(study.groups, error)
    pairs = [judge(change[:, a], change[:, b]) for a in range(len(seeds)) for b in range(a)]
    if pairs:
        judge.line("one seed against another", np.mean(pairs, axis=0))
    if len(seeds) >= 4:
        halves = [(h := [*range(0, len(seeds), 2)], [i for i in range(len(seeds)) if i not in h])]
        judge.line(
            "half of the seeds against the others",
            np.mean([judge(change[:, a].mean(axis=1), change[:, b].mean(axis=1)) for a, b in halves], axis=0),
        )
    true = change.mean(axis=1)
    if len(seeds) > 1:
        signal = true.std(axis=0) / np.maximum(change.std(axis=1, ddof=1).mean(axis=0) / len(seeds) ** 0.5, 1e-9)
        print(
            f"  spread over kinds by standard error of the seeds' mean, median over molecules: {np.median(signal):.1f}"
        )
    for way, said in ways(study, cut, wholes).items():
        judge.line(way, judge(said, true))


class Judge:
    """Rank correlations over kinds: of a molecule's change, of a group's mean change, of the growth of its error."""

    def __init__(self, groups: np.ndarray, error: np.ndarray) -> None:
        self.groups, self.error = groups, error
        self.names = list(dict.fromkeys(groups))

    def __call__(self, said: np.ndarray, true: np.ndarray) -> np.ndarray:
        each = np.array([spearmanr(said[:, m], true[:, m]).statistic for m in range(said.shape[1])])
        rows = [[np.nanmean(each), *(np.nanmean(each[self.groups == name]) for name in self.names)]]
        for of in (self._mean, self._growth):
            found = [spearmanr(of(said, name), of(true, name)).statistic for name in self.names]
            rows.append([np.mean(found), *found])
        return np.array(rows)

    def _mean(self, change: np.ndarray, name: str) -> np.ndarray:
        return np.asarray(change[:, self.groups == name].mean(axis=1))

    def _growth(self, change: np.ndarray, name: str) -> np.ndarray:
        its = self.groups == name
        return np.asarray((np.abs(self.error[its] + change[:, its]) - np.abs(self.error[its])).mean(axis=1))

    def line(self, what: str, rows: np.ndarray) -> None:
        for kind, row in zip(("each molecule", "group's mean", "group's error"), rows, strict=True):
            print(f"  {what:52s} {kind:14s} " + " ".join(f"{value:6.2f}" for value in row), flush=True)


def ways(study: Study, cut: dict[str, np.ndarray], wholes: dict[int, Fitted]) -> dict[str, np.ndarray]:
    """What each way says of every kind, (kinds, molecules), mean over the seeds' models."""
    target = study.training[ENERGY].to_numpy()
    elements = Molecules.of(study.training).elements
    counts, asked = (Molecules.of(t, energies=False).counts(elements) for t in (study.training, study.asked))
    found: dict[str, list[np.ndarray]] = {}

    def add(name: str, without: Callable[[np.ndarray], np.ndarray]) -> None:
        found.setdefault(name, []).append(np.array([without(rows) for rows in cut.values()]))

    for seed, fitted in wholes.items():
        place = study.place("whole", np.array([], dtype=int), seed)
        kept = [torch.load(place / f"epoch-{epoch}.pt", weights_only=True) for epoch in KEPT_EPOCHS]
        for layer in ("all weights", "last layer"):
            _only(fitted, layer == "last layer")
            seen = [_at(fitted, weights, study) for weights in kept]
            for what, these in (("final", seen[-1:]), ("checkpoints", seen)):
                own = np.hstack([its["training"] for its in these])
                others = np.hstack([its["asked"] for its in these])
                one = LeaveOut(counts, own, target, None)
                each = one.each(asked, others)
                add(f"ridge on gradients, {layer}, {what}", lambda r, o=one, f=others: o.without(r, asked, f))  # type: ignore[misc]
                add(f"the same, rows added up, {layer}, {what}", lambda r, e=each: e[:, r].sum(axis=1))  # type: ignore[misc]
                dressed = LeaveOut(counts, np.empty((TRAINING, 0)), target, 1.0)
                traced = sum(-(its["asked"] @ its["training"].T) * its["left"] for its in these)
                add(f"TracIn, {layer}, {what}", lambda r, t=traced: t[:, r].sum(axis=1))  # type: ignore[misc]
                signs = sum(-(its["asked"] @ its["training"].T) * np.sign(its["left"]) for its in these)
                add(f"TracIn, absolute errors, {layer}, {what}", lambda r, t=signs: t[:, r].sum(axis=1))  # type: ignore[misc]
        none = np.empty((len(study.asked), 0))
        add("dressed atoms alone", lambda r, d=dressed, n=none: d.without(r, asked, n))  # type: ignore[misc]
    return {name: np.mean(each, axis=0) for name, each in found.items()}


def _only(fitted: Any, last: bool) -> None:
    for name, weight in fitted.network.named_parameters():
        weight.requires_grad_(not last or name.startswith("readout.outnet.1"))


def _at(fitted: Any, weights: dict[str, torch.Tensor], study: Study) -> dict[str, Any]:
    """Features, and what is left of the training energies, of the network with some weights."""
    before = {name: value.clone() for name, value in fitted.network.state_dict().items()}
    fitted.network.load_state_dict(weights)
    try:
        return {
            "training": fitted.features(study.training).astype(float),
            "asked": fitted.features(study.asked).astype(float),
            "left": study.training[ENERGY].to_numpy() - fitted.predict(study.training),
        }  # fmt: skip
    finally:
        fitted.network.load_state_dict(before)


if __name__ == "__main__":
    main()
