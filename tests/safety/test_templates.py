"""Templates of a stranger: they lay out, and can do nothing else; an error names file and line."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from symrnn.cli import main
from symrnn.document import render, sandbox
from symrnn.document.engines import confined
from symrnn.document.sandbox import TemplateError
from tests.document import sample_document as sample

needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
SECRET = "Zebra-5309-Quagga"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of templates, with a secret beside it."""
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "secret.tex.j2").write_text(SECRET)
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine"


def put(folder: Path, body: str, name: str = "report.tex.j2") -> Path:
    (folder / name).write_text(body)
    return folder


def test_a_template_takes_the_place_of_ours_and_may_build_on_the_others(folder):
    put(
        folder,
        '\\BLOCK{extends "base.tex.j2"}\n\\BLOCK{block body}\nMine: \\VAR{document.label}\\BLOCK{endblock}\n',
    )
    made = render(sample.document(), "tex", folder)
    assert made.startswith("% Needs: texlive") and "\nMine: " in made
    assert made != render(sample.document(), "tex")
    assert render(sample.document(), "typ", folder) == render(sample.document(), "typ")


def test_text_in_a_template_of_a_stranger_is_escaped_like_in_ours(folder):
    put(folder, r'\VAR{"$x$ \\input{y}" ~ document.label}')
    made = render(sample.document(), "tex", folder)
    assert made.startswith(r"\$x\$ \textbackslash{}input\{y\}")


FORBIDDEN = {
    "class": (r"\VAR{''.__class__}", "unsafe"),
    "subclasses": (r"\VAR{().__class__.__base__.__subclasses__()}", "unsafe"),
    "globals of a macro": (r"\VAR{cycler.__init__.__globals__}", "unsafe"),
    "globals of a filter": (r"\VAR{(document|attr('__class__'))}", "unsafe"),
    "format": (r"\VAR{'{0.__class__}'.format(document)}", "unsafe"),
    "change": (r"\BLOCK{set x = []}\VAR{x.append(1)}", "unsafe"),
    "change the document": (r"\BLOCK{set document.title = 1}", "namespace"),
    "include above": (r'\BLOCK{include "../secret.txt"}', "no template"),
    "extends above": (r'\BLOCK{extends "../secret.tex.j2"}', "no template"),
    "import above": (r'\BLOCK{import "../secret.tex.j2" as s}', "no template"),
    "include by root": (r'\BLOCK{include "/etc/passwd"}', "no template"),
    "include by a way back": (r'\BLOCK{include "x/../../secret.txt"}', "no template"),
    "a link": (r'\BLOCK{include "link.txt"}', "no template"),
    "a font of the machine": (r"\VAR{'../../x'|embedded}", "No filter"),
    "unknown name": ("first\n\n" + r"\VAR{nothing_known}", "line 3: 'nothing_known' is undefined"),
    "unknown attribute": ("first\n" + r"\VAR{document.nothing}", "line 2: .*no attribute 'nothing'"),
    "syntax": ("first\n" + r"\BLOCK{if}", "line 2: Expected an expression"),
    "unclosed": ("%% for x in y\n" + "text", "line 2: Unexpected end of template"),
    "not text": ("first\n" + r"\VAR{document.blocks[0]}", "line 2: .*cannot print"),
    "division": (r"\VAR{1 // 0}", "line 1: .*by zero"),
    "itself": (r'\BLOCK{extends "report.tex.j2"}', "nested too deeply|itself|recursion"),
    "macro without end": ("%% macro f()\n\\VAR{f()}\n%% endmacro\n\\VAR{f()}", "nested too deeply"),
    "long range": (r"\BLOCK{for i in range(100000000)}x\BLOCK{endfor}", "Range too big"),
}  # fmt: skip


@pytest.mark.parametrize("case", FORBIDDEN)
def test_a_template_that_asks_for_more_is_refused_with_its_file(case, folder):
    body, said = FORBIDDEN[case]
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    with pytest.raises(TemplateError, match=said) as error:
        render(sample.document(), "tex", put(folder, body))
    assert "report.tex.j2" in str(error.value) and SECRET not in str(error.value)
    assert "\n" not in str(error.value) and len(str(error.value)) < 600


