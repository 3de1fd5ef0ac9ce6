"""Fitted models: networks and baselines fitted to a set, loaded, asked about molecules, used as ASE's calculators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hemdata.door.html import shown
from hemdata.door.kinds import kinds_checked
from hemdata.door.progress import bar
from hemdata.door.set import Set
from hemdata.errors import CallError

if TYPE_CHECKING:
    import pandas as pd

    from hemdata.explain.explain import Explanation
    from hemdata.predict.calculator import ModelCalculator
    from hemdata.predict.predicted import Predicted
    from hemdata.train.fitted import Fitted

SHARES = (0.8, 0.1, 0.1)
COLUMNS = ("id", "smiles", "atomization_energy_kcal_mol", "spread_kcal_mol", "formation_298_kcal_mol", "warnings",
           "reason")  # fmt: skip


class Predictions(Sequence["Predicted"]):
    """What one or several models say of molecules, in the order in which they were asked.

    Each has `id`, `smiles`, `atomization_energy_kcal_mol` (None where `reason` says why), `spread_kcal_mol` over the
    models, `formation_298_kcal_mol`, `warnings`, `atomic_numbers` and `positions`.

    Example:
        >>> groups = hd.Set.open("test-groups@gfn2-xtb")
        >>> said = hd.Model.fit("dressed-atoms", groups, folder="dressed", progress=False).predict(["CO", "CCO"])
        >>> [round(each.atomization_energy_kcal_mol) for each in said]
        [702, 1075]
    """

    def __init__(self, each: Sequence[Predicted], level: str) -> None:
        self._each, self.level = tuple(each), level

    def __len__(self) -> int:
        return len(self._each)

    def __getitem__(self, place):  # type: ignore[no-untyped-def]
        return Predictions(self._each[place], self.level) if isinstance(place, slice) else self._each[place]

    def __iter__(self) -> Iterator[Predicted]:
        return iter(self._each)

    def __repr__(self) -> str:
        return f"Predictions({len(self)} molecules, level {self.level})"

    def frame(self) -> pd.DataFrame:
        """As a pandas DataFrame, a row a molecule.

        Example:
            >>> hd.Model.load("dressed").predict("CCO").frame()[["id", "atomization_energy_kcal_mol"]].round(0)
                id  atomization_energy_kcal_mol
            0  CCO                       1075.0
        """
        import pandas as pd

        rows = [{name: getattr(each, name) for name in COLUMNS} for each in self._each]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _repr_html_(self) -> str:
        return shown(repr(self), {}, [{str(k): v for k, v in row.items()} for row in self.frame().to_dict("records")])


class Model:
    """A network or a baseline fitted to one set, or several of one level, whose mean and spread are then told.

    Attributes:
        level: of theory, of its energies.
        names: of the networks, a name a fitted model.

    Args:
        fitted: models of one level; `Model.fit` and `Model.load` make them.

    Example:
        >>> model = hd.Model.fit("dressed-atoms", hd.Set.open("test-groups@gfn2-xtb"), folder="m", progress=False)
        >>> model
        Model(dressed-atoms, level gfn2-xtb, 128 molecules)
        >>> model.predict("CCO")[0].warnings
        ('3 heavy atoms; the training molecules had 5 to 32', '1 heavy atom in surroundings not seen in training: C2')
    """

    def __init__(self, *fitted: Fitted, folders: Sequence[Path] = ()) -> None:
        self.fitted, self._folders = fitted, tuple(folders)
        self.level = fitted[0].level
        self.names = [each.name for each in fitted]

    @classmethod
    @kinds_checked
    def fit(
        cls,
        network: str,
        training: Set | str | Path,
        folder: str | Path,
        *,
        configuration: str | None = None,
        epochs: int | None = None,
        seed: int = 0,
        device: str = "auto",
        progress: bool = True,
    ) -> Self:
        """Fit a network or a baseline to a set: eight molecules of ten, one of ten to choose the weights kept.

        The split is that of `Set.split(seed=seed)`; its test side stays unseen. A fit that was killed goes on in its
        folder, a finished one is loaded from there. A large set is decoded there once, and read as it is needed.

        Args:
            network: of `hd.catalogue("network")`, or dressed-atoms or pair-distance-ridge.
            training: a labelled set, or its name.
            folder: of this fit alone.
            configuration: one of the network's card; by default its first.
            epochs: in place of the configuration's.
            seed: of the split, the weights and the order.
            device: auto, cpu or cuda.
            progress: whether a bar of epochs is shown.

        Raises:
            CallError: for a name, configuration or device that is not there, or a library that is not installed.
            DataError: for energies missing or at two levels, an element that the network does not know, or a folder
                that holds another fit.

        Example:
            >>> hd.Model.fit("dressed-atoms", "test-groups@pc9", "at-pc9", progress=False).level
            'pc9'
        """
        from hemdata.train.data.sides import sides_of
        from hemdata.train.fit import fit_network
        from hemdata.train.training_run import TrainingRun

        opened = training if isinstance(training, Set) else Set.open(training)
        learnt, judged = sides_of(opened.folder, seed, SHARES, Path(folder) / "decoded")
        with bar(f"fit {network}, epochs", None, progress) as step:
            reached = 0

            def told(done: int, _: int) -> None:
                nonlocal reached
                step(done - reached, "")
                reached = done

            run = TrainingRun(folder, seed, device, progress=told)
            fitted = fit_network(network, configuration, learnt, judged, run, epochs=epochs)
        return cls(fitted, folders=[Path(folder)])

    @classmethod
    @kinds_checked
    def load(cls, *folders: str | Path) -> Self:
        """The models of some folders: packages, cells of a study, or a cell's name without its seed for all seeds.

        Raises:
            CallError: if there is no finished model.
            DataError: if they are of several levels, or one was changed after it was written.

        Example:
            >>> hd.Model.load("m").names
            ['dressed-atoms']
        """
        from hemdata.predict.find import load_all, packages, refuse_no_model

        found = {folder: packages(folder) for folder in folders}
        for folder, places in found.items():
            if not places:
                refuse_no_model(folder)
        places = [place for its in found.values() for place in its]
        return cls(*load_all(places), folders=places)

    @kinds_checked
    def predict(
        self,
        molecules: str | Path | Sequence[str | Path],
        *,
        geometry: str | None = None,
        enthalpy: bool = False,
        anyway: bool = False,
        workers: int | None = None,
        progress: bool = True,
    ) -> Predictions:
        """Atomization energies, their spread over the models, and what to be wary of.

        A molecule that cannot be predicted has its `reason`, and the others their energies.

        Args:
            molecules: a SMILES, several, or a file of molecules. A geometry that a file gives is taken as it is.
            geometry: level at which geometries are made from SMILES; by default training's, where it takes seconds.
            enthalpy: whether enthalpies of formation are wanted, which takes each molecule's frequencies.
            anyway: whether also elements and charges that no training molecule had are predicted.
            workers: processes for the geometries; by default one a core; 0: this one.
            progress: whether a bar is shown.

        Raises:
            CallError: if there is no such file, or no such level of geometries.

        Example:
            >>> hd.Model.load("m").predict("CCO")
            Predictions(1 molecules, level gfn2-xtb)
        """
        from hemdata.predict.asked import wanted
        from hemdata.predict.predict import predict

        words = [molecules] if isinstance(molecules, str | Path) else molecules
        asked = [each for word in words for each in wanted(str(word))]
        with bar("geometries", len(asked), progress and len(asked) > 1) as step:
            found = predict(
                self.fitted, asked, geometry=geometry, enthalpy=enthalpy, anyway=anyway, workers=workers,
                progress=lambda n: step(n, ""),
            )  # fmt: skip
        return Predictions(found, self.level)

    @kinds_checked
    def explain(
        self,
        molecules: str | Path,
        *,
        training: Set | str | Path | None = None,
        data: str | Path = "data",
        page: str | Path | None = None,
        progress: bool = True,
    ) -> Explanation:
        """Why it predicts what it predicts: the training molecules that carry it, and each atom's part.

        Args:
            molecules: a test group or a labelled set, one of its molecules as GROUP:ID, a file, or a SMILES.
            training: the set that the model was trained on, where it is not to be found in `data`.
            data: folder of the labelled sets.
            page: a file for a page with the molecules drawn.
            progress: whether a bar is shown.

        Raises:
            CallError: if there is no such group or molecule, or the model was not loaded from a folder.
            DataError: if the training molecules are not at hand, or no molecule can be predicted.

        Example:
            >>> why = hd.Model.load("m").explain("azoxy", progress=False)
            >>> len(why.rows), len(why.molecules), why.exact
            (128, 45, True)
        """
        from hemdata.explain.explain import explain
        from hemdata.report.page.explained import explained_page

        if not self._folders:
            raise CallError("A model is explained from its folder.", fix="Load it by Model.load, or fit it.")
        given = training.folder if isinstance(training, Set) else training
        found = explain(
            self._folders, str(molecules), data=Path(data), training=given, bar=lambda what, n: bar(what, n, progress),
        )  # fmt: skip
        if page is not None:
            explained_page(found, Path(page))
        return found

    @kinds_checked
    def calculator(self, dtype: str = "float32") -> ModelCalculator:
        """An ASE calculator: energy (eV, of free atoms zero) and forces (eV/angstrom).

        Args:
            dtype: of the network: float32 as in training, or float64, whose forces are smooth to more digits.

        Raises:
            CallError: for a baseline, whose forces mean nothing.

        Example:
            >>> try:
            ...     hd.Model.load("m").calculator()
            ... except hd.CallError as error:
            ...     print(error.what)
            A baseline has no forces.
        """
        from hemdata.predict.calculator import ModelCalculator

        return ModelCalculator(*self.fitted, dtype=dtype)

    def __repr__(self) -> str:
        sizes = sorted({int(each.about["training_range"]["molecules"]) for each in self.fitted})
        size = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
        return f"Model({', '.join(self.names)}, level {self.level}, {size} molecules)"

    def _repr_html_(self) -> str:
        rows = [
            {
                "network": each.name,
                "seed": each.about.get("seed"),
                "molecules": each.about["training_range"]["molecules"],
                "elements": " ".join(each.about["training_range"]["elements"]),
                "validation MAE, kcal/mol": each.validation_mae_kcal_mol,
            }
            for each in self.fitted
        ]
        return shown(f"Model at {self.level}", {}, rows)
