"""The same job makes the same bytes: from any folder, in any locale, time zone, umask, with any hash seed.

The second process computes as an old processor would: NumPy and its BLAS round differently there.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from symrnn.certificate import Certificate, Check
from tests import ROOT

FEATURES = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
HERE = {"TZ": "UTC", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "0", "COLUMNS": "80"}
THERE = {
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "tr_TR.UTF-8",
    "LANG": "tr_TR.UTF-8",
    "PYTHONHASHSEED": "4242",
    "COLUMNS": "200",
    "SOURCE_DATE_EPOCH": "1",
    "PYTHONUTF8": "0",
    "max_print_line": "40",
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": " ".join(FEATURES),
}


def made(job: Path, folder: Path, settings: dict[str, str], umask: int, *options: str) -> dict[str, bytes]:
    """Make every format of a job in a process of its own, and return the files."""
    folder.mkdir(parents=True)
    (folder / "temporary").mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "temporary")} | settings
    command = [sys.executable, "-m", "symrnn", "report", str(job), "--out", "out", *options]
    subprocess.run(command, cwd=folder, env=environment, umask=umask, check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


@pytest.mark.parametrize("engine", ["pdflatex", "typst"])
def test_every_file_has_the_same_bytes_wherever_it_is_made(engine, job_file, tmp_path):
    if engine == "pdflatex" and shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    options = ("--engine", engine, "--format", "pdf,tex,typ,html,ipynb")
    job = job_file(('"A small job"', '"A small job: İstanbul, ıI, “deep”"'))
    other = tmp_path / "another folder" / "ä" / "work.toml"
    other.parent.mkdir(parents=True)
    shutil.copy(job, other)
    one = made(Path("..") / job.parent.name / job.name, tmp_path / "one", HERE, 0o022, *options)
    two = made(other, tmp_path / "x" / "two", THERE, 0o077, *options)
    assert set(one) == {"certificate.json", *(f"report.{name}" for name in options[-1].split(","))}
    assert {name for name in one if one[name] != two.get(name)} == set()


def test_another_seed_makes_other_bytes(job_file, tmp_path):
    job = job_file()
    options = ("--format", "tex,typ,html,ipynb")
    one = made(job, tmp_path / "one", HERE, 0o022, *options)
    two = made(job, tmp_path / "two", HERE, 0o022, *options, "--seed", "8")
    assert {name for name in one if one[name] == two[name]} == set()


def test_a_certificate_writes_down_what_a_deviation_stays_below_and_not_its_rounding():
    def written(deviation: float) -> dict:
        return Certificate("g", True, (Check(1, "r", "ink", deviation, "a", "b"),), 1e-10, ()).as_dict()

    assert written(0.0) == written(1.1e-16) == written(9.9e-15) != written(1.1e-14)
    assert written(3e-12)["deviation"] == written(3e-12)["checks"][0]["deviation"] == 1e-11
    assert not written(np.inf)["holds"] and written(np.inf)["deviation"] == np.inf
    assert np.isnan(written(np.nan)["checks"][0]["deviation"]) and not written(np.nan)["holds"]
