"""Filling in one of our own templates: for text that no document stands behind, such as a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symrnn.document.sandbox import environment, template_folder


def filled(
    folder: str,
    name: str,
    values: Mapping[str, Any],
    *,
    made: type[str],
    escape: Callable[[str], str],
    filters: Mapping[str, Callable[..., Any]],
) -> str:
    """Return a template of a folder, filled in.

    Parameters
    ----------
    folder, name : str
        ``python`` and ``module.py.j2``, say.
    values : mapping of name to value
        What the template knows.
    made : class
        Of the text that is printed as it is.
    escape : callable
        What makes any other text harmless; nothing but text and whole numbers is printed.
    filters : mapping of name to callable
    """

    def printed(value: object) -> str:
        if isinstance(value, made):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str):
            return escape(value)
        raise TypeError(f"a template in {folder} cannot print {value!r}")

    sandbox = environment([template_folder(folder)], made, printed)
    sandbox.filters.update(filters)
    return str(sandbox.get_template(name).render(values))
