"""From certified objects to blocks of a document: rows of steps, result boxes, inline mathematics."""

from __future__ import annotations

from collections.abc import Sequence

from symrnn.derivation import Derivation, EntryDerivation, Line as Claim, Reason
from symrnn.document import Display, Line, Result, StepRow, Steps, words
from symrnn.model import OrderedNetwork, in_force
from symrnn.notation import (
    Cases,
    Coloured,
    Number,
    Row,
    Scene,
    Script,
    Sizes,
    Term,
    Tree,
    Underbrace,
    Words,
    broken,
    chained,
    entry_cases,
    entry_line,
    layout,
    line,
    row,
    separated,
    unrolled,
    variable_symbol,
    width,
)
from symrnn.report.wording import named, worded
from symrnn.tensor import Shape, Tensor

STEP_WIDTH = 92.0  # millimetres beside number, left side and note
DISPLAY_WIDTH = 140.0
ACROSS = 158.0  # of equations side by side
GAP = 13.0  # round the relation and between two equations side by side


def steps(derivation: Derivation | EntryDerivation, first: int = 1) -> Steps:
    """Rows of a derivation; a left side is printed where it changes."""
    rows: list[StepRow] = []
    left: Tree | None = None
    lines: Sequence[tuple[Tree, Tree, str, str, Reason]]
    if isinstance(derivation, EntryDerivation):
        lines = [
            (*entry_line(x.lhs, x.rhs, derivation.letters), "=", x.rule, x.reason) for x in derivation.lines
        ]
    else:
        lines = [(*line(x.lhs, x.rhs), x.relation, x.rule.name, x.reason) for x in derivation.lines()]
    for lhs, rhs, relation, rule, reason in lines:
        limit = room(lhs)
        printed = Line(None if lhs == left else lhs, relation, broken(rhs, limit))  # type: ignore[arg-type]  # a literal
        rows.append(StepRow(printed, named(rule), worded(reason)))
        left = lhs
    return Steps(tuple(rows), first)


def room(lhs: Tree) -> float:
    """Return how wide the right side of a step may be; brackets with ⊤ are wider than they are estimated."""
    transposed = 8.0 if in_force().layout == "gradient" else 0.0
    return STEP_WIDTH - transposed - max(0.0, width(lhs) - 12)


def fits(block: Steps) -> bool:
    """Whether every row can be broken to fit beside its note."""
    return all(width(tree) <= STEP_WIDTH for printed in block.rows for tree in printed.line.rhs)


def one_row_each(derivations: Sequence[Derivation], first: int = 1) -> Steps:
    """One row for each derivation: its lines as one chain of equations, the names of its rules beside.

    Of the lines on the way, those that no break makes fit beside the note are left out.
    """
    rows = []
    for derivation in derivations:
        claims = derivation.lines()
        lhs = line(claims[0].lhs, claims[0].rhs)[0]
        limit = room(lhs)
        names = dict.fromkeys(claim.rule.name for claim in claims)
        *between, last = (line(claim.lhs, claim.rhs)[1] for claim in claims)
        fitting = [side for side in between if all(width(part) <= limit for part in broken(side, limit))]
        printed = Line(lhs, "=", chained([*fitting, last], limit))
        rows.append(StepRow(printed, named(*names), worded(claims[0].reason)))
    return Steps(tuple(rows), first, each=True)


def display(*claims: tuple[Tensor, Tensor], columns: int = 1) -> Display:
    """Return displayed equations."""
    trees = (line(lhs, rhs) for lhs, rhs in claims)
    return Display(tuple(Line(lhs, "=", broken(rhs, DISPLAY_WIDTH / columns)) for lhs, rhs in trees), columns)


def columns_of(claims: Sequence[tuple[Tensor, Tensor]]) -> int:
    """Return how many equations fit side by side, at most four."""
    widest = max(sum(map(width, line(lhs, rhs))) + GAP for lhs, rhs in claims)
    return max(1, min(4, len(claims), int((ACROSS + GAP) / widest)))


def result(derivation: Derivation, title: str, remark: str) -> Result:
    """The result of a derivation in a box."""
    lhs, rhs = line(derivation.goal, derivation.result)
    return Result(Line(lhs, "=", broken(rhs, DISPLAY_WIDTH - width(lhs))), title, remark)


def braced(claim: Claim, labels: Sequence[tuple[Tensor, str]]) -> Line:
    """Print a line with braces and words under some of its terms."""
    lhs, rhs = line(claim.lhs, claim.rhs)
    for tensor, label in labels:
        rhs = _brace(rhs, layout(tensor), label)
    return Line(lhs, "=", (rhs,))


def _brace(tree: Tree, part: Tree, words: str) -> Tree:
    """Put a brace under the run of items that ``part`` consists of."""
    items = tree.items if isinstance(tree, Row) else (tree,)
    wanted = part.items if isinstance(part, Row) else (part,)
    role = next((item.role for item in wanted if isinstance(item, Coloured)), None)
    for start in range(len(items) - len(wanted) + 1):
        if items[start : start + len(wanted)] == wanted:
            under = Underbrace(part, words, role)
            return Row((*items[:start], under, *items[start + len(wanted) :]))
    return tree


def entry_count(shape: Shape) -> Tree:
    """Return the number of entries of a shape, such as d³."""
    powers = {variable_symbol(axis): shape.count(axis) for axis in shape}
    return separated([a if n == 1 else Script(a, sup=Number(str(n))) for a, n in powers.items()], "thin")


def cases(derivation: EntryDerivation) -> Tree | None:
    """Return a result with one Kronecker delta as cases: its value where the indices agree, else 0."""
    found = entry_cases(derivation.result, derivation.letters)
    if found is None:
        return None
    value, agree = found
    condition = row(Words(f"{words('formula.if')} "), agree)
    return Cases(((value, condition), (Number("0"), Words(words("formula.otherwise")))))


def drawn(network: OrderedNetwork, term: Term | None = None, sizes: Sizes | None = None) -> Scene:
    """Return the scene of an unrolled network, with the words that belong to it; see ``unrolled``."""
    said = words("graph.unrolled", steps=network.steps, states=words("list.last").join(network.states))
    if term is None:
        return unrolled(network, sizes=sizes, description=said)
    *on_the_way, loss = (f"{v.name} {v.time}" for v in term.path)
    way = words("list.comma").join(on_the_way)
    places = {"W": term.wrt.name, "state": on_the_way[0], "way": way, "loss": loss}
    description = f"{said} {words('graph.highlighted', **places)}"
    return unrolled(network, term, sizes, words("graph.here"), description)
