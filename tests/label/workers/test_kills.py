"""A labelling driver killed with SIGKILL at random moments, many times over one store: nothing lost, nothing twice."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = Path(__file__).parents[3] / "benchmarks" / "kills.py"


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_kills_lose_nothing_that_was_finished_and_compute_nothing_twice(kills: int) -> None:
    """A real driver, scheduler and store; only the calculations take no time, so that many kills fall into writing."""
    command = [sys.executable, str(KILLS), str(kills), "--seed", "1", "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert ended.stdout, ended.stderr
    found = json.loads(ended.stdout)
    assert (found["lost"], found["changed"], found["twice"]) == (0, 0, 0)
    assert found["kills"] == kills
    assert found["while_work_was_left"] == kills, "the work was done before the last kill"
    assert found["while_results_came"] >= kills // 3
    assert found["ended_well"]
    assert found["sound"]
    assert found["stored"] == found["molecules"]
    assert ended.returncode == 0
    assert found["forgetful_found_out"], "a driver that computes what is finished would not be seen"
