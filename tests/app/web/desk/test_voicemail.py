"""The inbox of messages: whose they are, played and noted, claimed by one, finished with, and told to their tickets."""

import re
from datetime import timedelta
from typing import Any

import pytest

from app.accounts import Role
from app.cdr.records import TicketStatus
from app.simulator.handsets import ignore
from app.store import VoicemailState
from tests.app.web.desk.visits import Visit, shortened, signed_in
from tests.desk import MAIN, SATURDAY_NIGHT, TUESDAY_MORNING, Desk, PlayedCall
from tests.messages import left, tone

pytestmark = pytest.mark.slow

LASHA, FIRST = "Lasha Dalakishvili", "triggerfish-1"
HERE = "/desk/voicemail"


@pytest.fixture
def night(desk: Desk) -> PlayedCall:
    """An emergency at night: people of both teams were rung in vain."""
    return desk.everybody(ignore()).dials(MAIN, keys="1", at=SATURDAY_NIGHT)


@pytest.fixture
def morning(desk: Desk) -> PlayedCall:
    """A call of the day for which nobody but OffSite was rung."""
    return desk.phone("Jamison White", ignore()).dials(MAIN, keys="2", at=TUESDAY_MORNING)


@pytest.fixture
def message(desk: Desk, night: PlayedCall) -> str:
    """What its caller left."""
    return leaves(desk, night)


def leaves(desk: Desk, call: PlayedCall, *, number: int = 1, **more: Any) -> str:
    assert call.ticket.number is not None
    return left(desk.services, call.sid, call.ticket.number, at=desk.clock.now(), number=number, **more)


def text(visit: Visit, address: str) -> str:
    return visit.opens(address).get_data(as_text=True)


def audited(desk: Desk, sid: str) -> list[tuple[str, str]]:
    found = desk.services.store.audit.list(limit=50, subject=f"voicemail:{sid}").items
    return [(each.actor, each.action) for each in reversed(found)]


def test_staff_see_the_messages_of_their_own_team_and_overseers_all(desk: Desk, morning: PlayedCall) -> None:
    assert {leg.team for leg in morning.legs} == {"offsite"}
    message = leaves(desk, morning)
    cases = {(LASHA, Role.STAFF): True, (FIRST, Role.STAFF): False, ("a visitor", Role.STAFF): False}
    for (name, role), sees in cases.items():
        visit = signed_in(desk.services, name, role)
        assert (message in text(visit, HERE)) is sees, name
        statuses = [visit.opens(f"{HERE}/{message}{rest}").status_code for rest in ("", "/sound")]
        assert statuses == ([200, 200] if sees else [404, 404]), name
    overseer = signed_in(desk.services, "somebody else", Role.SUPERVISOR)
    assert message in text(overseer, HERE)


def test_whoever_has_the_ticket_sees_its_message_whatever_team_was_rung(desk: Desk, morning: PlayedCall) -> None:
    message, visit = leaves(desk, morning), signed_in(desk.services, FIRST, Role.STAFF)
    assert message not in text(visit, HERE)
    visit.opens(f"/desk/tickets/{morning.ticket.number}")
    visit.sends(f"/desk/tickets/{morning.ticket.number}/take", **{"from": "somebody"})
    assert message in text(visit, HERE)


def test_a_message_on_whose_call_nobody_was_rung_is_for_every_team(desk: Desk) -> None:
    call = desk.everybody(ignore()).dials(MAIN, keys="0", at=SATURDAY_NIGHT)
    assert {leg.team for leg in call.legs} == {""}
    sid = leaves(desk, call)
    assert sid in text(signed_in(desk.services, FIRST, Role.STAFF), HERE)
    assert "every team" in text(signed_in(desk.services, "a visitor", Role.STAFF), HERE)


