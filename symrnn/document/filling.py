"""Filling in templates of our own for what is no document: a program, say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symrnn.document.sandbox import environment, template_folder


def filler(
    folder: str, made: type[str], escape: Callable[[str], str], filters: Mapping[str, Callable[..., Any]]
) -> Callable[..., str]:
    """Return a function that fills in a template of a folder: its name, then the values by their names.

    Parameters
    ----------
    folder : str
        Of ours, ``python`` for one.
    made : class
        Of the text that is printed as it is.
    escape : callable
        What makes any other text harmless; nothing but text and whole numbers is printed.
    filters : mapping of name to callable
    """

    def printed(value: object) -> str:
        if isinstance(value, made):
            return value
        if isinstance(value, str):
            return escape(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise TypeError(f"a template in {folder} cannot print {value!r}")

    sandbox = environment([template_folder(folder)], made, printed)
    sandbox.filters.update(filters)

    def fill(template: str, /, **values: Any) -> str:
        return str(sandbox.get_template(template).render(values))

    return fill
