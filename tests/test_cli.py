"""The command line does what its help says."""

import json
import os
import re
import subprocess
import sys
from typing import get_args

import pytest
from sympy import Rational

import symrnn
from symrnn import cli
from symrnn.cli import VIEWS, main
from symrnn.derivation import BOOK, Derivation, Sweep
from symrnn.document import Engine
from symrnn.model import HERE, builtin_cells, losses
from symrnn.report import FORMATS
from symrnn.tensor import ACTIVATIONS, scale

INDEX_RULES = {"derivative of a sum", "derivative of an entry", "sifting", "insert", "shown above"}


def say(arguments: list[str], capsys) -> str:
    """Run a command that succeeds and return what it printed."""
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_printed_as_text(view, capsys):
    said = say(["derive", "elman", "--at", "3", "--wrt", "W", "--view", view], capsys)
    assert "∂" in said or " bar" in said
    assert re.search(r"certified: largest deviation \d\.\de-\d\d, tolerance 1e-10", said)
    if view != "scalar":
        named = set(re.findall(r"^ +\[([^\]]+)\]", said, flags=re.MULTILINE))
        assert named and named <= set(BOOK) | INDEX_RULES


def test_the_sweep_of_a_gated_cell_has_every_signal_both_ends_and_every_parameter(capsys):
    said = say(["derive", "lstm", "--view", "sweep", "--steps", "3"], capsys)
    cell = symrnn.Cell.load("lstm")
    titles = [line for line in said.splitlines() if re.match("∂L|the last", line)]
    assert len(titles) == 1 + len(cell.step) - 2 + 1 + 1 + len(cell.parameters)  # L_t by z_t, x, the ends
    for end in ("∂L/∂h_3 = ", "∂L/∂c_3 = ", "∂L/∂h_0 = ", "∂L/∂c_0 = "):
        assert said.count(end) == 1
    assert "seed 0, T = 3" in said


def test_an_end_of_the_sweep_that_is_wrong_by_a_thousandth_stops_the_view(capsys, monkeypatch):
    right = Sweep.ends.func
    for number in range(4):
        wrong = property(
            lambda sweep, n=number: [
                (lhs, scale(Rational(1001, 1000), rhs) if i == n else rhs)
                for i, (lhs, rhs) in enumerate(right(sweep))
            ]
        )
        monkeypatch.setattr(Sweep, "ends", wrong)
        assert main(["derive", "lstm", "--view", "sweep", "--steps", "3"]) == 1
        said = capsys.readouterr().err
        assert said.startswith("symrnn: a step does not hold") and f"step {number + 1}," in said


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_printed_as_latex(view, capsys):
    said = say(["derive", "elman", "--at", "3", "--view", view, "--format", "latex"], capsys)
    assert said.count(r"\begin{align*}") == said.count(r"\end{align*}") >= 1
    for opening, closing in ("{}", (r"\left", r"\right")):
        assert said.count(opening) == said.count(closing)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_printed_as_json_with_its_rules_and_certificate(view, capsys):
    found = json.loads(say(["derive", "elman", "--at", "3", "--view", view, "--format", "json"], capsys))
    assert found["cell"] == "Elman" and found["view"] == view
    for derivation in found["derivations"]:
        assert derivation["steps"] and derivation["certificate"]["holds"] is True
        assert derivation["certificate"]["deviation"] < 1e-10
        for step in derivation["steps"]:
            assert step["rhs"] and (view == "scalar" or step["rule"] in set(BOOK) | INDEX_RULES)


@pytest.mark.parametrize(
    ("cell", "goal"), [("elman", "∂L_3/∂W"), ("lstm", "∂L_3/∂W_i"), ("minimal-gated", "∂L_3/∂W_f")]
)
def test_a_listing_ends_with_the_whole_answer_by_the_first_recurrent_matrix(cell, goal, capsys):
    (found,) = json.loads(say(["derive", cell, "--at", "3", "--format", "json"], capsys))["derivations"]
    *_, before, last = found["steps"]
    assert found["goal"] == last["lhs"] == goal
    assert before["lhs"] != goal and before["rhs"] in last["rhs"] and "∂L_3/∂" in last["rhs"]
    assert last["rule"] == "insert"
    read_back = found["certificate"]["checks"][-1]
    assert (read_back["rule"], read_back["witness"], read_back["lhs"]) == ("insert", "ink", goal)


def test_an_answer_that_is_put_together_wrongly_stops_the_listing(capsys, monkeypatch):
    monkeypatch.setattr(
        Derivation, "result", property(lambda d: scale(Rational(1001, 1000), d.steps[-1].after))
    )
    assert main(["derive", "elman", "--at", "2"]) == 1
    assert 'rule "insert"' in capsys.readouterr().err


def test_a_derivation_in_latex_ends_with_the_whole_answer():
    network = symrnn.Cell.load("elman").unroll(2)
    *_, last = symrnn.derive(symrnn.Total(network["L", 2], network["W"])).latex().splitlines()[:-1]
    assert last.startswith(r"\frac{\partial \mathcal{L}_{2}}{\partial W} &= ") and r"\text{insert}" in last


