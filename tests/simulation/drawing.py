"""Draws a plan from a seed: callers of every kind, staff of every mood, and breakages of the kinds asked for."""

from collections.abc import Sequence
from random import Random
from typing import Any

from app.simulator import BridgeEnd, FinalStatus, Moment, ParentStatus, RecordingCallback, SilentRecord
from tests.simulation import edits, perils
from tests.simulation.people import SERVICE, STAFF
from tests.simulation.plan import Breakage, Edit, Pickup, Plan, StaffText, Visit

# Open hours, evenings, nights, a holiday, half a day, and both nights on which the clocks change.
BEGINNINGS = (
    "2026-12-01T08:30-06:00", "2026-12-02T12:00-06:00", "2026-11-25T15:30-06:00", "2026-12-04T16:15-06:00",
    "2026-11-28T03:00-06:00", "2026-11-26T09:00-06:00", "2026-12-24T10:30-06:00", "2026-12-31T22:00-06:00",
    "2026-11-01T00:15-05:00", "2027-03-14T00:30-06:00", "2027-01-04T06:30-06:00",
)  # fmt: skip
KINDS = (
    "twilio", "texts", "edits", "requests", "database", "commits", "rest", "kills", "clocks",
)  # fmt: skip
_KEYS = (
    "1",
    "2",
    "2",
    "2",
    "0",
    "3,4711#",
    "3",
    "8,1",
    "8,2",
    "9,2",
    "-,1",
    "-,2",
    "-",
    "",
    "5,7,9",
    "1",
    "0",
    "2,1",
    "2,w1",
    "2,2",
    "2,1,1",
)
_NUMBERS = [f"+18165550{tail}" for tail in (*range(105, 150), *range(180, 200))]
_CLIENTS = ["+18165550160", "+18165550161", "+18165550163", "+18165550171"]
_ODD: list[str | None] = [None, "Anonymous", "+266696687", "client:reading-room"]
_MANNERS = (
    *["accepts"] * 9, *["waits for the caller to hang up"] * 2, "presses late", "wrong key first", "declines",
    "declines", "voicemail", "voicemail", "hangs up", "says nothing", "ignores", "ignores", "ignores", "busy", "fails",
)  # fmt: skip
_TEXTS = (
    "ACK {ticket}", "TAKE {ticket}", "UPDATE {ticket} spoke about zebras", "UPDATE", "WHO", "LIST", "AWAY 2h", "AWAY",
    "BACK", "BACK", "hello there", "ACK 999999", "ack #{ticket}.", "STOP", "START", "",
)  # fmt: skip
# A talk about a broken archive is long; most are short.
_TALK_MEAN_SECONDS = 1200.0
_PICKUPS = 60
_HOURS = 5.0


def draw(seed: int, *, visits: int = 60, kinds: Sequence[str] = KINDS) -> Plan:
    """The plan of a seed. The same seed always gives the same plan."""
    random = Random(f"{seed} {','.join(sorted(kinds))}")  # noqa: S311 - repeatability is wanted, secrecy is not
    seconds = _HOURS * 3600
    number = max(1, round(visits * random.uniform(0.6, 1.4)))
    return Plan(
        seed=seed,
        starts_at=BEGINNINGS[seed % len(BEGINNINGS)],
        hours=_HOURS,
        visits=tuple(sorted(_visits(random, number, seconds), key=lambda visit: visit.after)),
        pickups=_pickups(random),
        replies={who: tuple(random.random() < 0.4 for _ in range(40)) for who in STAFF},
        texts=tuple(_texts(random, seconds)) if "texts" in kinds else (),
        edits=tuple(_edits(random, seconds)) if "edits" in kinds else (),
        breakages=tuple(sorted(_breakages(random, seconds, kinds), key=lambda told: told.after)),
        twilio=_twilio(random) if "twilio" in kinds else {},
        twilio_rest=_twilio_rest(random) if "twilio" in kinds else {},
    )


# Callers


def _visits(random: Random, number: int, seconds: float) -> list[Visit]:
    bursts = [random.uniform(0, seconds * 0.9) for _ in range(3)]
    regulars = random.sample(_NUMBERS, 12)
    return [_visit(random, bursts, regulars, seconds) for _ in range(number)]


def _visit(random: Random, bursts: Sequence[float], regulars: Sequence[str], seconds: float) -> Visit:
    in_burst = random.random() < 0.5
    after = random.choice(bursts) + random.uniform(0, 240) if in_burst else random.uniform(0, seconds * 0.95)
    leaves = random.random() < 0.3
    return Visit(
        after=round(after, 1),
        number=_number(random, regulars),
        line=random.choice(("main", "main", "main", "alternate")),
        keys=random.choice(_KEYS),
        presses_after=random.choice((None, None, 1.0, 6.0)),
        patience=random.choice((7200.0, 7200.0, 7200.0, 7200.0, 3600.0, 900.0, 240.0)),
        hangs_up_at=random.choice(list(Moment)).value if leaves else None,
        hangs_up_delay=random.choice((0.1, 1.0, 3.0, 20.0)),
        message_seconds=random.choice((20.0, 40.0, 170.0, 1.0, 0.0)),
        message_end=random.choice(("hangs up", "presses a key", "stays silent")),
        talks_for=_talk(random) if random.random() < 0.5 else None,
    )


def _number(random: Random, regulars: Sequence[str]) -> str | None:
    match random.random():
        case chance if chance < 0.35:
            return random.choice(regulars)
        case chance if chance < 0.45:
            return random.choice(_CLIENTS)
        case chance if chance < 0.52:
            return random.choice(_ODD)
    return random.choice(_NUMBERS)


