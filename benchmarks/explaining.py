"""Whether the rows that an explanation names are those that matter: against training again without them.

Usage: python benchmarks/explaining.py DATA FOLDER [MINUTES]

DATA has qm9@gfn2-xtb@given (`hemdata label qm9 -n 640 --without test-groups --level gfn2-xtb --geometry given`) and the
test groups at gfn2-xtb. FOLDER keeps what is trained; the same command goes on there, for MINUTES at most. A network is
trained again without each of some clusters of alike molecules, with several seeds, and so is the ridge; then without
the rows that are most helpful for a group, and without as many at random.
"""

import hashlib
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import spearmanr
from sklearn.cluster import KMeans

from hemdata.curate.functional_groups import FUNCTIONAL_GROUPS, functional_groups
from hemdata.explain.leave_out import LeaveOut
from hemdata.shards import read
from hemdata.train.data.molecules import ENERGY, Molecules
from hemdata.train.fit import fit_network
from hemdata.train.fitted import Fitted
from hemdata.train.training_run import TrainingRun

TRAINING, VALIDATION, HELD_OUT = 320, 60, 100
CLUSTERS, SHARE = 10, 0.05
RANDOM = {"painn": 2, "pair-distance-ridge": 20}
SEEDS = (0, 1, 2)
PROCESSES = 2
SMALL = {
    "network": {"features": 32, "layers": 3, "radial": 20},
    "training": {"batch": 10, "learning_rate": 0.002, "ema_decay": 0.98, "epochs": 16, "cutoff_angstrom": 5.0},
}
HELPED = {
    "painn": ("azoxy", "explosives", "held out"),
    "pair-distance-ridge": ("azoxy", "explosives", "neuro", "saccharides", "held out"),
}
NAMES = ("pair-distance-ridge", "painn")
Rows = np.ndarray


def tables(data: Path) -> tuple[pa.Table, pa.Table, pa.Table, Rows]:
    """What is learnt from, what stops it, what is predicted, and the group of each of those."""
    table = read(data / "qm9@gfn2-xtb@given")
    training, validation, held_out = (
        table.slice(*at) for at in ((0, TRAINING), (TRAINING, VALIDATION), (TRAINING + VALIDATION, HELD_OUT))
    )
    shipped = read(data / "test-groups@gfn2-xtb")
    columns = ["id", "smiles", "atomic_numbers", "positions", "charge", "multiplicity", ENERGY, "level"]
    asked = pa.concat_tables([shipped.select(columns), held_out.select(columns)])
    groups = np.array([*pc.list_element(pc.split_pattern(shipped["id"], ":"), 0).to_pylist(), *["held out"] * HELD_OUT])
    return training, validation, asked, groups


def main() -> None:
    data, folder = Path(sys.argv[1]), Path(sys.argv[2])
    ends = time.monotonic() + 60 * float(sys.argv[3] if len(sys.argv) > 3 else 1e9)
    training, validation, asked, groups = tables(data)
    cut = clusters(training)
    for name in sys.argv[4:] or NAMES:
        study = Study(name, folder, training, validation, asked, groups, ends)
        judge(study, cut)


