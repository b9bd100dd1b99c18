"""The same job makes the same bytes: from any folder, in any locale, time zone, umask, with any hash seed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
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
