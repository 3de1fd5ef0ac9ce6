"""A study: training set x network x seed, run from its card, and what came out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hemdata.door.html import shown
from hemdata.door.kinds import kinds_checked
from hemdata.door.progress import bar
from hemdata.errors import CallError, DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from hemdata.report.answer import Answer


class Results:
    """What a study found: its answer, its tables, its page. Computed once and kept beside the run; then read.

    Attributes:
        folder: of the run.

    Args:
        folder: that `Study.run` or `hemdata train-eval` wrote.
        data: folder of the labelled sets.

    Raises:
        CallError: if no study is in the folder.
        DataError: if no cell is finished, or rows are broken.

    Example:
        >>> small = [f"{'C' * a}{x}{'C' * b}" for x in "NOS" for a in (0, 1, 2) for b in (1, 2, 3)][:22]
        >>> _ = Path("small.smi").write_text("\\n".join(small))
        >>> _ = Path("mine.smi").write_text("CCOCC\\nCNCCO\\nCCCCS\\n")
        >>> _ = [hd.Set.label(file, on=0, progress=False) for file in ("small.smi", "mine.smi")]
        >>> _ = Path("tiny.yaml").write_text('''
        ... {name: tiny, title: Small molecules, question: Do small molecules serve mine?, level: gfn2-xtb,
        ...  sets: {small: {dataset: small, molecules: 20}}, groups: [mine],
        ...  networks: [{network: dressed-atoms}], seeds: [0]}
        ... ''')
        >>> hd.Study("tiny.yaml").run(progress=False).results()
        Results('tiny', one model, groups mine)
    """

    @kinds_checked
    def __init__(self, folder: str | Path, data: str | Path = "data") -> None:
        from hemdata.analysis.results import Results as Analysis

        self.folder = Path(folder)
        self._found = Analysis.of(self.folder, data=Path(data))

    @cached_property
    def _answer(self) -> Answer:
        from hemdata.report.answer import answer
        from hemdata.report.titles import titles_of

        return answer(self._found.tables, titles_of(self._found.rows), self._found.variance)

    @property
    def answer(self) -> str:
        """The answer in one sentence, with its interval.

        Raises:
            DataError: if no model was tested on every group.
        """
        return self._answer.sentence

    @property
    def names(self) -> list[str]:
        """The names of its tables; docs/report.md says what one row of each is."""
        return sorted(name for name, frame in self._found.frames().items() if len(frame))

    @kinds_checked
    def frame(self, name: str) -> pd.DataFrame:
        """One table as a pandas DataFrame; columns end in their unit, `_low` and `_high` are ends of 95 % intervals.

        Args:
            name: errors, summary, comparisons, parts ... (`names` lists them).

        Raises:
            CallError: if there is no such table.

        Example:
            >>> summary = hd.Results("runs/tiny").frame("summary")
            >>> summary["network"].tolist(), int(summary["training_size"][0])
            (['dressed-atoms'], 16)
        """
        frames = self._found.frames()
        if name not in frames:
            fix = did_you_mean(name, frames).strip() or None
            raise CallError("The results have no such table.", expected=", ".join(sorted(frames)), got=name, fix=fix)
        return frames[name].copy()

    @kinds_checked
    def report(
        self,
        out: str | Path | None = None,
        *,
        figures: str | Path | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Path:
        """Write the study's page, one static HTML file; nothing is computed.

        Args:
            out: the page; by default report.html in the run's folder.
            figures: also write figures and tables for a paper into this folder.
            labels: words shown for names of networks, training sets and groups.

        Raises:
            DataError: if no model was tested on every group, or the page cannot be written.

        Example:
            >>> hd.Results("runs/tiny").report("tiny.html").name
            'tiny.html'
        """
        from hemdata.report.page.page import write_report

        page = self.folder / "report.html" if out is None else Path(out)
        write_report(self._found, page, labels=labels, figures=None if figures is None else Path(figures))
        return page

    def __repr__(self) -> str:
        from hemdata.report.words import counted

        groups = ", ".join(sorted(self._found.tables.mae["group"].unique()))
        models = counted(self._found.rows.cells.num_rows, "model")
        return f"Results({self._found.study!r}, {models}, groups {groups})"

    def _repr_html_(self) -> str:
        rows = self._found.tables.summary[["network", "training_set", "accuracy_kcal_mol"]]
        facts = {"answer": self.answer, "drivers": self._answer.drivers, "notes": list(self._answer.notes),
                 "tables": self.names, "folder": str(self.folder)}  # fmt: skip
        records = [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]
        return shown(self._found.study, facts, records, "accuracy: mean absolute error, mean over the groups")


class Study:
    """A study of training sets: its card, and the folder of its run.

    Attributes:
        name, title, question: of its card.
        folder: where its rows go.

    Args:
        card: a study's name (`hd.catalogue("study")` lists them), or the path of its card.
        folder: by default runs/NAME.
        data: folder of the labelled sets.

    Raises:
        CallError: if there is no such card.
        DataError: if it is wrong; names every wrong key.

    Example:
        >>> demo = hd.Study("demo")
        >>> demo
        Study('demo', 18 cells)
        >>> demo.title
        'QM9 against PubChem at one level of theory'
    """

    @kinds_checked
    def __init__(self, card: str | Path, folder: str | Path | None = None, data: str | Path = "data") -> None:
        from hemdata.catalog import study

        self._card = study(card)
        self.name, self.title, self.question = self._card.name, self._card.title, self._card.question
        self.folder = Path("runs") / self.name if folder is None else Path(folder)
        self.data = Path(data)

    @property
    def cells(self) -> list[str]:
        """The names of its cells: network, training set, size and seed."""
        from hemdata.study.cells import cells

        return [cell.name for cell in cells(self._card)]

    @kinds_checked
    def run(
        self,
        *,
        only: Sequence[str] = (),
        workers: int | None = None,
        device: str = "auto",
        max_hours: float | None = None,
        judge_again: bool = False,
        progress: bool = True,
    ) -> Self:
        """Build and label what its sets and groups need, then train and judge its cells; what stands already is kept.

        The same call goes on where another was stopped.

        Args:
            only: patterns of cells' names, such as `painn-*`; by default all.
            workers: cells at a time; by default one a core, or a GPU; 0: in this process.
            device: auto, cpu or cuda.
            max_hours: no epoch is begun that would end later; the rest is left for the next call.
            judge_again: finished cells of which only the groups have changed since are first judged anew; nothing is
                trained for it.
            progress: whether a bar is shown.

        Raises:
            CallError: for a pattern that fits no cell, or no time.
            DataError: if a cell failed; tells each with its reason, the others stand.

        Example:
            >>> hd.Study("tiny.yaml").run(progress=False).folder.name
            'tiny'
        """
        from hemdata.door.run import prepare
        from hemdata.label.workers.where import Where
        from hemdata.study.cells import cells, chosen
        from hemdata.study.judge_again import judge_again as judge_finished
        from hemdata.study.on import On
        from hemdata.study.ran import When
        from hemdata.study.run import epochs_told, train_eval

        if max_hours is not None and not max_hours > 0:
            raise CallError(
                "There is no time to run in.", expected="max_hours above 0", got=max_hours, fix="Give more."
            )
        on = On(Where(workers), device)
        prepare(self._card, self.data, self.folder, on=on, shown=progress)
        matrix = chosen(cells(self._card), only)
        if judge_again:
            judge_finished(self._card, self.data, self.folder, only=only, device=device)
        with bar(f"study {self.name}, epochs", sum(cell.epochs or 1 for cell in matrix), progress) as step:
            ran = train_eval(
                self._card, self.data, self.folder, only=only, on=on, progress=epochs_told(step),
                when=When(max_seconds=None if max_hours is None else 3600 * max_hours),
            )  # fmt: skip
        if ran.failed:
            reasons = "\n".join(f"    {cell}: {reason}" for cell, reason in ran.failed.items())
            raise DataError(
                f"{len(ran.failed)} of {len(matrix)} cells failed.", where=self.folder, got=f"\n{reasons}",
                fix="Mend what they name and run it again; the finished cells stand.",
            )  # fmt: skip
        return self

    def results(self) -> Results:
        """What it found; errors as `Results`.

        Example:
            >>> hd.Study("tiny.yaml").results().names[:2]
            ['by_size', 'environments']
        """
        return Results(self.folder, self.data)

    def __repr__(self) -> str:
        return f"Study({self.name!r}, {len(self.cells)} cells)"

    def _repr_html_(self) -> str:
        from hemdata.study.rows import finished

        done = sum(finished(self.folder, cell) for cell in self.cells)
        facts = {
            "question": self.question,
            "level of theory": self._card.level,
            "training sets": list(self._card.sets),
            "networks": [each.network for each in self._card.networks],
            "groups": list(self._card.groups),
            "seeds": [str(seed) for seed in self._card.seeds],
            "cells": f"{done} of {len(self.cells)} finished",
            "folder": str(self.folder),
        }
        return shown(self.title, facts)
