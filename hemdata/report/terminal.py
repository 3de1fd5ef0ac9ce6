"""A molecule's drawing in a terminal: as an image where the terminal says that it can, else as a braille drawing."""

import base64
from collections.abc import Mapping
from typing import Any

WIDTH, HEIGHT = 480, 320  # px of the image
COLUMNS, LINES = 60, 18  # characters of the drawing at most
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a braille letter: 4 down, 2 across
_PIECE = 4096  # letters of base64 that kitty takes at once


def protocol(environment: Mapping[str, str], a_terminal: bool) -> str | None:
    """'kitty' or 'iterm2' where the terminal's own variables say that it draws images; None elsewhere."""
    if not a_terminal or environment.get("TMUX"):
        return None
    program, term = environment.get("TERM_PROGRAM", ""), environment.get("TERM", "")
    if environment.get("KITTY_WINDOW_ID") or "kitty" in term or "ghostty" in term or program == "ghostty":
        return "kitty"
    return "iterm2" if program in ("iTerm.app", "WezTerm") or environment.get("LC_TERMINAL") == "iTerm2" else None


def image(smiles: str, protocol: str) -> str | None:
    """The escape sequence that shows the molecule; None for a SMILES that RDKit does not read."""
    molecule = _flat(smiles)
    if molecule is None:
        return None
    from rdkit.Chem.Draw import rdMolDraw2D

    drawer = rdMolDraw2D.MolDraw2DCairo(WIDTH, HEIGHT)
    drawer.DrawMolecule(molecule)
    drawer.FinishDrawing()
    png = drawer.GetDrawingText()
    text = base64.b64encode(png).decode()
    if protocol == "iterm2":
        return f"\x1b]1337;File=inline=1;size={len(png)}:{text}\x07"
    pieces = [text[i : i + _PIECE] for i in range(0, len(text), _PIECE)]
    last = len(pieces) - 1
    return "".join(
        f"\x1b_G{'a=T,f=100,' if i == 0 else ''}m={int(i < last)};{piece}\x1b\\" for i, piece in enumerate(pieces)
    )


def braille(smiles: str, columns: int = COLUMNS, lines: int = LINES) -> str | None:
    """Bonds as braille dots, atoms other than carbon as letters; None for a SMILES that RDKit does not read."""
    molecule = _flat(smiles)
    if molecule is None:
        return None
    place = molecule.GetConformer().GetPositions()[:, :2]  # (atoms, 2), RDKit's drawing units
    place = (place - place.min(axis=0)) * [1.0, -1.0]
    place -= place.min(axis=0)
    wide, high = place.max(axis=0)
    scale = min((2 * columns - 9) / max(wide, 1e-9), (4 * lines - 4) / max(high, 1e-9), 12.0)
    dots = place * scale + [4, 1]
    columns, lines = int(dots[:, 0].max()) // 2 + 4, int(dots[:, 1].max()) // 4 + 1
    canvas = [[0] * columns for _ in range(lines)]
    for bond in molecule.GetBonds():
        start, end = dots[bond.GetBeginAtomIdx()], dots[bond.GetEndAtomIdx()]
        across = (end - start)[::-1] * [-1.0, 1.0] / max(float(((end - start) ** 2).sum()) ** 0.5, 1e-9)
        order = int(bond.GetBondTypeAsDouble())
        for k in range(order):
            _line(canvas, start + across * 2 * (k - (order - 1) / 2), end + across * 2 * (k - (order - 1) / 2))
    page = [[chr(0x2800 + dot) if dot else " " for dot in row] for row in canvas]
    for atom, (x, y) in zip(molecule.GetAtoms(), dots, strict=True):
        if atom.GetSymbol() != "C" or atom.GetFormalCharge() or molecule.GetNumAtoms() == 1:
            for i, letter in enumerate(_letters(atom)):
                page[int(y) // 4][min(int(x) // 2 + i, columns - 1)] = letter
    return "\n".join("".join(row).rstrip() for row in page)


def _flat(smiles: str) -> Any:
    """The molecule with the places of its 2D drawing."""
    from rdkit import Chem, rdBase
    from rdkit.Chem import rdDepictor

    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        if molecule is None:
            return None
        Chem.Kekulize(molecule, clearAromaticFlags=True)
        rdDepictor.Compute2DCoords(molecule)
    return molecule


def _letters(atom: Any) -> str:
    hydrogens, charge = atom.GetTotalNumHs(), atom.GetFormalCharge()
    return (
        str(atom.GetSymbol())
        + ("H" if hydrogens else "")
        + (str(hydrogens) if hydrogens > 1 else "")
        + ("+" if charge > 0 else "-" if charge < 0 else "")
    )


def _line(canvas: list[list[int]], start: Any, end: Any) -> None:
    steps = int(max(abs(end - start))) + 1
    for k in range(steps + 1):
        x, y = (round(float(value)) for value in start + (end - start) * k / steps)
        if 0 <= y < 4 * len(canvas) and 0 <= x < 2 * len(canvas[0]):
            canvas[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
