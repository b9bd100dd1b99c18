"""Generated modules: they stand alone and pass the test that comes with them; a mistake in them does not."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from symrnn.cli import main
from symrnn.model import Cell, builtin_cells
from symrnn.numeric import CompileError, is_sealed, program, source, source_of_test
from symrnn.numeric.codegen import helpers
from symrnn.numeric.codegen.printer import FUNCTIONS
from symrnn.numeric.codegen.seal import SEAL
from symrnn.numeric.codegen.slopes import LOGISTIC, ODDS, SHARE, SLOPES
from symrnn.numeric.codegen.source import SIGNED
from symrnn.tensor import TABLE

LOSSES = ("cross_entropy", "squared_error")
SCALARS = """\
name = "Scalars"
source = "made for this test"
states = ["s", "level"]
[signals]
level = []
[parameters]
U = ["d", "n"]
p = ["d"]
q = ["d"]
rate = []
V = ["m", "d"]
[equations]
gain = "sigmoid(p)"
level = "1/2 * level[t-1] + q @ s[t-1] + rate"
a = "U @ x[t] + gain[t] * s[t-1] + p * s[t-1] * s[t-1]"
s = "tanh(a[t]) + 1/4 * s[t-1]"
z = "V @ (s[t] * s[t]) - V @ s[t]"
"""
AWKWARD = """\
name = "Awkward names"
source = "made for this test"
states = ["range", "np"]
[parameters]
float = ["d", "n"]
memory = ["d", "d"]
scratch = ["d", "d"]
rows = ["d"]
V = ["m", "d"]
[equations]
gates = "float @ x[t] + memory @ range[t-1] + rows"
out = "float @ x[t] + scratch @ range[t-1]"
np = "sigmoid(gates[t]) * np[t-1] + tanh(out[t])"
range = "relu(np[t]) - log(1 + exp(np[t]))"
z = "V @ range[t]"
"""
BOUNDED = """\
name = "bounded"
source = "made for this test: {source}"
states = ["s"]
[parameters]
tau = ["d"]
U = ["d", "n"]
W = ["d", "d"]
V = ["m", "d"]
{more}
[equations]
a = "W @ s[t-1] + U @ x[t]"
s = "{s}"
z = "V @ s[t]"
"""
TIME_CONSTANT = BOUNDED.format(source="a quotient by a parameter", more="", s="tanh(a[t]) * exp(-log(tau))")
POSITIVE = BOUNDED.format(
    source="the same, stated positive",
    more='[domains]\ntau = "positive"',
    s="tanh(a[t]) * exp(-log(tau))",
)
STEEP = BOUNDED.format(source="a tower of exponentials", more="", s="tau * exp(exp(exp(a[t])))")
NOWHERE = BOUNDED.format(source="no number fits", more="", s="tanh(a[t]) * log(-1 * exp(tau))")
FILES = {
    "scalars": SCALARS,
    "awkward": AWKWARD,
    "quotient": TIME_CONSTANT,
    "steep": STEEP,
    "positive": POSITIVE,
}


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests in a folder with nothing of ours in reach."""
    command = [sys.executable, "-I", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


def write(cell: Cell, folder: Path, name: str) -> None:
    made = program(cell)
    (folder / f"{name}.py").write_text(source(made.module), encoding="utf-8")
    (folder / f"test_{name}.py").write_text(source_of_test(made, name), encoding="utf-8")


def test_every_generated_module_passes_the_test_beside_it(tmp_path):
    for name in builtin_cells():
        for loss in LOSSES:
            write(Cell.load(name, loss=loss), tmp_path, f"{name}_{loss}".replace("-", "_"))
    for name, text in FILES.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
        write(Cell.load(tmp_path / f"{name}.toml"), tmp_path, f"made_{name}")
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_test_is_written_for_a_cell_that_no_number_fits(tmp_path):
    (tmp_path / "nowhere.toml").write_text(NOWHERE, encoding="utf-8")
    with pytest.raises(CompileError, match=r"of 10000 draws .* 0 can be used.* s is no number below"):
        source_of_test(program(Cell.load(tmp_path / "nowhere.toml")), "nowhere")


WRONG = (  # a statement of the LSTM's module, and a mistake in it that people make
    ("c_bar += c_bar_carried", "pass"),
    ("np.multiply(c_bar, f_t, c_bar_carried)", "np.multiply(c_bar, c_bar, c_bar_carried)"),
    ("z_bar *= weights", "pass"),
    ("W_h_bar = gathered(gates_bar, h[:-1])", "W_h_bar = gathered(gates_bar, h[1:])"),
    ("a_i_bar_t *= c_bar", "a_i_bar_t *= h_bar_t"),
    ("np.dot(gates_bar_t, W_h, h_bar_carried)", "np.dot(gates_bar_t, W_h * 1.001, h_bar_carried)"),
)


@pytest.mark.parametrize(("right", "wrong"), WRONG)
def test_the_test_beside_a_module_fails_if_a_statement_is_wrong(tmp_path, right, wrong):
    write(Cell.load("lstm"), tmp_path, "lstm")
    file = tmp_path / "lstm.py"
    text = file.read_text(encoding="utf-8")
    assert text.count(right) == 1
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 1 and "failed" in done.stdout


@pytest.mark.parametrize("name", builtin_cells())
def test_a_generated_module_imports_only_numpy_and_documents_every_function(name):
    text = source(program(Cell.load(name)).module)
    tree = ast.parse(text)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [alias.name for node in imports for alias in node.names] == ["numpy"]
    assert SIGNED in str(ast.get_docstring(tree)) and text.splitlines()[-1].startswith(SEAL)
    assert text.count(SEAL) == 1
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        assert ast.get_docstring(function), function.name
    assert max(map(len, text.splitlines())) <= 110
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not {n for n in bound if n.startswith("map_") or n.startswith("hoisted_")}  # names of the plan


@pytest.mark.parametrize("name", [*builtin_cells(), *FILES])
def test_a_generated_function_binds_nothing_that_it_does_not_read(name, tmp_path):
    if name in FILES:
        (tmp_path / f"{name}.toml").write_text(FILES[name], encoding="utf-8")
    cell = Cell.load(tmp_path / f"{name}.toml" if name in FILES else name)
    for function in ast.parse(source(program(cell).module)).body:
        if isinstance(function, ast.FunctionDef):
            names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
            added_to = [node.target for node in ast.walk(function) if isinstance(node, ast.AugAssign)]
            read = {node.id for node in names if isinstance(node.ctx, ast.Load) or node in added_to}
            assert {node.id for node in names if isinstance(node.ctx, ast.Store)} <= read


def test_a_cell_that_is_loaded_twice_is_derived_once():
    assert program(Cell.load("lstm")) is program(Cell.load("lstm"))
    assert program(Cell.load("lstm")) is not program(Cell.load("lstm", loss="squared_error"))


def test_every_function_of_the_table_has_a_name_in_numpy_and_a_slope_if_it_has_a_derivative():
    assert set(TABLE) <= {*FUNCTIONS, "sigmoid"} and set(LOGISTIC) == {ODDS, SHARE}
    assert {name for name, row in TABLE.items() if row.derivative} == set(SLOPES)


def test_words_of_a_cell_file_cannot_leave_the_docstring(tmp_path):
    hostile = json.dumps('x""" \\' + '\nimport os; os.abort()\n""" \\')
    text = SCALARS.replace('"made for this test"', hostile).replace('"Scalars"', hostile)
    (tmp_path / "cell.toml").write_text(text, encoding="utf-8")
    tree = ast.parse(source(program(Cell.load(tmp_path / "cell.toml")).module))
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.Import) and n.names[0].name != "numpy"]
    assert "os.abort()" in str(ast.get_docstring(tree))


