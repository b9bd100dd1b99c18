"""Forward plus backward, side by side: generated code, tuned NumPy, torch, JAX and CasADi.

``python -m tests.benchmarks.numeric`` prints a table of times relative to NumPy code tuned by hand, medians
of ratios of neighbouring runs; ``--readme`` puts it into the README. Every contender returns the loss and the
gradients by all parameters, initial states and inputs, and is checked against the yardstick before it is
timed. A contender that is not installed, or does not get ready within its limit, has a dash.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tests import ROOT

CONTENDERS = ("NumPy", "numba", "torch", "torch.compile", "JAX", "CasADi")
SECONDS = 1.2  # of timing for each pair
LIMIT = 150  # seconds for a contender to get ready

MARKS = ("<!-- table of times -->", "<!-- end of the table -->")
README = ROOT / "README.md"


def contender(name: str) -> Callable[[Any], Any]:
    """Return the function that prepares a contender."""
    from . import peers

    return {
        "NumPy": lambda problem: peers.ours(problem, "numpy"),
        "numba": lambda problem: peers.ours(problem, "numba"),
        "torch": peers.torch_autograd,
        "torch.compile": peers.torch_compiled,
        "JAX": peers.jax_scan,
        "CasADi": peers.casadi_graph,
    }[name]


def ratio(name: str, problem: Any, yardstick: Any) -> str:
    """Return the median ratio of a contender's time to that of the yardstick, as text."""
    from .problems import deviation

    def late(*_: Any) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT)
    try:
        run = contender(name)(problem)
        wrong = deviation(run(), yardstick())
        run()
    except (ImportError, TimeoutError, RuntimeError) as error:
        print(f"    {name}: {type(error).__name__}", file=sys.stderr, flush=True)
        return "–"
    finally:
        signal.alarm(0)
    if not wrong < 1e-9:
        raise AssertionError(f"{name} deviates by {wrong:.1e} on {problem.cell} {problem.size}")
    ratios, start = [], time.perf_counter()
    while len(ratios) < 5 or time.perf_counter() - start < SECONDS:
        before = time.perf_counter()
        yardstick()
        between = time.perf_counter()
        run()
        ratios.append((time.perf_counter() - between) / (between - before))
    return f"{statistics.median(ratios):.2f}"


def rows(threads: int) -> None:
    """Print the rows of the table for a number of threads; the caller has limited the threads."""
    if "torch" in sys.modules:
        raise AssertionError("thread counts are read when a library is loaded")
    from . import tuned
    from .problems import CELLS, SIZES, problem

    try:
        import torch

        torch.set_num_threads(threads)
    except ImportError:
        pass
    for cell in CELLS:
        for size in SIZES:
            given = problem(cell, size)
            yardstick = getattr(tuned, cell)(given)
            yardstick()
            found = [ratio(name, given, yardstick) for name in CONTENDERS]
            shown = " × ".join(map(str, size))
            print(f"| {cell} | {shown} | {threads} | {' | '.join(found)} |", flush=True)


def measured(threads: int) -> list[str]:
    """Run the comparison in a process of its own, with so many threads."""
    limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    several = "true" if threads > 1 else "false"
    flags = f"--xla_cpu_multi_thread_eigen={several} intra_op_parallelism_threads={threads}"
    command = [sys.executable, "-m", "tests.benchmarks.numeric", "--rows", str(threads)]
    environment = {**os.environ, **limits, "XLA_FLAGS": flags}
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None  # it was asked for
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line.strip())
    if process.returncode:
        raise SystemExit(process.returncode)
    return lines


def main() -> None:
    """Compare with one thread and with two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--readme", action="store_true", help="put the table into the README")
    options = parser.parse_args()
    if options.rows:
        rows(options.rows)
        return
    head = [
        f"| cell | T × d × n × batch | threads | {' | '.join(CONTENDERS)} |",
        "| --- " * (3 + len(CONTENDERS)) + "|",
    ]
    print("\n".join(head))
    table = "\n".join([*head, *measured(1), *measured(2)])
    if options.readme:
        text = README.read_text(encoding="utf-8")
        pattern = re.escape(MARKS[0]) + ".*" + re.escape(MARKS[1])
        text = re.sub(pattern, lambda _: f"{MARKS[0]}\n{table}\n{MARKS[1]}", text, flags=re.DOTALL)
        README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
