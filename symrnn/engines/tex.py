"""The installed pdflatex, confined: it reads its own folder and its own installation, and starts nothing.

It runs until its auxiliary files stop changing. What a log says about boxes that are too wide is data for
tests.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from symrnn.engines.confined import TIMEOUT, EngineError, run, stopped
from symrnn.engines.place import place

PASSES = 4
ADVICE = (
    "install TeX with `apt-get install texlive-latex-extra lmodern texlive-fonts-recommended tex-gyre`,"
    " or use the built-in engine with `--engine typst`"
)
CONFINED = {"openin_any": "p", "openout_any": "p", "shell_escape": "f", "max_print_line": "1000"}
CONFINED |= {name: "0" for name in ("MKTEXTFM", "MKTEXPK", "MKTEXMF")}  # no scripts that make bitmap fonts
OPTIONS = ["-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode", "-file-line-error"]
# no PDF, and empty places for pictures: half the time
DRAFT = ["-draftmode", r"\def\placesonly{}\input{document.tex}"]
MISSING = r"\.(sty|cls|def|fd|tfm)' not found|\bFont .* (not loadable|not found)"


class MissingPackage(EngineError):
    """pdflatex is there, but not everything the templates use."""


def run_pdflatex(tex: str) -> tuple[bytes, str]:
    """Run pdflatex until its auxiliary files stand still, and return the PDF and the log.

    Raises
    ------
    EngineError
        If there is no pdflatex, or an error in the source; it names the line and the block.
    """
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
                raise _failure(tex, log, status)
            after = [
                path.read_bytes()
                for path in (folder / "document.aux", folder / "document.out")
                if path.exists()
            ]
            if after == before and not draft:
                break
            before = after
        return pdf.read_bytes(), log


def _pass(binary: str, folder: Path, draft: bool) -> int | None:
    """Run pdflatex once; None means that it was stopped."""
    home = str(folder / "home")
    own = {name: home for name in ("TEXMFVAR", "TEXMFHOME", "TEXMFCONFIG")}
    source = DRAFT if draft else ["document.tex"]
    return run([binary, *OPTIONS, "-jobname=document", *source], folder, CONFINED | own)


def _failure(tex: str, log: str, status: int | None) -> EngineError:
    if status is None:
        return stopped("pdflatex")
    error = re.search(r"^(?:!pdfTeX error: |! |(?:\./)?document\.tex:\d+: )(.*)$", log, re.MULTILINE)
    line = re.search(r"^(?:l\.|(?:\./)?document\.tex:)(\d+)", log, re.MULTILINE)
    where = f"line {line[1]} (in {place(tex, int(line[1]))}): " if line else ""
    what = f"engine pdflatex: {where}{error[1].rstrip('.') if error else f'status {status}'}"
    if re.search(MISSING, log):
        return MissingPackage(f"{what}; {ADVICE}")
    return EngineError(f"{what}; to try the built-in engine: `--engine typst`")


def pdflatex_version() -> str:
    """Return the first line of what pdflatex says of itself."""
    done = subprocess.run(
        ["pdflatex", "--version"], capture_output=True, text=True, check=True, timeout=TIMEOUT
    )
    return done.stdout.splitlines()[0].replace("/Debian", "")


def overfull(log: str) -> list[tuple[float, str]]:
    """Return what a log says about boxes that are too wide or too high: excess in points, and where."""
    found = re.findall(r"^Overfull \\[hv]box \(([\d.]+)pt too (?:wide|high)\) (.*)$", log, re.MULTILINE)
    return [(float(points), where) for points, where in found]
