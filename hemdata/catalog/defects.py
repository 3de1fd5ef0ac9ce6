"""The register of known defects: rows of published sets that are wrong, with evidence and source."""

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
        rows: ids without the set's name; two or more in a list where the finding is about all of them.
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


def known_defects(name: str) -> DefectsCard | None:
    """The register of a set, the user's own first; None where there is none.

    Raises:
        DataError: if it is wrong.
    """
    for root in roots():
        path: Path = root / FOLDER / f"{name}.yaml"
        if path.is_file():
            return read_card(DefectsCard, "defects", path)
    return None
