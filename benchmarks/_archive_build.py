"""A dataset built from its archive, beside what decompressing and unpacking the archive alone takes."""

import subprocess
from pathlib import Path

from _watched import Watched

from hemdata.curate.build import build


def compared(name: str, archive: Path, out: Path, alone: str) -> None:
    """Print both in core-seconds, which two cores share and which what else the machine does hardly changes.

    Args:
        name: of the dataset.
        archive: in the published form.
        out: a folder to write to.
        alone: a shell command that decompresses and unpacks `archive` and throws all away.
    """
    with Watched() as bare:
        subprocess.run(alone, shell=True, check=True, stdout=subprocess.DEVNULL)
    with Watched() as whole:
        built = build(name, archive, out, force=True)
    less_rdkit = whole.core_seconds - built.rdkit_seconds
    counts = built.manifest.counts
    print(f"{name}: {counts.read:,} records, {archive.stat().st_size / 1e6:,.0f} MB; {alone.split()[0]} for comparison")
    print(f"decompress and unpack alone     {bare.core_seconds:7.1f} core-s  {bare.seconds:7.1f} s")
    print(f"build, RDKit's share apart      {less_rdkit:7.1f} core-s   ratio {less_rdkit / bare.core_seconds:.2f}")
    print(f"RDKit (SMILES, InChIKey, bonds) {built.rdkit_seconds:7.1f} core-s")
    print(f"build, all                      {whole.core_seconds:7.1f} core-s  {whole.seconds:7.1f} s")
    print(f"peak memory of all processes    {whole.peak_mb:7.0f} MB")
    print(f"rows                            {counts.model_dump()}")
