"""Writes the card of an imported set, and that of a level that nobody knows, into the user's own cards."""

import re
from pathlib import Path
from typing import Any

import yaml

from hemdata.catalog import Column, DatasetCard, LevelCard, cards, own_folder
from hemdata.catalog.folders import PLACES
from hemdata.curate.complete.quantities import FORCES
from hemdata.errors import CallError
from hemdata.files import write_whole
from hemdata.intake.asked import Asked
from hemdata.intake.decided import NOT_SAID, Decided
from hemdata.intake.look import Key, Looked, one_word
from hemdata.schema import table_schema
from hemdata.shards.unknown import UNKNOWN
from hemdata.sources.imported import path_file
from hemdata.units import spelled

FLAGS = {
    "ion": "the molecule is charged",
    "radical": "the molecule has unpaired electrons",
    "bonds_unknown": "no SMILES is given, and RDKit finds no bonds in the geometry that fit its charge",
    "net_force": "the forces on the atoms do not add up to nought",
}
_TYPES = {"number": "double", "text": "string", "truth": "bool", "numbers": "list<double>", "per atom": "list<double>",
          "texts": "list<string>"}  # fmt: skip


def card_of(asked: Asked, found: Decided) -> DatasetCard:
    """The card of the set, by which `hemdata build NAME` repeats it.

    Raises:
        CallError: if a key to be kept is nowhere, or the forces have no unit.
    """
    looked = found.looked
    columns: dict[str, dict[str, str]] = {}
    for role, column in (("smiles", "smiles"), ("charge", "charge"), ("multiplicity", "multiplicity"), ("id", "id")):
        key = looked.key_of(role)
        if key is not None and not (role == "charge" and asked.charge is not None):
            columns[column] = {"column": key.name}
    if "id" not in columns and "comment" in looked.keys and _names_ids(looked):
        columns["id"] = {"column": "comment"}
    if "flags" in looked.keys and looked.keys["flags"].kind in ("texts", "text"):
        columns["flags"] = {"column": "flags"}
    if looked.geometry:
        columns["positions"] = {"column": asked.keys.get("positions", "positions"), "unit": found.length}
    energy = looked.key_of("energy")
    if energy is not None and found.energy is not None:
        columns["energy_hartree"] = {"column": energy.name, "unit": found.energy.unit}
    properties: list[Column] = []
    forces = looked.key_of("forces")
    if forces is not None and looked.geometry:
        columns[FORCES] = {"column": forces.name, "unit": _forces_unit(asked, found, forces)}
        properties.append(_forces())
    if asked.zero_point is not None:
        columns["zpve_hartree"] = {"column": asked.zero_point[0], "unit": spelled(asked.zero_point[1])}
        properties.append(Column(name="zpve_hartree", type="double", unit="hartree", nullable=True,
                                 meaning="zero-point vibrational energy, which was taken off"))  # fmt: skip
    for made, source in _properties(asked, found, columns):
        columns[made.name] = {"column": source}
        properties.append(made)
    unknown = bool(found.level_atoms)
    return DatasetCard.model_validate(
        {
            "name": asked.name,
            "title": asked.name,
            "about": f"Imported from {', '.join(path.name for path in looked.paths)} ({looked.reader.name}).",
            "reader": "imported",
            "licence": "that of its files",
            "cite": [],
            "level": found.energy.level if found.energy else None,
            "geometry_level": asked.geometry_level or one_word(looked, "geometry_level") or NOT_SAID,
            "audited": True,
            "columns": columns,
            "properties": [column.model_dump(exclude_defaults=True) for column in properties],
            "flags": FLAGS,
            "assumed": [f"{line}." for line in (*found.inferred, *found.told)]
            + (["Energies of the level's atoms are estimated from the set's own energies and from bond energies."]
               if unknown else []),
            "imported": {
                "form": looked.reader.name,
                "paths": [str(path.resolve()) for path in looked.paths],
                "sha256": [path_file(path).sha256 for path in looked.paths],
                "kind": found.energy.kind if found.energy else "total",
                "gradient": asked.gradient or (forces is not None and "grad" in forces.name.lower()),
                "missing": asked.missing,
                "charge": asked.charge,
                "multiplicity": asked.multiplicity,
                "bonds": asked.bonds,
                "geometry": {role: key for role, key in asked.keys.items()
                             if role in ("atomic_numbers", "positions", "counts")},
            },
        }
    )  # fmt: skip