ENDLESS = {
    "loops in loops": "%% for i in range(99999)\n%% for j in range(99999)\n%% endfor\n%% endfor",
    "a power": r"\VAR{9 ** (9 ** 9)}",
    "a long text": r'\VAR{"x" * 20000000000}',
    "text upon text": (
        r'\BLOCK{set n = namespace(s="x")}\BLOCK{for i in range(60)}\BLOCK{set n.s = n.s ~ n.s}\BLOCK{endfor}'
    ),
    "a long page": r'\VAR{"x" * 60000000}',
}


@pytest.mark.parametrize("case", ENDLESS)
def test_a_template_without_end_is_stopped(case, folder, monkeypatch):
    monkeypatch.setattr(sandbox, "LIMITS", replace(sandbox.LIMITS, seconds=2))
    with pytest.raises(TemplateError, match=r"stopped, by somebody or at its limits|memory|characters"):
        render(sample.document(), "tex", put(folder, ENDLESS[case]))


def test_a_template_that_is_not_utf8_is_refused(folder):
    (folder / "report.tex.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(TemplateError, match="not UTF-8"):
        render(sample.document(), "tex", folder)


def report(job: Path, folder: Path, *options: str) -> int:
    return main(["report", str(job), "--templates", str(folder), *options])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("raport.tex.j2", "accepted: _blocks.tex.j2"),
        ("report.html.j2", "_blocks.tex.j2, base.tex.j2, report.tex.j2"),
    ],
)
def test_a_folder_without_a_template_of_ours_is_refused(name, said, folder, job_file, capsys):
    assert report(job_file(), put(folder, "x", name), "--format", "tex") == 2
    assert said in capsys.readouterr().err


def test_a_wrong_template_is_one_message_with_file_and_line_and_nothing_is_written(folder, job_file, capsys):
    job = job_file()
    assert report(job, put(folder, "one\n" + r"\VAR{wrong}"), "--format", "tex") == 2
    said = capsys.readouterr().err
    assert said == f"symrnn: template {folder / 'report.tex.j2'}, line 2: 'wrong' is undefined\n"
    assert report(job, folder.parent / "nowhere") == 2
    assert "there is no such folder" in capsys.readouterr().err
    assert list(job.parent.iterdir()) == [job]


TEX = {
    "reads": (r"\input{OUT/secret.txt}", "not found"),
    "embeds": (r"\immediate\pdfobj stream file {OUT/secret.txt}", "cannot open file|status 1"),
    "writes": (r"\newwrite\w\immediate\openout\w=OUT/new.txt ", "can't write on file"),
    "loops": (r"\loop\iftrue\repeat", "at its limits"),
    "fills the memory": (
        r"\newcount\n\loop\expandafter\xdef\csname x\the\n\endcsname{\the\n}\advance\n1\iftrue\repeat",
        "capacity|at its limits",
    ),
    "fills the disk": (
        r"\newwrite\w\immediate\openout\w=x \loop\immediate\write\w{xxxx}\iftrue\repeat",
        "at its limits",
    ),
}


@needs_tex
@pytest.mark.parametrize("case", TEX)
def test_a_template_that_is_a_hostile_tex_program_is_stopped_by_the_engine(
    case, folder, job_file, capsys, monkeypatch
):
    monkeypatch.setattr(confined, "LIMITS", replace(confined.LIMITS, seconds=3, file_size=1 << 20))
    body, said = TEX[case]
    body = body.replace("OUT", str(folder.parent))
    put(folder, rf"\documentclass{{article}}\begin{{document}}{body} x\end{{document}}")
    job = job_file()
    assert report(job, folder, "--format", "pdf", "--engine", "pdflatex") == 3
    message = capsys.readouterr().err
    assert message.startswith("symrnn: engine pdflatex: ") and SECRET not in message
    assert any(word in message for word in said.split("|"))
    assert list(job.parent.iterdir()) == [job]
    assert sorted(path.name for path in folder.parent.iterdir()) == [
        "job",
        "mine",
        "secret.tex.j2",
        "secret.txt",
    ]
