"""Times and sizes as people write them, read by Dask's parsers; what they would take for something else is refused."""

import pytest

from hemdata.cli.values import gigabytes, seconds
from hemdata.errors import CallError


@pytest.mark.parametrize(
    ("text", "wanted"), [("90s", 90), ("20m", 1200), ("6h", 21600), ("2d", 172800), ("1.5h", 5400), ("0.001s", 0.001)]
)
def test_times(text: str, wanted: float) -> None:
    assert seconds(text, "--max-time") == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("text", "wanted"), [("500MB", 0.5), ("4GB", 4.0), ("1.5GB", 1.5), ("4GiB", 4.294967296)])
def test_sizes(text: str, wanted: float) -> None:
    assert gigabytes(text, "--memory-limit") == pytest.approx(wanted, rel=1e-12)


def test_nothing_given_is_nothing() -> None:
    assert seconds(None, "--max-time") is None
    assert gigabytes(None, "--memory-limit") is None


@pytest.mark.parametrize("text", ["", "h", "90", "-3h", "0s", "soon", "nans", "infh", "3 parsecs", "4GB"])
def test_what_is_no_time_is_refused_by_the_options_name(text: str) -> None:
    with pytest.raises(CallError, match="--max-time does not read"):
        seconds(text, "--max-time")


@pytest.mark.parametrize("text", ["", "GB", "4", "-1GB", "0GB", "much", "nanGB", "6h"])
def test_what_is_no_size_is_refused_by_the_options_name(text: str) -> None:
    with pytest.raises(CallError, match="--memory-limit does not read"):
        gigabytes(text, "--memory-limit")
