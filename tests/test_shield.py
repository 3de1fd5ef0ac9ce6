"""A user's settings of other programs change no number: hostile environments, rc files, files of the current folder."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hemdata import shield
from hemdata.chemistry.engines.xtb import no_parameters_here
from hemdata.errors import CallError
from hemdata.label.calculation import Stage, Start, calculate, calculation_for
from hemdata.label.jobs import POINT
from hemdata.label.workers.isolated import Limits, apart
from hemdata.levels import level

WATER = np.array([8, 1, 1]), np.array([[0.0, 0.0, 0.1173], [0.0, 0.7572, -0.4692], [0.0, -0.7572, -0.4692]])
PYSCF_CONF = """
B3LYP_WITH_VWN5 = True
dft_rks_RKS_grids_level = dft_gen_grid_Grids_level = 0
dft_numint_cutoff = 1e-3
scf_hf_SCF_direct_scf_tol = 1e-3
gto_mole_Mole_cart = False
NORMALIZE_GTO = False
UNIT = 'Bohr'
"""
STO_3G = 'BASIS "ao basis" PRINT\nO S\n 130.7 0.15\n 23.8 0.53\nO P\n 5.0 0.15\nH S\n 3.4 0.15\n 0.62 0.53\nEND\n'
HOSTILE = {
    "PYSCF_ARGPARSE": "1",
    "RDK_ENABLE_NONTETRAHEDRAL_STEREO": "0",
    "RDK_USE_LEGACY_RING_FINDING": "1",
    "RDK_USE_LEGACY_STEREO_PERCEPTION": "0",
    "MATPLOTLIBRC": "/nowhere/matplotlibrc",
    "MPLBACKEND": "no such backend",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1",
    "PL_TRAINER_LIMIT_TRAIN_BATCHES": "1",
    "XTBPATH": "/nowhere",
}
ENERGY = """
import json, sys, numpy as np
{before}
from hemdata.chemistry.engines.pyscf import single_point
from hemdata.levels import level
z, x = np.array([8, 1, 1]), np.array({x})
print(json.dumps([single_point(z, x, 0, 1, level("pc9"), how).energy_hartree for how in ("label", "reference")]))
"""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder, also a home, with files that libraries read."""
    (tmp_path / ".pyscf_conf.py").write_text(PYSCF_CONF)
    (tmp_path / "mine.py").write_text(PYSCF_CONF)
    for name in ("6-31g*", "6-31g", "def2-universal-jkfit"):  # names of bases
        (tmp_path / name).write_text(STO_3G)
    (tmp_path / "random.py").write_text("raise SystemExit('a module of the current folder')\n")
    return tmp_path


