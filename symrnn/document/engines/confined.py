"""A confined run: a program in a folder of its own, without input, network or more than its share.

It gets no variable of the environment but where programs are, a home of its own and a clock that stands
still; it may use so much time, memory and disk; at the time-out it ends with everything that it started.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from symrnn.tensor import SystemRefusal

EPOCH = 1_577_836_800  # 2020-01-01: the creation date in every PDF
TIMEOUT = 120  # seconds for one run
MEMORY, FILE_SIZE = 2 << 30, 200 << 20  # bytes
END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux
NOWHERE = "http://127.0.0.1:9"  # the port where nobody listens
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class EngineError(SystemRefusal):
    """A PDF could not be made; the message names the engine and what would help."""


def run(command: Sequence[str], folder: Path, settings: Mapping[str, str]) -> int | None:
    """Run a program in a folder.

    Parameters
    ----------
    command : sequence of str
    folder : Path
        Its working directory; ``home`` in it becomes its home.
    settings : mapping of str to str
        More variables of its environment.

    Returns
    -------
    int or None
        Its status; None if it was stopped, by a limit or by somebody.
    """
    home = folder / "home"
    home.mkdir(exist_ok=True)
    kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if key in os.environ}
    clock = {"TZ": "UTC", "SOURCE_DATE_EPOCH": str(EPOCH), "FORCE_SOURCE_DATE": "1", "LC_ALL": "C"}
    offline = {name: NOWHERE for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=kept | clock | offline | {"HOME": str(home), "TMPDIR": str(folder)} | dict(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # never into document.out, which is a file of TeX's own
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_limit if os.name == "posix" else None,
    )
    try:
        status = process.wait(TIMEOUT)
        return status if status >= 0 else None
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()


def _limit() -> None:
    import resource  # not on Windows, where nothing but this needs it

    resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT, TIMEOUT))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _LIBC is not None:  # elsewhere an engine outlives a killed symrnn, up to its limit of time
        _LIBC.prctl(END_WITH_PARENT, signal.SIGKILL)


def stopped(engine: str) -> EngineError:
    """Return the error of a run that was stopped."""
    limits = f"{TIMEOUT} s, {MEMORY >> 30} GB of memory, files of {FILE_SIZE >> 20} MB"
    return EngineError(f"engine {engine}: stopped, by somebody or at its limits ({limits})")
