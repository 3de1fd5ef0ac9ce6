"""Molecules as small line drawings (SVG by RDKit) that take the page's colours."""

import re
from collections.abc import Iterable
from typing import Any

WIDTH, HEIGHT = 190, 130  # px


def draw(smiles: str) -> str | None:
    """The drawing of one molecule as an <svg>; None for a SMILES that RDKit does not read."""
    found = placed(smiles)
    return None if found is None else found[0]


def placed(smiles: str) -> tuple[str, list[tuple[float, float]]] | None:
    """The same, and where each atom of the SMILES stands in it."""
    from rdkit import Chem, rdBase
    from rdkit.Chem.Draw import rdMolDraw2D

    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        if molecule is None:
            return None
        drawer = rdMolDraw2D.MolDraw2DSVG(WIDTH, HEIGHT, -1, -1, True)  # letters as text, not as outlines
        options: Any = drawer.drawOptions()  # its stubs give every option the type of the options
        options.useBWAtomPalette()
        options.clearBackground = False
        options.bondLineWidth = 1.4
        options.fixedBondLength = 24
        options.minFontSize = options.maxFontSize = 11
        options.padding = 0.06
        drawer.DrawMolecule(rdMolDraw2D.PrepareMolForDrawing(molecule, kekulize=True))
        drawer.FinishDrawing()
        places = [drawer.GetDrawCoords(atom) for atom in range(molecule.GetNumAtoms())]
        return _small(drawer.GetDrawingText()), [(place.x, place.y) for place in places]


def standing_alone(smiles: str) -> str | None:
    """The drawing as an SVG file of its own, black on white; None for a SMILES that RDKit does not read."""
    svg = draw(smiles)
    if svg is None:
        return None
    style = (
        "<style>.b{fill:none;stroke:#000;stroke-width:1.3;stroke-linecap:round}.w{fill:#000;stroke:#000}"
        "text{font-family:Arial,sans-serif}</style><rect width='100%' height='100%' fill='#fff'/>"
    )
    opened = f"<svg xmlns='http://www.w3.org/2000/svg' width='{2 * WIDTH}' height='{2 * HEIGHT}' "
    return svg.replace("<svg ", opened, 1).replace(">", f">{style}", 1) + "\n"


def drawings(smiles: Iterable[str | None]) -> dict[str, str]:
    """SMILES and drawing of every molecule that can be drawn."""
    found = {each: draw(each) for each in dict.fromkeys(smiles) if each}
    return {each: svg for each, svg in found.items() if svg}


def _small(svg: str) -> str:
    """Bonds as one path, letters as text in the page's font: a third of RDKit's bytes."""
    lines = re.findall(r"<path class='bond[^']*' d='([^']*)' style='fill:none;", svg)
    filled = re.findall(r"<path class='bond[^']*' d='([^']*)' style='fill:#", svg)
    letters = re.findall(r"<text x='([^']*)' y='([^']*)' [^>]*style='font-size:(\d+)px[^>]*>(.*?)</text>", svg)
    parts = []
    for paths, kind in ((lines, "b"), (filled, "w")):
        if paths:
            parts.append(f"<path class='{kind}' d='{''.join(_whole(path) for path in paths)}'/>")
    parts += [
        f"<text x='{_tenth(x)}' y='{_tenth(y)}' font-size='{size}'>{text.replace('-', '−')}</text>"
        for x, y, size, text in letters
    ]
    return f"<svg viewBox='0 0 {WIDTH} {HEIGHT}'>{''.join(parts)}</svg>"


def _whole(path: str) -> str:
    short = re.sub(r"-?\d+\.\d+", lambda match: _tenth(match[0]), path)
    return re.sub(r" ?([MLZ]) ?", r"\1", short.replace(",", " "))


def _tenth(value: str) -> str:
    return f"{round(float(value), 1):g}"
