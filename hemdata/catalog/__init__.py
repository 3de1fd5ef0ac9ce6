"""catalog: reads and checks the cards of datasets/, schemas/, pipelines/ and models/."""

from hemdata.catalog.cards import (
    Column,
    Configuration,
    DatasetCard,
    LevelCard,
    NetworkCard,
    RemoteFile,
    SchemaCard,
    StudyCard,
    StudyNetwork,
    Training,
    TrainingSet,
    dataset,
    level_card,
    network,
    schema_card,
    study,
)
from hemdata.catalog.folders import card_path, cards, roots
from hemdata.catalog.reading import Card, read_card, read_yaml

__all__ = [
    "Card",
    "Column",
    "Configuration",
    "DatasetCard",
    "LevelCard",
    "NetworkCard",
    "RemoteFile",
    "SchemaCard",
    "StudyCard",
    "StudyNetwork",
    "Training",
    "TrainingSet",
    "card_path",
    "cards",
    "dataset",
    "level_card",
    "network",
    "read_card",
    "read_yaml",
    "roots",
    "schema_card",
    "study",
]
