"""The register of known defects: rows of published sets that are wrong, with evidence and source."""

from collections.abc import Collection, Iterable
from pathlib import Path

from pydantic import Field

from hemdata.catalog.folders import roots
from hemdata.catalog.reading import Card, read_card

FOLDER = "datasets/defects"


class Defect(Card):
    """One kind of defect in some rows of a set.

    Attributes:
        code: of the check of `hemdata lint` that finds it.
        what, evidence, source: in words; the source is a paper, or the command that shows it.
        rows: ids without the set's name; two or more in a list where the finding is about all of them: the first is
            the one that is flagged, and left out of a composition, so that the others remain.
        size_kcal_mol: the largest, where it is an energy.
    """

    code: str
    what: str
    evidence: str
    source: str
    rows: list[str | list[str]] = Field(min_length=1)
    size_kcal_mol: float | None = None


class DefectsCard(Card):
    """The known defects of one set."""

    name: str
    defects: list[Defect]

    def findings(self) -> set[tuple[str, tuple[str, ...]]]:
        """Code and rows (`<set>:<id>`) of each, as `hemdata lint` names them."""
        found = set()
        for defect in self.defects:
            for row in defect.rows:
                ids = [row] if isinstance(row, str) else row
                found.add((defect.code, tuple(sorted(f"{self.name}:{id}" for id in ids))))
        return found

    def ids(self, codes: Collection[str] = ()) -> set[str]:
        """The rows (`<set>:<id>`) that are flagged or left out, of these codes; of all by default."""
        rows = [row for each in self.defects if not codes or each.code in codes for row in each.rows]
        return {f"{self.name}:{row if isinstance(row, str) else row[0]}" for row in rows}

    def told(self) -> list[str]:
        """Each defect in a line."""
        return [f"{each.code}, {len(each.rows):,} rows or pairs: {each.what}" for each in self.defects]


def defects_file(name: str) -> Path | None:
    """Where the register of a set stands, the user's own first; None where there is none."""
    paths = (root / FOLDER / f"{name}.yaml" for root in roots())
    return next((path for path in paths if path.is_file()), None)


def known_defects(name: str) -> DefectsCard | None:
    """The register of a set, the user's own first; None where there is none.

    Raises:
        DataError: if it is wrong.
    """
    path = defects_file(name)
    return None if path is None else read_card(DefectsCard, "defects", path)


def of_rows(ids: Iterable[str]) -> list[DefectsCard]:
    """The registers of the datasets that rows (`<set>:<id>`) are of, by name."""
    names = sorted({id.partition(":")[0] for id in ids})
    return [its for its in map(known_defects, names) if its is not None]
