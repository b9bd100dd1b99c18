"""A three-page handout made of our blocks by hand: every kind of block, most kinds of tree."""

from symrnn.document import (
    Bar,
    Blank,
    Bullets,
    Columns,
    Display,
    Document,
    Figure,
    Form,
    Gallery,
    Heading,
    Line,
    Panel,
    Prose,
    Result,
    StepRow,
    Steps,
    Styled,
    Table,
    Text,
)
from symrnn.notation import (
    BigSum,
    Fraction,
    Group,
    Hidden,
    Matrix,
    Number,
    Operator,
    Script,
    Symbol,
    Tree,
    Underbrace,
    Words,
    numeral,
    row,
)
from symrnn.notation.tree import Cases, Name
from tests.notation.sample_trees import (
    COMMA,
    EQUALS,
    PERIOD,
    PLUS,
    THIN,
    call,
    epd,
    inline,
    ipd,
    m,
    pd,
    pe,
    say,
    slope,
    strong,
    text,
    transpose,
    unrolled,
)


def network() -> Display:
    minus_log = row(
        Operator("-"), Name("log"), THIN, Script(Symbol("y"), sub=row(Symbol("t"), COMMA, m("c_t")))
    )
    return Display(
        (
            Line(m("a_t"), "=", (m("U x_t + W s_t-1 + b ,"),)),
            Line(m("s_t"), "=", (row(call("sigma", m("a_t")), COMMA),)),
            Line(m("z_t"), "=", (m("V s_t + c ,"),)),
            Line(m("y_t"), "=", (row(call("softmax", m("z_t")), COMMA),)),
            Line(m("loss_t"), "=", (row(minus_log, COMMA),)),
            Line(m("s_0"), "=", (m("0 ."),)),
        ),
        columns=2,
    )


def shapes() -> Panel:
    rows = (
        ("x_t", "input", "n"),
        ("s_t , a_t", "state, pre-activation", "d"),
        ("y_t , z_t", "probabilities, scores", "4"),
        ("U", "input weights", "d * n"),
        ("W", "recurrent weights", "d * d"),
        ("V", "output weights", "4 * d"),
    )
    table = Table((), (), tuple((text(m(a)), text(b), text(m(c))) for a, b, c in rows), "lll")
    return Panel((table,))


def derivation() -> Steps:
    def step(lhs: Tree | None, rhs: tuple[Tree, ...], rule: str, reason: Text) -> StepRow:
        return StepRow(Line(lhs, "=", rhs), rule, reason)

    def group(*items: Tree) -> Tree:
        return Group(row(*items), "[")

    a, b, c, d = (epd(f"s_{k}", "W") for k in (4, 3, 2, 1))
    p, q, r = ipd("s_4", "s_3"), ipd("s_3", "s_2"), ipd("s_2", "s_1")
    product = row(pd("s_4", "s_3"), THIN, Operator("cdots"), THIN, pd("s_k+1", "s_k"))
    total = row(BigSum(m("k = 1"), Number("4")), ipd("s_4", "s_k"), THIN, epd("s_k", "W"), COMMA)
    collected = row(total, Operator("quad"), Operator("quad"), ipd("s_4", "s_k"), EQUALS, product)
    chain = row(pd("loss_4", "s_4"), THIN, pd("s_4", "W"))
    nested = group(b, PLUS, q, group(c, PLUS, r, THIN, d))
    first_line = row(a, PLUS, p, THIN, b, PLUS, p, THIN, q, THIN, c)
    openly = say("$W$ appears openly in $a_4$ and again inside $s_3$.")
    constant = say("$s_0$ is a constant, so {} has no implicit part.", inline("s_1", "W"))
    order = say("Matrix products do not commute; later steps stay on the left.")
    empty = say("One term for each use of $W$. For $k = 4$ the product is empty: the identity.")
    return Steps(
        (
            step(pd("loss_4", "W"), (chain,), "Chain rule", say("$W$ reaches $loss_4$ only through $s_4$.")),
            step(pd("s_4", "W"), (row(a, PLUS, p, THIN, pd("s_3", "W")),), "Explicit + implicit", openly),
            step(
                None,
                (row(a, PLUS, p, group(b, PLUS, q, THIN, pd("s_2", "W"))),),
                "Same rule, one step back",
                say("Replace {}.", inline("s_3", "W")),
            ),
            step(None, (row(a, PLUS, p, nested),), "Base case", constant),
            step(None, (first_line, row(PLUS, p, THIN, q, THIN, r, THIN, d)), "Distribute", order),
            step(None, (collected,), "Collect", empty),
        )
    )


def result() -> Result:
    travels = Underbrace(ipd("s_4", "s_k"), "how the effect travels\nto step 4", "implicit")
    acts = Underbrace(epd("s_k", "W"), "what W does\nat step k", "explicit")
    total = row(pd("loss_4", "s_4"), THIN, BigSum(m("k = 1"), Number("4")), travels, THIN, acts)
    return Result(Line(pd("loss_4", "W"), "=", (total,)), "Result", "from steps 1 and 6")


