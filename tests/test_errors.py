"""Errors for people: their five parts, their exit codes, and their way home from a worker process."""

import pickle

import pytest

from hemdata.errors import CallError, DataError, HemdataError


def test_all_five_parts_are_told_in_order():
    error = DataError("The row is wrong.", where="a.parquet", expected=3, got=4, fix="Correct it.")
    assert str(error).splitlines() == [
        "The row is wrong.",
        "  where: a.parquet",
        "  expected: 3",
        "  got: 4",
        "  what to do: Correct it.",
    ]


def test_a_part_that_is_not_given_is_left_out():
    assert str(CallError("No such name.", got="x")) == "No such name.\n  got: x"
    assert str(DataError("Wrong.")) == "Wrong."


def test_a_false_value_is_told_all_the_same():
    assert "got: 0" in str(DataError("Wrong.", got=0))


def test_exit_codes():
    assert (DataError.exit_code, CallError.exit_code) == (1, 2)
    assert issubclass(DataError, HemdataError)
    assert issubclass(CallError, HemdataError)


@pytest.mark.parametrize("kind", [DataError, CallError])
def test_an_error_survives_pickling_with_all_its_parts(kind):
    error = kind("Wrong.", where="here", expected=[1, 2], got=None, fix="Mend it.")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert again.exit_code == error.exit_code


def test_an_error_travels_even_if_what_was_found_cannot():
    error = DataError("Wrong.", got=(letter for letter in "abc"))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