class Study:
    """One kind of model, trained with and without some rows; what was trained stays in the folder."""

    def __init__(self, name, folder, training, validation, asked, groups, ends) -> None:  # type: ignore[no-untyped-def]
        self.name, self.folder, self.training, self.validation = name, folder, training, validation
        self.asked, self.groups, self.ends = asked, groups, ends
        self.seeds = SEEDS if name == "painn" else SEEDS[:1]
        self.reference = asked[ENERGY].to_numpy()

    def place(self, what: str, gone: Rows, seed: int) -> Path:
        mark = hashlib.sha256(np.sort(gone).tobytes()).hexdigest()[:8]
        return self.folder / self.name / f"{what}-{mark}-s{seed}"

    def trained(self, what: str, gone: Rows, seed: int) -> Fitted:
        kept = self.training.take(pa.array(np.setdiff1d(np.arange(TRAINING), gone)))
        own = SMALL if self.name == "painn" else None
        place = self.place(what, gone, seed)
        if not (place / "model.json").is_file() and time.monotonic() > self.ends:
            raise TimeoutError(place.name)
        return fit_network(self.name, own, kept, self.validation, TrainingRun(place, seed=seed, device="cpu"))

    def predictions(self, without: dict[str, Rows]) -> list[np.ndarray]:
        """(seeds, molecules) for each name and what is left out; seeds that the time does not reach are left off."""
        reached = []
        for seed in self.seeds:
            jobs = [(what, gone, seed) for what, gone in without.items()]
            try:
                if self.name == "painn":
                    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
                        for job in [pool.submit(_train, self, *job) for job in jobs]:
                            job.result()
                found = [self.trained(*job).predict(self.asked) for job in jobs]
            except TimeoutError as stopped:
                print(f"Stopped before {stopped}; the same command goes on.", flush=True)
                break
            reached.append(found)
        if not reached:
            raise SystemExit(1)
        self.seeds = self.seeds[: len(reached)]
        return [np.array(each) for each in zip(*reached, strict=True)]


def _train(study: Study, what: str, gone: Rows, seed: int) -> None:
    study.trained(what, gone, seed)


def judge(study: Study, cut: list[Rows]) -> None:
    random = np.random.default_rng(0)
    size = round(SHARE * TRAINING)
    draws = {f"random-{n}": random.choice(TRAINING, size, replace=False) for n in range(RANDOM[study.name])}
    clusters = {f"without-{n}": rows for n, rows in enumerate(cut)}
    whole, *without = study.predictions({"whole": np.array([], dtype=int)} | clusters | draws)
    removed, chance = np.array(without[: len(cut)]), without[len(cut) :]
    true = (removed - whole).mean(axis=1)  # (clusters, molecules), mean over seeds
    print(f"\n{study.name}: {len(cut)} clusters of {min(map(len, cut))} to {max(map(len, cut))} of {TRAINING} rows,")
    print(
        f"  {len(study.seeds)} seeds; MAE "
        + ", ".join(
            f"{group} {np.abs(whole[:, study.groups == group] - study.reference[study.groups == group]).mean():.1f}"
            for group in dict.fromkeys(study.groups)
        )
    )
    one, other = (removed[:, s] - whole[s] for s in (0, -1))
    print(f"  a seed against another: {_each(one, other, study.groups)}")
    named = {group: most_helpful(study, study.groups == group, size) for group in HELPED[study.name]}
    helped = study.predictions({f"helpful-{group.replace(' ', '-')}": rows for group, rows in named.items()})
    for group, without_them in zip(HELPED[study.name], helped, strict=True):
        its = study.groups == group

        def mae(predicted: np.ndarray, its: np.ndarray = its) -> float:
            return float(np.abs(predicted[..., its] - study.reference[its]).mean())

        before = np.abs(whole[: len(study.seeds), its] - study.reference[its]).mean()
        after = mae(without_them)
        by_chance = [mae(each[: len(study.seeds)]) for each in chance]
        print(
            f"  {group}: MAE {before:.2f}; without the {size} most helpful {after:.2f} ({after - before:+.2f}); "
            f"without {size} at random {np.mean(by_chance):.2f} ({np.mean(by_chance) - before:+.2f}, "
            f"standard deviation of {len(by_chance)} {np.std(by_chance):.2f})",
            flush=True,
        )  # fmt: skip
    for way, predict in ways(study).items():
        said = np.array([predict(rows) for rows in cut])
        print(f"  {way:42s} {_each(said, true, study.groups)}", flush=True)


def _each(said: np.ndarray, true: np.ndarray, groups: np.ndarray) -> str:
    """Rank correlation over clusters of each molecule's change, mean over a group's molecules."""
    found = np.array([spearmanr(said[:, m], true[:, m]).statistic for m in range(said.shape[1])])
    parts = [f"{group} {np.nanmean(found[groups == group]):.2f}" for group in dict.fromkeys(groups)]
    return f"{np.nanmean(found):.2f} ({', '.join(parts)})"