def python(code: str, folder: Path, **environment: str) -> Any:
    """What a fresh process prints as JSON, without pytest's own settings."""
    here = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONSAFEPATH": "1"} | environment
    ran = subprocess.run([sys.executable, "-c", code], env=here, cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_no_configuration_of_pyscf_and_no_basis_file_changes_b3lyp(hostile: Path) -> None:
    """-76.408515 hartree at GFN2's geometry is B3LYP with VWN-RPA; this geometry lies near it. VWN5 gives -76.3714."""
    code = ENERGY.format(x=WATER[1].tolist(), before="")
    changed = {"HOME": str(hostile), "PYSCF_CONFIG_FILE": str(hostile / "mine.py"), "PYSCF_ARGPARSE": "1"}
    found = python(code, hostile, **changed)
    from hemdata.chemistry.engines.pyscf import single_point

    plain = [single_point(*WATER, 0, 1, level("pc9"), how).energy_hartree for how in ("label", "reference")]  # type: ignore[arg-type]
    assert found == pytest.approx(plain, abs=1e-8)
    assert plain[1] == pytest.approx(-76.4085, abs=1e-3)


def test_pyscf_with_a_configuration_before_hemdata_is_refused(hostile: Path) -> None:
    code = ENERGY.format(x=WATER[1].tolist(), before="import pyscf.gto\nfrom hemdata.errors import CallError\ntry:")
    lines = code.splitlines()
    start = lines.index("try:") + 1
    code = "\n".join([*lines[:start], *(f"    {line}" for line in lines[start:])])
    code += "\nexcept CallError as error:\n    print(json.dumps([error.what, error.got]))"
    what, got = python(code, hostile, PYSCF_CONFIG_FILE=str(hostile / "mine.py"))
    assert what.startswith("PySCF was loaded with a configuration of its own")
    assert "B3LYP_WITH_VWN5" in got


@pytest.mark.parametrize("name", ["gfn2-xtb", "pc9"])
def test_processes_of_calculations_see_none_of_it(name: str, hostile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = calculation_for(Stage(level(name), POINT), None, 0, 1, Start(WATER[0].tolist(), WATER[1].ravel().tolist()))
    plain = calculate(task)
    monkeypatch.chdir(hostile)
    for variable, value in (HOSTILE | {"HOME": str(hostile), "PYSCF_CONFIG_FILE": "mine.py"}).items():
        monkeypatch.setenv(variable, value)
    found = apart(calculate, task, Limits(seconds=300))
    assert (found.reason, found.key) == (None, plain.key)
    assert found.energy_hartree == pytest.approx(plain.energy_hartree, abs=1e-9)


def test_rdkits_switches_change_no_identity(tmp_path: Path) -> None:
    """Allenes, sulfoxides, two kinds of double bond, a square-planar metal."""
    smiles = ["C[S@@](=O)CC", "F/C=C/[C@H](C)/C=C\\F", "C[Pt@SP1](F)(Cl)Br", "CC=C=CC"]
    code = f"import json; from hemdata.identity import identify; print(json.dumps([identify(s)[:2] for s in {smiles}]))"
    assert python(code, tmp_path, **HOSTILE) == python(code, tmp_path)


def test_dasks_settings_are_not_those_of_this_machines_workers() -> None:
    import dask
    import distributed  # noqa: F401  its defaults would come over the settings

    from hemdata.label.workers.cluster import opened
    from hemdata.label.workers.where import Where

    hostile = {"comm.require-encryption": True, "worker.preload": ["/nowhere.py"], "worker.memory.terminate": 0.001}
    with dask.config.set({f"distributed.{name}": value for name, value in hostile.items()}):
        with opened(1, Where(workers=1)) as place:
            assert place.client.submit(len, "abc").result() == 3
        assert dask.config.get("distributed.worker.preload") == ["/nowhere.py"]


def test_an_environment_is_shielded_and_the_rest_of_it_stays(tmp_path: Path) -> None:
    kept = {"HEMDATA_CARDS": "cards", "HOME": str(tmp_path), "PYSCF_MAX_MEMORY": "100"}
    assert shield.environment(HOSTILE | kept) == kept | {
        "HEMDATA_CARDS": str(Path("cards").absolute()),
        "PYTHONSAFEPATH": "1",
        "PYDANTIC_DISABLE_PLUGINS": "1",
    }


def test_the_command_line_is_shielded(tmp_path: Path) -> None:
    code = "import json, os, sys; sys.argv = ['hemdata', '--help']\nfrom hemdata.cli import main\n"
    code += "try:\n    main()\nexcept SystemExit:\n    print(json.dumps(dict(os.environ)))"
    found = python(code, tmp_path, HOME="/dev/null", **HOSTILE)
    assert not set(found) & set(HOSTILE)
    for name in shield.CACHES:
        assert Path(found[name]).is_dir()


def test_caches_get_a_folder_where_the_home_has_none(tmp_path: Path) -> None:
    good, bad = {"HOME": str(tmp_path)}, {"HOME": "/dev/null", "NUMBA_CACHE_DIR": "/chosen"}
    shield.give_caches(good)
    assert good == {"HOME": str(tmp_path)}
    shield.give_caches(bad)
    assert bad["NUMBA_CACHE_DIR"] == "/chosen"
    folder = Path(bad["WARP_CACHE_PATH"])
    assert folder.stat().st_uid == os.getuid()
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_torchmd_et_is_built_without_a_home(tmp_path: Path) -> None:
    """Its kernels' cache is made when the library is imported."""
    code = "import json; from hemdata.train.fit import adapter; from hemdata.catalog import network\n"
    code += "print(json.dumps(adapter(network('torchmd-et')).__name__))"
    assert python(code, tmp_path, HOME="/dev/null") == "hemdata.train.networks.torchmd_et"


def test_parameters_in_the_current_folder_are_refused_for_xtb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    no_parameters_here()
    (tmp_path / "param_gfn2-xtb.txt").write_text("$globpar\n")
    with pytest.raises(CallError, match="would change the method's parameters"):
        no_parameters_here()


def test_a_home_whose_quota_is_used_up_has_no_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be written by its permissions, and takes no byte; so does a cache's own folder that is another user's."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(shield.tempfile, "TemporaryFile", full)
    home = {"HOME": str(tmp_path)}
    shield.give_caches(home)
    assert shield.CACHES.keys() < home.keys()


def test_a_cache_that_is_no_folder_of_ones_own_gets_another(tmp_path: Path) -> None:
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "warp").write_text("no folder")
    home = {"HOME": str(tmp_path)}
    shield.give_caches(home)
    assert set(home) == {"HOME", "WARP_CACHE_PATH"}
    elsewhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": str(tmp_path / ".cache")}
    shield.give_caches(elsewhere)
    assert elsewhere.keys() - {"HOME", "XDG_CACHE_HOME"} == {"MPLCONFIGDIR", "TRITON_HOME", "WARP_CACHE_PATH"}
