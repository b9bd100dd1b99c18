"""What a class costs: ``python -m tests.benchmarks.variants [--students 10 30 100] [--engine typst]``.

``symrnn report --variants`` for several students stands beside ``symrnn report`` for one. Both are timed as
whole processes, in turn: single runs before and after every class, so both meet the same machine.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.benchmarks.derive import ROOT, machine, seconds, table

JOB = "reports/bptt-exercise/job.toml"
ALLOWED = 1 / 3  # of the time of as many single runs
SINGLE = 2  # single runs before and after each class


def timed(folder: Path, engine: str, *options: str) -> float:
    """Return how long a report takes, from start to exit."""
    command = [sys.executable, "-m", "symrnn", "report", JOB, "--out", str(folder), "--engine", engine]
    start = time.perf_counter()
    subprocess.run([*command, "--format", "pdf", *options], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - start


def one(folder: Path, engine: str, seed: int) -> float:
    """Return the time of an exercise and its key for one student, numbers of their own."""
    return timed(folder / "one", engine, "--seed", str(seed))


def all_of(folder: Path, engine: str, students: int) -> float:
    """Return the time of a class; every student gets two PDFs."""
    listed = folder / "students.csv"
    listed.write_text("name\n" + "".join(f"Student {n}\n" for n in range(students)), encoding="utf-8")
    shutil.rmtree(folder / "class", ignore_errors=True)
    taken = timed(folder / "class", engine, "--variants", str(listed))
    made = len(list((folder / "class").glob("*/*.pdf")))
    assert made == 2 * students, f"{made} PDFs for {students} students"
    return taken


def measured(engine: str, classes: Sequence[int]) -> tuple[list[list[str]], list[float]]:
    """Return the rows of the table, and which part of as many single runs each class takes."""
    rows, parts = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one(folder, engine, 0)  # files of the fonts and of the packages are read once
        for students in classes:
            alone = [one(folder, engine, seed) for seed in range(SINGLE)]
            together = all_of(folder, engine, students)
            alone += [one(folder, engine, seed) for seed in range(SINGLE)]
            single = median(alone)
            parts.append(together / (students * single))
            row = [f"{students} students", seconds(together), seconds(together / students), seconds(single)]
            rows.append([*row, f"{parts[-1]:.0%}"])
    return rows, parts


def main() -> int:
    """Print a table for each engine; the exit status is 1 if the last class takes more than it may."""
    parser = argparse.ArgumentParser(description="Measure symrnn report --variants beside single runs.")
    parser.add_argument("--students", type=int, nargs="+", default=[10, 30, 100])
    parser.add_argument("--engine", nargs="+", default=["pdflatex", "typst"])
    options = parser.parse_args()
    print(machine(), flush=True)
    worst = 0.0
    for engine in options.engine:
        if engine == "pdflatex" and shutil.which(engine) is None:
            continue
        rows, parts = measured(engine, options.students)
        head = ("", "together", "per student", "one alone", "of single runs")
        notes = (f"Exercise and key of {JOB} as PDF; one alone is the median of {2 * SINGLE} processes.",)
        print(table(f"Variants with {engine}", head, rows, notes), flush=True)
        worst = max(worst, parts[-1])
    return int(worst > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
