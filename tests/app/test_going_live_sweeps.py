"""What the clock process does about Twilio: the fallback document follows the rota, lost calls are found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

from app.jobs import keep_fallback, sweep_calls
from app.static_fallback import FILE, render
from app.store import CallFilters
from app.telephony.provider import Telephony
from tests.app.phone_company import PhoneCompany, remote_call
from tests.desk import Desk

HANDOFF = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)


def test_the_document_follows_the_handoff(desk: Desk) -> None:
    path = desk.services.settings.instance_dir / FILE
    texts = []
    for at in (HANDOFF - timedelta(seconds=1), HANDOFF):
        desk.clock.show(at)
        keep_fallback(desk.services)
        texts.append(path.read_text())
    assert texts == [render(desk.snapshot, at=HANDOFF - timedelta(seconds=1)), render(desk.snapshot, at=HANDOFF)]
    assert texts[0] != texts[1]


def test_a_folder_that_cannot_be_written_stops_nothing(desk: Desk) -> None:
    desk.services.settings.instance_dir.mkdir(parents=True, exist_ok=True)
    (desk.services.settings.instance_dir / FILE.parent).write_text("a file where the folder should be")
    keep_fallback(desk.services)


def test_a_lost_call_is_found_by_the_next_sweep(desk: Desk) -> None:
    """Also when a sweep in between failed."""
    call = remote_call("CA" + "a" * 32, at=desk.clock.at - timedelta(minutes=5))
    company = PhoneCompany(calls=[call], broken_after=0)
    services = replace(desk.services, telephony=cast("Telephony", company))
    sweep_calls(services)
    assert services.store.calls.page(CallFilters(), limit=5).items == ()
    company.broken_after = None
    sweep_calls(services)
    (found,) = services.store.calls.page(CallFilters(), limit=5).items
    assert found.call.call_sid == call.sid
