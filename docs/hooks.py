"""Fills the handbook's column tables from schemas/, its card lists from the cards: one source, no copy."""

import re
from typing import Any

from hemdata import catalog
from hemdata.schema import result_schema, table_schema


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace `{columns NAME}` by the columns of schemas/NAME.yaml and `{cards KIND}` by a list of cards."""
    markdown = re.sub(r"^\{columns (\w+)\}$", lambda m: table_schema(m[1]).markdown(), markdown, flags=re.M)
    markdown = re.sub(r"^\{results\}$", lambda m: _results(), markdown, flags=re.M)
    return re.sub(r"^\{cards (\w+)\}$", lambda m: _cards(m[1]), markdown, flags=re.M)


def _results() -> str:
    abouts = {name: result_schema(name).about for name in catalog.cards("result")}
    return "\n".join(f"| `{name}` | {about.removeprefix('One row per ')} |" for name, about in abouts.items())


def _cards(kind: str) -> str:
    read = {"dataset": catalog.dataset, "level": catalog.level_card, "network": catalog.network, "study": catalog.study}
    lines = ["| name | |", "| --- | --- |"]
    for name in catalog.cards(kind):
        card = read[kind](name)
        lines.append(f"| `{name}` | {card.title}: {getattr(card, 'about', getattr(card, 'question', ''))} |")
    return "\n".join(lines)