def test_parts_are_played_for_seeking_and_one_playing_is_noted_once(desk: Desk, message: str) -> None:
    visit, sound = signed_in(desk.services, LASHA, Role.STAFF), f"{HERE}/{message}/sound"
    whole = visit.client.get(f"{sound}?playing=abcdefgh", headers={"Range": "bytes=0-"})
    part = visit.client.get(f"{sound}?playing=abcdefgh", headers={"Range": "bytes=1000-1999"})
    assert (whole.status_code, whole.data) == (206, tone())
    assert (part.status_code, part.data) == (206, tone()[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(tone())}"
    assert part.headers["Cache-Control"] == "no-store"
    assert audited(desk, message) == [(LASHA, "voicemail_played")]
    for playing in ("?playing=another-one", "", "?playing=~"):
        visit.client.get(sound + playing)
    assert len(audited(desk, message)) == 4
    assert visit.client.head(sound).headers["Content-Length"] == str(len(tone()))
    assert len(audited(desk, message)) == 4


def test_a_name_of_a_playing_hides_nobody_elses_playing_nor_one_of_later(desk: Desk, message: str) -> None:
    sound = f"{HERE}/{message}/sound?playing=abcdefgh"
    signed_in(desk.services, LASHA, Role.STAFF).opens(sound)
    other = signed_in(desk.services, "Jamison White", Role.STAFF)
    other.opens(sound)
    desk.clock.show(desk.clock.now() + timedelta(minutes=16))
    other.opens(sound)
    assert [actor for actor, _ in audited(desk, message)] == [LASHA, "Jamison White", "Jamison White"]


def test_what_was_written_down_is_shown_when_asked_for_and_that_is_noted(desk: Desk, night: PlayedCall) -> None:
    sid = leaves(desk, night, written="The archive is down.")
    visit = signed_in(desk.services, LASHA, Role.STAFF)
    assert "The archive is down." not in text(visit, f"{HERE}/{sid}")
    assert "The archive is down." in visit.sends(f"{HERE}/{sid}/read").get_data(as_text=True)
    assert audited(desk, sid) == [(LASHA, "voicemail_read")]


def test_one_claims_it_and_the_other_is_told(desk: Desk, message: str) -> None:
    mine, other = signed_in(desk.services, LASHA), signed_in(desk.services, "Jamison White", Role.STAFF)
    for visit in (mine, other):
        visit.opens(f"{HERE}/{message}")
        visit.sends(f"{HERE}/{message}/claim")
    assert "Somebody else has this message" in text(other, f"{HERE}/{message}")
    assert f"{LASHA} has claimed this message." in text(other, f"{HERE}/{message}")
    assert message in text(mine, f"{HERE}?shown=mine")
    assert message not in text(other, f"{HERE}?shown=mine")
    other.opens(f"{HERE}/{message}")
    other.sends(f"{HERE}/{message}/done", came_of="no_call")
    mine.opens(f"{HERE}/{message}")
    mine.sends(f"{HERE}/{message}/release")
    found = desk.services.store.voicemails.get(message)
    assert found is not None
    assert (found.claimed_by, found.done_by) == (None, None)


def test_done_tells_the_ticket_what_came_of_it_and_resolves_it_if_wanted(
    desk: Desk, night: PlayedCall, message: str
) -> None:
    number = night.ticket.number or 0
    visit = signed_in(desk.services, LASHA, Role.STAFF)
    visit.opens(f"{HERE}/{message}")
    visit.sends(f"{HERE}/{message}/done", came_of="nobody", words="rang out")
    page = text(visit, f"{HERE}/{message}")
    assert "The message stays with you" in page
    assert "to be tried again: rang out" in page
    visit.opens(f"/desk/tickets/{number}")
    visit.sends(f"/desk/tickets/{number}/take")
    visit.opens(f"{HERE}/{message}")
    visit.sends(f"{HERE}/{message}/done", came_of="spoken", words="works again", resolve="yes")
    assert "Done, and the ticket is resolved." in text(visit, f"{HERE}/{message}")
    file = desk.services.store.tickets.get(number)
    assert file is not None
    assert file.ticket.status is TicketStatus.RESOLVED
    assert [(each.author, each.kind) for each in file.updates if "essage" in each.text] == [
        (LASHA, "note"),
        (LASHA, "update"),
    ]
    assert message in text(visit, f"{HERE}?shown=done")
    assert message not in text(visit, HERE)
    assert audited(desk, message) == [(LASHA, "voicemail_claimed"), (LASHA, "voicemail_done")]


def test_a_message_of_a_closed_ticket_can_be_finished_with(desk: Desk, night: PlayedCall, message: str) -> None:
    number = night.ticket.number or 0
    visit = signed_in(desk.services, LASHA, Role.STAFF)
    visit.opens(f"/desk/tickets/{number}")
    visit.sends(f"/desk/tickets/{number}/take")
    visit.opens(f"/desk/tickets/{number}")
    visit.sends(f"/desk/tickets/{number}/change", status="resolved", assignee=LASHA, reason="works again")
    visit.opens(f"{HERE}/{message}")
    visit.sends(f"{HERE}/{message}/done", came_of="spoken")
    file = desk.services.store.tickets.get(number)
    assert file is not None
    assert file.updates[-1].text == "Message answered: called back and spoken to."
    visit.opens(f"{HERE}?shown=mine")
    assert visit.sends(f"{HERE}/{message}/done", came_of="nonsense").status_code == 400


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (VoicemailState.ANNOUNCED, "not here yet"),
        (VoicemailState.LOST, "could not be kept"),
        (VoicemailState.DELETED, "has been deleted"),
    ],
)
def test_what_cannot_be_played_says_why_and_has_no_player(
    desk: Desk, night: PlayedCall, state: VoicemailState, words: str
) -> None:
    sid = leaves(desk, night, state=state)
    page = text(signed_in(desk.services), f"{HERE}/{sid}")
    assert words in page
    assert "<audio" not in page