def test_the_equation_of_every_signal_stands_beside_its_statements():
    text = source(program(Cell.load("gru")).module)
    for equation in (
        "a_{r,t} = U_r x_t + W_r h_{t-1} + b_r",
        "r̄_t = ā_{g,t} ⊙ q_t",
        "W̄_n = Σ_t q̄_t h_{t-1}ᵀ",
    ):
        assert f"# {equation}" in text


def test_products_with_one_vector_are_stacked_and_the_rest_waits_for_no_loop():
    text = source(program(Cell.load("lstm")).module)
    loop = text[text.index("for t in range(T)") : text.index("# z_t =")]
    assert loop.count("np.dot(") == 1 and "U_" not in loop.replace("U_i x", "").split("# i_t")[1]
    loop = text[text.index("for t in range(last") : text.index("# x̄_t")]
    assert loop.count("np.dot(") == 1 and "gathered" not in loop


def test_numba_compiles_the_functions_as_they_are(monkeypatch):
    pytest.importorskip("numba", reason="numba is an optional extra")
    pytest.importorskip("scipy", reason="numba takes matrix products from SciPy")
    monkeypatch.setattr("symrnn.numeric.execution.numba_is_here", lambda: True)
    cell = Cell.load("gru")
    code, rng = program(cell), np.random.default_rng(0)
    sizes = {"n": 2, "d": 3, "m": 4}
    parameters = {p: rng.normal(size=tuple(sizes[a] for a in s)) for p, s in cell.parameters.items()}
    x, y = rng.normal(size=(4, 2, 2)), rng.normal(size=(4, 2, 4))
    initial, weights = {"h": rng.normal(size=(2, 3))}, rng.uniform(size=(4, 2))
    loss, plain = code.run(parameters, x, y, initial, weights, "numpy")
    again, compiled = code.run(parameters, x, y, initial, weights, "numba")
    assert abs(loss - again) < 1e-12 * abs(loss)
    for name, array in plain.items():
        np.testing.assert_allclose(compiled[name], array, rtol=0, atol=1e-12 * abs(array).max())


