"""The MathML emitter: every node type, the spaces of TeX, and text that stays text."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from symrnn.document.dialects import templates
from symrnn.notation import (
    BigSum,
    Coloured,
    Fraction,
    Group,
    Hidden,
    Matrix,
    Number,
    Operator,
    Row,
    Script,
    Symbol,
    Tree,
    Underbrace,
    Words,
    numeral,
    row,
    text,
    tree as trees,
)
from symrnn.notation.emitters.mathml import ACCENTS, BIG, BRACKETS, SIGNS, SYMBOLS, Html, escape, mathml
from symrnn.notation.tree import Accent, Cases, Name
from tests.document import sample_document as sample
from tests.notation.sample_trees import THIN, m, pd, pe, slope

W = "<mi>W</mi>"
S_T = "<msub><mi>s</mi><mi>t</mi></msub>"
OPEN, CLOSE = '<mo form="prefix" stretchy="false">(</mo>', '<mo form="postfix" stretchy="false">)</mo>'
THIN_SPACE = '<mspace width="0.1667em"/>'
FRACTION = "<mfrac><mrow><mi>∂</mi><mi>a</mi></mrow><mrow><mi>∂</mi><mi>b</mi></mrow></mfrac>"

CASES: list[tuple[Tree, str]] = [
    (Symbol("W"), W),
    (Symbol("sigma"), "<mi>σ</mi>"),
    (Symbol("Sigma"), '<mi mathvariant="normal">Σ</mi>'),
    (Symbol("loss"), '<mi mathvariant="normal">ℒ</mi>'),
    (Symbol("ys"), "<mi>ys</mi>"),
    (Number("4"), "<mn>4</mn>"),
    (Number("-0.5"), '<mrow><mo form="prefix">−</mo><mn>0.5</mn></mrow>'),
    (numeral("1e-10"), '<msup><mn>10</mn><mrow><mo form="prefix">−</mo><mn>10</mn></mrow></msup>'),
    (numeral("2e3"), "<mrow><mn>2</mn><mo>×</mo><msup><mn>10</mn><mn>3</mn></msup></mrow>"),
    (m("a + b"), "<mi>a</mi><mo>+</mo><mi>b</mi>"),
    (m("a = - b"), '<mi>a</mi><mo>=</mo><mo form="prefix">−</mo><mi>b</mi>'),
    (row(Symbol("a"), THIN, m("- b")), f"<mi>a</mi>{THIN_SPACE}<mo>−</mo><mi>b</mi>"),
    (m("s_t"), S_T),
    (
        m("s_k-1"),
        '<msub><mi>s</mi><mrow><mi>k</mi><mo lspace="0" rspace="0">−</mo><mn>1</mn></mrow></msub>',
    ),
    (Script(m("s_t"), sup=Symbol("W")), f"<msubsup><mi>s</mi><mi>t</mi>{W}</msubsup>"),
    (Symbol("top"), '<mi mathvariant="normal">⊤</mi>'),
    (Script(Symbol("s"), sub=Row(())), "<mi>s</mi>"),
    (slope("a"), f"<msup><mi>σ</mi><mo>′</mo></msup><mrow>{OPEN}<mi>a</mi>{CLOSE}</mrow>"),
    (Group(m("- a")), f'<mrow>{OPEN}<mo form="prefix">−</mo><mi>a</mi>{CLOSE}</mrow>'),
    (pd("a", "b"), FRACTION),
    (
        row(Symbol("W"), Group(pd("a", "b"), "[")),
        f'{W}{THIN_SPACE}<mrow><mo form="prefix">[</mo>{FRACTION}<mo form="postfix">]</mo></mrow>',
    ),
    (row(Symbol("y"), Name("log"), Symbol("z")), f"<mi>y</mi>{THIN_SPACE}<mi>log</mi>{THIN_SPACE}<mi>z</mi>"),
    (row(Name("log"), Group(Symbol("z"))), f"<mi>log</mi><mrow>{OPEN}<mi>z</mi>{CLOSE}</mrow>"),
    (Words("if "), "<mtext>if\u00a0</mtext>"),
    (m("y^"), '<mover accent="true"><mi>y</mi><mo stretchy="false">^</mo></mover>'),
    (
        BigSum(m("k = 1"), Number("4")),
        '<munderover><mo>∑</mo><mrow><mi>k</mi><mo lspace="0" rspace="0">=</mo><mn>1</mn></mrow>'
        "<mn>4</mn></munderover>",
    ),
    (BigSum(Symbol("j"), Row(()), "product"), "<munder><mo>∏</mo><mi>j</mi></munder>"),
    (BigSum(Row(()), Row(())), "<mo>∑</mo>"),
    (
        Matrix(((Number("1"), m("s_t")),)),
        '<mrow><mo form="prefix">[</mo><mtable class="matrix" displaystyle="true"><mtr><mtd><mn>1</mn></mtd>'
        f'<mtd>{S_T}</mtd></mtr></mtable><mo form="postfix">]</mo></mrow>',
    ),
    (
        Cases(((Number("0"), Words("otherwise")),)),
        '<mrow><mo form="prefix">{</mo><mtable class="cases" displaystyle="true"><mtr><mtd><mn>0</mn></mtd>'
        "<mtd><mtext>otherwise</mtext></mtd></mtr></mtable></mrow>",
    ),
    (
        Underbrace(m("s_t"), "made <here>", "explicit"),
        f'<munder><munder>{S_T}<mo stretchy="true">⏟</mo></munder>'
        '<mrow class="explicit label"><mtext>made &lt;here&gt;</mtext></mrow></munder>',
    ),
    (
        Hidden(m("s_t")),
        '<mspace class="hidden" width="0.786em" height="0.722em" depth="0.412em"/>',  # 469 + 0.72 · 361 + 57
    ),
    (
        Underbrace(Symbol("W"), "a\nb"),
        f'<munder><munder>{W}<mo stretchy="true">⏟</mo></munder><mrow class="label"><mtable class="words">'
        "<mtr><mtd><mtext>a</mtext></mtd></mtr><mtr><mtd><mtext>b</mtext></mtd></mtr></mtable></mrow></munder>",
    ),
    (Coloured(m("s_t"), "implicit"), f'<mrow class="implicit">{S_T}</mrow>'),
    (Accent("bar", Symbol("s")), '<mover accent="true"><mi>s</mi><mo stretchy="false">¯</mo></mover>'),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "expected"), CASES, ids=lambda value: str(value)[:40])
def test_a_tree_is_written_in_mathml(tree, expected):
    assert mathml(tree) == expected
    assert isinstance(mathml(tree), Html)


def test_the_cases_cover_every_node_type():
    types = {kind for kind in vars(trees).values() if isinstance(kind, type) and issubclass(kind, Tree)} - {
        Tree
    }
    assert {type(piece) for tree, _ in CASES for piece in trees.pieces(tree)} == types


# how many children an element takes, where MathML says so
ARITY = {"mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}


@pytest.mark.parametrize(
    "tree", [tree for tree, _ in CASES] + [pe("s_k", "W"), Script(Group(m("a b")), m("p q"))]
)
def test_every_element_has_the_children_that_mathml_asks_for(tree):
    for element in ET.fromstring(f"<math>{mathml(tree)}</math>").iter():
        assert len(element) == ARITY.get(element.tag, len(element)), element.tag
        if element.tag in ("mi", "mn", "mo", "mtext"):
            assert not len(element) and element.text


@pytest.mark.parametrize("words", ["</math><script>", 'a" onclick="x', "&lt;", "<!--", "]]>", "<mtext>"])
def test_words_in_a_formula_stay_words(words):
    for tree in (Name(words), Underbrace(Symbol("s"), words, "explicit")):
        element = ET.fromstring(f"<math>{mathml(tree)}</math>")
        assert words.replace(" ", "\u00a0") in "".join(element.itertext()).replace(" ", "\u00a0")
        assert {piece.tag for piece in element.iter()} <= {"math", "mi", "mo", "mtext", "munder", "mrow"}


def test_plain_text_loses_its_meaning_for_html():
    assert (
        escape("<a href='x'>&amp;</a>\x00\u202e\n\n b") == "&lt;a href=&#x27;x&#x27;&gt;&amp;amp;&lt;/a&gt; b"
    )


def italic(character: str) -> str:
    """What a browser shows for a single letter in ``<mi>``, as MathML Core has it."""
    if character == "h":
        return "ℎ"
    for first, last, start in (("A", "Z", 0x1D434), ("a", "z", 0x1D44E), ("α", "ω", 0x1D6FC)):
        if first <= character <= last:
            return chr(start + ord(character) - ord(first))
    return "𝜕" if character == "∂" else character


def test_the_font_has_every_character_of_formulas():
    font = (templates("html") / "font" / "characters.txt").read_text(encoding="utf-8")
    letters = [chr(code) for code in range(ord("A"), ord("z") + 1) if chr(code).isalpha()]
    needed = {
        *map(italic, letters),
        *map(italic, trees.GREEK.values()),
        *trees.GREEK.values(),
        *SYMBOLS.values(),
    }
    signs = [ET.fromstring(f"<mo>{sign}</mo>").text or "" for sign in SIGNS.values()]
    needed |= {
        *signs,
        *ACCENTS.values(),
        *BIG.values(),
        *"".join(map("".join, BRACKETS.values())),
        *"0123456789−⏟",
    }
    assert needed - {*font} == set()
    assert {*letters} <= {*font}


def test_the_licence_of_the_font_is_beside_it():
    folder: Path = templates("html") / "font"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text(encoding="utf-8")
    assert all(file.read_bytes()[:4] == b"wOF2" for file in folder.glob("*.woff2"))
    assert {file.stem for file in folder.glob("*.woff2")} == {"math", "regular", "italic", "bold"}


def test_the_formulas_of_the_sample_read_as_their_plain_text():
    tree = row(sample.pe("s_k", "W"), Operator("="), Fraction(Number("1"), Number("4")))
    letters = "".join(ET.fromstring(f"<math>{mathml(tree)}</math>").itertext())
    assert letters == "∂+sk∂W=14" and text(tree) == "∂⁺s_k/∂W = 1/4"
