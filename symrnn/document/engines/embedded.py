"""The embedded typst: always there, needs no TeX.

It runs in a process of its own (``child``): a source that fills the memory ends that process, not this one.
It reads nothing but its source, and its packages from nowhere.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import typst

from symrnn.document.engines import child
from symrnn.document.engines.confined import EngineError, run_engine
from symrnn.document.engines.place import place
from symrnn.document.processes import EPOCH


def run_typst(typ: str) -> bytes:
    """Compile with the embedded typst and return the PDF.

    Raises
    ------
    EngineError
        If there is an error in the source; it names the line and the block.
    """
    return _made(typ, "compile", "document.pdf")


def typst_version() -> str:
    """Return the name and version of the engine."""
    return f"typst {version('typst')}"


def typst_overflows(typ: str) -> list[float]:
    """Return by how many points displays of a Typst source are wider than their places."""
    return [float(points) for points in json.loads(_made(typ, "query", "document.json"))]


def _made(typ: str, task: Literal["compile", "query"], result: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="symrnn-") as name:
        folder = Path(name)
        (folder / "document.typ").write_text(typ, encoding="utf-8")
        # the interpreter finds typst where this one found it, and no module in a working directory
        packages = {"PYTHONPATH": str(Path(typst.__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-SP", child.__file__, task, str(EPOCH)]
        status = run_engine("typst", command, folder, packages)
        log, made = folder / "document.log", folder / result
        if status == 0 and made.exists() and made.stat().st_size:
            return made.read_bytes()
        raise EngineError(f"engine typst: {_first(log, typ, status)}")


def _first(log: Path, typ: str, status: int) -> str:
    """Return the first error, its line, and the block whose call led to it."""
    if not log.exists():
        return f"nothing came out (status {status})"
    words = log.read_text(encoding="utf-8").split("\nerror: ")[0]
    message = words.removeprefix("error: ").split("\n")[0]
    lines = [int(number) for number in re.findall(r"document\.typ:(\d+):", words)]
    where = f"line {lines[0]} (in {place(typ, lines[-1])}): " if lines else ""
    hint = "; no packages are fetched" if "package" in message else ""
    return f"{where}{message}{hint}"
