"""A wrong card is an error that names its file, the key and what is allowed there; every shipped card reads."""

from pathlib import Path

import pytest
import yaml

from hemdata import catalog
from hemdata.catalog import Column, DatasetCard, LevelCard, SchemaCard, StudyCard, cards, read_card, read_yaml
from hemdata.catalog.clusters import cluster_card
from hemdata.errors import DataError

LEVEL = """
name: mine
title: B3LYP/6-31G*
about: A level of one's own.
engine: pyscf
method: b3lyp
basis: {name: 6-31g*}
angular: cartesian
grid_level: 4
atoms_hartree: {H: -0.5, C: -37.8}
atoms_source: calculated
"""

STUDY = """
name: mine
title: A study
question: Which?
level: gfn2-xtb
sets:
  dataset: {dataset: qm9, molecules: 100}
groups: [azoxy]
networks:
  - {network: painn, configuration: small}
seeds: [0, 1]
"""

READERS = {
    "dataset": catalog.dataset,
    "level": catalog.level_card,
    "network": catalog.network,
    "schema": catalog.schema_card,
    "set": catalog.composition,
    "study": catalog.study,
}
SHIPPED = [(kind, name) for kind in READERS for name in cards(kind)]


@pytest.fixture
def card(tmp_path):
    """Writes a card and gives its path."""

    def written(text: str, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def refusal(model, path: Path) -> str:
    kind = {LevelCard: "level", StudyCard: "study", DatasetCard: "dataset", SchemaCard: "schema"}[model]
    with pytest.raises(DataError) as caught:
        read_card(model, kind, path)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("kind", "name"), SHIPPED)
def test_every_shipped_card_reads(kind, name):
    assert READERS[kind](name).name == name


def test_cards_of_the_kinds_that_every_copy_ships():
    assert {"molecule", "rejected", "prediction", "cell", "curve"} <= set(cards("schema"))
    assert {"qm9", "pc9", "gfn2-xtb"} <= set(cards("level"))


def test_a_good_card_reads(card):
    assert read_card(LevelCard, "level", card(LEVEL)).atoms_hartree == {"H": -0.5, "C": -37.8}
    assert read_card(StudyCard, "study", card(STUDY)).sets["dataset"].molecules == 100


# Wrong by one edit: (model, good text, from, to, key that must be named, what else the error must say).
WRONG = {
    "unknown key at the top": (LevelCard, LEVEL, "engine:", "motor: x\nengine:", "motor", "unknown key"),
    "unknown key in a part": (
        LevelCard, LEVEL, "{name: 6-31g*}", "{name: 6-31g*, d: 6}", "basis.d", "added_shells, name",
    ),
    "unknown key in a mapping of parts": (
        StudyCard, STUDY, "molecules: 100", "molecules: 100, seed: 1", "sets.dataset.seed",
        "dataset, group, keep, level, molecules",
    ),
    "unknown key in a list of parts": (
        StudyCard, STUDY, "configuration: small", "size: small", "networks.0.size", "configuration, epochs, network",
    ),
    "missing key": (LevelCard, LEVEL, "title: B3LYP/6-31G*\n", "", "title", "this key is missing"),
    "missing key in a part": (StudyCard, STUDY, "dataset: qm9, ", "", "sets.dataset.dataset", "dataset, group, keep"),
    "wrong word": (LevelCard, LEVEL, "pyscf", "gaussian", "engine", "'pyscf', 'tblite', 'xtb' or 'data'"),
    "wrong type": (LevelCard, LEVEL, "grid_level: 4", "grid_level: fine", "grid_level", "'fine'"),
    "a list for a mapping": (LevelCard, LEVEL, "{H: -0.5, C: -37.8}", "[-0.5]", "atoms_hartree", "dictionary"),
    "a number out of range": (StudyCard, STUDY, "molecules: 100", "molecules: 5", "sets.dataset.molecules", "20"),
    "not a number": (LevelCard, LEVEL, "-37.8", ".nan", "atoms_hartree.C", "finite"),
    "endless": (LevelCard, LEVEL, "-37.8", "-.inf", "atoms_hartree.C", "finite"),
    "an element's name": (LevelCard, LEVEL, "C: -37.8", "carbon: -37.8", "atoms_hartree.carbon", "^[A-Z][a-z]?$"),
    "an empty list": (StudyCard, STUDY, "seeds: [0, 1]", "seeds: []", "seeds", "at least 1"),
    "keys that do not go together": (LevelCard, LEVEL, "angular: cartesian\n", "", "the card as a whole", "needs"),
    "a split that is not whole": (StudyCard, STUDY, "seeds:", "split: [1, 1, 1]\nseeds:", "the card", "add up to 1"),
    "a name that is none": (LevelCard, LEVEL, "name: mine", "name: My Level", "name", "pattern"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_card_names_file_key_and_what_is_allowed(case, card):
    model, good, old, new, key, also = WRONG[case]
    assert good.count(old) == 1, "the edit of this case does not apply"
    said = refusal(model, card(good.replace(old, new)))
    assert f"{key}" in said
    assert also in said


@pytest.mark.parametrize(
    ("molecules", "told"),
    [
        ("5", "sets.dataset.molecules: it must be 20 or more (got '5')"),
        ("[5, 100]", "sets.dataset.molecules.0: it must be 20 or more (got '5')"),
        ("{a: 1}", "sets.dataset.molecules: Input should be a valid integer"),
    ],
)
def test_a_number_or_a_list_of_them_is_told_once_and_in_words(molecules, told, card):
    """It said `molecules.constrained-int`, and of a number that it should be a list."""
    said = refusal(StudyCard, card(STUDY.replace("molecules: 100", f"molecules: {molecules}")))
    assert told in said
    assert "constrained" not in said
    assert said.count("sets.dataset.molecules") == 1


def test_every_fault_of_a_card_is_named_at_once(card):
    said = refusal(LevelCard, card(LEVEL.replace("method: b3lyp\n", "").replace("grid_level: 4", "grid: 4")))
    assert "method: this key is missing" in said
    assert "grid: unknown key" in said


def test_an_unknown_key_lists_all_that_are_allowed(card):
    said = refusal(LevelCard, card(LEVEL + "colour: red\n"))
    assert all(key in said for key in LevelCard.model_fields)


def test_a_missing_key_does_not_print_the_whole_card(card):
    assert "A level of one's own" not in refusal(LevelCard, card(LEVEL.replace("method: b3lyp\n", "")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: [mine", "line"),
        ("name: 'mine", "line"),
        ("a: 1\n  b: 2\n", "line 2"),
        ("? [a, b]\n: 1\n", "unhashable"),
        ("a: &a [*a]\n", "recursive"),
        ("a: !!python/object/apply:os.getcwd []\n", "python"),
        ("name: \x07\n", "characters"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_place(text, said, card):
    assert said in refusal(LevelCard, card(text))


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"name: \xff\xfe\n")
    assert "not UTF-8 text" in refusal(LevelCard, path)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "word\n"])
def test_a_file_without_keys(text, card):
    assert "holds no keys" in refusal(LevelCard, card(text))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("engine: pyscf", "engine: pyscf\nengine: pyscf", "engine"),
        ("{H: -0.5, C: -37.8}", "{H: -0.5, C: -37.8, H: -0.6}", "H"),
    ],
    ids=["at the top", "in a part"],
)
def test_a_key_given_twice(old, new, key, card):
    said = refusal(LevelCard, card(LEVEL.replace(old, new)))
    assert f"the key '{key}' is given twice" in said
    assert "line" in said


def test_anchors_and_merges_are_yaml_as_everywhere(card):
    text = "a: &common {x: 1, y: 2}\nb: {<<: *common, y: 3}\n"
    assert read_yaml(card(text)) == yaml.safe_load(text) == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}}


