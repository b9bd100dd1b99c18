"""The sandbox: Jinja2 with our templates, and with those that a person put in a folder in their place.

A template is somebody's program. It can loop and print what it is given; it reaches no attribute that starts
with an underscore, changes nothing, opens no file but the templates beside it, and stops at the first unknown
name. One that is not ours runs in a process of its own, within limits, and its errors are shown with file and
line.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    Undefined,
    meta,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from symrnn.document.processes import Limits, StoppedError, call_apart
from symrnn.tensor import InputError

LIMITS = Limits(seconds=60, memory=4 << 30)  # for one format, with the memory that symrnn has already
MOST_TEXT = 50_000_000  # characters that a template may print


class TemplateError(InputError):
    """A template that cannot be used; the message names its file, its line and what is wrong."""


class _Folders(FileSystemLoader):
    """Templates of some folders, the first one first; a link that leads out of them is not followed."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, file, is_fresh = super().get_source(environment, template)
        inside = any(
            Path(file).resolve().is_relative_to(Path(folder).resolve()) for folder in self.searchpath
        )
        if not inside:
            raise TemplateNotFound(template)
        return source, file, is_fresh


def template_folder(name: str) -> Path:
    """Return one of our folders of templates: inside an installed package, else beside it."""
    package = Path(__file__).parents[1]
    for folder in (package / "templates", package.parent / "templates"):
        if folder.is_dir():
            return folder / name
    raise FileNotFoundError(f"no templates in {package} or beside it: install symrnn again")


def environment(
    folders: Sequence[Path], made: type[str], printed: Callable[[object], str]
) -> ImmutableSandboxedEnvironment:
    """Return the environment for templates of one format.

    Parameters
    ----------
    folders : sequence of Path
        Where a name is looked up, in this order.
    made : class
        Of the markup that is printed as it is.
    printed : callable
        What a template prints for a value.
    """
    sandbox = ImmutableSandboxedEnvironment(
        loader=_Folders(folders),
        undefined=StrictUndefined,
        finalize=lambda value: printed(
            str(value) if isinstance(value, Undefined) else value
        ),  # str says what
        block_start_string=r"\BLOCK{",
        block_end_string="}",
        variable_start_string=r"\VAR{",
        variable_end_string="}",
        comment_start_string=r"\#{",
        comment_end_string="}",
        line_statement_prefix="%%",
        line_comment_prefix="%#",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # it knows HTML alone; ``printed`` does for every format
    )
    sandbox.concat = lambda parts: made("".join(parts))  # type: ignore[method-assign]  # meant by Jinja: its native environment does so
    return sandbox


def checked_folder(folder: Path, ours: Sequence[str]) -> Path:
    """Return a folder of templates, if it holds one that takes the place of one of ours.

    Raises
    ------
    TemplateError
        If it is no folder, or nothing in it has the name of one of ours.
    """
    if not folder.is_dir():
        raise TemplateError(f"--templates {folder}: there is no such folder; accepted: a folder of templates")
    if not any((folder / name).is_file() for name in ours):
        raise TemplateError(
            f"--templates {folder}: no file in it has the name of a template of these formats;"
            f" accepted: {', '.join(ours)}"
        )
    return folder


def reached(sandbox: Environment, names: Iterable[str]) -> dict[str, str]:
    """Return the sources of templates and of all that they refer to, by name; "" where there is none.

    Raises
    ------
    TemplateError
        If a template refers to another by a name that it computes.
    """
    assert sandbox.loader is not None
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            found[name], file, _ = sandbox.loader.get_source(sandbox, name)
        except TemplateNotFound:  # an include may say that it can do without
            found[name] = ""
            continue
        for other in meta.find_referenced_templates(sandbox.parse(found[name], name, file)):
            if other is None:
                raise TemplateError(
                    f"template {file}: it computes the name of another; accepted: a name in quotes"
                )
            waiting.append(other)
    return found


def rendered_apart(make: Callable[[], str], folder: Path) -> str:
    """Return what templates of a stranger make, in a process of its own where processes can be forked.

    Raises
    ------
    TemplateError
        If a template is wrong, or does not come to an end.
    """
    try:
        return call_apart(partial(_made, make, folder), LIMITS)
    except StoppedError as error:
        raise TemplateError(f"templates of {folder}: {error}") from None


def _made(make: Callable[[], str], folder: Path) -> str:
    try:
        source = make()
    except Exception as error:  # whatever a template of a stranger does becomes one message
        raise TemplateError(_explained(error, folder)) from None
    if len(source) > MOST_TEXT:
        raise TemplateError(
            f"templates of {folder}: they print {len(source)} characters; at most {MOST_TEXT} are kept"
        )
    return source


def _explained(error: Exception, folder: Path) -> str:
    """Return a message with the template and the line where an error came from."""
    message, file, line = str(error) or type(error).__name__, "", 0
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.endswith((".j2", ".css", ".js")):
            file, line = frame.filename, frame.lineno or 0
    match error:
        case TemplateSyntaxError():
            file, line, message = error.filename or error.name or file, error.lineno, error.message or message
        case TemplateNotFound():
            message = f"there is no template {error.name!r:.80} in {folder} or among ours"
        case UnicodeDecodeError():
            message = f"byte {error.start} of a template is not UTF-8; save it as UTF-8 text"
        case MemoryError():
            message = f"more memory than {LIMITS.memory >> 30} GB"
        case RecursionError():
            message = "nested too deeply; does a template extend or include itself?"
    place = f"{file}, line {line}" if line else file or f"templates of {folder}"
    return f"template {place}: {_one_line(message)}" if file else f"{place}: {_one_line(message)}"


def _one_line(words: Any) -> str:
    return " ".join(str(words).split())[:300]
