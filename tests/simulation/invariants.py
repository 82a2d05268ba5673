"""What must hold of every simulated world, whatever broke in it: asked of what was seen on the phones and stored.

A violation begins with one word that says what kind it is.
"""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Self
from urllib.parse import unquote_plus

from app.simulator import Call, Purpose, Text, Trace
from app.simulator.events import CallEnded, LegBridged, Played, RecordingMade, Requested
from app.simulator.trace import LONGEST_SILENCE_SECONDS
from tests.simulation.due import AGREED, due
from tests.simulation.people import STAFF
from tests.simulation.perils import CLOCK_JUMP, REPLY_LOST, REQUEST_LOST
from tests.simulation.plan import Plan, Visit
from tests.simulation.witness import Row

_NUMBER_TEXT = re.compile(r"Ticket \d+: the caller's number is \+\d+\.")

# The longest way through the menus, every policy, the line and the answering service, and some more.
WAIT_CAP_SECONDS = 2400.0
_PRIORITY_OF_LINES = "high"
_LOST_REPLIES_SECONDS = 15.0
# What was ordered just before the world ended has had no time.
_SETTLING = timedelta(seconds=60)
_LOSSES = {REQUEST_LOST, REPLY_LOST}


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never be. `kind` is lost, dropped, doubled, unowned, … ; the text says what."""

    kind: str
    text: str
    at: datetime | None = None

    @classmethod
    def of(cls, text: str, *, at: datetime | None = None) -> Self:
        return cls(text.partition(":")[0], text, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that was seen of a world when it is over."""

    plan: Plan
    visits: Mapping[str, Visit]
    traces: Sequence[Trace]
    journal: Trace
    rung: Sequence[Call]
    texts: Sequence[Text]
    tables: Mapping[str, Sequence[Row]]
    logs: Sequence[tuple[datetime, MutableMapping[str, Any]]]
    spooled: frozenset[str]
    met: Counter[str]

    @staticmethod
    def was_answered(trace: Trace) -> bool:
        """Whether one of our documents has reached the caller's call."""
        steering = trace.requests(Purpose.DOCUMENT, Purpose.FALLBACK)
        return any(asked.sid == trace.call_sid and asked.status == 200 for asked in steering)

    def logged(self, event: str) -> list[MutableMapping[str, Any]]:
        return [entry for _, entry in self.logs if entry["event"] == event]

    @property
    def clock_error(self) -> timedelta:
        """How far the clocks of two machines may have been apart."""
        jumps = [abs(told.seconds) for told in self.plan.breakages if told.kind == CLOCK_JUMP]
        return timedelta(seconds=2 * max(jumps, default=0.0))


