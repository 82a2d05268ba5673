"""The log of calls as a table for spreadsheets, written while it is read: local times with their zone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.cdr.records import CallRecord
from app.store import CallFilters, CallLog
from app.web.desk.spreadsheets import MARK, csv_lines, local_instant

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


def exported(log: CallLog, filters: CallFilters, *, zone: ZoneInfo, at_once: int) -> Iterator[str]:
    """The lines of the table, newest call first, so many at a time."""
    yield MARK + csv_lines([_HEAD])
    cursor: str | None = None
    while True:
        page = log.page(filters, limit=at_once, cursor=cursor)
        yield csv_lines([_row(each, zone) for each in page.items])
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


def _local(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else local_instant(at, zone)
