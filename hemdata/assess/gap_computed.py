"""The gap of two levels, computed: molecules labelled at both, beside the sets that stand."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hemdata.assess.gap import Gap, gap
from hemdata.chemistry.engines import engine
from hemdata.errors import DataError
from hemdata.label.asked import Asked
from hemdata.label.dataset import label_set, refuse_foreign_elements
from hemdata.label.how import Files, How
from hemdata.label.progress import Pace
from hemdata.label.workers.where import Where
from hemdata.levels import level
from hemdata.molecules import dataset_name
from hemdata.shards import SetName, in_catalogue, read_manifest, rejected, stands
from hemdata.shards.sets import GIVEN


def gap_computed(
    asked: Asked,
    a: str,
    b: str,
    geometry: str,
    *,
    where: Where,
    files: Files,
    progress: Callable[[Pace], None] | None = None,
) -> Gap:
    """Label molecules at two levels and compare just these.

    The labels are kept in the label store, and as a set under `files.data` where none stands yet; a set that stands is
    left as it is, however many molecules it has. What does not read or cannot be computed is in `left_out`.

    Raises:
        CallError, DataError: as `label_set` and `gap`.
    """
    target = str(asked.target)
    name = target if in_catalogue(target) else dataset_name(Path(target))
    at = geometry if geometry == GIVEN else level(geometry).name
    molecules = asked.molecules(files.data).molecules
    for each in map(level, (a, b)):  # what the second level cannot do is told before the first one is computed
        engine(each).refuse_unknown(each.card)
        refuse_foreign_elements(molecules, each)
    with TemporaryDirectory() as own:
        folders = []
        for its in (a, b):
            set_name = str(SetName(name, level(its).name, at))
            out = (Path(own) if stands(files.data / set_name) else files.data) / set_name
            how = How(its, geometry)
            folders.append(label_set(asked, how, where, files=replace(files, out=out), progress=progress).folder)
        left_out = {row["where"]: row["reason"] for folder in folders for row in rejected(folder).to_pylist()}
        for its, folder in zip((a, b), folders, strict=True):
            if not read_manifest(folder).counts.accepted:
                first, reason = next(iter(left_out.items()))
                raise DataError(f"No molecule is labelled at {its}.", where=first, got=reason)
        of_a, of_b = folders
        return replace(gap(of_a, of_b), a=a, b=b, left_out=left_out)
