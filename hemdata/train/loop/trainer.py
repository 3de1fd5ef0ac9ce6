"""The one trainer of all networks, on Lightning: what differs between two cells is the data and nothing else."""

from __future__ import annotations

import gc
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.callbacks import WeightAveraging
from lightning.pytorch.plugins.environments import LightningEnvironment
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from hemdata.catalog import Configuration
from hemdata.errors import DataError
from hemdata.train.baselines.dressed_atoms import DressedAtoms
from hemdata.train.data.batches import Batches
from hemdata.train.data.molecules import Molecules
from hemdata.train.fitted import Fitted, same_level
from hemdata.train.fitted_network import Build, FittedNetwork, built, checked, chosen_device, load_network
from hemdata.train.isolation import isolated
from hemdata.train.loop.journal import LAST, Journal
from hemdata.train.loop.regression import Regression
from hemdata.train.package import CARD, provenance, read_package, shown, versions, write_package
from hemdata.train.training_run import TrainingRun


def fit(
    build: Build,
    config: Mapping[str, Any] | Configuration,
    training: Molecules,
    validation: Molecules,
    run: TrainingRun,
    *,
    name: str | None = None,
    library: str | None = None,
) -> Fitted:
    """Trains a network on atomization energies less the dressed atoms of the training molecules.

    The run's folder gets `curve.csv` and `last.ckpt` after every epoch, `model.safetensors` with the best weights so
    far, and `model.json` at the end. A killed run goes on from its last whole epoch to the same curve; a finished one
    is loaded. The weights kept are those (averaged, if the configuration says so) of the epoch with the smallest
    validation MAE. Nothing of the process's global state is left changed.

    Args:
        build: makes the network of the configuration.
        config: {network: {...}, training: {...}}, as in a card of models/.
        training: molecules to learn from; dressed atoms and scale are fitted on these alone.
        validation: molecules that choose the best epoch, the plateau and the early stop.
        run: folder and seed, where it computes, and who sees it.
        name: of the network; that of the adapter's module if not given.
        library: distribution whose version is recorded.

    Raises:
        CallError: for a wrong configuration or device.
        DataError: for energies missing or at two levels, a loss that is not a number, or a folder with the
            checkpoint of another run.
    """
    folder, name = Path(run.folder), name or build.__module__.rpartition(".")[2]
    configuration = checked(config)
    same_level(training, validation)
    identity = {
        "network": name,
        "configuration": configuration.model_dump(mode="json"),
        "seed": run.seed,
        **provenance(training, validation),
        "versions": versions("torch", "lightning", "numpy", *([library] if library else [])),
    }
    if run.resume and (folder / CARD).is_file():
        about, arrays = read_package(folder)
        _same_run(identity, about, folder / CARD)
        return load_network(build, about, arrays, run.device)
    checkpoint = _checkpoint(folder / LAST, identity) if run.resume else None
    if checkpoint is None:
        for stale in (CARD, LAST):
            (folder / stale).unlink(missing_ok=True)

    dressed = DressedAtoms.fit(training)
    left, left_validation = (m.energies - dressed.predict(m) for m in (training, validation))
    # a network's energy is a sum over atoms, so its unit is what the dressed atoms leave per atom
    scale = max(float(np.sqrt(np.mean((left / training.sizes) ** 2))), 1e-3)  # kcal/mol
    settings, device = configuration.training, chosen_device(run.device)
    attempts = _Attempts(build, configuration, scale, identity, replace(run, device=device))
    batches = Batches(training, settings.batch, settings.cutoff_angstrom, target=left, seed=run.seed)
    seen = Batches(validation, 4 * settings.batch, settings.cutoff_angstrom, target=left_validation)
    batches.parts = 1 if checkpoint is None else _parts(checkpoint)
    while True:
        seen.batch = max(1, 4 * settings.batch // batches.parts)
        short = _tried(attempts, batches, seen, checkpoint)
        if not isinstance(short, str):
            network, journal = short
            break
        _free()
        if batches.parts == batches.most_parts:
            raise DataError(
                "The memory does not hold one molecule of a batch.",
                where=folder,
                expected=f"room for {name} on {device}",
                got=short,
                fix="Take a smaller configuration of the network, or a device with more memory.",
            )
        batches.parts = min(2 * batches.parts, batches.most_parts)
        checkpoint = _checkpoint(folder / LAST, identity)
        if run.tell:
            run.tell(
                f"Out of memory on {device}: batches of {-(-settings.batch // batches.parts)} from now on, of which "
                f"{batches.parts} make one step, so that a step still sees {settings.batch} molecules."
            )
    about = {
        **identity,
        **shown(training),
        "adapter": build.__module__,
        "dressed_atoms": dressed.to_json(),
        "scale_kcal_mol": scale,
        "validation_mae_kcal_mol": journal.best_mae,
        "curve": [list(row) for row in journal.curve],
        "batch_parts": batches.parts,
        "device": device,
    }
    seal = write_package(folder, about, {key: value.cpu().numpy() for key, value in journal.best_weights.items()})
    return FittedNetwork({**about, "sha256": seal}, network, device)


@dataclass(frozen=True)
class _Attempts:
    """What a run's attempts share, however small their batches."""

    build: Build
    configuration: Configuration
    scale: float
    identity: Mapping[str, Any]
    run: TrainingRun

    def fit(self, batches: Batches, seen: Batches, checkpoint: Path | None) -> tuple[nn.Module, Journal]:
        """The network with its best weights, and the journal of how it got them."""
        run, settings = self.run, self.configuration.training
        with isolated(run.seed, run.threads):
            module = Regression(built(self.build, self.configuration), settings, self.scale, batches)
            journal = Journal(Path(run.folder), self.identity, settings, run.progress, batches.parts)
            decay = settings.ema_decay
            averaging = WeightAveraging(multi_avg_fn=get_ema_multi_avg_fn(decay))  # type: ignore[no-untyped-call]
            trainer = pl.Trainer(
                accelerator="gpu" if run.device == "cuda" else "cpu",
                devices=1,
                max_epochs=settings.epochs,
                accumulate_grad_batches=batches.parts,
                gradient_clip_val=settings.gradient_clip,
                callbacks=[journal, averaging] if decay else [journal],
                deterministic="warn" if run.device == "cuda" else False,  # on a CPU everything is, without being asked
                default_root_dir=run.folder,
                plugins=[LightningEnvironment()],  # one process, also where SLURM started it
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
                num_sanity_val_steps=0,
            )
            try:
                trainer.fit(module, batches, seen, ckpt_path=checkpoint, weights_only=True)
            except SystemExit:  # Lightning's answer to Ctrl-C
                raise KeyboardInterrupt from None
            module.network.load_state_dict(journal.best_weights)
            return module.network, journal


def _tried(
    attempts: _Attempts, batches: Batches, seen: Batches, checkpoint: Path | None
) -> tuple[nn.Module, Journal] | str:
    """What comes of it, or, where memory ran out, the library's sentence about it; all of it is free again then."""
    try:
        return attempts.fit(batches, seen, checkpoint)
    except RuntimeError as error:  # the GPU's is a kind of it; the CPU's says so in words
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            return str(error).splitlines()[0]
        raise


def _free() -> None:
    """Gives back what a failed attempt held, so that the next has room."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _parts(checkpoint: Path) -> int:
    """Into how many parts the run that wrote a checkpoint had to cut its batches."""
    return int(torch.load(checkpoint, map_location="cpu", weights_only=True)["journal"].get("parts", 1))


def _checkpoint(path: Path, identity: Mapping[str, Any]) -> Path | None:
    """The checkpoint to go on from, if there is one; DataError if it is of another run or cannot be read."""
    if not path.is_file():
        return None
    try:
        written = torch.load(path, map_location="cpu", weights_only=True)["identity"]
    except (RuntimeError, KeyError, EOFError, pickle.UnpicklingError) as error:
        raise DataError("The checkpoint cannot be read.", where=path, got=str(error)[:200], fix=_ANEW) from None
    _same_run(identity, written, path)
    return path


def _same_run(identity: Mapping[str, Any], written: Mapping[str, Any], path: Path) -> None:
    different = [key for key in identity if identity[key] != written.get(key)]
    if different:
        key = different[0]
        raise DataError(
            f"The folder holds another run; it differs in {', '.join(different)}.",
            where=path,
            expected=f"{key}: {identity[key]}",
            got=f"{key}: {written.get(key)}",
            fix=_ANEW,
        )


_ANEW = "Give another folder, or train anew with resume=False."
