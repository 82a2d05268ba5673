"""The log's filters and kept views, and what is added to a call: notes, wrap-up, messages, the same call today."""

import re
from dataclasses import replace

import pytest

from app.accounts import Role
from app.call_work import LONGEST_NOTE, MOST_VIEWS, CallNotes, SavedViews, WrapUp, rotate
from app.cdr.records import CallRecord
from app.flow.callers import Client, KnownCallers, Range
from app.simulator.handsets import ignore
from app.vault import Vault
from app.web.desk.call_queries import CallQuery, kept_query, numbers_of
from oncall import Source
from tests.app.web.desk.visits import Visit, signed_in
from tests.desk import MAIN, SATURDAY_NIGHT, TUESDAY_MORNING, Desk, PlayedCall
from tests.messages import left

LASHA, FIRST = "Lasha Dalakishvili", "triggerfish-1"
HERE = "/desk/calls"


def text(visit: Visit, address: str) -> str:
    return visit.opens(address).get_data(as_text=True)


def shown(page: str) -> set[str]:
    return set(re.findall(r"816-555-(0\d{3})", page.partition("<tbody>")[2].partition("</tbody>")[0]))


def client_numbers(desk: Desk) -> tuple[str, str]:
    """A client of the shipped configuration, and one of its numbers."""
    callers = desk.snapshot.book.callers
    number, client = next(iter(callers.numbers.items()))
    return client.name, number


def test_calls_are_found_by_priority_and_by_client(desk: Desk) -> None:
    client, number = client_numbers(desk)
    desk.dials(MAIN, keys="1", at=SATURDAY_NIGHT, caller="+18165550191")
    desk.dials(MAIN, keys="0", at=TUESDAY_MORNING, caller="+18165550192")
    desk.dials(MAIN, keys="2", at=TUESDAY_MORNING, caller=number)
    own = number[-4:]
    visit = signed_in(desk.services)
    cases = {
        "?priority=emergency": {"0191"},
        "?priority=medium": {"0192"},
        "?priority=low": set(),
        f"?client={client}": {own},
        f"?client={client}&priority=emergency": set(),
        f"?client={client}&span=dates&last=2026-11-29": set(),
        "?client=nobody-we-know": set(),
        "?priority=nonsense": {"0191", "0192", own},
    }
    for query, wanted in cases.items():
        assert shown(text(visit, HERE + query)) == wanted, query
    title = desk.snapshot.book.callers.numbers[number].title
    assert title in text(visit, HERE).partition("<tbody>")[2]


def test_a_number_within_the_range_of_another_client_is_its_owners() -> None:
    def client(name: str) -> Client:
        return Client(name=name, title=name, site="site", source=Source("schedules/clients.yaml", 1))

    callers = KnownCallers(
        numbers={"+18165550175": client("small")},
        ranges={
            Range(prefix="+1816555017", length=12): client("large"),
            Range(prefix="+181655501", length=12): client("huge"),
        },
    )
    large = numbers_of("large", callers)
    assert [(each.first, each.last) for each in large.spans] == [("+18165550170", "+18165550179")]
    assert [(each.first, each.last) for each in large.but] == [("+18165550175", "+18165550175")]
    assert {each.first for each in numbers_of("huge", callers).but} == {"+18165550175", "+18165550170"}
    assert numbers_of("small", callers).but == ()


def test_a_view_is_kept_opened_shown_as_chosen_and_forgotten(desk: Desk) -> None:
    desk.dials(MAIN, keys="1", at=SATURDAY_NIGHT, caller="+18165550191")
    visit = signed_in(desk.services)
    assert "Keep this view" not in text(visit, HERE)
    assert "Keep this view" in text(visit, f"{HERE}?priority=emergency&span=30d")
    answer = visit.sends(f"{HERE}/views", name="Emergencies", priority="emergency", span="30d")
    assert "The view is saved" in text(visit, answer.headers["Location"])
    page = text(visit, HERE)
    to = re.search(rf'href="({HERE}/views/\d+)"', page)
    assert to is not None
    assert "Forget the view Emergencies" not in page
    leads_to = visit.opens(to[1]).headers["Location"]
    assert leads_to == f"{HERE}?span=30d&priority=emergency"
    assert "Forget the view Emergencies" in text(visit, leads_to)
    assert visit.sends(f"{to[1]}/forget").status_code == 303
    assert "Emergencies" not in text(visit, HERE)
    assert visit.opens(to[1]).status_code == 404


