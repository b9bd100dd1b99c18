"""A node answers SymPy's ``latex``, and so notebooks, whatever has been imported before."""

import subprocess
import sys

from sympy import latex

from symrnn import in_latex
from symrnn.tensor import Partial, Plus, Variable
from tests import ROOT

S = Variable("s", ("d",), 3)
ALONE = """
from symrnn.tensor import *
from sympy import latex
print(latex(Total(Variable("s", ("d",), 3), Variable("W", ("d", "d")))))
"""


def test_a_node_is_printed_by_sympy_where_nothing_else_was_imported():
    made = subprocess.run([sys.executable, "-c", ALONE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert made.stdout.strip() == r"\frac{\partial s_{3}}{\partial W}"


def test_sympy_and_notebooks_get_the_formula_without_colours():
    node = Plus(Partial(S, S.at(2)), Partial(S, S.at(1)))
    assert latex(node) == in_latex(node)
    assert node._repr_latex_() == rf"$\displaystyle {in_latex(node)}$"
    assert "color" not in in_latex(node)
