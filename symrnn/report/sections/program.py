"""The program of a report: what it says, as Python that computes it again.

The pieces stand on their own: they read no file, a cell that is not built in is written out. Whatever a job
or a cell file says stands in them as a literal, so that none of it is ever executed.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from symrnn.derivation import MOST_PRINTED, longest_readable
from symrnn.document import Block, Code, Heading, Prose
from symrnn.model import HERE, find, read_toml
from symrnn.report.job import Job
from symrnn.report.wording import say
from symrnn.tensor import Variable
from symrnn.witness import Array


def program(job: Job) -> tuple[Block | Code, ...]:
    """Return the program of a job, with a sentence before each piece of code."""
    return (
        Heading(say("program.title")),
        Prose(say("program.cell")),
        Code(_cell(job)),
        Prose(say("program.derivations")),
        Code(_derivations(job)),
        Prose(say("program.certify")),
        Code(CERTIFY),
        Prose(say("program.numbers")),
        Code(_numbers(job)),
    )


CERTIFY = """\
for name, derivation in derivations.items():
    certificate = symrnn.certify(derivation, seed=0)
    assert certificate.holds, certificate.first_failure
    print(f"by {name}: {len(certificate.checks)} checks, largest deviation {certificate.deviation:.0e}")"""


def _cell(job: Job) -> str:
    picked = f"activation={job.cell.activation!r}, " if job.cell.activation else ""
    mask = "" if all(weight == 1 for weight in job.weights) else f", mask={list(job.weights)}"
    lines = ["import numpy as np", "import symrnn", ""]
    place = repr(job.cell_file.stem)
    if job.cell_file.parent != HERE / "cells":
        lines = ["import tempfile", "from pathlib import Path", "", *lines]
        lines.append("folder = Path(tempfile.mkdtemp())")
        for name, text in _files(job.cell_file).items():
            lines.append(f"(folder / {name!r}).write_text('\\n'.join([")
            lines += [f"    {line!r}," for line in text.split("\n")]
            lines.append("]), encoding='utf-8')")
        place = "folder / 'cell.toml'"
    lines.append(f"cell = symrnn.Cell.load({place}, {picked}loss={job.cell.loss!r})")
    if job.notation.names or job.notation.axes:
        lines.insert(0, "from symrnn.model import Preset")
        lines.append(f"notation = Preset(names={dict(job.notation.names)}, axes={dict(job.notation.axes)})")
        lines.append("cell = notation.cell(cell)")
    lines += [
        f"network = cell.unroll(steps={job.steps}{mask})",
    ]
    return "\n".join(lines)


def _files(file: Path) -> dict[str, str]:
    """Return the text of a cell file and of the layers it is made of, each under a plain name."""
    data = read_toml(file)
    if "layers" not in data:
        return {"cell.toml": file.read_text(encoding="utf-8")}
    names, files = [], {}
    for number, layer in enumerate(data["layers"], start=1):
        path = find(layer, file.parent)
        built_in = path.parent == HERE / "cells"
        names.append(path.stem if built_in else f"layer{number}.toml")
        if not built_in:
            files[names[-1]] = path.read_text(encoding="utf-8")
    lines = {**data, "layers": names}.items()
    return files | {"cell.toml": "\n".join(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in lines)}


def _derivations(job: Job) -> str:
    lines = ["derivations = {"]
    for v in job.wrt:
        of = job.goal if job.all_losses else longest_readable(job.of, v, job.network, MOST_PRINTED)
        if of is not None:
            goal = f"symrnn.Total({_looked_up(of)}, {_looked_up(v)})"
            lines.append(f"    {str(v)!r}: symrnn.derive({goal}, network),")
    lines += [
        "}",
        "for name, derivation in derivations.items():",
        "    print(f'by {name}: {len(derivation.steps)} steps')",
        "next(iter(derivations.values()))",
    ]
    return "\n".join(lines)


def _looked_up(v: Variable) -> str:
    return f"network[{v.name!r}]" if v.time is None else f"network[{v.name!r}, {int(v.time)}]"


def _numbers(job: Job) -> str:
    parameters = {name: job.values[name] for name in job.cell.parameters}
    initial = {state: job.values[f"{state}0"] for state in job.cell.states}
    lines = [*_table("parameters", parameters), *_table("initial", initial)]
    for name, rows in (("inputs", job.inputs), ("targets", job.targets)):
        lines.append(f"{name} = {_array(np.array(rows))}")
    unread = "" if all(job.weights) else "  # where it is 0, the target does not matter"
    lines += [
        f"mask = {list(job.weights)}{unread}",
        "found = symrnn.gradients(cell, parameters, inputs, targets, initial=initial, mask=mask)",
        "for name, gradient in found.items():",
        "    print(name, np.round(gradient, 4), sep='\\n')",
    ]
    return "\n".join(lines)


def _table(name: str, arrays: dict[str, Array]) -> list[str]:
    return [f"{name} = {{", *(f"    {key!r}: {_array(array, '    ')}," for key, array in arrays.items()), "}"]


def _array(array: Array, indent: str = "") -> str:
    """Write an array with every digit, a matrix with one row in each line."""
    if array.ndim < 2:
        return f"np.array({array.tolist()})"
    rows = "".join(f"{indent}    {row},\n" for row in array.tolist())
    return f"np.array([\n{rows}{indent}])"
