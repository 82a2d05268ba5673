"""Reports: what happened on the desk in a span of days, beside an earlier one, on a page, on paper and as tables."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import OVERSEERS
from app.cdr.call_sums import SHORT_ABANDON_SECONDS
from app.reports import Report, Span, report
from app.services import Services
from app.store import AuditEntry
from app.web.desk import reports_view, states
from app.web.desk.doors import Page, visitor
from app.web.desk.look import zone_of
from app.web.desk.reports_exports import TABLES, exported
from app.web.desk.reports_queries import BESIDES, LEVELS, RANGES, ReportQuery, report_query
from oncall import local_date

# The clock process counts today every minute; when it has not for so long, something is wrong there.
_STALE: Final = timedelta(minutes=5)


def pages(services: Services) -> tuple[Page, ...]:
    """The report, and its figures as tables."""
    reports = _Reports(services)
    return (
        Page(rule="/reports", name="reports", view=reports.show, roles=OVERSEERS),
        Page(rule="/reports.csv", name="export_report", view=reports.export, roles=OVERSEERS),
    )


@dataclass(frozen=True, slots=True)
class _Reports:
    """Each page by its name."""

    services: Services

    def show(self) -> ResponseReturnValue:
        query, at = report_query(request.args), self.services.clock.now()
        today = self._today(at)
        days = query.days(today)
        other = query.other_days(days)
        first_day = self.services.store.days.first_day()
        found = self._report(query, days)
        before = None
        if other is not None and first_day is not None and other.last >= first_day:
            before = self._report(query, other)
        snapshot = self.services.config.current()
        roster = snapshot.roster
        titles = {name: team.title for name, team in roster.teams.items()}
        titles |= {name: party.title for name, party in roster.outside_parties.items()}
        return render_template(
            "reports.html",
            query=query,
            ranges=RANGES,
            besides=BESIDES,
            levels=LEVELS,
            lines=snapshot.book.lines,
            titles=titles,
            short=SHORT_ABANDON_SECONDS,
            days=days,
            other=other,
            found=found,
            before=before,
            view=reports_view,
            is_unfinished=days.last >= today,
            is_stale=_is_stale(found, at, today),
            nothing_before=reports_view.nothing_before(other, first_day),
            is_new=first_day is None,
            tables={name: query.address(path="/desk/reports.csv", table=name) for name in TABLES},
        )

    def export(self) -> ResponseReturnValue:
        query, at, table = report_query(request.args), self.services.clock.now(), request.args.get("table", "days")
        if table not in TABLES:
            return states.not_found("table")
        days = query.days(self._today(at))
        span = f"{days.first.isoformat()} to {days.last.isoformat()}"
        self.services.store.audit.write(
            AuditEntry(
                at=at,
                actor=visitor().name,
                action="report_exported",
                subject="reports",
                detail={"table": table, "days": span},
            )
        )
        answer = Response(exported(self._report(query, days), table, within=query.within), mimetype="text/csv")
        name = f"{table}-{days.first.isoformat()}-{days.last.isoformat()}.csv"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def _today(self, at: datetime) -> date:
        return local_date(at, zone=zone_of(self.services))

    def _report(self, query: ReportQuery, days: Span) -> Report:
        return report(self.services, days, line=query.line or None)


def _is_stale(found: Report, at: datetime, today: date) -> bool:
    """Whether what is shown of today is older than it should be."""
    return found.span.last >= today and found.counted_at is not None and at - found.counted_at > _STALE
