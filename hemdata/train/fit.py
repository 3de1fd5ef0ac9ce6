"""Networks and baselines by name: one way to fit any of them, and to load what was fitted."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hemdata.catalog import BASELINES, Configuration, NetworkCard, adapter_today, cards, refuse_unknown_network
from hemdata.catalog import network as network_card
from hemdata.errors import CallError, DataError
from hemdata.levels import level
from hemdata.shield import give_caches
from hemdata.train.data.molecules import Molecules
from hemdata.train.fitted import Fitted
from hemdata.train.package import CARD, read_package
from hemdata.train.training_run import TrainingRun

if TYPE_CHECKING:
    from hemdata.train.delta import Below
    from hemdata.train.fitted_network import Build


def networks() -> tuple[str, ...]:
    """Names of all that can be fitted: the baselines, then the networks that have a card in models/."""
    return (*BASELINES, *cards("network"))


def fit_network(
    name: str,
    configuration: str | Mapping[str, Any] | Configuration | None,
    training: pa.Table | Molecules,
    validation: pa.Table | Molecules,
    run: TrainingRun,
    *,
    epochs: int | None = None,
    delta: str | Below | None = None,
) -> Fitted:
    """Fits a network or a baseline to the atomization energies of training molecules.

    Args:
        name: one of `networks()`, or the path of a network's card.
        configuration: the name of one of the card's, or {network: {...}, training: {...}} itself; None takes the
            card's first. A baseline has none.
        training, validation: tables of the record, with geometry and energies at one level.
        run: folder and seed, where it computes, and who sees it.
        epochs: in place of the configuration's.
        delta: a cheap level; what is learnt is then the difference from its energies at the same geometries. With
            `Below`, also where energies are found that were computed before.

    Raises:
        CallError: for a name, configuration or device that is not there, or a library that is not installed.
        DataError: for energies missing or at two levels, an element that the card does not list, a loss that is not
            a number, or a folder that holds another run.
    """
    read_training, read_validation = Molecules.of(training), Molecules.of(validation)
    if delta is not None:
        from hemdata.train.delta import Below, FittedDelta, less

        below = Below(level(delta)) if isinstance(delta, str) else delta
        read_training, read_validation = (less(each, below) for each in (read_training, read_validation))
        fitted = fit_network(name, configuration, read_training, read_validation, run, epochs=epochs)
        return FittedDelta(fitted, below)
    if name in BASELINES:
        baseline = _baseline(name)
        of_baseline: Fitted = baseline.fit(read_training, read_validation, run)
        return of_baseline
    if Path(name).name == name and not name.endswith((".yaml", ".yml")):
        refuse_unknown_network(name)
    card = network_card(name)
    chosen = _configuration(card, configuration)
    if epochs is not None:
        chosen = {**chosen, "training": {**chosen["training"], "epochs": epochs}}
    for molecules in (read_training, read_validation):
        _representable(card, molecules)
    build: Build = adapter(card).build
    return _imported("hemdata.train.loop.trainer", card.name).fit(  # type: ignore[no-any-return]
        build, chosen, read_training, read_validation, run, name=card.name, library=card.library
    )


def load_together(folders: Iterable[str | Path]) -> list[Fitted]:
    """The fitted models of folders, to be asked about the same molecules: what a level below says of one is had once.

    Raises:
        CallError, DataError: as `load`.
    """
    found: dict[str, float] = {}
    return [load(folder, found) for folder in folders]


def load(folder: str | Path, found: dict[str, float] | None = None) -> Fitted:
    """The fitted model of a folder, from model.json and model.safetensors; no pickle is read.

    Args:
        folder: of the package.
        found: energies of levels below, as `Below` has them, for models that share them.

    Raises:
        CallError: if there is no finished model, or the card or library of its network is not there.
        DataError: if the model is of another format, or was changed since it was written; if it learnt a difference
            from a level that is defined otherwise here.
    """
    about, arrays = read_package(Path(folder))
    fitted = _loaded(about, arrays, Path(folder))
    if "below" not in about:
        return fitted
    from hemdata.train.delta import Below, FittedDelta

    below, written = level(about["below"]["level"]), about["below"]["hash"]
    if below.hash != written:
        raise DataError(
            f"The level '{below.name}' is defined otherwise here than where the model was trained.",
            where=folder,
            expected=written,
            got=below.hash,
            fix="Use the level's card that the model was trained with.",
        )
    return FittedDelta(fitted, Below.of(below, Path(folder), found))


def _loaded(about: dict[str, Any], arrays: dict[str, Any], folder: Path) -> Fitted:
    """What the package itself holds."""
    name = about["network"]
    if name in BASELINES:
        return _baseline(name).load(about, arrays)  # type: ignore[no-any-return]
    known = {network_card(card).adapter for card in cards("network")}
    about = {**about, "adapter": adapter_today(about["adapter"])}
    if about["adapter"] not in known:  # no module is imported because a file says so
        raise CallError(
            "The model's network has no card here.",
            where=folder / CARD,
            expected=", ".join(sorted(known)),
            got=about["adapter"],
            fix="Put the network's card into models/ of the folder that HEMDATA_CARDS names.",
        )
    _imported(about["adapter"], name)
    return _imported("hemdata.train.fitted_network", name).load(about, arrays)  # type: ignore[no-any-return]


def _baseline(name: str) -> ModuleType:
    """A module with fit(training, validation, run) and load(about, arrays)."""
    return _imported(f"hemdata.train.baselines.{name.replace('-', '_')}", name)


def adapter(card: NetworkCard) -> ModuleType:
    """The module that builds a card's network; CallError where its library is not installed."""
    return _imported(card.adapter, card.name)


def _imported(module: str, name: str) -> ModuleType:
    give_caches()  # TorchMD-NET's kernels are made when it is imported
    try:
        with warnings.catch_warnings(), redirect_stdout(sys.stderr):  # standard output is for results
            warnings.simplefilter("ignore")  # the libraries' own, at import
            return import_module(module)
    except ModuleNotFoundError as error:
        raise CallError(
            f"'{name}' needs the module '{error.name}', which is not installed.",
            where=module,
            fix="Install the networks' libraries: pip install 'hemdata[train]'.",
        ) from error


def _configuration(
    card: NetworkCard, configuration: str | Mapping[str, Any] | Configuration | None
) -> Mapping[str, Any]:
    if isinstance(configuration, Configuration):
        return configuration.model_dump()
    if isinstance(configuration, Mapping):
        return configuration
    name = configuration or next(iter(card.configurations))
    if name not in card.configurations:
        raise CallError(
            f"The network '{card.name}' has no such configuration.",
            expected=", ".join(card.configurations),
            got=name,
        )
    return card.configurations[name].model_dump()


def _representable(card: NetworkCard, molecules: Molecules) -> None:
    foreign = [symbol for symbol in molecules.symbols if symbol not in card.elements]
    if foreign:
        raise DataError(
            f"The network '{card.name}' cannot represent elements of these molecules.",
            expected=" ".join(card.elements),
            got=" ".join(foreign),
            fix="Take another network, or leave these molecules out.",
        )
