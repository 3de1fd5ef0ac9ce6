"""Croissant (schema.org in JSON-LD), by which dataset search and loaders know files, columns and types."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hemdata.catalog import Column
from hemdata.errors import DataError
from hemdata.forms.card import about, title
from hemdata.forms.foreign import parquet
from hemdata.forms.shared.built import BuiltSet
from hemdata.forms.shared.frames import Frames, Wanted

ABOUT = "Croissant metadata (JSON-LD) of the shards: dataset search, mlcroissant"
SUFFIX = ".json"
READS = "Croissant metadata, with the Parquet files that it names beside it"
SUFFIXES = (".json",)

_CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_LICENCES = {
    "CC0 1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/",
    "MIT": "https://opensource.org/license/mit",
}


def write(built: BuiltSet, path: Path) -> None:
    """Write the metadata; its files are the shards, named relative to their own folder."""
    text = json.dumps(croissant(built), indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def croissant(built: BuiltSet, within: str = "") -> dict[str, Any]:
    """The metadata as data.

    Args:
        built: the set.
        within: folder of the shards relative to the metadata's file, with a slash at its end.
    """
    manifest, card = built.manifest, built.card
    name = manifest.dataset.replace("@", "-")
    files = [
        {
            "@type": "cr:FileObject",
            "@id": shard.file,
            "name": shard.file,
            "contentUrl": f"{within}{shard.file}",
            "contentSize": f"{shard.bytes} B",
            "encodingFormat": "application/x-parquet",
            "sha256": shard.sha256,
        }
        for shard in manifest.shards
    ]
    licence = card.licence if card else None
    described: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS_TO,
        "name": name,
        "alternateName": title(built),
        "description": about(built),
        "version": f"{manifest.schema_version}.0",
        "distribution": files,
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": f"molecules-{number:05d}",
                "name": f"molecules-{number:05d}",
                "description": f"The {shard.rows:,} molecules of {shard.file}.",
                "key": {"@id": f"molecules-{number:05d}/id"},
                "field": [_field(column, f"molecules-{number:05d}", shard.file) for column in built.columns],
            }
            for number, shard in enumerate(manifest.shards)
        ],
    }
    if licence:
        described["license"] = _LICENCES.get(licence, licence)
    if card and card.homepage:
        described["url"] = card.homepage
    if card and card.cite:
        described["citeAs"] = "; ".join(f"https://doi.org/{doi}" for doi in card.cite)
    return described


def _field(column: Column, records: str, file: str) -> dict[str, Any]:
    kind = column.type.removeprefix("list<").removesuffix(">")
    sort = "sc:Text" if kind == "string" else "sc:Boolean" if kind == "bool" else "sc:Float"
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{records}/{column.name}",
        "name": f"{records}/{column.name}",
        "description": column.meaning + (f" ({column.unit})" if column.unit else ""),
        "dataType": "sc:Integer" if "int" in kind else sort,
        "source": {"fileObject": {"@id": file}, "extract": {"column": column.name}},
    }
    if column.type.startswith("list"):
        field["repeated"] = True
    return field


def is_of(path: Path) -> bool:
    """Whether a JSON file is Croissant metadata."""
    with path.open("rb") as file:
        return b"mlcommons.org/croissant" in file.read(1 << 16)


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """The rows of the Parquet files that the metadata names; they stand beside it, or in a folder of its name.

    Raises:
        DataError: if a file is not there, or is not the one that the metadata names.
    """
    told = json.loads(path.read_bytes())
    before = 0
    for each in told.get("distribution", []):
        places = [folder / each["contentUrl"] for folder in (path.parent, path.with_suffix(""))]
        file = next((place for place in places if place.is_file()), None)
        if file is None:
            raise DataError("A file that the metadata names is not there.", where=path, expected=each["contentUrl"],
                            fix="Put it beside the metadata.")  # fmt: skip
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
        if found != each.get("sha256", found):
            raise DataError("A file is not the one that the metadata names.", where=file, expected=each["sha256"],
                            got=found, fix="Get both again.")  # fmt: skip
        for batch in parquet.frames(file, wanted):
            batch.number = before + batch.first
            yield batch
        before = batch.number + batch.n - 1