def jacobian() -> Display:
    def entries(corners: list[Tree]) -> Matrix:
        dots = tuple(Operator(name) for name in ("cdots", "vdots", "ddots"))
        first, second, third, fourth = corners
        return Matrix(((first, dots[0], second), (dots[1], dots[2], dots[1]), (third, dots[0], fourth)))

    places = [(p, q) for p in "1d" for q in "1d"]
    full = entries([pd(f"s_j,{p}", f"s_j-1,{q}") for p, q in places])
    short = entries([row(slope(f"a_j,{p}"), THIN, m(f"W_{p}{q}")) for p, q in places])
    compact = row(Name("diag"), Group(slope("a_j")), THIN, m("W ."))
    return Display((Line(pd("s_j", "s_j-1"), "=", (row(full, EQUALS, short, EQUALS, compact),)),))


def element() -> Display:
    product = row(slope("a_k,p"), THIN, m("s_k-1,r"))
    first = product, row(Words("if "), m("p = q ,"))
    cases = Cases((first, (Number("0"), row(Words("otherwise"), PERIOD))))
    entry = Script(Group(epd("s_k", "W")), sub=m("p q r"))
    return Display(
        (Line(entry, "=", (row(pe("s_k,p", "W_qr"), EQUALS, m("delta_pq ·"), product, EQUALS, cases),)),)
    )


def outer() -> Display:
    diagonal = row(Name("diag"), Group(slope("a_k")))
    error = transpose(Group(row(pd("loss_4", "s_4"), THIN, ipd("s_4", "s_k"))))
    previous = Script(Symbol("s"), sub=m("k - 1"), sup=Symbol("top"))
    return Display(
        (
            Line(
                pd("loss_4", "W"), "=", (row(BigSum(m("k = 1"), Number("4")), m("g_k ·"), previous, COMMA),)
            ),
            Line(m("g_k"), "=", (row(diagonal, error, PERIOD),)),
        ),
        columns=2,
    )


def predictions() -> Table:
    values = (("0.621", "0.260", "0.047", "0.072", "2"), ("0.579", "0.264", "0.062", "0.095", "1"))
    values += (("0.591", "0.280", "0.053", "0.075", "4"), ("0.663", "0.213", "0.042", "0.082", "3"))
    rows = []
    for t, (*numbers, target) in enumerate(values, start=1):
        cells = [text(strong(n)) if str(k) == target else text(n) for k, n in enumerate(numbers, start=1)]
        rows.append((text(str(t)), *cells, text(target)))
    head = (say("$t$"), *(say(f"$y_t,{k}$") for k in range(1, 5)), say("target $c_t$"))
    note = say("Bold: probability given to the target. At $t = 4$ it is low, so $loss_4$ is large.")
    title = say("{} for $d = 3$, $n = 2$, logistic $sigma$.", strong("Predictions"))
    return Table(title, head, tuple(rows), "cccccc", note)


def contributions() -> Table:
    previous = Script(Symbol("s"), sub=m("k - 1"), sup=Symbol("top"))
    size = Script(Group(row(m("g_k"), previous), "||"), sub=Symbol("F"))
    values = (("4", "0.3113", 1.0, "0.08233"), ("3", "0.0502", 0.161, "-0.03466"))
    values += (("2", "0.0199", 0.064, "0.01110"),)
    rows = [(text(k), text(s), text(Bar(f)), text(Number(e))) for k, s, f, e in values]
    rows += [(text("1"), text("0"), (), text("0")), (text("sum"), (), (), text("0.05877"))]
    head = (say("$k$"), say("size {}", size), (), say("entry {}", Group(m("1 , 2"))))
    note = say("$k = 1$ vanishes because $s_0 = 0$. Central differences agree.")
    title = say("{} to {}?", strong("Who contributes"), inline("loss_4", "W"))
    return Table(title, head, tuple(rows), "crlr", note, (4,))


def two_kinds() -> Display:
    explicit = Underbrace(epd("s_4", "W"), "explicit", "explicit")
    implicit = Underbrace(row(ipd("s_4", "s_3"), THIN, pd("s_3", "W")), "implicit", "implicit")
    return Display((Line(pd("s_4", "W"), "=", (row(explicit, PLUS, implicit, PERIOD),)),))


