"""The phones of a simulation: a caller's, one for each of the staff, and the way of the call as it is decided.

The telephone exchange does what people do at the phones; this draws it, and hands on what they do.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from http import HTTPMethod, HTTPStatus
from typing import Any

from flask import Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE, OVERSEERS
from app.services import Services
from app.web.desk import phone_speech, states
from app.web.desk.doors import Page, visitor
from app.web.desk.look import zone_of
from app.web.desk.notices import back_to
from app.web.desk.phone_case import CaseFault, Heading, checked, drafted, keep, suggested_name
from app.web.desk.phone_exchange import Exchange, NoExchange, Refused
from app.web.desk.phone_moments import Over, chosen, picked, presets
from app.web.desk.phone_people import callers, handsets
from app.web.desk.phone_route import route
from oncall import hours_state

HERE = "/desk/phone"
_SID = re.compile(r"CA[0-9a-f]{32}")
_NO_EXCHANGE = "The telephone exchange does not answer. It starts again by itself within seconds."
# What a page may have done at a phone, and what it must say for it.
DEEDS = {
    "dial": ("to", "from"),
    "press": ("leg", "keys"),
    "hang-up": ("leg",),
    "pick-up": ("leg", "how"),
    "text": ("from", "to", "body"),
    "sample": ("leg",),
    "speech": ("leg",),
    "voice": ("leg", "wav"),
}


def pages(services: Services) -> tuple[Page, ...]:
    """The phones, which there are in simulation only: with a Twilio account there is no such page."""
    if not services.settings.simulated:
        return ()
    phone, post = _Phone(services), HTTPMethod.POST
    return (
        Page(rule="/phone", name="phone", view=phone.show, roles=EVERY_ROLE),
        Page(rule="/phone/moment", name="phone_moment", view=phone.move, roles=EVERY_ROLE, method=post),
        Page(rule="/phone/picture", name="phone_picture", view=phone.picture, roles=EVERY_ROLE, watches=True),
        Page(rule="/phone/do/<deed>", name="phone_do", view=phone.do, roles=EVERY_ROLE, method=post),
        Page(rule="/phone/route/<call_sid>", name="phone_route", view=phone.route, roles=EVERY_ROLE, watches=True),
        Page(rule="/phone/sound/<call_sid>/<int:number>", name="phone_sound", view=phone.sound, roles=EVERY_ROLE),
        Page(rule="/phone/case/<call_sid>", name="phone_case", view=phone.case, roles=OVERSEERS),
        Page(rule="/phone/case/<call_sid>", name="keep_case", view=phone.keep_case, roles=OVERSEERS, method=post),
    )


def is_live(services: Services) -> bool:
    """Whether there are phones to call from."""
    return services.settings.simulated and Exchange(services).is_there()


@dataclass(frozen=True, slots=True)
class _Phone:
    """Each page by its name."""

    services: Services

    def show(self, fault: str = "", status: HTTPStatus = HTTPStatus.OK) -> ResponseReturnValue:
        try:
            picture = self._exchange().picture()
        except (NoExchange, Refused):
            return render_template("phone_away.html"), HTTPStatus.SERVICE_UNAVAILABLE
        return self._phones(datetime.fromisoformat(picture["at"]), fault), status

    def _phones(self, at: datetime, fault: str) -> str:
        now = self.services.clock.now()
        snapshot, zone = self.services.config.current(), zone_of(self.services)
        hours = next(iter(snapshot.roster.hours.values()), None)
        offered = presets(hours, at=now, zone=zone)
        return render_template(
            "phone.html",
            at=at,
            presets=offered,
            picked=picked(offered, at=at, now=now, zone=zone),
            desk=hours_state(hours, self.services.store.desk.last_known(at=at), at=at) if hours else None,
            lines=snapshot.book.lines.values(),
            callers=callers(snapshot.book),
            handsets=handsets(snapshot.roster, at=at, quick=self.services.store.overrides.last_known(at=at)),
            has_voice=phone_speech.can_speak(),
            fault=fault,
        )

    def move(self) -> ResponseReturnValue:
        """Chooses the moment of the calls to come."""
        form = request.form
        try:
            at = chosen(
                form.get("preset") or form.get("at", ""), now=self.services.clock.now(), zone=zone_of(self.services)
            )
            self._exchange().do("moment", at=at.isoformat() if at else "")
        except (Over, Refused) as refused:
            return self.show(str(refused), HTTPStatus.CONFLICT)
        except NoExchange:
            return self.show()
        return redirect(HERE, 303)

    def picture(self) -> ResponseReturnValue:
        """How the phones stand, for the page to draw."""
        try:
            return jsonify(self._exchange().picture())
        except (NoExchange, Refused):
            return _fault(_NO_EXCHANGE, HTTPStatus.SERVICE_UNAVAILABLE)

    def do(self, deed: str) -> ResponseReturnValue:
        """What somebody does at a phone."""
        if deed not in DEEDS:
            return _fault("There is nothing of this name.", HTTPStatus.NOT_FOUND)
        fields = {name: request.form[name] for name in DEEDS[deed] if name in request.form}
        try:
            return jsonify(self._exchange().do(deed, **fields))
        except Refused as refused:
            return _fault(str(refused), HTTPStatus.CONFLICT)
        except NoExchange:
            return _fault(_NO_EXCHANGE, HTTPStatus.SERVICE_UNAVAILABLE)

    def route(self, call_sid: str) -> ResponseReturnValue:
        """The way of a call so far: a part of the page. Nothing yet while its first webhook is on its way."""
        record = self.services.store.calls.get(call_sid) if _SID.fullmatch(call_sid) else None
        if record is None:
            return "", HTTPStatus.NO_CONTENT
        steps = route(self.services.store.calls.timeline(call_sid))
        return render_template("phone_route.html", record=record, steps=steps)

    def sound(self, call_sid: str, number: int) -> ResponseReturnValue:
        """What was said at one place of the last call, spoken."""
        line = self._line(call_sid, number)
        spoken = phone_speech.spoken(line["text"], line["language"]) if line else None
        return states.not_found("sound") if spoken is None else Response(spoken, mimetype="audio/wav")

    def _line(self, call_sid: str, number: int) -> dict[str, Any] | None:
        try:
            picture = self._exchange().picture()
        except (NoExchange, Refused):
            return None
        legs = [leg for leg in (picture["call"], *picture["legs"]) if leg and leg["sid"] == call_sid]
        return next((line for leg in legs for line in leg["lines"] if line["place"] == number), None)

    # The test case

    def case(self, call_sid: str, fault: str = "", name: str = "") -> ResponseReturnValue:
        """What was played, as a case of the staff."""
        record = self.services.store.calls.get(call_sid) if _SID.fullmatch(call_sid) else None
        call = self._played(call_sid)
        if record is None or call is None:
            return states.not_found("call at the phones")
        zone, snapshot = zone_of(self.services), self.services.config.current()
        told = Heading(name or suggested_name(record), zone)
        text = drafted(record, call, told, snapshot.book)
        page = render_template(
            "phone_case.html", text=text, name=told.name, sid=call_sid, fault=fault, differs=checked(text, snapshot)
        )
        return page, HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK

    def keep_case(self, call_sid: str) -> ResponseReturnValue:
        """Writes the case where `ivr check` finds it."""
        record, call = self.services.store.calls.get(call_sid), self._played(call_sid)
        if record is None or call is None:
            return states.not_found("call at the phones")
        told = Heading(request.form.get("name", "").strip(), zone_of(self.services))
        try:
            text = drafted(record, call, told, self.services.config.current().book)
            keep(self.services, text, told.name, by=visitor().name)
        except CaseFault as fault:
            return self.case(call_sid, fault=str(fault), name=told.name)
        return back_to(HERE, "case_kept")

    def _played(self, call_sid: str) -> dict[str, Any] | None:
        """The caller's side of a call, as long as it is the last one of the exchange."""
        try:
            call: dict[str, Any] | None = self._exchange().picture()["call"]
        except (NoExchange, Refused):
            return None
        return call if call and call["sid"] == call_sid else None

    def _exchange(self) -> Exchange:
        return Exchange(self.services)


def _fault(words: str, status: HTTPStatus) -> ResponseReturnValue:
    return jsonify({"fault": words}), status
