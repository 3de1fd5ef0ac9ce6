"""Errors that a publication tells, to be set beside a study's own."""

from pathlib import Path

import pandas as pd

from hemdata.catalog import roots
from hemdata.errors import CallError


def published_path() -> Path:
    """The file of published errors that travels with hemdata, or a user's own in its place.

    Raises:
        CallError: if there is none.
    """
    for root in roots():
        path = root / "pipelines" / "studies" / "published" / "painn-2024.csv"
        if path.is_file():
            return path
    raise CallError("The published errors are not there.", expected="pipelines/studies/published/painn-2024.csv")


def published_table() -> pd.DataFrame:
    """Published errors: network, training_set, group, mae_kcal_mol; its head names the publication."""
    return pd.read_csv(published_path(), comment="#")
