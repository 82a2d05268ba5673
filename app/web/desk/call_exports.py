"""The log of calls as a table for spreadsheets, written while it is read: local times with their zone."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.cdr.records import CallRecord
from app.store import CallFilters, CallLog
from oncall import local_time

_AT_ONCE: Final = 500
_HEAD: Final = (
    "started",
    "line",
    "caller",
    "dialled",
    "outcome",
    "answered_by",
    "priority",
    "wait_seconds",
    "talk_seconds",
    "ended",
    "ticket",
    "phones_rung",
    "call_sid",
    "revision",
)
# What spreadsheets take for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def exported(log: CallLog, filters: CallFilters, *, zone: ZoneInfo) -> Iterator[str]:
    """The lines of the table, newest call first, some at a time."""
    # The mark tells spreadsheets how it is encoded.
    yield "\ufeff" + _lines([_HEAD])
    cursor: str | None = None
    while True:
        page = log.page(filters, limit=_AT_ONCE, cursor=cursor)
        yield _lines([_row(each, zone) for each in page.items])
        cursor = page.next
        if cursor is None:
            return


def _row(record: CallRecord, zone: ZoneInfo) -> tuple[object, ...]:
    call = record.call
    return (
        _local(call.started_at, zone),
        call.line,
        call.caller,
        call.dialled,
        call.disposition,
        call.answered_by or "",
        call.priority,
        call.wait_seconds,
        call.talk_seconds,
        _local(call.ended_at, zone),
        call.ticket,
        len(record.legs),
        call.call_sid,
        call.config_revision,
    )


def _lines(rows: list[tuple[object, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([[_harmless(value) for value in row] for row in rows])
    return text.getvalue()


def _harmless(value: object) -> object:
    """A text no spreadsheet reckons with. Phone numbers stay as they are: of digits alone nothing can be made."""
    if isinstance(value, str) and value.startswith(_FORMULA) and not value[1:].isdigit():
        return f"'{value}"
    return "" if value is None else value


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else local_time(at, zone=zone).isoformat(sep=" ", timespec="seconds")
