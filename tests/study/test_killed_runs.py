"""`hemdata run` killed with SIGKILL at random moments ends with the same files as a run that is left alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = Path(__file__).parents[2] / "benchmarks" / "kill_runs.py"
CARD = {
    "name": "mine", "title": "t", "question": "q", "level": "gfn2-xtb", "groups": ["saccharides"], "seeds": [0, 1],
    "sets": {"few": {"dataset": "few", "molecules": 20}}, "networks": [{"network": "dressed-atoms"}],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kills", "networks"),
    [
        (2, [{"network": "dressed-atoms"}]),
        (10, [{"network": "dressed-atoms"}, {"network": "painn", "epochs": 4}]),
    ],
)
def test_runs_killed_at_random_end_the_same(kills: int, networks: list[dict[str, object]], tmp_path: Path) -> None:
    """Labels are taken and computed, cells trained, a report written; the benchmark does the same with the demo."""
    lines = [f"{'C' * n}{end} m{n}{end}" for n in range(1, 6) for end in ("O", "N", "F", "=O", "C#N")]
    (tmp_path / "few.smi").write_text("\n".join(lines) + "\n")
    (tmp_path / "mine.yaml").write_text(json.dumps(CARD | {"networks": networks}))
    words = [sys.executable, str(KILLS), str(tmp_path / "mine.yaml"), str(kills), "--json", "--on", "0"]
    words += ["--folder", str(tmp_path / "runs")]
    ended = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert ended.stdout, ended.stderr
    found = json.loads(ended.stdout)
    assert found["differ"] == []
    assert found["killed"] >= kills // 2
    assert found["ended_well"]
    assert found["files"] >= 2 * 3 + 3  # rows of two cells, results and report, labels
    assert ended.returncode == 0
