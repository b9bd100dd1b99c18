"""The backward sweep, as an ordered network of its own.

The adjoint of a signal v is ∂L/∂v, written v̄. Each adjoint has one equation, derived once for a symbolic
step by the chain rule read backwards; the sweep is those equations from T down to 1. Its cost is linear
in T, while the number of paths grows without bound. Adjoints beyond the last step, and those of signals
before the first, are zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sympy.core.numbers import Integer

from symrnn.derivation import strategies
from symrnn.derivation.steps import Derivation, check_network, derive
from symrnn.derivation.strategies import OUTPUT, SWEEP
from symrnn.model import HORIZON, STEP, WEIGHT, Equation, OrderedNetwork
from symrnn.tensor import Tensor, TimeSum, Total, Variable, Zeros, plus, replace_node

ADJOINT = "_bar"


def adjoint(v: Variable) -> Variable:
    """Return the variable that stands for ∂L/∂v."""
    return Variable(v.name + ADJOINT, v.shape, v.time)


@dataclass(frozen=True)
class Sweep:
    """The backward sweep of a network.

    Attributes
    ----------
    network : OrderedNetwork
        The forward network; its signals up to the logits, and the loss, are the nodes.
    output : Derivation
        ∂L_t/∂z_t, to the end.
    signals : dict of str to Derivation
        For each signal and input: ∂L/∂v_t in terms of later adjoints, in the order of the sweep.
    parameters : dict of str to Derivation
        For each parameter: ∂L/∂θ as a sum over time.
    """

    network: OrderedNetwork
    output: Derivation
    signals: dict[str, Derivation]
    parameters: dict[str, Derivation]

    @cached_property
    def equations(self) -> dict[str, Equation]:
        """The adjoint equation of each signal at the symbolic step, adjoints written as variables."""
        return {n: Equation(adjoint(d.goal.args[1]), self._named(d.result)) for n, d in self.signals.items()}

    @cached_property
    def terms(self) -> dict[str, Tensor]:
        """What one symbolic step adds to the gradient of each parameter."""
        results = {name: self._named(d.result) for name, d in self.parameters.items()}
        return {name: r.instance(STEP) if isinstance(r, TimeSum) else r for name, r in results.items()}

    @cached_property
    def last(self) -> dict[str, Equation]:
        """The adjoint equations of the last step: nothing comes after it."""
        return {n: _without(e, lambda time: time == STEP) for n, e in self.equations.items()}

    @cached_property
    def initial(self) -> dict[str, Equation]:
        """The adjoint equations of the initial states: nothing but the next step uses them."""
        states = {n: e for n, e in self.equations.items() if n in self.network.states}
        return {n: _without(e, lambda time: time != STEP) for n, e in states.items()}

    @cached_property
    def ends(self) -> list[tuple[Tensor, Tensor]]:
        """Claims for the times that the signals' derivations leave out, as pairs of equal expressions.

        These are ∂L/∂v at the last step, where it has fewer terms than before it, and at step 0.
        """
        shorter = [e for name, e in self.last.items() if e != self.equations[name]]
        equations = [e.at(Integer(self.network.steps)) for e in shorter]
        equations += [e.at(Integer(0)) for e in self.initial.values()]
        return [(self._derivatives(e.target), self._derivatives(e.expression)) for e in equations]

    def _derivatives(self, tensor: Tensor) -> Tensor:
        """Write the variable v̄ as ∂L/∂v."""
        bars = [v for v in tensor.variables() if v.name.endswith(ADJOINT)]
        signals = (Variable(v.name.removesuffix(ADJOINT), v.shape, v.time) for v in bars)
        return tensor.xreplace({bar: Total(self.network.total_loss, v) for bar, v in zip(bars, signals)})

    def _named(self, tensor: Tensor) -> Tensor:
        """Write ∂L/∂v as the variable v̄."""
        found = (node for node in tensor.atoms(Total) if self.network.is_total_loss(node.args[0]))
        return tensor.xreplace({node: adjoint(node.args[1]) for node in found})


def _without(equation: Equation, exists: Callable[[Any], bool]) -> Equation:
    """Put zero in for adjoints at times that do not exist."""
    expression = equation.expression
    for v in equation.used:
        if v.name.endswith(ADJOINT) and v.time is not None and not exists(v.time):
            expression = replace_node(expression, v, Zeros(v.shape))
    return Equation(equation.target, expression)


def derive_sweep(network: OrderedNetwork, shown: Sequence[Derivation] = ()) -> Sweep:
    """Derive the backward sweep of a network, once for symbolic t.

    Parameters
    ----------
    network : OrderedNetwork
    shown : sequence of Derivation
        Earlier results that may be used as "shown above", such as the derivatives along edges.

    Raises
    ------
    NetworkError
        If the network has no logits z.
    """
    nodes, names = strategies.signals(network), strategies.of_the_cell(network)
    loss, z = network.total_loss, network.logits(STEP)
    output = derive(Total(network.loss(STEP), z), network, OUTPUT)
    lemmas = (output, *shown)
    inputs = dict.fromkeys(v.name for v in network.given if v.time == 1 and nodes.successors(v.at(STEP)))
    computed = [n for n in reversed(names) if nodes.successors(network[n, STEP])]
    signals = {}
    for name in (*computed, *(n for n in inputs if n not in (network.roles.target, WEIGHT))):
        v = network[name, STEP]
        ahead = any(u.time != STEP for u in nodes.successors(v))
        times = (1, HORIZON - 1) if ahead else (1, HORIZON)
        signals[name] = derive(Total(loss, v), nodes, SWEEP, lemmas, times)
    parameters = {
        v.name: derive(Total(loss, v), nodes, SWEEP, lemmas)
        for v in network.given
        if v.time is None and nodes.matters(v.name)
    }
    return Sweep(nodes, output, signals, parameters)


def backward(network: OrderedNetwork) -> OrderedNetwork:
    """Return the backward sweep of a network as an ordered network.

    Its equations define the adjoints ``z_bar[T], s_bar[T], … , s_bar[0]`` and then the gradients of the
    parameters (``W_bar``, …), each from forward values, which are given, and earlier adjoints.

    Examples
    --------
    >>> from symrnn.model import Cell
    >>> for equation in backward(Cell.load("elman").unroll(1)).equations[:2]:
    ...     print(equation.target, "=", equation.expression)
    z_bar[1] = Plus(yhat[1], Scale(-1, y[1]))
    s_bar[1] = Contraction(z_bar[1], V)
    """
    check_network(network)
    derived, steps = derive_sweep(network), network.steps
    equations = [e.at(Integer(steps)) for e in derived.last.values()]
    equations += [e.at(Integer(t)) for t in range(steps - 1, 0, -1) for e in derived.equations.values()]
    equations += [e.at(Integer(0)) for e in derived.initial.values()]
    for name, term in derived.terms.items():
        total = plus(term.xreplace({STEP: Integer(t)}) for t in range(1, steps + 1))
        equations.append(Equation(adjoint(network[name]), total))
    return replace(
        network,
        name=f"{network.name}, backward",
        equations=tuple(equations),
        step=tuple(derived.equations.values()),
        given=(*network.given, *network.order),
        kept=frozenset(),
    )
