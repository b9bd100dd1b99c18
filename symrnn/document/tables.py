"""Tables that fit their page: estimated widths, and a wide table cut into several, column by column."""

from __future__ import annotations

from dataclasses import replace

from symrnn.document.blocks import Table, Text
from symrnn.document.text import room_of
from symrnn.notation import EM

PAGE = 160.0  # millimetres, of a table that stands alone
GAP, SMALL = 4.4, 10 / 11  # millimetres between columns; type of tables beside that of text


def table_width(table: Table) -> float:
    """Return the width of a table in millimetres, as estimated from its cells."""
    widths = _column_widths(table)
    return sum(widths) + GAP * (len(widths) - 1)


def cut(table: Table, like: Table | None = None, room: float = PAGE) -> list[Table]:
    """Return a table as tables that fit, each with the first column.

    Parameters
    ----------
    table : Table
    like : Table, optional
        The table to measure, if that is another: what hides numbers must not show how wide they are.
    room : float
        Millimetres.
    """
    first, *rest = _column_widths(like or table)
    groups: list[list[int]] = [[]]
    used = first
    for number, needed in enumerate(rest, start=1):
        if groups[-1] and used + GAP + needed > room:
            groups.append([])
            used = first
        groups[-1].append(number)
        used += GAP + needed
    parts = [_part(table, (0, *group)) for group in groups]
    parts[1:] = [replace(part, title=()) for part in parts[1:]]
    parts[:-1] = [replace(part, note=()) for part in parts[:-1]]
    return parts


def _part(table: Table, columns: tuple[int, ...]) -> Table:
    """Return some columns of a table, without the last rows if they say nothing there, such as a total."""

    def chosen(cells: tuple[Text, ...]) -> tuple[Text, ...]:
        return tuple(cells[number] for number in columns) if cells else ()

    rows = [chosen(one) for one in table.rows]
    while rows and not any(rows[-1][1:]):
        rows.pop()
    rules = tuple(number for number in table.rules if number < len(rows))
    align = "".join(table.align[number] for number in columns)
    return replace(table, header=chosen(table.header), rows=tuple(rows), align=align, rules=rules)


def _column_widths(table: Table) -> list[float]:
    lines = [line for line in (table.header, *table.rows) if line]
    return [SMALL * EM * max(map(room_of, column)) for column in zip(*lines)]
