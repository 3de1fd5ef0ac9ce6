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


FORKED = """
import os, signal, sys
from pathlib import Path
from typer.testing import CliRunner
sys.path.insert(0, sys.argv[1])
from kill_runs import files
import hemdata.cli.studies.run
from hemdata.cli import app

def ended(folder):
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    code = CliRunner().invoke(app, ["run", "../mine.yaml", "--on", "0"]).exit_code
    os.chdir("..")
    return code

def killed(folder, last):  # the process dies by SIGKILL as it is about to put its last file or folder in place
    child = os.fork()
    if not child:
        puts = {each: getattr(os, each) for each in ("replace", "rename")}
        put = []
        def counted(name):
            def replaced(*words, **more):
                put.append(words)
                if len(put) == last:
                    os.kill(os.getpid(), signal.SIGKILL)
                return puts[name](*words, **more)
            return replaced
        for each in puts:
            setattr(os, each, counted(each))
        os._exit(ended(folder))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

assert ended(Path("whole")) == 0
for last in map(int, sys.argv[2:]):
    assert killed(Path("killed"), last) == -signal.SIGKILL, last
assert ended(Path("killed")) == 0
whole, killed = files(Path("whole")), files(Path("killed"))
assert len(whole) >= 40, whole
assert whole == killed, whole.items() ^ killed.items()
"""


def test_a_run_killed_as_it_puts_files_in_place_ends_the_same(tmp_path: Path) -> None:
    """Killed before a set of labels, a cell's rows and the tables of the results stand, each time a little further."""
    lines = [f"{'C' * n}{end} m{n}{end}" for n in range(1, 5) for end in ("O", "N", "F", "=O", "C#N")]
    (tmp_path / "few.smi").write_text("\n".join(lines) + "\n")
    (tmp_path / "mine.yaml").write_text(json.dumps(CARD | {"seeds": [0]}))
    words = [sys.executable, "-c", FORKED, str(KILLS.parent), "1", "4", "12"]
    ended = subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert ended.returncode == 0, ended.stderr


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
