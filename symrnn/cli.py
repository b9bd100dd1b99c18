"""The command line: report, derive, verify, code, cells, new-cell.

Exit codes: 0 done, 1 a certificate failed, 2 bad input (one message that says what would be accepted), 3 the
system refused something, 130 interrupted. Files are written all together or not at all.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any, NoReturn

from symrnn.terminal import printable

EPILOG = """\
examples:
  symrnn report reports/deep/job.toml            derive, verify and typeset a whole example
  symrnn derive elman --of L --at 4 --wrt W      one derivation, line by line, in the terminal
  symrnn derive elman --of L --at 4 --wrt W --view element --format latex
  symrnn verify elman                            certify every derivation of a cell
  symrnn code lstm                               the backward pass as NumPy code, with its test
  symrnn cells                                   what is built in
  symrnn new-cell mine                           a commented starting file, mine.toml, for a cell of your own

exit codes: 0 done; 1 a step does not hold (it is named); 2 bad input; 3 the system refused; 130 interrupted
"""
LEAST_MEMORY = 400 << 20
# What may be picked: the rows of tables that load SymPy, by name, so that --help comes at once.
ACTIVATIONS = ("tanh", "sigmoid", "relu", "identity")
LOSSES = ("cross_entropy", "squared_error")
NOTATIONS = ("d2l", "goodfellow", "lecture", "pascanu", "pytorch")
FORMATS = ("pdf", "tex", "typ", "html", "ipynb")
ENGINES = ("auto", "pdflatex", "typst")
VIEWS = {
    "paths": "the loss of one step by explicit plus implicit paths",
    "local": "the factors: each derivative within a step, at matrix level",
    "element": "their entries (p, q, r), step by step, sizes symbolic",
    "scalar": "every entry its own symbol, one equation each (--size sets the sizes)",
    "sweep": "the backward sweep for all losses at once",
}


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one message, like everything else here."""

    def error(self, message: str) -> NoReturn:
        """Exit with code 2."""
        self.exit(2, f"symrnn: {printable(message)}; {self.prog} --help says what is accepted\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    top = _Parser(
        "symrnn",
        description="Derive, verify and typeset gradients of recurrent networks:\n"
        "what is printed is what was checked.",
        epilog=EPILOG,
        formatter_class=raw,
    )
    top.add_argument("--version", action="store_true", help="print the version")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")

    report = commands.add_parser(
        "report",
        help="make the report of a job file",
        description="Derive and certify everything a job asks for and write report.pdf, report.tex and\n"
        "certificate.json. If a single step does not hold, nothing is written.",
        epilog="A job file names a cell, a sequence and what to derive:\n\n"
        '  title = "The next character"\n  cell = "elman"          # built-in, or a path to your own\n'
        f'  activation = "tanh"     # {", ".join(ACTIVATIONS)}\n  state = 3\n  [sequence]\n'
        '  vocabulary = ["a", "b"]\n  inputs = ["a", "b"]\n  targets = ["b", "a"]\n',
        formatter_class=raw,
    )
    report.add_argument("job", metavar="JOB.toml", help="the job file")
    report.add_argument("--out", metavar="DIR", help="folder for the files (default: that of the job file)")
    report.add_argument(
        "--format", default="pdf,tex", metavar="LIST", help=f"of {', '.join(FORMATS)} (default: pdf,tex)"
    )
    report.add_argument(
        "--engine",
        default="auto",
        choices=ENGINES,
        help="what makes the PDF (default auto: pdflatex if installed, else the built-in typst)",
    )
    report.add_argument("--seed", type=int, metavar="N", help="seed of the numbers, instead of the job's")
    report.add_argument(
        "--templates", metavar="DIR", help="folder whose templates take the place of ours of the same name"
    )
    report.add_argument(
        "--variants",
        metavar="FILE.csv",
        help="an exercise and its solution for every row (name[,seed][,id]), each with its own numbers, in"
        " DIR/<id>/ (default DIR: variants beside the job); those that are finished are not made again",
    )

    derive = commands.add_parser(
        "derive",
        help="print one derivation",
        description="Derive one gradient and print it line by line; every line is certified first.",
        epilog="views:\n" + "\n".join(f"  {name:8} {words}" for name, words in VIEWS.items()),
        formatter_class=raw,
    )
    derive.add_argument("cell", metavar="CELL", help="a built-in cell, or a path to a cell file")
    derive.add_argument("--of", metavar="NAME", help="what to differentiate (default: the loss L)")
    derive.add_argument("--at", type=int, metavar="T", help="at which step (default: the last)")
    derive.add_argument(
        "--wrt",
        metavar="NAME",
        help="by what: a parameter, s0 or x2 (default: the first recurrent matrix; in the sweep, all)",
    )
    derive.add_argument(
        "--steps", type=int, metavar="T", help="how many steps to unroll (default: 4, or --at)"
    )
    derive.add_argument(
        "--notation",
        metavar="NAME",
        help=f"whose names: {', '.join(NOTATIONS)}, or a file (default: the cell's)",
    )
    derive.add_argument("--view", default="paths", choices=VIEWS, help="which view (default: paths)")
    derive.add_argument("--format", default="text", choices=("text", "latex", "json"), help="(default: text)")
    derive.add_argument(
        "--size", default="d=2,n=2,m=2", metavar="LIST", help="sizes of the scalar view (default: 2 each)"
    )

    verify = commands.add_parser(
        "verify",
        help="certify everything of a job or a cell",
        description="Certify every derivation of a job file or of a cell and print a table of deviations.\n"
        "Exit 1 and the failing step if one does not hold.",
        formatter_class=raw,
    )
    verify.add_argument("what", metavar="JOB.toml|CELL", help="a job file, a cell file or a built-in cell")
    verify.add_argument("--json", action="store_true", help="print the whole certificate as JSON")
    verify.add_argument("--seed", type=int, metavar="N", help="seed of the random point")

    cells = commands.add_parser(
        "cells", help="list the built-in cells", description="List cells, equations, sources."
    )
    cells.add_argument("--json", action="store_true", help="print as JSON")
    new_cell = commands.add_parser(
        "new-cell",
        help="write a starting file for a cell of your own",
        description="Write NAME.toml, a commented cell that is certified as it stands, into this folder.",
    )
    new_cell.add_argument("name", metavar="NAME", help="letters, digits, - and _, without .toml")
    code = commands.add_parser(
        "code",
        help="write a cell as NumPy code",
        description="Write a Python module that needs nothing but NumPy: the forward pass and the backward\n"
        "sweep of a cell, the equation beside each line; and a pytest file that checks every gradient\n"
        "by the complex step. numba.njit compiles its functions as they are.",
        formatter_class=raw,
    )
    code.add_argument("cell", metavar="CELL", help="a built-in cell, or a path to a cell file")
    code.add_argument(
        "--out",
        metavar="FILE",
        help="the module (default: CELL.py here; - prints it)",
    )
    for command in (derive, verify, code):
        command.add_argument(
            "--activation", choices=ACTIVATIONS, help="what sigma stands for (default: tanh)"
        )
        command.add_argument("--loss", choices=LOSSES, help="(default: cross_entropy)")
    return top


