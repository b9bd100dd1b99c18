"""What deriving, certifying and reporting cost: ``python -m tests.benchmarks.derive [--quick]``.

Everything is measured in interpreters of their own (``tests.benchmarks.tasks``), one after the other. "Cold"
is the first round of a fresh interpreter, "warm" a later round of the same one. This module imports neither
symrnn nor SymPy: the peak memory of a child counts from that of its parent.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from statistics import median
from typing import Any

from tests import ROOT

JOB = "reports/deep/job.toml"
TIMEOUT = 120  # seconds for what may never end
RUNS = 5
FEW = 3
NUMBERS = "numbers of"

Round = dict[str, Any]


def run(task: str, *arguments: object, timeout: float | None = None) -> list[Round]:
    """Run a task in a fresh interpreter and return its rounds."""
    command = [sys.executable, "-m", "tests.benchmarks.tasks", task, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[2:])}:\n{done.stderr}")
    return list(json.loads(done.stdout))


def medians(rounds: Sequence[Round]) -> Round:
    """Return the median of every number over the rounds; a deviation counts at its worst."""
    keys = [key for key in rounds[0] if key != NUMBERS]
    return {key: (max if key == "deviation" else median)(r[key] for r in rounds) for key in keys}


def fresh(count: int, task: str, *arguments: object) -> Round:
    """Return the medians over ``count`` fresh interpreters, the first round of each."""
    return medians([run(task, *arguments)[0] for _ in range(count)])


def seconds(number: float) -> str:
    """Return a time as text, three digits."""
    return f"{number * 1e3:.3g} ms" if number < 0.9995 else f"{number:.3g} s"


def total(figures: Mapping[str, float], *names: str) -> float:
    """Return the sum of the named times."""
    return sum(figures[name] for name in names)


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()) -> str:
    """Return a table in plain text: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    lines = [
        "  "
        + "   ".join(
            cell.ljust(w) if n == 0 else cell.rjust(w) for n, (cell, w) in enumerate(zip(row, widths))
        )
        for row in (head, ["-" * w for w in widths], *rows)
    ]
    return "\n".join([title, "", *lines, *(f"  {note}" for note in notes)]) + "\n"


def from_cell_to_certificate() -> str:
    """Measure the way from the cell file to a certified ∂L_4/∂W."""
    cold = fresh(RUNS, "certified", 1)
    warm = medians(run("certified", RUNS + 1)[1:])
    phases = {
        "import symrnn": "import",
        "read the cell file": "load",
        "unroll to T = 4": "unroll",
        "derive ∂L_4/∂W": "derive",
        "certify every step and line": "certify",
    }
    rows = [
        [words, seconds(cold[key]), seconds(warm[key]) if key != "import" else ""]
        for words, key in phases.items()
    ]
    inner = [key for key in phases.values() if key != "import"]
    rows.append(["all but the import", seconds(total(cold, *inner)), seconds(total(warm, *inner))])
    return table(
        f"1. From the cell file to a certified ∂L_4/∂W (Elman; median of {RUNS})",
        ("", "cold", "warm"),
        rows,
        ("Each round has a random point of its own; warm, SymPy's scalar equations are remembered.",),
    )


def growth_of_paths() -> str:
    """Measure how the path expansion grows with T."""
    rows = []
    for steps in (4, 8, 16, 32):
        first, *again = run("paths", steps, FEW + 1)
        later = medians(again)
        worst = max(first["deviation"], later["deviation"])
        times = (later["derive"], first["certify"], later["certify"])
        rows.append([f"T = {steps}", str(first["steps"]), *map(seconds, times), f"{worst:.0e}"])
    return table(
        f"2a. Path expansion of ∂L_T/∂W: it grows with T (median of {FEW}; the first certificate once)",
        ("", "steps", "derive", "certify, first", "certify, again", "deviation"),
        rows,
    )


def growth_of_sweep() -> str:
    """Measure how the backward sweep grows with T."""
    names = ("unroll", "derive", "sweep", "complex step")
    rows = []
    for steps in (10, 100, 250, 500, 1000):
        found = [run("sweep", steps, 2) for _ in range(FEW)]
        cold, warm = (medians([rounds[n] for rounds in found]) for n in (0, 1))
        whole = total(cold, "point", *names)
        rows.append(
            [
                f"T = {steps}",
                *(seconds(cold[name]) for name in names),
                seconds(whole),
                seconds(total(warm, "point", *names)),
                seconds(whole / steps),
                f"{cold['memory'] - cold['memory before']:.0f} MB",
                f"{cold['deviation']:.0e}",
            ]
        )
    notes = (
        "Deviation: W, U, b, V, c and s0 from the complex step of the forward pass, relative to max(1, |·|).",
        f"Memory: peak growth from {cold['memory before']:.0f} MB after the import; all includes the point.",
    )
    head = ("", *("unroll", "derive sweep", "its numbers", "complex step"), "all, cold", "all, warm")
    return table(
        f"2b. Backward sweep, derived once for symbolic t: linear in T (median of {FEW} interpreters)",
        (*head, "per step", "memory", "deviation"),
        rows,
        notes,
    )


