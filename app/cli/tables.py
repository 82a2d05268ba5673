"""Rows of text on a screen: a ruled table in a terminal, aligned plain text everywhere else."""

import sys
from collections.abc import Sequence
from itertools import starmap

import click

GAP = "  "


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, marked: str | None = None) -> None:
    """Print the rows under headings. A row whose first cell is `marked` stands out in a terminal.

    Without a terminal nothing is cut, folded or coloured, so that the output can be searched and compared.
    """
    if not rows:
        return
    if sys.stdout.isatty():
        _print_ruled(headings, rows, marked=marked)
        return
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        cells = starmap(str.ljust, zip(row, widths, strict=True))
        click.echo(f"{GAP}{GAP.join(cells).rstrip()}")


def _print_ruled(headings: Sequence[str], rows: Sequence[Sequence[str]], *, marked: str | None) -> None:
    from rich import box  # noqa: PLC0415 (loaded only where somebody looks at it)
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(*headings, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        column.no_wrap, column.overflow = True, "fold"
    table.columns[-1].no_wrap = False  # the last column has the longest texts
    for row in rows:
        table.add_row(*map(escape, row), style="bold red" if row[0] == marked else None)
    Console().print(table)
