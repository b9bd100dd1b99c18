"""Languages: every catalogue says the same, all of it is used, and no document mixes two of them."""

import ast
import dataclasses
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import TypeVar

import pytest

from symrnn.cli import main
from symrnn.derivation import BOOK
from symrnn.derivation.entries import ENTRY_RULES
from symrnn.derivation.strategies import SHOWN
from symrnn.document import Document, StepRow, catalogue, fill, language, languages, render, spoken, words
from symrnn.document.engines import overfull, typst_overflows
from symrnn.document.translations import (
    BY_SENTENCE,
    FOLDER,
    TRANSLATED,
    Catalogue,
    LanguageError,
    read_catalogue,
)
from symrnn.model import FileError, read_toml
from symrnn.notation.tree import Name
from symrnn.report import certificate_of, certify_job, make_report, make_variants, order, read_job
from symrnn.report.job import KINDS
from symrnn.report.wording import listing, sentences
from symrnn.tensor import TABLE, Variable
from tests import ROOT
from tests.document import sample_document as sample
from tests.typeset import typeset

Leaf = TypeVar("Leaf")
PACKAGE = ROOT / "symrnn"
ENGLISH = catalogue("en")
OTHERS = [code for code in languages() if code != "en"]
KEYS = [f"{table}.{entry}" for table, entries in ENGLISH.tables.items() for entry in entries]
KEYS = [key for key in KEYS if key.partition(".")[0] not in BY_SENTENCE]

every_language = pytest.mark.parametrize("code", languages())
every_other = pytest.mark.parametrize("code", OTHERS)


# catalogues


def test_there_is_a_second_language() -> None:
    assert "de" in OTHERS


@every_other
def test_every_catalogue_has_the_entries_of_the_english_one(code: str) -> None:
    tables = catalogue(code).tables
    assert [table for table in tables if table not in TRANSLATED] == list(ENGLISH.tables)
    for table, entries in ENGLISH.tables.items():
        assert list(tables[table]) == list(entries)  # in the same order too, for whoever compares them


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def said_by_rules() -> set[str]:
    """Return every statement and every reason that a rule can give, in English."""
    found = {rule.statement for rule in (*BOOK.values(), *ENTRY_RULES)}
    found.add(SHOWN[1])
    for path in (PACKAGE / "derivation").rglob("*.py"):
        for node in ast.walk(parsed(path)):
            given: list[ast.expr] = []
            because = isinstance(node, ast.keyword) and node.arg == "because"
            constant = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "ORDER"
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("sentence", "Sentence"):
                given = node.args[:1]
            elif because or constant:
                given = [node.value]
            found |= {str(one.value) for one in given if isinstance(one, ast.Constant)}
    return found


@every_other
def test_every_rule_speaks_every_language_and_no_other_does(code: str) -> None:
    tables = catalogue(code).tables
    names = {rule.name for rule in (*BOOK.values(), *ENTRY_RULES)} | {"insert", "shown above"}
    assert set(tables["rules"]) == names
    assert set(tables["sentences"]) == said_by_rules()
    for table in ("any_order", "mirrored"):
        assert set(ENGLISH.tables[table]) <= said_by_rules()


@every_other
def test_the_words_of_our_data_are_translated(code: str) -> None:
    data = [row.meaning for row in TABLE.values()]
    for file in (PACKAGE / "model" / "cells").glob("*.toml"):
        data += read_toml(file).get("meanings", {}).values()
    for file in (PACKAGE / "model" / "notations").glob("*.toml"):
        data += [read_toml(file)["title"], read_toml(file)["remark"]]
    assert set(catalogue(code).tables["terms"]) == set(data)


