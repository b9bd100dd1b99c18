"""The picture of the README: a cell file at the left, a certified derivation from it at the right.

Run ``python -m tests.golden.picture`` to draw it again.
"""

from __future__ import annotations

import json

import typst

import symrnn
from symrnn.document import Document, render
from symrnn.model import HERE
from symrnn.report.compose import steps
from tests import ROOT

TARGET = ROOT / "reports" / "deep" / "overview.png"
PAGE = "#set page(width: 268mm, height: auto, margin: 7mm, header: none, footer: none, fill: white)"


def source() -> str:
    """Return the Typst source of the picture."""
    network = symrnn.Cell.load("elman").unroll(steps=3)
    derivation = symrnn.derive(symrnn.Total(network["L", 3], network["W"]), network)
    assert symrnn.certify(derivation, seed=0).holds
    page = render(Document((), (), (steps(derivation),), "", "", ()), "typ")
    preamble = page[: page.index("#title")]
    body = page[page.rindex("#steps(") :]
    lines = (HERE / "cells" / "elman.toml").read_text(encoding="utf-8").splitlines()
    kept = (line for line in lines if not line.startswith(("#", "source", "description")))
    cell = "\n".join(line.partition("#")[0].rstrip() if line.startswith("[") else line for line in kept)
    code = f'raw({json.dumps(cell)}, lang: "toml", block: true)'
    left = f"#block(fill: panel, inset: 5mm, radius: 1mm, width: 100%, {code})"
    columns = (
        "#grid(columns: (88mm, 1fr), column-gutter: 7mm, align: horizon, [" + left + "], [" + body + "])"
    )
    return f"{preamble}\n{PAGE}\n#set text(size: 10pt)\n{columns}\n"


def main() -> None:
    """Draw the picture."""
    TARGET.write_bytes(typst.compile(source().encode(), format="png", ppi=110))
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
