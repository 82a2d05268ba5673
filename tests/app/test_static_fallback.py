"""The document for the day nothing of ours answers: valid, self-contained, and never further than tonight's rota."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.config.snapshot import Snapshot
from app.simulator.caller import CallerScript, MessageEnd
from app.simulator.clock import VirtualClock
from app.simulator.exchange import Account
from app.simulator.handsets import Behaviour, Handsets, accept, busy, ignore, voicemail
from app.simulator.numbers import NumberSettings
from app.simulator.phone import Phone
from app.simulator.trace import Trace
from app.simulator.twiml import parse
from app.simulator.wire import Reply, RoutedWire
from app.static_fallback import MOST_PEOPLE, refresh, render
from tests.app.edits import FAMILY_NIGHT, STAFF, Edit, edited

MAIN = "+18162327483"
SERVICE = "+18165550150"
JAMISON, LASHA, FIRST, SECOND = (f"+1816555010{digit}" for digit in (1, 2, 3, 4))
THANKSGIVING_NIGHT = datetime(2026, 11, 27, 5, tzinfo=UTC)
FILES = "https://files.example.net"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return edited()


def dialled(document: str) -> list[str]:
    return re.findall(r"<Dial[^>]*>(\+\d+)</Dial>", document)


def test_twilio_has_nothing_to_complain_of(snapshot: Snapshot) -> None:
    document = parse(render(snapshot, at=THANKSGIVING_NIGHT).encode(), url=f"{FILES}/fallback.xml")
    assert document.warnings == ()
    assert [verb.name for verb in document.verbs] == [
        "Say",
        *["Dial", "Say"] * 3,
        "Say",
        "Record",
        "Say",
    ]


def test_it_leans_on_nothing_else(snapshot: Snapshot) -> None:
    """No address of ours or anybody's, no comment, and small enough for Twilio."""
    document = render(snapshot, at=THANKSGIVING_NIGHT)
    assert not re.search(r"https?://|action=|[uU]rl=|href|<!--|/voice", document)
    assert len(document.encode()) < 64_000


def test_the_answering_service_comes_first_then_who_is_on_call(snapshot: Snapshot) -> None:
    """What no voicemail stands for comes before mobiles, because nobody can ask for a key here."""
    assert dialled(render(snapshot, at=THANKSGIVING_NIGHT)) == [SERVICE, JAMISON, LASHA]


def test_an_override_is_followed() -> None:
    assert dialled(render(edited(FAMILY_NIGHT), at=THANKSGIVING_NIGHT))[1] == LASHA


def test_only_people_on_call_are_named(snapshot: Snapshot) -> None:
    document = render(snapshot, at=THANKSGIVING_NIGHT)
    assert FIRST not in document
    assert SECOND not in document
    assert "Jamison" not in document


def test_somebody_without_a_number_is_left_out() -> None:
    edit: Edit = (STAFF, f'phones: ["{JAMISON}"]', "phones: []")
    assert dialled(render(edited(edit), at=THANKSGIVING_NIGHT)) == [SERVICE, LASHA]


def test_mobiles_ring_shorter_than_their_voicemail_waits(snapshot: Snapshot) -> None:
    seconds = [int(text) for text in re.findall(r'<Dial timeout="(\d+)"', render(snapshot, at=THANKSGIVING_NIGHT))]
    assert seconds == [45, 15, 15]
    assert len(seconds) <= MOST_PEOPLE


def test_our_own_number_is_shown(snapshot: Snapshot) -> None:
    """The caller's may be withheld, and Twilio then refuses to dial at all."""
    document = render(snapshot, at=THANKSGIVING_NIGHT)
    assert document.count(f'callerId="{MAIN}"') == document.count("<Dial")


def test_it_is_written_when_the_rota_changes_and_only_then(snapshot: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "fallback" / "fallback.xml"
    assert refresh(snapshot, path, at=THANKSGIVING_NIGHT)
    assert not refresh(snapshot, path, at=THANKSGIVING_NIGHT)
    assert refresh(edited(FAMILY_NIGHT), path, at=THANKSGIVING_NIGHT)
    assert path.read_text() == render(edited(FAMILY_NIGHT), at=THANKSGIVING_NIGHT)
    assert [each.name for each in path.parent.iterdir()] == ["fallback.xml"]
    assert path.stat().st_mode & 0o077 == 0


class FileHost:
    """A host of plain files: it answers GET, and 405 to anything else."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        del headers, body
        text = self._files.get(url.partition("?")[0])
        if method != "GET" or text is None:
            return Reply(405 if text else 404, {}, b"")
        return Reply(200, {"content-type": "text/xml"}, text.encode())


def call_while_we_are_away(snapshot: Snapshot, phones: Mapping[str, Behaviour]) -> Trace:
    url = f"{FILES}/fallback.xml"
    phone = Phone(
        RoutedWire({FILES: FileHost({url: render(snapshot, at=THANKSGIVING_NIGHT)})}),
        account=Account(sid="AC" + "0" * 32, base_url="https://desk.example.org"),
        auth_token="none",
        clock=VirtualClock(THANKSGIVING_NIGHT),
        settings=NumberSettings(fallback_url=url, fallback_method="GET"),
        handsets=Handsets(dict(phones), default=accept()),
    )
    caller = CallerScript(message_seconds=20, message_end=MessageEnd.HANGS_UP)
    return phone.dial(to=MAIN, from_="+18165550191", caller=caller)


def test_with_our_server_away_the_answering_service_takes_the_call(snapshot: Snapshot) -> None:
    trace = call_while_we_are_away(snapshot, {})
    assert trace.rang()[0] == SERVICE
    assert not trace.dropped


def test_with_our_server_away_and_the_service_busy_the_analyst_is_rung(snapshot: Snapshot) -> None:
    trace = call_while_we_are_away(snapshot, {SERVICE: busy()})
    assert trace.rang()[0] == JAMISON
    assert not trace.dropped


def test_with_nobody_there_at_all_the_caller_can_leave_a_message(snapshot: Snapshot) -> None:
    """Voicemails of mobiles never come to it: they pick up later than the phones ring here."""
    trace = call_while_we_are_away(snapshot, {SERVICE: ignore(), JAMISON: voicemail(), LASHA: voicemail()})
    assert trace.rang() == [SERVICE, JAMISON, LASHA]
    assert any("After the tone" in text for text in trace.heard_texts())
    assert not trace.dropped
