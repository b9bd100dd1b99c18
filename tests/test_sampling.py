"""What make test leaves to make deep are cases of tests that exist, and nothing is left out of both."""

from __future__ import annotations

import pytest

from tests import ROOT
from tests.sampling import ONE_OF, leave_to_deep


@pytest.mark.parametrize("file", ONE_OF)
def test_every_test_that_is_sampled_exists(file):
    source = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert [name for name in ONE_OF[file] if f"\ndef {name}(" not in source] == []


class Case:
    """A collected test, as far as sampling asks."""

    def __init__(self, nodeid: str) -> None:
        self.nodeid, self.marks = nodeid, []

    def get_closest_marker(self, name: str) -> None:
        return None

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        self.marks.append(mark.name)


def test_one_of_so_many_cases_stays_and_the_others_are_marked_deep():
    name = next(f"{file}::{name}" for file, tests in ONE_OF.items() for name in tests if tests[name] == 3)
    cases = [Case(f"tests/{name}[{n}]") for n in range(5)]
    leave_to_deep(cases)
    assert [case.marks for case in cases] == [[], ["deep"], ["deep"], [], ["deep"]]


def test_a_test_that_is_not_named_runs_whole():
    case = Case("tests/test_cli.py::test_something[1]")
    leave_to_deep([case])
    assert case.marks == []
