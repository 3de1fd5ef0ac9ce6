"""The command line as people and programs call it: outputs, exit codes, sentences instead of tracebacks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import hemdata


def test_list_names_every_shipped_card_and_runs_in_any_folder(tmp_path: Path) -> None:
    told = json.loads(hemdata("list", "--json", cwd=tmp_path).stdout)
    names = {kind: {entry["name"] for entry in entries} for kind, entries in told.items()}
    assert {"qm9", "pc9", "pubchem9", "test-groups", "azoxy"} <= names["dataset"]
    assert {"gfn2-xtb", "pc9", "qm9"} <= names["level"]
    assert "painn" in names["network"]
    assert "demo" in names["study"]
    text = hemdata("list", cwd=tmp_path)
    assert "pubchem9" in text.stdout
    assert text.returncode == 0


@pytest.mark.parametrize("name", ["qm9", "gfn2-xtb", "painn", "demo"])
def test_info_tells_a_card_to_people_and_to_programs(name: str) -> None:
    told = json.loads(hemdata("info", name, "--json").stdout)
    assert told["name"] == name
    assert told["title"] in hemdata("info", name).stdout


def test_build_verify_and_build_again(tmp_path: Path) -> None:
    out = tmp_path / "groups"
    built = hemdata("build", "test-groups", "--out", str(out))
    assert built.returncode == 0
    assert "160 records read, 160 accepted, 0 rejected" in built.stdout
    assert json.loads(hemdata("verify", str(out), "--json").stdout)["accepted"] == 160
    assert "stands already" in hemdata("build", "test-groups", "--out", str(out)).stdout
    shard = out / "part-00000.parquet"
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    broken = hemdata("verify", str(out))
    assert broken.returncode == 1
    assert "another SHA-256" in broken.stderr
    assert "what to do" in broken.stderr


WRONG_CALLS = [
    (["build", "qm10"], "no dataset named 'qm10'"),
    (["info", "nothing"], "nothing named 'nothing'"),
    (["verify", "nowhere"], "The set 'nowhere' is not there"),
    (["build", "pc9", "--from", "missing.zip"], "nothing at the path"),
    (["label", "missing.smi"], "no dataset and no file"),
    (["label", "azoxy", "--retry", "all"], "--retry knows one word"),
    (["label", "azoxy", "--level", "b3lyp"], "no level named 'b3lyp'"),
    (["train-eval", "missing.yaml"], "no study card"),
    (["train-eval", "demo"], "not there at the level"),
    (["train-eval", "demo", "--device", "tpu"], "no such device"),
    (["improve", "azoxy", "--base", "qm9=600", "--budget", "0"], "budget is too small"),
    (["report", "nowhere"], "nowhere"),
    (["report"], "of one run, or compares two"),
    (["report", "--compare", "here", "there"], "no study in this folder"),
    (["build"], "Missing argument"),
    (["frobnicate"], "frobnicate"),
    (["label", "azoxy", "-n", "0"], "-n"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG_CALLS, ids=[" ".join(words) for words, _ in WRONG_CALLS])
def test_a_wrong_call_is_a_sentence_and_exit_code_2(words: list[str], sentence: str, tmp_path: Path) -> None:
    ended = hemdata(*words, cwd=tmp_path)
    told = ended.stdout + ended.stderr
    assert sentence in told
    assert "Traceback" not in told
    assert ended.returncode == (1 if words == ["train-eval", "demo"] else 2)


def test_wrong_data_are_a_sentence_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "bad.smi").write_text("CX\nC1CC\n")  # where some lines read, the rest is told and goes on
    words = [sys.executable, "-m", "hemdata.cli", "label", "bad.smi"]  # as a shell sees it: the one process here
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False)
    assert ended.returncode == 1
    assert "line 1" in ended.stderr
    assert "line 2" in ended.stderr
    assert "Traceback" not in ended.stderr
    (tmp_path / "typo.yaml").write_text("name: typo\nlevle: gfn2-xtb\n")
    ended = hemdata("train-eval", "typo.yaml", cwd=tmp_path)
    assert ended.returncode == 1
    assert "levle: unknown key" in ended.stderr


def test_a_truncated_archive_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "dsgdb9nsd.xyz.tar.bz2").write_bytes(b"BZh91AY&SY" + bytes(200))
    (tmp_path / "uncharacterized.txt").write_text("")
    ended = hemdata("build", "qm9", "--from", "dsgdb9nsd.xyz.tar.bz2", cwd=tmp_path)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "data" / "qm9").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere; run as another user to see this")
def test_a_read_only_folder_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    ended = hemdata("build", "azoxy", "--out", str(tmp_path / "out"))
    assert ended.returncode == 1
    assert "may not write" in ended.stderr


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    """A file size limit of the process stands in for the full disk: the same kind of error from the same call."""
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "sys.argv = ['hemdata', 'build', 'test-groups', '--out', sys.argv[1]]\n"
        "from hemdata.cli import main\n"
        "main()\n"
    )
    out = tmp_path / "out"
    ended = subprocess.run(
        [sys.executable, "-B", "-c", code, str(out)],  # Python would cut its own bytecode short, and keep it
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "what to do" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["list", "info", "build", "verify", "label", "train-eval", "report"])
def test_every_command_has_help_with_examples(command: str) -> None:
    ended = hemdata(command, "--help")
    assert ended.returncode == 0
    assert f"hemdata {command}" in ended.stdout
    assert "Examples" in ended.stdout
