"""The notebook: its structure, its Markdown as another reader understands it, and its code, which runs."""

import ast
import base64
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import pytest
from markdown_it import MarkdownIt

from symrnn.document import Bullets, Code, Columns, Document, Gallery, Heading, Panel, Prose, Table, render
from symrnn.notation import Tree, picture
from symrnn.notation.emitters.latex import clean
from symrnn.notation.emitters.markdown import math
from symrnn.report import read_job
from symrnn.report.sections.program import program
from tests import ROOT
from tests.document import sample_document as sample
from tests.document.test_html import HOSTILE_HTML
from tests.document.test_render import HOSTILE, wrap
from tests.reference import elman
from tests.report import test_exercise as exercises

FORMULA = re.compile(r"\$\$([^$]+)\$\$|\$([^$]+)\$")
HOSTILE_MARKDOWN = [
    "# a heading", "- a list", "+ a list", "1. a list", "1) a list", "> a quotation", "| a | b |\n|--|--|",
    "=====", "-----", "***", "    code", "```python\nx\n```", "`code`", "*emph* **strong** __u__ ~~s~~",
    "[a](javascript:alert(1))", "![a](https://x.example/y.png)", "[a]: https://x.example", "<https://x.example>",
    "https://x.example www.x.example a@x.example", "[^1] footnote", "$\\input{x}$ $$x$$", "\\(x\\) \\[y\\]",
    "\\begin{equation}x\\end{equation}", "\\$x\\$", "@@0@@", "&#36;x&#36; &dollar;", "a<br>b", "<!-- x -->",
    '</code><img src=x onerror="alert(1)">', "\\", "$", "a \\| b", "%%html\n<script>", "!id", "%run x",
]  # fmt: skip


