"""A page as text from its template, with its style and scripts in it; and a page written."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from hemdata.errors import DataError
from hemdata.files import write_whole

CODE = re.compile("`([^`]+)`")


def page_text(template: str, scripts: Sequence[str] = ("sorting.js",), **values: Any) -> str:
    """A template of `templates/` with its values; what stands in the values is text, never markup.

    Args:
        template: name of its file.
        scripts: that go into the page, one after another.
        values: by the names that the template uses; `css` and `script` are there already, and a filter `code`, which
            makes code of what stands between backticks.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup, escape

    environment = Environment(
        loader=PackageLoader("hemdata.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = lambda text: Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))
    here = files("hemdata.report.page") / "templates"
    css, *code = ((here / name).read_text(encoding="utf-8") for name in ("page.css", *scripts))
    return environment.get_template(template).render(css=css, script="".join(code), **values)


def write_page(path: Path, text: str) -> None:
    """Write a page whole.

    Raises:
        DataError: if it cannot be written.
    """
    with _told(path):
        write_whole(path, text)


def make_room(path: Path) -> None:
    """Make a page's folder before anything is drawn, so that a path that cannot be is told at once.

    Raises:
        DataError: if it cannot be made.
    """
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            "The report cannot be written.",
            where=path,
            got=error.strerror,
            fix="Give a path in a folder that can be written to, with space on its disk.",
        ) from error
