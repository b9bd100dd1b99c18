"""The seal: the last line of a generated file, a digest of all above it, which a change by hand breaks."""

from __future__ import annotations

import hashlib

SEAL = "# SHA-256 of the lines above: "


def sealed(text: str) -> str:
    """Return a text with its seal."""
    return f"{text}{SEAL}{_digest(text)}\n"


def is_sealed(text: str) -> bool:
    """Whether a text is as it was when it was sealed.

    >>> is_sealed(sealed("x = y")), is_sealed(sealed("x = y").replace("x", "z"))
    (True, False)
    """
    above, seal, digest = text.rpartition(SEAL)
    return bool(seal) and digest.strip() == _digest(above)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
