"""Where in a document a line of its source belongs.

Templates write a comment before every block, ``%-- table`` in LaTeX and ``//-- table`` in Typst, with the
words of a heading in quotation marks. So the first error of an engine can be shown with the step it is in.
"""

from __future__ import annotations

import re

MARK = re.compile(r"\s*(?:%|//)-- (.+)")


def place(source: str, line: int) -> str:
    r"""Return the block that a line, counted from 1, belongs to, and its section.

    >>> source = 'preamble\n%-- "Paths"\n\\head{Paths}\n%-- step 3\n\\Step{3}'
    >>> place(source, 5)
    'step 3 of "Paths"'
    >>> place(source, 1)
    'the preamble'
    """
    block = section = ""
    for words in (found[1] for text in source.split("\n")[:line] if (found := MARK.fullmatch(text))):
        if words.startswith('"'):
            section, block = words, ""
        else:
            block = words
    return " of ".join(filter(None, (block, section))) or "the preamble"