def _end_as_if_interrupted() -> None:
    """Let the signal that ends a program do what Ctrl-C does: end engines, remove what is unfinished."""
    here = os.getpid()

    def end(*_: object) -> None:
        if os.getpid() != here:  # a worker, which has nothing to tidy up
            os._exit(143)
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)


def _write_out_what_cannot_be_shown() -> None:
    """Let a terminal that knows fewer signs show the others by their numbers."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _has_memory() -> bool:
    """Whether NumPy can be loaded: its OpenBLAS ends the whole program where it gets no memory."""
    with contextlib.suppress(ImportError):
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most != resource.RLIM_INFINITY:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # each has a stack of its own
            return most >= LEAST_MEMORY
    return True


def _say_when_time_is_up() -> None:
    """Where processor time is limited, end a little earlier, with a word: the system ends without one."""
    from symrnn.tensor import SystemRefusal

    def end(*_: object) -> NoReturn:
        raise SystemRefusal("the processor time of this program is used up; accepted: more of it (ulimit -t)")

    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
        if threading.current_thread() is threading.main_thread() and soft != resource.RLIM_INFINITY:
            signal.signal(signal.SIGXCPU, end)
            if soft == hard and hard > 1:
                resource.setrlimit(resource.RLIMIT_CPU, (hard - 1, hard))


def _discard_output() -> None:
    """Forget what is still to be written: it would fail again when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    top = parser()
    options = top.parse_args(arguments)
    if options.command is None and not options.version:
        top.print_help()
        return 2
    _end_as_if_interrupted()
    _write_out_what_cannot_be_shown()
    if not _has_memory():
        print(f"symrnn: the system refused: {LEAST_MEMORY >> 20} MB of memory are needed", file=sys.stderr)
        return 3
    try:
        return _run(options)
    except KeyboardInterrupt:
        print("symrnn: interrupted; nothing was written", file=sys.stderr)
        return 130
    except (OSError, MemoryError) as error:
        _discard_output()
        print(f"symrnn: the system refused: {printable(error) or 'no memory'}", file=sys.stderr)
        return 3


def _run(options: argparse.Namespace) -> int:
    """Run a command that has been read; what the system refuses goes on as it is."""
    if options.version:
        import symrnn

        print(f"symrnn {symrnn.__version__}", flush=True)
        return 0
    from symrnn import commands
    from symrnn.certificate import CertificateError
    from symrnn.tensor import SymrnnError, SystemRefusal

    _say_when_time_is_up()
    try:
        run: dict[str, Any] = {
            "report": commands.report,
            "derive": commands.derive,
            "verify": commands.verify,
            "code": commands.code,
            "cells": commands.cells,
            "new-cell": commands.new_cell,
        }
        status = int(run[options.command](options))
        sys.stdout.flush()
        return status
    except CertificateError as error:
        print(f"symrnn: a step does not hold; nothing was written\n{error}", file=sys.stderr)
        return 1
    except SymrnnError as error:
        print(f"symrnn: {printable(error)}", file=sys.stderr)
        return 3 if isinstance(error, SystemRefusal) else 2
    except BrokenPipeError:
        sys.stderr.close()
        return 0
