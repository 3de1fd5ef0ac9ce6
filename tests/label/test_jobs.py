"""The table of jobs: keys and provenances are those of the stores that are about, digit for digit."""

import hashlib
import json
from typing import Any

import pytest

from hemdata.label.calculation import Calculation
from hemdata.label.jobs import JOBS, POINT, RELAX, STABILITY, VIBRATE, Job, job_of

SHARED: dict[str, Any] = {"charge": 0, "multiplicity": 1, "level_hash": "abc", "accuracy": "label", "seed": 0}
NONE = dict.fromkeys(("smiles", "atomic_numbers", "positions", "fmax_ev_angstrom"))
VERSIONS = (("rdkit", "1"), ("tblite", "2"))
AT = {"atomic_numbers": (1,), "positions": (0.0, 0.5, 0.0)}
AT_AS_JSON = {"atomic_numbers": [1], "positions": [0.0, 0.5, 0.0]}
KEYS = [
    (RELAX, {"smiles": "O", "fmax_ev_angstrom": 0.01}, {"relax": True, "smiles": "O", "fmax_ev_angstrom": 0.01}),
    (RELAX, {"smiles": "O", "conformers": 5}, {"relax": True, "smiles": "O", "conformers": 5}),
    (POINT, AT, {"relax": False} | AT_AS_JSON),
    (VIBRATE, AT, {"relax": False, "vibrate": True} | AT_AS_JSON),
    (STABILITY, AT, {"relax": False, "stability": True} | AT_AS_JSON),
]


@pytest.mark.parametrize(("job", "given", "said"), KEYS)
def test_a_jobs_key_is_the_hash_of_what_it_was(job: Job, given: dict[str, Any], said: dict[str, Any]) -> None:
    task = Calculation(**NONE | SHARED | given, level="mine", job=job, versions=VERSIONS)
    was = NONE | SHARED | said | {"versions": [list(pair) for pair in VERSIONS]}
    assert task.key == hashlib.sha256(json.dumps(was, sort_keys=True).encode()).hexdigest()


@pytest.mark.parametrize("job", JOBS)
def test_a_provenance_tells_its_job(job: Job) -> None:
    task = Calculation(**NONE | SHARED, level="mine", job=job)
    assert job_of(task.described) is job


def test_of_results_of_the_first_stores_what_they_found_tells_the_job() -> None:
    assert job_of({"gradients": 5, "cycles": 3}) is RELAX
    assert job_of({"cycles": 3}) is POINT
    assert job_of({"host": "here"}) is None


def test_kinds_differ() -> None:
    assert len({job.kind for job in JOBS}) == len({job.decides for job in JOBS}) == len(JOBS)
