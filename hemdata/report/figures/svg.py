"""A matplotlib figure as a small inline SVG: themed, titled, the same bytes for the same figure."""

import io
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from hemdata.report.figures.style import SENTINELS

_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_USELESS = [
    re.compile(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", re.DOTALL),
    re.compile(r' transform="rotate\(-0 [^"]*"'),
    re.compile(r'<path d="[^"]*"(?: clip-path="[^"]*")? style="fill: none"/>'),  # the empty backgrounds
    re.compile(r"<g/>"),
]
_COORDINATES = re.compile(r'(?<= )(d|transform|x|y|x1|x2|y1|y2|width|height|viewBox)="([^"]*)"')


def to_svg(figure: Any, name: str, title: str, description: str, data: Mapping[str, str] | None = None) -> str:
    """Draw the figure as an <svg> element.

    Args:
        figure: matplotlib Figure drawn in the sentinel colours of style.py.
        name: unique on the page; ids inside begin with it.
        title: short name, for people who do not see the figure.
        description: what the figure shows, in words.
        data: data- attributes of the element.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    box = re.search(r'viewBox="([^"]*)"', text)
    assert box is not None
    body = _own_ids(text[text.index(">") + 1 : text.rindex("</svg>")], name)
    for useless in _USELESS:
        body = useless.sub("", body)
    body = re.sub(r"font-family: [^;\"]*;? ?", "", body).replace("xlink:href", "href")
    body = _COORDINATES.sub(lambda m: f'{m[1]}="{_rounded(m[2])}"', body)
    body = re.sub(r"\s*\n\s*", " ", body)
    body = re.sub(r"> <", "><", body)
    for variable, colour in SENTINELS.items():
        body = body.replace(colour, f"var(--{variable})")
    attributes = "".join(f" data-{key}='{escape(value, quote=True)}'" for key, value in (data or {}).items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{_rounded(box[1])}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc"{attributes}>'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
        f"{body.strip()}</svg>"
    )


def _rounded(text: str) -> str:
    """Numbers to a tenth of a unit (a tenth of a pixel on the page), in as few characters."""
    short = _NUMBER.sub(lambda match: f"{round(float(match[0]), 1) + 0.0:g}", text)
    return re.sub(r"\s+", " ", short).strip()


def _own_ids(body: str, name: str) -> str:
    """Keep the ids that are used, made unique on the page; drop the others."""
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', body))
    body = re.sub(r' id="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", body)
    return re.sub(r'(url\(#|href="#)([^)"]+)', rf"\g<1>{name}-\2", body)
