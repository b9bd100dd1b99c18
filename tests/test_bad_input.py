"""Bad input of every kind: one message with place, finding and what is accepted; nothing is written."""

import io
import os
import shutil
import struct
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sympy import Rational

from symrnn.cli import main
from symrnn.derivation import BOOK
from symrnn.model import HERE
from symrnn.report import read_job
from symrnn.tensor import scale
from tests import ROOT
from tests.bad_input import CELLS, JOBS, OPTIONS, STACKS

WRONG = Rational(1001, 1000)
OLD_FILES = {"report.pdf": b"%PDF old", "report.tex": b"old \\bye", "certificate.json": b"{}\n"}


def run(arguments: list[str], capsys) -> tuple[int, str]:
    """Return exit code and what was said on the way."""
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(end.code)
    return code, capsys.readouterr().err


def refuse(arguments: list[str], capsys, *pieces: str, folder: Path, expected: int = 2) -> None:
    """Run a command that is to be refused, and check that old files are as they were."""
    for name, content in OLD_FILES.items():
        (folder / name).write_bytes(content)
    before = sorted(folder.iterdir())
    code, said = run(arguments, capsys)
    assert code == expected, said
    assert said.startswith("symrnn: ") and said.count("symrnn: ") == 1
    assert said.count("\n") == 1, "one message, one line"
    assert "Traceback" not in said and len(said) < 1000
    for piece in pieces:
        assert piece in said
    assert sorted(folder.iterdir()) == before
    for name, content in OLD_FILES.items():
        assert (folder / name).read_bytes() == content


@pytest.mark.parametrize("case", JOBS)
def test_a_job_that_cannot_be_used_is_refused_with_one_message(case, job_file, capsys):
    changes, pieces = JOBS[case]
    file = job_file(*changes)
    refuse(["report", str(file)], capsys, "job.toml", *pieces, folder=file.parent)


@pytest.mark.parametrize("case", CELLS)
def test_a_cell_that_cannot_be_used_is_refused_with_one_message(case, job_file, capsys):
    old, new, pieces = CELLS[case]
    text = (HERE / "cells" / "elman.toml").read_text()
    assert text.count(old) == 1
    file = job_file(('"elman"', '"mine.toml"'))
    (file.parent / "mine.toml").write_text(text.replace(old, new))
    refuse(["report", str(file)], capsys, "mine.toml", *pieces, folder=file.parent)
    refuse(["derive", str(file.parent / "mine.toml")], capsys, "mine.toml", *pieces, folder=file.parent)


def test_there_are_at_least_twenty_kinds_of_malformed_cell_files():
    assert len(CELLS) + len(STACKS) >= 20


LAYERS = {  # what a stack of the tests names: cells that are no layers
    "two.toml": 'h = "tanh(W @ s[t-1])"\ns = "tanh(U @ x[t])"\nz = "V @ (s[t] + h[t])"',
    "input.toml": 's = "tanh(U @ x[t] + W @ s[t-1])"\nz = "U @ x[t]"',
    "forced.toml": 's = "tanh(U @ x[t] + W @ s[t-1] + y[t])"\nz = "V @ s[t]"',
}


@pytest.mark.parametrize("case", STACKS)
def test_a_stack_that_cannot_be_used_is_refused_with_one_message(case, tmp_path, capsys):
    text, pieces = STACKS[case]
    for name, equations in LAYERS.items():
        of_its_own = "" if name == "two.toml" else '[signals]\ny = ["d"]\n'
        uses = {p: s for p, s in {"U": "dn", "W": "dd", "V": "md"}.items() if f"{p} @" in equations}
        table = "\n".join(f"{p} = {list(s.replace('m', 'd') if of_its_own else s)}" for p, s in uses.items())
        title = name.removesuffix(".toml").capitalize()
        head = f'name = "{title}"\nsource = "the tests"\nstates = ["s"]\n{of_its_own}'
        (tmp_path / name).write_text(f"{head}[parameters]\n{table}\n[equations]\n{equations}\n")
    (tmp_path / "mine.toml").write_text(f'name = "Mine"\nsource = "the tests"\n{text}\n')
    file = tmp_path / "mine.toml"
    refuse(["verify", str(file)], capsys, "mine.toml", *pieces, folder=tmp_path)
    refuse(["derive", str(file)], capsys, "mine.toml", *pieces, folder=tmp_path)