class Page(HTMLParser):
    """What a reader of Markdown made of a cell: elements, and text by whether it stands in ``code``."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text, self.scanned, self.inside = "", "", 0
        formulas = FORMULA.findall(source)
        self.formulas = [display or inline for display, inline in formulas]
        self.feed(MarkdownIt("commonmark").enable("table").render(FORMULA.sub("FORMULA", source)))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.inside += tag == "code"
        if tag != "code":
            self.elements.append((tag, tuple(attrs)))

    def handle_endtag(self, tag):
        self.inside -= tag == "code"

    def handle_data(self, data):
        self.text += data
        if not self.inside:
            self.scanned += data  # a page looks here for formulas


def cells(source: str, kind: str = "markdown") -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(source)["cells"] if cell["cell_type"] == kind]


def page(document: Document) -> Page:
    return Page("\n\n".join(cells(render(document, "ipynb"))))


def test_the_structure_is_that_of_a_notebook():
    document = sample.document()
    notebook = json.loads(render(wrap("x"), "ipynb"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"] == {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    for found in (notebook, json.loads(render(document, "ipynb"))):
        ids = [cell["id"] for cell in found["cells"]]
        assert len(set(ids)) == len(ids) > 5
        assert all(re.fullmatch("[a-zA-Z0-9-_]{1,64}", name) for name in ids)
        for cell in found["cells"]:
            assert all(line.endswith("\n") for line in cell["source"][:-1])
        nbformat.validate(found)


def test_the_schema_of_a_notebook_would_notice_what_is_missing_or_too_much():
    for change in ({"id": "not a name"}, {"source": 1}, {"outputs": []}, {"cell_type": "text"}):
        found = json.loads(render(wrap("x"), "ipynb"))
        found["cells"][0] |= change
        with pytest.raises(nbformat.ValidationError):
            nbformat.validate(found)


def test_what_is_shown_is_the_document_with_all_its_blocks():
    found = page(sample.document())
    tags = [tag for tag, _ in found.elements]
    assert tags.count("h1") == 1 and tags.count("h2") == 5 and tags.count("h3") >= 1
    assert tags.count("table") >= 5 and tags.count("ul") >= 1 and tags.count("img") == 5
    assert "Figure 1." in found.text and "Figure 2." in found.text and "Chain rule" in found.text
    assert len(found.formulas) > 100 and not any("$" in f or "textcolor" in f for f in found.formulas)
    assert not [f for f in found.formulas if re.search(r"[|<>]", f)]
    for formula in found.formulas:
        assert formula.count("{") == formula.count("}") and formula.strip()
        assert len(re.findall(r"\\begin", formula)) == len(re.findall(r"\\end", formula))


def test_no_block_runs_into_the_next():
    table = Table(("Title",), (), ((("cell",),),), "l", ("Note",))
    inner = (
        Prose(("one",)),
        Prose(("two",)),
        table,
        Prose(("three",)),
        Bullets((("item",),)),
        Heading(("four",), 2),
    )
    blocks = (Prose(("before",)), Panel(inner, "Panel"), Columns((Prose(("left",)),), (Prose(("right",)),)))
    source = "\n\n".join(cells(render(Document((), (), blocks, "", "", ()), "ipynb")))
    found = MarkdownIt("commonmark").enable("table").parse(source)
    texts = [
        (a.tag, b.content) for a, b in zip(found, found[1:]) if b.type == "inline" and b.content.strip(" ·")
    ]
    assert texts == [
        ("p", "before"), ("p", "<strong>Panel</strong>"), ("p", "one"), ("p", "two"), ("p", "Title"),
        ("td", "cell"), ("p", "Note"), ("p", "three"), ("p", "item"), ("h3", "four"), ("p", "left"),
        ("p", "right"),
    ]  # fmt: skip


def test_a_formula_of_a_kind_that_no_notebook_knows_stops_the_build():
    class Secret(Tree):
        pass

    with pytest.raises(NotImplementedError, match="no notebook shows"):
        math(Secret())


def test_pictures_are_files_of_their_own_with_a_description():
    found = page(sample.document())
    images = [dict(attrs) for tag, attrs in found.elements if tag == "img"]
    for image in images:
        kind, content = image["src"].split(",", 1)
        assert kind == "data:image/svg+xml;base64"
        tree = ElementTree.fromstring(base64.b64decode(content))
        assert tree.tag == "{http://www.w3.org/2000/svg}svg"
        assert "A network of 4 steps" in image["alt"] and tree[0].text == image["alt"]
        assert not [e for e in tree.iter() if e.tag.endswith(("script", "image", "foreignObject", "use"))]
    scene = next(block for block in sample.document().blocks if isinstance(block, Gallery)).items[0][0]
    assert {"s", "1", "ℒ"} <= set(ElementTree.fromstring(picture(scene)).itertext())


@pytest.mark.parametrize(
    "text", [*HOSTILE, *HOSTILE_HTML, *HOSTILE_MARKDOWN], ids=lambda text: ascii(text[:20])
)
def test_hostile_text_stays_text_for_markdown_and_for_who_looks_for_formulas(text):
    found, harmless = page(wrap(text)), page(wrap("harmless"))
    assert found.elements == harmless.elements
    assert found.formulas == harmless.formulas
    assert "$" not in found.scanned and "\\" not in found.scanned
    squeezed = " ".join(clean(text).split())[:200]
    assert squeezed in " ".join(found.text.split())
    assert not re.search(r"@@\d+@@", "".join(cells(render(wrap(text), "ipynb"))))


def test_the_reader_would_notice_text_that_is_not_escaped():
    plain = Page("harmless")
    for text in ("# a heading", "- a list", "`", "a\n=====", "<b>x</b>", "![a](b.png)"):
        assert Page(text).elements != plain.elements or Page(text).text != text
    assert Page("a $x$ b").formulas == ["x"] and "$" in Page("a $ b").scanned


def test_control_characters_do_not_reach_a_cell():
    source = render(wrap("a\x00\x1b\u202eb\ud800"), "ipynb")
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\ud800-\udfff]", "".join(cells(source)))


def run(code: str, folder: Path) -> dict[str, np.ndarray]:
    """Run the code cells of a notebook somewhere else and return the gradients they find."""
    folder.mkdir(exist_ok=True)
    script = folder / "cells.py"
    plain = "import sys\nsys.modules['numba'] = None\n"  # compiling takes longer than all tests
    script.write_text(f"{plain}{code}\nnp.savez('found.npz', **found)\n", encoding="utf-8")
    command = [sys.executable, "-W", "error", str(script)]
    environment = {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder), "PATH": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with np.load(folder / "found.npz") as found:
        return {name: found[name] for name in found.files}


def code_of(job_path: Path) -> list[str]:
    return [piece.text for piece in program(read_job(job_path)) if isinstance(piece, Code)]


def test_every_code_cell_runs_and_finds_the_gradients_of_the_reference(job_file, tmp_path):
    path = job_file()
    job = read_job(path)
    found = run("\n".join(code_of(path)), tmp_path / "elsewhere")
    parameters = {name: job.values[name] for name in job.cell.parameters}
    data = np.array(job.inputs), np.array(job.targets), job.values["s0"]
    expected = elman.one_sweep(parameters, *data, "tanh", "cross_entropy", np.array(job.weights))
    assert set(elman.GRADIENTS) == set(found)
    for name in elman.GRADIENTS:
        np.testing.assert_allclose(found[name], expected[name], atol=1e-12, err_msg=name)


EVIL = "');import os;os.mkdir('PLACE');('\\n\"\"\"'''"
CELL = (ROOT / "symrnn" / "model" / "cells" / "elman.toml").read_text(encoding="utf-8")


def test_a_cell_file_is_written_out_as_literals_and_runs_without_it(job_file, tmp_path):
    path = job_file(('"elman"', '"mine.toml"'), ('"A small job"', json.dumps(EVIL)))
    evil = EVIL.replace("PLACE", str(tmp_path / "evil"))
    source = f"name = {json.dumps(evil[:60])}\ndescription = {json.dumps(evil)}\n# {evil!r}\n"
    (path.parent / "mine.toml").write_text(
        source + re.sub("^(name|description) = .*\n", "", CELL, flags=re.MULTILINE), encoding="utf-8"
    )
    code = code_of(path)
    calls = {
        ast.unparse(node.func)
        for piece in code
        for node in ast.walk(ast.parse(piece))
        if isinstance(node, ast.Call)
    }
    assert calls <= {
        "np.array", "np.round", "print", "len", "iter", "next", "Path", "tempfile.mkdtemp", "'\\n'.join",
        "(folder / 'cell.toml').write_text", "cell.unroll", "symrnn.Cell.load", "symrnn.derive",
        "symrnn.Total",
        "symrnn.certify", "symrnn.gradients", "derivations.items", "derivations.values", "found.items",
    }  # fmt: skip
    (path.parent / "mine.toml").rename(path.parent / "gone.toml")
    assert run("\n".join(code), tmp_path / "elsewhere").keys() == {"U", "W", "b", "V", "c", "s0", "x"}
    assert not (tmp_path / "evil").exists()


def test_layers_are_written_out_with_their_files(job_file, tmp_path):
    path = job_file(
        ('"elman"', '"both.toml"'), ("s = [0.3, -0.2, 0.5]", ""), ('wrt = ["b"]', 'wrt = ["V_2"]')
    )
    (path.parent / "below").mkdir()
    (path.parent / "below" / "mine.toml").write_text(CELL, encoding="utf-8")
    (path.parent / "both.toml").write_text(
        'name = "Two “’”"\nsource = "-"\nlayers = ["below/mine.toml", "elman"]\n'
    )
    found = run("\n".join(code_of(path)), tmp_path / "elsewhere")
    assert {"W_1", "W_2", "V_2", "s_10", "s_20"} <= found.keys()


def test_the_notebook_of_an_exercise_says_nothing_of_what_is_hidden():
    sheet = exercises.made("exercise", exercises.EVERYTHING)
    width = re.compile(r"\\hspace\{[\d.]+em\}")
    one, two = ("".join(cells(render(d, "ipynb"))) for d in (sheet, exercises.other_secrets(sheet)))
    assert width.sub("", one) == width.sub("", two) and len(width.findall(one)) > 20
    source = render(exercises.made(), "ipynb")
    secret = exercises.numbers(exercises.solution())
    assert len(secret) > 25 and not any(number in source for number in secret)
    assert cells(source, "code") == [] and cells(render(exercises.solution(), "ipynb"), "code") != []
