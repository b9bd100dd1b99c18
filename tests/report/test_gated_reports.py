"""Reports of gated cells: what they must show, that every formula fits, and that a page reads well."""

import json
import re
import shutil
import subprocess

import pytest

from symrnn.derivation import OneStep
from symrnn.document.engines import overfull, typst_overflows
from symrnn.model import Cell, OrderedNetwork, builtin_cells
from symrnn.notation import (
    Operator,
    Symbol,
    broken,
    chained,
    row,
    straight_term,
    terms,
    text,
    unrolled,
    width,
)
from symrnn.report import make_report, read_job
from symrnn.report.forms import families, form
from symrnn.report.ledger import Ledger
from symrnn.report.material import Material
from symrnn.tensor import Apply, Variable
from symrnn.witness import random_point
from tests import ROOT
from tests.typeset import typeset

REPORTS = ROOT / "reports"
needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler-utils are not installed"
)
both = pytest.mark.parametrize("name", ("lstm", "gru"))
JOB = """\
title = "A job"
cell = "{cell}"
loss = "{loss}"
state = 2
[initial]
{initial}
[sequence]
inputs = [[0.5, -1.0], [1.0, 0.3], [0.2, 0.1]]
targets = [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4], [0.5, 0.25, 0.25]]
mask = [{mask}, 1, 1]
"""
LOSS_AND_MASK = (("squared_error", 1), ("cross_entropy", 0.5))
EVERY_CELL = [(cell, *LOSS_AND_MASK[n % 2]) for n, cell in enumerate(builtin_cells())]
TWO_LAYERS = """\
name = "Two layers"
source = "two Elman layers, one on the other"
states = ["h", "g"]
[parameters]
U = ["d", "n"]
W = ["d", "d"]
U_g = ["d", "d"]
W_g = ["d", "d"]
b_g = ["d"]
V = ["m", "d"]
[equations]
a = "U @ x[t] + W @ h[t-1]"
h = "sigma(a[t])"
a_g = "U_g @ h[t] + W_g @ g[t-1] + b_g"
g = "sigma(a_g[t])"
z = "V @ g[t]"
"""


def source_of(name: str) -> str:
    """The source of a committed report; ``tests/golden`` makes it again."""
    return (REPORTS / name / "report.tex").read_text(encoding="utf-8")


def network_of(name: str, steps: int = 4) -> OrderedNetwork:
    return Cell.load(name).unroll(steps)


@needs_tex
@both
def test_no_formula_of_a_committed_report_is_wider_than_the_page_in_latex(name):
    _, log = typeset(source_of(name))
    assert [box for box in overfull(log) if box[0] > 0.5] == []


@needs_poppler
@pytest.mark.parametrize("name", ("deep", "lstm", "gru"))
def test_no_heading_of_a_committed_report_stands_at_the_foot_of_a_page(name):
    command = ["pdftotext", "-layout", str(REPORTS / name / "report.pdf"), "-"]
    pages = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\f")[:-1]
    assert len(pages) <= (16 if name == "deep" else 14)
    for page in pages:
        *_, last, foot = [line for line in page.splitlines() if line.strip()]
        assert "Every line was evaluated" in foot
        assert not re.match(r"\s*\d+\s{2,}[A-Z]", last) and not re.match(r"\s*By [a-z]", last), last


@both
def test_a_report_tells_gates_held_fixed_from_all_paths(name):
    source = source_of(name)
    gate = {"lstm": "f", "gru": "u"}[name]
    assert r"\result{Gates held fixed}" in source and r"\result{All paths}" in source
    assert rf"\operatorname{{diag}}({gate}_{{k}})" in source
    assert (
        rf"\operatorname{{diag}}({gate}_{{t}}) \, \cdots \, \operatorname{{diag}}({gate}_{{k+1}})" in source
    )


def test_the_report_of_an_lstm_counts_paths_and_edges():
    source = source_of("lstm")
    assert "& 1 & 4 & 12 & 33 & 88" in source and "& 3 & 8 & 13 & 18 & 23" in source
    certificate = json.loads((REPORTS / "lstm" / "certificate.json").read_text(encoding="utf-8"))
    counted = [c for c in certificate["certificates"] if "number of paths" in c["goal"]]
    assert len(counted) == 16 and all(c["holds"] and c["deviation"] == 1e-12 for c in counted)


def test_sections_follow_what_a_cell_has():
    chain, gates = r"\head{Any number of steps}", r"\head{One step, edge by edge}"
    assert chain in source_of("gru") and gates in source_of("gru")
    assert chain not in source_of("lstm") and gates in source_of("lstm")


def test_a_pre_activation_is_never_written_inside_another_formula():
    step = OneStep(network_of("lstm"))
    for derivation in (*step.edges.values(), *step.jacobians.values()):
        assert not {v.name for v in derivation.result.variables()} & {"x", "b_i", "b_f", "b_g", "b_o"}
        for applied in derivation.result.atoms(Apply):
            assert isinstance(applied.argument, Variable)


