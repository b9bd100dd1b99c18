"""Work shared among the cores by forked processes, which inherit what could not be sent to them.

Rules are functions, and derivations hold them: a child finds its task in memory and sends back the result
alone, plain data. Where processes cannot be forked, the work is done here, one task after the other.

A worker must be killable at any moment. Python runs the handler of a signal between two instructions, so a
worker that is just about to wait for its next task would wait for ever; ``kill`` as the default action has no
such gap, and a pool whose work is done is closed, not killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
TASKS: list[Callable[[], Any]] = []
MOST = 8  # processes


def leave_interrupts_to_the_parent() -> None:
    """Begin a worker that has nothing to clean up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def shared(
    tasks: Sequence[Callable[[], T]], begin: Callable[[], None] = leave_interrupts_to_the_parent
) -> Iterator[T]:
    """Yield the results of tasks, in their order.

    Parameters
    ----------
    tasks : sequence of callables
        Their results must be picklable.
    begin : callable
        What each worker does first.
    """
    count = min(os.cpu_count() or 1, MOST, len(tasks))
    if count < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from (task() for task in tasks)
        return
    TASKS[:] = tasks
    try:
        with multiprocessing.get_context("fork").Pool(count, begin) as pool:
            yield from pool.imap(_done, range(len(TASKS)))
            pool.close()
            pool.join()
    finally:
        TASKS.clear()


def _done(position: int) -> Any:
    return TASKS[position]()
