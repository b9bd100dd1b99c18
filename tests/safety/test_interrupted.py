"""Interrupted, killed, or without space: every file is as it was, and nothing else is left behind."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from symrnn.cli import main
from symrnn.report import write_files
from symrnn.report.output import OutputError
from tests import ROOT

OLD = {"report.tex": b"old tex", "report.pdf": b"old pdf"}
NEW = {"report.tex": b"new tex", "certificate.json": b"{}", "report.pdf": b"new pdf"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    for name, content in OLD.items():
        (tmp_path / "out" / name).write_bytes(content)
    return tmp_path / "out"


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("problem", [KeyboardInterrupt, OSError(28, "No space left on device")])
@pytest.mark.parametrize("number", range(3))
def test_what_stops_between_two_files_leaves_the_old_ones(problem, number, folder, monkeypatch):
    replace, calls = os.replace, []

    def stop(source, target):
        calls.append(target)
        if len(calls) == number + 1:
            raise problem
        replace(source, target)

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises((KeyboardInterrupt, OutputError)):
        write_files(NEW, folder)
    assert content(folder) == OLD


def test_a_folder_in_the_place_of_a_file_leaves_the_old_ones(folder):
    (folder / "certificate.json").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_files(NEW, folder)
    (folder / "certificate.json").rmdir()
    assert content(folder) == OLD


def test_files_are_written_all_together(folder):
    assert write_files(NEW, folder) == [folder / name for name in NEW]
    assert content(folder) == NEW


LOOP = r"\documentclass{article}\begin{document}\loop\iftrue\repeat\end{document}"
BUSY = {"pdflatex": LOOP, "typst": "#for i in range(100000) { for j in range(100000) {} }"}


def descendants(pid: int) -> list[tuple[int, str]]:
    """Process and command line of everything that a process started."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                found += [(child, Path(f"/proc/{child}/cmdline").read_text()), *descendants(child)]
    return found


def running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the engine under /proc")
@pytest.mark.parametrize(
    "engine, how",
    [
        ("typst", signal.SIGINT),
        ("pdflatex", signal.SIGTERM),
        ("typst", signal.SIGKILL),
        pytest.param("pdflatex", signal.SIGINT, marks=pytest.mark.deep),
        pytest.param("typst", signal.SIGTERM, marks=pytest.mark.deep),
        pytest.param("pdflatex", signal.SIGKILL, marks=pytest.mark.deep),
    ],
)
def test_a_report_that_is_ended_at_its_engine_leaves_no_file_and_no_engine(engine, how, job_file, tmp_path):
    if shutil.which(engine) is None and engine == "pdflatex":
        pytest.skip("pdflatex is not installed")
    job, mine, temporary = job_file(), tmp_path / "mine", tmp_path / "temporary"
    mine.mkdir()
    temporary.mkdir()
    (mine / f"report.{'tex' if engine == 'pdflatex' else 'typ'}.j2").write_text(BUSY[engine])
    command = [
        sys.executable,
        "-m",
        "symrnn",
        "report",
        str(job),
        "--engine",
        engine,
        "--templates",
        str(mine),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    what = "document.tex" if engine == "pdflatex" else "child.py"
    with subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # not as in the background
    ) as process:
        try:
            engines: list[int] = []
            patience = time.monotonic() + 240  # for a busy machine; a report takes a few seconds
            while not engines and process.poll() is None and time.monotonic() < patience:
                time.sleep(0.1)
                engines = [pid for pid, line in descendants(process.pid) if what in line]
            process.send_signal(how)
            said = process.communicate(timeout=60)[1]
        finally:
            process.kill()
    assert engines, said
    assert list(job.parent.iterdir()) == [job]
    if how == signal.SIGKILL:  # nobody is left to tidy up the temporary folder
        patience = time.monotonic() + 10
        while any(map(running, engines)) and time.monotonic() < patience:
            time.sleep(0.05)
    else:
        assert process.returncode == 130
        assert said == "symrnn: interrupted; nothing was written\n"
        assert list(temporary.iterdir()) == []
    assert not any(map(running, engines))


def test_a_message_cannot_move_the_cursor_or_turn_the_line(tmp_path, capsys):
    folder = tmp_path / "evil\x1b[2J\u202e\n[/bold]"
    assert main(["report", str(folder / "job.toml")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e]", said)
    assert r"evil\x1b[2J\u202e\n[/bold]" in said


def test_a_folder_may_be_called_anything(tmp_path, job_file, capsys):
    job = job_file(folder="[red]$(id)`id` \x1b[2J 漢 ' \" \\")
    assert main(["report", str(job), "--format", "tex,html"]) == 0
    said = capsys.readouterr().out
    assert r"[red]$(id)`id` \x1b[2J 漢" in said and "\x1b" not in said
    assert len(list(job.parent.iterdir())) == 5
