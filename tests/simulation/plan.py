"""What will happen in one simulated world, as plain data: who calls, who answers how, what breaks and when.

Nothing here decides anything. A plan can be written to a JSON file, cut down, and played again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One call by a caller; `after` seconds from the beginning. `number` None is a caller of whom nothing is said."""

    after: float
    number: str | None
    line: str = "main"
    keys: str = ""
    presses_after: float | None = None
    patience: float = 3600.0
    hangs_up_at: str | None = None
    hangs_up_delay: float = 3.0
    message_seconds: float = 20.0
    message_end: str = "hangs up"
    talks_for: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """What a phone does one of the times it rings: the `manner` is a name in the table of the world's people."""

    manner: str
    after: float = 6.0
    talks_for: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffText:
    """A text by a staff member to our number; `{ticket}` in it is the newest ticket there then is."""

    after: float
    person: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The configuration is changed on the disk, to the shipped files with one change named in the table of edits."""

    after: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """Something breaks. For which kinds `seconds`, `times`, `machine` and `point` count is told where they are made."""

    after: float
    kind: str
    seconds: float = 0.0
    times: int = 1
    machine: str = ""
    point: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that will happen in one world. The same plan always gives the same trace."""

    seed: int
    starts_at: str
    hours: float
    visits: tuple[Visit, ...] = ()
    pickups: Mapping[str, tuple[Pickup, ...]] = field(default_factory=dict)
    replies: Mapping[str, tuple[bool, ...]] = field(default_factory=dict)
    texts: tuple[StaffText, ...] = ()
    edits: tuple[Edit, ...] = ()
    breakages: tuple[Breakage, ...] = ()
    twilio: Mapping[str, Any] = field(default_factory=dict)
    twilio_rest: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The plan as a readable file; what has its usual value is left out."""
        return json.dumps(_slim(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The plan in a file written by `to_json`."""
        data = json.loads(text)
        made = {
            "visits": tuple(Visit(**each) for each in data.pop("visits", ())),
            "pickups": {who: tuple(Pickup(**each) for each in told) for who, told in data.pop("pickups", {}).items()},
            "replies": {who: tuple(told) for who, told in data.pop("replies", {}).items()},
            "texts": tuple(StaffText(**each) for each in data.pop("texts", ())),
            "edits": tuple(Edit(**each) for each in data.pop("edits", ())),
            "breakages": tuple(Breakage(**each) for each in data.pop("breakages", ())),
        }
        return cls(**made, **data)


def _slim(plan: Plan) -> dict[str, Any]:
    lists = {
        name: [_unusual(each) for each in getattr(plan, name)] for name in ("visits", "texts", "edits", "breakages")
    }
    pickups = {who: [_unusual(each) for each in told] for who, told in plan.pickups.items()}
    whole = asdict(plan) | lists | {"pickups": pickups}
    return {name: value for name, value in whole.items() if value not in ([], {})}


def _unusual(part: Any) -> dict[str, Any]:
    told = {each.name: (getattr(part, each.name), each.default) for each in fields(part)}
    return {name: value for name, (value, usual) in told.items() if value != usual}
