"""Generated code, loaded and run: plain NumPy, or the same text compiled by numba where that is faster.

The text is written to a cache folder and imported from there, so that tracebacks show it and numba can keep
its machine code beside it. Which engine runs is chosen by the work of one step: where steps are small,
NumPy's overhead for each call is most of the time, and compiled loops are several times faster; where
steps are large, the matrix products are, and NumPy's own loops are as good or better.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from symrnn.derivation import Sweep, derive_sweep
from symrnn.model import Cell
from symrnn.numeric.codegen.module import Generated, Signature, generate
from symrnn.numeric.codegen.names import HELPERS, start
from symrnn.numeric.codegen.rows import CompileError
from symrnn.numeric.codegen.source import source
from symrnn.numeric.codegen.statements import Size

Array = npt.NDArray[Any]
Engine = Literal["auto", "numpy", "numba"]
ENGINES = ("auto", "numpy", "numba")
ODDS: Any = {"over": "ignore", "invalid": "ignore"}  # those of a closed gate, exp(-u), may be infinite
LARGEST_COMPILED = 128 * 1024  # entries of all matrices times batch, beyond which numba no longer pays


@dataclass(frozen=True)
class Sequences:
    """Sequences that run side by side.

    Attributes
    ----------
    given : mapping of name to array, shape (T, B, size)
        The signals from outside, such as input and target.
    initial : mapping of state to array, shape (B, size)
    weights : array, shape (T, B)
        Of the losses.
    """

    given: Mapping[str, Array]
    initial: Mapping[str, Array]
    weights: Array


@dataclass(frozen=True)
class Swept:
    """What a sweep found, by name.

    Attributes
    ----------
    values : dict of str to array
        Signals, the given ones too, and the loss of each step.
    gradients : dict of str to array
        By parameters, initial states (``h0``) and the input.
    adjoints : dict of str to array
        Of signals, at every step.
    """

    values: dict[str, Array]
    gradients: dict[str, Array]
    adjoints: dict[str, Array]


@dataclass(frozen=True)
class Program:
    """The generated code of a cell, ready to run.

    Attributes
    ----------
    module : Generated
        Its text, and what goes in and out.
    swept : Sweep
        The derivations it was made from.
    """

    module: Generated
    swept: Sweep

    @cached_property
    def text(self) -> str:
        """The Python module."""
        return source(self.module)

    @property
    def signature(self) -> Signature:
        """What goes in and comes out, in order."""
        return self.module.signature

    def engine(
        self, engine: Engine, parameters: Mapping[str, Array], batch: int
    ) -> Literal["numpy", "numba"]:
        """Return the engine that runs: the one asked for, or the faster one for these sizes.

        Raises
        ------
        CompileError
            If numba is asked for and not installed.
        """
        if engine not in ENGINES:
            raise CompileError(f"there is no engine {engine!r}; accepted: {', '.join(ENGINES)}")
        if engine == "numba" and not numba_is_here():
            raise CompileError(
                "numba is not installed; accepted: engine 'numpy', or pip install 'symrnn[fast]'"
            )
        if engine != "auto":
            return engine
        work = batch * sum(a.size for a in parameters.values() if a.ndim == 2)
        return "numba" if numba_is_here() and work <= LARGEST_COMPILED else "numpy"

    def forward(
        self,
        parameters: Mapping[str, Array],
        given: Mapping[str, Array],
        initial: Mapping[str, Array],
        engine: Literal["numpy", "numba"] = "numpy",
    ) -> dict[str, Array]:
        """Run the forward pass; returns every signal that the sweep reads, and the loss of each step.

        The arrays are used again by the next call with the same sizes.
        """
        return self._forward(
            parameters, given, initial, engine, self._memory(parameters, given, initial, engine)
        )

    def sweep(
        self,
        parameters: Mapping[str, Array],
        sequences: Sequences,
        engine: Literal["numpy", "numba"] = "numpy",
    ) -> Swept:
        """Run the forward pass and the sweep back.

        The arrays are used again by the next call with the same sizes.
        """
        given, weights = sequences.given, np.ascontiguousarray(sequences.weights)[..., None]
        memory = self._memory(parameters, given, sequences.initial, engine)
        values = {**given, **self._forward(parameters, given, sequences.initial, engine, memory)}
        read = (values[name] for name in self.signature.reads)
        with np.errstate(**ODDS):
            found = _loaded(self.text, engine).backward(weights, *read, *parameters.values(), memory[1])
        count = len(self.signature.gradients)
        return Swept(
            values,
            dict(zip(self.signature.gradients, found)),
            dict(zip(self.signature.adjoints, found[count:])),
        )

    def run(
        self,
        parameters: Mapping[str, Array],
        x: Array,
        y: Array,
        initial: Mapping[str, Array],
        weights: Array,
        engine: Engine = "auto",
    ) -> tuple[float, dict[str, Array]]:
        """Return the total loss and its gradients by parameters, initial states (``h0``) and ``x``.

        Parameters
        ----------
        parameters : mapping of name to array
            In the order of the cell, of its shapes; numbers have shape (1,).
        x, y : arrays, shapes (T, B, n) and (T, B, m)
        initial : mapping of state to array, shape (B, d)
        weights : array, shape (T, B)
        """
        roles = self.signature.cell.roles
        sequences = Sequences({roles.input: x, roles.target: y}, initial, weights)
        found = self.sweep(parameters, sequences, self.engine(engine, parameters, x.shape[1]))
        return float(np.dot(weights.ravel(), found.values[roles.loss].ravel())), found.gradients

    def _forward(
        self, parameters: Mapping[str, Array], given: Mapping[str, Array], initial: Mapping[str, Array],
        engine: Literal["numpy", "numba"], memory: Any,
    ) -> dict[str, Array]:  # fmt: skip
        starts = (initial[state] for state in self.signature.cell.states)
        arguments = (
            *(given[name] for name in self.signature.given),
            *starts,
            *parameters.values(),
            memory[0],
        )
        with np.errstate(**ODDS):
            return dict(zip(self.signature.results, _loaded(self.text, engine).forward(*arguments)))

    def _memory(
        self, parameters: Mapping[str, Array], given: Mapping[str, Array], initial: Mapping[str, Array],
        engine: Literal["numpy", "numba"],
    ) -> Any:  # fmt: skip
        """Return arrays for these sizes: those of the call before, if they fit."""
        x = given[self.signature.cell.roles.input]
        arrays = {**given, **parameters, **{start(state): array for state, array in initial.items()}}
        sizes = (*x.shape[:2], *(arrays[at.argument].shape[at.axis] for at in self._sizes), x.dtype)
        kept = getattr(_kept, "memory", (None, None, None))
        if kept[:2] != ((self.text, engine), sizes):
            rows = list if engine == "numpy" else _as_it_is
            made = _loaded(self.text, engine).allocate(*sizes, rows)
            _kept.memory = kept = ((self.text, engine), sizes, made)
        return kept[2]

    @cached_property
    def _sizes(self) -> tuple[Size, ...]:
        """Where the length of each axis is read."""
        return tuple(map(self.signature.size, self.signature.sizes))


_kept = threading.local()


def _as_it_is(array: Array) -> Array:
    return array


@cache
def numba_is_here() -> bool:
    """Whether numba, and the SciPy that it takes matrix products from, are installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("numba", "scipy"))