CHANGES = {
    "a statement": lambda text: text.replace("import numpy as np", "import numpy", 1),
    "a space": lambda text: text.replace("= ", "=  ", 1),
    "a line behind the seal": lambda text: text + "x = 1\n",
    "no seal": lambda text: text[: text.index(SEAL)],
    "another seal": lambda text: text[:-2] + ("0" if text[-2] != "0" else "1") + "\n",
    "nothing of ours": lambda text: "mine\n",
}


@pytest.mark.parametrize("name", ["elman.py", "test_elman.py"])
def test_a_generated_file_is_written_again_but_not_once_it_was_changed_by_hand(name, tmp_path, capsys):
    file, command = tmp_path / name, ["code", "elman", "--out", str(tmp_path / "elman.py")]
    assert main(command) == 0 == main([*command, "--loss", "squared_error"]) == main(command)
    text = file.read_text(encoding="utf-8")
    file.write_bytes(text.replace("\n", "\r\n").encode())  # as another system keeps it
    assert is_sealed(text) and main(command) == 0
    capsys.readouterr()
    for what, change in CHANGES.items():
        assert change(text) != text, what
        file.write_text(change(text), encoding="utf-8")
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        assert main(command) == 2, what
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and f"{file} is there already, not as symrnn wrote it" in said
        assert "another name, with --out" in said
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    file.unlink()
    assert main(command) == 0 and file.read_text(encoding="utf-8") == text
    file.unlink()
    file.mkdir()
    assert main(command) == 2 and list(tmp_path.glob(".symrnn-*")) == []


def test_the_slope_of_a_tanh_that_is_the_same_for_all_rows_is_written_for_each_of_them():
    u, out = np.array([25.0, 0.3, -1.0]), np.empty((2, 4, 3))
    helpers.tanh_slope(u, np.tanh(u), out)
    np.testing.assert_allclose(out, np.broadcast_to(1 / np.cosh(u) ** 2, out.shape), rtol=1e-14)