HEAD = 'name = "Mine"\nsource = "the tests"\nstates = ["s"]\n[parameters]\nb = ["d"]\n[equations]\nz = "'
ENDLESS = {
    "two million characters": (HEAD + "b + " * 500_000 + 'b"', "bytes; at most"),
    "two million characters of a comment": ("#" * 2_000_000, "bytes; at most"),
    "brackets 10,000 deep": (HEAD + "(" * 10_000 + "b" + ")" * 10_000 + '"', "at most 2000"),
    "functions 10,000 deep": (HEAD + "tanh(" * 10_000 + "b" + ")" * 10_000 + '"', "at most 2000"),
    "signs 10,000 deep": (HEAD + "-" * 10_000 + 'b"', "at most 2000"),
    "signs 1,900 deep": (HEAD + "-" * 1_900 + 'b"', "nested too deeply"),
    "operators 10,000 deep": (HEAD + "b * " * 10_000 + 'b"', "at most 2000"),
    "arrays 10,000 deep": ("states = " + "[" * 10_000 + "]" * 10_000, "nested too deeply"),
    "tables 10,000 deep": ("states = " + "{a = " * 10_000 + "1" + "}" * 10_000, "nested too deeply"),
    "a number of 5,000 digits": ("[equations]\na = " + "9" * 5_000, "a number has too many digits"),
    "a key of 10,000 parts": ("[equations]\na" + ".a" * 10_000 + " = 1", "a key has more than 60 parts"),
    "a key of 90,000 quoted parts": ("[" + ".".join(['"a"'] * 45_000) + "]", "a key has more than 60 parts"),
}


