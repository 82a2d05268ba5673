"""Tables for spreadsheets: lines of CSV in which no text is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from oncall import local_time

# Tells spreadsheets how it is encoded.
MARK: Final = "\ufeff"
# What spreadsheets take for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """The rows as text; None is empty."""
    text = io.StringIO()
    csv.writer(text).writerows([[harmless(value) for value in row] for row in rows])
    return text.getvalue()


def harmless(value: object) -> object:
    """A text no spreadsheet reckons with. Phone numbers stay as they are: of digits alone nothing can be made."""
    if isinstance(value, str) and value.startswith(_FORMULA) and not value[1:].isdigit():
        return f"'{value}"
    return "" if value is None else value


def local_instant(at: datetime, zone: ZoneInfo) -> str:
    """An instant in the desk's zone, with its distance from UTC."""
    return local_time(at, zone=zone).isoformat(sep=" ", timespec="seconds")