WRONG = {
    "a missing entry": ('title = "Das Netz"\n', "", "the entry 'title' is missing; English: 'The network'"),
    "an unknown entry": ('figure = "Abbildung', 'titel = "x"\nfigure = "Abbildung', "unknown entry 'titel'"),
    "a missing place": ("Abbildung {n}.", "Abbildung.", "'figure' has the places none; accepted: {n}"),
    "a wrong place": ("Abbildung {n}.", "Abbildung {m}.", "has the places {m}; accepted: {n}"),
    "a style that is lost": ("{strong:Zusammen.}", "Zusammen.", "accepted: {p}, {same}, {strong}"),
    "a brace": ("Abbildung {n}.", "Abbildung {n.", "cannot be read"),
    "a number": ('figure = "Abbildung {n}."', "figure = 1", "'figure' is 1; accepted: text"),
    "no table": ("[slides]", "[folien]", "[slides]: the table is missing"),
    "a place of a reason": ("{x} erreicht {v} nur über", "{x} erreicht nur über", "places {parents}, {x}"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_catalogue_is_refused_with_file_table_and_entry(name: str, tmp_path: Path) -> None:
    old, new, message = WRONG[name]
    text = (FOLDER / "de.toml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "de.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LanguageError, match=re.escape(message)) as caught:
        read_catalogue(file, ENGLISH)
    assert str(caught.value).startswith(f"language file {file}, [")


def test_the_language_ends_with_the_block_even_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), spoken("de"):
        assert language().code == "de" and words("network.title") == "Das Netz"
        raise ZeroDivisionError
    assert language().code == "en" and words("network.title") == "The network"


@pytest.mark.parametrize("format", ["tex", "typ", "html", "ipynb"])
def test_a_document_is_rendered_in_its_own_language_whatever_is_in_force(format: str) -> None:
    document = dataclasses.replace(sample.document(), language="de")
    german = render(document, format)
    assert "Abbildung" in german and "Abbildung" not in render(sample.document(), format)
    for code in languages():
        with spoken(code):
            assert render(document, format) == german


def test_places_are_filled_and_neighbouring_words_join() -> None:
    assert fill("{a}, {b} and {strong:c}", a="x", b=(Name("y"),))[0] == "x, "
    assert sentences(("One.",), (), ("Two.",)) == ("One. Two.",)
    with spoken("de"):
        assert " und " in listing([Variable("a"), Variable("b")])
    with pytest.raises(KeyError):
        fill("{missing}")


# the code


def code_and_templates() -> Iterator[str]:
    """Yield every string of the code outside docstrings, and the source of every template."""
    for path in PACKAGE.rglob("*.py"):
        yield from (str(n.value) for n in ast.walk(parsed(path)) if isinstance(n, ast.Constant))
    for path in (PACKAGE.parent / "templates").rglob("*"):
        if path.suffix in (".j2", ".js"):
            yield from re.findall(r'"([\w.]+)"', path.read_text(encoding="utf-8"))


def test_every_entry_is_used_and_every_one_that_is_used_exists() -> None:
    found = set(code_and_templates())
    assert set(KEYS) <= found
    for path in (*(PACKAGE / "report").rglob("*.py"), *(PACKAGE / "notation").glob("*.py")):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("say", "words"):
                given = [n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant)]
                keys = [key for key in given if isinstance(key, str) and re.fullmatch(r"\w+\.\w+", key)]
                assert set(keys) <= set(KEYS), f"{path.name}, line {node.lineno}"


NOT_OF_DOCUMENTS = {"admit_number", "admit_array", "progress", "Certificate", "Check"}  # all English


