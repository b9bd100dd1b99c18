"""What the commands do, once the command line has been read."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from symrnn.certificate import TOLERANCE, Certificate, CertificateError
from symrnn.model import (
    Cell,
    Conventions,
    FileError,
    OrderedNetwork,
    Preset,
    builtin_cells,
    picked,
    read_preset,
    read_toml,
    under,
)
from symrnn.notation import layout, text
from symrnn.tensor import InputError, Variable
from symrnn.terminal import counted, printable, progress


class UsageError(InputError):
    """An option that does not fit; the message says what would."""


def report(options: argparse.Namespace) -> int:
    """Make the report of a job file."""
    from symrnn.report import FORMATS, STAMP, make_report, mixed, read_job, write_stamped

    formats = [name.strip() for name in options.format.split(",")]
    for name in formats:
        if name not in FORMATS:
            raise UsageError(f"--format: there is no format {name!r}; accepted: {', '.join(FORMATS)}")
    if options.variants is not None:
        return _variants(options, formats)
    job = read_job(options.job, options.seed)
    with progress(Path(options.job).parent.name or "report") as tell:
        own = None if options.templates is None else Path(options.templates)
        made = make_report(job, formats, options.engine, tell, own)
    folder = Path(options.job).parent if options.out is None else Path(options.out)
    strange = mixed(folder)
    files = write_stamped(made.files, made.made_of, folder)
    lines = sum(check["witness"] == "ink" for c in made.certificate["certificates"] for check in c["checks"])
    print(
        f"{len(made.certificate['certificates'])} certificates, {lines} lines read back: every deviation"
        f" below {made.certificate['deviation']:.0e}, tolerance {made.certificate['tolerance']:.0e}"
    )
    for file in files:
        if file.name != STAMP:
            print(f"wrote {printable(file)}" + (f", made by {made.engine}" if file.suffix == ".pdf" else ""))
    if again := [name for name in strange if name in made.files]:
        print(f"not of one run, or changed since, and made again: {printable(', '.join(again))}")
    if older := mixed(folder):
        print(f"of an earlier run, not made now: {printable(', '.join(older))}")
    return 0


def _variants(options: argparse.Namespace, formats: list[str]) -> int:
    """Make an exercise and its solution for every student."""
    from symrnn.report import make_variants, order

    folder = None if options.out is None else Path(options.out)
    own = None if options.templates is None else Path(options.templates)
    wanted = order(options.job, options.variants, formats, options.engine, folder, options.seed, own)
    total = len(wanted.students)
    try:
        with counted(Path(options.variants).stem, total) as (tell, advance):
            made, there, shared = make_variants(wanted, tell, advance)
    except KeyboardInterrupt:
        done = sum(wanted.finished(student) for student in wanted.students)
        print(
            f"symrnn: interrupted; {done} of {total} variants are finished, the same command makes the rest",
            file=sys.stderr,
        )
        return 130
    if shared:
        print(
            f"{len(shared['certificates'])} certificates of the derivation: every deviation"
            f" below {shared['deviation']:.0e}, tolerance {shared['tolerance']:.0e}"
        )
    rest = f", {there} were there" if there else ""
    print(f"{made} of {total} variants made in {printable(wanted.folder)}{rest}")
    return 0


def derive(options: argparse.Namespace) -> int:
    """Print one derivation."""
    from symrnn.listing import View, sweep_views, views

    cell = picked(options.cell, options.activation, options.loss)
    notation = Preset() if options.notation is None else read_preset(options.notation, options.cell, cell)
    cell = notation.cell(cell)
    last = options.at if options.at is not None else options.steps or 4
    if options.at is not None and last < 1:
        raise UsageError(f"--at: found {last}; accepted: 1 or a later step")
    network = cell.unroll(options.steps or max(last, 1))
    of = network[notation.read([options.of or network.roles.loss], cell)[0], last]
    sizes = _sizes(options.size)
    if why := cell.single_class(sizes):
        raise UsageError(f"--size: {why}")
    listed: list[View]
    with progress(f"derive {cell.name}"), under(Conventions(copies=notation.copies)):
        if options.wrt is None and options.view == "sweep":
            listed = sweep_views(network)
        else:
            listed = views(options.view, network, of, _wrt(options, cell, notation, network), sizes)
    if options.format == "json":
        data = {"cell": cell.name, "view": options.view, "derivations": [view.as_dict() for view in listed]}
        print(json.dumps(data, indent=1, ensure_ascii=False))
        return 0
    for view in listed:
        print(view.as_text() if options.format == "text" else view.as_latex())
        print()
    if options.format == "text":
        worst = max(view.deviation for view in listed)
        which = f"seed 0, T = {network.steps}{_redrawn([view.certificate for view in listed])}"
        print(f"certified: largest deviation {worst:.1e}, tolerance {TOLERANCE:.0e}, {which}")
    return 0


def _wrt(options: argparse.Namespace, cell: Cell, notation: Preset, network: OrderedNetwork) -> Variable:
    """Return what to differentiate by; unless an option says it, the first recurrent matrix.

    A cell without one is asked for its first parameter.
    """
    if options.wrt is not None:
        return network.lookup(notation.read([options.wrt], cell)[0])
    return network[next(iter((*network.recurrent_matrices, *cell.parameters)))]


def _sizes(text_: str) -> dict[str, int]:
    sizes = {}
    for part in text_.split(","):
        axis, _, number = part.partition("=")
        if not number.isdecimal() or not 1 <= int(number) <= 12:
            raise UsageError(f"--size: cannot read {part!r}; accepted: such as d=3,n=2,m=4, each 1 to 12")
        sizes[axis.strip()] = int(number)
    return sizes


def verify(options: argparse.Namespace) -> int:
    """Certify a job or a cell."""
    from symrnn.certificate import certify_cell

    with progress(options.what) as tell:
        if _is_job(options.what):
            from symrnn.report import certificate_of, certify_job, read_job

            if options.activation or options.loss:
                raise UsageError("--activation and --loss belong to a cell; a job file says its own")
            job = read_job(options.what, options.seed)
            _, ledger = certify_job(job, tell)
            data, certificates = certificate_of(job, ledger), ledger.certificates
        else:
            cell = picked(options.what, options.activation, options.loss)
            certificates = certify_cell(cell, options.seed or 0, tell)
            data = {"cell": cell.name, "certificates": [c.as_dict() for c in certificates]}
    if options.json:
        print(json.dumps(data, indent=1, ensure_ascii=False))
    else:
        Console().print(_table(certificates))
    failed = next((c for c in certificates if not c.holds), None)
    if failed is not None:
        try:
            failed.require()
        except CertificateError as error:
            print(f"symrnn: {error}", file=sys.stderr)
        return 1
    if not options.json:
        worst = max(c.deviation for c in certificates)
        print(
            f"all {len(certificates)} hold: largest deviation {worst:.1e},"
            f" tolerance {certificates[0].tolerance:.0e}{_redrawn(certificates)}"
        )
    return 0


def _redrawn(certificates: list[Certificate]) -> str:
    """Say how often a point was drawn until it fitted; nothing if the first one did."""
    most = max((point.get("draws", 1) for c in certificates for point in c.points), default=1)
    return f"; the point was drawn {most} times until it fitted every equation" if most > 1 else ""


def _is_job(what: str) -> bool:
    """Whether a file is a job: cell files have equations, jobs a sequence."""
    if what in builtin_cells() or not what.endswith(".toml"):
        return False
    data = read_toml(Path(what))
    if {"equations", "layers"} & data.keys() or isinstance(data.get("parameters"), dict):
        return False
    if "sequence" in data or "cell" in data:
        return True
    raise FileError(
        f"{what}: neither a job nor a cell; a job has [sequence] and cell, a cell has [equations] or layers"
    )


def _table(certificates: list[Certificate]) -> Table:
    """Return a table of deviations."""
    table = Table(
        "derivation", "lines", "object", "SymPy", "ink", "", box=None, pad_edge=False, header_style="bold"
    )
    for certificate in certificates:
        found = [certificate.of(witness) for witness in ("object", "SymPy", "ink")]
        lines = sum(check.witness == "ink" for check in certificate.checks)
        verdict = "holds" if certificate.holds else "FAILS"
        table.add_row(
            certificate.goal, str(lines), *("" if d is None else f"{d:.1e}" for d in found), verdict
        )
    return table


def new_cell(options: argparse.Namespace) -> int:
    """Write a starting file for a cell of one's own."""
    from symrnn.model import new_cell as write

    target = write(options.name, Path())
    print(f"wrote {target}; next: symrnn verify {target}")
    return 0


