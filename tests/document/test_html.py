"""The web page: well formed, self-contained, readable by machines, and safe whatever a text says."""

import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser

import pytest

from symrnn.document import (
    Display,
    Document,
    Gallery,
    Heading,
    Line,
    Prose,
    StepRow,
    Steps,
    Styled,
    Text,
    render,
)
from symrnn.notation.emitters.latex import clean
from tests.document import sample_document as sample
from tests.document.sample_document import m
from tests.document.test_render import HOSTILE, wrap
from tests.notation.sample_trees import say, unrolled

VOID = {"meta", "mspace"}  # the elements of our pages that have no end tag, or end at once
HOSTILE_HTML = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}",
    '" onmouseover="alert(1)" x="',
    "' onfocus='alert(1)' autofocus='",
    "</math><img src=x onerror=alert(1)>",
    "</title></head><body onload=alert(1)>",
    "<svg><foreignObject><iframe src=javascript:alert(1)></iframe></foreignObject></svg>",
    "<a href=javascript:alert(1)>x</a>",
    "&lt;b&gt; &#60;i&#62; &amp;amp;",
    "<!-- --> <![CDATA[ ]]> <?php ?>",
    "<details open ontoggle=alert(1)>",
    "{{7*7}} {{config.items()}} {% include '/etc/passwd' %}",
    r"\VAR{7*7}\BLOCK{include '/etc/passwd'}",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "漢字 <b>太</b> \u202e\u0000\u001b[31m",
]