def test_a_view_is_its_keepers_alone_and_its_number_is_sealed(desk: Desk) -> None:
    mine, other = signed_in(desk.services), signed_in(desk.services, "Jamison White", Role.SUPERVISOR)
    mine.opens(HERE)
    mine.sends(f"{HERE}/views", name="One caller", q="(816) 555-0191", span="all")
    to = re.search(rf'href="({HERE}/views/\d+)"', text(mine, HERE))
    assert to is not None
    assert "One caller" not in text(other, HERE)
    assert other.opens(to[1]).status_code == 404
    other.opens(HERE)
    assert other.sends(f"{to[1]}/forget").status_code == 404
    leads_to = mine.opens(to[1]).headers["Location"]
    assert "0191" not in leads_to
    assert 'value="(816) 555-0191"' in text(mine, leads_to)
    account = desk.services.store.accounts.look(lambda rows: rows.named(LASHA))
    assert account is not None
    (stored,) = desk.services.store.call_work.views(account.id)
    assert b"0191" not in stored.sealed


def test_views_have_a_name_and_there_are_only_so_many(desk: Desk) -> None:
    visit = signed_in(desk.services)
    account = desk.services.store.accounts.look(lambda rows: rows.named(LASHA))
    assert account is not None
    for number in range(MOST_VIEWS):
        SavedViews(desk.services, account.id).keep(f"view {number}", CallQuery(span="30d").kept())
    visit.opens(HERE)
    assert visit.sends(f"{HERE}/views", name=" ").status_code == 400
    visit.opens(HERE)
    assert visit.sends(f"{HERE}/views", name="one more").status_code == 409
    visit.opens(HERE)
    assert visit.sends(f"{HERE}/views", name="view 3", span="all").status_code == 303
    found = {each.name: each.query for each in SavedViews(desk.services, account.id).all()}
    assert len(found) == MOST_VIEWS
    assert kept_query(found["view 3"], desk.services.vault) == CallQuery(span="all")


@pytest.fixture
def call(desk: Desk) -> PlayedCall:
    return desk.phone("Jamison White", ignore()).dials(MAIN, keys="2", at=TUESDAY_MORNING)


def test_notes_and_wrap_ups_are_added_with_their_author_and_stay(desk: Desk, call: PlayedCall) -> None:
    here = f"{HERE}/{call.sid}"
    mine, other = signed_in(desk.services, LASHA, Role.STAFF), signed_in(desk.services, FIRST, Role.STAFF)
    mine.opens(here)
    mine.sends(f"{here}/notes", code="follow_up_needed", text="They will send the log.")
    assert "Added to the call." in text(mine, here)
    other.opens(here)
    other.sends(f"{here}/notes", code="solved")
    page = text(mine, here)
    assert page.index("solved</span>") < page.index("They will send the log.")
    notes = CallNotes(desk.services).of_call(call.sid)
    assert [(each.author, each.code, each.text) for each in notes] == [
        (LASHA, WrapUp.FOLLOW_UP, "They will send the log."),
        (FIRST, WrapUp.SOLVED, ""),
    ]
    entry = desk.services.store.audit.list(limit=1, actor=LASHA).items[0]
    assert (entry.action, entry.subject) == ("call_noted", f"call:{call.sid}")
    assert "log" not in str(entry.detail)
    assert b"log" not in (desk.services.store.call_work.notes(call.sid)[0].sealed or b"")


