"""A Hugging Face dataset repository: `datasets.load_dataset(folder)`, or pushed to the Hub as it is."""

import json
import shutil
from pathlib import Path

from hemdata.forms.card import data_card, title
from hemdata.forms.croissant import croissant
from hemdata.forms.shared.built import BuiltSet

ABOUT = "a dataset repository for the Hub: Parquet, README.md with its front matter, croissant.json"
SUFFIX = ""

_LICENCES = {"CC0 1.0": "cc0-1.0", "CC BY 4.0": "cc-by-4.0", "MIT": "mit"}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
          (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"))  # fmt: skip


def write(built: BuiltSet, path: Path) -> None:
    """Write the shards byte for byte into data/, with the card and the Croissant metadata that point at them."""
    (path / "data").mkdir(parents=True)
    for shard in built.manifest.shards:
        shutil.copyfile(built.folder / shard.file, path / "data" / shard.file)
    shutil.copyfile(built.folder / "manifest.json", path / "manifest.json")
    (path / "README.md").write_text(_front_matter(built) + data_card(built), encoding="utf-8", newline="\n")
    text = json.dumps(croissant(built, "data/"), indent=2, ensure_ascii=False)
    (path / "croissant.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def _front_matter(built: BuiltSet) -> str:
    import yaml

    rows = built.manifest.counts.accepted
    told = {
        "pretty_name": title(built),
        "license": _LICENCES.get(built.card.licence, "other") if built.card else "other",
        "tags": ["chemistry", "quantum chemistry", "molecules"],
        "size_categories": [next((words for most, words in _SIZES if rows < most), "n>1T")],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "data/part-*.parquet"}]}],
    }
    return f"---\n{yaml.safe_dump(told, sort_keys=False, allow_unicode=True)}---\n\n"
