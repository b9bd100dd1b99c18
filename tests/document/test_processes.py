"""Processes: results come back in order, and whatever is killed is one error at once and leaves nothing."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from symrnn.certificate import certify
from symrnn.cli import main
from symrnn.document.processes import (
    Limits,
    StoppedError,
    WorkerError,
    call_apart,
    in_parallel,
    run_confined,
)
from symrnn.tensor import SystemRefusal
from tests import ROOT
from tests.safety.test_interrupted import descendants, running

pytestmark = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="processes cannot be forked here"
)
SOON = 10  # seconds
ROOMY = Limits(seconds=60, memory=16 << 30)


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, of this test alone."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path / "temporary"


@contextlib.contextmanager
def soon() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SOON


def end_here(how: int = signal.SIGKILL) -> None:
    """End this process, which is a worker and not the test."""
    assert multiprocessing.parent_process() is not None
    os.kill(os.getpid(), how)
    time.sleep(600)  # where the signal was not heard


def fallen_silent() -> bytes:
    """Return a long result and be killed when a part of it has been sent."""

    def half(pipe: Connection, content: bytes) -> None:
        os.write(pipe.fileno(), bytes(content)[: len(content) // 2])
        end_here()

    Connection._send = half  # type: ignore[attr-defined,method-assign]
    return bytes(1_000_000)


# work that is shared


def test_results_come_in_the_order_of_the_tasks():
    assert list(in_parallel([lambda n=n: (time.sleep(0.02 * (9 - n)), n)[1] for n in range(9)])) == [
        *range(9)
    ]


def test_the_work_is_shared_among_processes_that_keep_what_they_know():
    known: list[int] = []

    def task(n: int) -> tuple[int, list[int]]:
        time.sleep(0.05)
        known.append(n)
        return os.getpid(), list(known)

    found = list(in_parallel([lambda n=n: task(n) for n in range(8)]))
    by_worker = dict(found)  # the last answer of each
    assert len(by_worker) == 2 and os.getpid() not in by_worker and known == []
    assert sorted(n for kept in by_worker.values() for n in kept) == [*range(8)]


def test_a_task_that_fails_raises_here_in_its_turn_and_says_where():
    def slow() -> int:
        time.sleep(0.5)
        return 1

    results = in_parallel([slow, lambda: 1 // 0, lambda: 2])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError) as error:
        next(results)
    assert "lambda: 1 // 0" in error.value.__notes__[0]
    assert multiprocessing.active_children() == []


LOST: dict[str, Callable[[], object]] = {
    "SIGKILL": end_here,
    "SIGTERM": lambda: end_here(signal.SIGTERM),
    "SIGKILL in the middle of a result": fallen_silent,
    "status 3": lambda: os._exit(3),
}


@pytest.mark.parametrize("how", LOST)
def test_a_worker_that_is_lost_is_one_error_at_once_and_the_others_end(how, temporary):
    """The others are not waited for, and a handler of Python that the command line sets saves nobody."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with soon(), pytest.raises(WorkerError, match=how.split()[0]) as error:
            list(in_parallel([LOST[how], *[lambda: time.sleep(600)] * 20]))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert isinstance(error.value, SystemRefusal)
    assert multiprocessing.active_children() == [] and list(temporary.iterdir()) == []


def test_the_handler_would_have_kept_the_worker_from_hearing_the_signal():
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        worker = multiprocessing.get_context("fork").Process(target=lambda: time.sleep(600), daemon=True)
        worker.start()
        os.kill(worker.pid, signal.SIGTERM)
        worker.join(0.5)
        assert worker.exitcode is None
        worker.kill()
        worker.join()
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_worker_that_waits_for_work_is_missed_when_there_is_some(temporary):
    results = in_parallel([os.getpid, *[lambda: time.sleep(0.5)] * 20])
    with soon(), pytest.raises(WorkerError, match="SIGKILL"):
        os.kill(next(results), signal.SIGKILL)
        list(results)


def test_what_a_worker_leaves_behind_is_removed(temporary):
    def leave() -> str:
        return tempfile.mkdtemp(prefix="left-")

    folders = list(in_parallel([leave, leave, leave]))
    assert all(Path(folder).is_relative_to(temporary) for folder in folders)
    assert list(temporary.iterdir()) == []


def test_whoever_takes_no_more_results_ends_the_workers():
    results = in_parallel([lambda: 1, *[lambda: time.sleep(600)] * 3])
    assert next(results) == 1
    assert len(multiprocessing.active_children()) == 2
    with soon():
        results.close()
    assert multiprocessing.active_children() == []


