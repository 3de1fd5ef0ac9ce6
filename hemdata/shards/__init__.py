"""shards: validated, deterministic Parquet files and the manifest that vouches for them."""

from hemdata.shards.manifest import LevelName, Manifest, SourceFile, read_manifest, sha256, versions
from hemdata.shards.read import iterate, read, rejected
from hemdata.shards.sets import SetName, find, in_catalogue, named_at, sets_in, stands
from hemdata.shards.verify import verify
from hemdata.shards.write import ROWS_PER_SHARD, ShardWriter, write_parquet

__all__ = [
    "ROWS_PER_SHARD",
    "LevelName",
    "Manifest",
    "SetName",
    "ShardWriter",
    "SourceFile",
    "find",
    "in_catalogue",
    "iterate",
    "named_at",
    "read",
    "read_manifest",
    "rejected",
    "sets_in",
    "sha256",
    "stands",
    "verify",
    "versions",
    "write_parquet",
]
