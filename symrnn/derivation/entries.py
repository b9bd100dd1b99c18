"""Derivations at index level: one entry of a derivative, step by step, dimensions symbolic.

The lines of the matrix derivation are read entry by entry up to the point where an equation stands open;
from there three rules of their own finish: the derivative of a sum is a sum, the derivative of an entry
by an entry is a Kronecker delta for each index, and a sum over a delta keeps one term. The last line is
the entry of the matrix result again, so the two levels meet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import sympy
from sympy import Indexed, KroneckerDelta, Sum

from symrnn.derivation.budget import DerivationError
from symrnn.derivation.rules import Reason, Sentence
from symrnn.derivation.steps import INSERT, PUT_BACK, Derivation, check_expression, derive
from symrnn.model import OrderedNetwork
from symrnn.notation import entry_line, latex, layout, text
from symrnn.tensor import (
    Contraction,
    Derivative,
    EntryDerivative,
    Partial,
    ShapeError,
    Tensor,
    Variable,
    entry_of,
    factors_of,
    index,
    replace_node,
    sift,
    split_time,
)


@dataclass(frozen=True)
class EntryRule:
    """A rule of the index level: name, statement in words, and the rewriting of one SymPy node."""

    name: str
    statement: str
    rewrite: Callable[[Any], Any]


@dataclass(frozen=True)
class EntryLine:
    """One line: lhs = rhs, by a rule, for a reason."""

    lhs: Any
    rhs: Any
    rule: str
    reason: Reason


@dataclass(frozen=True)
class EntryDerivation:
    """The entry ``indices`` of a goal, line by line; ``matrix`` is the derivation it belongs to."""

    goal: Tensor
    indices: tuple[Any, ...]
    lines: tuple[EntryLine, ...]
    matrix: Derivation

    @property
    def result(self) -> Any:
        """The last line."""
        return self.lines[-1].rhs

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters that its sums take."""
        return self.matrix.network.letters.sums

    @property
    def is_closed(self) -> bool:
        """Whether no derivative is left but those that the matrix derivation leaves by name as well."""
        named = {kind.__name__.lower() for kind in self.matrix.strategy.leaves}
        left = {node.kind for node in self.result.atoms(EntryDerivative)}
        return self.matrix.is_closed and left <= named

    def __repr__(self) -> str:
        places = ", ".join(map(str, self.indices))
        return f"EntryDerivation({text(layout(self.goal))}, entry {places}, {len(self.lines)} lines)"

    def latex(self) -> str:
        """Return the lines as an ``aligned`` environment, the rule behind each."""
        rows, before = [], ""
        for claim in self.lines:
            lhs, rhs = map(latex, entry_line(claim.lhs, claim.rhs, self.letters))
            rows.append(rf"{'' if lhs == before else lhs} &= {rhs} && \text{{{claim.rule}}}")
            before = lhs
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$$\\displaystyle {self.latex()}$$"


def _linear(node: Any) -> Any:
    if isinstance(node, EntryDerivative) and isinstance(node.of, Sum):
        return Sum(EntryDerivative(node.kind, node.of.function, node.wrt), *node.of.limits)
    return node


def _entry_by_entry(node: Any) -> Any:
    if not isinstance(node, EntryDerivative) or node.kind != "partial" or node.of.has(Sum):
        return node
    factors = factors_of(node.of)
    if not all(isinstance(factor, Indexed) for factor in factors):
        return node
    terms = []
    for position, factor in enumerate(factors):
        (time, places), (wrt_time, wrt_places) = split_time(factor), split_time(node.wrt)
        if factor.base == node.wrt.base and time == wrt_time:
            pairs = zip(places, wrt_places)
            rest = factors[:position] + factors[position + 1 :]
            terms.append(sympy.Mul(*(KroneckerDelta(i, j) for i, j in pairs), *rest))
    return sympy.Add(*terms)


def _sift(node: Any) -> Any:
    if isinstance(node, Sum) and isinstance(node.limits[0][2], sympy.Symbol):
        i, _, high = node.limits[0]
        return sift(node.function, i, high.name)
    return node


LINEAR = EntryRule("derivative of a sum", "The derivative of a sum is the sum of the derivatives.", _linear)
ENTRY = EntryRule(
    "derivative of an entry", "An entry by an entry: 1 if it is the same one, else 0.", _entry_by_entry
)
SIFT = EntryRule("sifting", "A sum over a Kronecker delta keeps the one term where it is 1.", _sift)
ENTRY_RULES = (LINEAR, ENTRY, SIFT)


def _everywhere(expression: Any, rule: EntryRule) -> Any:
    """Apply a rule to every node it fits, innermost first."""
    if not expression.args:
        return expression
    args = [_everywhere(arg, rule) if isinstance(arg, sympy.Basic) else arg for arg in expression.args]
    return rule.rewrite(expression.func(*args) if tuple(args) != expression.args else expression)


