"""What the page carries of the rows: the points a person hovers, and the downloads."""

import base64
import gzip
import io
import json
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from hemdata.analysis.reasons.every import Reasons
from hemdata.analysis.tables import Tables
from hemdata.analysis.variance import Variance
from hemdata.report.page.drawings import drawings
from hemdata.study.rows import Rows

DECIMALS = 4  # of a downloaded number


def points(tables: Tables) -> dict[str, Any]:
    """Molecules, their drawings, and each model's values in the order of the molecules, for the page's script.

    {"molecules": {group: [[id, smiles, n_heavy], ...]}, "models": {network: {set: {group: [[reference, predicted,
    absolute error] or None, ...]}}}, "drawings": {smiles: svg}}, kcal/mol.
    """
    frame = tables.molecules
    molecules: dict[str, list[list[Any]]] = {}
    place: dict[tuple[str, str], int] = {}
    for group, part in frame.groupby("group"):
        unique = part.drop_duplicates("molecule_id").sort_values("molecule_id")
        lines = zip(unique["molecule_id"], unique["smiles"], unique["n_heavy"].astype(int), strict=True)
        molecules[str(group)] = [list(line) for line in lines]
        place |= {(str(group), line[0]): i for i, line in enumerate(molecules[str(group)])}
    models: dict[str, dict[str, dict[str, list[Any]]]] = {}
    keys = ["network", "training_set", "group", "molecule_id"]
    columns = [*keys, "reference_kcal_mol", "predicted_kcal_mol", "mae_kcal_mol"]
    for network, training_set, group, molecule, *values in frame[columns].itertuples(index=False):
        empty = [None] * len(molecules[group])
        line = models.setdefault(network, {}).setdefault(training_set, {}).setdefault(group, empty)
        line[place[group, molecule]] = [round(value, 2) for value in values]
    return {"molecules": molecules, "models": models, "drawings": drawings(frame["smiles"].unique())}


def as_script(value: Any) -> str:
    """JSON that is safe inside a <script> element."""
    return (
        json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/").replace("<!--", "<\\u0021--")
    )


def downloads(rows: Rows, tables: Tables, why: Reasons, variance: Variance | None) -> list[dict[str, Any]]:
    """The rows and the main tables as gzipped CSV in data links; the same rows give the same bytes."""
    found = [
        ("predictions", "every prediction", rows.predictions),
        ("cells", "every trained model", rows.cells),
        ("curves", "every epoch", rows.curves),
        ("mae", "errors with intervals", _table(tables.mae)),
        ("summary", "accuracy and generalizability", _table(tables.summary)),
        ("comparisons", "every pair of training sets", _table(tables.comparisons)),
        ("baselines", "networks against baselines", _table(tables.baselines)),
        ("training-size", "errors by molecules trained on", _table(tables.by_training_size)),
        ("parts", "parts of every error", _table(why.parts)),
        ("references", "errors left by a fit to a few references", _table(why.cured)),
        ("functional-groups", "errors by functional group", _table(why.functional_groups)),
        ("environments", "errors by unseen environments", _table(why.environments)),
        ("leaks", "errors with and without leaks", _table(why.leaks)),
        ("geometry", "what another geometry adds", _table(why.geometry)),
        ("level", "what one level is from another", _table(why.level)),
        ("bridge", "what a bridge adds to the errors", _table(why.bridge)),
        ("published-level", "published errors and the level", _table(why.published_level)),
        ("carriers", "training molecules that carry the predictions", _table(why.carriers)),
    ]
    if variance is not None:
        found.append(("variance", "analysis of variance", _table(variance.effects)))
    return [_download(name, about, table) for name, about, table in found if table.num_rows]


def _table(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _download(name: str, about: str, table: pa.Table) -> dict[str, Any]:
    for i, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):  # a page carries what people read; the Parquet rows keep every digit
            table = table.set_column(i, field, pc.round(table.column(i), DECIMALS))
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(table, buffer)
    packed = gzip.compress(buffer.getvalue(), compresslevel=9, mtime=0)
    return {
        "name": name,
        "about": about,
        "rows": f"{table.num_rows:,}".replace(",", "\u202f"),
        "href": f"data:application/gzip;base64,{base64.b64encode(packed).decode()}",
    }
