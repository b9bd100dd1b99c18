"""Random valid cell files, as TOML text: a strategy for hypothesis.

Every cell that comes out here can be read, unrolled and drawn numbers for; what it looks like inside is
left to chance: one to three states on axes of their own, gates, skip terms, peepholes, parameters that
are used twice, inputs that enter twice, states that nothing reads, layers, equations behind the logits,
and every function of the table. Shrinking leads to fewer states, fewer signals and shorter equations.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
AXES = ("d", "e", "l")  # of states; inputs have n and logits m
STATE_NAMES, GATE_NAMES = ("s", "h", "c"), ("a", "f", "g", "r", "u", "w", "v", "q")
MATRICES = ("W", "U", "V", "A", "B", "C", "D", "M", "N", "P", "Q", "R", "H", "K")
BIASES = ("b", "c_out", "b_r", "b_u", "b_f", "b_1", "b_2", "w_s", "w_p", "w_o")
NUMBERS = ("2", "1/2", "0.25", "3")
SMOOTH = ("sigma", "tanh", "sigmoid", "identity", "softmax")


class Builder:
    """One cell under construction: what may be used at this place, and what has been written so far."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.parameters: dict[str, tuple[str, ...]] = {}
        self.equations: dict[str, str] = {}
        self.scope: dict[str, str] = {"x[t]": "n"}  # text of a vector to its axis
        self.kinks = 0

    def pick(self, options: Any) -> Any:
        """Draw one of some options; shrinking prefers the first."""
        return self.draw(st.sampled_from(list(options)))

    def chance(self, percent: int) -> bool:
        """Draw a yes with some probability; shrinking prefers no."""
        return bool(self.draw(st.integers(0, 99)) >= 100 - percent)

    def parameter(self, names: tuple[str, ...], shape: tuple[str, ...]) -> str:
        """Return a parameter of a shape, often one that is used already."""
        same = [name for name, other in self.parameters.items() if other == shape]
        if same and self.chance(30):
            return str(self.pick(same))
        taken = {*self.parameters, *self.equations}
        free = [name for name in names if name not in taken]
        name = free[0] if free else f"{names[0]}_{len(self.parameters)}"
        self.parameters[name] = shape
        return name

    def product(self, axis: str, vector: str, its_axis: str) -> str:
        """Return a matrix times a vector."""
        return f"{self.parameter(MATRICES, (axis, its_axis))} @ {vector}"

    def leaf(self, axis: str) -> str:
        """Return a short vector."""
        here = [text for text, other in self.scope.items() if other == axis]
        kind = self.pick(("product", "signal", "bias", "peephole"))
        if kind == "bias" or (kind != "product" and not here):
            return self.parameter(BIASES, (axis,))
        if kind == "signal":
            return str(self.pick(here))
        if kind == "peephole":
            return f"{self.parameter(BIASES, (axis,))} * {self.pick(here)}"
        vector = self.pick(self.scope)
        return self.product(axis, vector, self.scope[vector])

    def vector(self, axis: str, depth: int) -> str:
        """Return an expression of one axis, at most ``depth`` operations deep."""
        if depth <= 0:
            return self.leaf(axis)
        kind = self.pick(
            (
                "leaf",
                "sum",
                "function",
                "product",
                "entrywise",
                "one minus",
                "scaled",
                "difference",
                "shifted",
            )
        )
        if kind == "leaf":
            return self.leaf(axis)
        first = self.vector(axis, depth - 1)
        if kind == "sum":
            return f"{first} + {self.factor(axis, depth - 1)}"
        if kind == "difference":
            return f"{first} - ({self.vector(axis, depth - 1)})"
        if kind == "entrywise":
            return f"({first}) * ({self.vector(axis, depth - 1)})"
        if kind == "one minus":
            return f"(1 - ({first}))"
        if kind == "scaled":
            return self.pick((f"{self.pick(NUMBERS)} * ({first})", f"-({first})", f"({first}) / 2"))
        if kind == "shifted":
            return f"({first}) {self.pick('+-')} {self.pick(NUMBERS)}"
        if kind == "function":
            return self.function(first)
        other = self.pick(dict.fromkeys(self.scope.values()))
        return self.product(axis, f"({self.vector(other, depth - 1)})", other)

    def factor(self, axis: str, depth: int) -> str:
        """Return an expression in brackets, where it needs them."""
        return f"({self.vector(axis, depth)})"

    def function(self, argument: str) -> str:
        """Return a function of an argument; kept away from poles and from growth without bounds."""
        kind = self.pick((*SMOOTH, "relu", "exp", "log"))
        if kind == "relu" and self.kinks < 2:
            self.kinks += 1
            return f"relu({argument})"
        if kind == "exp":
            return f"exp(tanh({argument}))"
        if kind == "log":
            return f"log({self.pick(('sigmoid', 'softmax'))}({argument}))"
        return f"{kind if kind in SMOOTH else 'tanh'}({argument})"

    def affine(self, axis: str) -> str:
        """Return what a gate reads: products, and maybe a bias, a peephole or a skip term."""
        terms = [self.leaf(axis) for _ in range(self.draw(st.integers(1, 3)))]
        return " + ".join(terms)

    def define(self, name: str, axis: str, text: str) -> None:
        """Write an equation; its signal may be used from here on."""
        self.equations[name] = text
        self.scope[f"{name}[t]"] = axis

    def gate(self, axis: str) -> str:
        """Write a gate, or a layer, and return its signal."""
        name = next(n for n in (*GATE_NAMES, *(f"a_{i}" for i in range(99))) if n not in self.taken)
        form = self.pick(("sigmoid({})", "sigma({})", "{}"))
        self.define(name, axis, form.format(self.affine(axis)))
        return f"{name}[t]"

    @property
    def taken(self) -> set[str]:
        return {*self.parameters, *self.equations, *STATE_NAMES}

    def update(self, state: str, axis: str) -> str:
        """Return the right-hand side of a state."""
        kind = self.pick(("simple", "free", "mixed", "gated"))
        if kind == "simple":
            return f"sigma({self.affine(axis)})"
        if kind == "free":
            return self.vector(axis, 3)
        u = self.gate(axis)
        if kind == "mixed":
            return f"(1 - {u}) * {state}[t-1] + {u} * sigma({self.affine(axis)})"
        return f"{u} * {state}[t-1] + {self.gate(axis)} * tanh({self.vector(axis, 1)})"


