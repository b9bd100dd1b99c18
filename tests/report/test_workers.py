"""Results of shared work come back in order, and workers end when they are told to, wherever they wait."""

import multiprocessing
import os
import signal
import time

import pytest

from symrnn.report.workers import leave_interrupts_to_the_parent, shared

FORKS = "fork" in multiprocessing.get_all_start_methods()
needs_fork = pytest.mark.skipif(not FORKS, reason="processes cannot be forked here")


def test_results_come_in_the_order_of_the_tasks():
    assert list(shared([lambda n=n: (time.sleep(0.02 * (3 - n)), n)[1] for n in range(4)])) == [0, 1, 2, 3]


def test_a_task_that_fails_raises_here():
    with pytest.raises(ZeroDivisionError):
        list(shared([lambda: 1, lambda: 1 // 0, lambda: 2]))


@needs_fork
@pytest.mark.parametrize("begin, ends", [(leave_interrupts_to_the_parent, True), (lambda: None, False)])
def test_a_worker_ends_even_where_no_handler_of_python_can_run(begin, ends):
    """The gap before a wait is made as long as one likes by a signal handler that does not end."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # what the command line sets is no better here
    try:
        ready = multiprocessing.get_context("fork").Pipe(duplex=False)

        def wait() -> None:
            begin()
            ready[1].send(True)
            while True:
                time.sleep(1)

        worker = multiprocessing.get_context("fork").Process(target=wait, daemon=True)
        worker.start()
        assert ready[0].recv()
        os.kill(worker.pid, signal.SIGTERM)
        worker.join(0.5 if not ends else 10)
        assert (worker.exitcode == -signal.SIGTERM) == ends
        worker.kill()
        worker.join()
    finally:
        signal.signal(signal.SIGTERM, before)
