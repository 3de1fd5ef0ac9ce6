"""What pruning keeps of a built or labelled set, and the card of the composition that it makes."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import yaml
from pydantic import ValidationError

from hemdata.catalog import SetCard
from hemdata.choose.pool import Barred, Candidate
from hemdata.choose.pruning import COLUMNS, prune
from hemdata.choose.select import Pick, Selection
from hemdata.choose.targets import Target
from hemdata.errors import CallError, DataError
from hemdata.files import write_whole
from hemdata.identity.molecule import parsed
from hemdata.shards import SetName, read, stands


def select_pruned(
    pool: Path,
    by: str,
    *,
    keep: float | None = None,
    budget: int | None = None,
    group: Sequence[Target] = (),
    seed: int = 0,
) -> Selection:
    """Keep the part of a set that it needs most itself, or that a group needs; test molecules are left out first.

    Args:
        pool: the folder of a built or labelled set.
        by: the rule, as `hemdata.choose.pruning.prune` has it.
        keep: the share of the candidates that is kept; or `budget`, how many.
        group: the molecules to be predicted.
        seed: of `random` and `influence`.

    Raises:
        CallError: for a pool that is no set, for both or none of `keep` and `budget`, or as `prune`.
        DataError: if no candidate is left, or as `prune`.
    """
    if (keep is None) == (budget is None) or (keep is not None and not 0 < keep <= 1):
        raise CallError(
            "Pruning is told how much to keep.",
            expected="--keep with a share above 0 and up to 1, or --budget with a number",
            got=f"--keep {keep}" if keep is not None and budget is None else "both" if budget else "neither",
        )
    if not stands(pool):
        raise CallError(
            "Pruning keeps a part of a set, and this is none.",
            where=pool,
            expected="a built or labelled set",
            fix="`hemdata label` it first, or select from it by coverage or diversity.",
        )
    table = read(pool, [*COLUMNS, "canonical_smiles", "inchikey"])
    places, unreadable, left_out = _allowed(table, Barred(group))
    if not places:
        raise DataError("No molecule of the set can be kept.", where=pool, got=f"{left_out:,} test molecules")
    candidates = table.take(pa.array(places))
    number = budget if budget is not None else max(1, round((keep or 1) * len(places)))
    rows = prune(candidates, number, by, group=[target.smiles for target in group], seed=seed)
    named = candidates.select(["id", "canonical_smiles"]).take(pa.array(rows)).to_pylist()
    picks = [Pick(row["id"], row["canonical_smiles"], 0.0) for row in named]
    return Selection(picks, table.num_rows, unreadable, left_out, 0, len(places))


def _allowed(table: pa.Table, barred: Barred) -> tuple[list[int], int, int]:
    """The rows that may be kept; how many have no SMILES that reads, and how many are test molecules."""
    places, unreadable, left_out = [], 0, 0
    columns = (table[name].to_pylist() for name in ("id", "canonical_smiles", "inchikey"))
    for row, (id, smiles, key) in enumerate(zip(*columns, strict=True)):
        molecule = parsed(smiles) if smiles is not None else None
        if molecule is None:
            unreadable += 1
        elif barred.holds(Candidate(id, smiles, key), molecule):
            left_out += 1
        else:
            places.append(row)
    return places, unreadable, left_out


def write_composition(path: Path, pool: Path, selection: Selection, by: str, force: bool = False) -> None:
    """Write the card of the composition that holds the kept molecules, and `hemdata build` builds.

    Args:
        path: of the card; its name is the set's.
        pool: the folder of the set that was pruned.
        selection: what was kept of it.
        by: the rule.
        force: write over a card that stands there and says something else.

    Raises:
        CallError: for a name that no set can have, a set at other geometries than GFN2-xTB's or its own, or something
            else that stands there.
    """
    its = SetName.of(pool.name)
    if its.geometry is not None:
        raise CallError(
            "A composition takes labels on the level's usual geometries alone.",
            where=pool,
            fix="Write the molecules to a .smi file instead.",
        )
    ids = ", ".join("'{}'".format(pick.id.replace("'", "''")) for pick in selection.picks)
    kept, of = f"{len(selection.picks):,}", f"{selection.candidates:,}"
    about = f"{kept} of {of} molecules of {its}, kept by {by}. Written by `hemdata select --by pruning`."
    taken = {"take": [its.dataset]} | ({"at": its.level} if its.level else {})
    card = {"name": path.stem, "title": f"{its.dataset}, pruned by {by}", "about": about}
    card["steps"] = [taken, {"filter": f"id in ({ids})"}]  # type: ignore[assignment]
    try:
        SetCard.model_validate(card)
    except ValidationError as error:
        raise CallError(
            "No set can have this name.", got=path.name, expected="small letters, digits, dots and dashes",
            fix="Give the card another name.",
        ) from error  # fmt: skip
    text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=120)
    if not force and path.exists() and not (path.is_file() and path.read_text(encoding="utf-8") == text):
        raise CallError("Something else stands there.", where=path, fix="Give another name, or --force.")
    write_whole(path, text)
