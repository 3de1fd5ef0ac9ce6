"""An improvement of a training set from Python: labels chosen for a group, round by round."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from hemdata.door.html import shown
from hemdata.door.kinds import kinds_checked
from hemdata.door.progress import bar, stages
from hemdata.errors import CallError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


class Improvement:
    """Molecules chosen for a group, labelled, trained on and judged, until the target or the budget is reached.

    A part of the group is held back: nothing is chosen for it and nothing fitted to it, and by it each round is judged.

    Attributes:
        folder: where its rows, models and page go.

    Args:
        group: a test group, `test-groups` for all of them, or a file of SMILES.
        base: a labelled set to begin with, as `qm9=600`.
        budget: molecules that may be labelled.
        folder: by default runs/improve-GROUP.
        data: folder of the labelled sets.
        words: as the options of `hemdata improve`: by, pool, level_name, rounds, target, control, max_heavy, network,
            epochs, seeds, validation, seed.

    Raises:
        CallError: for a value that cannot be.

    Example:
        >>> lines = [f"{'C' * n}{end}" for n in range(1, 5) for end in ("O", "N", "F", "=O", "C#N")]
        >>> _ = Path("few.smi").write_text("\\n".join(lines))
        >>> len(hd.Set.label("few.smi", on=0, progress=False))
        20
        >>> hd.Improvement("azoxy", base="few", budget=4, network="pair-distance-ridge")
        Improvement('azoxy', base 'few', 4 labels)
    """

    @kinds_checked
    def __init__(
        self,
        group: str | Path,
        base: str,
        budget: int,
        folder: str | Path | None = None,
        data: str | Path = "data",
        **words: Any,
    ) -> None:
        from hemdata.improve.asked import Asked

        try:
            self._asked = kinds_checked(Asked, "Improvement")(str(group), base, budget, **words)
        except TypeError:
            known = list(Asked.__dataclass_fields__)[3:]
            other = next(word for word in words if word not in known)
            raise CallError("There is no such word.", expected=", ".join(known), got=other,
                            fix=did_you_mean(other, known).strip() or None) from None  # fmt: skip
        self.folder = Path("runs") / f"improve-{Path(group).stem}" if folder is None else Path(folder)
        self._data = Path(data)
        self._why = ""

    @kinds_checked
    def run(self, *, on: int | str | None = None, device: str = "auto", progress: bool = True) -> Self:
        """Do all rounds; the same call goes on where another was stopped. The page is written at the end.

        Args:
            on: where labels are computed and models trained: a number of processes, a Dask cluster's address, or a
                cluster's card.
            device: auto, cpu or cuda.
            progress: whether bars are shown.

        Raises:
            CallError: for an unknown group, a base or pool that is not there, or a target without labels to judge by.
            DataError: for a base that holds molecules of the group, a pool without a candidate, a model that failed, or
                a folder that holds another improvement.

        Example:
            >>> words = {"rounds": 1, "max_heavy": 4, "network": "pair-distance-ridge", "seeds": 2}
            >>> better = hd.Improvement("azoxy", base="few", budget=4, **words)
            >>> better.run(on=0, progress=False).folder.name
            'improve-azoxy'
        """
        from hemdata.console import err
        from hemdata.improve.rounds import improve
        from hemdata.improve.watch import NOBODY, Watch
        from hemdata.label.workers.where import Where
        from hemdata.report.page.improved import improved_page
        from hemdata.study.on import On

        watch = Watch(err.print, labels=stages, training=bar) if progress else NOBODY
        found = improve(self._asked, self._data, self.folder, on=On(Where.read(on), device), watch=watch)
        improved_page(found, self._asked, self.folder / "report.html")
        self._why = found.why
        return self

    def rounds(self) -> pd.DataFrame:
        """A row a round, arm and group: what was chosen, the error on the validation part and its interval, the cost.

        Raises:
            CallError: if no round is finished.

        Example:
            >>> words = {"rounds": 1, "max_heavy": 4, "network": "pair-distance-ridge", "seeds": 2}
            >>> better = hd.Improvement("azoxy", base="few", budget=4, **words)
            >>> better.rounds()[["round", "by", "labelled", "n_validation"]]
               round       by  labelled  n_validation
            0      0  nothing         0            14
            1      1    amons         4            14
        """
        from hemdata.improve.rounds import kept_rows

        frame: pd.DataFrame = kept_rows(self.folder).to_pandas()
        return frame

    def __repr__(self) -> str:
        return f"Improvement({self._asked.group!r}, base {self._asked.base!r}, {self._asked.budget:,} labels)"

    def _repr_html_(self) -> str:
        from hemdata.improve.rounds import ROWS

        its = self._asked
        facts = {
            "base": its.base,
            "budget": f"{its.budget:,} labels",
            "chosen by": its.by,
            "network": its.network,
            "level of theory": its.level_name,
            "ended": self._why or "not in this session",
            "folder": str(self.folder),
        }
        columns = ["arm", "round", "by", "group", "labelled", "mae_kcal_mol", "mae_kcal_mol_low", "mae_kcal_mol_high"]
        frame = self.rounds()[columns] if (self.folder / ROWS).is_file() else None
        rows = [] if frame is None else [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]
        return shown(repr(self), facts, rows)
