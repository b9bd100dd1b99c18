"""The three factors of a gradient, for a cell without gates, down to their entries, and how they contract."""

from __future__ import annotations

from symrnn.derivation import K
from symrnn.document import Block, Display, Heading, Line, Prose
from symrnn.model import in_force
from symrnn.notation import (
    Group,
    Operator,
    Script,
    Symbol,
    chained,
    entry_layout,
    layout,
    row,
    variable,
    width,
)
from symrnn.report.compose import DISPLAY_WIDTH, cases, entry_count, one_row_each, steps
from symrnn.report.material import Material
from symrnn.report.sections.jacobian import jacobian_picture
from symrnn.report.wording import listing, say, sentences
from symrnn.tensor import Immediate, Variable


def from_loss(material: Material) -> list[Block]:
    """∂L_t/∂z_t and ∂L_t/∂s_t."""
    job = material.job
    z = material.output.goal.args[1]
    seen = material.seen_states
    more = [material.from_loss(state) for state in seen]
    likely = job.cell.loss == "cross_entropy"
    sees = say("factors.sees" if likely else "factors.sees_outputs", z=z)
    return [
        Heading(say("factors.from_loss")),
        Prose(sentences(sees, say("factors.softmax") if likely else ())),
        steps(material.output),
        Prose(say("factors.to_state" if likely else "factors.to_state_outputs", states=listing(seen))),
        *([one_row_each(more)] if material.edgewise else map(steps, more)),
    ]


def from_state(material: Material) -> list[Block]:
    """∂s_j/∂s_{j−1} from its entries, and the ordered product, for a cell without gates."""
    found = material.jacobian
    v, u = found.goal.args
    turned = in_force().mirrored
    entries = "factors.entries_of_mirrored_jacobian" if turned else "factors.entries_of_jacobian"
    return [
        Heading(say("factors.from_state")),
        Prose(say(entries, p=Symbol(str(found.indices[0])), r=Symbol(str(found.indices[1])), v=v, u=u)),
        steps(found),
        Prose(say("factors.column_by_column" if turned else "factors.row_by_row")),
        Display((jacobian_picture(found, material.ledger),)),
        Prose(say("factors.product")),
        steps(material.product),
    ]


def from_parameter(material: Material, wrt: Variable) -> list[Block]:
    """∂⁺s_k/∂wrt at matrix level and entry by entry."""
    state = material.state(K)
    matrix = material.main_immediate if wrt == material.main else material.immediate(wrt)
    entries = material.entries(matrix)
    blocks: list[Block] = [steps(matrix)]
    p, q, r = (Symbol(letter) for letter in material.network.letters.entries)
    tensor = wrt.rank == 2
    blocks.append(
        Prose(say("factors.entries_of_tensor", p=p, q=q, r=r) if tensor else say("factors.entries"))
    )
    blocks.append(steps(entries))
    by_cases = cases(entries)
    if by_cases is not None and wrt == material.main:
        letters = [Symbol(str(i)) for i in entries.indices]
        indices = row(*(letters[::-1] if in_force().mirrored else letters))
        lhs = Script(Group(layout(entries.goal)), sub=indices)
        sides = chained([entry_layout(entries.result, entries.letters), by_cases], DISPLAY_WIDTH - width(lhs))
        blocks.append(Display((Line(lhs, "=", sides),)))
        every, of_a_kind = entries.goal.shape, entries.goal.shape[:-2] + entries.goal.shape[-1:]
        counts = {"all": entry_count(every), "some": entry_count(of_a_kind)}
        same = row(p, Operator("="), q)
        blocks.append(Prose(say("factors.vanishes", same=same, r=r, state=state, **counts)))
    return blocks


def contraction(material: Material) -> list[Block]:
    """The sum over p collapses; for a matrix every term becomes an outer product."""
    explicit = Immediate(material.state(K), material.main)
    tensor = material.main.rank == 2
    words = say("factors.put_in_tensor" if tensor else "factors.put_in", explicit=explicit)
    return [Heading(say("factors.together")), Prose(words), steps(material.contracted)]


def others(material: Material) -> list[Block]:
    """Every other gradient that the job asks for, of a cell without gates."""
    blocks = other_gradients()
    for wrt in material.job.wrt:
        if wrt == material.main:
            continue
        blocks.append(Heading(say("factors.by", W=variable(wrt)), level=2))
        blocks.append(steps(material.paths(wrt)))
        if wrt.time is None and material.users(wrt, K):
            blocks.append(Prose(say("factors.explicit_factor", W=material.main)))
            blocks += from_parameter(material, wrt)
        elif wrt.time is None:
            blocks += [through_scores(material), steps(material.from_loss(wrt))]
    return blocks


def other_gradients() -> list[Block]:
    """Return the heading of the section, and its first sentence."""
    return [Heading(say("factors.others")), Prose(say("factors.same_rules"))]


def through_scores(material: Material) -> Prose:
    """Return the words before the derivative of a loss by a parameter of the output."""
    loss = material.output.goal.args[0]
    likely = material.job.cell.loss == "cross_entropy"
    key = "factors.through_scores" if likely else "factors.through_outputs"
    return Prose(say(key, loss=loss, t=Symbol("t")))


def explicitly(material: Material) -> list[Block]:
    """The explicit derivative by the main parameter."""
    return [
        Heading(say("factors.from_parameter", W=variable(material.main))),
        *from_parameter(material, material.main),
    ]


def section(material: Material) -> list[Block]:
    """Return the blocks of this section, for a cell without gates."""
    return [
        *from_loss(material),
        *from_state(material),
        *explicitly(material),
        *contraction(material),
        *others(material),
    ]
