"""Variants: one exercise and one key for each student, shared work done once, runs that can be stopped."""

import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from symrnn.cli import main
from symrnn.document import Shared, render
from symrnn.document.engines import PREAMBLE_END, EngineError, run_pdflatex
from symrnn.report import certify_job, make_variants, order, read_job
from symrnn.report.output import CERTIFICATE, FolderError, _temporary, write_files, write_folder
from symrnn.report.stamps import STAMP, check_ours, check_replaceable, stamped
from symrnn.report.students import plain_id, read_students
from symrnn.report.variants import Order, Workshop
from tests import ROOT
from tests.document import sample_document as sample
from tests.test_bad_input import refuse

JOB = ROOT / "reports" / "bptt-exercise" / "job.toml"
STUDENTS = "name,seed,id\nAda Lovelace,11,ada\nZoë O'Neill,,zoe\n李雷 & <b>\\input{x}</b>,,li\n"
FILES = {"exercise.tex", "exercise.html", "solution.tex", "solution.html", "certificate.json", STAMP}
needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


def quiet(*_: object) -> None:
    pass


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("variants")
    (folder / "students.csv").write_text(STUDENTS, encoding="utf-8")
    wanted = order(JOB, folder / "students.csv", ("tex", "html"), folder=folder / "out")
    assert make_variants(wanted, quiet, quiet)[:2] == (3, 0)
    return folder


def matrices(source: str) -> list[str]:
    """Return the numbers of a sheet that stand in brackets."""
    given = source[source.index("All that is given") :]
    return re.findall(r"-?\d+\.\d\d(?!\d)", given[: given.index("Predictions")])


def test_every_student_gets_an_exercise_and_a_key_with_numbers_of_their_own(made):
    folders = {path.name: path for path in (made / "out").iterdir() if path.is_dir()}
    assert set(folders) == {"ada", "zoe", "li"}
    assert all({file.name for file in path.iterdir()} == FILES for path in folders.values())
    sheets = [(path / "exercise.tex").read_text(encoding="utf-8") for path in folders.values()]
    numbers = [tuple(matrices(sheet)) for sheet in sheets]
    assert len(set(numbers)) == 3 and all(len(several) > 40 for several in numbers)
    for path in folders.values():
        sheet, key = ((path / f"{stem}.tex").read_text(encoding="utf-8") for stem in ("exercise", "solution"))
        assert matrices(sheet) == matrices(key)
    assert "Ada Lovelace" in (folders["ada"] / "solution.tex").read_text(encoding="utf-8")


def test_the_numbers_are_those_of_the_seed_and_hold_at_their_own_point(made):
    seeds = {s.id: s.seed for s in read_students(made / "students.csv", read_job(JOB).seed)}
    assert seeds["ada"] == 11 and len(set(seeds.values())) == 3
    for name, seed in seeds.items():
        job = read_job(JOB, seed)
        wanted = {f"{x:.2f}" for array in job.values.values() for x in array.flat}
        assert wanted <= set(matrices((made / "out" / name / "exercise.tex").read_text(encoding="utf-8")))
        certificate = json.loads((made / "out" / name / "certificate.json").read_text(encoding="utf-8"))
        assert certificate["holds"] and len(certificate["certificates"]) >= 3
        assert [point["seed"] for point in certificate["points"]] == [None]
    shared = json.loads((made / "out" / "certificate.json").read_text(encoding="utf-8"))
    assert shared["holds"] and any(
        check["witness"] == "ink" for c in shared["certificates"] for check in c["checks"]
    )


def test_a_variant_says_what_was_checked_where(made):
    sheet = (made / "out" / "ada" / "exercise.html").read_text(encoding="utf-8")
    assert (
        "Every line was evaluated at a random point (seed 7, sizes 2/3/4), the numbers at those of" in sheet
    )


