"""The stacked states of a document: its blocks are those of the arrays of the interface, or the job stops."""

from __future__ import annotations

import pytest

from symrnn.certificate import CertificateError
from symrnn.derivation import K
from symrnn.model import Cell
from symrnn.report import read_job
from symrnn.report.ledger import Ledger
from symrnn.report.material import Material
from symrnn.report.sections import stacked
from symrnn.tensor import Total
from tests import ROOT


@pytest.fixture(scope="module")
def material() -> Material:
    job = read_job(ROOT / "reports" / "lstm" / "job.toml")
    return Material(job, Ledger([job.point]))


def test_the_blocks_are_those_of_the_interface(material):
    before = len(material.ledger.certificates)
    assert stacked.section(material)
    assert len(material.ledger.certificates) == before + 2
    assert all(c.holds and c.deviation < 1e-12 for c in material.ledger.certificates[before:])


def test_a_total_derivative_where_a_block_stands_is_noticed(material, monkeypatch):
    monkeypatch.setattr(stacked, "block", lambda v, x, network: Total(v, x))
    with pytest.raises(CertificateError, match="stacked"):
        stacked.section(material)


def test_a_cell_with_one_state_stacks_nothing():
    network = Cell.load("gru").unroll(3)
    h, before = network["h", K], network["h", K - 1]
    assert stacked.block(h, before, network) == Total(h, before)
