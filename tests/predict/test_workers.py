"""Processes that predict's geometries are made in: order is kept, a crash costs its own item alone."""

import math

from deadly import halves

from hemdata.predict.workers import Workers


def test_an_item_that_kills_its_process_is_answered_for_and_no_other_is_lost() -> None:
    with Workers(halves, lambda _: math.nan, 1) as crew:
        answers = [answer for chunk in crew.answers([[2, 4], [6, 7, 8], [10]]) for answer in chunk]
    assert answers[:3] == [1, 2, 3]
    assert math.isnan(answers[3])
    assert answers[4:] == [4, 5]


def test_in_this_process_the_answers_are_the_same() -> None:
    with Workers(halves, lambda _: math.nan, 0) as crew:
        assert list(crew.answers([[2], [4, 6]])) == [[1], [2, 3]]


def test_leaving_the_block_ends_the_processes_and_does_not_wait_for_their_work() -> None:
    with Workers(halves, lambda _: math.nan, 1) as crew:
        crew.answers([[2 * n] for n in range(1000)])
        first = next(crew.answers([[2]]))
    assert first == [1]
    assert not any(process.lives() for process in crew._all)
