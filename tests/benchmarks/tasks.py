"""What is measured: each task runs in an interpreter of its own and prints its figures as one line of JSON.

``python -m tests.benchmarks.tasks NAME ARGUMENT …``. A task takes texts and returns plain data; symrnn and
SymPy are imported inside, so that a task can time the import as well.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

SIZES = {"n": 4, "d": 3, "m": 4}


class Phases:
    """A stopwatch whose phases may lie inside each other; the time counts for the innermost one."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._open: list[str] = []
        self._since = time.perf_counter()

    def _charge(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Charge what runs inside to ``name``."""
        self._charge()
        self._open.append(name)
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def watch(self, function: Callable[..., Any], name: str) -> None:
        """Charge every call of a function to ``name``, in every module of symrnn that imported it."""

        @wraps(function)
        def watched(*args: Any, **options: Any) -> Any:
            with self.of(name):
                return function(*args, **options)

        for module in [m for key, m in sys.modules.items() if key.startswith("symrnn")]:
            for attribute, held in list(vars(module).items()):
                if held is function:
                    setattr(module, attribute, watched)


def peak_memory() -> float:
    """Return the largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def certified(repeats: str) -> list[dict[str, float]]:
    """Time the way from the cell file to a certified ∂L_4/∂W; each round has a random point of its own."""
    rounds = []
    for number in range(int(repeats)):
        phases = Phases()
        with phases.of("import"):
            from symrnn.certificate import certify
            from symrnn.derivation import derive
            from symrnn.model import Cell
            from symrnn.tensor import Total
        with phases.of("load"):
            cell = Cell.load("elman")
        with phases.of("unroll"):
            network = cell.unroll(4)
        with phases.of("derive"):
            derivation = derive(Total(network["L", 4], network["W"]), network)
        with phases.of("certify"):
            certify(derivation, seed=number).require()
        rounds.append(dict(phases.seconds))
    return rounds


def paths(steps: str, repeats: str) -> list[dict[str, float]]:
    """Time the path expansion of ∂L_T/∂W and its certificate, after a first round at T = 2 that warms up."""
    from symrnn.certificate import certify
    from symrnn.derivation import derive
    from symrnn.model import Cell
    from symrnn.tensor import Total

    rounds = []
    for number, last in enumerate([2, *[int(steps)] * int(repeats)]):
        network, phases = Cell.load("elman").unroll(last), Phases()
        with phases.of("derive"):
            derivation = derive(Total(network["L", last], network["W"]), network)
        with phases.of("certify"):
            certificate = certify(derivation, seed=number).require()
        more = {"steps": len(derivation.steps), "deviation": certificate.deviation}
        rounds.append({**phases.seconds, **more})
    return rounds[1:]


def sweep(steps: str, repeats: str) -> list[dict[str, float]]:
    """Time unrolling, the backward sweep, its numbers, and the complex step that confirms them."""
    from symrnn.derivation import adjoint, backward
    from symrnn.model import Cell
    from symrnn.tensor import Total
    from symrnn.witness import deviation, random_point, value

    before, rounds = peak_memory(), []
    for seed in range(int(repeats)):
        phases = Phases()
        with phases.of("unroll"):
            forward = Cell.load("elman").unroll(int(steps))
        with phases.of("derive"):
            swept = backward(forward)
        wrt = [*(v for v in forward.given if v.time is None), forward["s", 0]]
        with phases.of("point"):
            at = random_point(forward, seed)
        with phases.of("sweep"):
            found = [at.of(swept).variable(adjoint(v)) for v in wrt]
        with phases.of("complex step"):
            expected = [value(Total(forward["L"], v), at) for v in wrt]
        worst = max(deviation(*pair) for pair in zip(found, expected))
        memory = {"memory before": before, "memory": peak_memory()}
        rounds.append({**phases.seconds, **memory, "deviation": worst, "compared": len(wrt)})
    return rounds


def certified_sweep(cell: str, steps: str) -> list[dict[str, float]]:
    """Time deriving the sweep of a cell and certifying every line of it at every step, all parameters."""
    before, phases = peak_memory(), Phases()
    from symrnn.listing import sweep_views
    from symrnn.model import Cell

    with phases.of("certify"):
        views = sweep_views(Cell.load(cell).unroll(int(steps)))
    memory = {"memory before": before, "memory": peak_memory()}
    deviation = max(view.deviation for view in views)
    lines = sum(len(view.lines) for view in views)
    return [{**phases.seconds, **memory, "deviation": deviation, "lines": lines}]


def scalar(steps: str, repeats: str) -> list[dict[str, Any]]:
    """Time the scalar view of L_T: symbolic equations, derivatives by everything, and their numbers."""
    from symrnn.model import Cell
    from symrnn.witness import ScalarNetwork, random_point

    rounds: list[dict[str, Any]] = []
    for _ in range(int(repeats)):
        network, phases = Cell.load("elman").unroll(int(steps)), Phases()
        place = (network["L", int(steps)], ())
        with phases.of("equations"):
            view = ScalarNetwork(network, SIZES)
            count = len(view.equations)
        with phases.of("derivatives"):
            adjoints, gradient = view.derivatives(place)
        with phases.of("numbers"):
            values = view.written_values(place, random_point(network, 0, SIZES))
        numbers = {str(symbol): values[symbol] for symbol in gradient}
        counts = {
            "equations of the network": count,
            "adjoints": len(adjoints),
            "gradient entries": len(gradient),
        }
        rounds.append({**phases.seconds, **counts, "numbers of": numbers})
    return rounds


def plain_sympy(steps: str, *wanted: str) -> list[dict[str, Any]]:
    """Time plain SymPy on the same loss: one expression, then ``diff`` by entries such as ``W_1,1``."""
    import sympy

    from symrnn.model import Cell
    from symrnn.witness import ScalarNetwork, random_point

    from .plain import loss, names, numbers

    phases, derivatives = Phases(), {}
    with phases.of("substitute"):
        expression = loss(int(steps), SIZES)
    for name in wanted:
        with phases.of(f"diff by {name}"):
            for entry in [name] if "_" in name else names(name, SIZES):
                derivatives[entry] = sympy.diff(expression, sympy.Symbol(entry, real=True))
    network = Cell.load("elman").unroll(int(steps))
    values = ScalarNetwork(network, SIZES).values(random_point(network, 0, SIZES))
    with phases.of("numbers"):
        found = numbers(derivatives, {str(symbol): value for symbol, value in values.items()})
    return [{**phases.seconds, "numbers of": found}]


def report(job: str) -> list[dict[str, float]]:
    """Time the phases of a report: the public functions that ``symrnn report`` calls, charged one by one."""
    phases = Phases()
    with phases.of("import"):
        import symrnn.cli  # noqa: F401
        from symrnn import certificate
        from symrnn.derivation import entries, steps, sweep
        from symrnn.document import engines, render
        from symrnn.report import certificate_of, read_job
        from symrnn.report.ledger import Ledger
        from symrnn.report.report import BUILDERS
        from symrnn.witness import random_point
    for function in (steps.derive, steps.claim, sweep.derive_sweep, entries.derive_entry):
        phases.watch(function, "derive")
    for function in (certificate.certify_equations, certificate.check_ink):
        phases.watch(function, "certify")
    settle = Ledger.settle

    def timed(ledger: Ledger) -> None:
        with phases.of("certify"):
            settle(ledger)

    Ledger.settle = timed  # type: ignore[method-assign]  # the certificates are made in processes of their own
    with phases.of("read the job"):
        read = read_job(Path(job))
    with phases.of("compose"):
        ledger = Ledger((read.point, random_point(read.network, read.seed)))
        document = BUILDERS[read.kind](read, ledger)
        certificate_of(read, ledger)
    with phases.of("typeset"):
        sources = {"tex": render(document, "tex"), "typ": render(document, "typ")}
    for engine in engines_present():
        with phases.of(f"PDF by {engine}"):
            engines.make_pdf(sources["tex"], sources["typ"], engine)
    return [{**phases.seconds, "certificates": len(ledger.certificates), "lines": ledger.lines}]


def engines_present() -> list[Any]:
    """Return the names of the PDF engines of this machine."""
    from shutil import which

    return ["typst", *(["pdflatex"] if which("pdflatex") else [])]


TASKS: dict[str, Callable[..., list[Any]]] = {
    task.__name__: task for task in (certified, paths, sweep, certified_sweep, scalar, plain_sympy, report)
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
