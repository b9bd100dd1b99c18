"""What the system refuses is exit 3 and one line that says so: no traceback, and no wait without end."""

import os
import re
import resource
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from symrnn.cli import main
from symrnn.document.engines import tex
from tests import ROOT

LIMITED = {
    "no room for files": (resource.RLIMIT_FSIZE, 8 * 512, ["code", "elman"], "File too large"),
    "few open files": (
        resource.RLIMIT_NOFILE,
        8,
        ["report", "JOB", "--format", "pdf", "--engine", "typst"],
        "Too many open files",
    ),
    "little memory": (resource.RLIMIT_AS, 100_000 << 10, ["verify", "elman"], "memory"),
    "little time": (resource.RLIMIT_CPU, 2, ["verify", "lstm"], "processor time .* accepted: more of it"),
}


def refused(command: list[str], said: str, folder: Path, **how: object) -> None:
    """Run a command that the system is to refuse, and check what is said and left."""
    before = sorted(folder.iterdir())
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "symrnn", *command],
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        timeout=100,
        check=False,
        **{"stdout": subprocess.DEVNULL} | how,
    )
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith("symrnn: ") and done.stderr.count("\n") == 1
    assert re.search(said, done.stderr) and len(done.stderr) < 1000
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("case", LIMITED)
def test_a_limit_of_the_system_is_one_line_and_leaves_nothing(case, job_file):
    kind, most, command, said = LIMITED[case]
    job = job_file()
    command = [str(job) if word == "JOB" else word for word in command]
    refused(command, said, job.parent, preexec_fn=lambda: resource.setrlimit(kind, (most, most)))


@pytest.mark.parametrize("command", [["--version"], ["cells"]])
def test_a_device_that_is_full_is_one_line(command, tmp_path):
    with open("/dev/full", "w") as full:
        refused(command, "No space left on device", tmp_path, stdout=full)


def test_a_terminal_of_ascii_shows_the_other_signs_by_their_numbers(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "symrnn", "derive", "elman", "--at", "1", "--view", "local"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 0 and done.stderr == b""
    assert rb"\u2202" in done.stdout and done.stdout.isascii()


def said_by(command: list[str], capsys) -> str:
    """Return what a command says that is to be refused by the system."""
    assert main(command) == 3
    said = capsys.readouterr().err
    assert said.startswith("symrnn: ") and said.count("\n") == 1 and len(said) < 1000
    return said


@pytest.mark.parametrize("engine", ["typst", "pdflatex"])
def test_a_folder_of_temporary_files_that_is_full_is_one_line(engine, job_file, capsys, monkeypatch):
    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    job = job_file()
    monkeypatch.setattr(tempfile, "mkdtemp", full)
    monkeypatch.setenv("PATH", str(put(job.parent.parent, "echo pdfTeX 3")), prepend=os.pathsep)
    assert "No space left" in said_by(["report", str(job), "--engine", engine], capsys)
    assert list(job.parent.iterdir()) == [job]


def put(folder: Path, script: str) -> Path:
    """Put a pdflatex into a folder of programs, and return the folder."""
    (folder / "bin").mkdir(exist_ok=True)
    program = folder / "bin" / "pdflatex"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program.parent


BAD = {
    "silent": "exit 0",
    "failing": "exit 1",
    "waiting": "sleep 600",
    "speaking without end": "while :; do echo pdfTeX pdfTeX pdfTeX; done",
    "of no text": r"printf '\377\376\000'",
    "another program": "echo GNU bash",
    "moving the cursor": r"printf 'pdfTeX \033[2J\n'",
    "a long line": "printf 'pdfTeX'; head -c 100000 /dev/zero | tr '\\0' x",
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("engine", ["pdflatex", "auto"])
def test_a_pdflatex_that_does_not_say_what_it_is_is_one_line_soon(
    case, engine, job_file, capsys, monkeypatch
):
    monkeypatch.setattr(tex, "PATIENCE", 1)
    job = job_file()
    monkeypatch.setenv("PATH", str(put(job.parent.parent, BAD[case])), prepend=os.pathsep)
    monkeypatch.setattr("symrnn.report.report.certify_job", lambda *_: pytest.fail("work was begun"))
    began = time.monotonic()
    said = said_by(["report", str(job), "--engine", engine], capsys)
    assert "does not say within 1 s which pdfTeX it is" in said and "`--engine typst`" in said
    assert time.monotonic() - began < 20
    assert list(job.parent.iterdir()) == [job]


def test_a_pdflatex_that_is_no_program_is_one_line(job_file, capsys, monkeypatch):
    job = job_file()
    folder = put(job.parent.parent, "")
    (folder / "pdflatex").write_bytes(b"\x7fELF nothing")
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    assert "which pdfTeX" in said_by(["report", str(job)], capsys)
