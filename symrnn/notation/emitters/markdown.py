r"""The Markdown emitter: formulas in LaTeX and plain text that stays plain, for the cells of a notebook.

Notebooks are shown by several programs, each with its own Markdown and its own LaTeX. What is written here
means the same in all of them: formulas have no colours, and no sign that a table or a page would take for its
own. Text keeps no meaning for Markdown, for HTML, and for the script that looks for formulas in the finished
page: ``$`` and the backslash stand in ``<code>``, where that script does not look.
"""

from __future__ import annotations

import re

from symrnn.notation import tree as trees
from symrnn.notation.emitters.latex import clean, latex
from symrnn.notation.measure import EM, width
from symrnn.notation.tree import Tree, changed, pieces, uncoloured


class Markdown(str):
    """Markdown made by an emitter or a template: never escaped again."""

    __slots__ = ()


SHOWN = (
    trees.Symbol | trees.Number | trees.Operator | trees.Name | trees.Words | trees.Row | trees.Accent
    | trees.Script | trees.Fraction | trees.Group | trees.BigSum | trees.Matrix | trees.Cases
    | trees.Underbrace | trees.Coloured
)  # fmt: skip
PAGE = 150.0  # millimetres
VEIL = re.compile(r"\\mathrm\{veil(\d+)\}")
SIGNS = {r"\|": r"\Vert ", "|": r"\vert ", "<": r"\lt ", ">": r"\gt "}
INSIDE = r"""[&<>"*_`~\[\]|\#@{}]    # marks of emphasis, code, links, tables, pages
      | (?<=\d)[.)](?=\s|$)         # a list with numbers
      | (?<=www)\. | :(?=//)        # addresses"""
MARKS = re.compile(INSIDE, re.VERBOSE | re.IGNORECASE)
BEGINNINGS = re.compile(rf"^\s*[-+=:.)] | {INSIDE}", re.VERBOSE | re.IGNORECASE)  # a line, a list, a table


def math(tree: Tree) -> Markdown:
    r"""Write a layout tree in LaTeX that every notebook knows, to stand between dollar signs.

    >>> print(math(trees.Group(trees.Symbol("W"), "||")))
    \Vert W \Vert
    """
    shown = _veiled(uncoloured(tree))
    for piece in pieces(shown):
        if not isinstance(piece, SHOWN):
            raise NotImplementedError(f"no notebook shows {piece!r}")
    source = VEIL.sub(lambda found: box(int(found[1]) / 10), latex(shown))
    for sign, name in SIGNS.items():
        source = source.replace(sign, name)
    return Markdown(" ".join(source.split()))


def box(millimetres: float) -> Markdown:
    """Return an empty box of some width, as a formula; none is wider than a page."""
    return Markdown(rf"\boxed{{\rule{{0pt}}{{1em}}\hspace{{{min(millimetres, PAGE) / EM:.3g}em}}}}")


def _veiled(tree: Tree) -> Tree:
    """Replace what is hidden by a symbol that says nothing but its width, in tenths of a millimetre."""
    if isinstance(tree, trees.Hidden):
        return trees.Symbol(f"veil{round(10 * width(tree))}")
    return changed(tree, _veiled)


def escape(text: str, begins: bool = True) -> Markdown:
    r"""Plain text as Markdown that prints it; ``begins`` where a line may begin with it.

    >>> print(escape("50 % of $x_1$ [a](b) <i>"))
    50 % of <code>&#36;</code>x&#95;1<code>&#36;</code> &#91;a&#93;(b) &#60;i&#62;
    """
    parts = re.split(r"([$\\]+)", clean(text))
    return Markdown(
        "".join(
            f"<code>{_entities(part)}</code>"
            if number % 2
            else (BEGINNINGS if begins else MARKS).sub(lambda found: _entities(found[0]), part)
            for number, part in enumerate(parts)
        )
    )


def attribute(text: str) -> Markdown:
    """Plain text for an attribute of an HTML element, in a line or in a table."""
    return Markdown("".join(c if c.isalnum() or c in ",.;" else _entities(c) for c in clean(text)))


def _entities(text: str) -> str:
    return "".join(c if c.isspace() else f"&#{ord(c)};" for c in text)
