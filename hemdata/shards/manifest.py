"""The manifest of a shard folder: what went in, what came out, with hashes; it vouches for itself too."""

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hemdata.catalog import Column
from hemdata.errors import CallError, DataError
from hemdata.schema import table_schema

MANIFEST = "manifest.json"
FORMAT = "1.0"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SourceFile(_Part):
    """A file that was read."""

    name: str
    bytes: int
    sha256: str


class ShardFile(_Part):
    """A file that was written."""

    file: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.parquet$")]  # beside the manifest and nowhere else
    rows: int
    bytes: int
    sha256: str


class Counts(_Part):
    """read = accepted + all rejected, by reason."""

    read: int
    accepted: int
    rejected: dict[str, int]


class LevelName(_Part):
    """A level's name and the hash of what defines it."""

    name: str
    hash: str


class Manifest(_Part):
    """All that is to be known of a folder of shards without opening one."""

    format: str = FORMAT
    dataset: str
    schema_name: str
    schema_version: str
    properties: list[Column]
    levels: list[LevelName]
    sources: list[SourceFile]
    counts: Counts
    shards: Annotated[list[ShardFile], Field(min_length=1)]
    rejected: ShardFile
    versions: dict[str, str]
    made_from: dict[str, Any] = {}

    def text(self) -> str:
        """The one text of this manifest; its last key is the hash of all before."""
        return _sealed(self.model_dump(mode="json"))


def _sealed(body: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return json.dumps({**body, "sha256": digest}, indent=2, ensure_ascii=False) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a shard folder.

    Raises:
        CallError: if the folder holds none.
        DataError: if it was altered, or is of a format or schema version that this hemdata does not read.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise CallError(
            "This is not a folder of shards.",
            where=folder,
            expected=f"a {MANIFEST} in it",
            fix="Build it first (`hemdata build NAME`), or give the folder that `--out` named.",
        )
    again = "Build it again; the file was altered after it was written."
    try:
        text = path.read_bytes().decode()  # read_text would take a carriage return for a line's end
        body = json.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError("The manifest cannot be read.", where=path, got=error, fix=again) from None
    if not isinstance(body, dict):
        raise DataError("The manifest is not a mapping.", where=path, got=type(body).__name__, fix=again)
    for key, known in (("format", FORMAT), ("schema_version", table_schema("molecule").version)):
        _readable(path, key, str(body.get(key)), known)
    body.pop("sha256", None)
    try:
        manifest = Manifest.model_validate(body)
    except ValidationError as error:
        raise DataError("The manifest is wrong.", where=path, got=error.errors()[0]["msg"], fix=again) from None
    if _sealed(body) != text:  # as it stands: an older minor version may lack a key that has a default today
        raise DataError("The manifest does not match its own hash.", where=path, fix=again)
    return manifest


def _readable(path: Path, key: str, found: str, known: str) -> None:
    """Refuse what a newer hemdata wrote in another form: another major number, or keys that are not known here.

    Shards of a newer minor schema version have more columns, which are kept; those of an older one are migrated.
    """
    try:
        major, minor = (int(part) for part in found.split("."))
    except ValueError:
        raise DataError(f"The manifest's {key} is not a version.", where=path, got=found) from None
    known_major, known_minor = (int(part) for part in known.split("."))
    if major != known_major or (key == "format" and minor > known_minor):
        raise DataError(
            f"The shards have a {key} that this hemdata does not read.",
            where=path,
            expected=f"{known_major}.x" + (f" up to {known}" if key == "format" else ""),
            got=found,
            fix="Install the hemdata that wrote them, or build them again with this one.",
        )


def sha256(path: Path) -> str:
    """The SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions(*distributions: str) -> dict[str, str]:
    """The installed versions of hemdata and of the given distributions."""
    found = {}
    for name in ("hemdata", *distributions):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
