"""Mutants of job and cell files: still right, or refused with one message that says what is accepted."""

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from symrnn.cli import main
from symrnn.report.ledger import Ledger
from tests import FRESH_SEED
from tests.mutants import mutant

SEED = 20_260_711
CERTIFIED = 7
LONGEST = 180  # seconds: a right mutant makes a whole report, on a busy machine
SAYS_WHAT_IS_ACCEPTED = re.compile(
    r"accepted|at most|at least|built-in:|give |save the file as|did you mean|there are \w|it has "
    r"|here one may use|must be|write |add an"
)


class NoEnd(BaseException):
    """Not caught by anything on the way: the work took too long."""


@contextlib.contextmanager
def within(seconds: int) -> Iterator[None]:
    def end(*_: object) -> None:
        raise NoEnd

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def told(number: int, seed: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a mutant, and return what is wrong with what came of it, or nothing."""
    folder.mkdir()
    files = mutant(number, seed)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    out = folder / "out"
    try:
        with within(LONGEST):
            code = main(["report", str(folder / "job.toml"), "--format", "tex", "--out", str(out)])
    except NoEnd:
        return "no end"
    except (Exception, SystemExit) as error:
        return f"{type(error).__name__}: {error!s:.200}"
    said = capsys.readouterr().err
    if code == 0:
        return "" if (out / "certificate.json").exists() else "nothing written"
    if code != 2:
        return f"exit {code}: {said:.300}"
    if out.exists():
        return "half-written"
    if not said.startswith("symrnn: ") or said.count("\n") != 1 or len(said) > 1000:
        return f"no single message: {said:.300}"
    return "" if SAYS_WHAT_IS_ACCEPTED.search(said) else f"does not say what is accepted: {said}"


def check(numbers: range, seed: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Run mutants; of those that are still right one in so many is certified, the others are derived only."""
    found = {}
    for number in numbers:
        with pytest.MonkeyPatch.context() as patch:
            if number % CERTIFIED:
                patch.setattr(Ledger, "settle", lambda ledger: ledger.waiting.clear())
            found[number] = told(number, seed, folder / str(number), capsys)
    wrong = {f"mutant({number}, {seed})": words for number, words in found.items() if words}
    assert not wrong, "\n".join(f"{which}: {words}" for which, words in wrong.items())


def test_a_mutant_is_right_or_refused_with_one_message_that_says_what_is_accepted(tmp_path, capsys):
    check(range(20), SEED, tmp_path, capsys)


@pytest.mark.deep
@pytest.mark.parametrize("part", range(20))
def test_so_are_a_thousand_mutants_that_are_always_the_same(part, tmp_path, capsys):
    check(range(20 + 50 * part, 70 + 50 * part), SEED, tmp_path, capsys)


@pytest.mark.deep
@pytest.mark.parametrize("part", range(20))
def test_so_are_a_thousand_fresh_ones(part, tmp_path, capsys):
    check(range(50 * part, 50 * part + 50), int(os.environ[FRESH_SEED]), tmp_path, capsys)


def test_a_message_without_what_is_accepted_is_noticed():
    assert SAYS_WHAT_IS_ACCEPTED.search("job.toml: seed is 'x'; accepted: a whole number")
    assert not SAYS_WHAT_IS_ACCEPTED.search("job.toml: the key 'title' is missing")
