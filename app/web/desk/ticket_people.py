"""Who somebody at the desk is to tickets: the name their changes bear, and whether tickets can be theirs."""

from app.services import Services
from app.tickets import TicketRequests
from app.web.desk.doors import visitor

WAY = "at the desk"


def person(services: Services) -> str | None:
    """The member of staff the visitor is; None for an account that is nobody's in staff.yaml."""
    name = visitor().name
    return name if name in services.config.current().roster.people else None


def requests_of(services: Services) -> TicketRequests:
    """What the visitor asks of tickets, under their name."""
    return TicketRequests(services=services, actor=visitor().name, person=person(services), way=WAY)


def unknown_assignee(services: Services, name: str | None) -> str:
    """Why a ticket cannot be given to this name; empty where it can, or is given to nobody."""
    if not name or name in services.config.current().roster.people:
        return ""
    return f"{name} is not in schedules/staff.yaml, so no ticket can be theirs."


def clients_of(services: Services) -> dict[str, str]:
    """The titles of all clients by their names."""
    callers = services.config.current().book.callers
    known = [*callers.numbers.values(), *callers.ranges.values()]
    return dict(sorted({client.name: client.title for client in known}.items(), key=lambda each: each[1].casefold()))
