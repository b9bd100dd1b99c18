"""What engines have in common: how much they may use, and the error of one that makes no PDF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from symrnn.document.processes import Limits, StoppedError, run_confined
from symrnn.tensor import SystemRefusal

LIMITS = Limits(seconds=120, memory=2 << 30, file_size=200 << 20)


class EngineError(SystemRefusal):
    """A PDF could not be made; the message names the engine and what would help."""


def run_engine(
    engine: str,
    command: Sequence[str],
    folder: Path,
    settings: Mapping[str, str],
    output: Path | None = None,
    limits: Limits | None = None,
    readable: Iterable[Path] | None = None,
) -> int:
    """Run an engine confined and return its status; ``EngineError`` if it was stopped."""
    try:
        return run_confined(command, folder, limits or LIMITS, settings, output, readable)
    except StoppedError as error:
        raise EngineError(f"engine {engine}: {error}") from None
