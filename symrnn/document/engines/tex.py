"""The installed pdflatex, confined: it reads its own folder and its own installation, and starts nothing.

It runs until its auxiliary files stop changing. What a log says about boxes that are too wide is data for
tests.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from symrnn.document.engines.confined import LIMITS, EngineError, run_engine
from symrnn.document.engines.place import place

PASSES = 4
PATIENCE = 10  # seconds for a version; a TeX that is read from disk for the first time takes two
ADVICE = (
    "install TeX with `apt-get install texlive-latex-extra lmodern texlive-fonts-recommended tex-gyre`,"
    " or use the built-in engine with `--engine typst`"
)
CONFINED = {"openin_any": "p", "openout_any": "p", "shell_escape": "f", "max_print_line": "1000"}
CONFINED |= {name: "0" for name in ("MKTEXTFM", "MKTEXPK", "MKTEXMF")}  # no scripts that make bitmap fonts
SYSTEM = ("/bin", "/usr/bin", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store")
LOADER = "/etc/ld.so.cache"
TREES = "$TEXMF:$TEXMFROOT:$TEXMFSYSVAR:$TEXMFSYSCONFIG:$TEXMFLOCAL"
OPTIONS = ["-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode", "-file-line-error"]
PLAIN = ["document.tex"]
# no PDF, and empty places for pictures: half the time
DRAFT = ["-draftmode", r"\def\placesonly{}\input{document.tex}"]
NOTHING: Mapping[str, bytes] = {}
MISSING = r"\.(sty|cls|def|fd|tfm)' not found|\bFont .* (not loadable|not found)"


class MissingPackage(EngineError):
    """pdflatex is there, but not everything the templates use."""


PREAMBLE_END = "% ---- what follows is this document alone"


@dataclass
class Shared:
    """What pdflatex can take over from a document with the same preamble and the same pages.

    Attributes
    ----------
    references : dict of str to bytes
        Auxiliary files, by name.
    preambles : dict of str to bytes
        Formats that have a preamble loaded, by its source.
    """

    references: dict[str, bytes] = field(default_factory=dict)
    preambles: dict[str, bytes] = field(default_factory=dict)


def run_pdflatex(tex: str, shared: Shared | None = None) -> tuple[bytes, str]:
    """Run pdflatex until its auxiliary files stand still, and return the PDF and the log.

    With ``shared`` references and a loaded preamble one short run is enough, if the pages are the same.

    Raises
    ------
    EngineError
        If there is no pdflatex, or an error in the source; it names the line and the block.
    """
    binary = _installed()
    preamble, mark, rest = tex.partition(PREAMBLE_END)
    if shared is not None and shared.references and preamble in shared.preambles:
        files = shared.references | {"loaded.fmt": shared.preambles[preamble]}
        with contextlib.suppress(EngineError):  # the whole document, below, tells in which line
            pdf, log, shared.references = _until_stable(binary, mark + rest, files, shared.references)
            return pdf, log
    pdf, log, after = _until_stable(binary, tex)
    if shared is not None:
        shared.references = after
        loaded = _loaded(binary, preamble) if mark else b""
        shared.preambles |= {preamble: loaded} if loaded else {}
    return pdf, log


def _until_stable(
    binary: str, tex: str, files: Mapping[str, bytes] = NOTHING, before: Mapping[str, bytes] | None = None
) -> tuple[bytes, str, dict[str, bytes]]:
    """Run pdflatex in a folder with these files; return the PDF, the log and the auxiliary files."""
    with tempfile.TemporaryDirectory(prefix="symrnn-") as name:
        folder = Path(name)
        for file, content in {**files, "document.tex": tex.encode()}.items():
            (folder / file).write_bytes(content)
        loaded = ["-fmt=loaded"] if "loaded.fmt" in files else []
        for number in range(PASSES):
            draft = number == 0 and before is None  # only to learn the page references
            status = _pass(binary, folder, [*loaded, "-jobname=document", *(DRAFT if draft else PLAIN)])
            path = folder / "document.log"
            log = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
            pdf = folder / "document.pdf"
            if status != 0 or not (draft or pdf.exists()):
                raise _failure(tex, log, status)
            names = ("document.aux", "document.out")
            after = {name: (folder / name).read_bytes() for name in names if (folder / name).exists()}
            if after == before and not draft:
                break
            before = after
        return pdf.read_bytes(), log, after


def _loaded(binary: str, preamble: str) -> bytes:
    """Return a format with a preamble loaded, or nothing if it cannot be made."""
    with tempfile.TemporaryDirectory(prefix="symrnn-") as name:
        folder = Path(name)
        (folder / "loaded.tex").write_text(preamble + "\\dump\n", encoding="utf-8")
        with contextlib.suppress(EngineError):
            _pass(binary, folder, ["-ini", "-jobname=loaded", "&pdflatex", "loaded.tex"])
        made = folder / "loaded.fmt"
        return made.read_bytes() if made.exists() else b""


def _pass(binary: str, folder: Path, arguments: Sequence[str]) -> int:
    """Run pdflatex once and return its status."""
    command = [binary, *OPTIONS, *arguments]
    return run_engine("pdflatex", command, folder, _settings(folder), readable=_readable(binary))


def _settings(folder: Path) -> dict[str, str]:
    """Return the variables that confine TeX; what it keeps for a person is in its folder."""
    return CONFINED | {name: str(folder / "home") for name in ("TEXMFVAR", "TEXMFHOME", "TEXMFCONFIG")}


@cache
def _readable(binary: str) -> tuple[Path, ...]:
    """Return what pdflatex may read: programs and libraries, and the trees of its installation."""
    beside = Path(binary).resolve().parent
    found = shutil.which("kpsewhich", path=f"{Path(binary).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    libraries = filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep))
    trees = "" if found is None else _said([found, f"--expand-braces={TREES}"], "trees.txt")
    named = (tree.strip().removeprefix("!!") for tree in trees.split(os.pathsep))
    return (
        beside,
        *map(Path, SYSTEM),
        *map(Path, libraries),
        *(Path(tree) for tree in named if tree[:1] == "/"),
    )


def _said(command: Sequence[str], name: str) -> str:
    """Return what a program of TeX says of itself, or nothing."""
    with tempfile.TemporaryDirectory(prefix="symrnn-") as place:
        folder, output = Path(place), Path(place) / name
        limits = replace(LIMITS, seconds=PATIENCE, file_size=1 << 16)
        with contextlib.suppress(EngineError):
            if run_engine("pdflatex", command, folder, _settings(folder), output, limits) == 0:
                return output.read_text(encoding="utf-8", errors="replace")
        return ""


def _failure(tex: str, log: str, status: int) -> EngineError:
    error = re.search(r"^(?:!pdfTeX error: |! |(?:\./)?document\.tex:\d+: )(.*)$", log, re.MULTILINE)
    line = re.search(r"^(?:l\.|(?:\./)?document\.tex:)(\d+)", log, re.MULTILINE)
    where = f"line {line[1]} (in {place(tex, int(line[1]))}): " if line else ""
    what = f"engine pdflatex: {where}{error[1].rstrip('.') if error else f'status {status}'}"
    if re.search(MISSING, log):
        return MissingPackage(f"{what}; {ADVICE}")
    return EngineError(f"{what}; to try the built-in engine: `--engine typst`")


def pdflatex_version() -> str:
    """Return the first line of what pdflatex says of itself.

    Raises
    ------
    EngineError
        If there is none, or it says nothing within some seconds.
    """
    return _version(_installed())


def _installed() -> str:
    binary = shutil.which("pdflatex")
    if binary is None:
        raise EngineError(f"engine pdflatex: there is no pdflatex on PATH; {ADVICE}")
    return binary


@cache
def _version(binary: str) -> str:
    first = _said([binary, "--version"], "version.txt").partition("\n")[0].replace("/Debian", "").strip()
    if not first.startswith("pdfTeX") or len(first) > 100 or not first.isprintable():
        raise EngineError(
            f"engine pdflatex: {binary} does not say within {PATIENCE} s which pdfTeX it is; {ADVICE}"
        )
    return first


def overfull(log: str) -> list[tuple[float, str]]:
    """Return what a log says about boxes that are too wide or too high: excess in points, and where."""
    found = re.findall(r"^Overfull \\[hv]box \(([\d.]+)pt too (?:wide|high)\) (.*)$", log, re.MULTILINE)
    return [(float(points), where) for points, where in found]