def cells(options: argparse.Namespace) -> int:
    """List the built-in cells with their equations and sources."""
    found = [(name, Cell.load(name)) for name in builtin_cells()]
    if options.json:
        print(json.dumps([_described(name, cell) for name, cell in found], indent=1, ensure_ascii=False))
        return 0
    for name, cell in found:
        print(f"{name}: {cell.description}\n  source: {cell.source}")
        shapes = ", ".join(f"{p} ({' × '.join(shape)})" for p, shape in cell.parameters.items())
        print(f"  states: {', '.join(cell.states)}; parameters: {shapes}")
        for target, expression in _described(name, cell)["equations"].items():
            print(f"  {target} = {expression}")
    return 0


def _described(name: str, cell: Cell) -> dict[str, Any]:
    equations = {text(layout(e.target)): text(layout(e.expression)) for e in cell.step}
    return {
        "name": name,
        "description": cell.description,
        "source": cell.source,
        "states": list(cell.states),
        "parameters": {p: list(shape) for p, shape in cell.parameters.items()},
        "equations": equations,
    }


def code(options: argparse.Namespace) -> int:
    """Write the module of a cell and the test file beside it.

    Raises
    ------
    CompileError
        If the name is no name of a module, or a file is there that is not as symrnn wrote it.
    """
    from symrnn.numeric import CompileError, is_sealed, program, source, source_of_test
    from symrnn.report import write_files

    cell = picked(options.cell, options.activation, options.loss)
    made = program(cell)
    if options.out == "-":
        sys.stdout.write(source(made.module))
        return 0
    wanted = re.sub(r"\W", "_", Path(options.cell).stem) + ".py"
    file = Path(wanted if options.out is None else options.out)
    name = file.stem
    if file.suffix != ".py" or not (name.isidentifier() and name.isascii()):
        raise CompileError(
            f"--out: {options.out!r} is no module; accepted: such as {wanted}, or - to print it"
        )
    files = {f"{name}.py": source(made.module), f"test_{name}.py": source_of_test(made, name)}
    for other in files:
        there = file.parent / other
        if not os.path.lexists(there):
            continue
        if not there.is_file() or not is_sealed(there.read_text(encoding="utf-8", errors="replace")):
            raise CompileError(
                f"{there} is there already, not as symrnn wrote it; accepted: another name, with --out, or"
                " this one once the file is away"
            )
    for done in write_files({n: t.encode() for n, t in files.items()}, file.parent):
        print(f"wrote {done}")
    return 0
