"""Build, labelling and training of this version beside those of an earlier commit, in turns.

Usage: python benchmarks/against_commit.py [COMMIT] [--times N]
       COMMIT: by default the last one before the package was laid out by subject

The same three commands in both: `build qm9` from an archive of 5,000 molecules, `label` of 12 neuromodulators at
GFN2-xTB, `train-eval` of a PaiNN on 30 of them, whose labels ship. Core-seconds of all processes together, start-up
among them; which of the two comes first changes with every turn, so that whatever else the machine does slows both.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from conftest import store_what_ships
from published_forms import qm9_archive

ROOT = Path(__file__).parents[1]
BEFORE_THE_LAYOUT = "a5208f1"
MOLECULES = 5_000
STUDY = {
    "name": "one", "title": "One network", "question": "How long?", "level": "gfn2-xtb",
    "sets": {"neuro": {"dataset": "neuro", "molecules": 30}}, "groups": ["explosives"],
    "networks": [{"network": "painn", "configuration": "small", "epochs": 60}], "seeds": [0],
}  # fmt: skip


def core_seconds(tree: Path, folder: Path, *words: str) -> float:
    """Of `hemdata WORDS` as it is in a source tree."""
    environment = os.environ | {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", "from hemdata.cli import main; main()", *words]
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def turn(tree: Path, archive: Path) -> dict[str, float]:
    """One time each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "known").mkdir()
        (folder / "one.yaml").write_text(json.dumps(STUDY))
        said = {"build": core_seconds(tree, folder, "build", "qm9", "--from", str(archive), "--workers", "1")}
        said["label"] = core_seconds(tree, folder, "label", "neuro", "-n", "12", "--workers", "1")
        store_what_ships(folder / "known")
        for group in ("neuro", "test-groups"):  # each tree labels them; all is in the store
            core_seconds(tree, folder, "label", group, "--data", "known", "--workers", "1")
        said["train-eval"] = core_seconds(tree, folder, "train-eval", "one.yaml", "--data", "known", "--workers", "1")
        return said


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """The tree of a commit, in a folder that is gone after the block."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "tree"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", str(place), commit], cwd=ROOT, check=True)
        try:
            yield place
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(place)], cwd=ROOT, check=True)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("commit", nargs="?", default=BEFORE_THE_LAYOUT)
    words.add_argument("--times", type=int, default=3)
    asked = words.parse_args()
    with checked_out(asked.commit) as before, tempfile.TemporaryDirectory() as folder:
        archive = qm9_archive(Path(folder), MOLECULES)
        turns: dict[Path, list[dict[str, float]]] = {before: [], ROOT: []}
        for number in range(asked.times):
            for tree in sorted(turns, reverse=number % 2 == 1):
                turns[tree].append(turn(tree, archive))
    for what in ("build", "label", "train-eval"):
        pairs = [(then[what], now[what]) for then, now in zip(turns[before], turns[ROOT], strict=True)]
        ratios = sorted(now / then for then, now in pairs)
        then, now = (median(column) for column in zip(*pairs, strict=True))
        print(f"{what:10}  {asked.commit} {then:6.1f}   now {now:6.1f} core-s   ratio {median(ratios):.2f}", end="")
        print(f" ({ratios[0]:.2f} to {ratios[-1]:.2f})", flush=True)


if __name__ == "__main__":
    main()
