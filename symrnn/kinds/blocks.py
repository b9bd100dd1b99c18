"""From certified objects to blocks of a document: rows of steps, result boxes, inline mathematics."""

from __future__ import annotations

from collections.abc import Sequence

from symrnn.derivation import Derivation
from symrnn.derivation import Line as Claim
from symrnn.document import Display, Line, Piece, Result, StepRow, Steps, Text
from symrnn.entrywise import EntryDerivation
from symrnn.kinds.wording import named, worded
from symrnn.rules import Reason
from symrnn.tensor import Shape, Tensor
from symrnn.typeset.measure import broken, chained, width
from symrnn.typeset.tree import Coloured, Number, Row, Script, Tree, Underbrace, separated
from symrnn.views.entry_layout import entry_layout
from symrnn.views.matrix import inline, layout, line
from symrnn.views.symbols import variable_symbol
from symrnn.writing import writing

STEP_WIDTH = 92.0  # millimetres beside number, left side and note
DISPLAY_WIDTH = 140.0
ACROSS = 158.0  # of equations side by side
GAP = 13.0  # round the relation and between two equations side by side


def prose(*pieces: Piece | Tensor) -> Text:
    """Return running text with mathematics in it."""
    return tuple(inline(piece) if isinstance(piece, Tensor) else piece for piece in pieces)


def steps(derivation: Derivation | EntryDerivation, first: int = 1) -> Steps:
    """Rows of a derivation; a left side is printed where it changes."""
    rows: list[StepRow] = []
    shown: Tree | None = None
    lines: Sequence[tuple[Tree, Tree, str, str, Reason]]
    if isinstance(derivation, EntryDerivation):
        lines = [(entry_layout(x.lhs), entry_layout(x.rhs), "=", x.rule, x.reason) for x in derivation.lines]
    else:
        lines = [(*line(x.lhs, x.rhs), x.relation, x.rule.name, x.reason) for x in derivation.lines()]
    for lhs, rhs, relation, rule, reason in lines:
        limit = room(lhs)
        printed = Line(None if lhs == shown else lhs, relation, broken(rhs, limit))  # type: ignore[arg-type]  # a literal
        rows.append(StepRow(printed, named(rule), worded(reason)))
        shown = lhs
    return Steps(tuple(rows), first)


def room(lhs: Tree) -> float:
    """Return how wide the right side of a step may be; brackets with ⊤ are wider than they are estimated."""
    transposed = 8.0 if writing().layout == "gradient" else 0.0
    return STEP_WIDTH - transposed - max(0.0, width(lhs) - 12)


def fits(block: Steps) -> bool:
    """Whether every row can be broken to fit beside its note."""
    return all(width(tree) <= STEP_WIDTH for printed in block.rows for tree in printed.line.rhs)


def facts(derivations: Sequence[Derivation], first: int = 1) -> Steps:
    """One row for each derivation: its lines as one chain of equations, the names of its rules beside."""
    rows = []
    for derivation in derivations:
        claims = derivation.lines()
        lhs = line(claims[0].lhs, claims[0].rhs)[0]
        limit = room(lhs)
        names = dict.fromkeys(claim.rule.name for claim in claims)
        sides = [line(claim.lhs, claim.rhs)[1] for claim in claims]
        printed = Line(lhs, "=", chained(sides, limit))
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
    for tensor, words in labels:
        rhs = _brace(rhs, layout(tensor), words)
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
