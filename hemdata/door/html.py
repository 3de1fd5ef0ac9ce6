"""What a notebook shows of a value: a heading, facts, and the first rows of a table."""

from collections.abc import Mapping, Sequence
from html import escape

LEFT = 'style="text-align:left"'


def shown(heading: str, facts: Mapping[str, object], rows: Sequence[Mapping[str, object]] = (), note: str = "") -> str:
    """A heading, a table of facts, a table of rows, a closing line; facts without a value are left out.

    Args:
        heading: in bold.
        facts: by name.
        rows: of one table, all with the keys of the first.
        note: below the rows.
    """
    told = [f"<strong>{escape(heading)}</strong>"]
    lines = "".join(
        f"<tr><th {LEFT}>{escape(name)}</th><td {LEFT}>{escape(_text(value))}</td></tr>"
        for name, value in facts.items()
        if value not in (None, "", (), [])
    )
    told += [f"<table>{lines}</table>"] if lines else []
    if rows:
        head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row.values()) + "</tr>" for row in rows
        )
        told.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
    told += [f"<p>{escape(note)}</p>"] if note else []
    return f"<div>{''.join(told)}</div>"


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1 else f"{value:,.2f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