LEAD = (
    "We derive {} for a plain recurrent network and name the rule behind every line. By the end you can"
    " say which part of the gradient comes from {} $W$ at step $k$, and how that part travels to the "
    "loss. You need the chain rule and matrix products; allow 25 minutes."
)
FOOT = "Every formula on this sheet was checked against central differences: largest deviation {}."
READS = (
    "At each step $t = 1 , … , 4$ the network reads $x_t$, updates its state and predicts one of four "
    "classes:"
)
SHARING = "The same $U$, $W$, $V$, $b$, $c$ serve every step. That sharing is the whole difficulty."
FIGURE = (
    "The network unrolled for $T = 4$. Highlighted: the term $k = 2$. The {} is the use of $W$ that "
    "makes $s_2$; the {} carries the effect of $s_2$ through $s_3$ and $s_4$ to $loss_4$."
)
TWICE = (
    "In {} the matrix $W$ appears twice: openly, and hidden inside $s_3$, which was itself computed "
    "with $W$. Write {} for the {} derivative, which holds $s_3$ fixed. Then"
)
FINISHED = (
    "The explicit part is finished. The implicit part asks the same question one step earlier, and so "
    "on, back to $s_0$."
)
FROM_LOSS = "{} Softmax followed by cross-entropy gives {} with the one-hot target $e_c$, hence"
FROM_STATE = (
    "{} Component $i$ of {} sees $s_j-1$ only through $a_j,i$, whose derivative by $s_j-1,m$ is $W_im$:"
)
FROM_WEIGHT = (
    "{} A vector differentiated by a matrix carries three indices. Entry $W_qr$ enters only row $q$ of "
    "$a_k$, where it multiplies $s_k-1,r$:"
)
VANISHING = (
    "The further back $W$ was used, the more factors {} its effect passes through. Since {}, these "
    "factors tend to shrink it. This is the {}, and it is already visible after two steps."
)


def document() -> Document:
    """The handout."""
    previous = Group(m("y_4 - e_c"))
    slopes = row(Name("diag"), Group(slope("a_j")), THIN, m("W"))
    quarter = row(m("sigma ' <="), Fraction(Number("1"), Number("4")))
    state = row(m("s_4 ="), call("sigma", m("U x_4 + W s_3 + b")))
    softmax = row(inline("loss_4", "z_4"), EQUALS, transpose(previous))
    reversed_product = row(pd("s_3", "s_2"), THIN, pd("s_4", "s_3"))
    blocks = (
        Heading(say("The network")),
        Columns((Prose(say(READS)), network(), Prose(say(SHARING))), (shapes(),), left=0.59),
        Figure(
            unrolled(4, 2),
            say(FIGURE, Styled("dashed arrow", "explicit"), Styled("thick path", "implicit")),
        ),
        Heading(say("Two kinds of dependence")),
        Prose(say(TWICE, state, Script(Symbol("partial"), sup=PLUS), Styled("explicit", "explicit"))),
        two_kinds(),
        Prose(say(FINISHED)),
        Heading(say("The derivation, one rule at a time")),
        derivation(),
        result(),
        Heading(say("The three factors")),
        Prose(say(FROM_LOSS, strong("From the loss to the state."), softmax)),
        Display((Line(pd("loss_4", "s_4"), "=", (row(transpose(previous), THIN, m("V .")),)),)),
        Prose(say(FROM_STATE, strong("From state to state."), row(m("s_j ="), call("sigma", m("a_j"))))),
        jacobian(),
        Prose(say(FROM_WEIGHT, strong("From W to one state, explicitly."))),
        element(),
        Prose(say("Because of $delta_pq$ the sum over $p$ collapses, and each term is an outer product:")),
        outer(),
        Heading(say("With numbers")),
        Columns((predictions(),), (contributions(),)),
        Prose(say(VANISHING, slopes, quarter, Styled("vanishing gradient", "emph"))),
        Panel(
            (
                Bullets(
                    (
                        say("{} treating $s_3$ as a constant.", Styled("Stopping at k = 4:", "emph")),
                        say("{} {} has the wrong value.", Styled("Reversing:", "emph"), reversed_product),
                        say("{} the Jacobian is {}.", Styled("Losing the slope:", "emph"), slopes),
                    )
                ),
            ),
            "Common slips",
            "explicit",
        ),
        Form((("Name", ""), ("Points", "/ 4"))),
        Panel(
            (
                Prose(say("Redraw Figure 1 for the term $k = 3$. Which arrows are thick?")),
                Prose(say("{} The arrow $s_2 -> s_3$ is dashed.", Styled("Answer.", "quiet"))),
                Prose(say("Nobody reads $V$ here: {}.", Blank((Bar(1.0),))), blank=True),
                Prose(say("{} and a box: {}", Blank(text("nor this")), Hidden(pd("loss_4", "W")))),
            ),
            "Your turn",
            "implicit",
        ),
        Heading(say("Every term, one graph each"), level=2),
        Gallery(
            tuple((unrolled(4, k, False, 26.0), say(f"$k = {k}$: {4 - k} factors")) for k in range(1, 5)),
            say("One graph for each use of $W$."),
        ),
    )
    return Document(
        title=say("How the weight matrix $W$ reaches the loss $loss_4$"),
        lead=say(LEAD, inline("loss_4", "W"), Styled("using", "emph")),
        blocks=blocks,
        running_head="Recurrent networks",
        label="Handout 3 · solution",
        foot=say(FOOT, numeral("4e-10")),
    )
