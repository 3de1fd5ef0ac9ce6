"""A seeded generator of SMILES like GDB-17's: 17 heavy atoms of C N O S and halogens, rings and cages, all valid.

Each line is a chain of pieces that bind at both ends, between two ends that bind once; pieces close their own rings, so
any chain of them is a valid SMILES. No line is taken from GDB-17.
"""

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

HEAVY = 17
# Pieces by their heavy atoms: those that begin and end in carbon, and those of which no two may touch.
CARBON = {
    1: ["C"], 2: ["C(C)", "C(O)", "C(N)", "C(=O)", "C(=N)", "C=C", "C#C", "CC"], 3: ["C1CC1", "C1OC1", "C(C#C)"],
    4: ["C1C(C)C1", "C1CNC1", "C(CC#C)", "C(C=O)C", "C(C(N)=O)"], 5: ["C1C2CC2C1", "C1CC(O)C1", "c1[nH]cc(n1)"],
    6: ["c1ccc(cc1)", "C1CC2CC2C1", "C1OC2CC2C1", "c1cnc(nc1)", "C1CC2CC1N2"],
    7: ["C12CC3CC1C3C2", "C1CC2CC(O2)C1", "C1=CC2CC2NC1"],
}  # fmt: skip
HETERO = {1: ["N", "O", "S"], 2: ["N(C)", "C(F)"]}
HEADS = ["C", "N", "O", "F", "Br", "Cl", "C=C", "C#C", "N#C", "CC", "NC", "O=C"]
TAILS = ["C", "N", "O", "F", "C#N", "C#C", "C=O", "C=C", "CO"]


def heavy_atoms(text: str) -> int:
    """Heavy atoms of a piece or a line."""
    return sum(letter in "BCNOSFcno" for letter in text.replace("Cl", "F").replace("Br", "F"))


def lines(number: int, seed: int = 0) -> Iterator[str]:
    """So many SMILES of 17 heavy atoms."""
    draw = random.Random(seed)
    heads = [(head, heavy_atoms(head)) for head in HEADS]
    tails = [(tail, heavy_atoms(tail)) for tail in TAILS]
    for _ in range(number):
        (head, before), (tail, after) = draw.choice(heads), draw.choice(tails)
        left, parts, carbon = HEAVY - before - after, [head], False
        while left:
            if carbon and left > 2 and draw.random() < 0.25:
                size, carbon = draw.randint(1, 2), False
                parts.append(draw.choice(HETERO[size]))
            else:
                size, carbon = draw.randint(1, min(7, left)), True
                parts.append(draw.choice(CARBON[size]))
            left -= size
        yield "".join((*parts, tail))


def write_lines(path: Path, number: int, seed: int = 0) -> None:
    """The lines as GDB-17 publishes them: one a line, gzip, no header."""
    with gzip.GzipFile(path, "wb", compresslevel=6, mtime=0) as file:
        for line in lines(number, seed):
            file.write(line.encode() + b"\n")