class Skeleton(HTMLParser):
    """The elements and attributes of a page, its text, and whether every element ends where it should."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)
        self.close()
        assert self.open == [], "elements without an end"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice: {attrs}"
        self.elements.append((tag, tuple(names)))
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> ends something else"

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]

    @property
    def text(self) -> str:
        return "".join(data for tag, data in self.texts if tag not in ("style", "script"))


def staged() -> Gallery:
    """A gallery with a stage: three terms of a network of four steps."""
    items = tuple((unrolled(4, k, False), say(f"$k = {k}$")) for k in (4, 3, 2))
    return Gallery(items, say("One path for each use of $W$."), 2, unrolled(4, 5, False))


def page_of(*blocks: object) -> str:
    document = sample.document()
    return render(dataclasses.replace(document, blocks=blocks) if blocks else document, "html")


PAGES = {"sample": lambda: page_of(), "gallery": lambda: page_of(Heading(say("Paths")), staged())}
every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


@pytest.mark.parametrize("page", ["<p><b>x</p></b>", "<p>", "</p>", '<p id="a" id="b"></p>'])
def test_a_page_that_is_not_well_formed_is_noticed(page):
    with pytest.raises(AssertionError):
        Skeleton(page)


@every_page
def test_the_page_is_well_formed_and_its_references_lead_somewhere(page):
    found = Skeleton(page())
    ids = found.values("id")
    assert len(ids) == len(set(ids))
    assert found.values("href") and set(found.values("href")) <= {f"#{name}" for name in ids}


@every_page
def test_nothing_is_fetched_from_anywhere(page):
    source = page()
    found = Skeleton(source)
    assert "://" not in source and "@import" not in source
    assert not {"link", "iframe", "img", "object", "embed", "base", "form"} & {
        tag for tag, _ in found.elements
    }
    assert set(re.findall(r"url\((.{10})", source)) == {"data:font/"}
    assert found.values("src") == []


@every_page
def test_the_page_admits_its_own_script_and_no_other(page):
    source = page()
    [script] = re.findall(r"<script>(.*?)</script>", source, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = Skeleton(source).values("content")[0]
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy
    assert not [name for _, name, _ in Skeleton(source).attributes if name.startswith("on")]


def test_every_formula_is_mathml_with_an_alternative_text():
    found = Skeleton(page_of())
    inside, formulas = 0, []
    for tag, name, value in found.attributes:
        if tag == "math" and name == "alttext":
            formulas.append(value)
        inside += tag == "math" and name == "display"
    assert len(formulas) > 100 and inside > 15 and all(formulas)
    assert "∂L_4/∂W = ∂L_4/∂s_4 · ∂s_4/∂W" in formulas
    labels = sum(tag == "math" for tag, names in found.elements if "alttext" not in names)
    assert labels == sum(
        len(scene.nodes) + sum(e.label is not None for e in scene.edges) for scene in scenes()
    )


def scenes():
    for block in sample.document().blocks:
        if hasattr(block, "scene"):
            yield block.scene
        if isinstance(block, Gallery):
            yield from (scene for scene, _ in block.items)


def test_the_page_has_landmarks_and_headings_in_order():
    found = Skeleton(page_of())
    tags = [tag for tag, _ in found.elements]
    for landmark in ("header", "nav", "main", "footer"):
        assert tags.count(landmark) == 1
    assert tags.count("h1") == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and all(after <= before + 1 for before, after in zip(levels, levels[1:]))
    assert ("html", "lang", "en") in found.attributes
    assert ("title", "How the weight matrix W reaches the loss L_4") in found.texts


def test_figures_have_numbers_captions_and_descriptions():
    found = Skeleton(page_of())
    tags = [tag for tag, _ in found.elements]
    assert tags.count("figure") == tags.count("figcaption") == 2
    assert "Figure 1." in found.text and "Figure 2." in found.text
    pictures = [names for tag, names in found.elements if tag == "svg" and "role" in names]
    titles = [data for tag, data in found.texts if tag == "title"][1:]
    assert len(pictures) == len(titles) == 5 and all("A network of 4 steps" in title for title in titles)


def test_a_derivation_unfolds_and_its_steps_are_numbered_text():
    line = Line(m("a"), "=", (m("b"), m("+ c")))
    rows = tuple(StepRow(line, "Some rule", say("because of $W$.")) for _ in range(3))
    found = Skeleton(page_of(Steps(rows, first=4)))
    assert ("details", ("class", "open")) in found.elements
    assert [data for tag, data in found.texts if tag == "span" and data.isdigit()] == ["4", "5", "6"]
    assert "a in 3 steps" in found.text


def test_a_continued_line_starts_below_its_first_term_with_a_binary_sign():
    page = page_of(Display((Line(m("a"), "=", (m("b"), m("+ c"))),)))
    assert "<mtd><mi></mi><mo>+</mo><mi>c</mi></mtd>" in page


def test_a_closing_mark_stays_with_its_formula():
    page = page_of(Prose(say("see $W$), and $V$ there")))
    assert ">W</mi></math>),</span> and " in page


def test_the_terms_of_a_stage_are_named_for_who_cannot_see_them():
    found = Skeleton(PAGES["gallery"]())
    assert found.values("data-term") == ["1", "2", "3"]
    assert found.values("data-label")[1] == (
        "k = 3. A network of 4 steps; the use of W at step 3 and its path are marked."
    )
    assert found.values("data-use") == ["3", "2", "1"]  # the arrows, from the past to the present


@pytest.mark.parametrize("text", [*HOSTILE, *HOSTILE_HTML], ids=lambda text: ascii(text[:20]))
def test_hostile_text_changes_nothing_but_the_text(text):
    harmless, found = Skeleton(render(wrap("harmless"), "html")), Skeleton(render(wrap(text), "html"))
    assert found.elements == harmless.elements
    assert found.attributes == harmless.attributes
    assert clean(text).strip()[:200] in found.text
    assert "root:" not in found.text


@pytest.mark.parametrize("text", HOSTILE_HTML, ids=lambda text: ascii(text[:20]))
def test_hostile_text_in_labels_descriptions_and_the_language_stays_there(text):
    def page(words: str) -> Skeleton:
        scene = dataclasses.replace(unrolled(2, 1), description=words)
        edges = tuple(dataclasses.replace(edge, note=words) for edge in scene.edges)
        item: tuple[object, Text] = (scene, (words, Styled(words, "code")))
        gallery = Gallery((item,), (words,), 2, dataclasses.replace(scene, edges=edges))
        document = Document((words,), (words,), (gallery,), words, words, (words,), language=words)
        return Skeleton(render(document, "html"))

    assert page(text).elements == page("harmless").elements
    assert page(text).values("lang") == [clean(text)]


def test_no_control_character_reaches_the_page():
    page = render(wrap("a\x00\x07\x1b\u202e\ufeffb\ud800"), "html")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ufeff\ud800-\udfff]", page)


def test_the_page_of_a_cell_without_sections_has_no_contents():
    assert "<nav" not in page_of(Prose(("x",)))