def test_templates_of_a_folder_make_other_variants(made, tmp_path):
    (tmp_path / "report.tex.j2").write_text("nothing but \\VAR{document.label}", encoding="utf-8")
    wanted = order(JOB, made / "students.csv", ("tex",), folder=tmp_path / "out", templates=tmp_path)
    assert make_variants(wanted, quiet, quiet)[0] == 3
    assert (
        tmp_path / "out" / "ada" / "solution.tex"
    ).read_text() == "nothing but Elman network \\ensuremath{\\cdot} solution"
    assert wanted.finished(wanted.students[0])
    plain = order(JOB, made / "students.csv", ("tex",), folder=tmp_path / "out")
    assert not plain.finished(wanted.students[0])


def test_a_hostile_name_is_text(made):
    sheet = (made / "out" / "li" / "exercise.html").read_text(encoding="utf-8")
    assert "李雷 &amp; &lt;b&gt;\\input{x}&lt;/b&gt;" in sheet and "<b>\\input" not in sheet
    source = (made / "out" / "li" / "exercise.tex").read_text(encoding="utf-8")
    assert r"\textbackslash{}input\{x\}" in source and r"\input{x}" not in source


def test_finished_variants_are_not_made_again_and_others_are(made, monkeypatch):
    wanted = order(JOB, made / "students.csv", ("tex", "html"), folder=made / "out")
    makes = Workshop.make
    asked = []
    monkeypatch.setattr(
        Workshop, "make", lambda shop, student: asked.append(student.id) or makes(shop, student)
    )
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    before = {path: path.read_bytes() for path in (made / "out").rglob("*") if path.is_file()}
    assert make_variants(wanted, quiet, quiet)[:2] == (0, 3) and asked == []
    (made / "out" / "zoe" / "solution.tex").unlink()
    with _temporary(made / "out") as left:
        pass
    left.mkdir()
    assert make_variants(wanted, quiet, quiet)[:2] == (1, 2) and set(asked) == {"zoe"}
    after = {path: path.read_bytes() for path in (made / "out").rglob("*") if path.is_file()}
    assert after == before