@lru_cache(maxsize=64)
def program(cell: Cell, every_signal: bool = False) -> Program:
    """Return the generated code of a cell, derived once.

    Targets are not assumed to sum to one, so it holds for any target vector; losses carry weights. With
    ``every_signal`` it returns all signals and their adjoints, not only what the gradients need.

    Raises
    ------
    CompileError
        If an equation has no code.
    """
    if every_signal:
        swept = program(cell).swept
        return Program(generate(cell, swept, every_signal=True), swept)
    network = replace(cell.unroll(2, mask=(1.0, 0.5)), distribution="")
    swept = derive_sweep(network)
    return Program(generate(cell, swept), swept)


def cache_folder() -> Path:
    """Return the folder for generated modules: the user's cache, or a temporary one if that is read-only."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".cache")
    folder = Path(base) / "symrnn"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="symrnn-"))


@cache
def _loaded(text: str, engine: Literal["numpy", "numba"]) -> ModuleType:
    """Import generated text, its functions compiled if numba is asked for."""
    name = f"symrnn_{engine}_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    file = cache_folder() / f"{name}.py"
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as stream:
            stream.write(text)
        os.replace(stream.name, file)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None  # a .py file has a loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # numba finds cached functions by the name of their module
    spec.loader.exec_module(module)
    if engine == "numba":
        import numba

        if sys.stderr.isatty():  # a minute without a word would look like a fault
            print(f"symrnn: numba runs this cell; what it compiles is kept in {file.parent}", file=sys.stderr)

        for function in (*HELPERS, "forward", "backward"):
            if hasattr(module, function):
                setattr(module, function, numba.njit(cache=True)(getattr(module, function)))
    return module
