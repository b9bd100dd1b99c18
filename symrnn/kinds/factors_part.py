"""Third part of the reference: the three factors, down to their entries, and how they contract."""

from __future__ import annotations

from symrnn.calculus import Immediate
from symrnn.document import Block, Display, Heading, Line, Prose
from symrnn.kinds.blocks import prose, steps
from symrnn.kinds.material import K, Material
from symrnn.kinds.picture import jacobian_picture
from symrnn.tensor import Variable
from symrnn.typeset.tree import Group, Number, Operator, Script, Symbol, row
from symrnn.views.entry_layout import entry_cases, entry_layout
from symrnn.views.matrix import layout
from symrnn.views.symbols import variable


def from_loss(material: Material) -> list[Block]:
    """∂L_t/∂z_t and ∂L_t/∂s_t."""
    job = material.job
    loss, z = material.output.goal.args
    words = ["The loss sees the state through the scores ", z, " only. "]
    if job.cell.loss == "cross_entropy":
        words += [
            "Softmax followed by cross entropy ends in a difference; the full Jacobian of softmax is needed on the way:"
        ]
    state = material.state(loss.time)
    return [
        Heading(("From the loss to the state",)),
        Prose(prose(*words)),
        steps(material.output),
        Prose(prose("One more factor leads from the scores to ", state, ":")),
        steps(material.from_loss(state)),
    ]  # fmt: skip


def from_state(material: Material) -> list[Block]:
    """∂s_j/∂s_{j−1} from its entries, and the ordered product."""
    found = material.jacobian
    v, u = found.goal.args
    return [
        Heading(("From state to state",)),
        Prose(prose("Entry by entry, with ", Symbol("p"), " for the row and ", Symbol("r"), " for the column of the Jacobian of ", v, " by ", u, ":")),
        steps(found),
        Prose(prose("Row by row, and as a matrix:")),
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
    job = material.job
    state = material.state(K)
    matrix, entries = material.immediate(wrt), material.entries(wrt)
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
        indices = row(*(Symbol(str(i)) for i in entries.indices))
        lhs = Script(Group(layout(entries.goal)), sub=indices)
        blocks.append(Display((Line(lhs, "=", (row(entry_layout(entries.result), Operator("="), cases),)),)))
        size = Symbol(job.cell.signals[job.cell.states[0]][0])
        blocks.append(
            Prose(
                prose(
                    "The entry vanishes unless ", row(Symbol("p"), Operator("="), Symbol("q")), ", for every ", Symbol("r"), ": of ", Script(size, sup=Number("3")),
                    " entries at most ", Script(size, sup=Number("2")), " differ from zero. This is the explicit tensor of ",
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
    """Every other gradient that the job asks for."""
    job, network = material.job, material.network
    blocks: list[Block] = [
        Heading(("The other gradients",)),
        Prose(("The same rules answer for everything else that the loss depends on.",)),
    ]
    first = material.state(1)
    for wrt in job.wrt:
        if wrt == material.main:
            continue
        blocks.append(Heading(prose("By ", variable(wrt)), level=2))
        found = material.paths(wrt)
        blocks.append(steps(found))
        if wrt.time is None and network.depends(first, wrt):
            blocks.append(Prose(prose("Its explicit factor, as for ", material.main, ":")))
            blocks += from_parameter(material, wrt)
        elif wrt.time is None:
            loss = network["L", material.output.goal.args[0].time]
            explicit = material.from_loss(wrt)
            blocks.append(Prose(prose("With ", loss, " at any step ", Symbol("t"), ", through the scores:")))
            blocks.append(steps(explicit))
    return blocks


def section(material: Material) -> list[Block]:
    """Return the blocks of this part."""
    blocks = from_loss(material) + from_state(material)
    blocks.append(Heading(prose("From ", variable(material.main), " to one state, explicitly")))
    blocks += from_parameter(material, material.main)
    return blocks + contraction(material) + others(material)