JOB_OF_OWN = """\
title = "A cell and a notation of one's own"
kind = "exercise"
cell = "mine.toml"
notation = "names.toml"
[sequence]
vocabulary = ["a", "b"]
inputs = ["a", "b"]
targets = ["b", "a"]
[derive]
wrt = ["W"]
"""
NAMES = 'title = "Names"\nsource = "made for this test"\n[cells.mine]\ns = "h"\n'
OURS = "templates/latex/_blocks.tex.j2", "templates/latex/base.tex.j2", "symrnn/document/languages/en.toml"


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """Return a folder where everything that a variant may be made of can be changed."""
    for place in ("templates/latex", "symrnn/document/languages"):
        shutil.copytree(ROOT / place, tmp_path / place)
    monkeypatch.setattr("symrnn.document.rendering.templates", lambda _: tmp_path / "templates/latex")
    monkeypatch.setattr("symrnn.document.rendering.WORDS", tmp_path / "symrnn/document/languages")
    own = tmp_path / "own"
    own.mkdir()
    (own / "report.tex.j2").write_text("\\BLOCK{include 'mine.tex'}\\BLOCK{include 'no.tex' ignore missing}")
    (own / "mine.tex").write_text("\\VAR{document.label}", encoding="utf-8")
    cell = (ROOT / "symrnn" / "model" / "cells" / "elman.toml").read_text(encoding="utf-8")
    for name, text in (
        ("job.toml", JOB_OF_OWN),
        ("mine.toml", cell),
        ("names.toml", NAMES),
        ("students.csv", "name,seed\nAda,11\n"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def ordered(course: Path, **options: object) -> Order:
    """Return the order for the students of a course, with templates of its own unless told otherwise."""
    given = {"formats": ("tex",), "templates": course / "own", **options}
    return order(course / "job.toml", course / "students.csv", folder=course / "out", **given)


def finished(wanted: Order) -> bool:
    return wanted.finished(wanted.students[0])


def stamp_all(wanted: Order) -> None:
    """Put a sheet where it belongs, with the stamp of one that was made as it is wanted."""
    for student in wanted.students:
        write_folder(stamped({"exercise.tex": b"sheet"}, wanted.made_of(student)), wanted.place(student))
    assert finished(wanted)


READ = ("job.toml", "mine.toml", "names.toml", "own/report.tex.j2", "own/mine.tex")


@pytest.mark.parametrize("file", [*READ, *OURS])
def test_a_sheet_is_made_again_after_a_change_of_any_file_it_was_made_of(file, course):
    stamp_all(ordered(course))
    assert finished(ordered(course))
    (course / file).write_text((course / file).read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")
    assert not finished(ordered(course))
    assert not any(str(course) in path.read_text(encoding="utf-8") for path in course.rglob(STAMP))


@pytest.mark.parametrize("file", ["own/no.tex", "own/base.tex.j2"])
def test_a_sheet_is_made_again_after_a_template_has_come_that_takes_the_place_of_another(file, course):
    stamp_all(ordered(course))
    (course / "own" / "unread.txt").write_text("nothing", encoding="utf-8")
    assert finished(ordered(course))
    (course / file).write_text("new", encoding="utf-8")
    assert not finished(ordered(course))


OPTIONS = {"formats": ("tex", "html"), "engine": "typst", "seed": 8, "templates": None}


@pytest.mark.parametrize("option", OPTIONS)
def test_a_sheet_is_made_again_with_other_options(option, course):
    stamp_all(ordered(course))
    assert not finished(ordered(course, **{option: OPTIONS[option]}))


@pytest.mark.parametrize("row", ["Ada L.,11", "Ada,12"])
def test_a_sheet_is_made_again_for_another_name_or_seed(row, course):
    (course / "students.csv").write_text("name,seed,id\nAda,11,ada\n", encoding="utf-8")
    stamp_all(ordered(course))
    (course / "students.csv").write_text(f"name,seed,id\n{row},ada\nBo,1,bo\n", encoding="utf-8")
    assert not finished(ordered(course))


def test_a_sheet_is_made_again_by_another_version_and_without_a_stamp_that_can_be_read(course, monkeypatch):
    stamp_all(ordered(course))
    with monkeypatch.context() as other:
        other.setattr("symrnn.report.report.versions", lambda: {"symrnn": "9"})
        assert not finished(ordered(course))
    assert finished(ordered(course))
    (course / "out" / "ada" / STAMP).write_text('["no"]', encoding="utf-8")
    assert not finished(ordered(course))


def test_a_template_that_computes_the_name_of_another_is_refused(course, capsys):
    (course / "own" / "report.tex.j2").write_text("\\BLOCK{include document.label}", encoding="utf-8")
    arguments = ["report", str(course / "job.toml"), "--variants", str(course / "students.csv")]
    arguments += ["--format", "tex", "--templates", str(course / "own")]
    refuse(arguments, capsys, "report.tex.j2", "computes the name", "a name in quotes", folder=course)


def test_a_change_of_the_cell_file_reaches_the_sheets(tmp_path):
    cell = (ROOT / "symrnn" / "model" / "cells" / "elman.toml").read_text(encoding="utf-8")
    job = JOB.read_text(encoding="utf-8").replace('"elman"', '"mine.toml"')
    (tmp_path / "job.toml").write_text(job, encoding="utf-8")
    (tmp_path / "students.csv").write_text("name\nAda\n", encoding="utf-8")
    sheets = []
    for text in (cell, cell, cell.replace("+ c", "+ c + c")):
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
        wanted = order(tmp_path / "job.toml", tmp_path / "students.csv", ("tex",))
        count = make_variants(wanted, quiet, quiet)[:2]
        sheets.append((count, (tmp_path / "variants" / "ada" / "solution.tex").read_bytes()))
    assert [count for count, _ in sheets] == [(1, 0), (0, 1), (1, 0)]
    assert sheets[0][1] == sheets[1][1] != sheets[2][1]


def of_the_user(folder: Path) -> dict[str, str]:
    """Put work of a user where variants go, a kind of it for each id; return what stands there."""
    made = folder / "made"
    write_folder(stamped({"exercise.tex": b"ours", "solution.tex": b"ours"}, {}), made)
    for name in ("beside", "edited", "forged"):
        shutil.copytree(made, folder / name)
    for file in ("src/thesis.txt", "deep/er/thesis.txt", "beside/notes.txt", "certificates/certificate.json"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("mine", encoding="utf-8")
    (folder / "edited" / "solution.tex").write_text("ours, and a word of mine", encoding="utf-8")
    (folder / "forged" / STAMP).write_text('{"files": {}}', encoding="utf-8")
    (folder / "thesis.txt").write_text("mine", encoding="utf-8")
    (folder / "link").symlink_to(folder / "src")
    shutil.copytree(made, folder / "linked")
    (folder / "linked" / "exercise.tex").unlink()
    (folder / "linked" / "exercise.tex").symlink_to(made / "exercise.tex")
    (folder / "gone").symlink_to(folder / "nowhere")
    return {
        "src": "thesis.txt",
        "deep": "er",
        "beside": "notes.txt",
        "certificates": CERTIFICATE,
        "edited": "solution.tex",
        "forged": "exercise.tex",
        "linked": "exercise.tex",
        "thesis.txt": "thesis.txt",
        "link": "link",
        "gone": "gone",
    }


def contents(folder: Path) -> dict[Path, bytes | None]:
    """Return everything below a folder, links as they are."""
    return {
        path: path.read_bytes()
        if path.is_file()
        else os.fsencode(path.readlink())
        if path.is_symlink()
        else None
        for path in folder.rglob("*")
    }


def test_what_symrnn_did_not_make_is_never_replaced_nor_any_work_begun(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("symrnn.report.variants.derived", lambda _: pytest.fail("work was begun"))
    course = tmp_path / "course"
    course.mkdir()
    theirs = of_the_user(course)
    for key, name in theirs.items():
        (tmp_path / "students.csv").write_text(f"name,id\nA,new\nB,{key}\n", encoding="utf-8")
        before = contents(course)
        arguments = ["report", str(JOB), "--variants", str(tmp_path / "students.csv"), "--out", str(course)]
        refuse(arguments, capsys, str(course / key), name, "accepted: another id", folder=tmp_path)
        assert contents(course) == before


@pytest.mark.parametrize("file", [CERTIFICATE, STAMP])
def test_a_file_of_ones_own_beside_the_variants_is_never_replaced(file, tmp_path, capsys):
    course = tmp_path / "course"
    course.mkdir()
    (course / file).write_text("mine", encoding="utf-8")
    (tmp_path / "students.csv").write_text("name\nA\n", encoding="utf-8")
    arguments = ["report", str(JOB), "--variants", str(tmp_path / "students.csv"), "--out", str(course)]
    refuse(arguments, capsys, str(course), repr(file), "another folder with --out", folder=tmp_path)
    assert (course / file).read_text(encoding="utf-8") == "mine" and len(list(course.iterdir())) == 1
    refuse([*arguments[:-1], str(course / file)], capsys, "accepted: a folder", folder=tmp_path)


def test_a_folder_that_symrnn_made_is_replaced_whole_and_an_empty_one_too(tmp_path):
    write_folder(stamped({"a": b"1", "b": b"2"}, {}), tmp_path / "x")
    (tmp_path / "x" / "b").unlink()
    (tmp_path / "empty").mkdir()
    for name in ("x", "empty", "none"):
        check_replaceable(tmp_path / name)
    check_ours(tmp_path / "x", ["a", STAMP])
    (tmp_path / "x" / "a").write_bytes(b"2")
    check_ours(tmp_path / "x", ["b", STAMP])
    with pytest.raises(FolderError, match="'a' in it is not as symrnn made it"):
        check_ours(tmp_path / "x", ["a"])


def test_a_file_of_ones_own_beside_a_finished_sheet_is_no_reason_to_refuse(course):
    wanted = ordered(course)
    stamp_all(wanted)
    (course / "out" / "ada" / "notes.txt").write_text("mine", encoding="utf-8")
    (course / "out" / ".symrnn-notes").mkdir()
    assert make_variants(wanted, quiet, quiet)[:2] == (0, 1)
    (course / "job.toml").write_text(JOB_OF_OWN + "\n", encoding="utf-8")
    with pytest.raises(FolderError, match=r"notes\.txt"):
        make_variants(ordered(course), quiet, quiet)
    assert (course / "out" / "ada" / "notes.txt").exists() and (course / "out" / ".symrnn-notes").exists()


def test_a_run_that_is_killed_between_stamp_and_certificate_can_go_on(tmp_path):
    first, *_ = stamped({CERTIFICATE: b"{}"}, {})
    assert first == STAMP
    write_files({STAMP: stamped({CERTIFICATE: b"{}"}, {})[STAMP]}, tmp_path)
    check_ours(tmp_path, (CERTIFICATE, STAMP))


def test_a_file_that_appears_while_variants_are_made_is_kept(tmp_path, monkeypatch):
    (tmp_path / "students.csv").write_text("name\nA\n", encoding="utf-8")
    wanted = order(JOB, tmp_path / "students.csv", ("tex",), folder=tmp_path / "out")

    def make(workshop, student, whole=Workshop.make):
        (tmp_path / "out" / "a").mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / "a" / "notes.txt").write_text("mine", encoding="utf-8")
        return whole(workshop, student)

    monkeypatch.setattr(Workshop, "make", make)
    with pytest.raises(FolderError, match=r"notes\.txt"):
        make_variants(wanted, quiet, quiet)
    assert [path.name for path in (tmp_path / "out" / "a").iterdir()] == ["notes.txt"]


def processes(folder: Path) -> list[str]:
    """Return the processes that keep their temporary files in a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            here = f"TMPDIR={folder}".encode() in path.read_bytes()
        except OSError:
            continue
        if here and b"State:\tZ" not in (path.parent / "status").read_bytes():
            found.append(path.parent.name)
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found through /proc")
@pytest.mark.parametrize(
    "how, engine",
    [
        (signal.SIGINT, "typst"),
        pytest.param(signal.SIGKILL, "typst", marks=pytest.mark.deep),
        pytest.param(signal.SIGINT, "pdflatex", marks=[needs_tex, pytest.mark.deep]),
    ],
)
def test_a_run_that_is_stopped_leaves_whole_variants_and_goes_on(how, engine, tmp_path):
    total = 8 if engine == "typst" else 6
    rows = "".join(f"Student {n}\n" for n in range(total))
    (tmp_path / "students.csv").write_text(f"name\n{rows}", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "symrnn",
        "report",
        str(JOB),
        "--variants",
        str(tmp_path / "students.csv"),
    ]
    command += ["--out", str(tmp_path / "out"), "--format", "pdf", "--engine", engine]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    end = time.monotonic() + 240
    with subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # not as in the background
    ) as running:
        while time.monotonic() < end and len(list((tmp_path / "out").glob("student-*"))) < 2:
            time.sleep(0.01)
        running.send_signal(how)
        said = running.communicate(timeout=60)[1]
    done = sorted((tmp_path / "out").glob("student-*"))
    assert len(done) >= 2
    files = {"exercise.pdf", "solution.pdf", "certificate.json", STAMP}
    assert all({file.name for file in path.iterdir()} == files for path in done)
    if how == signal.SIGINT:
        assert list((tmp_path / "out").glob(".symrnn-*")) == list(tmp_path.glob("symrnn-*")) == []
    if (
        how == signal.SIGINT and running.returncode != 0
    ):  # a fast machine may have been done before the signal
        assert running.returncode == 130
        assert re.fullmatch(rf"symrnn: interrupted; \d+ of {total} variants are finished, .*\n", said)
    while time.monotonic() < end and processes(tmp_path):
        time.sleep(0.1)
    assert processes(tmp_path) == []
    times = {path: path.stat().st_mtime_ns for path in done}
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert f"{total - len(done)} of {total} variants made" in again.stdout
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in times.items())
    assert len(list((tmp_path / "out").glob("student-*"))) == total
    assert list((tmp_path / "out").glob(".symrnn-*")) == []


def test_a_worker_that_is_killed_is_one_error_and_what_is_finished_stays(tmp_path, monkeypatch, capsys):
    def make(workshop, student, whole=Workshop.make):
        if student.id == "student-3" and multiprocessing.parent_process() is not None:
            (tmp_path / "killed").write_text(str(time.monotonic()))
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(workshop, student)

    monkeypatch.setattr(Workshop, "make", make)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    rows = "".join(f"Student {n}\n" for n in range(6))
    (tmp_path / "students.csv").write_text(f"name\n{rows}", encoding="utf-8")
    command = ["report", str(JOB), "--variants", str(tmp_path / "students.csv"), "--format", "tex"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 3
    assert time.monotonic() - float((tmp_path / "killed").read_text()) < 10
    assert capsys.readouterr().err.startswith("symrnn: a worker process ended by SIGKILL")
    done = list((tmp_path / "out").glob("student-*"))
    files = {"exercise.tex", "solution.tex", "certificate.json", STAMP}
    assert all({file.name for file in path.iterdir()} == files for path in done) and len(done) < 6
    assert list((tmp_path / "out").glob(".symrnn-*")) == []
    assert multiprocessing.active_children() == []


@needs_tex
@pytest.mark.deep
def test_a_variant_has_the_same_bytes_whenever_it_is_made(tmp_path):
    (tmp_path / "two.csv").write_text("name,id\nA,a\nB,b\n", encoding="utf-8")
    (tmp_path / "one.csv").write_text("name,id\nB,b\n", encoding="utf-8")
    for name in ("two", "one"):
        make_variants(
            order(JOB, tmp_path / f"{name}.csv", ("pdf",), "pdflatex", tmp_path / name), quiet, quiet
        )
    for file in ("exercise.pdf", "solution.pdf"):
        assert (tmp_path / "two" / "b" / file).read_bytes() == (tmp_path / "one" / "b" / file).read_bytes()
    assert (tmp_path / "two" / "a" / "exercise.pdf").read_bytes() != (
        tmp_path / "two" / "b" / "exercise.pdf"
    ).read_bytes()


@needs_tex
@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils are not installed")
def test_a_loaded_preamble_makes_the_same_pages(tmp_path):
    source = render(sample.document(), "tex")
    shared = Shared()
    plain = run_pdflatex(source, shared)[0]
    assert shared.references and list(shared.preambles) == [source.partition(PREAMBLE_END)[0]]
    loaded, log = run_pdflatex(source, shared)
    assert "format=loaded" in log
    pages = []
    for name, pdf in (("plain", plain), ("loaded", loaded)):
        (tmp_path / f"{name}.pdf").write_bytes(pdf)
        subprocess.run(["pdftoppm", "-r", "50", tmp_path / f"{name}.pdf", tmp_path / name], check=True)
        pages.append([path.read_bytes() for path in sorted(tmp_path.glob(f"{name}-*.ppm"))])
    assert pages[0] == pages[1] and len(pages[0]) >= 3
    broken = source.replace(r"\begin{document}", r"\begin{document}\nonsense")
    with pytest.raises(
        EngineError, match=rf"line {broken[: broken.index('nonsense')].count(chr(10)) + 1} .*: Undefined"
    ):
        run_pdflatex(broken, shared)


def test_numbers_of_a_variant_that_do_not_hold_stop_the_run_with_its_name(
    made, monkeypatch, capsys, tmp_path
):
    found = np.zeros((4, 4, 3, 3))
    monkeypatch.setattr("symrnn.report.sections.numbers.contributions", lambda *_, **__: found)
    arguments = ["report", str(JOB), "--variants", str(made / "students.csv"), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--format", "html"]) == 1
    said = capsys.readouterr().err
    assert "variant ada: contributions to" in said and "exceeds 1e-10" in said
    assert not (tmp_path / "out").exists()


def test_a_folder_takes_the_place_of_another_in_one_go(tmp_path, monkeypatch):
    write_folder({"a": b"1", "b": b"2"}, tmp_path / "x")
    write_folder({"a": b"3"}, tmp_path / "x")
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["a"]
    rename = os.rename

    def interrupted(source: Path, target: Path) -> None:
        if target == tmp_path / "x" and source.name == "new":
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(os, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_folder({"a": b"4"}, tmp_path / "x")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x" / "a").read_bytes() == b"3"


LISTS = {
    "empty": (b"", ["the file is empty", "accepted: a first row name,seed,id"]),
    "blank lines": (b"\n \n,,\n", ["the file is empty"]),
    "no names": (b"seed,id\n1,a\n", ["the first row is 'seed,id'", "name at least"]),
    "an unknown column": (b"name,mail\nA,a\n", ["the first row is 'name,mail'", "accepted"]),
    "a column twice": (b"name,name\nA,a\n", ["the first row is 'name,name'", "accepted"]),
    "a header alone": (b"name\n", ["0 students", "accepted: 1 to 10000"]),
    "too many": (b"name\n" + b"A\n" * 10_001, ["10001 students", "accepted: 1 to 10000"]),
    "too large": (b"name\n" + b"A" * 5_000_000, ["5000005 bytes", "at most 4000000"]),
    "not UTF-8": ("name\nZoë\n".encode("latin-1"), ["byte 7 is not UTF-8", "save the file as UTF-8"]),
    "a cell too many": (b"name,id\nA,a,b\n", ["line 2: 3 cells", "accepted: 2, as in the first row"]),
    "a cell too few": (b"name,id\nA\n", ["line 2: 1 cells", "accepted: 2"]),
    "an open quote": (b'name\n"A\n', ["not CSV", "accepted"]),
    "no name": (b"name,id\n,a\n", ["line 2: the name has 0 characters"]),
    "a long name": (
        b"name\n" + b"A" * 71 + b"\n",
        ["line 2: the name has 71 characters", "accepted: 1 to 70"],
    ),
    "an id twice": (b"name,id\nA,x\nB,X\n", ["line 3: the id X is that of line 2", "one of its own"]),
    "a name twice": (b"name\nA B\nA  B\n", ["line 3: the id a-b is that of line 2", "one of its own"]),
    "the folder above": (b"name,id\nA,../x\n", ["line 2: the id is '../x'", "letters, digits"]),
    "this folder": (b"name,id\nA,.\n", ["the id is '.'", "letters, digits"]),
    "a hidden folder": (b"name,id\nA,.ssh\n", ["the id is '.ssh'", "letters, digits"]),
    "a path": (b"name,id\nA,/etc/x\n", ["the id is '/etc/x'", "letters, digits"]),
    "a device": (b"name,id\nA,nul\n", ["the id is 'nul'", "letters, digits"]),
    "a null byte": (b"name,id\nA,a\x00b\n", ["line 2", "accepted"]),
    "our certificate": (
        b"name,id\nA,certificate.json\n",
        ["line 2: the id certificate.json is", "another one"],
    ),
    "our stamp": (b"name,id\nA,Stamp.JSON\n", ["line 2: the id Stamp.JSON is the name", "another one"]),
    "the folder above alone": (b"name,id\nA,..\n", ["the id is '..'", "letters, digits"]),
    "a repository": (b"name,id\nA,.git\n", ["the id is '.git'", "letters, digits"]),
    "a dot at the end": (b"name,id\nA,a.\n", ["the id is 'a.'", "letters, digits"]),
    "a vertical tab": (b"name\nA\x0bB\n", ["line 2: the name holds the character U+000B", "accepted: text"]),
    "a separator": (b"name\nA\x1cB\n", ["line 2: the name holds the character U+001C", "accepted: text"]),
    "a next line": ("name\nA\x85B\n".encode(), ["line 2: the name holds the character U+0085", "accepted"]),
    "a seed that is none": (b"name,seed\nA,x\n", ["line 2: the seed is 'x'", "accepted: 0 to"]),
    "a negative seed": (b"name,seed\nA,-1\n", ["the seed is '-1'", "accepted: 0 to"]),
    "a seed too large": (b"name,seed\nA,99999999999\n", ["the seed is '99999999999'", "accepted: 0 to"]),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_that_cannot_be_used_is_refused_with_one_message(case, tmp_path, capsys):
    content, pieces = LISTS[case]
    (tmp_path / "students.csv").write_bytes(content)
    arguments = [
        "report",
        str(JOB),
        "--variants",
        str(tmp_path / "students.csv"),
        "--out",
        str(tmp_path / "out"),
    ]
    refuse(arguments, capsys, "students.csv", *pieces, folder=tmp_path)


def test_what_cannot_be_varied_is_refused_with_one_message(job_file, capsys):
    file = job_file()
    (file.parent / "students.csv").write_text("name\nA\n", encoding="utf-8")
    arguments = ["report", str(file), "--variants", str(file.parent / "students.csv")]
    refuse(arguments, capsys, "needs kind exercise or hints; found 'derivation'", folder=file.parent)
    text = JOB.read_text(encoding="utf-8").replace("seed = 7", 'parameters = "weights.npz"')
    file.write_text(text, encoding="utf-8")
    np.savez(file.parent / "weights.npz", **{k: v for k, v in read_job(JOB).values.items() if k != "s0"})
    refuse(arguments, capsys, "parameters come from a file", folder=file.parent)
    refuse(
        ["report", str(JOB), "--variants", "no.csv"],
        capsys,
        "no.csv",
        "accepted: the path of a CSV file",
        folder=file.parent,
    )


def test_ids_are_made_of_names_and_seeds_of_names_and_the_seed_of_the_job(tmp_path):
    assert plain_id("Ångström, Jr.") == "angstrom-jr"
    assert re.fullmatch("s-[0-9a-f]{8}", plain_id("李雷"))
    assert len(plain_id("x" * 70)) <= 64
    (tmp_path / "a.csv").write_text("\ufeffname , id\n Ada ,a\n\nBo,b\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("name\r\nA\u2028B\r\nC\r\n", encoding="utf-8", newline="")
    assert [s.name for s in read_students(tmp_path / "b.csv", 7)] == ["A\u2028B", "C"]
    first, second = read_students(tmp_path / "a.csv", 7), read_students(tmp_path / "a.csv", 8)
    assert [(s.name, s.id) for s in first] == [("Ada", "a"), ("Bo", "b")]
    assert len({s.seed for s in (*first, *second)}) == 4
    assert read_students(tmp_path / "a.csv", 7) == first


def test_a_sheet_that_is_no_variant_says_that_its_numbers_were_points(made):
    document, _ = certify_job(read_job(JOB))
    assert document.foot[-1] == " (these numbers; seed 7, sizes 2/3/4)."
