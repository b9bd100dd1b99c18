"""Hostile text in every field of a job: printed letter by letter in every format, or refused; nothing else.

One job carries a payload in all its fields, another a plain word in each. Sources of the two must differ in
nothing but these words, in the escaped form that each language has for plain text. In ``make test`` ten
payloads share a job, each in three fields by turns; in ``make deep`` each has a job of its own.
"""

import csv
import dataclasses
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from symrnn.cli import main
from symrnn.document import Document, render
from symrnn.model import HERE, FileError
from symrnn.notation.emitters import latex, typst
from symrnn.notation.emitters.latex import clean
from symrnn.report import ledger, make_report, read_job
from symrnn.report.kinds.exercise import SHORT, head
from symrnn.report.students import read_students
from tests import ROOT
from tests.document.test_html import Skeleton
from tests.document.test_notebook import Page, cells
from tests.safety.payloads import PAYLOADS, UNPRINTABLE

MOST = {"title": 300, "course": 60, "word": 20, "name": 60, "source": 300, "description": 300, "meaning": 60}
MOST |= {"notation": 300, "paper": 300, "remark": 300}
PRINTED = ("title", "course", "word", "name", "meaning", "notation", "paper", "remark")
FORMATS = ("tex", "typ", "html", "ipynb")
SECRET = "Zebra-5309-Quagga"
EXERCISE = ROOT / "reports" / "bptt-exercise" / "job.toml"
BOX = re.compile(r"\\hspace\{[\d.]+em\}")
every_payload = pytest.mark.parametrize("payload", PAYLOADS, ids=lambda text: ascii(text[:24]))
MIXTURES = [  # rows of Latin squares: ten payloads in ten fields, and again with each in another field
    {field: PAYLOADS[(start + (n + turn) % len(MOST)) % len(PAYLOADS)] for n, field in enumerate(MOST)}
    for turn in (0, 3, 6)
    for start in range(0, len(PAYLOADS), len(MOST))
]


