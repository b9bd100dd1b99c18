"""Where a page says that a parameter stands openly in an equation, the page shows it there."""

import pytest

from symrnn.document import Display
from symrnn.notation import text
from symrnn.report import read_job
from symrnn.report.ledger import Ledger
from symrnn.report.material import Material
from symrnn.report.sections.paths import two_kinds
from symrnn.witness import random_point

CASES = {
    "elman": ("", "W", "s_2 = σ(U x_2 + W s_1 + b)"),
    "lstm": ("h", "W_f", "c_2 = σ(U_f x_2 + W_f h_1 + b_f) ⊙ c_1 + i_2 ⊙ g_2"),
    "gru": ("h", "W_z", None),
}


@pytest.mark.parametrize("name", CASES)
def test_the_equation_shows_the_parameter_that_it_is_said_to_show(name, job_file):
    state, wrt, expected = CASES[name]
    gated = (('"elman"', f'"{name}"'), ('activation = "tanh"\n', ""), ("s = [0.3", f"{state} = [0.3"))
    job = read_job(job_file(('wrt = ["b"]', f'wrt = ["{wrt}"]'), *(gated if state else ())))
    ledger = Ledger((job.point, random_point(job.network, 1)))
    shown, braced = [b for b in two_kinds(Material(job, ledger)) if isinstance(b, Display)]
    (line,) = shown.lines
    said = f"{text(line.lhs)} = {' '.join(map(text, line.rhs))}"
    assert wrt in said and (expected is None or said == expected), said
    assert any(c.goal.startswith("equation of") for c in ledger.certificates)
    assert braced.lines


def test_an_equation_that_shows_its_parameter_is_not_printed_again(tmp_path, job_file):
    open_ = (
        'name = "Open"\nsource = "made"\nstates = ["s"]\n'
        '[parameters]\nU = ["d", "n"]\nW = ["d", "d"]\nV = ["m", "d"]\n'
        '[equations]\ns = "tanh(U @ x[t] + W @ s[t-1])"\nz = "V @ s[t]"\n'
    )
    file = job_file(('"elman"', '"open.toml"'), ('activation = "tanh"\n', ""), ('wrt = ["b"]', 'wrt = ["W"]'))
    (file.parent / "open.toml").write_text(open_)
    job = read_job(file)
    found = two_kinds(Material(job, Ledger((job.point,))))
    assert sum(isinstance(block, Display) for block in found) == 1
