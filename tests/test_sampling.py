"""What make test leaves to make deep are cases of tests that exist, and nothing is left out of both."""

from __future__ import annotations

import pytest

from tests import ROOT
from tests.sampling import ONE_OF, leave_to_deep


@pytest.mark.parametrize("name", ONE_OF)
def test_every_test_that_is_sampled_exists(name):
    file, _, function = name.partition("::")
    assert f"\ndef {function}(" in (ROOT / "tests" / file).read_text(encoding="utf-8")


class Case:
    """A collected test, as far as sampling asks."""

    def __init__(self, nodeid: str) -> None:
        self.nodeid, self.marks = nodeid, []

    def get_closest_marker(self, name: str) -> None:
        return None

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        self.marks.append(mark.name)


def test_one_of_so_many_cases_stays_and_the_others_are_marked_deep():
    name = next(name for name, share in ONE_OF.items() if share == 3)
    cases = [Case(f"tests/{name}[{n}]") for n in range(5)]
    leave_to_deep(cases)
    assert [case.marks for case in cases] == [[], ["deep"], ["deep"], [], ["deep"]]


def test_a_test_that_is_not_named_runs_whole():
    case = Case("tests/test_cli.py::test_something[1]")
    leave_to_deep([case])
    assert case.marks == []
