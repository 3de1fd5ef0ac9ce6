"""Selects the molecules of a pool on which models disagree most: those of several seeds, by their spread."""

import heapq
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hemdata.choose.pool import Barred, Candidate
from hemdata.choose.select import Pick, Selection
from hemdata.choose.targets import Target
from hemdata.errors import CallError, DataError
from hemdata.shards import iterate, stands

COLUMNS = ("id", "canonical_smiles", "inchikey", "n_heavy", "atomic_numbers", "positions")


def select_uncertain(
    pool: Path, group: Sequence[Target], budget: int, models: Sequence[Path], *, max_heavy: int | None = None
) -> Selection:
    """Choose the molecules whose predicted atomization energies spread most over the models; ties go by id.

    The spread is a standard deviation in kcal/mol. Of one InChIKey the row of the largest spread is taken. Memory
    grows with the distinct molecules chosen among, a number and an id each.

    Args:
        pool: a folder of shards with geometries, those the models were trained on (the same level of geometry).
        group: the molecules to be predicted; neither they nor any test molecule is chosen.
        budget: how many to choose.
        models: folders of fitted models (`cells/<cell>/model` of a study), two at least, of one level.
        max_heavy: candidates of more heavy atoms are left out.

    Raises:
        CallError: for fewer than two models, models of two levels, or a pool without shards.
        DataError: if candidates have no geometry, or are fewer than the budget.
    """
    from hemdata.train.fit import load_together

    if len(models) < 2:
        raise CallError("A spread needs two models at least.", got=len(models), fix="Give --model twice or more.")
    if not stands(pool):
        raise CallError(
            "Models judge molecules by their geometry, and a list of SMILES has none.",
            where=pool,
            expected="a built or labelled set",
            fix=f"`hemdata label {pool}` first, or choose --by coverage.",
        )
    fitted = load_together(models)
    levels = sorted({one.level for one in fitted})
    if len(levels) > 1:
        raise CallError("The models are of several levels of theory.", expected="one level", got=", ".join(levels))
    barred = Barred(group)
    read = large = left_out = unreadable = candidates = 0
    best: dict[str, Pick] = {}
    for batch in iterate(pool, COLUMNS):
        rows = pa.Table.from_batches([batch])
        read += rows.num_rows
        known = rows.filter(pc.and_(pc.is_valid(rows["canonical_smiles"]), pc.is_valid(rows["inchikey"])))
        unreadable += rows.num_rows - known.num_rows
        small = known if max_heavy is None else known.filter(pc.less_equal(known["n_heavy"], max_heavy))
        large += known.num_rows - small.num_rows
        free = [not barred.holds(Candidate(*row.values()), None) for row in _named(small)]
        left_out += free.count(False)
        kept = small.filter(pa.array(free, pa.bool_()))
        candidates += kept.num_rows
        if not kept.num_rows:
            continue
        if pc.any(pc.is_null(kept["positions"])).as_py():
            raise DataError(
                "Candidates have no geometry, and models judge by it.",
                where=pool,
                fix="Label the pool first, or choose --by coverage.",
            )
        spread = np.std([one.predict(kept) for one in fitted], axis=0, ddof=1)
        for row, width in zip(_named(kept), spread.tolist(), strict=True):
            before = best.get(row["inchikey"])
            if before is None or width > before.gain:
                best[row["inchikey"]] = Pick(row["id"], row["canonical_smiles"], width)
    picks = heapq.nsmallest(budget, best.values(), key=lambda pick: (-pick.gain, pick.id))
    if len(picks) < budget:
        raise DataError("The pool holds too few candidates.", where=pool, expected=budget, got=len(picks))
    return Selection(picks, read, unreadable, left_out, large, candidates)


def _named(rows: pa.Table) -> list[dict[str, str]]:
    named: list[dict[str, str]] = rows.select(["id", "canonical_smiles", "inchikey"]).to_pylist()
    return named
