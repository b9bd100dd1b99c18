"""Statements as NumPy: the one module that knows its syntax.

The plan and the writers speak of arrays, rows and functions; here each statement becomes a line. Another
language would have a printer of its own beside this one. A statement that is forgotten fails the type check.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from symrnn.numeric.codegen.rows import LOG_SOFTMAX
from symrnn.numeric.codegen.statements import (
    ONE,
    BlockLoop,
    Call,
    Columns,
    Comment,
    Gathered,
    Joined,
    Lead,
    Let,
    Like,
    Loop,
    Negative,
    New,
    Number,
    Order,
    OuterProduct,
    Part,
    Positive,
    Project,
    Put,
    Ref,
    Row,
    Rows,
    RowSums,
    Scaled,
    Statement,
    Sum,
    Summed,
    Transposed,
    Value,
    View,
    Width,
    Zeros,
)

LINE = 110  # characters
COMMENT, BINDING = 100, 70  # of a comment before it is broken, of names and rows bound in one line
CACHED = 2**15  # numbers, in 256 kB

FUNCTIONS = {
    "tanh": "np.tanh",
    "relu": "rectifier",
    "identity": "identity",
    "exp": "np.exp",
    "log": "np.log",
    "softmax": "softmax",
    LOG_SOFTMAX: "log_softmax",
    "softmax_and_log": "softmax_and_log",
    "add": "np.add",
    "subtract": "np.subtract",
    "multiply": "np.multiply",
    "negative": "np.negative",
    "divide": "np.divide",
    "smaller": "np.fmin",
    "tanh_slope": "tanh_slope",
    "balanced": "balanced",
}
IN_PLACE = {"add": "+=", "subtract": "-=", "multiply": "*="}
CONSTANTS = {ONE: "ONE"}  # arrays: NumPy converts a number of Python's in every call
ROWS = {
    Rows.ALL: "",
    Rows.FIRST: "[0]",
    Rows.AFTER: "[1:]",
    Rows.BEFORE: "[:-1]",
    Rows.BLOCK: "[first:last]",
    Rows.BLOCK_AFTER: "[first + 1:last + 1]",
    Rows.AS_BLOCK: "[:last - first]",
    Rows.HERE: "[t]",
    Rows.NEXT: "[t + 1]",
}
LEADS = {
    Lead.STEPS: "T, B, ",
    Lead.STATES: "T + 1, B, ",
    Lead.BLOCK: "length, B, ",
    Lead.STEP: "B, ",
    Lead.NONE: "",
}
ORDERS = {
    Order.FORWARD: "range(T)",
    Order.BACKWARD: "range(T - 1, -1, -1)",
    Order.BACKWARD_IN_BLOCK: "range(last - 1, first - 1, -1)",
}


def printed(statements: Iterable[Statement]) -> list[str]:
    """Return the lines of statements."""
    return [line for statement in statements for line in _lines(statement)]


def _lines(statement: Statement) -> Iterator[str]:
    match statement:
        case Comment(words):
            yield from (f"# {line}" for line in textwrap.wrap(words, COMMENT))
        case Let(name, given):
            yield f"{name} = {value(given)}"
        case Put(out, given):
            yield f"{value(out)}{'[:]' if out.rows is Rows.ALL else ''} = {value(given)}"
        case Call(function, (first, second), out, None) if function in IN_PLACE and first == out:
            yield f"{value(out)} {IN_PLACE[function]} {_argument(second)}"
        case Call(function, arguments, out, also):
            outs = [value(place) for place in (out, also) if place is not None]
            yield f"{FUNCTIONS[function]}({', '.join([*map(_argument, arguments), *outs])})"
        case Project(vectors, matrix, out, every_step):
            left = _contiguous(vectors) if every_step else value(vectors)
            yield f"{'project' if every_step else 'np.dot'}({left}, {value(matrix)}, {value(out)})"
        case Loop(order, rows, body):
            yield f"for t in {ORDERS[order]}:"
            yield from inside([*_bindings(rows), *printed(body)])
        case BlockLoop(size, body):
            yield f"{block_length(size)}  # steps in a block that the cache holds"
            yield "for last in range(T, 0, -length):"
            yield from inside(["first = max(0, last - length)", *printed(body)])
        case _:
            assert_never(statement)


def value(given: Value) -> str:
    """Return the text of a value."""
    match given:
        case Ref(name, rows):
            return f"{name}{ROWS[rows]}"
        case Number(number):
            return repr(number)
        case Negative(operand):
            return f"-{_argument(operand)}"
        case Positive(operand):
            return f"{value(operand)} > 0"
        case RowSums(factors):
            return f"row_sums({' * '.join(map(_argument, factors))})"
        case Scaled(number, inner):
            return f"{number} * {value(inner) if isinstance(inner, Ref) else f'({value(inner)})'}"
        case Sum(terms):
            return " + ".join(map(value, terms))
        case Joined(parts):
            return f"np.concatenate(({', '.join(map(value, parts))}))"
        case Part(array, entries):
            return f"{value(array)}[{columns(entries)}]"
        case Transposed(matrix, copied):
            return f"np.ascontiguousarray({value(matrix)}.T)" if copied else f"{value(matrix)}.T"
        case Gathered(left, right):
            return f"gathered({_contiguous(left)}, {_contiguous(right)})"
        case Summed(array):
            return f"summed({_contiguous(array)})"
        case OuterProduct(left, right):
            return f"np.outer({value(left)}, {value(right)})"
        case Zeros(columns_):
            return f"np.zeros((B, {width(columns_)}), dtype)"
        case Like(array, zeros):
            return f"np.zeros_like({value(array)})" if zeros else f"np.empty({value(array)}.shape, dtype)"
        case _:
            assert_never(given)


def _argument(given: Value) -> str:
    """Return the text of a value where NumPy calculates with it."""
    return CONSTANTS[given] if isinstance(given, Number) and given in CONSTANTS else value(given)


def _contiguous(array: Ref) -> str:
    """Return the text of an array whose rows can be taken together."""
    return f"np.ascontiguousarray({value(array)})" if array.view else value(array)


def made(array: New | View) -> str:
    """Return how an array is made."""
    match array:
        case New(lead, columns_):
            shape = f"{LEADS[lead]}{width(columns_)}"
            return f"np.empty(({shape}{'' if LEADS[lead] else ','}), dtype)"
        case View(whole, block):
            return f"{whole}[:, :, {columns(block)}]"


def width(columns: Width) -> str:
    """Return the length of a last axis."""
    parts = ((size or "1", n) for size, n in columns.counts)
    return " + ".join(size if n == 1 else f"{n} * {size}" for size, n in parts)


def columns(block: Columns) -> str:
    """Return a slice."""
    return ":".join("" if end is None else width(end) for end in (block.start, block.stop))


def block_length(size: str) -> str:
    """Return the statement that computes how many steps of vectors of a size a cache of 256 kB holds."""
    return f"length = max(1, {CACHED} // (B * {size}))"


def _bindings(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the statements that name rows, as many in a line as fit."""
    left: list[str] = []
    right: list[str] = []
    for row in rows:
        if left and len("".join((*left, *right, row.name, row.among))) > BINDING:
            yield f"{', '.join(left)} = {', '.join(right)}"
            left, right = [], []
        left.append(row.name)
        right.append(f"{row.among}{ROWS[row.rows]}")
    if left:
        yield f"{', '.join(left)} = {', '.join(right)}"


def names_in(lines: Iterable[str]) -> set[str]:
    """Return the names that stand in lines of code."""
    return {node.id for node in ast.walk(ast.parse("\n".join(lines))) if isinstance(node, ast.Name)}


def inside(lines: Iterable[str]) -> list[str]:
    """Return lines, indented."""
    return [" " * 4 + line if line else line for line in lines]


def wrapped(start: str, items: Sequence[str], end: str, comma: bool = False) -> list[str]:
    """Return items in brackets, broken over lines where they are long.

    ``start`` and ``end`` hold the brackets; ``comma`` puts one behind the last item in any case.
    """
    one = f"{start}{', '.join(items)}{',' if comma else ''}{end}"
    if len(one) < LINE - 8:
        return [one]
    return [start, *inside(textwrap.wrap(", ".join(items) + ",", LINE - 12)), end]
