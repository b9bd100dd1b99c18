"""Third part of the reference: the three factors, down to their entries, and how they contract."""

from __future__ import annotations

from symrnn.calculus import Immediate
from symrnn.document import Block, Display, Heading, Line, Prose
from symrnn.kinds.blocks import DISPLAY_WIDTH, entry_count, facts, prose, steps
from symrnn.kinds.material import Material
from symrnn.kinds.notation_part import row_and_column
from symrnn.kinds.picture import jacobian_picture
from symrnn.onestep import K
from symrnn.rules import listed
from symrnn.tensor import Variable
from symrnn.typeset.measure import chained, width
from symrnn.typeset.tree import Group, Operator, Script, Symbol, row
from symrnn.views.entry_layout import entry_cases, entry_layout
from symrnn.views.matrix import layout
from symrnn.views.symbols import variable
from symrnn.writing import writing


def from_loss(material: Material) -> list[Block]:
    """∂L_t/∂z_t and ∂L_t/∂s_t."""
    job = material.job
    z = material.output.goal.args[1]
    seen = material.shown_states
    more = [material.from_loss(state) for state in seen]
    words = ["The loss sees the state through the scores ", z, " only. "]
    if job.cell.loss == "cross_entropy":
        words += [
            "Softmax followed by cross entropy ends in a difference; the full Jacobian of softmax is needed on the way:"
        ]
    return [
        Heading(("From the loss to the state",)),
        Prose(prose(*words)),
        steps(material.output),
        Prose(prose("One more factor leads from the scores to ", *listed(seen), ":")),
        *([facts(more)] if material.edgewise else map(steps, more)),
    ]  # fmt: skip


def from_state(material: Material) -> list[Block]:
    """∂s_j/∂s_{j−1} from its entries, and the ordered product, for a cell without gates."""
    found = material.jacobian
    v, u = found.goal.args
    return [
        Heading(("From state to state",)),
        Prose(prose("Entry by entry, with ", *row_and_column(Symbol("p"), Symbol("r")), " of the Jacobian of ", v, " by ", u, ":")),
        steps(found),
        Prose(("Column by column, and as a matrix:" if writing().mirrored else "Row by row, and as a matrix:",)),
        Display((jacobian_picture(found, material.ledger),)),
        Prose(
            prose(
                "Over several steps these factors multiply. Matrix products do not commute, and a product sign leaves ",
                "the order open, so it is written out:",
            )
        ),
        steps(material.product),
    ]  # fmt: skip


def from_parameter(material: Material, wrt: Variable) -> list[Block]:
    """∂⁺s_k/∂wrt at matrix level and entry by entry."""
    state = material.state(K)
    matrix = material.main_immediate if wrt == material.main else material.immediate(wrt)
    entries = material.entries(matrix)
    blocks: list[Block] = [steps(matrix)]
    if wrt.rank == 2:
        blocks.append(
            Prose(
                prose(
                    "A vector differentiated by a matrix carries three indices. Entry by entry, with ",
                    Symbol("p"),
                    " for the state and ",
                    Symbol("q"),
                    ", ",
                    Symbol("r"),
                    " for the matrix:",
                )
            )
        )
    else:
        blocks.append(Prose(prose("Entry by entry:")))
    blocks.append(steps(entries))
    cases = entry_cases(entries.result)
    if cases is not None and wrt == material.main:
        letters = [Symbol(str(i)) for i in entries.indices]
        indices = row(*(letters[::-1] if writing().mirrored else letters))
        lhs = Script(Group(layout(entries.goal)), sub=indices)
        sides = chained([entry_layout(entries.result), cases], DISPLAY_WIDTH - width(lhs))
        blocks.append(Display((Line(lhs, "=", sides),)))
        every, of_a_kind = entries.goal.shape, entries.goal.shape[:-2] + entries.goal.shape[-1:]
        blocks.append(
            Prose(
                prose(
                    "The entry vanishes unless ", row(Symbol("p"), Operator("="), Symbol("q")), ", for every ", Symbol("r"), ": of ", entry_count(every),
                    " entries at most ", entry_count(of_a_kind), " differ from zero. This is the explicit tensor of ",
                    state, "; the total derivative has no such pattern.",
                )
            )
        )  # fmt: skip
    return blocks


def contraction(material: Material) -> list[Block]:
    """The sum over p collapses; for a matrix every term becomes an outer product."""
    explicit = Immediate(material.state(K), material.main)
    words = prose("Put in what was found for ", explicit, ":")
    if material.main.rank == 2:
        words = prose(
            "Nobody stores the third-order tensor. Put in what was found for ", explicit,
            "; the sum meets its diagonal factor only, and each term is a column times a row:",
        )  # fmt: skip
    return [Heading(("Putting the factors together",)), Prose(words), steps(material.contracted)]


def others(material: Material) -> list[Block]:
    """Every other gradient that the job asks for, of a cell without gates."""
    blocks = other_gradients()
    for wrt in material.job.wrt:
        if wrt == material.main:
            continue
        blocks.append(Heading(prose("By ", variable(wrt)), level=2))
        blocks.append(steps(material.paths(wrt)))
        if wrt.time is None and material.users(wrt, K):
            blocks.append(Prose(prose("Its explicit factor, as for ", material.main, ":")))
            blocks += from_parameter(material, wrt)
        elif wrt.time is None:
            blocks += [through_scores(material), steps(material.from_loss(wrt))]
    return blocks


def other_gradients() -> list[Block]:
    """Return the heading of the section, and its first sentence."""
    return [
        Heading(("The other gradients",)),
        Prose(("The same rules answer for everything else that the loss depends on.",)),
    ]


def through_scores(material: Material) -> Prose:
    """Return the words before the derivative of a loss by a parameter of the output."""
    loss = material.output.goal.args[0]
    return Prose(prose("With ", loss, " at any step ", Symbol("t"), ", through the scores:"))


def explicitly(material: Material) -> list[Block]:
    """The explicit derivative by the main parameter."""
    return [
        Heading(prose("From ", variable(material.main), " to one state, explicitly")),
        *from_parameter(material, material.main),
    ]


def section(material: Material) -> list[Block]:
    """Return the blocks of this part, for a cell without gates."""
    return [
        *from_loss(material),
        *from_state(material),
        *explicitly(material),
        *contraction(material),
        *others(material),
    ]
