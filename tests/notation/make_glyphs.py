"""Make ``symrnn/notation/glyphs.py``: ``python -m tests.notation.make_glyphs``.

Needs fonttools, brotli and TeX's Latin Modern Math; STIX Two Math lies beside the template of the page.
"""

import json
import math
import string
import subprocess
from pathlib import Path

from symrnn.notation.emitters.mathml import SIGNS, SYMBOLS, UPRIGHT
from tests import ROOT

MODULE = ROOT / "symrnn" / "notation" / "glyphs.py"
STIX = ROOT / "templates" / "html" / "font" / "math.woff2"
HEAD = '''"""How wide glyphs are, in thousandths of an em: the wider of Latin Modern Math and STIX Two Math.

Made by ``tests/notation/make_glyphs.py``, not by hand.
"""

# fmt: off
'''


def latin_modern() -> Path | None:
    """Return TeX's font of mathematics, if there is one."""
    try:
        found = subprocess.run(["kpsewhich", "latinmodern-math.otf"], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return Path(found.stdout.strip()) if found.stdout.strip() else None


def italic(letter: str) -> str:
    """Return a letter as formulas show it; the slanted h is older than its alphabet."""
    if letter in "h∂":
        return {"h": "ℎ", "∂": "𝜕"}[letter]
    for first, last, slanted in ("AZ𝐴", "az𝑎", "αω𝛼"):
        if first <= letter <= last:
            return chr(ord(slanted) + ord(letter) - ord(first))
    return letter


def characters() -> dict[str, dict[str, str]]:
    """Return the character behind each entry of each table."""
    letters = {letter: letter for letter in string.ascii_letters} | SYMBOLS
    return {
        "SYMBOLS": {name: sign if name in UPRIGHT else italic(sign) for name, sign in letters.items()},
        "SIGNS": SIGNS | {"<": "<", ">": ">", "<=": "≤", ">=": "≥"},
        "TEXT": {sign: sign for sign in map(chr, range(32, 127))},
    }


def tables(*paths: Path) -> dict[str, dict[str, int]]:
    """Return the width of each entry in the font where it is widest."""
    from fontTools.ttLib import TTFont

    fonts = [TTFont(path) for path in paths]

    def width(sign: str) -> int:
        found = [font["hmtx"][font.getBestCmap()[ord(sign)]][0] / font["head"].unitsPerEm for font in fonts]
        return math.ceil(round(1000 * max(found), 3))

    return {
        table: {name: width(sign) for name, sign in entries.items()}
        for table, entries in characters().items()
    }


def source(found: dict[str, dict[str, int]]) -> str:
    """Return the module."""
    lines = [HEAD]
    for table, entries in found.items():
        pairs = [f"{json.dumps(name)}: {width}," for name, width in entries.items()]
        rows = (pairs[start : start + 7] for start in range(0, len(pairs), 7))
        lines += [f"{table} = {{", *(f"    {' '.join(row)}" for row in rows), "}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    latin = latin_modern()
    if latin is None:
        raise SystemExit("kpsewhich finds no latinmodern-math.otf")
    MODULE.write_text(source(tables(latin, STIX)), encoding="utf-8")