@st.composite
def cells(draw: Draw) -> str:
    """Return a cell file as text."""
    b = Builder(draw)
    states = {name: b.pick(AXES) for name in STATE_NAMES[: draw(st.integers(1, 3))]}
    b.scope |= {f"{state}[t-1]": axis for state, axis in states.items()}
    behind = [state for state in states if b.chance(10)]
    for state, axis in states.items():
        if state not in behind:
            for _ in range(draw(st.integers(0, 1))):
                b.gate(b.pick(dict.fromkeys(states.values())))
            b.define(state, axis, b.update(state, axis))
    read = f"{b.pick([state for state in states if state not in behind] or ['x'])}[t]"
    rest = b.pick(("", " + {}", " - {}")).format(b.leaf("m"))
    b.define("z", "m", b.vector("m", 2) if b.chance(20) else b.product("m", read, b.scope[read]) + rest)
    for state in behind:
        b.define(state, states[state], b.update(state, states[state]))
    if b.chance(10):
        a, c = b.pick(b.scope), b.pick(b.scope)
        if b.scope[a] == b.scope[c]:
            b.equations["o"] = f"{a} @ {c}"
    if not any("x[t]" in text for text in b.equations.values()):
        b.equations["z"] += f" + {b.parameter(MATRICES, ('m', 'n'))} @ x[t]"
    used = set(re.findall(r"\w+", " ".join(b.equations.values())))  # what was drawn may have been left out
    parameters = {name: shape for name, shape in b.parameters.items() if name in used}
    return toml(states, parameters, b.equations)


def toml(states: dict[str, str], parameters: dict[str, tuple[str, ...]], equations: dict[str, str]) -> str:
    """Return the text of a cell file."""
    quoted = {name: ", ".join(f'"{axis}"' for axis in shape) for name, shape in parameters.items()}
    return "\n".join(
        [
            'name = "Random"',
            'source = "drawn at random"',
            "states = [" + ", ".join(f'"{state}"' for state in states) + "]",
            "[signals]",
            *(f'{state} = ["{axis}"]' for state, axis in states.items() if axis != "d"),
            "[parameters]",
            *(f"{name} = [{shape}]" for name, shape in quoted.items()),
            "[equations]",
            *(f'{name} = "{text}"' for name, text in equations.items()),
            "",
        ]
    )
