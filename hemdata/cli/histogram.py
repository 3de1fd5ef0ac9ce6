"""A built set's description as bars of text, as wide as the terminal allows."""

from collections.abc import Iterator, Mapping

from hemdata.curate.describe import Description

WIDEST = 40
_EIGHTHS = " ▏▎▍▌▋▊▉"


def bars(held: Description, width: int) -> Iterator[str]:
    """Line by line: elements, heavy atoms, energies, flags, functional groups."""
    yield from _rows("elements (molecules)", {name: each["molecules"] for name, each in held.elements.items()}, width)
    yield from _rows("heavy atoms", {str(size): count for size, count in held.heavy_atoms.items()}, width)
    for name, spread in held.energies.items():
        edges = zip(spread.edges[:-1:2], [*spread.edges[2::2]], strict=True)
        counts = [a + b for a, b in zip(spread.counts[::2], spread.counts[1::2], strict=True)]
        named = {f"{low:,.0f} to {high:,.0f}": n for (low, high), n in zip(edges, counts, strict=True)}
        yield from _rows(f"{name}, {spread.unit} (median {spread.quantiles['0.5']:,.1f})", named, width)
    yield from _rows("flags", held.flags, width)
    held_by = {name: count for name, count in held.functional_groups.items() if count}
    of = f"a sample of {held.sampled:,}, seed {held.seed}" if held.sampled < held.molecules else "all molecules"
    yield from _rows(f"functional groups (of {of})", held_by, width)


def _rows(title: str, counted: Mapping[str, int], width: int) -> Iterator[str]:
    if not counted:
        return
    yield title
    label = max(map(len, counted))
    number = max(len(f"{count:,}") for count in counted.values())
    room, most = max(0, min(WIDEST, width - label - number - 6)), max(counted.values())
    for name, count in counted.items():
        eighths = round(8 * room * count / most)
        bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
        yield f"  {name:>{label}}  {count:>{number},}  {bar or ('▏' if count and room else '')}".rstrip()
