"""A fitted model, or several, on a user's own molecules: energies, their spread, and what to be wary of."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from hemdata.errors import DataError
from hemdata.levels import START_LEVEL, Level, level
from hemdata.molecules import NOT_DRAWN, Molecule, Unread
from hemdata.predict.asked import Asked
from hemdata.predict.domain import Domain
from hemdata.predict.formation import formation_kcal_mol, no_formation
from hemdata.predict.geometry import Made, Making, made
from hemdata.predict.predicted import Predicted, energies_or_reasons
from hemdata.predict.workers import Workers
from hemdata.processes import cores
from hemdata.train.fitted import Fitted

NOT_ASKED = "not asked for"
Progress = Callable[[int], object]
"""Called with the number of molecules done since the last call."""
CHUNK = 32  # given geometries that a worker takes at a time
TOGETHER = 32  # molecules that a network sees at a time; larger batches leave a processor's caches: twice the time
WORK = 2_500  # heavy atoms squared: of a batch that is relaxed, so that large molecules are not kept waiting


@dataclass(frozen=True)
class Batch:
    """Molecules that the networks see together, with their geometries."""

    asked: list[Asked]
    made: list[Made]


class Question:
    """What is asked of models, apart from the molecules: the geometries, and what is refused.

    Args:
        abouts: what the models' packages say, all of one level (`find.abouts`).
        geometry: level at which geometries are made from SMILES; by default that of the training molecules, or, where
            that would take more than seconds, GFN2-xTB, with a warning.
        enthalpy: whether enthalpies of formation are wanted, which takes the frequencies of each molecule.
        anyway: whether also molecules of elements and charges that no training molecule had are predicted.
        batch_size: molecules that the networks see together.

    Raises:
        CallError: if there is no such level of geometries.
        DataError: if the level is defined otherwise here than where the models were trained.
    """

    def __init__(
        self,
        abouts: Sequence[Mapping[str, Any]],
        *,
        geometry: str | None = None,
        enthalpy: bool = False,
        anyway: bool = False,
        batch_size: int = TOGETHER,
    ) -> None:
        _same_levels(abouts)
        self.level = str(abouts[0]["level"])
        self.domain = Domain.common(Domain.of(about) for about in abouts)
        self.at = _geometry_level(self.domain, geometry)
        self.no_formation = no_formation(self.level) if enthalpy else NOT_ASKED
        self.making = Making(self.at, self.no_formation is None, replace(self.domain, environments=None), anyway)
        self.batch_size = batch_size

    def batches(self, asked: Iterable[Asked]) -> Iterator[list[Asked]]:
        """The molecules in batches that they alone decide, so that a run that goes on later has the same ones."""
        batch: list[Asked] = []
        share = 0.0
        for one in asked:
            batch.append(one)
            share += self._share(one)
            if share > 1 - 1e-9:
                yield batch
                batch, share = [], 0.0
        if batch:
            yield batch

    def _share(self, one: Asked) -> float:
        """The part of a batch that a molecule fills; a small batch is written the sooner."""
        if isinstance(one, Unread) or self._cheap(one):
            return 1 / self.batch_size
        if self.at.card.engine == "pyscf":
            return 1.0
        return max(1 / self.batch_size, one.n_heavy**2 / WORK)

    def _cheap(self, one: Asked) -> bool:
        return isinstance(one, Molecule) and bool(one.positions) and not self.making.enthalpy

    @contextmanager
    def geometries(
        self,
        batches: Iterable[list[Asked]],
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> Iterator[Iterator[Batch]]:
        """A context with the batches' geometries, in their order; workers begin with them at once.

        Args:
            batches: as `batches` makes them.
            workers: processes; by default one a core; 0 for this process itself.
            progress: told how many are done.
        """
        number = cores() if workers is None else workers
        sent: deque[tuple[list[Asked], int]] = deque()
        with Workers(partial(made, how=self.making), _killed, number) as crew:
            yield _gathered(crew.answers(self._chunks(batches, sent)), sent, progress)

    def _chunks(self, batches: Iterable[list[Asked]], sent: deque[tuple[list[Asked], int]]) -> Iterator[list[Asked]]:
        for batch in batches:
            size = CHUNK if all(self._cheap(one) for one in batch) else 1
            sent.append((batch, -(-len(batch) // size)))
            for start in range(0, len(batch), size):
                yield batch[start : start + size]

    def answered(self, models: Sequence[Fitted], batch: Batch) -> list[Predicted]:
        """What the models say of a batch; one row a molecule, with an energy or the reason why it has none."""
        ready = [number for number, each in enumerate(batch.made) if each.reason is None]
        said = dict(
            zip(ready, energies_or_reasons(models, [(batch.asked[n], batch.made[n]) for n in ready]), strict=True)
        )
        return [
            self._predicted(one, each, said.get(number, str(each.reason)))
            for number, (one, each) in enumerate(zip(batch.asked, batch.made, strict=True))
        ]

    def _predicted(self, one: Asked, each: Made, energies: list[float] | str) -> Predicted:
        if isinstance(one, Unread):
            return Predicted(one.id, None, reason=each.reason)
        smiles = one.smiles or each.smiles
        if isinstance(energies, str):
            return Predicted(one.id, smiles, each.z, reason=energies)
        if not np.isfinite(energies).all():
            return Predicted(one.id, smiles, each.z, each.x, reason="The models give no finite energy.")
        enthalpy, reason = None, self.no_formation
        if reason is None:
            enthalpy, reason = formation_kcal_mol(float(np.mean(energies)), each.z, self.level, each.thermal)
        warnings = (*self.domain.warnings(each.z, smiles, one.charge, one.multiplicity), *self._doubts(one, smiles))
        return Predicted(one.id, smiles, each.z, each.x, tuple(energies), enthalpy, reason, warnings)

    def _doubts(self, one: Molecule, smiles: str | None) -> Iterator[str]:
        if NOT_DRAWN in one.flags:
            yield f"multiplicity {one.multiplicity}, that of the known ground state, not of the electrons drawn"
        if smiles is not None and "." in smiles:
            yield f"{smiles.count('.') + 1} molecules in one geometry, which are taken as one"
        if self.domain.environments is None:
            yield "the package does not tell which atom environments its training molecules had"
        elif smiles is None:
            yield "atom environments were not checked: the bonds of the geometry are not plain"
        trained_at = self.domain.geometry_levels
        if not one.positions and trained_at not in ((), (self.at.name,)):
            yield f"geometry at {self.at.name}; those of training were at {' and '.join(trained_at)}"


def predict(
    models: Sequence[Fitted],
    molecules: Iterable[Asked],
    *,
    geometry: str | None = None,
    enthalpy: bool = False,
    anyway: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Predicted]:
    """Atomization energies of molecules by one model or the mean of several.

    Args:
        models: of one level (`find.load_all`).
        molecules: as `asked.wanted` reads them; a geometry that is given is taken as it is.
        geometry, enthalpy, anyway: as `Question`.
        workers: processes for the geometries; by default one a core; 0 for this process itself.
        progress: told how many are done.

    Raises:
        CallError, DataError: as `Question`. A molecule that cannot be predicted is a row with its reason.
    """
    question = Question([model.about for model in models], geometry=geometry, enthalpy=enthalpy, anyway=anyway)
    with question.geometries(question.batches(molecules), workers, progress) as batches:
        return [each for batch in batches for each in question.answered(models, batch)]


def _gathered(
    answers: Iterator[list[Made]], sent: deque[tuple[list[Asked], int]], progress: Progress | None
) -> Iterator[Batch]:
    """The chunks' answers, put together to the batches that they were cut from."""
    done: list[Made] = []
    chunks = 0
    for answer in answers:
        done += answer
        chunks += 1
        if progress:
            progress(len(answer))
        if chunks == sent[0][1]:
            yield Batch(sent.popleft()[0], done)
            done, chunks = [], 0


def _killed(last_words: str) -> Made:
    return Made(reason=f"It killed its worker process twice ({last_words}).")


def _same_levels(abouts: Iterable[Mapping[str, Any]]) -> None:
    from hemdata.catalog import cards

    for about in abouts:
        for name, written in about.get("level_hashes", {}).items():
            if name in cards("level") and level(name).hash != written:
                raise DataError(
                    f"The level '{name}' is defined otherwise here than where the model was trained.",
                    where=f"level {name}",
                    expected=written,
                    got=level(name).hash,
                    fix="Use the level's card that the model was trained with.",
                )


def _geometry_level(domain: Domain, asked: str | None) -> Level:
    """The level that geometries are made at: as asked, else the training molecules' one if it takes seconds, else
    GFN2-xTB."""
    from hemdata.catalog import cards

    if asked is not None:
        return level(asked)
    cheap = [level(name) for name in domain.geometry_levels if name in cards("level")]
    same = len(domain.geometry_levels) == 1 and len(cheap) == 1 and cheap[0].card.engine != "pyscf"
    return cheap[0] if same else level(START_LEVEL)