@dataclass(frozen=True, slots=True)
class Afterwards:
    """The checks of a world that is over and at rest."""

    story: Story

    def check(self) -> list[Violation]:
        """Everything that is not as it must be."""
        checks = (
            self._lost, self._dropped, self._waited, self._doubled, self._unowned, self._out_of_order, self._untrue,
            self._clocks, self._told, self._left_over, self._raised_by_us,
        )  # fmt: skip
        return [Violation.of(text) for check in checks for text in check()]

    # Calls.

    def _lost(self) -> Iterator[str]:
        calls = {row["call_sid"]: row for row in self.story.tables["calls"]}
        tickets = {row["number"] for row in self.story.tables["tickets"]}
        for trace in self.story.traces:
            row = calls.get(trace.call_sid)
            if row is None:
                yield f"lost: call {trace.call_sid} has no record"
            elif row["ticket"] not in tickets:
                yield f"lost: call {trace.call_sid} has no ticket"
        for call_sid in sorted(self.story.spooled):
            yield f"lost: call {call_sid} is still in a spool"

    def _dropped(self) -> Iterator[str]:
        for trace in self.story.traces:
            if trace.ended is None:
                yield f"dropped: call {trace.call_sid} never ended"
            elif trace.dropped:
                yield f"dropped: call {trace.call_sid}: {trace.ended.reason}"
            elif trace.longest_silence_seconds > self._longest_silence():
                yield f"dropped: call {trace.call_sid} heard nothing for {trace.longest_silence_seconds:.0f} s"

    def _longest_silence(self) -> float:
        """Three tries of a request, all lost, take fourteen seconds at most before Twilio asks elsewhere."""
        return LONGEST_SILENCE_SECONDS + (_LOST_REPLIES_SECONDS if self.story.met.keys() & _LOSSES else 0.0)

    def _waited(self) -> Iterator[str]:
        for trace in self.story.traces:
            began, reached = trace.events[0].at, next(filter(_reaches, trace.events), None)
            if reached is not None and (seconds := (reached.at - began).total_seconds()) > WAIT_CAP_SECONDS:
                yield f"wait: call {trace.call_sid} went on for {seconds:.0f} s and reached nobody"

    # Once, and not twice.

    def _doubled(self) -> Iterator[str]:
        yield from self._without_calls()
        orders = self.story.tables["outbox"]
        payloads = [(row["kind"], _mapping(row["payload"])) for row in orders]
        ordered = Counter((told["to"], told["body"]) for kind, told in payloads if kind == "send_text")
        sent = Counter((text.to, text.body) for text in self.story.texts if text.direction == "outbound-api")
        for (to, body), times in sent.items():
            if times > ordered[to, body]:
                yield f"doubled: text to {to} sent {times} times for {ordered[to, body]} orders: {body}"
        to_ring = Counter(str(told["number"]) for kind, told in payloads if kind == "ring_phone")
        rung = Counter(call.number for call in self.story.rung)
        for number, times in rung.items():
            if times > to_ring[number]:
                yield f"doubled: {number} was rung {times} times for {to_ring[number]} orders"
        pages = Counter(
            str(row["key"]).split(":")[1]
            for row in orders
            if row["kind"] == "page" and row["done_at"] is None and row["dead_at"] is None
        )
        for ticket, times in pages.items():
            if times > 1:
                yield f"doubled: ticket {ticket} has {times} chains of pages"

    def _without_calls(self) -> Iterator[str]:
        # A call that turned out to be about an older ticket moves there; its own is closed, and says so.
        merged = {row["ticket"] for row in self.story.tables["ticket_updates"] if row["kind"] == "merged"}
        with_call = merged | {row["ticket"] for row in self.story.tables["calls"]}
        for row in self.story.tables["tickets"]:
            if row["channel"] == "phone" and row["number"] not in with_call:
                yield f"doubled: ticket {row['number']} has no call"

    def _unowned(self) -> Iterator[str]:
        for row in self.story.tables["tickets"]:
            if row["priority"] == "emergency" and row["status"] == "new":
                yield f"unowned: emergency {row['number']} has no owner though everybody answers"

    # The record.

    def _out_of_order(self) -> Iterator[str]:
        slack = self.story.clock_error
        for leg in self.story.tables["legs"]:
            steps = [(name, leg[f"{name}_at"]) for name in ("started", "answered", "accepted", "ended")]
            known = [(name, at) for name, at in steps if at is not None]
            for (one, earlier), (other, later) in pairwise(known):
                if later < earlier - slack:
                    yield f"timeline: call {leg['call_sid']}, leg {leg['turn']}: {other} before {one}"
        for call in self.story.tables["calls"]:
            for name in ("answered_at", "ended_at"):
                if call[name] is not None and call[name] < call["started_at"] - slack:
                    yield f"timeline: call {call['call_sid']}: {name} before it began"
        yield from self._two_at_once(slack)

    def _two_at_once(self, slack: timedelta) -> Iterator[str]:
        taken: dict[str, list[Row]] = {}
        for leg in self.story.tables["legs"]:
            if leg["outcome"] == "accepted" and leg["accepted_at"] is not None:
                taken.setdefault(leg["call_sid"], []).append(leg)
        for call_sid, legs in taken.items():
            for one, other in pairwise(sorted(legs, key=lambda leg: leg["accepted_at"])):
                if one["ended_at"] is None or other["accepted_at"] < one["ended_at"] - slack - timedelta(seconds=2):
                    yield f"doubled: call {call_sid} was taken by {one['party']} and {other['party']} at once"

    def _untrue(self) -> Iterator[str]:
        """Whoever talked with a caller stands in the record as having taken the call."""
        accepted: dict[str, set[str]] = {}
        for leg in self.story.tables["legs"]:
            if leg["outcome"] == "accepted":
                accepted.setdefault(leg["call_sid"], set()).add(leg["number"])
        for trace in self.story.traces:
            for number in trace.connected():
                if number not in accepted.get(trace.call_sid, set()):
                    yield f"record: call {trace.call_sid} was taken at {number}, and no leg says so"
        for call in self.story.tables["calls"]:
            if call["ended_at"] is None:
                yield f"record: call {call['call_sid']} has not ended"

    def _clocks(self) -> Iterator[str]:
        calls = Counter(row["ticket"] for row in self.story.tables["calls"])
        news: dict[int, datetime] = {}
        for entry in self.story.tables["ticket_updates"]:
            if entry["kind"] == "update":
                news[entry["ticket"]] = entry["at"]
        raised = self._raised()
        for row in self.story.tables["tickets"]:
            since, number, priority = row["acknowledged_at"], row["number"], row["priority"]
            if since is None:
                if row["update_due_at"] or row["resolve_due_at"]:
                    yield f"clock: ticket {number} runs, and nobody has acknowledged it"
            elif row["status"] in {"acknowledged", "in_progress"} and calls[number] == 1:
                resolve = due(priority, at=since, update=False)
                last = max(since, news.get(number, since), raised.get(number, since))
                update = due(priority, at=last, update=True)
                for name, expected in (("resolve_due_at", resolve), ("update_due_at", update)):
                    if not _same(row[name], expected, within=self.story.clock_error):
                        yield f"clock: ticket {number}, {priority}: {name} is {row[name]}, not {expected}"

    def _raised(self) -> dict[int, datetime]:
        """When each ticket was last raised by its call: its next news is then due counted from that.

        Lowered, it counts from the last news as before.
        """
        tickets = {row["call_sid"]: row["ticket"] for row in self.story.tables["calls"]}
        raised: dict[int, datetime] = {}
        known: dict[int, str] = {}
        ranks = list(AGREED)
        for fact in sorted(self.story.tables["call_facts"], key=lambda fact: fact["at"]):
            ticket = tickets.get(fact["call_sid"])
            if fact["kind"] != "priority_set" or ticket is None:
                continue
            priority = str(_mapping(fact["detail"])["priority"])
            before = known.get(ticket, _PRIORITY_OF_LINES)
            if ranks.index(priority) < ranks.index(before):
                raised[ticket] = fact["at"]
            elif priority != before:
                raised.pop(ticket, None)
            known[ticket] = priority
        return raised

    # Privacy.

    def _told(self) -> Iterator[str]:
        secrets = self._secrets()
        for _, entry in self.story.logs:
            text = " ".join(str(value) for name, value in entry.items() if name not in {"call_sid", "leg_sid"})
            if found := secrets.search(text):
                yield f"privacy: {found[0]} in the log: {entry['event']}"
        for sent in self.story.texts:
            # Whoever has taken a call or its ticket is texted the caller's number, and nothing with it.
            if found := secrets.search(_NUMBER_TEXT.sub("", sent.body)):
                yield f"privacy: {found[0]} in a text to {sent.to}"
        for url in {asked.url: None for asked in self.story.journal.of(Requested)}:
            if found := secrets.search(_opened(url)):
                yield f"privacy: {found[0]} in an address: /{url.split('/')[3]}/{url.split('/')[4]}"

    def _secrets(self) -> re.Pattern[str]:
        """Callers' numbers, however written, what they keyed, what they said, and what staff wrote of it."""
        ours = {number[-7:] for number in STAFF.values()}
        spoken = [str(self.story.plan.twilio_rest.get("transcription_text", "I am calling about a problem"))]
        numbers = {(visit.number or "")[-7:] for visit in self.story.visits.values()}
        keyed = {keys for visit in self.story.visits.values() for keys in re.findall(r"\d{7,}", visit.keys)}
        written = re.findall(r"about \w+", " ".join(told.body for told in self.story.plan.texts))
        words = [word for word in (*numbers, *keyed, *spoken, *written) if len(word) >= 7 and word not in ours]
        return re.compile("|".join(sorted(map(re.escape, words))) or r"(?!)")

    def _raised_by_us(self) -> Iterator[str]:
        """Whatever breaks around us, nothing of ours raises: callers are rescued from that, and it is a mistake."""
        for event in ("webhook_failed", "order_broke", "deliveries_broke"):
            for entry in self.story.logged(event):
                yield f"raised: {event} {entry.get('fault', '')} {str(entry.get('exception', ''))[-200:]}".rstrip()

    def _left_over(self) -> Iterator[str]:
        over_at = max((at for at, _ in self.story.logs), default=datetime.min.replace(tzinfo=UTC))
        for row in self.story.tables["outbox"]:
            if row["dead_at"] is not None and not any(
                entry.get("order") == row["key"] for entry in self.story.logged("order_dead")
            ):
                yield f"unowned: order {row['kind']} was given up, and no log says so"
            waits = row["done_at"] is None and row["dead_at"] is None and row["kind"] in {"ring_phone", "send_text"}
            if waits and row["due_at"] < over_at - _SETTLING:
                yield f"stuck: order {row['kind']} {row['key']} was never carried out"
        for place in self.story.tables["queue_places"]:
            if place["left_at"] is None and place["kind"] == "waiting":
                yield f"stuck: call {place['call_sid']} still stands in line"


def _same(told: datetime | None, expected: datetime | None, *, within: timedelta) -> bool:
    """Whether two instants are the same second: open hours are counted in whole ones. Clocks may be apart `within`."""
    if told is None or expected is None:
        return told is expected
    return abs(told - expected) < within + timedelta(seconds=1)


def _reaches(event: object) -> bool:
    is_beep = isinstance(event, Played) and event.url == "beep"
    return is_beep or isinstance(event, LegBridged | RecordingMade | CallEnded)


def _mapping(value: object) -> Mapping[str, Any]:
    """The value of a JSON column, as either driver gives it."""
    found: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value  # type: ignore[assignment]
    return found


def _opened(url: str) -> str:
    """An address with what its token says, readable."""
    path, _, query = url.partition("?")
    token = path.rpartition("/")[2].partition(".")[0]
    try:
        said = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except ValueError:
        said = ""
    return f"{path} {unquote_plus(query)} {said}"
