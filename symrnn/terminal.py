"""What a person sees at a terminal: words as they are, and how far the work has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


def printable(words: object) -> str:
    r"""Return words as one line for a terminal: what would move its cursor or hide text is written out.

    >>> printable("a\x1b[31m\u202eb")
    'a\\x1b[31m\\u202eb'
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(words))


@contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is being done; silent elsewhere."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as display:
        task = display.add_task(printable(title), total=None)
        yield lambda words: display.update(
            task, description=printable(f"{title}: {words}")[: max(20, console.width - 20)]
        )


@contextmanager
def counted(title: str, total: int) -> Iterator[tuple[Callable[[str], None], Callable[[], None]]]:
    """Show on a terminal a bar that grows, and what is being done; silent elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    saying = TextColumn("{task.description}", markup=False)
    with Progress(
        *columns, saying, console=console, transient=True, disable=not console.is_terminal
    ) as display:
        task = display.add_task(printable(title), total=total)
        yield (
            lambda words: display.update(
                task, description=printable(f"{title}: {words}")[: max(20, console.width - 60)]
            ),
            lambda: display.advance(task),
        )