def prose_in(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield strings that look like words of a sentence: no docstring, no error, no certificate."""
    other: set[int] = set()
    for node in ast.walk(tree):
        called = getattr(node, "func", None)
        name = getattr(called, "attr", getattr(called, "id", ""))
        if isinstance(node, ast.Raise) or name in NOT_OF_DOCUMENTS:
            other |= {id(inner) for inner in ast.walk(node)}
        elif isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            other |= {id(inner) for inner in ast.walk(node.body[0])}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in other:
            spaced = " " in node.value or node.value.endswith((".", ":", "?"))
            if spaced and re.search(r"[a-z]{2}", node.value):
                yield node


COMPOSING = [
    *(PACKAGE / "report").glob("*/*.py"),
    *(PACKAGE / "report" / f"{n}.py" for n in ("compose", "forms", "veil")),
]


@pytest.mark.parametrize("path", sorted(COMPOSING), ids=lambda path: path.stem)
def test_no_prose_stands_in_the_code_of_a_document(path: Path) -> None:
    if path.stem == "program":  # what it writes is Python; its sentences are entries
        return
    assert [f"line {node.lineno}: {node.value!r}" for node in prose_in(parsed(path))] == []


@pytest.mark.parametrize("source", ['x = "The loss sees it."', 'x = f"Of {n} entries"', 'x = ("Then:",)'])
def test_prose_in_the_code_would_be_found(source: str) -> None:
    assert list(prose_in(ast.parse(source)))


# documents

TOP = """\
title = "Titel"
language = "de"
kind = "{kind}"
cell = "{cell}"
state = 2
[sequence]
inputs = [[0.4, -1.0], [1.5, 0.2], [0.3, 0.1]]
targets = [[0.1, 0.2, 0.7], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]
"""
MADE = [*((kind, "elman") for kind in KINDS), pytest.param("derivation", "lstm", marks=pytest.mark.deep)]


def german(folder: Path, kind: str, cell: str = "elman", more: str = "") -> Path:
    wrt = {"elman": '[derive]\nwrt = ["W"]\n', "lstm": '[derive]\nwrt = ["W_f", "V", "c0"]\n'}.get(cell, "")
    file = folder / "job.toml"
    file.write_text(more + TOP.format(kind=kind, cell=cell) + wrt, encoding="utf-8")
    return file


def leaves(value: object, kind: type[Leaf]) -> Iterator[Leaf]:
    """Yield everything of a kind in a document."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from leaves(item, kind)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from leaves(getattr(value, field.name), kind)


def runs(entry: str) -> Iterator[str]:
    """Yield the words of a template between its places."""
    for before, _, spec, _ in Formatter().parse(entry):
        yield from (part for part in (before, spec) if part)


def foreign(catalogue_: Catalogue) -> list[str]:
    """Return runs of English words that a language does not have itself."""
    english = [entry for table in ENGLISH.tables.values() for entry in table.values()]
    english += [*BOOK, *catalogue_.tables["sentences"], *catalogue_.tables["terms"]]
    own = " ".join(words for table in catalogue_.tables.values() for words in table.values())
    found = {run.strip() for entry in english for run in runs(entry)}
    return sorted(run for run in found if len(run) > 15 and run not in own)


@pytest.mark.parametrize(("kind", "cell"), MADE, ids=lambda value: value)
def test_a_german_document_is_german_from_head_to_foot(kind: str, cell: str, tmp_path: Path) -> None:
    job = read_job(german(tmp_path, kind, cell))
    document, ledger = certify_job(job)
    assert document.language == "de" and certificate_of(job, ledger)["language"] == "de"
    for one in (document, *([document.key] if document.key else [])):
        check_german(one)


def check_german(document: Document) -> None:
    everything = "\n".join(leaves(document, str))
    page, book = render(document, "html"), render(document, "ipynb")
    assert '<html lang="de">' in page and "Contents" not in page and "Figure" not in page
    for run in foreign(catalogue("de")):
        assert run not in everything and run not in page and run not in book, run
    names = {name.lower() for name in catalogue("de").tables["rules"].values()}
    assert {
        name for row in leaves(document.blocks, StepRow) for name in row.rule.lower().split(", ")
    } <= names


@pytest.mark.parametrize(
    "more", ['layout = "gradient"\n', 'convention = "row"\n', 'notation = "goodfellow"\n']
)
def test_what_is_stated_of_formulas_is_stated_in_german(more: str, tmp_path: Path) -> None:
    check_german(certify_job(read_job(german(tmp_path, "derivation", more=f"{more}\n")))[0])


def test_layers_have_their_number_in_german(tmp_path: Path) -> None:
    from symrnn.report.sections.network import said_by_cell

    with spoken("de"):
        assert said_by_cell("hidden state, layer 2") == "versteckter Zustand, Schicht 2"
        assert said_by_cell("my own words, layer {n}") == "my own words, layer {n}"
    assert said_by_cell("hidden state, layer 2") == "hidden state, layer 2"


@pytest.mark.parametrize("kind", ["handout", "exercise", "slides"])
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_german_pages_hold_what_stands_on_them(kind: str, tmp_path: Path) -> None:
    file = ROOT / "reports" / f"bptt-{kind}" / "job.toml"
    job = tmp_path / "job.toml"
    job.write_text('language = "de"\n' + file.read_text(encoding="utf-8"), encoding="utf-8")
    document, _ = certify_job(read_job(job))
    assert typst_overflows(render(document, "typ")) == []
    source = render(document, "tex")
    assert r"\hyphenpenalty=10000" in source
    log = typeset(source)[1]
    assert [box for box in overfull(log) if box[0] > 0.5] == []
    assert kind == "slides" or re.search(r"\([234] pages", log)


def test_variants_are_in_the_language_of_their_job(tmp_path: Path) -> None:
    job, students = german(tmp_path, "exercise"), tmp_path / "students.csv"
    students.write_text("name\nAnna\n", encoding="utf-8")
    made = order(job, students, ("tex",), folder=tmp_path / "out")
    make_variants(made, lambda said: None, lambda: None)
    for name, label in (("exercise", "Übungsblatt"), ("solution", "Lösung")):
        text = (tmp_path / "out" / "anna" / f"{name}.tex").read_text(encoding="utf-8")
        assert label in text and "an einem zufälligen Punkt ausgewertet" in text and "The " not in text


def test_the_language_of_an_english_document_is_not_mentioned(tmp_path: Path) -> None:
    file = german(tmp_path, "slides")
    file.write_text(file.read_text(encoding="utf-8").replace('"de"', '"en"'), encoding="utf-8")
    report = make_report(read_job(file), ("tex", "html"))
    assert "language" not in report.certificate and "hyphenpenalty" not in report.files["report.tex"].decode()
    assert '<html lang="en">' in report.files["report.html"].decode()


@pytest.mark.parametrize("wrong", ['"fr"', '"DE"', '"../de"', '""'])
def test_an_unknown_language_is_one_message(
    wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = german(tmp_path, "slides")
    file.write_text(file.read_text(encoding="utf-8").replace('"de"', wrong), encoding="utf-8")
    with pytest.raises(FileError, match=f"language is {wrong.replace(chr(34), chr(39))}; accepted: de, en"):
        read_job(file)
    assert main(["report", str(file)]) == 2
    assert str(file) in capsys.readouterr().err
