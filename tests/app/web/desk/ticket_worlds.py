"""A desk with tickets in every state, as the tests of their pages need them: called in, and worked on by staff."""

from datetime import datetime

from app.cdr.records import TicketStatus
from app.simulator.caller import CallerScript
from app.simulator.handsets import accept, ignore
from app.simulator.parties import parse_keys
from app.tickets import News, NewsKind, TicketEdit, TicketRequests
from oncall import Priority
from tests.desk import MAIN, Desk

LASHA, JAMISON, TRIGGERFISH = "Lasha Dalakishvili", "Jamison White", "triggerfish-1"
MONDAY = "2026-11-30T{}-06:00"
NOW = MONDAY.format("14:20")


def by(desk: Desk, name: str) -> TicketRequests:
    """What somebody of the staff asks of tickets."""
    return TicketRequests(services=desk.services, actor=name, person=name, way="at the desk")


def at(desk: Desk, clock: str) -> Desk:
    desk.clock.show(datetime.fromisoformat(MONDAY.format(clock)))
    return desk


def called(desk: Desk, clock: str, tail: int, *, keys: str = "2", answered: bool = False) -> int:
    """A call at that time of Monday, and the number of its ticket."""
    desk.everybody(accept(after_seconds=4) if answered else ignore())
    script = CallerScript(keys=parse_keys(keys), hangs_up_after_seconds=240)
    played = desk.dials(MAIN, at=MONDAY.format(clock), caller=f"+181655501{tail}", script=script)
    assert played.ticket.number is not None
    return played.ticket.number


def morning(desk: Desk) -> dict[str, int]:
    """A morning's tickets by what became of them; the clock stands at 14:20 afterwards."""
    made = {
        "resolved": called(desk, "08:05", 40, answered=True),
        "urgent": called(desk, "08:40", 60, answered=True),
        "waiting": called(desk, "09:10", 42),
        "working": called(desk, "10:02", 43),
        "low": called(desk, "11:15", 44),
        "twin": called(desk, "11:40", 45),
        "new": called(desk, "13:52", 46),
    }
    jamison, lasha, fish = by(desk, JAMISON), by(desk, LASHA), by(desk, TRIGGERFISH)
    at(desk, "08:50")
    jamison.edit(made["urgent"], TicketEdit(priority=Priority.EMERGENCY, reason="two sites cannot read images"))
    jamison.tell(made["urgent"], News(text="The archive is being restarted."))
    jamison.edit(made["resolved"], TicketEdit(status=TicketStatus.RESOLVED, reason="a cable was loose"))
    at(desk, "10:30:30")
    fish.take(made["working"])
    fish.tell(made["working"], News(text="Asked the site for its logs.", kind=NewsKind.NOTE))
    lasha.take(made["waiting"])
    lasha.tell(made["waiting"], News(text="Which workstation is it?", waiting=True))
    at(desk, "11:20")
    lasha.take(made["low"])
    lasha.edit(made["low"], TicketEdit(priority=Priority.LOW, reason="a question about printing"))
    at(desk, "13:05")
    jamison.tell(made["urgent"], News(text="Site one reads images again; site two within the hour."))
    jamison.tell(made["urgent"], News(text="The radiologist says it is faster now.", kind=NewsKind.REQUESTER_REPLY))
    jamison.edit(made["urgent"], TicketEdit(link_to=(made["working"],)))
    desk.clock.show(datetime.fromisoformat(NOW))
    return made
