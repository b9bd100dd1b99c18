"""What several test modules share: the seed of this run, and a small valid job in a folder of its own."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import FRESH_SEED
from tests.sampling import leave_to_deep

JOB = """\
title = "A small job"
kind = "derivation"
cell = "elman"
activation = "tanh"
loss = "cross_entropy"
state = 3
seed = 7

[initial]
s = [0.3, -0.2, 0.5]

[sequence]
inputs = [[0.4, -1.0], [1.5, 0.2]]
targets = [[0.1, 0.2, 0.3, 0.4], [0.0, 1.0, 0.0, 0.0]]
mask = [0.5, 1]

[derive]
of = "L[2]"
wrt = ["b"]
"""


def pytest_addoption(parser: Any) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the committed reports")


def pytest_configure() -> None:
    """Draw the seed of what is fresh in this run, once: the processes of pytest -n inherit it."""
    os.environ.setdefault(FRESH_SEED, str(secrets.randbelow(10**9)))


def pytest_report_header() -> str:
    return f"fresh random cells: {FRESH_SEED}={os.environ[FRESH_SEED]}"


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    leave_to_deep(items)


@pytest.fixture(autouse=True)
def plain_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``auto`` mean NumPy also where numba is installed: compiling takes longer than all tests."""
    monkeypatch.setattr("symrnn.numeric.execution.numba_is_here", lambda: False)


@pytest.fixture
def job_file(tmp_path: Path) -> Callable[..., Path]:
    """Return a writer of job files: the valid job, with some pieces of its text replaced."""

    def write(*changes: tuple[str, str], folder: str = "job") -> Path:
        text = JOB
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} is not in the job once"
            text = text.replace(old, new)
        (tmp_path / folder).mkdir(exist_ok=True)
        file = tmp_path / folder / "job.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write
