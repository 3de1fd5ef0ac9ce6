"""A composition whose rows are taken to one level over bridges."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from hemdata.bridges.bridge import Bridge
from hemdata.bridges.card import command, read_bridge
from hemdata.bridges.rows import bridged
from hemdata.catalog import SetCard, card_path, cards
from hemdata.console import many
from hemdata.errors import CallError, DataError
from hemdata.levels import level
from hemdata.shards import SetName, ShardWriter, sha256
from hemdata.shards.sets import imported_alone
from hemdata.shards.unknown import refuse_unknown


def by_bridge(card: SetCard) -> bool:
    """Whether a composition takes its rows over bridges."""
    return card.steps[0].by == "bridge"


def bridges_of(card: SetCard, levels: Sequence[str]) -> dict[str, Bridge]:
    """For each level that is not the one asked for, the bridge that leads there.

    Raises:
        CallError: if there is none.
        DataError: if all rows are at that level already, or nobody knows which level one of the two is.
    """
    if not by_bridge(card):
        return {}
    asked = level(str(card.steps[0].at))
    foreign = [name for name in levels if level(name).hash != asked.hash]
    if not foreign:
        raise DataError(
            "All rows are at this level already.",
            where=f"set {card.name}",
            got=asked.name,
            fix="Leave `at` and `by: bridge` out. Or take labels of another level by their whole name: "
            f"`take: [{SetName.of(str((card.steps[0].take or [])[0])).dataset}@LEVEL]`.",
        )
    refuse_unknown(SetName.of(str((card.steps[0].take or [])[0])).dataset, asked.name, *foreign)
    there = cards("bridge")
    for name in foreign:
        if f"{name}-{asked.name}" not in there:
            raise CallError(
                f"There is no bridge from {name} to {asked.name}.",
                where=f"set {card.name}",
                expected=f"{name}-{asked.name}",
                got=", ".join(there),
                fix=f"{command(name, asked.name)} fits one to molecules that are labelled at both.",
            )
    return {name: read_bridge(f"{name}-{asked.name}") for name in foreign}


def none_bridged(card: SetCard, reasons: Mapping[str, int]) -> DataError:
    """What is wrong where no row could be taken over a bridge.

    Args:
        reasons: how many rows were refused for each.
    """
    asked, first = str(card.steps[0].at), SetName.of(str((card.steps[0].take or [])[0]))
    compute = (
        "" if imported_alone(asked) else f" Such molecules are computed: `{SetName(first.dataset, asked).command}`."
    )
    return DataError(
        "No row could be taken to its level.",
        where=f"set {card.name}",
        expected="neutral singlets with an energy, a SMILES and a geometry, of bond types that the bridge knows",
        got="; ".join(f"{many(number, 'row')}: {reason}" for reason, number in reasons.items()),
        fix=f"Take other molecules.{compute}",
    )


def card_hash(by: Bridge) -> str:
    """Hash of a bridge's card, which vouches for its terms."""
    return sha256(card_path("bridge", f"{by.a}-{by.b}"))


def of_bridges_today(made_from: Mapping[str, Any]) -> bool:
    """Whether a standing set was made by the bridges as they are; one that is gone is not asked about."""
    there = cards("bridge")
    return all(sha256(there[name]) == card for name, card in made_from.get("bridges", {}).items() if name in there)


def at_one_level(batch: pa.Table, bridges: Mapping[str, Bridge], writer: ShardWriter) -> Iterator[pa.Table]:
    """A batch's rows in their order, those of a level with a bridge taken over it; what cannot be is rejected."""
    if not bridges:
        yield batch
        return
    names = batch["level"].to_pylist()
    start = 0
    for number in range(1, len(names) + 1):
        if number < len(names) and names[number] == names[start]:
            continue
        part = batch.slice(start, number - start)
        start = number
        by = bridges.get(names[number - 1])
        if by is None:
            yield part
            continue
        converted, _, reasons = bridged(part, by)
        for id, smiles, reason in zip(part["id"].to_pylist(), part["smiles"].to_pylist(), reasons, strict=True):
            if reason is not None:
                rule = f"bridge {by.a}-{by.b}: {reason.partition(':')[0]}"
                writer.reject(id, rule, reason, smiles)
        if len(converted):
            yield converted
