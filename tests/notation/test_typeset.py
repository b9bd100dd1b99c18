"""Emitters: the same tree in LaTeX, Typst and plain text, and every node type in each of them."""

import xml.etree.ElementTree as ET

import pytest

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
    Scene,
    Script,
    Symbol,
    Tree,
    Underbrace,
    Words,
    latex,
    numeral,
    row,
    scene_typst,
    svg,
    text,
    tikz,
    tree as trees,
)
from symrnn.notation.emitters.latex import Latex, escape as escape_latex
from symrnn.notation.emitters.mathml import mathml
from symrnn.notation.emitters.typst import Typst, escape as escape_typst, typst
from symrnn.notation.scene import SceneEdge, SceneNode, beside
from symrnn.notation.tree import Accent, Cases, Name
from tests.document import sample_document as sample
from tests.document.sample_document import m

T = Symbol("top")
s_t = m("s_t")

CASES: list[tuple[Tree, str, str, str]] = [
    (Symbol("W"), "W", "W", "W"),
    (Hidden(Symbol("W")), r"\hidden{W}", "hidden(W)", "▢"),
    (Hidden(m("+ W")), r"\hidden{{}+ W}", 'hidden("" + W)', "▢"),
    (Symbol("sigma"), r"\sigma", "sigma", "σ"),
    (Symbol("epsilon"), r"\varepsilon", "epsilon", "ε"),
    (m("loss_4"), r"\mathcal{L}_{4}", "cal(L)_(4)", "L_4"),
    (Symbol("ys"), r"\mathrm{ys}", 'upright("ys")', "ys"),
    (Number("-0.0312"), "-0.0312", "-0.0312", "-0.0312"),
    (numeral("1.2e-16"), r"1.2 \times 10^{-16}", "1.2 times 10^(-16)", "1.2·10⁻¹⁶"),
    (numeral("1e-10"), r"10^{-10}", "10^(-10)", "10⁻¹⁰"),
    (numeral("-1e-05"), "-10^{-5}", "-10^(-5)", "-10⁻⁵"),
    (numeral("-2.5e+03"), r"-2.5 \times 10^{3}", "-2.5 times 10^(3)", "-2.5·10³"),
    (Name("log"), r"\log", "log", "log"),
    (Name("diag"), r"\operatorname{diag}", 'op("diag")', "diag"),
    (m("s_k-1"), "s_{k-1}", "s_(k - 1)", "s_{k-1}"),
    (m("delta_pq"), r"\delta_{pq}", "delta_(p q)", "δ_pq"),
    (m("y^_t"), r"\hat{y}_{t}", "attach(hat(y), b: t)", "ŷ_t"),
    (Accent("bar", Symbol("s")), r"\bar{s}", "macron(s)", "s̄"),
    (
        sample.pe("s_k", "W"),
        r"\frac{\partial^{+} s_{k}}{\partial W}",
        "frac(partial^(+) s_(k), partial W)",
        "∂⁺s_k/∂W",
    ),
    (
        row(sample.pd("loss_4", "s_4"), Operator("thin"), sample.pd("s_4", "W")),
        r"\frac{\partial \mathcal{L}_{4}}{\partial s_{4}} \, \frac{\partial s_{4}}{\partial W}",
        "frac(partial cal(L)_(4), partial s_(4)) thin frac(partial s_(4), partial W)",
        "∂L_4/∂s_4 · ∂s_4/∂W",
    ),
    (BigSum(m("k = 1"), Number("4")), r"\sum_{k=1}^{4}", "sum_(k = 1)^(4)", "Σ_{k=1}^{4}"),
    (BigSum(m("j"), Row(()), "product"), r"\prod_{j}", "product_(j)", "Π_{j}"),
    (
        sample.call("sigma", m("U x_t + W s_t-1")),
        r"\sigma(U x_{t} + W s_{t-1})",
        r"sigma \(U x_(t) + W s_(t - 1)\)",
        "σ(U x_t + W s_{t-1})",
    ),
    (sample.slope("a_4"), r"\sigma'(a_{4})", r"sigma' \(a_(4)\)", "σ'(a_4)"),
    (
        Group(Fraction(Number("1"), Number("4")), "["),
        r"\left[ \frac{1}{4} \right]",
        "lr([ frac(1, 4) ])",
        "[1/4]",
    ),
    (Script(Group(s_t, "||"), sub=Symbol("F")), r"\| s_{t} \|_{F}", "attach(norm(s_(t)), b: F)", "‖s_t‖_F"),
    (
        Matrix(((Fraction(Number("1"), Number("2")), m("a")), (m("b"), m("c")))),
        r"\begin{bmatrix} \dfrac{1}{2} & a \\ b & c \end{bmatrix}",
        'mat(delim: "[", display(frac(1, 2)), display(a); display(b), display(c))',
        "[1/2, a; b, c]",
    ),
    (
        Cases(((m("a_t"), row(Words("if "), m("p = q"))), (Number("0"), Words("otherwise")))),
        r"\begin{cases} a_{t} & \text{if } p = q \\ 0 & \text{otherwise} \end{cases}",
        'cases(&a_(t) quad && "if" p = q, &0 quad && "otherwise")',
        "{a_t if p = q; 0 otherwise}",
    ),
    (
        Underbrace(s_t, "made here", "explicit"),
        r"\underbrace{s_{t}}_{\textcolor{expl}{\text{ made here }}}",
        'underbrace(s_(t), explicit(#pad(x: .3em, align(center, "made here"))))',
        "s_t",
    ),
    (Coloured(s_t, "implicit"), r"\textcolor{impl}{s_{t}}", "implicit(s_(t))", "s_t"),
    (Script(m("s_t"), sup=T), r"s_{t}^{\top}", "attach(s_(t), t: top)", "s_tᵀ"),
    (m("a o b"), r"a \odot b", "a dot.o b", "a ⊙ b"),
    (m("a x b ~ c"), r"a \otimes b \approx c", "a times.o b approx c", "a ⊗ b ≈ c"),
    (m("sigma a"), r"\sigma a", "sigma a", "σ a"),
    (Script(Symbol("x"), sub=row(Symbol("sigma"), Symbol("a"))), r"x_{\sigma a}", "x_(sigma a)", "x_σa"),
    (m("- a"), "- a", "- a", "- a"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("tree", "in_latex", "in_typst", "in_text"), CASES, ids=lambda value: str(value)[:40]
)
def test_a_tree_is_written_in_every_backend(tree, in_latex, in_typst, in_text):
    assert latex(tree) == in_latex
    assert typst(tree) == in_typst
    assert text(tree) == in_text
    assert isinstance(latex(tree), Latex)
    assert isinstance(typst(tree), Typst)


def test_the_cases_cover_every_node_type():
    types = {kind for kind in vars(trees).values() if isinstance(kind, type) and issubclass(kind, Tree)} - {
        Tree
    }
    assert {type(piece) for tree, *_ in CASES for piece in trees.pieces(tree)} == types


@pytest.mark.parametrize("emit", [latex, typst, text, mathml])
def test_every_operator_is_known_and_others_are_refused(emit):
    for name in trees.OPERATORS:
        emit(Operator(name))
    with pytest.raises(NotImplementedError, match="Operator"):
        emit(Operator("frobnicate"))


@pytest.mark.parametrize("emit", [latex, typst, text, mathml])
def test_an_unknown_node_is_refused(emit):
    class Stranger(Tree):
        """A node no emitter knows."""

    with pytest.raises(NotImplementedError, match="Stranger"):
        emit(Stranger())


@pytest.mark.parametrize("emit", [latex, typst, mathml])
@pytest.mark.parametrize("name", [r"\input{/etc/passwd}", "a%b", "h$", "", "a b", '#read("x")', "ä"])
def test_a_symbol_with_a_hostile_name_is_refused(emit, name):
    with pytest.raises(ValueError, match="letters and digits"):
        emit(Symbol(name))


@pytest.mark.parametrize("made", [Number, numeral])
@pytest.mark.parametrize("digits", ["1}", "nan", "", "1e", "0x1", "e5", "٣", "1\n"])
def test_a_malformed_numeral_is_refused_where_it_is_made(made, digits):
    with pytest.raises(ValueError, match="numeral"):
        made(digits)


def test_scripts_never_double():
    inner = Script(Symbol("s"), sub=Symbol("k"))
    assert latex(Script(inner, sub=Symbol("p"))) == "{s_{k}}_{p}"
    assert latex(Script(inner, sup=T)) == r"s_{k}^{\top}"
    assert latex(row(Script(Symbol("x"), sup=Number("2")), Operator("prime"))) == "{x^{2}}'"
    assert latex(Script(Underbrace(inner, "b"), sub=Symbol("p"))).startswith(r"{\underbrace")


def test_text_loses_its_meaning_for_tex():
    assert escape_latex(r"\a{b}^^5c~#$%&_") == (
        r"\textbackslash{}a\{b\}\textasciicircum{}\textasciicircum{}5c\textasciitilde{}\#\$\%\&\_"
    )
    assert escape_latex("a\n\n\tb\x00\u202e") == "a b"
    assert escape_latex("--''") == "-{}-'{}'"


def test_text_becomes_a_string_literal_in_typst():
    assert escape_typst('a "b" \\ #c\n$d') == '#"a \\"b\\" \\\\ #c $d";'


def test_every_style_of_a_scene_is_drawn_by_every_serialiser():
    styles = ("plain", "path", "use", "faded")
    nodes = tuple(SceneNode(10 * k, 10, 8, m(f"s_{k}"), "circle", style) for k, style in enumerate(styles))
    edges = tuple(
        SceneEdge(10 * k, 10, 10 * k + 9, 20, m("W"), style, "a <b>") for k, style in enumerate(styles)
    )
    scene = Scene(50, 30, nodes, edges, 'the "scene" <1>')
    assert tikz(scene).count(r"\draw") == 4
    assert tikz(scene).count(r"\node[circle") == 4
    assert scene_typst(scene).count("arrowline(") == 4
    root = ET.fromstring(svg(scene))
    assert root[0].text == 'the "scene" <1>'
    drawn = [piece.get("class") for piece in root.iter("g")]
    assert drawn == [f"edge {style}" for style in styles] + [f"node circle {style}" for style in styles]
    assert [words.text for words in root.iter("div") if words.text] == ["a <b>"] * 4


def test_the_pieces_of_a_stage_name_the_paths_they_are_on():
    paths = [sample.unrolled(4, used, note=False) for used in (4, 3, 2)]
    stage = ET.fromstring(svg(sample.unrolled(4, 5, note=False), paths))
    pieces = [piece for piece in stage.iter("g") if piece.get("data-path") or piece.get("data-use")]
    marks = {
        (piece.get("class").split()[0], piece.get("data-path"), piece.get("data-use")) for piece in pieces
    }
    assert marks == {
        *(("edge", path, use) for path, use in [("2 3", "1"), ("3", "2"), (None, "3"), ("1 2 3", None)]),
        *(("node", path, None) for path in ["1 2 3", "2 3", "3"]),
    }
    with pytest.raises(ValueError, match="another graph"):
        svg(sample.unrolled(3, 4), paths)


def test_labels_stand_off_their_arrows():
    flat, steep = SceneEdge(0, 0, 30, 0, m("W"), note="here"), SceneEdge(0, 30, 0, 0, m("V"))
    assert beside(flat, "label") == (15, -1.2, "above")
    assert beside(flat, "note") == (15, 1.2, "below")
    assert beside(steep, "label") == (1.2, 15, "right")
    slanted = beside(SceneEdge(0, 0, 20, 10, m("W")), "label")
    assert slanted[1] < 5 - 1.2 - 0.5