def test_the_name_must_be_the_file_s(card):
    said = refusal(LevelCard, card(LEVEL, "other.yaml"))
    assert "expected: other" in said
    assert "got: mine" in said


# A check that a column's type cannot have would refuse nothing, in silence.
@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "string", "minimum": 0},
        {"type": "bool", "maximum": 1},
        {"type": "list<string>", "maximum": 1},
        {"type": "double", "pattern": "^a$"},
        {"type": "list<string>", "choices": ["a"]},
        {"type": "string", "pattern": "a+"},
        {"type": "string", "pattern": "^(a$"},
        {"type": "list<double>", "unique": True},
        {"type": "float"},
        {"type": "string", "name": "Energy"},
    ],
    ids=str,
)
def test_a_column_cannot_declare_a_check_that_would_check_nothing(wrong):
    with pytest.raises(ValueError, match="validation error"):
        Column(**{"name": "x", "meaning": "x", **wrong})


@pytest.mark.parametrize(
    ("good", "bad"),
    [("md5:0123abcd", "0123abcd"), ("sha256:ff", "sha1:ff"), ("md5:00", "md5:XY")],
)
def test_a_published_file_s_hash_says_its_kind(good, bad):
    file = {"name": "a", "about": "a", "url": "https://example.org/a"}
    assert catalog.RemoteFile(**file, hash=good).hash == good
    with pytest.raises(ValueError, match="hash"):
        catalog.RemoteFile(**file, hash=bad)


def test_a_card_cannot_be_changed_after_it_was_read():
    with pytest.raises(ValueError, match="frozen"):
        catalog.level_card("qm9").method = "pbe"


CLUSTER = "name: mine\ntitle: t\nabout: a\nmemory: 4 GB\nmaximum_jobs: 2\n"


@pytest.mark.parametrize(
    ("line", "read"), [("walltime: 24:00:00", "86400"), ("walltime: 1:30:00", "5400"), ("walltime: 2001-01-01", "2001")]
)
def test_text_that_yaml_takes_for_a_number_is_to_be_written_in_quotes(card, line: str, read: str) -> None:
    with pytest.raises(DataError, match="write it in quotes") as refused:
        cluster_card(card(CLUSTER + line))
    assert "walltime" in str(refused.value)
    assert read in str(refused.value)
    assert cluster_card(card(CLUSTER + "walltime: '24:00:00'")).walltime_seconds == 86400


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_card_that_is_not_utf_8_says_so(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(LEVEL.replace("A level", "Möllers level").encode(encoding))
    with pytest.raises(DataError, match="not UTF-8 text") as refused:
        catalog.level_card(path)
    assert "mine.yaml" in str(refused.value)
