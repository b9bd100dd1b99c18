"""Second part of the reference: the paths, for the loss of one step and for any step."""

from __future__ import annotations

from symrnn.algebra import contract
from symrnn.calculus import Immediate, TimeSum, Total, bound
from symrnn.derivation import Line as Claim
from symrnn.document import Block, Display, Gallery, Heading, Prose, Result, Styled
from symrnn.kinds.blocks import braced, prose, result, steps
from symrnn.kinds.material import Material
from symrnn.tensor import Plus
from symrnn.typeset.tree import Number, Operator, Script, Symbol, row
from symrnn.views.graph import SMALL, Term, unrolled
from symrnn.views.matrix import layout
from symrnn.views.symbols import variable


def two_kinds(material: Material) -> list[Block]:
    """Explicit and implicit dependence, on the last step."""
    job, w = material.job, material.main
    claims = [line for line in material.main_paths.lines() if line.rule.name == "explicit + implicit"]
    if not claims:
        return []
    claim = claims[0]
    v = claim.lhs.args[0]
    before = material.state(v.time - 1)
    explicit, implicit = claim.rhs.args[0], claim.rhs.args[1]
    return [
        Heading(("Two kinds of dependence",)),
        Prose(
            prose(
                "In the equation of ", v, " the matrix " if w.rank == 2 else " the parameter ", w, " appears twice: openly, and hidden inside ", before,
                ", which was itself computed with ", w, ". Write ", Script(Symbol("partial"), sup=Operator("+")),
                " for the ", Styled("explicit", "explicit"), " (immediate) derivative, which holds ", before,
                " fixed. (Werbos 1990 uses the plus sign for the opposite, the total derivative.) Then",
            )
        ),
        Display((braced(claim, [(explicit, "explicit"), (implicit, "implicit")]),)),
        Prose(
            prose(
                "The explicit part is finished. The implicit part asks the same question one step earlier, and so on, back to ",
                job.network[job.cell.states[0], 0], ".",
            )
        ),
    ]  # fmt: skip


def derivation(material: Material) -> list[Block]:
    """The path expansion, its result, and one small graph for each term."""
    job, w = material.job, material.main
    found = material.main_paths
    blocks: list[Block] = [
        Heading(("The derivation, one rule at a time",)),
        Prose(
            prose(
                "The question is how ", job.of, " varies with ", w, ". Each row applies one rule to the row above.",
            )
        ),
        steps(found),
        boxed(material),
    ]  # fmt: skip
    if int(job.of.time) > 1:
        blocks += [gallery(material)]
    return blocks


def boxed(material: Material) -> Result:
    """The result, with a brace and words under its two factors."""
    found = material.main_paths
    shown = result(found, "Result", f"from steps 1 to {len(found.lines())}")
    sums = list(found.result.atoms(TimeSum))
    if not sums:
        return shown
    travels, acts = sums[0].instance(bound("k")).args
    t = material.job.of.time
    labels = [(travels, f"how the effect\ntravels to step {t}"), (acts, "what the use\nat step k does")]
    claim = found.lines()[-1]
    whole = Claim(found.goal, "=", found.result, claim.rule, claim.reason)
    return Result(braced(whole, labels), shown.title, shown.remark)


def gallery(material: Material) -> Gallery:
    """One small graph for each use, its path highlighted, the term below."""
    job, w, t = material.job, material.main, int(material.job.of.time)
    state = material.state(t)
    items = []
    for k in range(t, 0, -1):
        travels = () if k == t else (Total(state, material.state(k)),)
        term = contract(Total(job.of, state), *travels, Immediate(material.state(k), w))
        formula = row(
            Symbol("k"), Operator("="), Number(str(k)), Operator("colon"), Operator("quad"), layout(term)
        )
        items.append((unrolled(job.network, Term(w, k, t), SMALL), (formula,)))
    caption = prose(
        "One path for each use of ", w, ". ", Styled("Dashed", "explicit"), ": the use at step ", Symbol("k"),
        ". ", Styled("Thick", "implicit"), ": the way of its effect to ", variable(job.of), ".",
    )  # fmt: skip
    return Gallery(tuple(items), caption, 2, unrolled(job.network))


def general(material: Material) -> list[Block]:
    """The statement for any t, by induction."""
    found, t = material.general, Symbol("t")
    first = row(t, Operator("="), Number("1"))
    return [
        Heading(("Any number of steps",)),
        Prose(
            prose(
                "Nothing depended on the number of steps. For ", first, " the claim below has one term and is the base case above. ",
                "Assume it for ", row(t, Operator("-"), Number("1")), "; then it holds for ", t, ":",
            )
        ),
        steps(found),
        result(found, "For every step", "by induction"),
    ]  # fmt: skip


def section(material: Material) -> list[Block]:
    """Return the blocks of this part."""
    blocks = two_kinds(material) + derivation(material)
    if len(material.network.states) == 1 and isinstance(material.general.steps[0].after, Plus):
        blocks += general(material)
    return blocks