def test_the_gates_of_an_lstm_are_of_one_form_and_its_cell_state_is_not():
    step = OneStep(network_of("lstm"))
    found = {str(goal): derivation for goal, derivation in step.edges.items()}
    gates = [found[f"Total({g}[k], a_{g}[k])"] for g in "ifog"]
    assert len(families(gates)) == 1
    assert form(found["Total(h[k], c[k])"]) != form(found["Total(h[k], o[k])"])
    assert form(found["Total(c[k], f[k])"]) != form(found["Immediate(c[k], c[k - 1])"])


def test_a_graph_highlights_one_path_along_the_gates():
    network = network_of("lstm")
    term = straight_term(network, network["W_f"], 2, 4)
    assert [str(v) for v in term.path] == ["c[2]", "c[3]", "c[4]", "h[4]", "L[4]"]
    scene = unrolled(network, term)
    assert sum(edge.style == "path" for edge in scene.edges) == 4
    assert sum(edge.style == "use" for edge in scene.edges) == 1  # from h[1], which W_f multiplies
    named = {text(edge.label) for edge in scene.edges if edge.label is not None}
    assert named == {"f_1", "f_2", "f_3", "f_4"}


def test_a_graph_has_one_term_for_each_path():
    network = network_of("lstm", 3)
    found = list(terms(network, network["W_f"], network["L", 3]))
    assert len(found) == len(set(found)) == 12
    assert all(term.path[0].name == "c" and term.path[-1] == network["L", 3] for term in found)


def test_no_state_hides_an_arrow():
    scene = unrolled(network_of("lstm"))
    for edge in scene.edges:
        for node in scene.nodes:
            along = ((node.x - edge.x1) * (edge.x2 - edge.x1) + (node.y - edge.y1) * (edge.y2 - edge.y1)) / (
                (edge.x2 - edge.x1) ** 2 + (edge.y2 - edge.y1) ** 2
            )
            if 0.05 < along < 0.95:
                x, y = edge.x1 + along * (edge.x2 - edge.x1), edge.y1 + along * (edge.y2 - edge.y1)
                assert ((node.x - x) ** 2 + (node.y - y) ** 2) ** 0.5 > node.size / 2


def test_a_long_sum_is_broken_at_its_signs_and_a_long_product_between_factors():
    def product(n):
        return row(*(x for i in range(n) for x in (Symbol("a"), Operator("thin"))), Symbol("b"))

    total = row(product(12), Operator("+"), product(3), Operator("-"), product(30))
    lines = broken(total, 40)
    assert all(width(line) <= 40 for line in lines) and len(lines) > 3
    assert text(lines[0]) == " ".join("a" * 12) + " b"
    assert text(lines[1]).startswith("+ a") and text(lines[-1]).endswith("b")
    joined = " ".join(text(line) for line in lines)
    assert joined.replace(" ", "") == text(total).replace(" ", "")


def test_a_chain_of_equations_is_broken_in_front_of_its_signs():
    sides = [Symbol("a"), row(*[Symbol("b")] * 30), Symbol("c")]
    middle = width(row(Operator("="), sides[1]))
    assert [text(line)[:3] for line in chained(sides, middle)] == ["a", "= b", "= c"]
    assert [text(line)[:3] for line in chained(sides, 90)] == ["a ="]


@pytest.mark.parametrize("loss", ("squared_error", "cross_entropy"))
def test_a_report_of_two_layers_without_gates_is_made(loss, tmp_path):
    (tmp_path / "two.toml").write_text(TWO_LAYERS)
    initial = "h = [0.3, -0.4]\ng = [0.1, 0.2]"
    (tmp_path / "job.toml").write_text(
        JOB.format(cell="two.toml", loss=loss, initial=initial, mask=1).replace(
            "state = 2", "state = 2\nseed = 3"
        )
    )
    report = make_report(read_job(tmp_path / "job.toml"), ("typ",))
    assert report.certificate["holds"]
    assert typst_overflows(report.files["report.typ"].decode()) == []


def test_a_job_may_ask_for_one_parameter_only(tmp_path):
    text_ = JOB.format(cell="lstm", loss="cross_entropy", initial="c = [0.3, -0.4]", mask=0.5)
    (tmp_path / "job.toml").write_text(text_ + '[derive]\nwrt = ["b_o"]\n')
    job = read_job(tmp_path / "job.toml")
    material = Material(job, Ledger((job.point, random_point(job.network, 1))))
    assert str(material.main) == "b_o" and str(material.state(2)) == "h[2]"
    assert make_report(job, ("typ",)).certificate["holds"]


@pytest.mark.deep
@pytest.mark.parametrize(("cell", "loss", "mask"), EVERY_CELL)
def test_every_built_in_cell_has_a_report_in_which_everything_fits(cell, loss, mask, tmp_path):
    sizes = {"d": 2, "m": 3}
    loaded = Cell.load(cell)
    initial = "\n".join(f"{s} = {[0.3, -0.4, 0.2][: sizes[loaded.signals[s][0]]]}" for s in loaded.states)
    (tmp_path / "job.toml").write_text(JOB.format(cell=cell, loss=loss, initial=initial, mask=mask))
    report = make_report(read_job(tmp_path / "job.toml"), ("typ",))
    assert report.certificate["holds"]
    assert typst_overflows(report.files["report.typ"].decode()) == []
