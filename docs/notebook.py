"""Writes the tutorial of Python as a notebook: its prose and code, with what each cell gave when it was run.

Usage: python docs/notebook.py

The page is the source; tests/docs holds that the notebook has its words, its code and its answers.
"""

import ast
import contextlib
import doctest
import io
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "tutorials" / "python.md"
NOTEBOOK = PAGE.with_suffix(".ipynb")
BLOCK = re.compile(r"^```pycon\n(.*?)^```\n", re.M | re.S)
ABOUT = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


def cells(page: str) -> list[tuple[str, str, str]]:
    """Kind, source and, of code, what the page says that it gives; a cell ends where something is shown."""
    found = []
    for number, part in enumerate(BLOCK.split(page)):
        if number % 2 == 0:
            found.append(("markdown", part.strip(), ""))
            continue
        lines: list[str] = []
        for example in doctest.DocTestParser().get_examples(part):
            lines.append(example.source)
            if example.want:
                found.append(("code", "".join(lines).rstrip(), example.want))
                lines = []
        if lines:
            found.append(("code", "".join(lines).rstrip(), ""))
    return [cell for cell in found if cell[1]]


def given(source: str, names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Run a cell; its outputs in the notebook's form."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    value, printed = None, io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": _lines(printed.getvalue())})
    if value is not None:
        data = {"text/plain": _lines(repr(value))}
        outputs.append({"output_type": "execute_result", "execution_count": count, "data": data, "metadata": {}})
    return outputs


def notebook(page: str) -> dict[str, Any]:
    """The page run in the current folder, as a notebook of form 4.5."""
    names: dict[str, Any] = {"__name__": "__main__"}
    written: list[dict[str, Any]] = []
    count = 0
    for number, (kind, source, _) in enumerate(cells(page)):
        cell = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": _lines(source)}
        if kind == "code":
            count += 1
            cell |= {"execution_count": count, "outputs": given(source, names, count)}
        written.append(cell)
    return {"cells": written, "metadata": ABOUT, "nbformat": 4, "nbformat_minor": 5}


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        written = json.dumps(notebook(PAGE.read_text(encoding="utf-8")), indent=1, ensure_ascii=False)
    NOTEBOOK.write_text(written + "\n", encoding="utf-8")
