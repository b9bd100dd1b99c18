"""Printed LaTeX reads back to the value of what was printed, and malformed ink does not."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st
from sympy import Rational

from symrnn.model import Cell, Equation, OrderedNetwork
from symrnn.notation import latex, layout
from symrnn.tensor import (
    Apply,
    Diagonal,
    Eye,
    Immediate,
    JacobianProduct,
    Ones,
    Partial,
    Tensor,
    TimeSum,
    Total,
    Variable,
    bound,
    contract,
    hadamard,
    outer,
    plus,
    scale,
    time_symbol,
)
from symrnn.witness import ReadbackError, ink_value, random_point, value

NETWORK = Cell.load("elman").unroll(4).condense(["s", "L"])
POINT = random_point(NETWORK)
TOLERANCE = (
    1e-10  # rounding of products of at most ten factors of size one; a wrong reading is off by 0.01 or more
)
T3 = time_symbol("t")  # 3 in every test
TIMES = {T3: 3}
NUMBERS = [Rational(n, d) for n, d in ((-1, 1), (2, 1), (-3, 1), (1, 2), (-2, 3))]
SHAPES = [
    (),
    ("d",),
    ("m",),
    ("d", "d"),
    ("m", "d"),
    ("d", "n"),
    ("m", "m"),
    ("d", "d", "d"),
    ("m", "d", "n"),
]


def variables(shape, times):
    """Variables of a shape, at the times allowed."""
    shapes = {(v.name, v.time is None): v.shape for v in (*NETWORK.given, *NETWORK.order)}
    found = [Variable(n, s) for (n, untimed), s in shapes.items() if s == shape and untimed]
    return found + [
        Variable(n, s, t) for (n, untimed), s in shapes.items() if s == shape and not untimed for t in times
    ]


@st.composite
def tensors(draw, shape, depth, times=(1, 3, T3), letters="kji", derivatives=True):
    """Well-shaped expressions, built as rules build them."""

    def inner(wanted, **changes):
        return draw(
            tensors(
                wanted,
                depth - 1,
                **({"times": times, "letters": letters, "derivatives": derivatives} | changes),
            )
        )

    cuts = range(len(shape) + 1)
    pairs = [
        (i, of, wrt)
        for i in cuts
        for of in variables(shape[:i], times)
        for wrt in variables(shape[i:], times)
        if wrt.name != "L"
    ]
    atoms = variables(shape, times)
    choices = ["atom"] * bool(atoms) + ["eye"] * (len(shape) == 2 and shape[0] == shape[1])
    if derivatives:
        choices += ["total", "immediate"] * bool(pairs)
    if depth or not choices:
        choices += ["plus", "scale", "contract", "hadamard", "sum"]
        choices += ["outer"] * bool(shape) + ["apply"] * (len(shape) < 2) + ["softmax"] * (len(shape) == 1)
        if len(shape) == 2 and shape[0] == shape[1]:
            choices += ["diagonal", "product"]
        choices += ["partial"] * (derivatives and bool(shape))
    match draw(st.sampled_from(choices)) if depth > -3 else choices[0]:
        case "atom":
            return draw(st.sampled_from(atoms))
        case "eye":
            return Eye(shape[:1])
        case "total":
            _, of, wrt = draw(st.sampled_from(pairs))
            return Total(of, wrt)
        case "immediate":
            _, of, wrt = draw(st.sampled_from(pairs))
            return Immediate(of, wrt)
        case "partial":
            cut = draw(st.sampled_from([i for i in cuts if variables(shape[i:], times)] or [len(shape)]))
            wrt = draw(st.sampled_from(variables(shape[cut:], times) or variables((), times)))
            of = inner(wrt and shape[:cut], derivatives=False, letters="")
            return Total(of, wrt) if isinstance(of, Variable) else Partial(of, wrt)
        case "plus":
            ones = [Ones(shape)] * draw(st.booleans()) if len(shape) < 2 else []
            terms = [*ones, *(inner(shape) for _ in range(draw(st.integers(1, 3))))]
            return plus(draw(st.permutations(terms)))
        case "scale":
            return scale(draw(st.sampled_from(NUMBERS)), inner(shape))
        case "contract":
            cut, axis = draw(st.sampled_from(cuts)), draw(st.sampled_from("dm"))
            return contract(inner((*shape[:cut], axis)), inner((axis, *shape[cut:])))
        case "hadamard":
            return hadamard(inner(shape), inner(shape))
        case "outer":
            cut = draw(st.sampled_from(cuts))
            return outer(inner(shape[:cut]), inner(shape[cut:]))
        case "apply":
            function, symbol = draw(
                st.sampled_from([("tanh", "sigma"), ("tanh", "tanh"), ("sigmoid", "sigmoid")])
            )
            node = Apply(function, inner(shape), 0, symbol)
            return node.prime() if draw(st.booleans()) else node
        case "softmax":
            node = Apply("softmax", inner(shape))
            return draw(st.sampled_from([node, Apply("log", node), Apply("log", node, 1)]))
        case "diagonal":
            return Diagonal(inner(shape[:1]))
        case "sum" if letters:
            k = bound(letters[0])
            low, high = draw(st.sampled_from([(2, 4), (3, 3), (2, T3), (T3, 4)]))
            return TimeSum(inner(shape, times=(*times, k, k - 1), letters=letters[1:]), k, low, high)
        case "product" if letters:
            k = bound(letters[0])
            body = inner(shape, times=(k, k - 1), letters="")
            if k in body.free_symbols:
                return JacobianProduct(body, k, draw(st.sampled_from([2, 3, 4, T3])), 4)
    return inner(shape)


@st.composite
def any_tensor(draw):
    return draw(tensors(draw(st.sampled_from(SHAPES)), draw(st.integers(1, 3))))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_tensor(), st.sampled_from([None, "row", "column"]))
def test_what_is_printed_reads_back_to_its_value(tensor: Tensor, orientation):
    with np.errstate(all="ignore"):
        expected = value(tensor, POINT, TIMES)
    assume(np.isfinite(expected).all())
    source = latex(layout(tensor, orientation))
    found = ink_value(source, POINT, TIMES)
    assert found.shape == expected.shape or source == "0", source
    assert np.abs(found - expected).max() <= TOLERANCE * max(1.0, np.abs(expected).max()), source


CORRECT = r"\sum_{k=1}^{4} \frac{\partial \mathcal{L}_{4}}{\partial s_{k}} \,"
CORRECT += r" \textcolor{expl}{\frac{\partial^{+} s_{k}}{\partial W}}"
MALFORMED = [
    # what should stand there, what stands there, what is wrong
    (r"W \, (s_{1} + b)", r"W \, s_{1} + b", "lost bracket"),
    (r"(W + I_{d}) \, s_{1}", r"W + I_{d} \, s_{1}", "lost bracket: a matrix plus a column"),
    (r"y_{1}^{\top} \, (V \, s_{1} - z_{2})",
     r"y_{1}^{\top} \, V \, s_{1} - z_{2}", "lost bracket: number - column"),
    (r"W \, (s_{1} \odot b)", r"W \, s_{1} \odot b", "lost bracket: the product could be split in two ways"),
    (r"- (s_{1} - b)", r"- s_{1} - b", "lost bracket behind a sign"),
    (r"\sum_{k=1}^{4} (s_{k} + b)", r"\sum_{k=1}^{4} s_{k} + b", "lost bracket behind Σ"),
    (r"(\textcolor{expl}{s_{1} + b}) \, s_{1}^{\top}",
     r"\textcolor{expl}{s_{1} + b} \, s_{1}^{\top}", "colour"),
    (r"\underbrace{(s_{1} + b)}_{\text{a}} \, s_{1}^{\top}",
     r"\underbrace{s_{1} + b}_{\text{a}} \, s_{1}^{\top}", "brace"),
    (r"y_{1}^{\top} \, z_{1}", r"y_{1} \, z_{1}", "missing ⊤: two columns"),
    (r"s_{1} \, b^{\top}", r"s_{1}^{\top} \, b", "⊤ on the wrong factor"),
    (r"V^{\top} \, z_{1}", r"V \, z_{1}", "missing ⊤ at a matrix"),
    (r"W^{\top} \, s_{1}", r"W \, s_{1}", "missing ⊤ at a square matrix"),
    (r"(V^{\top} \, z_{1})^{\top}", r"V^{\top} \, z_{1}", "missing ⊤ at a bracket, beside a row"),
    (r"V \, W \, s_{1}", r"W \, V \, s_{1}", "swapped factors"),
    (r"W \, \operatorname{diag}(b)", r"\operatorname{diag}(b) \, W", "swapped square factors"),
    (r"s_{1} \, b^{\top}", r"b \, s_{1}^{\top}", "swapped factors of an outer product"),
    (r"s_{1} \otimes W", r"W \otimes s_{1}", "swapped factors of a tensor product"),
    (r"s_{1} - b", r"s_{1} + b", "wrong sign"),
    (r"- s_{1} + b", r"s_{1} + b", "lost sign in front"),
    (r"1 - s_{1} \odot s_{1}", r"1 + s_{1} \odot s_{1}", "wrong sign behind 1"),
    (CORRECT, CORRECT.replace("k=1", "k=2"), "wrong lower limit"),
    (CORRECT, CORRECT.replace("}^{4}", "}^{3}"), "wrong upper limit"),
    (CORRECT, CORRECT.replace("^{+}", ""), "total instead of immediate derivative"),
    (CORRECT, CORRECT.replace(r"\partial s_{k}}", r"\partial s_{k-1}}"), "wrong time"),
    (CORRECT, CORRECT.replace(r"\partial W", r"\partial U"), "wrong parameter"),
    (CORRECT, CORRECT.replace(r"\mathcal{L}_{4}", r"\mathcal{L}"), "total loss instead of one"),
    (CORRECT, CORRECT.replace(r"\mathcal{L}", "L"), "a letter that is no symbol of the network"),
    (CORRECT, CORRECT.replace(r"\sum_{k=1}^{4} ", ""), "lost Σ: k is bound to nothing"),
    (r"\sigma'(a_{1})", r"\sigma(a_{1})", "lost prime"),
    (r"\hat{y}_{1}", r"y_{1}", "lost hat"),
    (r"\frac{\partial s_{3}}{\partial s_{1}}",
     r"\frac{\partial s_{1}}{\partial s_{3}}", "derivative upside down"),
    (r"\frac{\partial s_{3}}{\partial s_{2}} \, \cdots \, \frac{\partial s_{2}}{\partial s_{1}}",
     r"\frac{\partial s_{2}}{\partial s_{1}} \, \cdots \, \frac{\partial s_{3}}{\partial s_{2}}",
     "ascending product"),
    (r"W \, W", r"W \, \cdots \, W", "dots between factors without a time"),
    (r"2 \, s_{1}", r"s_{1} \, 2", "numeral behind a factor"),
    (r"\frac{1}{\hat{y}_{1}}", r"\frac{y_{1}}{\hat{y}_{1}}", "a column divided by a column"),
    (r"1 - s_{1}", r"2 - s_{1}", "a number other than 1 beside a vector"),
    (r"\operatorname{diag}(s_{1})", r"\operatorname{diag}(s_{1}^{\top})", "diag of a row"),
    (r"s_{1}^{\top} + b^{\top}", r"s_{1}^{\top} + b", "row plus column"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "reason"), MALFORMED, ids=[reason for *_, reason in MALFORMED])
def test_malformed_ink_has_no_value_or_another_one(right, wrong, reason):
    expected = ink_value(right, POINT)
    try:
        found = ink_value(wrong, POINT)
    except ReadbackError:
        return
    # beside a row, a column shows by its kind only: as in an equation
    if found.shape == expected.shape and np.abs(found - expected).max() <= 1e-6:
        with pytest.raises(ReadbackError):
            ink_value(rf"{right} - \left( {wrong} \right)", POINT)


@pytest.mark.parametrize(
    "source",
    [
        "",
        " ",
        "(" * 10_000 + "W" + ")" * 10_000,
        "{" * 10_000 + "W" + "}" * 10_000,
        r"\left(" * 10_000,
        r"\frac{1}{" * 10_000 + "2" + "}" * 10_000,
        r"\hat{" * 10_000 + "y" + "}" * 10_000,
        r"\sum_{k=1}^{4} " * 5_000 + "W",
        r"\sum_{k=1}^{4} \sum_{j=1}^{4} \sum_{i=1}^{4} \sum_{l=1}^{4} \sum_{q=1}^{4} \sum_{r=1}^{4}"
        r" \sum_{u=1}^{4} \sum_{v=1}^{4} \sum_{x=1}^{4}"
        r" \delta_{kj} \, \delta_{il} \, \delta_{qr} \, \delta_{uv} \, \delta_{xk}",
        r"\sum_{k=1}^{999999999999} 1",
        r"\operatorname{diag}(s_{999999999999}) \, \cdots \, \operatorname{diag}(s_{1})",
        r"\operatorname{diag}(s_{1}) \, \cdots \, \operatorname{diag}(s_{999999999999})",
        "W" * 1_000_000,
        "+ " * 20_000,
        "-" * 20_000 + "W",
        "W" + "^{\\top}" * 10_000,
        "W" + "'" * 10_000,
        r"\textcolor{expl}{" * 10_000 + "W" + "}" * 10_000,
        r"\underbrace{W}_{" * 1000,
        r"\begin{cases} " * 1000,
        "9" * 5000,
        "10^{99999}",
        r"W_{" + "9" * 5000 + "}",
        r"W_{W_{W}}",
        r"\frac{1}{0}",
        r"\log(-1)",
        r"\input{file}",
        r"\def\x{W} \x",
        r"\write18{ls} W",
        "W % comment",
        "$W$",
        "W &",
        r"W \\",
        "W_{}",
        "W_",
        "U^{2}",
        "W^{-1}",
        "s",
        "s_{9}",
        "s_{k}",
        "s_{1}_{2}",
        "q",
        "W)",
        "(W]",
        r"\left( W )",
        r"\textcolor{red}{W}",
        r"\textcolor",
        r"\textcolor{expl}",
        r"\underbrace",
        r"\frac{\partial W}{W}",
        r"\frac{\partial}{\partial W}",
        r"\frac{\partial^{2} s_{1}}{\partial W}",
        r"\frac{\partial W \, s_{1}}{\partial W}",
        r"\operatorname{eval}(s_{1})",
        r"\operatorname{softmax}'(s_{1})",
        r"\sigma''(s_{1})",
        r"\sigma s_{1}",
        r"\sum_{k} s_{k}",
        r"\sum_{k=1}^{4}",
        r"\sum_{k=1}^{4} - s_{k}",
        r"\sum_{k=1}^{4} \sum_{k=1}^{4} s_{k}",
        r"\prod_{k=1}^{4} W",
        r"\cdots \, W",
        r"W \, \cdots",
        r"I_{q}",
        r"\mathbf{1}",
        r"\begin{cases} W & \text{if } 1 = 2 \end{cases}",
        "s_{1} ⊙ b",
        "W\x00",
        "\ud800",
    ],
    ids=lambda source: source[:30].encode("ascii", "replace").decode() or "empty",
)
def test_hostile_or_unknown_ink_is_a_readback_error(source):
    with pytest.raises(ReadbackError) as caught:
        ink_value(source, POINT)
    assert len(str(caught.value)) < 1000


def test_an_error_says_where_reading_stopped_and_what_stood_there():
    with pytest.raises(ReadbackError, match=r"stopped at 5, at '\\\\foo s _ \{ 1 \}'"):
        ink_value(r"W \, \foo s_{1}", POINT)


def arrays():
    """Arrays that the hand-written expectations need."""
    values = {name: POINT.variable(NETWORK[name]) for name in "WUbVc"}
    for name in ("s", "a", "x", "y", "yhat"):
        values |= {f"{name}{t}": POINT.variable(NETWORK[name, t]) for t in (1, 2, 3, 4)}
    return values


ENTRIES = [
    (r"s_{k-1,r}",
     lambda v, p, q, r: v["s2"][r]),
    (r"W_{qr}",
     lambda v, p, q, r: v["W"][q, r]),
    (r"W_{q,r}",
     lambda v, p, q, r: v["W"][q, r]),
    (r"W_{12}",
     lambda v, p, q, r: v["W"][0, 1]),
    (r"W_{1r}",
     lambda v, p, q, r: v["W"][0, r]),
    (r"b_{p}",
     lambda v, p, q, r: v["b"][p]),
    (r"\hat{y}_{k,p}",
     lambda v, p, q, r: v["yhat3"][p]),
    (r"\sigma'(a_{k,p})",
     lambda v, p, q, r: 1 - np.tanh(v["a3"][p]) ** 2),
    (r"\delta_{pq}",
     lambda v, p, q, r: float(p == q)),
    (r"\delta_{pq} \, \sigma'(a_{k,p}) \, s_{k-1,r}",
     lambda v, p, q, r: (p == q) * (1 - v["s3"][p] ** 2) * v["s2"][r]),
    (r"\sum_{i=1}^{d} W_{pi} \, s_{k-1,i}",
     lambda v, p, q, r: v["W"][p] @ v["s2"]),
    (r"\sum_{i=1}^{n} U_{pi} \, x_{k,i} + b_{p}",
     lambda v, p, q, r: v["U"][p] @ v["x3"] + v["b"][p]),
    (r"\sum_{i=1}^{d} \delta_{ir} \, W_{qi}",
     lambda v, p, q, r: v["W"][q, r]),
    (r"\sum_{i=1}^{d} \sum_{j=1}^{d} s_{1,i} \, W_{ij} \, s_{2,j}",
     lambda v, p, q, r: v["s1"] @ v["W"] @ v["s2"]),
    (r"\frac{\partial (W_{pi} \, s_{k-1,i})}{\partial W_{qr}}",
     lambda v, p, q, r: (p == q) * (r == 1) * v["s2"][1]),
    (r"\frac{\partial (W_{pr} \, s_{k-1,r})}{\partial s_{k-1,r}}",
     lambda v, p, q, r: v["W"][p, r]),
    (r"\frac{\partial \sigma(a_{k,p})}{\partial a_{k,q}}",
     lambda v, p, q, r: (p == q) * (1 - v["s3"][p] ** 2)),
    (r"\frac{\partial \left( \sum_{l=1}^{d} W_{pl} \, s_{k-1,l} \right)}{\partial W_{qr}}",
     lambda v, p, q, r: (p == q) * v["s2"][r]),
    (r"\frac{\partial^{+} s_{k,p}}{\partial W_{qr}}",
     lambda v, p, q, r: (p == q) * (1 - v["s3"][p] ** 2) * v["s2"][r]),
    (r"\frac{\partial^{+} s_{k}}{\partial W_{qr}}",
     lambda v, p, q, r: np.eye(3)[q] * (1 - v["s3"] ** 2) * v["s2"][r]),
    (r"\frac{\partial^{+} s_{k,p}}{\partial s_{k-1}}",
     lambda v, p, q, r: (1 - v["s3"][p] ** 2) * v["W"][p]),
    (r"\left( \frac{\partial^{+} s_{k}}{\partial W} \right)_{pqr}",
     lambda v, p, q, r: (p == q) * (1 - v["s3"][p] ** 2) * v["s2"][r]),
    (r"(W^{\top})_{qr}",
     lambda v, p, q, r: v["W"][r, q]),
    (r"\begin{cases} \sigma'(a_{k,p}) \, s_{k-1,r} & \text{if } p = q \\ 0 & \text{otherwise} \end{cases}",
     lambda v, p, q, r: (1 - v["s3"][p] ** 2) * v["s2"][r] if p == q else 0.0),
    (r"\begin{cases} 1 & \text{if } p = q \text{ and } q = r \\ 0 & \text{otherwise} \end{cases}",
     lambda v, p, q, r: float(p == q == r)),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), ENTRIES, ids=[source for source, _ in ENTRIES])
def test_entry_notation_equals_numpy_by_hand(source, expected):
    v = arrays()
    for p, q, r in np.ndindex(3, 3, 3):
        found = ink_value(source, POINT, {"k": 3}, {"p": p + 1, "q": q + 1, "r": r + 1, "i": 2})
        assert found.shape == np.shape(expected(v, p, q, r))
        np.testing.assert_allclose(found, expected(v, p, q, r), rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    "source", ["W_{41}", "W_{01}", "W_{p}", "W_{pqr}", "W_{p-1,q}", "s_{p,k}", "W_{kq}", r"\delta_{p}"]
)
def test_an_entry_that_does_not_exist_has_no_value(source):
    with pytest.raises(ReadbackError):
        ink_value(source, POINT, {"k": 3}, {"p": 3, "q": 1, "r": 2})


WHOLE = [
    (r"V \, s_{4} + c", lambda v: v["V"] @ v["s4"] + v["c"]),
    (r"(\hat{y}_{4} - y_{4})^{\top} \, V", lambda v: (v["yhat4"] - v["y4"]) @ v["V"]),
    (r"\frac{\partial \mathcal{L}_{4}}{\partial s_{4}}", lambda v: (v["yhat4"] - v["y4"]) @ v["V"]),
    (r"\frac{\partial \mathcal{L}_{4}}{\partial V}", lambda v: np.outer(v["yhat4"] - v["y4"], v["s4"])),
    (r"\frac{\partial (W \, s_{3})}{\partial W}", lambda v: np.einsum("pq,r->pqr", np.eye(3), v["s3"])),
    (r"\frac{\partial (W \, s_{3})}{\partial s_{3}}", lambda v: v["W"]),
    (r"\frac{\partial (y_{4}^{\top} \, \log(\hat{y}_{4}))}{\partial \hat{y}_{4}}",
     lambda v: v["y4"] / v["yhat4"]),
    (r"\frac{\partial \log(\hat{y}_{4})}{\partial \hat{y}_{4}}", lambda v: np.diag(1 / v["yhat4"])),
    (r"\frac{1}{\hat{y}_{4}} \odot y_{4}", lambda v: v["y4"] / v["yhat4"]),
    (r"\frac{1}{2} \, b \, b^{\top} \, b", lambda v: v["b"] * (v["b"] @ v["b"]) / 2),
    (r"2 \times 10^{-3} \, b", lambda v: 2e-3 * v["b"]),
    (r"\mathbf{1}_{d} - b", lambda v: 1 - v["b"]),
    (r"I_{d \times n}", lambda v: np.eye(6).reshape(3, 2, 3, 2)),
    (r"\sum_{k=1}^{t-1} \sum_{j=k+1}^{T} s_{k} \odot s_{j}",
     lambda v: sum(v[f"s{k}"] * v[f"s{j}"] for k in (1, 2) for j in range(k + 1, 5))),
    (r"\operatorname{diag}(s_{4}) \, \cdots \, \operatorname{diag}(s_{t-1})",
     lambda v: np.diag(v["s4"] * v["s3"] * v["s2"])),
    (r"\operatorname{diag}(s_{2}) \, \cdots \, \operatorname{diag}(s_{t})", lambda v: np.eye(3)),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), WHOLE, ids=[source for source, _ in WHOLE])
def test_matrix_notation_equals_numpy_by_hand(source, expected):
    np.testing.assert_allclose(ink_value(source, POINT, TIMES), expected(arrays()), rtol=0, atol=1e-13)


def test_names_with_underscores_bars_and_weights_are_resolved():
    d, step = ("d",), time_symbol("t")
    names = [
        Variable("b_hn", d),
        Variable("h_n", d, 2),
        Variable("h_bar", d, 2),
        Variable("W_hh", ("d", "d")),
    ]
    omega, weight = Variable("omega", (), 2), Variable("alpha", ())
    given = (*names, omega, weight)
    network = OrderedNetwork(
        "names", (), (Equation(Variable("q", d, step), names[0]),), given, (), 2, weights=(1.0, 0.5)
    )
    at = random_point(network, sizes={"d": 3})
    printed = (r"b_{\mathrm{hn}}", "h_{n,2}", r"\bar{h}_{2}", "W_{hh}", r"\omega_{t}", r"\alpha")
    for source, variable in zip(printed, given):
        np.testing.assert_array_equal(ink_value(source, at, {"t": 2}), at.variable(variable))
    np.testing.assert_array_equal(ink_value("W_{hh,12}", at), at.variable(names[3])[0, 1])
    np.testing.assert_array_equal(ink_value("b_{hn}", at), at.variable(names[0]))


def test_the_reader_does_not_know_the_printer():
    program = "import sys, symrnn.witness.readback; print([m for m in sys.modules if 'symrnn.notation' in m])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"