def level_card_of(found: Decided) -> LevelCard | None:
    """The card of a level that nobody knows; None where the level is a known one."""
    if found.level_atoms is None or found.energy is None:
        return None
    name = str(found.energy.level)
    return LevelCard(
        name=name,
        title=f"an unknown level, as of {name.removeprefix(UNKNOWN)}",
        about="Nobody said at which level of theory these energies are; they are kept apart from all others.",
        engine="data",
        method=name,
        atoms_hartree=found.level_atoms,
        atoms_source="estimated from the set's own energies and from bond energies, to some hundredths of a hartree",
    )


def write_cards(card: DatasetCard, its_level: LevelCard | None) -> list[Path]:
    """Write the cards into the user's own folder; the set's last.

    Returns:
        What was written.
    """
    written = []
    pairs: list[tuple[str, DatasetCard | LevelCard]] = [("level", its_level)] if its_level else []
    for kind, each in [*pairs, ("dataset", card)]:
        path = own_folder() / PLACES[kind] / f"{each.name}.yaml"
        told = each.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        if kind == "dataset":
            told.setdefault("cite", [])
        write_whole(path, yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120))
        written.append(path)
    return written


def card_stands(name: str) -> Path | None:
    """The file of a card that stands under the name already."""
    return cards("dataset").get(name)


def _names_ids(looked: Looked) -> bool:
    """Whether every comment is an id of hemdata's, as its plain XYZ has them."""
    return all(re.fullmatch(r"[a-z0-9@._-]+:\S+", str(word)) for word in looked.values("comment") if word is not None)


def _forces() -> Column:
    return Column(name=FORCES, type="list<double>", unit="hartree/bohr", nullable=True,
                  meaning="force on every atom, 3N numbers: x y z of each atom in turn")  # fmt: skip


def _forces_unit(asked: Asked, found: Decided, key: Key) -> str:
    """The unit of the forces: said, the file's, or the energy's by the length's.

    Raises:
        CallError: if nobody says it.
    """
    said = asked.forces_unit or key.unit
    if said is None and found.energy is not None:
        said = f"{found.energy.unit}/{found.length}"
        found.inferred.append(f"the forces '{key.name}' are in {said}, as energies and coordinates are")
        found.options.append(f"--forces-unit {said}")
    if said is None:
        raise CallError("Nobody says the unit of the forces.", got=key.name, fix="Give --forces-unit, as eV/angstrom.")
    return spelled(said)


def _properties(asked: Asked, found: Decided, taken: dict[str, dict[str, str]]) -> list[tuple[Column, str]]:
    """The further columns to be kept, and the key of each."""
    keys = found.looked.keys
    used = {its["column"] for its in taken.values()}
    reserved = {column.name for column in table_schema("molecule").columns}
    wanted = dict(asked.properties)
    if "all" in wanted and "all" not in keys:
        del wanted["all"]
        for name in keys:
            if name not in used and name not in reserved and name not in ("hemdata_id", "total_charge"):
                wanted.setdefault(name, None)
    made = []
    for name, unit in wanted.items():
        if name not in keys:
            raise CallError(f"No record has the key '{name}'.", expected=", ".join(keys), got=f"--property {name}")
        key = keys[name]
        unit = unit or key.unit
        column = _column_name(name, unit)
        if column in reserved or column in taken:
            raise CallError(f"A column of the record has the name of the key '{name}'.", got=f"--property {name}",
                            fix="Rename it in the file.")  # fmt: skip
        made.append((Column.model_validate({"name": column, "type": _TYPES[key.kind], "unit": unit, "nullable": True,
                                            "meaning": f"`{name}` of the file"}), name))  # fmt: skip
    return made


def _column_name(name: str, unit: str | None) -> str:
    word = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    word = word if re.match("[a-z]", word) else f"p_{word}"
    ending = re.sub(r"[^a-z0-9]+", "_", unit.lower()).strip("_") if unit else ""
    return word if not ending or word.endswith(f"_{ending}") or ending in _in_name(word) else f"{word}_{ending}"


def _in_name(word: str) -> tuple[Any, ...]:
    from hemdata.intake.look import BY_NAME

    return tuple(
        re.sub(r"[^a-z0-9]+", "_", unit.lower()).strip("_") for end, unit in BY_NAME.items() if word.endswith(end)
    )