@pytest.mark.parametrize("wrt", ["U", "b", "V", "c", "s0", "x2"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_knows_every_variable(view, wrt, capsys):
    assert say(["derive", "elman", "--steps", "3", "--wrt", wrt, "--view", view], capsys)


def test_the_sizes_of_the_scalar_view_can_be_chosen(capsys):
    arguments = ["derive", "elman", "--at", "2", "--wrt", "b", "--view", "scalar", "--size"]
    assert "d L[2]/d b_3" not in say([*arguments, "d=2,n=1,m=2"], capsys)
    assert "d L[2]/d b_3" in say([*arguments, "d=3,n=1,m=2"], capsys)


def test_a_whole_cell_is_verified(capsys):
    said = say(["verify", "elman", "--activation", "sigmoid", "--loss", "squared_error"], capsys)
    count = int(re.search(r"all (\d+) hold", said).group(1))
    assert count > 30 and said.count("holds") == count


def test_a_whole_cell_is_verified_as_json(capsys):
    found = json.loads(say(["verify", "elman", "--activation", "relu", "--json", "--seed", "5"], capsys))
    assert found["cell"] == "Elman"
    assert all(certificate["holds"] for certificate in found["certificates"])
    assert {point["seed"] for c in found["certificates"] for point in c["points"]} == {5}


def test_a_job_is_verified_and_nothing_is_written(job_file, capsys):
    file = job_file()
    said = say(["verify", str(file)], capsys)
    assert re.search(r"all \d+ hold", said)
    found = json.loads(say(["verify", str(file), "--json"], capsys))
    assert found["holds"] is True and found["title"] == "A small job"
    assert list(file.parent.iterdir()) == [file]


def test_a_report_is_written_where_it_is_asked_for(job_file, capsys, tmp_path):
    out = tmp_path / "new" / "folder"
    said = say(["report", str(job_file()), "--out", str(out), "--format", "tex,typ,html"], capsys)
    assert {path.name for path in out.iterdir()} == {
        "report.tex",
        "report.typ",
        "report.html",
        "certificate.json",
        "stamp.json",
    }
    assert said.count("wrote ") == 4 and "lines read back" in said
    certificate = json.loads((out / "certificate.json").read_text(encoding="utf-8"))
    assert certificate["holds"] is True and certificate["deviation"] < certificate["tolerance"]


def test_the_cells_are_listed_with_equations_and_sources(capsys):
    said = say(["cells"], capsys)
    for name in builtin_cells():
        assert f"{name}: " in said
    assert "source: Elman 1990" in said and "a_t = " in said
    assert [cell["name"] for cell in json.loads(say(["cells", "--json"], capsys))] == builtin_cells()


def test_the_help_shows_examples_and_exit_codes(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    said = capsys.readouterr().out
    assert end.value.code == 0
    assert "examples:" in said and "symrnn derive elman --of L --at 4 --wrt W" in said
    assert "exit codes: 0 done; 1 a step does not hold" in said and "2 bad input" in said


HELP = {"report": "A job file names a cell", "derive": "views:", "verify": "Exit 1", "cells": "sources"}


@pytest.mark.parametrize("command", HELP)
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    said = capsys.readouterr().out
    assert end.value.code == 0 and HELP[command] in said


def test_a_command_line_without_a_command_prints_the_help_and_fails(capsys):
    assert main([]) == 2
    assert "examples:" in capsys.readouterr().out


def python(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_the_package_runs_as_a_module_with_the_exit_code_of_the_command():
    assert python("-m", "symrnn", "--version").stdout == f"symrnn {symrnn.__version__}\n"
    refused = python("-m", "symrnn", "derive", "elmann")
    assert refused.returncode == 2 and refused.stderr.startswith("symrnn: ") and refused.stdout == ""


def test_help_needs_neither_sympy_nor_numpy():
    code = "import sys, symrnn.cli\nsymrnn.cli.parser().format_help()\nsys.exit(%r in sys.modules)"
    for heavy in ("sympy", "numpy"):
        assert python("-c", code % heavy).returncode == 0


def test_what_may_be_picked_are_the_rows_of_the_tables():
    assert set(cli.ACTIVATIONS) == set(ACTIVATIONS)
    assert set(cli.LOSSES) == set(losses())
    assert set(cli.NOTATIONS) == {file.stem for file in (HERE / "notations").glob("*.toml")}
    assert set(cli.FORMATS) == set(FORMATS)
    assert set(cli.ENGINES) == set(get_args(Engine))


def test_a_public_name_is_the_function_whatever_was_imported_before():
    code = (
        "import symrnn, symrnn.numeric.full, symrnn.numeric.signals, symrnn.derivation.sweep\n"
        "import symrnn.listing\n"
        "from symrnn import gradients, backward\n"
        "for name in symrnn.__all__:\n"
        "    assert name == '__version__' or callable(getattr(symrnn, name)), name\n"
        "assert gradients is symrnn.gradients and backward is symrnn.backward"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_a_terminal_that_knows_fewer_signs_shows_the_others_by_their_numbers(encoding):
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "symrnn", "derive", "elman", "--at", "2"]
    done = subprocess.run(command, capture_output=True, env=environment)
    assert done.returncode == 0 and done.stderr == b""
    assert "\\u2202L_2/\\u2202W" in done.stdout.decode(encoding)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a device that is always full")
def test_a_disk_that_is_full_is_one_line_and_exit_code_3():
    command = [sys.executable, "-m", "symrnn", "cells"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 3
    assert done.stderr.decode().startswith("symrnn: the system refused: ") and done.stderr.count(b"\n") == 1
