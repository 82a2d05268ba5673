"""`ivr tickets` and `ivr ticket`: what is open and what is due next; one ticket with its history. No phone numbers."""

import json
from datetime import UTC, datetime

import click

from app.cdr.records import Ticket, TicketStatus
from app.cli.environment import desk_zone, open_services
from app.cli.tables import print_table
from app.store import TicketFile, TicketFilters
from app.written import Dates

MOST = 200
_NEVER = datetime.max.replace(tzinfo=UTC)


@click.command()
@click.option("--status", type=click.Choice([each.value for each in TicketStatus]), help="Only tickets of this status.")
@click.option("--assignee", metavar="NAME", help="Only tickets of this member of staff.")
@click.option("--overdue", is_flag=True, help="Only tickets whose update or resolution was due before now.")
@click.option("--all", "also_over", is_flag=True, help="Also those that are resolved or closed.")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def tickets(
    status: str | None, assignee: str | None, overdue: bool, also_over: bool, limit: int, as_json: bool
) -> None:
    """Open tickets, what is due first on top; of many, the newest ones."""
    with open_services() as services:
        at, zone = services.clock.now(), desk_zone(services.config.current())
        filters = TicketFilters(
            status=None if status is None else TicketStatus(status),
            assignee=assignee,
            due_before=at if overdue else None,
            is_open=not also_over and status is None,
        )
        found = [file.ticket for file in services.store.tickets.page(filters, limit=limit).items]
    found.sort(key=lambda each: (_next_due(each) or _NEVER, each.number))
    if as_json:
        click.echo(json.dumps([_as_json(each) for each in found], indent=2))
        return
    if not found:
        click.echo("No such tickets.")
    dates = Dates(zone, at.astimezone(zone).year)
    headings = ("ticket", "priority", "status", "assignee", "update due", "resolution due")
    print_table(headings, [_row(each, dates, at) for each in found])


@click.command()
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ticket(number: int, as_json: bool) -> None:
    """One ticket: where it stands, what is due, its calls, and who did what to it; exit 1 when there is none."""
    with open_services() as services:
        at, zone = services.clock.now(), desk_zone(services.config.current())
        file = services.store.tickets.get(number)
    if file is None:
        click.echo(f"There is no ticket {number}.", err=True)
        raise click.exceptions.Exit(1)
    if as_json:
        click.echo(
            json.dumps({**_as_json(file.ticket), "calls": list(file.calls), "updates": _history(file)}, indent=2)
        )
        return
    dates = Dates(zone, at.astimezone(zone).year)
    for line in _shown(file, dates, at):
        click.echo(line)
    rows = [(dates.moment(each.at), each.author, each.kind, each.text, each.because) for each in file.updates]
    print_table(("when", "who", "what", "text", "because"), rows)


def _row(each: Ticket, dates: Dates, at: datetime) -> tuple[str, ...]:
    return (
        str(each.number),
        each.priority,
        each.status,
        each.assignee or "nobody",
        _due(each.update_due_at, dates, at),
        _due(each.resolve_due_at, dates, at),
    )


def _shown(file: TicketFile, dates: Dates, at: datetime) -> list[str]:
    found, into = file.ticket, file.ticket.life.merged_into if file.ticket.life else None
    lines = [
        f"Ticket {found.number}: {found.priority}, {found.status}, {found.assignee or 'nobody has it'}",
        f"  opened {dates.moment(found.created_at)}, {len(file.calls)} calls: {', '.join(file.calls) or '-'}",
        f"  update due {_due(found.update_due_at, dates, at)}, resolution {_due(found.resolve_due_at, dates, at)}",
    ]
    if into is not None:
        lines.append(f"  merged into ticket {into}")
    if file.related:
        lines.append(f"  about the same matter: {', '.join(map(str, file.related))}")
    return lines


def _due(due_at: datetime | None, dates: Dates, at: datetime) -> str:
    return "-" if due_at is None else f"{dates.moment(due_at)}{' OVERDUE' if due_at < at else ''}"


def _next_due(each: Ticket) -> datetime | None:
    return min((due for due in (each.update_due_at, each.resolve_due_at) if due is not None), default=None)


def _as_json(each: Ticket) -> dict[str, object]:
    named = ("number", "priority", "status", "assignee", "created_at", "acknowledged_at", "update_due_at")
    more = ("resolve_due_at", "resolved_at", "closed_at")
    return {name: _plain(getattr(each, name)) for name in (*named, *more)}


def _history(file: TicketFile) -> list[dict[str, object]]:
    names = ("at", "author", "kind", "text", "because")
    return [{name: _plain(getattr(entry, name)) for name in names} for entry in file.updates]


def _plain(value: object) -> object:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
