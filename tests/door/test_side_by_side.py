"""Steps side by side: each after its needs, one of a kind at a time, within memory; one that fails stops the others."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.door.side_by_side import side_by_side
from hemdata.study.planning.steps import Step

KINDS = ("build", "label", "train")


def step(kind: str, name: str, *needs: str) -> Step:
    return Step(kind, name, "", needs=needs)  # type: ignore[arg-type]


class Watch:
    """What ran beside what."""

    def __init__(self, pause: float = 0.0) -> None:
        self.lock, self.pause = threading.Lock(), pause
        self.now: list[Step] = []
        self.together: list[list[Step]] = []
        self.ended: list[str] = []
        self.before: dict[str, set[str]] = {}

    def __call__(self, its: Step) -> None:
        with self.lock:
            self.now.append(its)
            self.together.append(list(self.now))
            self.before[its.id] = set(self.ended)
        time.sleep(self.pause)
        with self.lock:
            self.now.remove(its)
            self.ended.append(its.id)


def run(due: list[Step], do: Watch, memory: dict[str, float] | None = None, room: float = 1e9) -> None:
    needed = memory or {}
    side_by_side(due, set(), do, memory_gb=lambda its: needed.get(its.name, 0.0), room_gb=room, stop=threading.Event())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.lists(st.integers(0, 8), max_size=3)), max_size=9))
def test_every_step_runs_once_after_its_needs_and_beside_none_of_its_kind(drawn: list[tuple[str, list[int]]]) -> None:
    due: list[Step] = []
    for number, (kind, before) in enumerate(drawn):
        due.append(step(kind, f"s{number}", *{due[each].id for each in before if each < number}))
    watch = Watch()
    run(due[::-1], watch)
    assert sorted(watch.ended) == sorted(its.id for its in due)
    assert all(set(its.needs) <= watch.before[its.id] for its in due)
    assert all(len({its.kind for its in those}) == len(those) for those in watch.together)


def test_steps_of_other_kinds_overlap_where_memory_allows_and_else_do_not() -> None:
    due = [step("build", "a"), step("label", "b"), step("train", "c")]
    wide, narrow = Watch(0.2), Watch(0.05)
    run(due, wide)
    assert max(map(len, wide.together)) == 3
    run(due, narrow, dict.fromkeys("abc", 4.0), room=7.0)
    assert max(map(len, narrow.together)) == 1
    alone = Watch()
    run([step("build", "huge")], alone, {"huge": 100.0}, room=7.0)  # it must run some time
    assert alone.ended == ["huge"]


def test_what_fails_stops_the_others_and_is_told() -> None:
    stop, seen = threading.Event(), []

    def do(its: Step) -> None:
        if its.name == "bad":
            time.sleep(0.05)
            raise ValueError("no")
        seen.append((its.name, stop.wait(10)))

    due = [step("build", "bad"), step("label", "long"), step("train", "after", "bad")]
    with pytest.raises(ValueError, match="no"):
        side_by_side(due, set(), do, memory_gb=lambda _: 0.0, room_gb=1.0, stop=stop)
    assert seen == [("long", True)]
