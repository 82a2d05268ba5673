"""The log of who did what that has to be answered for, for administrators: to look through, and as a table."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Response, request
from flask.typing import ResponseReturnValue

from app.services import Services
from app.store import Audit, AuditEntry, BadCursor
from app.store import Page as Entries
from app.web.desk import states
from app.web.desk.admin import ADMINS, drawn
from app.web.desk.doors import Page, visitor
from app.web.desk.given_dates import given_date
from app.web.desk.look import address_with, zone_of
from app.web.desk.spreadsheets import MARK, csv_lines, local_instant
from oncall import day_starts_at, local_date, local_time

_HERE: Final = "/desk/audit"
_USUAL: Final = "30d"
_LONGEST: Final = 120
_DAYS: Final = {"today": 1, "7d": 7, "30d": 30, "90d": 90}
_SPANS: Final = (
    ("today", "Today"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
    ("90d", "Last 90 days"),
    ("all", "All time"),
    ("dates", "Between dates"),
)
_HEAD: Final = ("when", "who", "did", "to", "particulars")


def pages(services: Services) -> tuple[Page, ...]:
    """The audit log, and the table of it."""
    log = _Log(services)
    return (
        Page(rule="/audit", name="audit", view=log.show, roles=ADMINS),
        Page(rule="/audit.csv", name="export_audit", view=log.export, roles=ADMINS),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Query:
    """What the reader chose; empty texts do not limit."""

    actor: str = ""
    subject: str = ""
    action: str = ""
    span: str = _USUAL
    first: date | None = None
    last: date | None = None

    def address(self, path: str = _HERE) -> str:
        dates = {
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
        }
        span = self.span if self.span != _USUAL else None
        texts = {"actor": self.actor, "subject": self.subject, "action": self.action}
        return address_with(path, {**texts, "span": span, **dates})


@dataclass(frozen=True, slots=True)
class _Log:
    """Each page by its name."""

    services: Services

    def show(self) -> ResponseReturnValue:
        query, after = _asked(request.args), request.args.get("after") or None
        try:
            page = self._entries(query, limit=self.services.lengths.audit_page, cursor=after)
        except BadCursor:
            return states.not_found()
        return drawn(
            "audit.html",
            "audit",
            page=page,
            query=query,
            is_usual=query == _Query(),
            spans=_SPANS,
            actions=[(each, each.replace("_", " ")) for each in self.services.store.audit.actions()],
            export=query.address("/desk/audit.csv"),
            newest=query.address() if after else "",
        )

    def export(self) -> ResponseReturnValue:
        query, at, zone = _asked(request.args), self.services.clock.now(), zone_of(self.services)
        # What is written from now on, this export first of all, is not part of it.
        lines = self._lines(query, zone, first=self._entries(query, limit=self.services.lengths.export, cursor=None))
        chosen = [name for name in _Query.__slots__ if getattr(query, name)]
        self.services.store.audit.write(
            AuditEntry(at=at, actor=visitor().name, action="audit_exported", subject="audit", detail={"by": [*chosen]})
        )
        answer = Response(lines, mimetype="text/csv")
        name = f"audit-{local_time(at, zone=zone):%Y-%m-%d-%H%M}.csv"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def _lines(self, query: _Query, zone: ZoneInfo, *, first: Entries[AuditEntry]) -> Iterator[str]:
        yield MARK + csv_lines([_HEAD])
        page: Entries[AuditEntry] | None = first
        while page is not None:
            yield csv_lines(_row(each, zone) for each in page.items)
            page = self._entries(query, limit=self.services.lengths.export, cursor=page.next) if page.next else None

    def _entries(self, query: _Query, *, limit: int, cursor: str | None) -> Entries[AuditEntry]:
        since, until = self._bounds(query)
        log: Audit = self.services.store.audit
        return log.list(
            limit=limit,
            cursor=cursor,
            subject=query.subject or None,
            actor=query.actor or None,
            action=query.action or None,
            since=since,
            until=until,
        )

    def _bounds(self, query: _Query) -> tuple[datetime | None, datetime | None]:
        zone = zone_of(self.services)
        today = local_date(self.services.clock.now(), zone=zone)
        first, last = query.first, query.last
        if query.span in _DAYS:
            first, last = today - timedelta(days=_DAYS[query.span] - 1), None
        since = day_starts_at(first, zone=zone) if first else None
        return since, day_starts_at(last + timedelta(days=1), zone=zone) if last else None


def _asked(given: Mapping[str, str]) -> _Query:
    """What the parameters of an address say; what cannot be read does not limit."""
    actor, subject, action = (given.get(name, "").strip()[:_LONGEST] for name in ("actor", "subject", "action"))
    span = given.get("span", _USUAL)
    query = _Query(actor=actor, subject=subject, action=action, span=span if span in dict(_SPANS) else _USUAL)
    first, last = given_date(given.get("first", "")), given_date(given.get("last", ""))
    return replace(query, first=first, last=last) if span == "dates" else query


def _row(entry: AuditEntry, zone: ZoneInfo) -> tuple[object, ...]:
    detail = json.dumps(dict(entry.detail), ensure_ascii=False) if entry.detail else ""
    return local_instant(entry.at, zone), entry.actor, entry.action, entry.subject, detail