Surrogate = tuple[LeaveOut, np.ndarray, np.ndarray, Fitted]
_MADE: dict[tuple[str, bool], list[Surrogate]] = {}


def surrogates(study: Study, last: bool = False) -> list[Surrogate]:
    """Of each seed's model: the fit, what it sees of the molecules asked about, and the model; made once."""
    if (study.name, last) not in _MADE:
        _MADE[study.name, last] = list(_surrogates(study, last))
    return _MADE[study.name, last]


def _surrogates(study: Study, last: bool) -> Iterator[Surrogate]:
    for seed in study.seeds:
        fitted = study.trained("whole", np.array([], dtype=int), seed)
        if last:
            for name, weight in fitted.network.named_parameters():  # type: ignore[attr-defined]
                weight.requires_grad_(name.startswith("readout.outnet.1"))
        elements = Molecules.of(study.training).elements
        counts, asked = (Molecules.of(t, energies=False).counts(elements) for t in (study.training, study.asked))
        alpha = fitted.about.get("alpha")
        target = study.training[ENERGY].to_numpy()
        yield (
            LeaveOut(counts, fitted.features(study.training), target, alpha),
            asked,
            fitted.features(study.asked),
            fitted,
        )


def ways(study: Study) -> dict[str, Callable[[Rows], np.ndarray]]:
    """Ways to say how predictions change without some rows, each the mean over seeds; the first is hemdata's."""
    found: dict[str, Callable[[Rows], np.ndarray]] = {}

    def add(name: str, last: bool) -> None:
        every = surrogates(study, last)
        found[f"{name}: refit without the rows"] = lambda rows: np.mean(
            [one.without(rows, counts, features) for one, counts, features, _ in every], axis=0
        )
        single = [one.each(counts, features) for one, counts, features, _ in every]
        found[f"{name}: sum of the rows' own"] = lambda rows: np.mean(
            [each[:, rows].sum(axis=1) for each in single], axis=0
        )
        if study.name != "painn":
            return
        influence, traced = [], []
        for one, _, features, fitted in every:
            left = study.training[ENERGY].to_numpy() - fitted.predict(study.training)
            turned, own = features @ one._turn, one._divided
            influence.append(-(turned @ own.T) * left / (1 - one._leverage))
            traced.append(-(turned @ one._features.T) * left)
        found[f"{name}: influence by residuals"] = lambda rows: np.mean(
            [e[:, rows].sum(axis=1) for e in influence], axis=0
        )
        found[f"{name}: product of gradients (TracIn)"] = lambda rows: np.mean(
            [e[:, rows].sum(axis=1) for e in traced], axis=0
        )

    if study.name == "painn":
        add("all gradients", False)
        add("last layer", True)
    else:
        add("histograms", False)
    return found


def most_helpful(study: Study, its: np.ndarray, size: int) -> Rows:
    """The rows without which the group's error grows most, one by one."""
    gain = 0.0
    for one, counts, features, fitted in surrogates(study):
        error = (fitted.predict(study.asked) - study.reference)[its]
        changed = one.each(counts[its], features[its])
        gain = gain + (np.abs(error[:, None] + changed) - np.abs(error)[:, None]).mean(axis=0)
    return np.argsort(-np.asarray(gain), kind="stable")[:size]


def clusters(table: pa.Table) -> list[Rows]:
    """Rows that are alike by elements, rings and functional groups."""
    names = [*FUNCTIONAL_GROUPS, "no ring"]
    held = [functional_groups(smiles) or [] for smiles in table["smiles"].to_pylist()]
    marks = np.array([[name in its for name in names] for its in held], dtype=float)
    read = Molecules.of(table)
    alike = np.hstack([marks, read.counts(read.elements) / 4])
    label = KMeans(CLUSTERS, n_init=4, random_state=0).fit_predict(alike)
    return [np.flatnonzero(label == n) for n in range(CLUSTERS)]


if __name__ == "__main__":
    main()
