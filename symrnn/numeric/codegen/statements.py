"""What generated code does, statement by statement, before it is written in any language.

Arrays are made once and written into; a statement refers to them by name and rows, and says nothing of how a
language spells it. The writers of ``forward`` and ``backward`` make statements; a printer, one for each
language, makes text of them at the end.

The first axis of an array is time, the second the batch, the last the vector, whose length is a sum of axes
of the cell. Arrays of states have one more row: row 0 is the initial state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


@dataclass(frozen=True)
class Size:
    """Where the length of an axis is read: an argument, ``h0`` for an initial state, and which axis of it."""

    argument: str
    axis: int


@dataclass(frozen=True)
class Width:
    """Length of a last axis: how often each size is counted, ``4 d`` or ``d + e``; "" stands for a number."""

    counts: tuple[tuple[str, int], ...]


class Lead(Enum):
    """The axes of an array before the last one."""

    STEPS = auto()  # time and batch
    STATES = auto()  # the same, and a row for the initial state
    BLOCK = auto()  # as many steps as the cache holds, and batch
    STEP = auto()  # batch
    NONE = auto()


@dataclass(frozen=True)
class New:
    """An array of its own."""

    lead: Lead
    width: Width


@dataclass(frozen=True)
class Columns:
    """Neighbouring entries of an axis, from ``start`` to ``stop``; None is the end."""

    start: Width | None
    stop: Width | None


@dataclass(frozen=True)
class View:
    """Columns of another array: its rows are not contiguous."""

    array: str
    columns: Columns


class Rows(Enum):
    """Which rows of an array."""

    ALL = auto()
    FIRST = auto()
    AFTER = auto()  # of states: those that the steps arrive at
    BEFORE = auto()  # of states: those that the steps start from
    BLOCK = auto()  # the steps of the block
    BLOCK_AFTER = auto()
    AS_BLOCK = auto()  # as many as the block has steps
    HERE = auto()  # the row of the step, inside a loop
    NEXT = auto()


@dataclass(frozen=True)
class Ref:
    """Rows of an array, or what a name was given to; ``view``: they are columns of another array."""

    name: str
    rows: Rows = Rows.ALL
    view: bool = False


@dataclass(frozen=True)
class Number:
    """A number."""

    value: float


ONE = Number(1.0)
Operand = Ref | Number


@dataclass(frozen=True)
class Negative:
    """-u."""

    operand: Operand


@dataclass(frozen=True)
class Positive:
    """1 where an entry is positive, else 0."""

    operand: Operand


@dataclass(frozen=True)
class RowSums:
    """The sum of each vector of an entrywise product."""

    factors: tuple[Operand, ...]


@dataclass(frozen=True)
class Scaled:
    """A number times a value."""

    number: float
    value: Value


@dataclass(frozen=True)
class Sum:
    """A sum of values."""

    terms: tuple[Value, ...]


@dataclass(frozen=True)
class Joined:
    """Arrays over one another, along their first axis."""

    parts: tuple[Value, ...]


@dataclass(frozen=True)
class Part:
    """Some entries of the first axis."""

    array: Ref
    entries: Columns


@dataclass(frozen=True)
class Transposed:
    """The transpose of a matrix; ``copied``: in memory of its own, row after row."""

    matrix: Ref
    copied: bool = False


@dataclass(frozen=True)
class Gathered:
    """The outer products of two vectors, added over steps and sequences."""

    left: Ref
    right: Ref


@dataclass(frozen=True)
class Summed:
    """The sum over steps and sequences."""

    array: Ref


@dataclass(frozen=True)
class OuterProduct:
    """The outer product of two vectors."""

    left: Value
    right: Ref


@dataclass(frozen=True)
class Zeros:
    """Zeros for one step of each sequence."""

    width: Width


@dataclass(frozen=True)
class Like:
    """An array of the shape of another one, of zeros or not filled yet."""

    array: Ref
    zeros: bool


Value = (
    Ref | Number | Negative | Positive | RowSums | Scaled | Sum | Joined | Part | Transposed
    | Gathered | Summed | OuterProduct | Zeros | Like
)  # fmt: skip


@dataclass(frozen=True)
class Comment:
    """Words beside the statements that follow."""

    words: str


@dataclass(frozen=True)
class Let:
    """Give a value a name."""

    name: str
    value: Value


@dataclass(frozen=True)
class Put:
    """Write a value into an array that is there."""

    out: Ref
    value: Value


@dataclass(frozen=True)
class Call:
    """Write a function of values, entry by entry or row by row, into arrays that are there.

    ``function`` is a row of the function table, or one of "add", "subtract", "multiply", "negative",
    "divide", "smaller", "log_softmax", "tanh_slope", "balanced", and "softmax_and_log", which has two
    results.
    """

    function: str
    arguments: tuple[Value, ...]
    out: Ref
    also: Ref | None = None


@dataclass(frozen=True)
class Project:
    """Write vectors times a matrix into an array: for every step and sequence, or for those of one step."""

    vectors: Ref
    matrix: Ref | Transposed
    out: Ref
    every_step: bool


@dataclass(frozen=True)
class Row:
    """A row of an array, under a name of its own inside a loop; ``among`` names the rows."""

    name: str
    among: str
    rows: Rows


class Order(Enum):
    """In which order a loop goes through the steps."""

    FORWARD = auto()
    BACKWARD = auto()
    BACKWARD_IN_BLOCK = auto()


@dataclass(frozen=True)
class Loop:
    """One step after the other."""

    order: Order
    rows: tuple[Row, ...]
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class BlockLoop:
    """Backwards through blocks of steps that the cache holds; ``size`` is that of a typical vector."""

    size: str
    body: tuple[Statement, ...]


Statement = Comment | Let | Put | Call | Project | Loop | BlockLoop
