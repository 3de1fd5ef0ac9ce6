"""A data card in Markdown: what the set is, where it comes from, at which level, what is wrong with it."""

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from hemdata.catalog import DatasetCard
from hemdata.catalog.defects import known_defects
from hemdata.forms.shared.built import BuiltSet
from hemdata.shards import SetName

ABOUT = "a data card in Markdown: origin, licence, levels, columns, flags, defects, rejected records"
SUFFIX = ".md"

_TEMPLATE = """\
# {{ title }}

{{ about }}

{{ "{:,}".format(counts.accepted) }} molecules; {{ "{:,}".format(counts.read) }} records were read
{%- if counts.rejected %}, {{ "{:,}".format(counts.rejected.values() | sum) }} were rejected{% endif %}.
Made by hemdata {{ versions.hemdata }}.

## Origin

- Licence: {{ licence }}
{%- for doi in cite %}
- Please cite: {{ doi }}
{%- endfor %}
{%- if homepage %}
- Homepage: {{ homepage }}
{%- endif %}
{%- for source in sources %}
- Read from `{{ source.name }}`, {{ "{:,}".format(source.bytes) }} bytes, SHA-256 `{{ source.sha256 }}`
{%- endfor %}

## Levels of theory
{% for level in levels %}
- `{{ level.name }}` (definition {{ level.hash }})
{%- else %}
No row has an energy.
{%- endfor %}
{%- if levels | length > 1 %}

**This set mixes levels of theory**: energies of different levels cannot be compared or learnt together.
{%- endif %}

## Columns

| column | type | unit | meaning |
| --- | --- | --- | --- |
{%- for column in columns %}
| `{{ column.name }}` | {{ column.type }} | {{ column.unit or "" }} | {{ column.meaning }} |
{%- endfor %}
{%- if flags %}

## Flags

| flag | what it says |
| --- | --- |
{%- for name, meaning in flags.items() %}
| `{{ name }}` | {{ meaning }} |
{%- endfor %}
{%- endif %}
{%- if counts.rejected %}

## Rejected records

| reason | records |
| --- | --- |
{%- for reason, number in counts.rejected.items() %}
| {{ reason }} | {{ "{:,}".format(number) }} |
{%- endfor %}
{%- endif %}
{%- for heading, lines in remarks.items() if lines %}

## {{ heading }}
{% for line in lines %}
- {{ line }}
{%- endfor %}
{%- endfor %}
"""


def write(built: BuiltSet, path: Path) -> None:
    """Write the card, which the manifest and the dataset's own card make up."""
    path.write_text(data_card(built), encoding="utf-8", newline="\n")


def data_card(built: BuiltSet) -> str:
    """The text of the data card."""
    manifest, card = built.manifest, built.card
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(_TEMPLATE)
    return template.render(
        title=title(built),
        about=about(built),
        counts=manifest.counts,
        versions=manifest.versions,
        licence=card.licence if card else "that of the sets it is made from",
        cite=card.cite if card else [],
        homepage=card.homepage if card else None,
        sources=manifest.sources,
        levels=manifest.levels,
        columns=built.columns,
        flags={**built.schema.flags, **(card.flags if card else {})},
        remarks={
            "Known defects of what was published": _defects(card),
            "Assumed": card.assumed if card else [],
        },
    )


def _defects(card: DatasetCard | None) -> list[str]:
    """What the card says, and what the register of known defects has."""
    register = known_defects(card.name) if card else None
    return (card.defects if card else []) + (register.told() if register else [])


def title(built: BuiltSet) -> str:
    """What people call the set."""
    at = SetName.of(built.manifest.dataset).level
    return built.manifest.dataset if built.card is None else built.card.title + (f" at {at}" if at else "")


def about(built: BuiltSet) -> str:
    """The set in a few sentences."""
    levels = " and ".join(level.name for level in built.manifest.levels)
    labelled = SetName.of(built.manifest.dataset).level is not None
    said = built.card.about.strip() if built.card else f"Molecules of the set '{built.manifest.dataset}'."
    return f"{said} Energies here were computed at {levels} by hemdata." if labelled and levels else said