def test_what_is_to_be_deleted_is_not_played(desk: Desk, message: str) -> None:
    desk.clock.show(desk.clock.now() + timedelta(days=91))
    visit = signed_in(desk.services)
    assert "<audio" not in text(visit, f"{HERE}/{message}")
    answer = visit.opens(f"{HERE}/{message}/sound")
    assert (answer.status_code, answer.mimetype) == (410, "text/plain")
    assert audited(desk, message) == []


def test_the_number_is_a_link_to_call_and_stands_in_no_title_or_address(desk: Desk, message: str) -> None:
    page = text(signed_in(desk.services), f"{HERE}/{message}")
    assert 'href="tel:+18165550191"' in page
    assert "0191" not in page.partition("</title>")[0]


def test_an_empty_inbox_and_an_unknown_message_are_said_so(desk: Desk) -> None:
    visit = signed_in(desk.services)
    assert "No message is waiting" in text(visit, HERE)
    assert "You have no messages" in text(visit, f"{HERE}?shown=mine")
    assert "Nothing has been finished yet" in text(visit, f"{HERE}?shown=done")
    for address in (f"{HERE}/RE1", f"{HERE}/~", f"{HERE}?after=nonsense"):
        assert visit.opens(address).status_code == 404, address


def test_the_most_urgent_message_comes_first_and_pages_go_on(desk: Desk) -> None:
    desk.everybody(ignore())
    urgent = leaves(desk, desk.dials(MAIN, keys="1", at=SATURDAY_NIGHT))
    usual = leaves(desk, desk.dials(MAIN, keys="0", at="2026-11-28T04:00-06:00"), number=2)
    visit = signed_in(desk.services)
    page = text(visit, HERE)
    assert page.index(urgent) < page.index(usual)
    visit = signed_in(shortened(desk.services, 1))
    # Both callers left one by themselves, which has not been fetched.
    seen, address = list[str](), HERE
    for _ in range(4):
        page = text(visit, address)
        seen.extend(re.findall(rf'class="row-link" href="{HERE}/(RE\w+)"', page))
        address = older_of(page)
    assert len(set(seen)) == len(seen) == 4
    assert seen.index(usual) < seen.index(urgent)
    assert "Newest" in page
    assert 'rel="next"' not in page


def older_of(page: str) -> str:
    """Where the list goes on."""
    return page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")


def test_an_overseer_opens_what_somebody_has_who_is_away_and_staff_do_not(desk: Desk, message: str) -> None:
    voicemails = desk.services.store.voicemails
    first = signed_in(desk.services, FIRST, Role.STAFF)
    first.opens(f"{HERE}/{message}")
    first.sends(f"{HERE}/{message}/claim")
    other = signed_in(desk.services, "triggerfish-2", Role.STAFF)
    assert "Open it to everybody" not in text(other, f"{HERE}/{message}")
    assert other.sends(f"{HERE}/{message}/release", holder=FIRST).status_code == 403
    overseer = signed_in(desk.services, LASHA, Role.SUPERVISOR)
    assert "Open it to everybody" in text(overseer, f"{HERE}/{message}")
    overseer.sends(f"{HERE}/{message}/release", holder="Jamison White")
    assert "nothing was changed" in text(overseer, f"{HERE}/{message}")
    kept = voicemails.get(message)
    assert kept is not None
    assert kept.claimed_by == FIRST
    overseer.sends(f"{HERE}/{message}/release", holder=FIRST)
    given = voicemails.get(message)
    assert given is not None
    assert given.claimed_by is None
    assert audited(desk, message)[-1] == (LASHA, "voicemail_released")
