"""The command ``symrnn code``: a generated module and its test, as files."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from symrnn.cell import picked
from symrnn.compile.checksource import check_source
from symrnn.compile.execution import program
from symrnn.compile.rows import CompileError
from symrnn.compile.source import SIGNED, source
from symrnn.output import write_files


def code(options: argparse.Namespace) -> int:
    """Write the module of a cell and the test file beside it.

    Raises
    ------
    CompileError
        If the name is no name of a module, or a file is there that symrnn did not write.
    """
    cell = picked(options.cell, options.activation, options.loss)
    text = program(cell)
    if options.out == "-":
        sys.stdout.write(source(text.module))
        return 0
    wanted = re.sub(r"\W", "_", Path(options.cell).stem) + ".py"
    file = Path(wanted if options.out is None else options.out)
    name = file.stem
    if file.suffix != ".py" or not (name.isidentifier() and name.isascii()):
        raise CompileError(
            f"--out: {options.out!r} is no module; accepted: such as {wanted}, or - to print it"
        )
    files = {f"{name}.py": source(text.module), f"test_{name}.py": check_source(text.module, name)}
    for other in files:
        there = file.parent / other
        if there.exists() and SIGNED not in there.read_text(encoding="utf-8", errors="replace"):
            raise CompileError(
                f"{there} is there already, and symrnn did not write it; accepted: another name, with --out"
            )
    for written in write_files({n: t.encode() for n, t in files.items()}, file.parent):
        print(f"wrote {written}")
    return 0