@pytest.fixture(autouse=True)
def each_line_is_certified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts change no formula: certificates of the first report serve the others of the same shape."""
    monkeypatch.setattr(ledger, "performed", remembered)


KNOWN: dict[str, object] = {}


def remembered(work: list, perform=ledger.performed) -> Iterator:
    known = [
        f"{task.func.__name__} {task.args[0].goal} {len(task.args[1:])} {n}" for n, task in enumerate(work)
    ]
    if not all(key in KNOWN for key in known):
        KNOWN.update(zip(known, perform(work)))
    yield from (KNOWN[key] for key in known)


def quoted(text: str) -> str:
    """Text as a TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def field_texts(payloads: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The payload of each field in the form of the field."""
    places = {"CANARY": str(tmp_path / "c"), "SECRET": str(tmp_path / "s")}
    whole = {f: re.sub("|".join(places), lambda m: places[m[0]], p).strip() for f, p in payloads.items()}
    return {field: text[: MOST[field]].strip() for field, text in whole.items()}


def everywhere(payload: str, tmp_path: Path) -> dict[str, str]:
    """One payload in the form of every field."""
    return field_texts(dict.fromkeys(MOST, payload), tmp_path)


def write_job(texts: dict[str, str], folder: Path) -> Path:
    """Write a job, a cell and a notation with these texts in their fields."""
    folder.mkdir(exist_ok=True)
    cell = (HERE / "cells" / "elman.toml").read_text(encoding="utf-8")
    cell = re.sub(r"^(name|source|description) = .*\n", "", cell, flags=re.MULTILINE)
    head = "".join(f"{key} = {quoted(texts[key])}\n" for key in ("name", "source", "description"))
    meanings = f"\n[meanings]\na = {quoted(texts['meaning'])}\nW = {quoted(texts['meaning'])}\n"
    (folder / "mine.toml").write_text(head + cell + meanings, encoding="utf-8")
    keys = {"title": "notation", "source": "paper", "remark": "remark"}
    head = "".join(f"{key} = {quoted(texts[field])}\n" for key, field in keys.items())
    (folder / "ours.toml").write_text(f"{head}[cells.mine]\n", encoding="utf-8")
    job = f"""
title = {quoted(texts["title"])}
course = {quoted(texts["course"])}
cell = "mine.toml"
notation = "ours.toml"
state = 3
[initial]
s = [0.3, -0.2, 0.5]
[sequence]
vocabulary = ["b", {quoted(texts["word"])}]
inputs = ["b", {quoted(texts["word"])}]
targets = [{quoted(texts["word"])}, 0]
[derive]
of = "L[2]"
wrt = ["b"]
"""
    (folder / "job.toml").write_text(job, encoding="utf-8")
    return folder / "job.toml"


def sources(texts: dict[str, str], folder: Path) -> dict[str, str]:
    report = make_report(read_job(write_job(texts, folder)), FORMATS)
    return {name: report.files[f"report.{name}"].decode() for name in FORMATS}


PLAIN = {field: f"Q{field}Q" for field in MOST}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Sources of the job with a plain word in each field."""
    return sources(PLAIN, tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("payloads", MIXTURES, ids=range(len(MIXTURES)))
def test_a_payload_in_three_fields_is_printed_letter_by_letter(payloads, plain, tmp_path):
    check_letter_by_letter(field_texts(payloads, tmp_path), plain, tmp_path)


@pytest.mark.deep
@every_payload
def test_a_payload_in_every_field_is_printed_letter_by_letter(payload, plain, tmp_path):
    check_letter_by_letter(everywhere(payload, tmp_path), plain, tmp_path)


def test_every_payload_stands_in_three_fields():
    fields_of = {payload: {f for one in MIXTURES for f in one if one[f] == payload} for payload in PAYLOADS}
    assert min(map(len, fields_of.values())) == 3


def check_letter_by_letter(texts: dict[str, str], plain: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "s").write_text(SECRET)
    made = sources(texts, tmp_path / "job")
    check_tex(made["tex"], plain["tex"], texts)
    check_typst(made["typ"], plain["typ"], texts)
    check_html(made["html"], plain["html"], texts)
    check_notebook(made["ipynb"], plain["ipynb"], texts)
    assert not any(SECRET in source for source in made.values())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job", "s"]
    assert sorted(path.name for path in (tmp_path / "job").iterdir()) == [
        "job.toml",
        "mine.toml",
        "ours.toml",
    ]


def check_tex(made: str, plain: str, texts: dict[str, str], words: dict[str, str] = PLAIN) -> None:
    for field, word in words.items():
        plain = plain.replace(hexadecimal(word), hexadecimal(texts[field]))
        plain = plain.replace(word, latex.escape(texts[field]))
        plain = plain.replace(word.lower(), latex.escape(texts[field].lower()))  # the running head
        harmless_tex(latex.escape(texts[field]))
    assert without_breaks(made) == without_breaks(plain)


def hexadecimal(text: str) -> str:
    return clean(text).encode("utf-16-be").hex().upper()


def without_breaks(source: str) -> str:
    """A break in a long word stands by the length of the word with what is around it."""
    return source.replace(r"\allowbreak{}", "")


ESCAPED = (
    r"\\ensuremath\{(?:\\[A-Za-z|]+|[-']|[_^]\{(?:\\top|[-+0-9])\}|\\mathcal\{L\})\}"  # one sign
    r"|\\(?:text[a-z]+|allowbreak|dots)\{\}|\\`\{\}|\\[{}$&#%_]|\{[\[\]]\}|\{\}"
)


def harmless_tex(escaped: str) -> None:
    """Without the forms that print a sign, nothing is left that means something to TeX."""
    left = re.sub(ESCAPED, "", escaped)
    assert not re.search(r'[\\{}$&#%^_<>|"\[\]\x00-\x1f]', left), left


def check_typst(made: str, plain: str, texts: dict[str, str], words: dict[str, str] = PLAIN) -> None:
    for field, word in words.items():
        plain = plain.replace(word, typst.quoted(clean(texts[field]))[1:-1])
        plain = plain.replace(word.lower(), typst.quoted(clean(texts[field].lower()))[1:-1])
        literal = typst.quoted(clean(texts[field]))
        assert re.fullmatch(r'"(?:[^"\\\n]|\\["\\])*"', literal), literal
    assert made == plain


def check_html(made: str, plain: str, texts: dict[str, str]) -> None:
    found, expected = Skeleton(made), Skeleton(plain)
    assert found.elements == expected.elements
    assert [a for a in found.attributes if a[1] != "alttext"] == [
        a for a in expected.attributes if a[1] != "alttext"
    ]
    for field in PRINTED:
        assert clean(texts[field]) in clean(found.text), field


def check_notebook(made: str, plain: str, texts: dict[str, str]) -> None:
    found, expected = (Page("\n\n".join(cells(source))) for source in (made, plain))
    assert found.elements == expected.elements
    assert found.formulas == expected.formulas
    assert "$" not in found.scanned and "\\" not in found.scanned
    for field in PRINTED:
        assert " ".join(clean(texts[field]).split()) in " ".join(found.text.split()), field
    words = {repr(word): repr(texts[field]) for field, word in PLAIN.items()}
    assert len(cells(made, "code")) == len(cells(plain, "code")) == 4
    for new, old in zip(cells(made, "code")[1:], cells(plain, "code")[1:]):
        assert new == old, words


def test_a_payload_as_the_name_of_a_student_is_printed_letter_by_letter(tmp_path):
    names = [" ".join(payload.split())[:70].strip() for payload in PAYLOADS]
    with (tmp_path / "students.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["name", "id"], *([name, f"s{n}"] for n, name in enumerate(names))])
    assert [student.name for student in read_students(tmp_path / "students.csv", 0)] == names
    exercise = read_job(EXERCISE)

    def sheet(name: str) -> dict[str, str]:
        asked = dataclasses.replace(exercise.exercise, student=name)
        fields = head(dataclasses.replace(exercise, exercise=asked))
        document = Document(("T",), ("lead",), fields, "head", "label", ("foot",))
        return {format: render(document, format) for format in FORMATS}

    words = "QnameQ", "Q" + "name" * 10 + "Q"  # a long name has a line of its own
    sheets = [sheet(word) for word in words]
    for name in names:
        word = words[len(name) > SHORT]
        made, plain = sheet(name), sheets[len(name) > SHORT]
        check_tex(made["tex"], plain["tex"], {"name": name}, {"name": word})
        check_typst(made["typ"], plain["typ"], {"name": name}, {"name": word})
        found, expected = Skeleton(made["html"]), Skeleton(plain["html"])
        assert (found.elements, found.attributes) == (expected.elements, expected.attributes)
        assert clean(name) in clean(found.text)
        page, other = (Page("\n\n".join(cells(one["ipynb"]))) for one in (made, plain))
        assert page.elements == other.elements and "$" not in page.scanned
        boxes = [[BOX.sub("", formula) for formula in one.formulas] for one in (page, other)]
        assert boxes[0] == boxes[1]


@pytest.mark.parametrize("case", UNPRINTABLE)
def test_the_name_of_a_student_that_cannot_be_printed_is_refused_with_its_line(case, tmp_path):
    file = tmp_path / "students.csv"
    file.write_text(f"name,id\nAda,a\n{UNPRINTABLE[case]},b\n", encoding="utf-8", newline="")
    with pytest.raises(FileError, match=r"line 3"):
        read_students(file, 0)


def test_the_comparison_would_notice_an_escape_that_does_nothing(plain, tmp_path, monkeypatch):
    texts = everywhere(r"\input{x} #read <b> $x$", tmp_path)
    made = sources(texts, tmp_path / "job")
    with pytest.raises(AssertionError):
        harmless_tex(r"\input{x}")
    raw = {name: source.replace(PLAIN["meaning"], texts["meaning"]) for name, source in plain.items()}
    raw["ipynb"] = plain["ipynb"].replace(PLAIN["meaning"], json.dumps(texts["meaning"])[1:-1])
    for check, name in (
        (check_tex, "tex"),
        (check_typst, "typ"),
        (check_html, "html"),
        (check_notebook, "ipynb"),
    ):
        check(made[name], plain[name], texts)
        with pytest.raises(AssertionError):
            check(raw[name], plain[name], PLAIN | {"meaning": texts["meaning"]})


@pytest.mark.parametrize("field", MOST)
@pytest.mark.parametrize("case", UNPRINTABLE)
def test_what_cannot_be_printed_is_refused_with_its_character(case, field, tmp_path):
    text = UNPRINTABLE[case]
    with pytest.raises(FileError, match=rf"holds the character U\+{ord(text[1]):04X}"):
        read_job(write_job(PLAIN | {field: text}, tmp_path))


@pytest.mark.parametrize("field", MOST)
@pytest.mark.parametrize("text", ["x" * 10_000, "漢" * 10_000, "\\" * 10_000, " " * 10_000], ids=ascii)
def test_ten_thousand_characters_are_refused_with_what_is_accepted(field, text, tmp_path):
    with pytest.raises(FileError, match=r"accepted|at most") as error:
        read_job(write_job(PLAIN | {field: text}, tmp_path))
    assert len(str(error.value)) < 600 + len(str(tmp_path))


PLACES = {
    "kind": 'kind = "derivation"',
    "cell": 'cell = "elman"',
    "activation": 'activation = "tanh"',
    "loss": 'loss = "cross_entropy"',
    "of": 'of = "L[2]"',
    "parameters": "seed = 7",
    "word": "targets = [[0.1, 0.2, 0.3, 0.4], [0.0, 1.0, 0.0, 0.0]]",
    "wrt": 'wrt = ["b"]',
    "key": "state = 3",
    "state": "s = [0.3, -0.2, 0.5]",
}


@every_payload
def test_a_payload_where_a_name_belongs_is_refused_with_one_line(payload, job_file, capsys, tmp_path):
    for place, old in PLACES.items():
        text = quoted(everywhere(payload, tmp_path)["title"] or "-")
        key = old.split(" =")[0] if place != "parameters" else "parameters"
        new = f"{text} = [1]" if place in ("key", "state") else f"{key} = {text}"
        new = f"{key} = [{text}, {text}]" if place in ("word", "wrt") else new
        file = job_file((old, new))
        assert main(["report", str(file), "--format", "tex"]) == 2, place
        said = capsys.readouterr().err
        assert said.startswith("symrnn: ") and said.count("\n") == 1 and len(said) < 1500
        assert said[:-1].isprintable() and "Traceback" not in said
        assert [path.name for path in file.parent.iterdir()] == ["job.toml"]
    assert [path.name for path in tmp_path.iterdir()] == ["job"]


NAMES = [p for p in PAYLOADS if "/" not in p and len(p.encode()) < 200] + ["a\x1b[2Jb", "a\u202eb", "-rf"]


@pytest.mark.parametrize("turn", range(0, len(NAMES), 3))
def test_a_payload_as_the_name_of_folder_or_file_is_harmless(turn, tmp_path, capsys):
    check_names(*(NAMES[(turn + n) % len(NAMES)] for n in range(3)), tmp_path, capsys)


@pytest.mark.deep
@pytest.mark.parametrize("name", NAMES, ids=lambda text: ascii(text[:24]))
def test_a_payload_as_the_name_of_folder_and_file_is_harmless(name, tmp_path, capsys):
    check_names(name, name, name, tmp_path, capsys)


def check_names(folder: str, file: str, out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inside = tmp_path / folder
    job = write_job(PLAIN, inside).rename(inside / f"{file}.toml")
    assert main(["report", str(job), "--format", "tex,ipynb", "--out", str(inside / out)]) == 0
    said = capsys.readouterr()
    assert said.err == "" and all(line.isprintable() for line in said.out.split("\n"))
    assert sorted(path.name for path in (inside / out).iterdir()) == [
        "certificate.json", "report.ipynb", "report.tex", "stamp.json",
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == [folder]


both_engines = pytest.mark.parametrize("engine", ["typst", "pdflatex"])


@both_engines
def test_ten_payloads_in_ten_fields_make_a_pdf(engine, tmp_path):
    check_pdf(engine, field_texts(MIXTURES[0], tmp_path), tmp_path)


@pytest.mark.deep
@pytest.mark.parametrize("payload", [0, 29, 65, 78], ids=lambda n: ascii(PAYLOADS[n][:24]))
@both_engines
def test_a_payload_in_every_field_makes_a_pdf(engine, payload, tmp_path):
    check_pdf(engine, everywhere(PAYLOADS[payload], tmp_path), tmp_path)


def check_pdf(engine: str, texts: dict[str, str], tmp_path: Path) -> None:
    if engine == "pdflatex" and shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    (tmp_path / "s").write_text(SECRET)
    job = write_job(texts, tmp_path / "job")
    made = make_report(read_job(job), ("pdf",), engine)
    assert made.files["report.pdf"].startswith(b"%PDF") and SECRET.encode() not in made.files["report.pdf"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job", "s"]


def test_there_are_enough_payloads():
    assert len(set(PAYLOADS)) >= 60
