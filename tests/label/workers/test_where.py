"""One word says where labels are computed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemdata.errors import CallError, DataError
from hemdata.label.workers.where import Where


@given(st.integers(0, 10_000))
def test_a_number_is_processes_here(n: int) -> None:
    assert Where.read(n) == Where.read(str(n)) == Where(workers=n)


@pytest.mark.parametrize("word", ["tcp://10.0.0.1:8786", "tls://login.cluster:8786", "node-7:8786", "tcp://[::1]:8786"])
def test_an_address_is_a_running_dask_cluster(word: str) -> None:
    assert Where.read(word) == Where(scheduler=word)


def test_a_card_is_a_slurm_cluster(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text('name: mine\ntitle: t\nabout: a\nmemory: 4 GB\nwalltime: "1:00:00"\nmaximum_jobs: 2\n')
    assert Where.read("slurm") == Where(cluster="slurm")
    assert Where.read(mine) == Where(cluster=str(mine))


def test_a_card_that_does_not_read_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text('name: here\ntitle: t\nabout: a\nmemory: 4 GB\nwalltime: "1:00:00"\nmaximum_jobs: 2\n')
    with pytest.raises(DataError, match="name is not its file's"):
        Where.read(mine)
    with pytest.raises(DataError, match="name is not its file's"):
        Where(cluster=mine)  # as --cluster gives it, though everything may be in the store and no job be asked for
    with pytest.raises(CallError, match="no cluster card"):
        Where(cluster=tmp_path / "nowhere.yaml")


def test_nothing_is_every_core_here() -> None:
    assert Where.read(None) == Where()


@pytest.mark.parametrize(
    ("word", "said"), [("-1", "fewer processes"), ("slrum", "Did you mean 'slurm'"), ("no.yaml", "no cluster card")]
)
def test_what_is_none_of_them_is_refused(word: str, said: str) -> None:
    with pytest.raises(CallError, match=said):
        Where.read(word)


def test_two_do_not_go_together() -> None:
    with pytest.raises(CallError, match="--workers and --cluster do not go together"):
        Where(workers=2, cluster="slurm")
