"""PDF engines: the installed pdflatex if there is one, else the embedded typst.

Both run confined: in a temporary directory of their own, reading nothing else, with clocks that stand
still, so that the same source makes the same bytes everywhere. pdflatex runs without shell, with limits and
a time-out, until its auxiliary files stop changing. What a log says about boxes that are too wide is data
for tests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import typst

Engine = Literal["auto", "pdflatex", "typst"]

EPOCH = 1_577_836_800  # 2020-01-01: the creation date in every PDF
TIMEOUT = 120  # seconds for one run
PASSES = 4
MEMORY, FILE_SIZE = 2 << 30, 200 << 20  # bytes
ADVICE = (
    "install TeX with `apt-get install texlive-latex-extra lmodern texlive-fonts-recommended tex-gyre`,"
    " or use the built-in engine with `--engine typst`"
)


# no PDF, and empty places for pictures: half the time
DRAFT = ["-draftmode", r"\def\placesonly{}\input{document.tex}"]


class EngineError(ValueError):
    """A PDF could not be made; the message names the engine and what would help."""


class _MissingPackage(EngineError):
    """pdflatex is there, but not everything the templates use."""


def make_pdf(tex: str, typ: str, engine: Engine = "auto") -> tuple[bytes, str]:
    """Make a PDF out of one of two sources of the same document.

    Parameters
    ----------
    tex, typ : str
        The document in LaTeX and in Typst.
    engine : {"auto", "pdflatex", "typst"}
        ``auto`` takes pdflatex if it is installed with the packages it needs, else typst.

    Returns
    -------
    tuple[bytes, str]
        The PDF, and the engine with its version.

    Raises
    ------
    EngineError
        If the engine is not installed, or finds an error in its source.
    """
    if engine == "typst":
        return run_typst(typ), _typst_version()
    if engine == "auto" and shutil.which("pdflatex") is None:
        return run_typst(typ), _typst_version()
    try:
        return run_pdflatex(tex)[0], _pdflatex_version()
    except _MissingPackage as error:
        if engine == "pdflatex":
            raise
        return run_typst(typ), f"{_typst_version()} (instead of pdflatex: {str(error).split(';')[0]})"


def run_pdflatex(tex: str) -> tuple[bytes, str]:
    """Run pdflatex until its auxiliary files stand still, and return the PDF and the log."""
    binary = shutil.which("pdflatex")
    if binary is None:
        raise EngineError(f"engine pdflatex: there is no pdflatex on PATH; {ADVICE}")
    with tempfile.TemporaryDirectory(prefix="symrnn-") as name:
        folder = Path(name)
        (folder / "document.tex").write_text(tex, encoding="utf-8")
        before: list[bytes] = []
        for number in range(PASSES):
            draft = number == 0  # only to learn the page references
            status = _pass(binary, folder, draft)
            path = folder / "document.log"
            log = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
            pdf = folder / "document.pdf"
            if status != 0 or not (draft or pdf.exists()):
                raise _failure(log, status)
            after = [
                path.read_bytes()
                for path in (folder / "document.aux", folder / "document.out")
                if path.exists()
            ]
            if after == before and not draft:
                break
            before = after
        return pdf.read_bytes(), log


def _pass(binary: str, folder: Path, draft: bool = False) -> int | None:
    """Run pdflatex once; None means that it was stopped at a limit."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    keep = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH") if key in os.environ}
    confined = {"openin_any": "p", "openout_any": "p", "shell_escape": "f", "max_print_line": "1000"}
    own = {"HOME": str(home), "TEXMFVAR": str(home), "TEXMFHOME": str(home), "TEXMFCONFIG": str(home)}
    clock = {"TZ": "UTC", "SOURCE_DATE_EPOCH": str(EPOCH), "FORCE_SOURCE_DATE": "1", "LC_ALL": "C"}
    options = ["-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode", "-file-line-error"]
    process = subprocess.Popen(
        [binary, *options, "-jobname=document", *(DRAFT if draft else ["document.tex"])],
        cwd=folder,
        env=keep | confined | own | clock,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # never into document.out, which is a file of TeX's own
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_limit if os.name == "posix" else None,
    )
    try:
        status = process.wait(TIMEOUT)
        return status if status >= 0 else None
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _limit() -> None:
    import resource  # not on Windows, where nothing but this needs it

    resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT, TIMEOUT))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))


def _failure(log: str, status: int | None) -> EngineError:
    if status is None:
        return EngineError(
            f"engine pdflatex: stopped at its limits ({TIMEOUT} s, {MEMORY >> 30} GB); try `--engine typst`"
        )
    error = re.search(r"^(?:! |(?:\./)?document\.tex:\d+: )(.*)$", log, re.MULTILINE)
    line = re.search(r"^(?:l\.|(?:\./)?document\.tex:)(\d+)", log, re.MULTILINE)
    first = (f"line {line[1]}: " if line else "") + (error[1] if error else f"status {status}")
    missing = re.search(
        r"\.(sty|cls|def|fd|tfm)' not found|^! Font .* (not loadable|not found)", log, re.MULTILINE
    )
    kind = _MissingPackage if missing else EngineError
    return kind(f"engine pdflatex: {first}; {ADVICE}")


def _pdflatex_version() -> str:
    done = subprocess.run(
        ["pdflatex", "--version"], capture_output=True, text=True, check=True, timeout=TIMEOUT
    )
    return done.stdout.splitlines()[0].replace("/Debian", "")


def run_typst(typ: str) -> bytes:
    """Compile with the embedded typst and return the PDF."""
    with tempfile.TemporaryDirectory(prefix="symrnn-") as name:
        try:
            made = typst.compile(
                _written(name, typ), root=name, timestamp=EPOCH, ignore_system_fonts=True, format="pdf"
            )
        except typst.TypstError as error:
            raise EngineError(f"engine typst: {error}") from None
    if not isinstance(made, bytes):
        raise EngineError("engine typst: no PDF came out")
    return made


def _written(folder: str, typ: str) -> str:
    path = Path(folder) / "document.typ"
    path.write_text(typ, encoding="utf-8")
    return str(path)


def _typst_version() -> str:
    return f"typst {version('typst')}"


def overfull(log: str) -> list[tuple[float, str]]:
    """Return what a log says about boxes that are too wide or too high: excess in points, and where."""
    found = re.findall(r"^Overfull \\[hv]box \(([\d.]+)pt too (?:wide|high)\) (.*)$", log, re.MULTILINE)
    return [(float(points), where) for points, where in found]


def typst_overflows(typ: str) -> list[float]:
    """Return by how many points displays of a Typst source are wider than their places."""
    with tempfile.TemporaryDirectory(prefix="symrnn-") as name:
        answer = typst.query(
            _written(name, typ), "<overflow>", field="value", root=name, ignore_system_fonts=True
        )
    return [float(points) for points in json.loads(answer)]
