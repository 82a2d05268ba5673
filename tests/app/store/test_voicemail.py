"""Messages and the audit log, listed newest first and changed by one at a time."""

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest

from app.store import AuditEntry, BadCursor, Sealed, Store, Voicemail, VoicemailFilters, VoicemailState
from tests.app.store.samples import AT, record, sid

KEPT, LOST = VoicemailState.KEPT, VoicemailState.LOST


def name(number: int) -> str:
    return f"RE{number:032x}"


def message(number: int = 1, **changes: object) -> Voicemail:
    made = Voicemail(
        recording_sid=name(number),
        call_sid=sid(1),
        turn=number,
        ticket=1001,
        state=VoicemailState.ANNOUNCED,
        created_at=AT + timedelta(seconds=number // 2),
    )
    return replace(made, **changes)  # type: ignore[arg-type] # each field has its own type


def added(store: Store, *messages: Voicemail) -> None:
    with store.turn() as turn:
        turn.open(record(1))
        for each in messages:
            assert turn.voicemails.add(each)


def test_a_message_is_there_as_it_was_added_and_once(store: Store) -> None:
    whole = message(encryption={"iv": "aXY="}, seconds=12, retention_until=AT + timedelta(days=90))
    added(store, whole)
    with store.turn() as turn:
        assert not turn.voicemails.add(message(seconds=99))
        assert turn.voicemails.of_call(sid(1)) == (whole,)
        assert turn.voicemails.of_call(sid(2)) == ()
    assert store.voicemails.get(name(1)) == whole
    assert store.voicemails.get("RE\0") is None


def test_a_change_happens_in_the_named_states_only(store: Store) -> None:
    added(store, message())
    with store.turn() as turn:
        assert not turn.voicemails.change(name(1), KEPT, LOST, seconds=1)
        assert turn.voicemails.change(name(1), VoicemailState.ANNOUNCED, LOST, state=KEPT, seconds=2, encryption=None)
        assert not turn.voicemails.change(name(2), *VoicemailState, seconds=3)
    found = store.voicemails.get(name(1))
    assert found is not None
    assert (found.state, found.seconds, found.encryption) == (KEPT, 2, None)


def test_pages_go_on_where_the_last_one_ended(store: Store) -> None:
    states = [KEPT, LOST]
    added(store, *(message(number, state=states[number % 2]) for number in range(20)))
    for filters, expected in [
        (VoicemailFilters(), list(range(19, -1, -1))),
        (VoicemailFilters(state=KEPT), list(range(18, -1, -2))),
        (VoicemailFilters(ticket=1001, state=LOST), list(range(19, 0, -2))),
        (VoicemailFilters(ticket=1002), []),
        (VoicemailFilters(done=True), []),
        (VoicemailFilters(done=False), list(range(19, -1, -1))),
    ]:
        seen, cursor = [], None
        while True:
            page = store.voicemails.page(filters, limit=3, cursor=cursor)
            seen += [each.turn for each in page.items]
            if (cursor := page.next) is None:
                break
        assert seen == expected
    with pytest.raises(BadCursor):
        store.voicemails.page(VoicemailFilters(), limit=3, cursor="x")


def test_sealed_contents_are_kept_once_resealed_and_erased(store: Store) -> None:
    first = Sealed(recording_sid=name(1), content="audio", key_id="old", sealed=bytes(range(256)))
    second = replace(first, key_id="new", sealed=b"\0new")
    added(store, message(), message(2))
    with store.turn() as turn:
        assert turn.voicemails.put(first)
        assert not turn.voicemails.put(second)
        assert turn.voicemails.put(replace(first, recording_sid=name(2)))
        assert turn.voicemails.sealed(name(1), "audio") == first
        assert turn.voicemails.sealed(name(1), "transcript") is None
    batch = store.voicemails.sealed_otherwise("new", after=("", ""), limit=5)
    assert batch == ((name(1), "audio"), (name(2), "audio"))
    assert store.voicemails.sealed_otherwise("new", after=batch[0], limit=5) == batch[1:]
    with store.turn() as turn:
        assert turn.voicemails.reseal(first, second)
        assert not turn.voicemails.reseal(first, second)
        assert turn.voicemails.sealed(name(1), "audio") == second
        turn.voicemails.erase(name(1))
        assert turn.voicemails.sealed(name(1), "audio") is None
    assert store.voicemails.sealed_otherwise("new", after=("", ""), limit=5) == batch[1:]


def test_what_is_due_is_found_oldest_first(store: Store) -> None:
    day = timedelta(days=1)
    added(
        store,
        message(1, state=KEPT, fetched_at=AT, retention_until=AT + 3 * day),
        message(2, state=KEPT, fetched_at=AT, retention_until=AT + 2 * day, deleted_at_provider_at=AT),
        message(3, state=VoicemailState.FETCHING),
        message(4),
        message(5, state=LOST, fetched_at=None),
    )
    log = store.voicemails
    assert [each.turn for each in log.ended(at=AT + 3 * day, limit=9)] == [2, 1]
    assert [each.turn for each in log.ended(at=AT + 3 * day, limit=1)] == [2]
    assert [each.turn for each in log.unfetched(before=AT + day, limit=9)] == [3, 4]
    assert [each.turn for each in log.left_at_provider(before=AT + day, limit=9)] == [1]
    assert log.left_at_provider(before=AT, limit=9) == ()


def test_the_audit_log_is_listed_newest_first_by_subject_and_actor(store: Store) -> None:
    entries = [
        AuditEntry(at=AT, actor=f"person {n % 2}", action="played", subject=f"thing {n % 3}", detail={"n": n})
        for n in range(6)
    ]
    for entry in entries[:3]:
        store.audit.write(entry)
    with store.turn() as turn:
        for entry in entries[3:]:
            turn.audit.write(entry)
    page = store.audit.list(limit=4)
    assert list(page.items) == entries[:1:-1]
    assert store.audit.list(limit=4, cursor=page.next).items == tuple(entries[1::-1])
    assert store.audit.list(limit=9, subject="thing 1").items == (entries[4], entries[1])
    assert store.audit.list(limit=9, actor="person 1").items == (entries[5], entries[3], entries[1])
    assert store.audit.list(limit=9, actor="person 1", subject="thing 1").items == (entries[1],)
    with pytest.raises(BadCursor):
        store.audit.list(limit=1, cursor="-1")


def test_what_is_undone_is_not_in_the_audit_log(store: Store) -> None:
    with contextlib.suppress(RuntimeError), store.turn() as turn:
        turn.audit.write(AuditEntry(at=AT, actor="somebody", action="played", subject="thing"))
        raise RuntimeError
    assert store.audit.list(limit=1).items == ()
