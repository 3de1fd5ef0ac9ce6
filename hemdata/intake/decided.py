"""What was decided of the files, or the question that is left to the user."""

from dataclasses import dataclass, field

from hemdata.errors import CallError
from hemdata.intake.look import Looked
from hemdata.intake.proof import Meaning

NOT_SAID = "not-said"


@dataclass
class Decided:
    """What the energies and lengths are, and how each is known.

    Attributes:
        looked: the files.
        energy: what the energies are; None where there are none.
        length: unit of the coordinates.
        level_atoms: energies of the atoms of a level that nobody knows, by element, hartree.
        inferred: what nobody said and the numbers prove, as sentences: to be confirmed.
        told: what was said or the file says, and the evidence for it.
    """

    looked: Looked
    energy: Meaning | None = None
    length: str = "angstrom"
    level_atoms: dict[str, float] | None = None
    inferred: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)


class Unsettled(CallError):
    """What the energies are is neither said nor proven: a question to the user.

    Attributes:
        question: in one sentence.
        told: what was found all the same.
    """

    question = "What are the energies (--unit, --kind and --level)?"
    told: tuple[str, ...] = ()

    def asks(self, question: str) -> "Unsettled":
        """The same, with a question of its own."""
        self.question = question
        return self
