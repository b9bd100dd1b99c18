"""What a report says of its notation: whose symbols they are, and how its formulas are written."""

from __future__ import annotations

from typing import Any

from symrnn.document import Block, Prose, Text, language
from symrnn.model import USUAL, Letters, in_force
from symrnn.notation import Symbol, Tree, copy_of, sign_of, variable
from symrnn.report.job import Job
from symrnn.report.wording import say, sentences
from symrnn.tensor import Immediate, Tensor, Total, Variable


def stated(job: Job) -> list[Block]:
    """Return the sentence that states notation and layout, where they are not the usual ones."""
    preset, how = job.notation, job.conventions
    if not preset.name and how == USUAL:
        return []
    statement = say(STATEMENTS[how.layout, how.convention])
    if not preset.name:
        return [Prose(say("notation.of_cell", statement=statement))]
    title, remark = (language().translated("terms", said) for said in (preset.title, preset.remark))
    whose = say("notation.of_preset", title=title, source=preset.source, statement=statement)
    return [Prose(sentences(whose, (remark,) if remark else ()))]


STATEMENTS = {
    ("numerator", "operator"): "notation.numerator_columns",
    ("numerator", "row"): "notation.numerator_rows",
    ("gradient", "operator"): "notation.gradient_columns",
    ("gradient", "row"): "notation.gradient_rows",
}


def rows_or_columns(lecture: bool) -> Text:
    """Say which of the two conventions the products follow."""
    rows = in_force().convention == "row"
    other = "notation.columns_elsewhere" if rows else "notation.rows_elsewhere"
    return sentences(
        say("notation.rows_or_columns"),
        say("notation.rows_here" if rows else "notation.columns_here"),
        say("notation.as_in_lecture" if lecture else other),
    )


def axes_of_derivatives(gradient: Total, letters: Letters) -> Text:
    """Say which axes a derivative has; ``gradient`` is that of a loss by a state, for an example."""
    how = in_force()
    u, v = map(Symbol, letters.vectors)
    places: dict[str, Any] = {"u": u, "v": v, "gradient": gradient}
    if how.layout == "gradient":
        key = "notation.axes_of_gradients_mirrored" if how.mirrored else "notation.axes_of_gradients"
        return say(key, top=Symbol("top"), **places)
    return say("notation.axes_mirrored" if how.mirrored else "notation.axes", **places)


def explicit_sign(v: Variable, w: Variable) -> Tensor | Tree:
    """Return how the explicit derivative is written."""
    if in_force().copies:
        return Immediate(v, w)
    return sign_of("immediate")


def explicit_remark(v: Variable, w: Variable) -> Text:
    """Say what the sign of the explicit derivative means, here or elsewhere."""
    if in_force().copies:
        return say("notation.copy", copy=copy_of(variable(w), v.time), W=w, k=str(v.time))
    return say("notation.werbos")
