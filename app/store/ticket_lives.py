"""A ticket's life to one line of JSON and back. Knows no SQL, and leaves out whatever is as it always is."""

import json
from datetime import datetime
from typing import Any

from app.cdr.records import Promise, Target, TicketLife, UpdateRule
from oncall import Pause


def life_text(life: TicketLife | None) -> str | None:
    """The line of JSON; None for a ticket to which nothing out of the ordinary happened."""
    return None if life is None else json.dumps(_kept(life), separators=(",", ":"))


def life_of(text: str | None) -> TicketLife | None:
    """The life in a line of JSON. Names that are not known here, as of a newer program, are passed over."""
    if text is None:
        return None
    kept: dict[str, Any] = json.loads(text)
    promises, rule, target = kept.get("promises"), kept.get("updates"), kept.get("target")
    return TicketLife(
        told_at=_at(kept.get("told_at")),
        promises=None if promises is None else tuple(Promise(_when(at), *rest) for at, *rest in promises),
        stops=tuple(Pause(_when(starts), _at(ends)) for starts, ends in kept.get("stops", ())),
        updates=None if rule is None else UpdateRule(*rule),
        target=None if target is None else Target(_at(target[0])),
        decided={name: _when(at) for name, at in kept.get("decided", {}).items()},
        closes_at=_at(kept.get("closes_at")),
        noticed=kept.get("noticed", False),
        merged_into=kept.get("merged_into"),
    )


def _kept(life: TicketLife) -> dict[str, Any]:
    found = {
        "told_at": _iso(life.told_at),
        "promises": None
        if life.promises is None
        else [[_iso(p.from_at), p.seconds, p.business] for p in life.promises],
        "stops": [[_iso(each.starts_at), _iso(each.ends_at)] for each in life.stops] or None,
        "updates": None if life.updates is None else [life.updates.seconds, life.updates.business],
        "target": None if life.target is None else [_iso(life.target.due_at)],
        "decided": {name: _iso(at) for name, at in life.decided.items()} or None,
        "closes_at": _iso(life.closes_at),
        "noticed": life.noticed or None,
        "merged_into": life.merged_into,
    }
    return {name: value for name, value in found.items() if value is not None}


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)