@pytest.mark.parametrize("case", ENDLESS)
def test_a_cell_file_without_end_is_refused_and_not_hung(case, tmp_path):
    text, piece = ENDLESS[case]
    (tmp_path / "endless.toml").write_text(text)
    command = [sys.executable, "-m", "symrnn", "verify", str(tmp_path / "endless.toml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("symrnn: ") and done.stderr.count("\n") == 1
    assert piece in done.stderr and len(done.stderr) < 1000


def test_a_device_is_refused_and_not_read_for_ever():
    command = [sys.executable, "-m", "symrnn", "verify", "/dev/zero"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and "/dev/zero: is no file" in done.stderr


@pytest.mark.parametrize("case", OPTIONS)
def test_an_option_that_does_not_fit_is_refused_with_one_message(case, job_file, capsys):
    arguments, pieces = OPTIONS[case]
    file = job_file()
    other = file.parent / "other.toml"
    other.write_text("colour = 'blue'\n")
    named = {"JOB": str(file), "OTHER": str(other)}
    refuse([named.get(a, a) for a in arguments], capsys, *pieces, folder=file.parent)


FILES = {
    "binary": (b"\x89PNG\r\n\x1a\n\xff\xfe", ["is not UTF-8"]),
    "huge": (b"title = '" + b"x" * 2_000_000 + b"'", ["2000010 bytes", "at most"]),
    "deep": (b"title = " + b"[" * 10_000 + b"]" * 10_000, ["nested too deeply"]),
    "empty": (b"", ["the key 'title' is missing"]),
    "text": (b"Dear reader,\n", ["not TOML"]),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_job_is_refused_with_one_message(case, tmp_path, capsys):
    content, pieces = FILES[case]
    (tmp_path / "job.toml").write_bytes(content)
    refuse(["report", str(tmp_path / "job.toml")], capsys, "job.toml", *pieces, folder=tmp_path)


def test_a_folder_given_as_a_job_is_refused_with_one_message(job_file, capsys):
    folder = job_file().parent
    refuse(["report", str(folder)], capsys, str(folder), "the path of a .toml file", folder=folder)
    refuse(["verify", str(folder)], capsys, str(folder), folder=folder)


def test_a_folder_given_as_a_cell_is_refused_with_one_message(job_file, capsys):
    file = job_file(('"elman"', '"mine.toml"'))
    (file.parent / "mine.toml").mkdir()
    refuse(["report", str(file)], capsys, "mine.toml", "the path", folder=file.parent)


ARRAYS = {
    "a wrong shape": ({"W": np.ones((3, 4))}, ["W has shape (3, 4)", "shape (3, 3)"]),
    "NaN": ({"b": np.array([1.0, np.nan, 2.0])}, ["b", "finite numbers"]),
    "objects": ({"W": np.array([[{}]], dtype=object)}, ["type object", "accepted: finite numbers"]),
    "text": ({"b": np.array(["x", "y", "z"])}, ["b", "finite numbers"]),
    "a name too many": ({"Q": np.ones(3)}, ["holds", "Q", "accepted: exactly U, W, b, V, c"]),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_parameters_that_do_not_fit_are_refused_with_one_message(case, job_file, capsys):
    changes, pieces = ARRAYS[case]
    shapes = {"U": (3, 2), "W": (3, 3), "b": (3,), "V": (4, 3), "c": (4,)}
    file = job_file(("seed = 7", 'parameters = "weights.npz"'))
    np.savez(file.parent / "weights.npz", **{n: np.ones(s) for n, s in shapes.items()} | changes)
    refuse(["report", str(file)], capsys, "weights.npz", *pieces, folder=file.parent)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 broken", b"\x80\x04K\x01."], ids=["empty", "zip", "pickle"]
)
def test_parameters_that_are_no_archive_are_refused_with_one_message(content, job_file, capsys):
    file = job_file(("seed = 7", 'parameters = "weights.npz"'))
    (file.parent / "weights.npz").write_bytes(content)
    refuse(["report", str(file)], capsys, "weights.npz", "accepted: an .npz file", folder=file.parent)


SHAPES = {"U": (3, 2), "W": (3, 3), "b": (3,), "V": (4, 3), "c": (4,)}


def archive(changes: dict[str, bytes] | None = None, how: int = zipfile.ZIP_STORED) -> bytes:
    """Return an archive of parameters, with other bytes for some of its members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as made:
        for name, shape in SHAPES.items():
            whole = io.BytesIO()
            np.save(whole, np.ones(shape))
            made.writestr(f"{name}.npy", (changes or {}).get(name, whole.getvalue()))
    return stream.getvalue()


def array(shape: str, data: bytes = b"") -> bytes:
    """Return an array in NumPy's format whose header says something else than what follows."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def crowd() -> bytes:
    """Return an archive of two thousand arrays."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for number in range(2_000):
            made.writestr(f"x{number}.npy", b"")
    return stream.getvalue()


WHOLE = archive()
STORED = b"\x14\x00\x00\x00\x00\x00"  # version, flags and compression of a member
NOT_FINITE = struct.pack("<3d", 1.0, float("inf"), 2.0)
CANNOT = ["cannot be read", "accepted: an .npz file"]
DAMAGED = {
    "a shape beyond memory": (archive({"b": array("(10000000000000,)")}), ["b has shape (10000000000000,)"]),
    "an empty shape": (archive({"b": array("()")}), ["b has shape ()", "shape (3,)"]),
    "an array that is cut": (archive({"b": array("(3,)", b"x")}), CANNOT),
    "an array without a header": (archive({"b": b"nothing"}), CANNOT),
    "a header that is a program": (archive({"b": array("__import__('os')")}), CANNOT),
    "another version": (archive({"b": b"\x93NUMPY\x09\x09" + bytes(100)}), CANNOT),
    "infinity": (archive({"b": array("(3,)", NOT_FINITE)}), ["b is not finite", "accepted: finite numbers"]),
    "a cut archive": (WHOLE[:-40], CANNOT),
    "a changed byte": (WHOLE.replace(b"\xf0?", b"\xf0@"), CANNOT),
    "an encrypted member": (WHOLE.replace(STORED, b"\x14\x00\x01\x00\x00\x00"), CANNOT),
    "an unknown compression": (WHOLE.replace(STORED, b"\x14\x00\x00\x00\x63\x00"), CANNOT),
    "compressed noise": (archive(how=zipfile.ZIP_DEFLATED).replace(b"\x9b", b"\xff"), CANNOT),
    "two thousand arrays": (crowd(), ["holds x0, x1", "accepted: exactly U"]),
    "five million bytes": (bytes(5_000_000), ["5000000 bytes", "at most 4000000"]),
}  # fmt: skip


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_archive_is_refused_with_one_message(case, job_file, capsys):
    content, pieces = DAMAGED[case]
    file = job_file(("seed = 7", 'parameters = "weights.npz"'))
    (file.parent / "weights.npz").write_bytes(content)
    refuse(["report", str(file)], capsys, "weights.npz", *pieces, folder=file.parent)


def test_no_more_of_an_archive_is_unpacked_than_its_arrays_can_need(job_file, monkeypatch):
    taken: list[int] = []
    read = zipfile.ZipExtFile.read

    def counted(self, n=-1):
        taken.append(len(got := read(self, n)))
        return got

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    file = job_file(("seed = 7", 'parameters = "weights.npz"'))
    bomb = archive({"b": array("(3,)", bytes(200_000_000))}, zipfile.ZIP_DEFLATED)
    (file.parent / "weights.npz").write_bytes(bomb)
    assert not read_job(file).values["b"].any()
    assert 0 < sum(taken) < 250_000


ENDLESS_FILES = {
    "the job": (["report", "ENDLESS"], "accepted: the path"),
    "the cell": (["derive", "ENDLESS"], "accepted: the path"),
    "the students": (["report", "EXERCISE", "--variants", "ENDLESS"], "accepted: the path"),
    "the parameters": (["report", "PARAMETERS"], "accepted: an .npz file"),
}


@pytest.mark.parametrize("what", ["a pipe", "/dev/zero"])
@pytest.mark.parametrize("case", ENDLESS_FILES)
def test_what_has_no_end_is_refused_and_not_read(case, what, job_file, capsys):
    arguments, piece = ENDLESS_FILES[case]
    file = job_file()
    endless = what
    if what == "a pipe":
        endless = str(file.parent / "pipe.toml")
        os.mkfifo(endless)
    text = file.read_text(encoding="utf-8")
    parameters = file.with_name("parameters.toml")
    parameters.write_text(text.replace("seed = 7", f"parameters = '{endless}'"), encoding="utf-8")
    exercise = str(ROOT / "reports" / "bptt-exercise" / "job.toml")
    named = {"ENDLESS": endless, "EXERCISE": exercise, "PARAMETERS": str(parameters)}
    late = threading.Timer(20, os.open, (endless, os.O_WRONLY))  # so that whoever waits ends and fails
    late.start()
    refuse([named.get(a, a) for a in arguments], capsys, endless, "is no file", piece, folder=file.parent)
    late.cancel()


def test_parameters_in_a_single_array_are_refused_with_one_message(job_file, capsys):
    file = job_file(("seed = 7", 'parameters = "weights.npy"'))
    np.save(file.parent / "weights.npy", np.ones(3))
    refuse(["report", str(file)], capsys, "weights.npy", "accepted: an .npz file", folder=file.parent)


@pytest.mark.parametrize("out", ["taken", "taken/below"])
def test_an_output_folder_that_is_a_file_is_refused_with_one_message(out, job_file, capsys):
    file = job_file()
    (file.parent / "taken").write_text("a file in the way")
    arguments = ["report", str(file), "--out", str(file.parent / out), "--format", "tex"]
    refuse(arguments, capsys, out, "accepted: a folder", folder=file.parent)


def test_pdflatex_that_is_not_installed_is_refused_with_one_message(job_file, capsys, monkeypatch, tmp_path):
    file = job_file()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("pdflatex") is None
    arguments = ["report", str(file), "--engine", "pdflatex"]
    refuse(arguments, capsys, "no pdflatex on PATH", "typst", folder=file.parent, expected=3)


def test_a_step_that_does_not_hold_stops_the_report_and_is_named(job_file, capsys, monkeypatch):
    file = job_file()
    for name, content in OLD_FILES.items():
        (file.parent / name).write_bytes(content)
    before = sorted(file.parent.iterdir())
    rule = BOOK["explicit + implicit"]
    monkeypatch.setattr(type(rule), "__call__", thousandth_too_large(rule.name))
    code, said = run(["report", str(file)], capsys)
    assert code == 1
    assert said.startswith("symrnn: a step does not hold; nothing was written")
    assert 'rule "explicit + implicit"' in said and "step 2" in said
    assert "exceeds 1e-10" in said and "deviation" in said
    lines = said.splitlines()
    assert lines[-2].strip().startswith("∂") and lines[-1].strip().startswith("=")
    assert sorted(file.parent.iterdir()) == before
    for name, content in OLD_FILES.items():
        assert (file.parent / name).read_bytes() == content


def thousandth_too_large(name: str):
    """Return how a rule is applied where the one of this name is 0.1 % wrong."""

    def call(self, node, network):
        result = self.rewrite(node, network)
        if result is None or result == node:
            return None
        return scale(WRONG, result) if self.name == name else result

    return call
