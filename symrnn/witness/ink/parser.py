"""The parser: printed LaTeX mathematics as a syntax tree, independent of the printer.

What the notation leaves open is rejected: a numeral behind a factor, a Σ with nothing behind it, a second
sign. What a formula means, and whether its shapes fit, is decided when it is evaluated.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from functools import lru_cache

from symrnn.witness.ink.scripts import is_time
from symrnn.witness.ink.syntax import (
    MARKS,
    MAX_DEPTH,
    OPEN,
    Between,
    BigSum,
    Bracket,
    Cases,
    Dots,
    Fraction,
    Function,
    Letter,
    Node,
    Numeral,
    Power,
    Product,
    ReadbackError,
    Script,
    Slope,
    Sum,
    Token,
    Transpose,
    tokens,
    unexpected,
)


@lru_cache(maxsize=4096)
def read(source: str) -> Node:
    """Return the syntax tree of one side of an equation."""
    return _Parser(tokens(source)).whole()


_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho tau upsilon phi chi psi"
)
_GREEK += " omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
GREEK = {"\\" + name: name for name in _GREEK.split()} | {r"\varepsilon": "epsilon", r"\varphi": "phi"}
FUNCTIONS = {r"\sigma": "sigma"} | {"\\" + name: name for name in ("log", "exp", "tanh", "sin", "cos")}
_SIGNS = (r"\odot", r"\otimes")
_ENDS = frozenset(("}", "+", "-", "&", r"\\", r"\end{cases}", *OPEN.values(), *_SIGNS))


class _Parser:
    """Recursive descent: a sum of terms, a term of operands with ⊙ or ⊗ between, an operand of factors."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.place, self.depth = tokens, 0, 0

    @property
    def next(self) -> str:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        """Go past the next token, which must be one of ``wanted`` if any are given."""
        found = self.next
        if not found or (wanted and found not in wanted):
            raise self.stop(" or ".join(map(repr, wanted)) or "more")
        self.place += 1
        return found

    def passed(self, wanted: str) -> bool:
        """Go past the next token if it is the wanted one."""
        here = self.next == wanted
        self.place += here
        return here

    def stop(self, wanted: str) -> ReadbackError:
        return unexpected(self.tokens[self.place : self.place + 6], wanted)

    def whole(self) -> Node:
        tree = self.sum()
        if self.next:
            raise self.stop("the end or an operator")
        return tree

    def sum(self) -> Node:
        sign = -1 if self.next == "-" else 1
        self.passed("-")
        terms = [(sign, self.term())]
        while self.next in ("+", "-"):
            sign = 1 if self.take() == "+" else -1
            terms.append((sign, self.term()))
        return terms[0][1] if terms[0][0] == 1 and len(terms) == 1 else Sum(tuple(terms))

    def term(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.stop(f"at most {MAX_DEPTH} nested pieces")
        operands, sign = [self.operand()], self.next
        while self.next in _SIGNS:
            self.take(sign)
            operands.append(self.operand())
        self.depth -= 1
        return operands[0] if len(operands) == 1 else Between(sign, tuple(operands))

    def operand(self) -> Node:
        factors: list[Node] = []
        while self.next and self.next not in _ENDS:
            if factors and self.next[0].isdigit():
                raise self.stop("no numeral behind a factor")
            if not self.passed(r"\cdots"):
                factors.append(self.factor())
            elif not factors or isinstance(factors[-1], Dots):
                raise self.stop(r"a factor before \cdots")
            else:
                factors[-1] = Dots(factors[-1], self.factor())
        if not factors:
            raise self.stop("a factor")
        return factors[0] if len(factors) == 1 else Product(tuple(factors))

    def factor(self) -> Node:
        """Read one factor with what stands at its corners."""
        node = self.primary()
        corners: set[str] = set()
        while self.next in ("_", "^"):
            corner = self.take()
            if corner in corners or isinstance(node, BigSum | Cases):
                raise self.stop("no second script")
            corners.add(corner)
            if corner == "_":
                sub = self.script()
                match node:
                    case Letter(base, bar, ()):
                        node = Letter(base, bar, sub, node.copy)
                    case Bracket(body, ()):
                        node = Bracket(body, sub)
                    case _:
                        raise self.stop("no subscript here")
            elif (power := self.script()) == ((r"\top",),):
                node = Transpose(node)
            elif isinstance(node, Letter) and len(power) == 1 and (power[0][0], power[0][-1]) == ("(", ")"):
                node = replace(node, copy=power[0][1:-1])
            elif node == Numeral(10.0) and re.fullmatch(r"-?\d{1,2}", "".join(power[0])):
                node = Numeral(float(10.0 ** int("".join(power[0]))))
            elif len(power) == 1 and isinstance(node, Letter | Bracket) and is_time(power[0]):
                node = Power(node, power[0])
            else:
                raise self.stop(r"\top")
        return node

    def primary(self) -> Node:
        word = self.next
        if word[:1].isdigit():
            return self.numeral()
        if word in OPEN:
            self.take()
            body = self.sum()
            self.take(OPEN[word])
            return Bracket(body)
        if word in (r"\frac", r"\dfrac"):
            self.take()
            return self.fraction()
        if word == r"\sum":
            return self.big_sum()
        if word == r"\begin{cases}":
            return self.cases()
        if word in FUNCTIONS or word == r"\operatorname":
            name = FUNCTIONS.get(self.take()) or self.word()
            primes = 0
            while self.passed("'"):
                primes += 1
            opened = self.take(*OPEN)
            argument = self.sum()
            self.take(OPEN[opened])
            return Function(name, primes, argument)
        return self.letter()

    def numeral(self) -> Numeral:
        r"""Read a number such as ``4``, ``0.5`` or ``1.2 \times 10^{-3}``."""
        mantissa = float(self.take())
        if not self.passed(r"\times"):
            return Numeral(mantissa)
        power = self.factor()
        if not isinstance(power, Numeral):
            raise self.stop("a power of ten")
        return Numeral(mantissa * power.number)

    def letter(self) -> Letter:
        """Read a symbol without its corners."""
        word = self.take()
        if word in (r"\hat", r"\tilde", r"\bar"):
            self.take("{")
            under = self.letter()
            self.take("}")
            if under.bar:
                raise self.stop("one bar, over everything else")
            return Letter(under.base, True) if word == r"\bar" else Letter(under.base + word[1:])
        if word in (r"\mathrm", r"\mathcal", r"\mathbf"):
            inside = self.word()
            if (word, inside) in ((r"\mathcal", "L"), (r"\mathbf", "1")) or (
                word == r"\mathrm" and len(inside) > 1
            ):
                return Letter(inside)
        elif word in GREEK or (word.isascii() and word.isalpha() and word != "L"):
            return Letter(GREEK.get(word, word))
        self.place -= 1
        raise self.stop("a symbol")

    def word(self) -> str:
        """Read letters in braces."""
        self.take("{")
        out = ""
        while self.next.isascii() and self.next.isalnum():
            out += self.take()
        self.take("}")
        return out

    def script(self) -> Script:
        r"""Read what stands at a corner: parts between commas."""
        if not self.passed("{"):
            return ((self.take(),),)
        parts: list[tuple[str, ...]] = [()]
        while not self.passed("}"):
            if self.passed(","):
                parts.append(())
                continue
            piece = self.take()
            if piece == r"\mathrm":
                piece = self.word()
            if self.passed("_"):  # an axis of a layer: d_1
                piece += "_" + "".join(itertools.chain(*self.script()))
            parts[-1] += (GREEK.get(piece, piece),)
        if () in parts:
            raise self.stop("a script without gaps")
        return tuple(parts)

    def fraction(self) -> Node:
        self.take("{")
        if self.next != r"\partial":
            top = self.sum()
            self.take("}")
            self.take("{")
            bottom = self.sum()
            self.take("}")
            return Fraction(top, bottom)
        self.take()
        mark = "".join(itertools.chain(*self.script())) if self.passed("^") else ""
        if mark not in MARKS:
            raise self.stop("the sign + or ∘ at ∂")
        of = self.factor()
        if not isinstance(of, Letter | Bracket | Function | Fraction):
            raise self.stop("a variable, a bracket or a function behind ∂")
        self.take("}")
        self.take("{")
        self.take(r"\partial")
        wrt = self.factor()
        if not isinstance(wrt, Letter):
            raise self.stop("a variable below ∂")
        self.take("}")
        return Slope(mark, of, wrt)

    def big_sum(self) -> Node:
        self.take(r"\sum")
        self.take("_")
        lower = self.script()
        self.take("^")
        upper = self.script()
        if len(lower) != 1 or len(upper) != 1 or lower[0][1:2] != ("=",) or not lower[0][2:]:
            raise self.stop("limits such as k = 1 and T")
        return BigSum(lower[0][0], lower[0][2:], upper[0], self.term())

    def cases(self) -> Node:
        self.take(r"\begin{cases}")
        rows = []
        while True:
            body = self.sum()
            self.take("&")
            rows.append((body, self.condition()))
            if not self.passed("\\\\"):
                break
        self.take(r"\end{cases}")
        return Cases(tuple(rows))

    def condition(self) -> tuple[Script, ...]:
        """Read ``if p = q and r = i`` or ``otherwise``."""
        word = self.take(r"\text{if }", r"\text{otherwise}")
        pairs: list[Script] = []
        while word != r"\text{otherwise}":
            sides: list[tuple[str, ...]] = [()]
            while self.next not in ("\\\\", r"\end{cases}", r"\text{ and }"):
                if self.passed("="):
                    sides.append(())
                else:
                    piece = self.take()
                    sides[-1] += (GREEK.get(piece, piece),)
            if len(sides) < 2 or () in sides:
                raise self.stop("a condition such as p = q")
            pairs.extend(itertools.pairwise(sides))
            if not self.passed(r"\text{ and }"):
                break
        return tuple(pairs)
