"""What a step of hemdata's trainer costs beside a bare loop, and an epoch beside the library's own pipeline.

Usage: python benchmarks/training_steps.py [SHARDS] [--molecules N] [--epochs N] [--networks NAME ...]
       SHARDS: a built set with geometries and energies (default: data/qm9)

Small configurations of models/*.yaml, one thread, processor time, medians over the epochs but the first. The trainer is
the real one with all that it does: edges, averaged weights, curve, checkpoint, judging a validation molecule. Both run
in one process, so that whatever else the machine does slows both.

- The bare loop has the same network, loss and optimizer on batches that were made before the clock started; its steps
  alternate with the trainer's. It averages no weights, so that the trainer is shown without averaging too.
- The libraries' own pipelines are in `_pipelines.py`: from a file or a list of molecules to a step, with their own
  search for neighbours; their epochs alternate with the trainer's. DimeNet++ has none here: PyTorch Geometric takes
  neighbours and triplets from pyg-lib and torch-sparse, which no registry has for every machine.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import tempfile
import time
import warnings
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pyarrow as pa
import torch
from _pipelines import left, nequip, schnetpack, stepping, torchmd_net

from hemdata.catalog import network
from hemdata.shards import read
from hemdata.train.data.batches import Batches
from hemdata.train.data.molecules import Molecules
from hemdata.train.fit import adapter, fit_network
from hemdata.train.loop.trainer import fit
from hemdata.train.training_run import TrainingRun

PIPELINES = {
    "painn": {
        "SchNetPack, ASE": partial(schnetpack, neighbours="ASENeighborList"),
        "SchNetPack, MatScipy": partial(schnetpack, neighbours="MatScipyNeighborList"),
    },
    "torchmd-et": {"TorchMD-NET": torchmd_net},
    "dimenetpp": {},
    "allegro": {"NequIP": nequip},
}


def beside_loop(
    name: str, config: dict[str, Any], molecules: Molecules, seen: Molecules, epochs: int
) -> dict[str, list[float]]:
    """Processor time of the trainer's epochs, and of as many steps of the bare loop, one before each of its own."""
    training, build = config["training"], adapter(network(name)).build
    batches = Batches(molecules, training["batch"], training["cutoff_angstrom"], target=left(molecules), seed=0)
    made = cycle([(batch, batch.target.float()) for batch in batches])
    step = stepping(build(config), training)
    seconds: dict[str, list[float]] = {"hemdata": [], "bare loop": []}
    spent, began = 0.0, time.process_time()

    def before(module: torch.nn.Module, _: Any) -> None:
        nonlocal spent
        if module.training:
            started = time.process_time()
            step(*next(made))
            spent += time.process_time() - started

    def built(configuration: dict[str, Any]) -> torch.nn.Module:
        module = build(configuration)
        module.register_forward_pre_hook(before)
        return module

    def after(done: int, of: int) -> None:
        nonlocal spent, began
        seconds["hemdata"].append(time.process_time() - began - spent)
        seconds["bare loop"].append(spent)
        spent, began = 0.0, time.process_time()

    config = {**config, "training": {**training, "epochs": epochs}}
    with tempfile.TemporaryDirectory() as folder:
        fit(built, config, molecules, seen, TrainingRun(folder, seed=0, device="cpu", progress=after), name=name)
    return {each: its[1:] for each, its in seconds.items()}


def beside_pipelines(
    name: str, config: dict[str, Any], molecules: Molecules, seen: Molecules, epochs: int
) -> dict[str, list[float]]:
    """Processor time of the trainer's epochs, and of those of the pipelines in between."""
    others = {other: made(molecules, config) for other, made in PIPELINES[name].items()}
    seconds: dict[str, list[float]] = {"hemdata": [], **{other: [] for other in others}}
    began = time.process_time()

    def between(done: int, of: int) -> None:
        nonlocal began
        seconds["hemdata"].append(time.process_time() - began)
        for other, epoch in others.items():
            seconds[other].append(epoch())
        began = time.process_time()

    with tempfile.TemporaryDirectory() as folder:
        run = TrainingRun(folder, seed=0, device="cpu", progress=between)
        fit_network(name, config, molecules, seen, run, epochs=epochs)
    return {each: its[1:] for each, its in seconds.items()}


def line(
    name: str, other: str, seconds: dict[str, list[float]], steps: int, note: str = "", faster: bool = False
) -> str:
    """A row of the table: medians, and the ratio of epochs that ran one after the other."""
    ours, its = seconds["hemdata"], seconds[other]
    ratios = [own / mine if faster else mine / own for mine, own in zip(ours, its, strict=True)]
    low, middle, high = quantiles(ratios, n=4)
    times = "".join(f"{1e3 * median(each) / steps:9.1f}" for each in (ours, its))
    worth = "times as fast" if faster else "times the loop"
    return f"{name:12}{other + note:26}{times}   {middle:.3f} {worth} ({low:.3f} to {high:.3f})"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("shards", nargs="?", type=Path, default=Path("data/qm9"))
    words.add_argument("--molecules", type=int, default=640)
    words.add_argument("--epochs", type=int, default=6)
    words.add_argument("--networks", nargs="+", default=list(PIPELINES), choices=list(PIPELINES))
    given = words.parse_args()
    warnings.simplefilter("ignore")  # the libraries' own
    torch.set_num_threads(1)
    columns = ["id", "atomic_numbers", "positions", "atomization_energy_kcal_mol", "level"]
    whole = read(given.shards, columns)
    every = whole.num_rows // (given.molecules + 1)
    rows = whole.take(pa.array(range(0, every * (given.molecules + 1), every)))
    molecules, seen = Molecules.of(rows.slice(0, given.molecules)), Molecules.of(rows.slice(given.molecules))
    print(f"{given.molecules} molecules of {given.shards}, {given.epochs - 1} epochs, milliseconds of a step")
    print(f"{'':12}{'beside':26}{'hemdata':>9}{'other':>9}   median ratio (quartiles)")
    for name in given.networks:
        config = network(name).configurations["small"].model_dump()
        plain = {**config, "training": {**config["training"], "ema_decay": 0.0}}
        steps = -(-given.molecules // config["training"]["batch"])
        for its, note in ((config, ""), (plain, ", no averaging")):
            print(
                line(name, "bare loop", beside_loop(name, its, molecules, seen, given.epochs), steps, note), flush=True
            )
        if PIPELINES[name]:
            with redirect_stdout(StringIO()):  # the libraries greet
                seconds = beside_pipelines(name, config, molecules, seen, given.epochs)
            for other in PIPELINES[name]:
                print(line(name, other, seconds, steps, faster=True), flush=True)


if __name__ == "__main__":
    main()