def growth_of_certified_sweep() -> str:
    """Measure how deriving and certifying the sweep of an LSTM grows with T."""
    rows = []
    for steps in (50, 100, 200, 400):
        found = fresh(1, "certified_sweep", "lstm", steps)
        time_, memory = found["certify"], f"{found['memory'] - found['memory before']:.0f} MB"
        rows.append(
            [f"T = {steps}", seconds(time_), seconds(time_ / steps), memory, f"{found['deviation']:.0e}"]
        )
    return table(
        "2c. Backward sweep of an LSTM, derived and certified, every line at every step: linear in T (once)",
        ("", "all", "per step", "memory", "deviation"),
        rows,
        (f"{found['lines']:.0f} lines, three witnesses; as symrnn derive lstm --view sweep --steps T does.",),
    )


def scalar_against_sympy(quick: bool) -> str:
    """Measure the scalar view against plain SymPy at the same size."""
    found = [run("scalar", 4, 2) for _ in range(FEW)]
    cold, warm = (medians([rounds[n] for rounds in found]) for n in (0, 1))
    ours = found[0][0][NUMBERS]
    rows = [
        [
            f"symrnn, T = 4, one equation per entry: {words}",
            seconds(cold[key]),
            seconds(warm[key]),
        ]
        for words, key in (("write them", "equations"), ("differentiate L_4 by everything", "derivatives"))
    ]
    names = ("equations", "derivatives")
    rows.append(["symrnn, T = 4: both", seconds(total(cold, *names)), seconds(total(warm, *names))])
    notes = [
        f"{cold['equations of the network']} equations, {cold['adjoints']} adjoints,"
        f" {cold['gradient entries']} derivatives by given entries.",
        "Rounds of one interpreter share SymPy's cache: a network that is new to it takes the cold time.",
    ]
    if quick:
        notes.append("--quick: plain SymPy is left out.")
    else:
        plain = run("plain_sympy", 4, "W", "U", "V")[0]
        rows.append(
            ["plain SymPy, T = 4: every state put into the next one", seconds(plain["substitute"]), ""]
        )
        for name in ("W", "U", "V"):
            rows.append(
                [f"plain SymPy, T = 4: diff by every entry of {name}", seconds(plain[f"diff by {name}"]), ""]
            )
        worst = max(abs(ours[name] - number) for name, number in plain[NUMBERS].items())
        rows.append(["plain SymPy, T = 6: diff by one entry of W", deep_entry(), ""])
        notes.append(
            f"{len(plain[NUMBERS])} derivatives compared at one random point: largest deviation {worst:.0e}."
        )
        notes.append(
            "Plain SymPy once, symrnn not involved: matrices of symbols, one expression, sympy.diff."
        )
    return table(
        f"3. Scalar derivatives of L_4 at d = 3, n = 4, m = 4 (median of {FEW} interpreters)",
        ("", "cold", "warm"),
        rows,
        notes,
    )


def deep_entry() -> str:
    """Return the time that plain SymPy needs for one entry at T = 6, or that it needs too long."""
    try:
        return seconds(run("plain_sympy", 6, "W_1,1", timeout=TIMEOUT)[0]["diff by W_1,1"])
    except subprocess.TimeoutExpired:
        return f"> {TIMEOUT} s"


def whole_report() -> str:
    """Measure ``symrnn report`` as a process, and its phases."""
    split = fresh(FEW, "report", JOB)
    phases = ("import", "read the job", "derive", "certify", "compose", "typeset")
    engines = [key.removeprefix("PDF by ") for key in split if key.startswith("PDF by ")]
    rows = [
        ["symrnn report, the whole process", *(seconds(median(process_times(engine))) for engine in engines)],
        *([f"  {phase}", *(seconds(split[phase]) for _ in engines)] for phase in phases),
        ["  PDF", *(seconds(split[f"PDF by {engine}"]) for engine in engines)],
    ]
    notes = (f"{split['certificates']} certificates, {split['lines']} printed lines read back.",)
    title = f"4. symrnn report {JOB} (median of {FEW} processes; phases measured apart)"
    return table(title, ("", *(f"with {engine}" for engine in engines)), rows, notes)


def process_times(engine: str) -> Iterator[float]:
    """Yield how long ``symrnn report`` takes, from start to exit."""
    for _ in range(FEW):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "symrnn", "report", JOB, "--out", folder, "--engine", engine]
            start = time.perf_counter()
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
            yield time.perf_counter() - start


def machine() -> str:
    """Return what was measured with."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("sympy", "numpy", "typst"))
    return f"symrnn benchmarks: Python {platform.python_version()}, {versions}, {os.cpu_count()} processors\n"


def main() -> None:
    """Print every table as soon as it is measured."""
    parser = argparse.ArgumentParser(description="Measure what deriving, certifying and reporting cost.")
    parser.add_argument("--quick", action="store_true", help="leave out plain SymPy, which takes minutes")
    quick = parser.parse_args().quick
    print(machine(), flush=True)
    for section in (from_cell_to_certificate, growth_of_paths, growth_of_sweep, growth_of_certified_sweep):
        print(section(), flush=True)
    print(scalar_against_sympy(quick), flush=True)
    print(whole_report(), flush=True)


if __name__ == "__main__":
    main()
