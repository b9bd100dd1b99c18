"""Processes: a program run confined, a call made apart, and work shared among forked workers.

Nothing else of symrnn starts a process. What is confined or made apart has limits of time, memory and files,
and is killed at them with everything that it started. A forked process inherits what could not be sent to it:
rules are functions, and derivations hold them. So it finds its task in memory, by its number, and sends back
the result alone, plain data. Where processes cannot be forked, calls are made here, one after the other.

Every worker has a pipe of its own, and nobody else holds its end of it: so a worker that is killed, at any
moment, closes it, and that is an error at once. Rejected: ``multiprocessing.Pool``, which waits for ever for
the result of a killed worker, and ``ProcessPoolExecutor``, whose workers share one pipe: it waits for ever
when one of them is killed in the middle of a result.

No process outlives its parent, however that ends (on Linux; elsewhere it ends when its task is done, or at
its limits). Workers are killed, never asked to end, and a signal does to them what it does by default: Python
runs a handler of its own between two instructions, so a worker that is just about to wait would not hear it.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from symrnn.document.fence import fence
from symrnn.tensor import SystemRefusal

T = TypeVar("T")
EPOCH = 1_577_836_800  # 2020-01-01: the time on the clock of a program that runs confined
NOWHERE = "http://127.0.0.1:9"  # the port where nobody listens
MOST = 8  # workers
END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class StoppedError(SystemRefusal):
    """A program or a call was stopped before its end; the message names its limits."""


class WorkerError(SystemRefusal):
    """A worker was lost, and with it a part of the work."""


@dataclass(frozen=True)
class Limits:
    """How much time, memory and disk a process may use: seconds, and bytes."""

    seconds: int
    memory: int
    file_size: int = 200 << 20

    def impose(self) -> None:
        """Confine this process, for ever."""
        import resource  # not on Windows, where nothing but this needs it

        for kind, most in (
            (resource.RLIMIT_CPU, self.seconds),
            (resource.RLIMIT_AS, self.memory),
            (resource.RLIMIT_FSIZE, self.file_size),
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(kind)[1]  # which may be lower already
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))

    def stopped(self) -> StoppedError:
        """Return the error of a process that did not come to its end."""
        given = f"{self.seconds} s, {self.memory >> 30} GB of memory, files of {self.file_size >> 20} MB"
        return StoppedError(f"stopped, by somebody or at its limits ({given})")


def run_confined(
    command: Sequence[str],
    folder: Path,
    limits: Limits,
    settings: Mapping[str, str],
    output: Path | None = None,
    readable: Iterable[Path] | None = None,
) -> int:
    """Run a program in a folder, without input or network, and return its status.

    It gets no variable of the environment but where programs are, a home of its own and a clock that stands
    still.

    Parameters
    ----------
    command : sequence of str
    folder : Path
        Its working directory; ``home`` in it becomes its home.
    limits : Limits
    settings : mapping of str to str
        More variables of its environment.
    output : Path, optional
        Where what it prints goes.
    readable : iterable of Path, optional
        All that it may read beside that folder, where the system can see to it.

    Raises
    ------
    StoppedError
        If it was stopped, by a limit or by somebody.
    """
    home = folder / "home"
    home.mkdir(exist_ok=True)
    kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if key in os.environ}
    clock = {"TZ": "UTC", "SOURCE_DATE_EPOCH": str(EPOCH), "FORCE_SOURCE_DATE": "1", "LC_ALL": "C"}
    offline = {name: NOWHERE for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
    inside = contextlib.nullcontext(lambda: None) if readable is None else fence(readable, folder)
    try:
        with open(output or os.devnull, "wb") as printed, inside as enter:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=kept | clock | offline | {"HOME": str(home), "TMPDIR": str(folder)} | dict(settings),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=partial(_confine, limits, os.getpid(), enter) if os.name == "posix" else None,
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise StoppedError(f"{command[0]} cannot be started ({error})") from None
    try:
        status = process.wait(limits.seconds)
    except subprocess.TimeoutExpired:
        raise limits.stopped() from None
    finally:
        if process.poll() is None:
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
    if status < 0:
        raise limits.stopped()
    return status


def call_apart(call: Callable[[], T], limits: Limits) -> T:
    """Return what a call returns, or raise what it raises, made in a process of its own.

    Raises
    ------
    StoppedError
        If it was stopped, by a limit or by somebody.
    """
    if not _forks():
        return call()
    with _workers([call], 1, limits) as workers:
        (pipe,) = workers
        try:
            pipe.send(0)
            answer = pipe.recv() if pipe.poll(limits.seconds) else None
        except (EOFError, OSError):
            answer = None
    if answer is None:
        raise limits.stopped()
    return _opened(answer)


def in_parallel(tasks: Sequence[Callable[[], T]]) -> Iterator[T]:
    """Yield the results of tasks, in their order, made on every core.

    Parameters
    ----------
    tasks : sequence of callables
        Their results must be picklable.

    Raises
    ------
    WorkerError
        If a worker ends before its work does.
    """
    count = min(os.cpu_count() or 1, MOST, len(tasks))
    if count < 2 or not _forks():
        yield from (task() for task in tasks)
        return
    coming = iter(range(len(tasks)))
    answers: dict[int, _Answer] = {}
    with _workers(tasks, count) as workers:
        busy: dict[Connection, int] = {}
        idle = list(workers)
        for wanted in range(len(tasks)):
            while wanted not in answers:
                for pipe, number in zip(idle, coming):
                    busy[pipe] = number
                    with _held(workers[pipe]):
                        pipe.send(number)
                idle = [pipe for pipe in wait(list(busy)) if isinstance(pipe, Connection)]
                for pipe in idle:
                    with _held(workers[pipe]):
                        answers[busy.pop(pipe)] = pipe.recv()
            yield _opened(answers.pop(wanted))


_Answer = tuple[Any, Exception | None]  # what a task returned, or what it raised


def _opened(answer: _Answer) -> Any:
    result, error = answer
    if error is not None:
        raise error
    return result


def _forks() -> bool:
    return "fork" in multiprocessing.get_all_start_methods()


@contextmanager
def _workers(
    tasks: Sequence[Callable[[], Any]], count: int, limits: Limits | None = None
) -> Iterator[dict[Connection, BaseProcess]]:
    """Fork workers that do tasks by number, each at the other end of its pipe; in the end they are killed.

    What they leave behind lies in a folder that is removed.
    """
    context = multiprocessing.get_context("fork")
    workers: dict[Connection, BaseProcess] = {}
    with tempfile.TemporaryDirectory(prefix="symrnn-", ignore_cleanup_errors=True) as folder:
        begin = partial(_begin, limits, os.getpid(), folder)
        try:
            for _ in range(count):
                ours, theirs = context.Pipe()
                held = (ours, *workers)  # ends of pipes that a fork takes with it
                process = context.Process(target=_work, args=(tasks, theirs, begin, held), daemon=True)
                process.start()
                theirs.close()
                workers[ours] = process
            yield workers
        finally:
            for worker in workers.values():
                worker.kill()
            for pipe, worker in workers.items():
                worker.join()
                pipe.close()


@contextmanager
def _held(process: BaseProcess) -> Iterator[None]:
    """Say that a worker was lost where its pipe is closed."""
    try:
        yield
    except (EOFError, OSError):
        process.join(1)
        code = process.exitcode
        how = f"by {signal.Signals(-code).name}" if code is not None and code < 0 else f"with status {code}"
        raise WorkerError(
            f"a worker process ended {how} before its work was done: somebody ended it, or memory ran out;"
            " the same command can be run again"
        ) from None


def _work(
    tasks: Sequence[Callable[[], Any]],
    pipe: Connection,
    begin: Callable[[], None],
    held: Sequence[Connection],
) -> None:
    """Do tasks, a number at a time, until the pipe is closed."""
    begin()
    for other in held:
        other.close()
    with contextlib.suppress(EOFError, OSError):  # of the pipe: the parent has ended
        while True:
            task = tasks[pipe.recv()]
            answer: _Answer
            try:
                answer = task(), None
            except Exception as error:  # whatever it is, the parent raises it
                error.add_note(f"in a process of its own:\n{traceback.format_exc()}")
                answer = None, error
            pipe.send(answer)


def _begin(limits: Limits | None, parent: int, folder: str) -> None:
    """Begin a worker: it has nothing to tidy up, and leaves interrupts to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    tempfile.tempdir = folder
    if limits is None:
        _end_with(parent)
    else:
        _confine(limits, parent)


def _confine(limits: Limits, parent: int, enter: Callable[[], None] = lambda: None) -> None:
    limits.impose()
    _end_with(parent)
    enter()


def _end_with(parent: int) -> None:
    """Let this process be killed when its parent ends, however that ends."""
    if _LIBC is not None:
        _LIBC.prctl(END_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended already
            os._exit(1)
