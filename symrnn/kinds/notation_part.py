"""What a report says of its notation: whose symbols they are, and how derivatives and products are written."""

from __future__ import annotations

from symrnn.calculus import Immediate, Total
from symrnn.document import Block, Prose, Styled, Text
from symrnn.job import Job
from symrnn.kinds.blocks import prose
from symrnn.tensor import Variable
from symrnn.typeset.tree import Operator, Script, Symbol
from symrnn.views.symbols import copy_of, variable
from symrnn.writing import USUAL, writing

CONVENTIONS = {
    "operator": "Vectors are columns here and a matrix maps its last axis to its first: operator layout.",
    "row": "Vectors are rows here and a matrix maps its first axis to its last: row layout.",
}
OTHER = {"operator": "row", "row": "operator"}


def stated(job: Job) -> list[Block]:
    """Return the sentence that states notation and layout, where they are not the usual ones."""
    preset, how = job.notation, job.writing
    if not preset.name and how == USUAL:
        return []
    whose = f"those of {preset.title} ({preset.source})" if preset.name else "those of the cell file"
    vectors = "rows" if how.mirrored else "columns"
    sentence = (
        f" The symbols are {whose}; derivatives follow the {how.layout} layout, and vectors are {vectors}"
        f" ({how.convention} convention)."
    )
    remark = f" {preset.remark}" if preset.remark else ""
    return [Prose((Styled("Notation.", "strong"), sentence + remark))]


def rows_or_columns(lecture: bool) -> str:
    """Say which of the two conventions the products follow."""
    here = writing().convention
    if lecture:
        other = "The lecture declares the shapes of the row layout and multiplies as in the operator layout, which does not fit. Either is consistent; a"
    else:
        other = f"The {OTHER[here]} layout is as common. A"
    return f" {CONVENTIONS[here]} {other} square matrix fits both, so a transpose goes unnoticed."


def axes_of_derivatives(gradient: Total) -> Text:
    """Say which axes a derivative has; ``gradient`` is that of a loss by a state, for an example."""
    how, u, v = writing(), Symbol("u"), Symbol("v")
    first, then = (v, u) if how.mirrored else (u, v)
    axes = prose(" has the axes of ", first, ", then those of ", then)
    lying = (how.layout == "numerator") is not how.mirrored
    example = prose(gradient, " is a row" if lying else " is a column")
    if how.layout == "gradient":
        return (
            *prose("A Jacobian of ", u, " by ", v), *axes, "; the derivative of a number has the shape of what it is taken by (gradient layout): ",
            *example, ", and a Jacobian carries a ", Symbol("top"), " where it passes it on.",
        )  # fmt: skip
    name = "the numerator layout, mirrored" if how.mirrored else "numerator layout"
    return *prose("A derivative of ", u, " by ", v), *axes, f" ({name}): ", *example, "."


def row_and_column(p: Symbol, r: Symbol) -> Text:
    """Say which index of a Jacobian is which."""
    if writing().mirrored:
        return p, " for the column and ", r, " for the row"
    return p, " for the row and ", r, " for the column"


def explicit_sign(v: Variable, w: Variable) -> Text:
    """Return how the explicit derivative is written."""
    if writing().copies:
        return (Immediate(v, w),)
    return (Script(Symbol("partial"), sup=Operator("+")),)


def explicit_remark(v: Variable, w: Variable) -> Text:
    """Say what the sign of the explicit derivative means, here or elsewhere."""
    if writing().copies:
        copy = copy_of(variable(w), v.time)
        return prose(copy, " is a copy of ", w, f" that is used at step {v.time} and nowhere else.")
    return ("(Werbos 1990 uses the plus sign for the opposite, the total derivative.)",)
