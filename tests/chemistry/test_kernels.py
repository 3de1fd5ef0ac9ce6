"""The matrix kernels that PySCF computes with are chosen before it is loaded, and nothing else is changed."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from hemdata.shield.load_pyscf import AVX2, KERNELS, _has_avx2

LOOK = """
import json, os, warnings, numpy
from threadpoolctl import threadpool_info
from hemdata.shield.load_pyscf import load_pyscf
if {chosen}: load_pyscf()
import pyscf.lib
with warnings.catch_warnings(record=True) as said:
    load_pyscf()
found = [each for each in threadpool_info() if each["internal_api"] == "openblas"]
blas = [(each["filepath"], each.get("architecture")) for each in found]
print(json.dumps({{
    "pyscf": next((kind for path, kind in blas if "pyscf" in path), None),
    "others": sorted(kind for path, kind in blas if "pyscf" not in path),
    "said": [str(each.message) for each in said],
    "left": os.environ.get("OPENBLAS_CORETYPE"),
}}))
"""


def look(chosen: bool, **environment: str) -> dict[str, Any]:
    """What a fresh process computes with."""
    around = {key: value for key, value in os.environ.items() if key != KERNELS} | environment
    ran = subprocess.run(
        [sys.executable, "-c", LOOK.format(chosen=chosen)], env=around, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    if found["pyscf"] is None:
        pytest.skip("PySCF brings no OpenBLAS of its own here")
    return found


@pytest.mark.skipif(not _has_avx2(), reason="a processor without AVX2")
def test_pyscf_computes_with_avx2_and_the_others_as_before() -> None:
    plain, chosen = look(False), look(True)
    assert chosen == {"pyscf": AVX2, "others": plain["others"], "said": [], "left": None}
    if plain["pyscf"] != AVX2:
        assert [said.partition(",")[0] for said in plain["said"]] == ["PySCF was imported before hemdata loads it"]


def test_a_users_choice_stands() -> None:
    assert look(True, **{KERNELS: "Nehalem"})["pyscf"] == "Nehalem"