def derive_entry(
    goal: Tensor,
    indices: Sequence[str],
    network: OrderedNetwork,
    rules: Sequence[EntryRule] = ENTRY_RULES,
    matrix: Derivation | None = None,
) -> EntryDerivation:
    """Derive one entry of a derivative by the matrix rules, read entry by entry, and the three index rules.

    Parameters
    ----------
    goal : Immediate or Total
        Such as ``Immediate(s_k, W)`` with symbolic k.
    indices : sequence of str
        One letter per axis of the goal: ``("p", "q", "r")``.
    network : OrderedNetwork
    rules : sequence of EntryRule, optional
        The rules of the index level, in order.
    matrix : Derivation, optional
        The derivation to read entry by entry; default: the one that ``derive`` makes of the goal.

    Returns
    -------
    EntryDerivation
        Lines with a common front factor show what follows it; the last line is the whole again.
    """
    at = tuple(index(name) for name in indices)
    matrix = derive(goal, network) if matrix is None else matrix
    left = entry_of(goal, at)
    lines: list[EntryLine] = []
    for line in matrix.lines():
        rhs = entry_of(line.rhs, at)
        if lines and rhs == lines[-1].rhs:
            break
        lines.append(EntryLine(left, rhs, line.rule.name, line.reason))
        if _only_products(line.rhs):
            break
    for rule in rules:
        rhs = _everywhere(lines[-1].rhs, rule)
        if rhs != lines[-1].rhs:
            lines.append(EntryLine(left, rhs, rule.name, (Sentence(rule.statement),)))
    return EntryDerivation(goal, at, tuple(_numbered(_shortened(lines))), matrix)


def _numbered(lines: list[EntryLine]) -> list[EntryLine]:
    """Count bound indices from 1 in each derivation, in their order: equal derivations compare equal."""
    found = {i for line in lines for side in (line.lhs, line.rhs) for i in side.atoms(sympy.Dummy)}
    ordered = sorted(found, key=lambda i: i.dummy_index)
    own = {i: sympy.Dummy(i.name, dummy_index=n, integer=True) for n, i in enumerate(ordered, start=1)}
    return [replace(line, lhs=line.lhs.xreplace(own), rhs=line.rhs.xreplace(own)) for line in lines]


def _only_products(tensor: Tensor) -> bool:
    """Whether the derivatives left are those of a matrix times a vector, which the index rules finish."""
    left = tensor.atoms(Derivative)
    return bool(left) and all(
        isinstance(d, Partial)
        and isinstance(d.args[0], Contraction)
        and len(d.args[0].factors) == 2
        and all(isinstance(factor, Variable) for factor in d.args[0].factors)
        for d in left
    )


def _shortened(lines: list[EntryLine]) -> list[EntryLine]:
    """Leave out a common factor between the line where it appears and the last line, which has it again."""
    first = next((n for n, line in enumerate(lines) if not isinstance(line.rhs, Sum)), len(lines))
    if len(lines) - first < 3:
        return lines
    inner = [f for f in sympy.Mul.make_args(lines[first].rhs) if isinstance(f, EntryDerivative)]
    if len(inner) != 1:
        return lines
    common = lines[first].rhs / inner[0]
    middle = [EntryLine(inner[0], line.rhs / common, line.rule, line.reason) for line in lines[first + 1 :]]
    if any(line.rhs.has(*sympy.Mul.make_args(common)) for line in middle):
        return lines
    whole = EntryLine(lines[0].lhs, lines[-1].rhs, INSERT, (PUT_BACK,))
    return [*lines[: first + 1], *middle, whole]


def element(tensor: Tensor, indices: Sequence[Any], network: OrderedNetwork | None = None) -> Any:
    """Return one entry of a tensor as a SymPy expression, sizes symbolic.

    Derivative nodes are derived to the end first; ``expr.doit()`` puts tanh, exp and so on in place of σ.

    Parameters
    ----------
    tensor : Tensor
        Such as ``Immediate(s_3, W)``.
    indices : sequence of str, int or sympy.Expr
        One per axis, counted from 1.
    network : OrderedNetwork, optional
        Default: the network in which the variables were looked up.

    Returns
    -------
    sympy.Expr
        ``s[2, r]`` is entry r of the state at step 2, ``W[q, r]`` an entry of a parameter.

    Raises
    ------
    ShapeError
        If the number of indices is not the rank, or one counts no entry.
    DerivationError
        If a derivative cannot be derived to the end within a step.

    Examples
    --------
    >>> from symrnn.tensor import Immediate
    >>> from symrnn.model import Cell
    >>> network = Cell.load("elman").unroll(steps=4)
    >>> element(Immediate(network["s", 3], network["W"]), ("p", "q", "r"))
    KroneckerDelta(p, q)*sigma'(a[3, p])*s[2, r]
    """
    check_expression(tensor, network)
    several = isinstance(indices, Sequence) and all(
        isinstance(i, str | Integral | sympy.Expr) for i in indices
    )
    if isinstance(indices, str) or not several:
        raise ShapeError(
            f"the indices are {indices!r:.80}; accepted: letters or whole numbers from 1, one for each"
            f" axis, such as ('p', 'q', 'r')"
        )
    for node in sorted(tensor.atoms(Derivative), key=str):
        derivation = derive(node, network)
        if not derivation.is_closed or derivation.result.atoms(Derivative):
            raise DerivationError(
                f"{node} has no closed entries within a step; derive it along its paths instead"
            )
        tensor = replace_node(tensor, node, derivation.result)
    return entry_of(tensor, indices)