def _talk(random: Random) -> float:
    return round(min(5400.0, 5.0 + random.expovariate(1 / _TALK_MEAN_SECONDS)), 1)


# Staff


def _pickups(random: Random) -> dict[str, tuple[Pickup, ...]]:
    staff = {who: tuple(_pickup(random) for _ in range(_PICKUPS)) for who in STAFF}
    service = tuple(
        Pickup(
            manner=random.choice(("service", "service", "service", "service", "service", "ignores", "busy")),
            after=random.choice((2.0, 8.0, 30.0)),
            talks_for=_talk(random),
        )
        for _ in range(_PICKUPS)
    )
    return {**staff, SERVICE: service}


def _pickup(random: Random) -> Pickup:
    manner = random.choice(_MANNERS)
    after = random.choice((0.0, 12.0, 22.0)) if manner == "voicemail" else round(random.uniform(1.0, 24.0), 1)
    return Pickup(manner=manner, after=after, talks_for=_talk(random))


def _texts(random: Random, seconds: float) -> list[StaffText]:
    texts = [
        StaffText(
            after=round(random.uniform(0, seconds), 1), person=random.choice(list(STAFF)), body=random.choice(_TEXTS)
        )
        for _ in range(random.randint(4, 14))
    ]
    return sorted(texts, key=lambda text: text.after)


def _edits(random: Random, seconds: float) -> list[Edit]:
    names = [edits.SHIPPED, *edits.GOOD, *edits.BAD]
    made = [
        Edit(after=round(random.uniform(0, seconds), 1), name=random.choice(names)) for _ in range(random.randint(0, 5))
    ]
    return sorted(made, key=lambda edit: edit.after)


# Breakages


def _breakages(random: Random, seconds: float, kinds: Sequence[str]) -> list[Breakage]:
    def at() -> float:
        return round(random.uniform(0, seconds * 0.95), 1)

    drawn: list[Breakage] = []
    if "requests" in kinds:
        drawn += [
            Breakage(
                # Three in a row are all that Twilio tries.
                after=at(),
                kind=random.choice((perils.REQUEST_LOST, perils.REPLY_LOST)),
                times=random.randint(1, 4),
            )
            for _ in range(random.randint(2, 10))
        ]
        drawn += [
            Breakage(
                after=at(), kind=random.choice((perils.REPLY_LATE, perils.REQUEST_DOUBLED)), times=random.randint(1, 6)
            )
            for _ in range(random.randint(2, 8))
        ]
    if "database" in kinds:
        drawn += [
            Breakage(after=at(), kind=kind, seconds=random.choice((1.0, 4.0, 30.0, 240.0, 900.0)))
            for kind in random.choices(perils.WINDOWS, k=random.randint(0, 4))
        ]
    if "commits" in kinds:
        drawn += [
            Breakage(after=at(), kind=kind, times=random.choice((1, 1, 2, 5)))
            for kind in random.choices((perils.COMMIT_FAILS, perils.COMMIT_UNHEARD), k=random.randint(0, 8))
        ]
    if "rest" in kinds:
        drawn += [
            Breakage(after=at(), kind=kind, times=random.choice((1, 2, 6)))
            for kind in random.choices(list(perils.REST), k=random.randint(0, 8))
        ]
    if "kills" in kinds:
        drawn += [
            Breakage(after=at(), kind=perils.KILL, machine=random.choice(("web1", "web2", "clock")), point=point)
            for point in random.choices(perils.POINTS, k=random.randint(0, 5))
        ]
    if "clocks" in kinds:
        drawn += [
            Breakage(
                after=at(), kind=perils.CLOCK_JUMP, machine=random.choice(("web1", "web2", "clock")),
                seconds=random.choice((-45.0, -5.0, 0.0, 5.0, 45.0)),
            )
            for _ in range(random.randint(0, 4))
        ]  # fmt: skip
    return drawn


def _twilio(random: Random) -> dict[str, Any]:
    """How this Twilio is, where its documentation leaves it open; each setting usual more often than not."""
    choices: dict[str, list[Any]] = {
        "abandoned_dial_status": ["canceled", "no-answer"],
        "abandoned_dial_action": [True, False],
        "abandoned_parent_status": [each.value for each in ParentStatus],
        "refused_dial_status": ["completed", "no-answer"],
        "silent_record": [each.value for each in SilentRecord],
        "final_status": [each.value for each in FinalStatus],
        "recording_callback": [each.value for each in RecordingCallback],
        "bridge_end": [each.value for each in BridgeEnd],
        "empty_digits_sent": [True, False],
        "unknown_parameter": [False, True],
        "webhooks_delivered_twice": [False, False, True],
        "callbacks_delivered_twice": [False, True],
        "callback_jitter_seconds": [0.5, 4.0, 30.0],
        "dial_bridged_sent": [True, False],
    }
    return {name: random.choice(values) for name, values in choices.items() if random.random() < 0.3}


def _twilio_rest(random: Random) -> dict[str, Any]:
    choices: dict[str, list[Any]] = {
        "wait_status": ["ringing", "in-progress"],
        "failed_wait": ["error-result", "fallback"],
        "left_while_bridging": ["hangup", "bridging-in-process"],
        "deserted_result": ["error", "bridged"],
        "hung_up_bridged_result": ["bridged", "hangup"],
        "engaged": ["busy", "call-waiting", "voicemail"],
        "media": ["at-once", "late", "never"],
        "deliveries_reported": [True, False],
    }
    return {name: random.choice(values) for name, values in choices.items() if random.random() < 0.3}
