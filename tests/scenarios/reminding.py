"""A desk that is reminded: time passes as the clock process lets it pass, and phones that are rung are answered."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from app.cdr.records import Ticket, TicketUpdate
from app.concierge import sweep_reminders
from app.simulator import Reply
from app.simulator.caller import CallerScript
from app.simulator.handsets import ignore
from app.tickets import TicketEdit, TicketRequests, Tickets
from oncall import Priority
from tests.app.web.signed import document_of, envelope
from tests.desk import MAIN
from tests.fakes import Ring
from tests.pages import JAMISON, PagedDesk, path_of

MINUTE, HOUR = 60, 3600
TUESDAY = "2026-12-01T10:00-06:00"
_KEYS = {Priority.EMERGENCY: "1", Priority.HIGH: "2", Priority.MEDIUM: "2"}
RECORDING = "RE" + "7" * 32


@dataclass
class Reminded:
    """A desk with a ticket that somebody has."""

    paged: PagedDesk
    number: int

    @property
    def ticket(self) -> Ticket:
        return self.paged.ticket(self.number)

    @property
    def due_at(self) -> datetime:
        assert self.ticket.update_due_at is not None
        return self.ticket.update_due_at

    @property
    def entries(self) -> list[TicketUpdate]:
        return [each for each in self.paged.file(self.number).updates if each.kind in {"reminded", "overdue"}]

    def until(self, at: datetime | str, *, step: float = 15) -> "Reminded":
        """Time goes by as the clock process sees it: a sweep, then what falls due."""
        end = datetime.fromisoformat(at).astimezone(UTC) if isinstance(at, str) else at
        clock = self.paged.desk.clock
        while clock.at < end:
            self.sweep()
            clock.at = min(end, clock.at + timedelta(seconds=step))
        return self.sweep()

    def before_due(self, minutes: float) -> "Reminded":
        return self.until(self.due_at - timedelta(minutes=minutes))

    def after_due(self, minutes: float) -> "Reminded":
        return self.until(self.due_at + timedelta(minutes=minutes))

    def sweep(self) -> "Reminded":
        sweep_reminders(self.paged.services)
        self.paged.deliver()
        return self

    def told(self) -> list[tuple[str, str]]:
        """Who was told, in order: the name, and text or call."""
        names = self.paged.desk.names()
        told = [(text.at, names[text.to], "text") for text in self.paged.company.texts]
        told += [(ring.at, names[ring.to], "call") for ring in self.paged.company.rings]
        return [(name, way) for _, name, way in sorted(told, key=lambda each: each[0])]

    def forget(self) -> "Reminded":
        """What was told until now is looked at no more."""
        self.paged.company.texts.clear()
        self.paged.company.rings.clear()
        return self


def reminded(
    paged: PagedDesk,
    *,
    priority: Priority = Priority.EMERGENCY,
    at: str = TUESDAY,
    owner: str = JAMISON,
) -> Reminded:
    """A ticket whose caller hung up, and that somebody took at once by text."""
    paged.desk.everybody(ignore())
    script = CallerScript(hangs_up_after_seconds=20)
    played = paged.desk.dials(MAIN, at=at, keys="", script=script, caller=None)
    number = played.ticket.number
    assert number is not None
    paged.at(at)
    TicketRequests(services=paged.services, actor="token:portal", person=owner).edit(
        number, TicketEdit(priority=priority, reason="a test", assignee=owner)
    )
    Tickets(paged.services).update(number, "begun", by=owner, way="by text")
    paged.deliver()
    made = Reminded(paged, number)
    return made.forget()


def answers(paged: PagedDesk, ring: Ring, *keys: str, seconds: int = 20, sid: str = RECORDING) -> str:
    """Somebody picks up, presses keys one after another, and speaks when there is a tone; returns all that was said."""
    client = paged.client()
    fields = envelope(call_sid=ring.sid, From=ring.from_, To=ring.to, Direction="outbound-api")
    heard = sound_document(client.post(path_of(ring.url), list(fields.items())))
    for key in keys:
        action = ET.fromstring(heard).find("Gather")  # noqa: S314
        if action is None:
            return heard
        reply = client.post(path_of(str(action.get("action"))), list({**fields, "Digits": key}.items()))
        document = sound_document(reply)
        heard += document
        if "<Record" in document:
            return heard + spoke(paged, ring, document, seconds=seconds, sid=sid)
        heard = document if key != keys[-1] else heard
    return heard


def speaks(paged: PagedDesk, ring: Ring) -> str:
    """Somebody picks up and presses the key to speak; returns the document that records."""
    client = paged.client()
    fields = envelope(call_sid=ring.sid, From=ring.from_, To=ring.to, Direction="outbound-api")
    client.post(path_of(ring.url), list(fields.items()))
    path = path_of(ring.url).replace("/voice/update/", "/voice/update-key/")
    return sound_document(client.post(path, list({**fields, "Digits": "1"}.items())))


def repeated(paged: PagedDesk, ring: Ring, key: str) -> str:
    """The request that tells of a key comes once more."""
    fields = envelope(call_sid=ring.sid, From=ring.from_, To=ring.to, Direction="outbound-api", Digits=key)
    path = path_of(ring.url).replace("/voice/update/", "/voice/update-key/")
    return paged.client().post(path, list(fields.items())).body.decode()


def spoke(
    paged: PagedDesk, ring: Ring, document: str, *, seconds: int, sid: str = RECORDING, ended_by: str = "#"
) -> str:
    """The recording is made, ended by the pound key or by hanging up ("hangup"), and reported."""
    record = ET.fromstring(document).find("Record")  # noqa: S314
    assert record is not None
    fields = envelope(call_sid=ring.sid, From=ring.from_, To=ring.to, Direction="outbound-api")
    said = {**fields, "RecordingSid": sid, "RecordingDuration": str(seconds), "Digits": ended_by, "RecordingUrl": "x"}
    if ended_by == "hangup":
        said["CallStatus"] = "completed"
    path = path_of(str(record.get("action")))
    answer = sound_document(paged.client().post(path, list((said if seconds else fields).items())))
    if seconds:
        report = {"AccountSid": fields["AccountSid"], "CallSid": ring.sid, "RecordingSid": sid}
        report |= {"RecordingStatus": "completed", "RecordingDuration": str(seconds)}
        paged.client().post(path_of(str(record.get("recordingStatusCallback"))), list(report.items()))
    return answer


def sound_document(reply: Reply) -> str:
    """An answer Twilio has no complaint about."""
    document_of(reply)
    return reply.body.decode()


def words(document: str) -> str:
    """What is said in documents, without their marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", document).split())
