"""What a symbol is, in a few words: what the cell file says of it, or its place in the equations.

Nothing follows from spelling. A matrix has the name of what it acts on, a signal that of what is done with
it; where the equations do not tell, the words are plain ("weights", "parameter", "signal").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from symrnn.document import language, words
from symrnn.model import IN_LAYER, STEP, Cell, Equation
from symrnn.tensor import TABLE, Apply, Contraction, Hadamard, Ones, Plus, Scale, Tensor, Variable


def meaning(cell: Cell, name: str) -> str:
    """Return what a symbol of a cell is."""
    if name in cell.meanings:
        return said_by_cell(cell.meanings[name])
    return words(_of_parameter(cell, name) if name in cell.parameters else _of_signal(cell, name))


def said_by_cell(said: str) -> str:
    """Return what a cell file says of a symbol, translated if the catalogue knows it."""
    own, in_layer, number = said.rpartition(IN_LAYER)
    if in_layer and number.isdecimal():
        return words("meaning.in_layer", meaning=language().translated("terms", own), n=number)
    return language().translated("terms", said)


def _of_signal(cell: Cell, name: str) -> str:
    roles = cell.roles
    fixed = {
        roles.input: "meaning.input",
        roles.target: "meaning.target",
        roles.logits: "meaning.scores",
        roles.prediction: "meaning.probabilities",
    }
    if said := fixed.get(name.split("_")[0]):
        return said
    if name in cell.states:
        return "meaning.state"
    if is_gate(cell, name):
        return "meaning.gate"
    signal = Variable(name, cell.signals[name], STEP)
    return "meaning.pre_activation" if _stands_below(cell, signal, _is_activation) else "meaning.signal"


def _of_parameter(cell: Cell, name: str) -> str:
    parameter = Variable(name, cell.parameters[name])
    for equation in cell.step:
        for other in _multiplied(equation.expression, parameter):
            return _weights(cell, equation, other)
        if any(parameter in node.args for node in equation.expression.atoms(Plus)):
            return "meaning.output_bias" if _is_output(cell, equation) else "meaning.bias"
    return "meaning.parameter"


def _multiplied(expression: Tensor, parameter: Variable) -> Iterator[Tensor]:
    """Yield what a parameter is multiplied with, as a matrix or entry by entry."""
    for product in expression.atoms(Contraction):
        if parameter in product.factors[:-1]:
            yield product.factors[-1]
    for product in expression.atoms(Hadamard):
        if parameter in product.args:
            yield product.args[1 - product.args.index(parameter)]


def _weights(cell: Cell, equation: Equation, vector: Tensor) -> str:
    """Return what weights are that act on a vector."""
    if _sources(cell, vector) == {"input"}:
        return "meaning.input_weights"
    factors = [vector, *(vector.args if isinstance(vector, Hadamard) else ())]
    for made in cell.step:
        if made.target == vector and isinstance(made.expression, Hadamard):
            factors += made.expression.args
    of_before = any(_sources(cell, factor) == {"before"} for factor in factors)
    if of_before and equation.target.name != cell.roles.logits:
        return "meaning.recurrent_weights"
    return "meaning.output_weights" if _is_output(cell, equation) else "meaning.weights"


def _is_output(cell: Cell, equation: Equation) -> bool:
    """Whether an equation is that of the logits, or of what they are a copy of."""
    logits = next(e for e in cell.step if e.target.name == cell.roles.logits)
    return equation.target in (logits.target, logits.expression)


def _sources(cell: Cell, expression: Tensor) -> set[str]:
    """Return what an expression is computed from: the input, states before, states of the same step."""
    by_target = {equation.target: equation.expression for equation in cell.step}
    found = set()
    for v in expression.variables():
        if v.time == STEP - 1:
            found.add("before")
        elif v.name in cell.states:
            found.add("state")
        elif v in by_target:
            found |= _sources(cell, by_target[v])
        elif v.time is not None:
            found.add("input")
    return found


def is_gate(cell: Cell, name: str) -> bool:
    """Whether a signal lies between 0 and 1 and does nothing but scale others, entry by entry."""
    signal = Variable(name, cell.signals[name], STEP)
    return between_0_and_1(cell, signal) and _stands_below(cell, signal, _is_product)


def between_0_and_1(cell: Cell, expression: Tensor) -> bool:
    """Whether an expression is a signal of logistic units, or 1 less such a signal."""
    match expression:
        case Plus(args=(Ones(), Scale(factor=-1, tensor=signal))):
            return between_0_and_1(cell, signal)
        case Variable():
            made = next((e.expression for e in cell.step if e.target.name == expression.name), None)
            return isinstance(made, Apply) and made.function == "sigmoid"
    return False


def _is_product(node: Tensor) -> bool:
    return isinstance(node, Hadamard)


def _is_activation(node: Tensor) -> bool:
    return isinstance(node, Apply) and TABLE[node.function].activation


def _stands_below(cell: Cell, signal: Variable, kind: Callable[[Tensor], bool]) -> bool:
    """Whether a signal is used, and only in nodes of a kind: there by itself, or in a sum."""

    def holds(expression: Tensor, below: bool) -> bool:
        if expression == signal:
            return below
        if signal not in expression.variables():
            return True
        below = kind(expression) or (below and isinstance(expression, Plus | Scale))
        return all(holds(part, below) for part in expression.args if isinstance(part, Tensor))

    users = [e.expression for e in cell.step if signal in e.expression.variables()]
    return bool(users) and all(holds(user, False) for user in users)