def test_what_cannot_be_added_is_said_and_a_long_draft_is_kept(desk: Desk, call: PlayedCall) -> None:
    here, visit = f"{HERE}/{call.sid}", signed_in(desk.services)
    visit.opens(here)
    assert visit.sends(f"{here}/notes", code="nonsense").status_code == 400
    visit.opens(here)
    visit.sends(f"{here}/notes", text="  ")
    assert "There was nothing to add." in text(visit, here)
    answer = visit.sends(f"{here}/notes", text="x" * (LONGEST_NOTE + 1))
    assert answer.status_code == 422
    assert "x" * LONGEST_NOTE in answer.get_data(as_text=True)
    visit.opens(here)
    assert visit.sends(f"{HERE}/CAunknown/notes", text="x").status_code == 404
    assert CallNotes(desk.services).of_call(call.sid) == ()


def test_what_was_added_is_sealed_under_the_newest_key_and_without_its_key_says_so(
    desk: Desk, call: PlayedCall
) -> None:
    old, new = b"o" * 32, b"n" * 32
    with_old = replace(desk.services, vault=Vault([old]))
    signed_in(desk.services)
    account = desk.services.store.accounts.look(lambda rows: rows.named(LASHA))
    assert account is not None
    CallNotes(with_old).add(call.sid, by=LASHA, text="They will send the log.")
    SavedViews(with_old, account.id).keep("mine", "span=all")
    with_new = replace(desk.services, vault=Vault([new]))
    assert "cannot be opened" in CallNotes(with_new).of_call(call.sid)[0].text
    assert SavedViews(with_new, account.id).all() == ()
    assert rotate(with_new) == 0
    assert rotate(replace(desk.services, vault=Vault([new, old]))) == 2
    assert CallNotes(with_new).of_call(call.sid)[0].text == "They will send the log."
    assert SavedViews(with_new, account.id).all()[0].query == "span=all"


def test_a_call_plays_its_message_to_those_of_its_team(desk: Desk, call: PlayedCall) -> None:
    sid = left(desk.services, call.sid, call.ticket.number or 0, at=desk.clock.now())
    page = text(signed_in(desk.services, LASHA, Role.STAFF), f"{HERE}/{call.sid}")
    assert f'src="/desk/voicemail/{sid}/sound?playing=' in page
    page = text(signed_in(desk.services, FIRST, Role.STAFF), f"{HERE}/{call.sid}")
    assert "<audio" not in page
    assert "A message was left for another team than yours." in page


def test_a_call_tells_the_words_that_were_spoken_while_they_are_known(desk: Desk) -> None:
    call = desk.dials(MAIN, keys="8,2", at=TUESDAY_MORNING)
    visit = signed_in(desk.services)
    page = text(visit, f"{HERE}/{call.sid}")
    prompts = desk.snapshot.book.prompts
    assert prompts["es"]["open-menu"].text[:40] in page
    assert prompts["en"]["greeting"].text[:40] in page
    record = call.record
    with desk.services.store.turn() as transaction:
        transaction.save(record, with_revision(record, "of-long-ago"))
    page = text(visit, f"{HERE}/{call.sid}")
    assert "are not at hand any more" in page
    assert prompts["en"]["greeting"].text[:40] not in page
    assert "prompt greeting" in page


def with_revision(record: CallRecord, revision: str) -> CallRecord:
    return replace(record, call=replace(record.call, config_revision=revision))


def test_a_call_is_replayed_beside_itself_and_nothing_is_written(desk: Desk, call: PlayedCall) -> None:
    visit = signed_in(desk.services, LASHA, Role.STAFF)
    before = (call.record, call.timeline, len(desk.services.store.audit.list(limit=50).items))
    page = text(visit, f"{HERE}/{call.sid}/replay")
    assert "would go exactly as it went" in page
    assert page.count("rings Jamison White for") == 2
    assert (call.record, call.timeline, len(desk.services.store.audit.list(limit=50).items)) == before
    assert visit.opens(f"{HERE}/CAunknown/replay").status_code == 404


def test_a_call_that_goes_on_is_not_replayed_yet(desk: Desk, call: PlayedCall) -> None:
    record = call.record
    with desk.services.store.turn() as transaction:
        transaction.save(record, replace(record, call=replace(record.call, ended_at=None)))
    visit = signed_in(desk.services)
    assert "once it is over" in text(visit, f"{HERE}/{call.sid}")
    assert visit.opens(f"{HERE}/{call.sid}/replay").status_code == 409
