"""The board: the desk, who is on call, calls, tickets due, staff and health at a glance, kept up to date by itself.

Each answer to a stream is short and ends: no thread is held for a board that stands open, and webhooks come first. The
browser asks again after two seconds and tells what it has; it gets the sections that have changed.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPMethod
from typing import Final

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE, OVERSEERS
from app.desk_by_hand import LONGEST, LONGEST_REASON, DeskByHand, Said
from app.services import Services
from app.steering import Steered, Steering
from app.web.desk import board_view as view
from app.web.desk import states
from app.web.desk.board_calls import Reader, calls_now
from app.web.desk.board_facts import BoardFacts, Facts
from app.web.desk.doors import Page, visitor
from app.web.desk.notices import back_to

HERE: Final = "/desk/board"
RETRY_MILLISECONDS: Final = 2000
PARTS: Final = ("now", "calls", "due", "staff", "health")
SPANS: Final = (
    (30, "30 minutes"),
    (60, "1 hour"),
    (120, "2 hours"),
    (240, "4 hours"),
    (480, "8 hours"),
    (1440, "24 hours"),
)
TO_THE_CHANGE: Final = "change"
_WORTH_PACKING: Final = 256
_WAIT: Final = re.compile(r"([A-Za-z0-9]{1,64}):(\d{1,9})")
_SAID: Final = {Said.DONE: "desk_by_hand", Said.CHANGED: "desk_changed", Said.REFUSED: "desk_refused"}
_SENT: Final = {each: f"call_{each.value}" for each in Steered} | {Steered.DONE: "call_sent_on"}
_TAKEN: Final = {**_SENT, Steered.DONE: "call_rings_you"}


def pages(services: Services) -> tuple[Page, ...]:
    """The board, its streams, and what overseers can do there."""
    board, post = _Board(services, BoardFacts(services)), HTTPMethod.POST
    return (
        Page(rule="/board", name="board", view=board.show, roles=EVERY_ROLE),
        Page(rule="/board/events", name="board_events", view=board.events, roles=EVERY_ROLE, watches=True),
        # A panel on a wall is looked at by people who touch nothing: it does not sign off for idleness.
        Page(rule="/board/panel-events", name="panel_events", view=board.events, roles=EVERY_ROLE),
        Page(rule="/board/desk", name="say_desk", view=board.say, roles=OVERSEERS, method=post),
        Page(rule="/board/calendar", name="desk_by_calendar", view=board.take_back, roles=OVERSEERS, method=post),
        Page(rule="/board/calls", name="steer_call", view=board.steer, roles=OVERSEERS, method=post),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One section as it is drawn, and a short digest of what it says."""

    digest: str
    draw: Callable[[], str]


@dataclass(frozen=True, slots=True)
class _Board:
    """Each page by its name."""

    services: Services
    facts: BoardFacts

    def show(self) -> str:
        facts = self.facts.now()
        parts = self._parts(facts)
        desk = view.desk_now(facts)
        return render_template(
            "board.html",
            parts={name: part.draw() for name, part in parts.items()},
            seen=_mark(parts),
            panel=_is_panel(),
            desk=desk,
            spans=SPANS,
            change_at=_change_at(facts, desk),
            longest_reason=LONGEST_REASON,
            at=facts.at,
        )

    def events(self) -> Response:
        """One event with what has changed since the mark that is brought, or none; the stream ends with it."""
        parts = self._parts(self.facts.lately())
        brought = request.headers.get("Last-Event-ID") or request.args.get("seen", "")
        known = dict(zip(PARTS, brought.split("."), strict=False))
        changed = {name: part.draw() for name, part in parts.items() if known.get(name) != part.digest}
        told = f"data: {json.dumps(changed, separators=(',', ':'), ensure_ascii=False)}\n" if changed else ""
        return _stream(f"retry: {RETRY_MILLISECONDS}\nid: {_mark(parts)}\n{told}\n")

    def say(self) -> ResponseReturnValue:
        form, facts = request.form, self.facts.now()
        change_at = _change_at(facts, view.desk_now(facts))
        span, word = form.get("until", ""), form.get("state", "")
        if word not in {"open", "closed"}:
            return states.refused(400, "The desk is open or closed")
        if span == TO_THE_CHANGE and change_at is not None:
            until = change_at
        elif span in {str(minutes) for minutes, _ in SPANS}:
            until = self.services.clock.now() + timedelta(minutes=int(span))
        else:
            return states.refused(400, "There is no such time")
        said = self._hand().say(
            is_open=word == "open", until=until, reason=form.get("reason", ""), seen=_number(form.get("seen", ""))
        )
        return back_to(HERE, _SAID[said])

    def take_back(self) -> ResponseReturnValue:
        said = self._hand().take_back(seen=_number(request.form.get("seen", "")))
        return back_to(HERE, "desk_by_calendar" if said is Said.DONE else _SAID[said])

    def steer(self) -> ResponseReturnValue:
        form = request.form
        found = _WAIT.fullmatch(form.get("send_on") or form.get("take") or "")
        if found is None:
            return states.refused(400, "There is no such call")
        steering = Steering(self.services, visitor().name)
        call_sid, turn = found[1], int(found[2])
        if form.get("send_on"):
            return back_to(HERE, _SENT[steering.send_on(call_sid, turn)])
        return back_to(HERE, _TAKEN[steering.take(call_sid, turn)])

    def _hand(self) -> DeskByHand:
        return DeskByHand(self.services, visitor().name)

    def _parts(self, facts: Facts) -> Mapping[str, _Part]:
        reader = self._reader()
        models: dict[str, object] = {
            "now": view.now(facts),
            "calls": calls_now(facts, reader),
            "due": view.due_now(facts),
            "staff": view.staff_now(facts),
            "health": view.vitals(facts.health),
        }
        return {name: _part(name, model, reader) for name, model in models.items()}

    def _reader(self) -> Reader:
        oversees = visitor().role in OVERSEERS
        steers = oversees and not _is_panel()
        can_take = steers and self.services.phone_owner(visitor().name) is not None
        # Whoever passes by reads a panel.
        return Reader(sees_numbers=oversees and not _is_panel(), can_steer=steers, can_take=can_take)


def _part(name: str, model: object, reader: Reader) -> _Part:
    digest = hashlib.blake2s(repr((model, reader)).encode(), digest_size=4).hexdigest()
    return _Part(digest, lambda: _tight(render_template(f"board_{name}.html", model=model, reader=reader)))


def _tight(html: str) -> str:
    """Without the line ends and indents of the template."""
    return "".join(line.strip() for line in html.splitlines())


def _mark(parts: Mapping[str, _Part]) -> str:
    return ".".join(part.digest for part in parts.values())


def _stream(body: str) -> Response:
    raw = body.encode()
    answer = Response(raw, mimetype="text/event-stream")
    answer.vary.add("Accept-Encoding")
    if len(raw) >= _WORTH_PACKING and request.accept_encodings.quality("gzip") > 0:
        answer.set_data(gzip.compress(raw, compresslevel=6, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _change_at(facts: Facts, desk: view.DeskNow | None) -> datetime | None:
    """When the calendar opens or closes the desk next, where that is soon enough to be an end."""
    hours = view.desk_hours(facts.snapshot.roster)
    at = None if hours is None or desk is None else hours.next_change(at=facts.at)
    return at if at is not None and at <= facts.at + LONGEST else None


def _is_panel() -> bool:
    return request.args.get("panel") == "1" or request.path.endswith("/panel-events")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 (fits a column)
