"""The generated functions of a cell: their statements, and what goes into them and comes out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from symrnn.derivation import ADJOINT, Sweep
from symrnn.model import WEIGHT, Cell
from symrnn.numeric.codegen.adjoints import backward_plan, gradient_terms
from symrnn.numeric.codegen.arrays import Arrays
from symrnn.numeric.codegen.backward import Backward
from symrnn.numeric.codegen.forward import Forward
from symrnn.numeric.codegen.names import Memory, Names
from symrnn.numeric.codegen.plan import ForwardPlan
from symrnn.numeric.codegen.rows import named_signals
from symrnn.numeric.codegen.writer import wrapped
from symrnn.tensor import Shape


@dataclass(frozen=True)
class Generated:
    """The generated functions of a cell, and what goes into them and comes out, in order.

    Attributes
    ----------
    cell : Cell
    shapes : mapping of name to shape
        Of everything that goes in or out.
    local : mapping of name to name
        What parameters, given signals and initial states (``h0``) are called in the code: the same, unless
        that name means something there.
    axes : tuple of str
        In the order of ``sizes``.
    sizes : mapping of local name to text
        Where the size of each axis is read.
    length : str
        Number of steps in a block of the backward pass.
    memory : three of tuple of str
        Statements that make the arrays, and what the forward and the backward pass take of them.
    forward, backward : tuple of str
        Statements of the two functions, without signature and docstring.
    given : tuple of str
        Signals from outside that the forward pass reads: the input, the target.
    results : tuple of str
        Signals that the forward pass returns, the loss first.
    reads : tuple of str
        Of the given signals: what the backward pass reads, and ``x``.
    gradients : tuple of str
        What the backward pass returns: parameters, initial states such as ``h0``, then ``x``.
    adjoints : tuple of str
        Signals whose adjoints it returns behind the gradients.
    """

    cell: Cell
    shapes: Mapping[str, Shape]
    local: Mapping[str, str]
    axes: tuple[str, ...]
    sizes: Mapping[str, str]
    length: str
    memory: tuple[Sequence[str], Sequence[str], Sequence[str]]
    forward: tuple[str, ...]
    backward: tuple[str, ...]
    given: tuple[str, ...]
    results: tuple[str, ...]
    reads: tuple[str, ...]
    gradients: tuple[str, ...]
    adjoints: tuple[str, ...]

    @cached_property
    def forward_arguments(self) -> tuple[str, ...]:
        """Arguments of ``forward``, in order."""
        starts = (self.local[f"{state}0"] for state in self.cell.states)
        parameters = (self.local[p] for p in self.cell.parameters)
        return (*(self.local[n] for n in self.given), *starts, *parameters, "memory")

    @cached_property
    def backward_arguments(self) -> tuple[str, ...]:
        """Arguments of ``backward``, in order."""
        return ("weights", *(self.local[n] for n in (*self.reads, *self.cell.parameters)), "memory")


def generate(cell: Cell, swept: Sweep) -> Generated:
    """Return the generated functions of a cell.

    Parameters
    ----------
    cell : Cell
    swept : Sweep
        Its derived backward sweep, with weights and without the assumption that targets add up to one.

    Raises
    ------
    CompileError
        If an equation has no row form.
    """
    signals = named_signals(cell.step, cell.states)
    gradients = gradient_terms(swept, signals)
    asked = frozenset(v.name for g in gradients.values() for v in g.variables() if v.name.endswith(ADJOINT))
    adjoints = backward_plan(swept, signals, asked)
    used = {v.name for a in adjoints.adjoints for t in (*a.own, *a.later) for v in t.variables()}
    used |= {v.name for g in (*gradients.values(), *swept.terms.values()) for v in g.variables()}
    defined = {s.name for s in signals}
    read = {v.name for s in signals for v in s.uses}
    given = tuple(n for n in cell.signals if n in read and n not in defined)
    given = given if "x" in given else ("x", *given)
    plan = ForwardPlan(tuple(signals), cell.states, frozenset(used | set(cell.states) | {"L"}))
    kept = [s.name for s in signals if s.name in used and s.name not in (*cell.states, "L")]
    results = ("L", *cell.states, *kept)
    reads = tuple(n for n in given if n in used or n == "x")

    names = Names()
    local = {n: names.new(n) for n in (*cell.parameters, *given, *(f"{s}0" for s in cell.states))}
    arrays = _arrays(cell, names, local)
    writer = Forward(plan, arrays, names)
    forward = writer.write()
    returned = ", ".join(arrays.name[n] for n in results)
    forward.append(f"return {returned}")

    taken = (*arrays.memory.made, *arrays.memory.rows.values(), *arrays.sizes.values())
    names = Names((*local.values(), *taken))
    back = _arrays(cell, names, local)
    back.sizes = arrays.sizes
    for name in results:
        back.name[name] = arrays.name[name]
    back.memory.rows |= arrays.memory.rows
    back.name[WEIGHT] = "weights"
    back.fixed |= arrays.fixed
    back.memory.blocks |= arrays.memory.blocks & {arrays.name[n] for n in results}
    stacks = {stack: {m: names.new(writer.maps[m]) for m in stack.maps} for stack in plan.stacks}
    sweep_writer = Backward(adjoints, gradients, stacks, back, names, swept)
    backward = sweep_writer.write()
    returns = [back.name.get(p + ADJOINT, f"np.zeros_like({local[p]})") for p in cell.parameters]
    for state in cell.states:
        carried = f"{state}{ADJOINT} carried"
        returns.append(back.name.get(carried, f"np.zeros_like({arrays.name[state]}[0])"))
    returns.append(back.name.get("x" + ADJOINT, "np.zeros_like(x)"))
    shown_adjoints = tuple(n.removesuffix(ADJOINT) for n in (a.name for a in adjoints.adjoints) if n in asked)
    returns += [back.name[n + ADJOINT] for n in shown_adjoints]
    ending = wrapped("return (", returns, ")")
    backward += ending
    arrays_of = {n: n for n in (*arrays.memory.made, *back.memory.made)}
    rows_of = {r: f"rows({a})" for a, r in back.memory.rows.items()}
    forward = [*_sizes("x", cell, local, arrays, forward), *forward]
    starts = {f"{s}0": arrays.name[s] for s in cell.states}  # not among the arguments of the way back
    backward = [*_sizes("weights", cell, {**local, **starts}, back, backward), *backward]
    ahead = _used_names({**arrays_of, **rows_of}, forward)
    behind = _used_names({**arrays_of, **rows_of}, backward)
    made = {**arrays.memory.made, **back.memory.made}
    reached = _used_names(made, [*ahead.values(), *behind.values()])
    reached = _used_names(made, [*reached, *reached.values()])  # views, and what they are views of
    forward = [*wrapped("(", list(ahead), ",) = memory"), *forward]
    backward = [*wrapped("(", list(behind), ",) = memory"), *backward]
    shapes = {**cell.parameters, "x": cell.input_shape, **cell.signals}
    shapes |= {s.name: s.variable.shape for s in signals}
    return Generated(
        cell,
        shapes,
        local,
        tuple(arrays.sizes),
        {name: size_of(axis, cell, local) for axis, name in arrays.sizes.items()},
        back.length,
        ([f"{n} = {text}" for n, text in reached.items()], list(ahead.values()), list(behind.values())),
        tuple(forward),
        tuple(backward),
        given,
        results,
        reads,
        (*cell.parameters, *(f"{s}0" for s in cell.states), "x"),
        shown_adjoints,
    )


def _arrays(cell: Cell, names: Names, local: Mapping[str, str]) -> Arrays:
    axes = dict.fromkeys(a for s in (*cell.parameters.values(), *cell.signals.values()) for a in s)
    arrays = Arrays(cell.states, {axis: names.new(axis) for axis in axes}, Memory())
    arrays.name |= local
    arrays.memory.outside |= {*local.values(), "weights"}
    return arrays


def size_of(axis: str, cell: Cell, local: Mapping[str, str]) -> str:
    """Return where the size of an axis can be read."""
    for name, shape in cell.parameters.items():
        if axis in shape:
            return f"{local[name]}.shape[{shape.index(axis)}]"
    for name in cell.states:
        if axis in cell.signals[name]:
            return f"{local[f'{name}0']}.shape[-1]"
    return "x.shape[-1]"


def _used_names(names: Mapping[str, str], lines: Iterable[str]) -> dict[str, str]:
    """Return the names that stand in statements."""
    words = set(re.findall(r"\w+", "\n".join(line for line in lines if not line.lstrip().startswith("#"))))
    return {name: text for name, text in names.items() if name in words}


def _sizes(
    first: str, cell: Cell, local: Mapping[str, str], arrays: Arrays, lines: Iterable[str]
) -> list[str]:
    """Return the statements that read sizes, those that are used."""
    sources = {"T": f"{first}.shape[0]", "B": f"{first}.shape[1]", "dtype": "x.dtype"}
    sources |= {name: size_of(axis, cell, local) for axis, name in arrays.sizes.items()}
    return [f"{name} = {sources[name]}" for name in _used_names(sources, lines)]
