"""One symbol, one value in a document: a symbol that stands for two things stops the job with both places."""

from __future__ import annotations

import re

import pytest

from symrnn.certificate import CertificateError
from symrnn.derivation import derive
from symrnn.model import Cell, builtin_cells
from symrnn.notation import Operator, matrix
from symrnn.report import read_job
from symrnn.report.ledger import Ledger
from symrnn.report.report import BUILDERS
from symrnn.report.signs import Signs
from symrnn.tensor import Immediate, Total
from symrnn.witness import random_point


def composed(job) -> Ledger:
    """Compose the document of a job; nothing is certified yet."""
    ledger = Ledger([job.point])
    BUILDERS[job.kind](job, ledger)
    return ledger


@pytest.fixture
def of_a_cell(tmp_path):
    def read(name: str):
        file = tmp_path / f"{name}.toml"
        file.write_text(
            f'title = "t"\ncell = "{name}"\nloss = "squared_error"\nstate = 2\nseed = 3\n'
            "[sequence]\ninputs = [[0.5, -1.0], [1.0, 0.3], [0.2, 0.1]]\n"
            "targets = [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4], [0.5, 0.25, 0.25]]\n"
        )
        return read_job(file)

    return read


@pytest.fixture
def printed_anew():
    """Layouts are remembered; forget them before and after a mark is changed."""
    matrix._layout.cache_clear()
    yield
    matrix._layout.cache_clear()


def test_a_circle_printed_as_a_plus_stops_the_report_of_a_peephole_with_both_places(
    of_a_cell, monkeypatch, printed_anew
):
    monkeypatch.setitem(matrix.MARKS, "Direct", Operator("+"))
    with pytest.raises(CertificateError) as error:
        composed(of_a_cell("lstm-peephole"))
    said = r"one symbol, two values: ∂⁺c\S+ in line \d+ of .* and in line \d+ of .* differ by \d"
    assert re.search(said, str(error.value))


@pytest.mark.deep
@pytest.mark.parametrize("name", builtin_cells())
def test_every_symbol_of_a_report_has_one_value(of_a_cell, name):
    assert composed(of_a_cell(name)).signs.known


def test_two_networks_that_compute_differently_are_told_apart_by_their_values():
    plain, masked = Cell.load("elman").unroll(3), Cell.load("elman").unroll(3, mask=(1, 0, 1))
    signs = Signs([random_point(plain)])
    signs.enter(derive(Total(plain["L"], plain["c"]), plain))
    with pytest.raises(CertificateError, match="one symbol, two values: L in line 1 of ∂L/∂c and"):
        signs.enter(derive(Total(masked["L"], masked["c"]), masked))


def test_the_same_symbol_of_the_same_network_with_other_nodes_is_one_symbol():
    network = Cell.load("lstm-peephole").unroll(3)
    signs = Signs([random_point(network)])
    goal = Immediate(network["c", 2], network["c", 1])
    for nodes in (network, network.condensed, network.whole):
        signs.enter(derive(goal, nodes))
    assert len({m.place for m in signs.known.values()}) > 1
