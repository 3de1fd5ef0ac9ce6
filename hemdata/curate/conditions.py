"""Words that a composition's conditions may use, beside the record's columns and SQL's own."""

import re
from typing import Any

from hemdata.levels import ATOMIC_NUMBERS

# word: the columns that it looks at, its own argument, what it says in SQL
_WORDS = {
    "closed_shell_only": (
        "multiplicity, flags",
        "",
        "multiplicity = 1 AND NOT list_has_any(flags, ['radical', 'triplet'])",
    ),
    "has_flag": ("flags", "flag", "list_contains(flags, flag)"),
    "has_element": ("atomic_numbers", "symbol", "coalesce(list_contains(_symbols(atomic_numbers), symbol), false)"),
    "only_elements": ("atomic_numbers", "allowed", "coalesce(list_has_all(allowed, _symbols(atomic_numbers)), false)"),
    "from_dataset": ("id", "dataset", "starts_with(id, dataset || ':')"),
}
EXAMPLES = (
    "closed_shell_only()", "has_flag('radical')", "has_element('F')", "only_elements(['H', 'C', 'N', 'O'])",
    "from_dataset('qm9')",
)  # fmt: skip


def define(db: Any) -> None:
    """Make the words known to a DuckDB connection; its macros see no columns, so that `spelled` hands these over."""
    symbols = ", ".join(f"WHEN {number} THEN '{symbol}'" for symbol, number in ATOMIC_NUMBERS.items())
    each = f"CASE z {symbols.replace(', WHEN', ' WHEN')} END"
    db.execute(f"CREATE MACRO _symbols(numbers) AS list_transform(list_distinct(numbers), lambda z: {each})")
    for word, (columns, argument, said) in _WORDS.items():
        db.execute(f"CREATE MACRO _{word}({columns}{argument and f', {argument}'}) AS ({said})")


def spelled(condition: str) -> str:
    """A condition with the columns that its words look at: `has_flag('x')` becomes `_has_flag(flags, 'x')`."""

    def with_columns(found: re.Match[str]) -> str:
        columns, argument, _ = _WORDS[found[1]]
        return f"_{found[1]}({columns}{argument and ', '}"

    return re.sub(rf"\b({'|'.join(_WORDS)})\s*\(", with_columns, condition)