PROGRAM = """
import os, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
os.cpu_count = lambda: 2
from symrnn.cli import _end_as_if_interrupted
from symrnn.document import in_parallel
_end_as_if_interrupted()
try:
    list(in_parallel([lambda: time.sleep(600)] * 4))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers under /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whoever_ends_the_program_ends_its_workers(how, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            patience = time.monotonic() + 60
            while len(workers := [pid for pid, _ in descendants(process.pid)]) < 2:
                assert process.poll() is None and time.monotonic() < patience
                time.sleep(0.05)
            with soon():
                process.send_signal(how)
                said = process.communicate(timeout=60)[0]
                while any(map(running, workers)):
                    time.sleep(0.05)
        finally:
            process.kill()
    if how != signal.SIGKILL:  # nobody is left to tidy up
        assert said == "interrupted\n" and list(tmp_path.iterdir()) == []


# a report


@pytest.mark.parametrize("command", [["report", "--format", "tex"], ["verify"], ["verify", "--json"]])
def test_a_job_whose_worker_is_killed_says_so_once_and_writes_nothing(
    command, job_file, capsys, monkeypatch, tmp_path
):
    def killed_at_work(derivation, points):
        if multiprocessing.parent_process() is not None and "c" in map(str, derivation.goal.variables()):
            (tmp_path / "killed").write_text(str(time.monotonic()))
            end_here()
        return certify(derivation, points)

    monkeypatch.setattr("symrnn.report.ledger.certify", killed_at_work)
    job = job_file(('wrt = ["b"]', 'wrt = ["W", "U", "V", "b", "c"]'))
    assert main([command[0], str(job), *command[1:]]) == 3
    assert time.monotonic() - float((tmp_path / "killed").read_text()) < SOON
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert said.err.startswith("symrnn: a worker process ended by SIGKILL before its work was done")
    assert list(job.parent.iterdir()) == [job] and multiprocessing.active_children() == []


# a call apart, and a program


def test_a_call_made_apart_changes_nothing_here():
    here: list[int] = []
    assert call_apart(lambda: (here.append(1), len(here))[1], ROOMY) == 1
    assert here == []


def test_what_a_call_apart_raises_is_raised_here():
    with pytest.raises(FileNotFoundError, match="nowhere"):
        call_apart(lambda: Path("/nowhere").read_text(), ROOMY)


STOPPED: dict[str, tuple[Callable[[], object], Limits]] = {
    "somebody": (end_here, ROOMY),
    "time": (lambda: time.sleep(600), Limits(1, 16 << 30)),
    "computing": (lambda: sum(iter(int, 1)), Limits(1, 16 << 30)),
    "an exit": (lambda: os._exit(0), ROOMY),
    "half an answer": (fallen_silent, ROOMY),
}


@pytest.mark.parametrize("case", STOPPED)
def test_a_call_apart_that_is_stopped_is_an_error_with_its_limits(case):
    call, limits = STOPPED[case]
    with (
        soon(),
        pytest.raises(StoppedError, match=rf"\({limits.seconds} s, 16 GB of memory, files of 200 MB\)"),
    ):
        call_apart(call, limits)
    assert multiprocessing.active_children() == []


def test_a_call_apart_has_so_much_memory_and_no_more():
    with pytest.raises(MemoryError):
        call_apart(lambda: len(bytes(8 << 30)), Limits(60, 4 << 30))
    assert call_apart(lambda: len(bytes(1 << 20)), Limits(60, 4 << 30)) == 1 << 20


def test_a_program_gets_no_variable_and_no_input_and_its_output_goes_where_it_is_sent(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "Zebra")
    source = "import os, sys; print(sorted(os.environ), os.getcwd(), repr(sys.stdin.read())); sys.exit(7)"
    output = tmp_path / "said"
    assert run_confined([sys.executable, "-c", source], tmp_path, ROOMY, {"MINE": "1"}, output) == 7
    said = output.read_text()
    assert "SECRET" not in said and "'MINE'" in said and f"{tmp_path} ''" in said


def test_a_program_ends_with_all_that_it_started(tmp_path):
    source = "import sys, subprocess as s; s.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    found: list[int] = []

    def look() -> None:
        while len(found) < 2 and threading.main_thread().is_alive():
            found[:] = [pid for pid, line in descendants(os.getpid()) if "time.sleep(600)" in line]
            time.sleep(0.05)

    looking = threading.Thread(target=look)
    looking.start()
    with soon():
        with pytest.raises(StoppedError, match="2 s"):
            run_confined([sys.executable, "-c", source], tmp_path, Limits(2, 16 << 30), {})
        looking.join()
        assert len(found) == 2
        while any(map(running, found)):
            time.sleep(0.05)
