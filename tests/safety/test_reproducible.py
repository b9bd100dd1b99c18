"""The same job makes the same bytes: from any folder, in any locale, time zone, umask, with any hash seed.

Two fresh processes make every format with each engine, all four with hash seeds of their own. The second of
a pair computes as an old processor would: NumPy and its BLAS round differently there.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from symrnn.certificate import Certificate, Check
from symrnn.report import STAMP
from tests import ROOT
from tests.conftest import JOB

TEXT = JOB.replace("A small job", "A small job: İstanbul, ıI, “deep”")
SOURCES = ("certificate.json", "report.tex", "report.typ", "report.html", "report.ipynb")
HASH_SEEDS = {"pdflatex": ("0", "4242"), "typst": ("1", "31337")}
FEATURES = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
HERE = {"TZ": "UTC", "LC_ALL": "C", "LANG": "C", "COLUMNS": "80"}
THERE = {
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "tr_TR.UTF-8",
    "LANG": "tr_TR.UTF-8",
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


engines = pytest.mark.parametrize(
    "engine",
    [
        "typst",
        pytest.param(
            "pdflatex",
            marks=pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed"),
        ),
    ],
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[dict[str, bytes], ...]]:
    """Return a maker of what an engine makes here and what it makes there, each made once."""

    @cache
    def make(engine: str) -> tuple[dict[str, bytes], ...]:
        folder = tmp_path_factory.mktemp(engine)
        job, other = folder / "job.toml", folder / "another folder" / "ä" / "work.toml"
        other.parent.mkdir(parents=True)
        for file in (job, other):
            file.write_text(TEXT, encoding="utf-8")
        options = ("--engine", engine, "--format", "pdf,tex,typ,html,ipynb")
        here, there = ({"PYTHONHASHSEED": hash_seed} for hash_seed in HASH_SEEDS[engine])
        one = made(Path("..") / job.name, folder / "one", HERE | here, 0o022, *options)
        return one, made(other, folder / "x" / "two", THERE | there, 0o077, *options)

    return make


@engines
def test_every_file_has_the_same_bytes_wherever_it_is_made(engine, pair):
    one, two = pair(engine)
    assert set(one) == {*SOURCES, "report.pdf", STAMP}
    assert {name for name in one if one[name] != two.get(name)} == set()


@engines
def test_sources_and_certificate_have_the_same_bytes_whatever_the_engine_and_the_hash_seed(engine, pair):
    (one, _), (other, _) = pair(engine), pair("typst")
    assert {name for name in SOURCES if one[name] != other[name]} == set()


def test_another_seed_makes_other_bytes(pair, tmp_path):
    one, _ = pair("typst")
    job = tmp_path / "job.toml"
    job.write_text(TEXT, encoding="utf-8")
    two = made(job, tmp_path / "two", HERE, 0o022, "--format", "tex,typ,html,ipynb", "--seed", "8")
    assert {name for name in two if one[name] == two[name]} == set()


def test_a_certificate_writes_down_what_a_deviation_stays_below_and_not_its_rounding():
    def written(deviation: float) -> dict:
        return Certificate("g", True, (Check(1, "r", "ink", deviation, "a", "b"),), 1e-10, ()).as_dict()

    assert written(0.0) == written(1.1e-16) == written(9.9e-13) != written(1.1e-12)
    assert written(3e-12)["deviation"] == written(3e-12)["checks"][0]["deviation"] == 1e-11
    assert not written(np.inf)["holds"] and written(np.inf)["deviation"] == np.inf
    assert np.isnan(written(np.nan)["checks"][0]["deviation"]) and not written(np.nan)["holds"]
