"""A text that is sent has not arrived: a page whose text is lost on its way becomes a call, at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.flow.messages import OrderKind
from app.simulator.caller import CallerScript
from app.simulator.handsets import ignore
from app.simulator.parties import Moment
from app.simulator.texts import TextFate
from app.store import OrderState
from tests.desk import MAIN, SATURDAY_NIGHT, Desk, PlayedCall, assert_cared_for, make_desk
from tests.fakes import Texted
from tests.pages import JAMISON, LASHA, PagedDesk, make_paged_desk, paged, paged_on_each, path_of
from tests.scenarios.breakdowns import BreakingStore, unavailable_always

pytestmark = pytest.mark.slow

__all__ = ["paged", "paged_on_each"]
STAYS = CallerScript(hangs_up_after_seconds=3600)
HANGS_UP = CallerScript(hangs_up_at=Moment.RINGING, hangs_up_delay_seconds=4)


@pytest.fixture
def ringing(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk that can ring and text through a whole simulated telephone company."""
    made = make_desk(sqlite_url, tmp_path, rest=True)
    yield made
    made.services.store.close()


def page_text(paged: PagedDesk) -> Texted:
    return next(text for text in paged.company.texts if text.to == paged.number(JAMISON))


def emergency(paged: PagedDesk, *, meanwhile: bool = False) -> PlayedCall:
    """An emergency nobody takes. `meanwhile`: its first page goes out while phones ring for the caller."""
    paged.desk.everybody(ignore()).phone("answering-service", ignore())
    if meanwhile:
        show = paged.desk.clock.show

        def tick(at: object) -> None:
            show(at)  # type: ignore[arg-type]
            paged.deliver()

        paged.desk.clock.show = tick  # type: ignore[method-assign]
    return paged.desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1", script=None if meanwhile else HANGS_UP)


def report(paged: PagedDesk, text: Texted, status: str, **more: str) -> int:
    fields = {"MessageSid": text.sid, "MessageStatus": status, "To": text.to, "From": text.from_, **more}
    return paged.client().post(path_of(str(text.status_callback)), list(fields.items())).status


def rings_ordered(paged: PagedDesk) -> list[str]:
    """The keys of all rings that pages have ordered, whatever became of them."""
    log = paged.services.store.orders
    found = [order for state in OrderState for order in log.list(state, limit=99, kind=OrderKind.RING_PHONE)]
    return [order.key for order in found if order.key.startswith("page:")]


@pytest.mark.parametrize(("fate", "code"), [(TextFate.UNDELIVERED, 30003), (TextFate.FAILED, 30034)])
def test_whoever_a_text_does_not_reach_is_rung(ringing: Desk, fate: TextFate, code: int) -> None:
    """On the wire from end to end: the provider takes the text, and reports its loss seconds later."""
    jamison = ringing.snapshot.roster.people[JAMISON].phones[0]
    ringing.everybody(ignore()).phone("answering-service", ignore())
    ringing.text_fates[jamison] = fate
    played = ringing.dials(MAIN, at=SATURDAY_NIGHT, keys="1", script=STAYS)
    assert ringing.phones_company is not None
    ringing.phones_company.let_pass(120)

    assert_cared_for(played)
    lost = played.told("text_lost")
    assert lost
    assert lost[0].detail["party"] == JAMISON
    assert lost[0].because.startswith(f"the text was {fate}, code {code}")
    assert ringing.phones_company.rest_warnings == []


def test_a_page_that_was_text_alone_becomes_a_call(paged_on_each: PagedDesk) -> None:
    """While phones ring for the caller a page is text alone."""
    paged = paged_on_each
    played = emergency(paged, meanwhile=True)
    text = page_text(paged)
    before = set(rings_ordered(paged))
    paged.desk.clock.at = text.at
    assert report(paged, text, "undelivered", ErrorCode="30003") == 200
    (ring,) = set(rings_ordered(paged)) - before
    assert ":call:" in ring
    (entry,) = played.told("text_lost")
    assert entry.because == "the text was undelivered, code 30003; they are rung instead"
    assert report(paged, text, "undelivered", ErrorCode="30003") == 200
    assert len(played.told("text_lost")) == 1
    assert len(rings_ordered(paged)) == len(before) + 1


def test_whoever_this_page_rings_already_is_not_rung_twice(paged: PagedDesk) -> None:
    emergency(paged)
    paged.passes(1)
    assert len(paged.company.rings) == 1
    report(paged, page_text(paged), "failed", ErrorCode="30034")
    paged.passes(5)
    assert len(paged.company.rings) == 1


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "read", ""])
def test_other_reports_change_nothing(paged: PagedDesk, status: str) -> None:
    played = emergency(paged, meanwhile=True)
    before = rings_ordered(paged)
    assert report(paged, page_text(paged), status) == 200
    assert (played.told("text_lost"), rings_ordered(paged)) == ([], before)


def test_once_somebody_has_accepted_nobody_is_rung_for_a_lost_text(paged: PagedDesk) -> None:
    played = emergency(paged, meanwhile=True)
    paged.texts(LASHA, f"ACK {played.ticket.number}")
    before = rings_ordered(paged)
    report(paged, page_text(paged), "undelivered", ErrorCode="30003")
    (entry,) = played.told("text_lost")
    assert entry.because == "the text was undelivered, code 30003"
    assert rings_ordered(paged) == before


def test_a_report_that_comes_after_the_next_page_rings_nobody(paged: PagedDesk) -> None:
    played = emergency(paged)
    paged.passes(301)
    before = rings_ordered(paged)
    report(paged, page_text(paged), "undelivered")
    assert rings_ordered(paged) == before
    assert [entry.because for entry in played.told("text_lost")] == ["the text was undelivered"]


@pytest.mark.parametrize("reference", ["x", "1001.a.1", "1001.nothing.1.0", "999999999.a.1.0", "1001.A.1.0", "%00"])
def test_a_reference_to_nothing_does_nothing(paged: PagedDesk, reference: str) -> None:
    played = emergency(paged)
    paged.passes(1)
    answer = paged.client().post(f"/sms/status/{reference}", [("MessageStatus", "failed")])
    assert answer.status == 200
    assert played.told("text_lost") == []


def test_a_report_nobody_signed_is_refused(paged: PagedDesk) -> None:
    played = emergency(paged)
    paged.passes(1)
    path = path_of(str(page_text(paged).status_callback))
    assert paged.application.test_client().post(path, data={"MessageStatus": "failed"}).status_code == 403
    assert played.told("text_lost") == []


def test_a_report_while_the_database_is_away_is_answered(sqlite_url: str, tmp_path: Path) -> None:
    store = BreakingStore.open(sqlite_url)
    paged = make_paged_desk(sqlite_url, tmp_path, store=store)
    emergency(paged)
    paged.passes(1)
    store.breaks(unavailable_always)
    assert report(paged, page_text(paged), "failed") == 200
    store.close()


def test_the_address_of_a_report_names_nobody(paged: PagedDesk) -> None:
    emergency(paged)
    paged.passes(1)
    address = str(page_text(paged).status_callback)
    assert paged.number(JAMISON)[-7:] not in address
