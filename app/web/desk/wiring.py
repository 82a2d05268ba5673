"""Whether the whole installation is as it should be: what the doctor finds, looked at when somebody asks."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from flask import render_template

from app.accounts import OVERSEERS
from app.doctor import Examined, HttpWeb, Installation, State, examine_at_once
from app.provisioning import has_account
from app.services import Services
from app.web.desk.admin import drawn
from app.web.desk.discretion import discreet
from app.web.desk.doors import Page

_WITHIN_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Told:
    """One finding as the page shows it. `account`: it says nothing without an account at Twilio."""

    check: str
    state: State
    what: str
    remedy: str
    account: bool


def pages(services: Services) -> tuple[Page, ...]:
    """The page, which is there at once, and what is found, which it asks for."""
    wiring = _Wiring(services)
    return (
        Page(rule="/wiring", name="wiring", view=wiring.show, roles=OVERSEERS),
        Page(rule="/wiring/findings", name="findings", view=wiring.findings, roles=OVERSEERS),
        Page(rule="/wiring/now", name="wiring_now", view=wiring.now, roles=OVERSEERS),
    )


@dataclass(frozen=True, slots=True)
class _Wiring:
    """Each page by its name."""

    services: Services

    def show(self) -> str:
        return drawn("wiring.html", "wiring", found=None)

    def now(self) -> str:
        """The page with what is found, for browsers that ask for nothing by themselves."""
        return drawn("wiring.html", "wiring", **self._looked())

    def findings(self) -> str:
        """What is found, alone."""
        return render_template("wiring_findings.html", **self._looked())

    def _looked(self) -> dict[str, object]:
        at = self.services.clock.now()
        found = examine_at_once(_installation(self.services), within_seconds=_WITHIN_SECONDS)
        groups = [
            ("This installation", _told(each for each in found if not each.is_outside)),
            ("From outside, and at Twilio", _told(each for each in found if each.is_outside)),
        ]
        account = has_account(self.services.settings)
        return {"found": groups, "counts": _counts(found), "looked_at": at, "account": account}


def _installation(services: Services) -> Installation:
    fault, settings = services.config.fault, services.settings
    return Installation(
        settings=settings,
        clock=services.clock,
        store=services.store,
        spool=services.spool,
        snapshot=services.config.current(),
        faults=fault.problems if fault else (),
        provider=services.telephony if has_account(settings) else None,
        web=HttpWeb(),
        fallback_url=os.environ.get("IVR_FALLBACK_URL") or None,
    )


def _told(found: Iterable[Examined]) -> list[Told]:
    return [
        Told(each.check, each.state, discreet(each.what), discreet(each.remedy), examined.needs_account)
        for examined in found
        for each in examined.findings
    ]


def _counts(found: Sequence[Examined]) -> Counter[State]:
    return Counter(each.state for examined in found for each in examined.findings)
