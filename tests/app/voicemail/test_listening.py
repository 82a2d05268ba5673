"""Whoever hears a message is in the audit log, nobody hears one who may not, and one person has it at a time."""

import threading
from datetime import timedelta

import pytest

from app.flow.messages import Detail
from app.store import AuditEntry, VoicemailState
from app.voicemail import NotAllowed, NotPlayable, voicemail_alert
from tests.app.voicemail.messages import AT, RECORDING, Answering, sound

JAMISON, LASHA = "Jamison White", "Lasha Dalakishvili"
SUBJECT = f"voicemail:{RECORDING}"


def kept(desk: Answering) -> Answering:
    desk.reported()
    desk.deliver()
    return desk


def audited(desk: Answering) -> list[tuple[str, str]]:
    return [(entry.actor, entry.action) for entry in reversed(desk.store.audit.list(limit=50).items)]


@pytest.mark.parametrize("role", ["staff", "supervisor", "admin"])
def test_a_playing_is_noted_with_who_and_when(desk_with_call: Answering, role: str) -> None:
    desk, at = kept(desk_with_call), AT + timedelta(minutes=5)
    assert desk.voicemails.play(RECORDING, by=JAMISON, role=role, at=at) == sound()
    detail: dict[str, Detail] = {"role": role, "ticket": 1001}
    expected = AuditEntry(at=at, actor=JAMISON, action="voicemail_played", subject=SUBJECT, detail=detail)
    assert desk.store.audit.list(limit=9, subject=SUBJECT).items == (expected,)
    assert (desk.message().heard_by, desk.message().heard_at) == (JAMISON, at)


def test_every_playing_is_noted_and_the_first_is_remembered(small_desk: Answering) -> None:
    desk = kept(small_desk)
    for who in (JAMISON, LASHA, JAMISON):
        desk.voicemails.play(RECORDING, by=who, role="staff", at=AT)
    assert audited(desk) == [(who, "voicemail_played") for who in (JAMISON, LASHA, JAMISON)]
    assert desk.message().heard_by == JAMISON


@pytest.mark.parametrize("role", ["", "caller", "Staff", "answering-service"])
def test_another_role_hears_nothing_and_the_attempt_is_noted(small_desk: Answering, role: str) -> None:
    desk = kept(small_desk)
    with pytest.raises(NotAllowed):
        desk.voicemails.play(RECORDING, by="somebody", role=role, at=AT)
    assert audited(desk) == [("somebody", "voicemail_played_refused")]
    assert desk.message().heard_at is None


def test_what_is_not_here_cannot_be_played_and_is_said_so(small_desk: Answering) -> None:
    desk = small_desk
    with pytest.raises(NotPlayable, match="There is no such message"):
        desk.voicemails.play("RE\0\ud800", by=JAMISON, role="staff", at=AT)
    desk.reported()
    with pytest.raises(NotPlayable, match="not here yet"):
        desk.voicemails.play(RECORDING, by=JAMISON, role="staff", at=AT)
    desk.deliver()
    with pytest.raises(NotPlayable, match="not been written down"):
        desk.voicemails.transcript(RECORDING, by=JAMISON, role="staff", at=AT)
    desk.with_keys(b"?" * 32)
    with pytest.raises(NotPlayable, match="not among DATA_KEYS"):
        desk.voicemails.play(RECORDING, by=JAMISON, role="staff", at=AT)
    assert audited(desk) == []


def test_a_message_is_claimed_given_back_and_done(desk_with_call: Answering) -> None:
    desk = kept(desk_with_call)
    use = desk.voicemails
    assert use.claim(RECORDING, by=JAMISON, at=AT)
    assert not use.claim(RECORDING, by=LASHA, at=AT)
    assert not use.release(RECORDING, by=LASHA, at=AT)
    assert not use.done(RECORDING, by=LASHA, at=AT)
    assert use.release(RECORDING, by=JAMISON, at=AT)
    assert use.claim(RECORDING, by=LASHA, at=AT)
    assert use.done(RECORDING, by=LASHA, at=AT)
    assert not use.done(RECORDING, by=LASHA, at=AT)
    assert not use.release(RECORDING, by=LASHA, at=AT)
    assert not use.claim(RECORDING, by=JAMISON, at=AT)
    assert (desk.message().claimed_by, desk.message().done_by) == (LASHA, LASHA)
    steps = [(JAMISON, "claimed"), (JAMISON, "released"), (LASHA, "claimed"), (LASHA, "done")]
    assert audited(desk) == [(who, f"voicemail_{what}") for who, what in steps]


def test_what_is_nobodys_may_be_finished_by_anybody(small_desk: Answering) -> None:
    assert kept(small_desk).voicemails.done(RECORDING, by=JAMISON, at=AT)


def test_of_many_who_claim_at_once_one_has_it(desk_with_call: Answering) -> None:
    desk = kept(desk_with_call)
    winners: list[str] = []
    gate = threading.Barrier(6)

    def claims(who: str) -> None:
        gate.wait()
        if desk.voicemails.claim(RECORDING, by=who, at=AT):
            winners.append(who)

    threads = [threading.Thread(target=claims, args=(f"person {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert winners == [desk.message().claimed_by]


def test_a_lost_message_cannot_be_claimed_but_finished(small_desk: Answering) -> None:
    small_desk.reported("failed")
    assert small_desk.message().state is VoicemailState.LOST
    assert not small_desk.voicemails.claim(RECORDING, by=JAMISON, at=AT)
    assert small_desk.voicemails.done(RECORDING, by=JAMISON, at=AT)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (35, "Ticket 1042: a message of 35 s on the main line. Sign in to listen."),
        (None, "Ticket 1042: a message on the main line. Sign in to listen."),
    ],
)
def test_the_alert_says_that_there_is_a_message_and_nothing_of_it(seconds: int | None, text: str) -> None:
    assert voicemail_alert(1042, "main line", seconds) == text
