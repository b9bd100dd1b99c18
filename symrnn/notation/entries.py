"""How index expressions look: a SymPy printer that makes layout trees.

SymPy stores the factors of a product in an order of its own; on paper Kronecker deltas come first, then
numbers of one place (functions, parameters, signals), then derivatives, then sums. Bound indices are
dummies; here each gets a letter of those that the network leaves free, different ones within one term.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy.printing.printer import Printer

from symrnn.model import in_force
from symrnn.notation.matrix import PARTIAL, THIN, sign_of
from symrnn.notation.symbols import copy_of, number_tree, time, variable_symbol
from symrnn.notation.tree import (
    BigSum,
    Coloured,
    Fraction,
    Group,
    Name,
    Number,
    Operator,
    Script,
    Symbol,
    Tree,
    row,
    separated,
)
from symrnn.tensor import EntryDerivative, InputError, factors_of, split_time

SYMBOLS = (sympy.Symbol, sympy.Indexed)
FACTORS = (*SYMBOLS, sympy.Number, sympy.Function, sympy.Sum, EntryDerivative)
OPEN: dict[str, tuple[type, ...]] = {  # what needs no brackets, by place
    "factor": FACTORS,
    "body of Σ": (*FACTORS, sympy.Mul, sympy.Pow),
    "under ∂": SYMBOLS,
    "argument": (),
}


def _rank(factor: Any) -> tuple[int, str]:
    if factor.is_Number:
        return 0, ""
    if isinstance(factor, sympy.KroneckerDelta):
        return 1, f"{factor.has(sympy.Dummy)}{factor.args}"
    if isinstance(factor, sympy.Function):
        return 2, str(factor.func)
    if isinstance(factor, sympy.Indexed):
        return (3 if split_time(factor)[0] is None else 4), str(factor)
    return (5 if isinstance(factor, EntryDerivative) else 6), ""


class TreePrinter(Printer):
    """SymPy index expression to layout tree."""

    printmethod = "_tree"
    emptyPrinter = None  # what has no method is an error, by name

    def __init__(self, expression: Any, letters: Sequence[str]) -> None:
        super().__init__()
        self.free = letters
        self.used = {s.name for s in expression.free_symbols if not isinstance(s, sympy.Dummy)}
        self.used |= {part for name in self.used for part in name.split("_")[1:]}  # b_i is no entry of b
        self.letters: dict[Any, str] = {}  # of the sums whose range reaches the place that is being printed

    def _placed(self, node: Any, place: str) -> Tree:
        """Return the tree of a part, in brackets if its place needs them."""
        tree = self._print(node)
        return tree if isinstance(node, OPEN[place]) else Group(tree)

    def _print_Dummy(self, node: Any) -> Tree:
        return Symbol(self.letters[node])

    def _print_Symbol(self, node: Any) -> Tree:
        return variable_symbol(node.name)

    def _print_Integer(self, node: Any) -> Tree:
        return number_tree(node)

    _print_Rational = _print_Half = _print_One = _print_Zero = _print_NegativeOne = _print_Integer

    def _print_Indexed(self, node: Any) -> Tree:
        at, indices = split_time(node)
        base = variable_symbol(node.base.label.name)
        trees = [self._print(i) for i in (reversed(indices) if in_force().mirrored else indices)]
        joined = [separated(trees, "comma") if any(_wide(t) for t in trees) else row(*trees)] if trees else []
        below = joined if at is None else [time(at), *trees]
        if isinstance(base, Script) and base.sub is not None:
            return Script(base.base, sub=separated([base.sub, *below], "comma"))
        return Script(base, sub=separated(below, "comma"))

    def _print_KroneckerDelta(self, node: Any) -> Tree:
        order = sorted(node.args, key=lambda i: (not isinstance(i, sympy.Dummy), str(i)))
        return Script(Symbol("delta"), sub=row(*(self._print(i) for i in order)))

    def _print_Function(self, node: Any) -> Tree:
        symbol, order = getattr(node, "symbol", type(node).__name__), getattr(node, "order", 0)
        head = Symbol("sigma") if symbol == "sigma" else Name(symbol)
        return row(head, *(Operator("prime"),) * order, self._placed(node.args[0], "argument"))

    def _print_EntryDerivative(self, node: Any) -> Tree:
        copied = node.kind == "immediate" and in_force().copies and not _timed(node.wrt)
        sign = PARTIAL if copied else sign_of(node.kind)
        top, below = self._placed(node.of, "under ∂"), self._print(node.wrt)
        below = copy_of(below, split_time(node.of)[0]) if copied else below
        fraction = Fraction(row(sign, top), row(PARTIAL, below))
        return Coloured(fraction, "explicit") if node.kind in ("immediate", "direct") else fraction

    def _print_Pow(self, node: Any) -> Tree:
        return self._print_Mul(node)

    def _print_Mul(self, node: Any) -> Tree:
        factors = sorted(factors_of(node), key=_rank)
        below = [f for f in factors if f.is_Pow and f.exp.is_negative]
        tree = self._factors([f for f in factors if f not in (-1, *below)])
        if below:
            tree = Fraction(tree, self._print(sympy.Mul(*(1 / f for f in below))))
        return row(*([Operator("-")] if -1 in factors else []), tree)

    def _factors(self, factors: Sequence[Any]) -> Tree:
        trees = [self._placed(f, "factor") for f in factors]
        out: list[Tree] = []
        for position, tree in enumerate(trees or [Number("1")]):
            out.extend((THIN, tree) if position else (tree,))
        return row(*out)

    def _print_Add(self, node: Any) -> Tree:
        out: list[Tree] = []
        for term in sorted(node.args, key=lambda term: bool(term.could_extract_minus_sign())):
            negative = term.could_extract_minus_sign()
            if out or negative:
                out.append(Operator("-" if negative else "+"))
            letters = dict(self.letters)
            out.append(self._print(-term if negative else term))
            self.letters = letters  # a sum reaches to the end of its term
        return row(*out)

    def _print_Sum(self, node: Any) -> Tree:
        *within, (i, low, high) = node.limits  # SymPy joins nested sums, the outermost comes last
        summand = sympy.Sum(node.function, *within) if within else node.function
        if isinstance(i, sympy.Dummy):
            taken = {*self.used, *self.letters.values()}
            letter = next((letter for letter in self.free if letter not in taken), None)
            if letter is None:
                raise InputError(f"one term has more than {len(self.free)} sums; there are no letters left")
            self.letters[i] = letter
        limits = BigSum(row(self._print(i), Operator("="), self._print(low)), self._print(high))
        return row(limits, self._placed(summand, "body of Σ"))


def _timed(entry: Any) -> bool:
    """Whether an entry is one of a signal; parameters have no time."""
    return isinstance(entry, sympy.Indexed) and split_time(entry)[0] is not None


def _wide(tree: Tree) -> bool:
    """Whether an index needs commas round it: more than one letter or digit."""
    if isinstance(tree, Symbol):
        return len(tree.name) > 1
    return not isinstance(tree, Number) or len(tree.mantissa) > 1


def entry_layout(expression: Any, letters: Sequence[str]) -> Tree:
    """Return the layout tree of an index expression; its sums take the letters in their order."""
    return TreePrinter(expression, letters)._print(expression)


def entry_line(lhs: Any, rhs: Any, letters: Sequence[str]) -> tuple[Tree, Tree]:
    """Both sides of an equation of entries."""
    return entry_layout(lhs, letters), entry_layout(rhs, letters)


def entry_cases(expression: Any, letters: Sequence[str]) -> tuple[Tree, Tree] | None:
    """Return the value of a product with one Kronecker delta where p = q, and p = q; elsewhere it is 0."""
    deltas = [f for f in sympy.Mul.make_args(expression) if isinstance(f, sympy.KroneckerDelta)]
    if len(deltas) != 1:
        return None
    (delta,) = deltas
    printer = TreePrinter(expression, letters)
    p, q = (printer._print(i) for i in delta.args)
    return printer._print(expression / delta), row(p, Operator("="), q)
