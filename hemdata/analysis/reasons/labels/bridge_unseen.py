"""What a bridge errs on molecules that its fit has not seen: on its own labels by fits without each molecule."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hemdata.assess.duals import Dual, every_dual, up_to
from hemdata.bridges.bridge import Bridge
from hemdata.bridges.labels import DIGITS, Label, digest, read_labels, told
from hemdata.bridges.linear import fit
from hemdata.catalog import bridge_card, card_path, label_places
from hemdata.errors import DataError
from hemdata.identity import flat_graph, identify

SAME = 2.0 * 10**-DIGITS  # kcal/mol: labels are written rounded, and the last bits of a sum are a machine's own
COLUMNS = ("group", "molecule_id", "n_atoms", "signed")


@dataclass(frozen=True)
class Unseen:
    """The errors of a bridge on molecules at both levels.

    Attributes:
        errors: group, molecule_id, n_atoms, signed (computed less bridged, kcal/mol); of a molecule on two geometries
            the first counts, which is GFN2-xTB's, as the groups'.
        gone: how many of the labels that it was fitted on are not at hand; None where nobody knows which they were, and
            so nothing can be said.
    """

    errors: pd.DataFrame
    gone: int | None


def unseen(by: Bridge, data: Path) -> Unseen:
    """The bridge's error on every molecule that is labelled at both of its levels and that the fit has not seen.

    The labels that the bridge was fitted on are judged by fits on just these, each without its molecule; labels that
    came later, to the same sets or others, have no part in them. They and other molecules are judged by the bridge as
    it stands, unless it was fitted on the same molecule. Where labels are gone, the fits are on those that are left.

    Args:
        data: the folder of labelled datasets; the labels that travel with the package are looked through after it.
    """
    found = _at_both(by, data)
    of_fit = _fitted_on(by, found)
    if of_fit is None:
        return Unseen(pd.DataFrame(columns=list(COLUMNS)), None)
    inside, gone = _matched(of_fit, found)
    if gone:  # a user's own labels of a set hide those of it that travel
        hidden = [dual for place in label_places() for dual in _at_both(by, place)]
        again, gone = _matched(gone, hidden)
        inside, found = [*inside, *again], [*found, *again]
    own = {id(dual): error for dual, error in zip(inside, _without_each(by, inside), strict=True)}
    seen = {dual.graph for dual in inside} | {_graph(smiles) for _, smiles, _ in gone}
    signed = [own[id(dual)] if id(dual) in own else _beyond(by, inside, dual, dual.graph in seen) for dual in found]
    frame = pd.DataFrame({
        "group": [dual.group for dual in found], "molecule_id": [dual.id for dual in found],
        "n_atoms": [dual.symbols.total() for dual in found], "signed": signed,
    })  # fmt: skip
    return Unseen(frame.dropna(subset="signed").drop_duplicates("molecule_id"), len(gone))


def _at_both(by: Bridge, place: Path) -> list[Dual]:
    with suppress(DataError):  # no molecule is
        return every_dual(by.a, by.b, [], place)[0]
    return []


def _fitted_on(by: Bridge, found: Sequence[Dual]) -> list[Label] | None:
    """The labels of the fit: as written beside the card, else all of its sets up to its size if the hash is theirs."""
    name = f"{by.a}-{by.b}"
    written = read_labels(card_path("bridge", name), by.labels)
    if written is not None:
        return written
    of_card = set(bridge_card(name).sets)
    inside, _ = up_to([dual for dual in found if dual.group in of_card], by.largest)
    return [told(dual) for dual in inside] if digest(inside) == by.labels else None


def _matched(labels: Sequence[Label], found: Sequence[Dual]) -> tuple[list[Dual], list[Label]]:
    """The dual labels that are these, one each, and those of these that none is."""
    there: dict[tuple[str, str], list[Dual]] = {}
    for dual in found:
        there.setdefault((dual.id, dual.smiles), []).append(dual)
    matched, gone = [], []
    for label in labels:
        of_name = there.get(label[:2], [])
        at = next((n for n, dual in enumerate(of_name) if abs(dual.difference - label[2]) <= SAME), None)
        if at is None:
            gone.append(label)
        else:
            matched.append(of_name.pop(at))
    return matched, gone


def _graph(smiles: str) -> str:
    identity = identify(smiles, bonds=False)
    return flat_graph(identity.inchikey) if identity is not None and identity.inchikey else smiles


def _without_each(by: Bridge, inside: Sequence[Dual]) -> list[float]:
    """Residuals of a bridge's own molecules, each by a fit without it, kcal/mol; NaN where nothing is left to fit."""
    graphs = [dual.graph for dual in inside]
    if len(set(graphs)) < 2:
        return [float("nan")] * len(inside)
    values = np.array([dual.difference for dual in inside])
    _, left = fit([dual.counted for dual in inside], values, by.linear.scales, by.linear.noise, graphs)
    residual: list[float] = left.residual.tolist()
    return residual


def _beyond(by: Bridge, inside: Sequence[Dual], dual: Dual, seen: bool) -> float:
    """The residual of another label, kcal/mol; where the bridge was fitted on its molecule, by a fit without that.

    NaN where no label is left for such a fit.
    """
    linear = by.linear
    if seen:
        rest = [one for one in inside if one.graph != dual.graph]
        if not rest:
            return float("nan")
        values = np.array([one.difference for one in rest])
        linear, _ = fit([one.counted for one in rest], values, by.linear.scales, by.linear.noise)
    return dual.difference - float(linear.predict([dual.counted])[0][0])
