"""Checks at Twilio and of what stands ready there for the day our server is away."""

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from app import static_fallback as fallback
from app.config.snapshot import Snapshot
from app.doctor.findings import Finding, Installation, State
from app.doctor.web import Unreachable
from app.provisioning import Wire, compare, wanted_wiring
from app.reconciliation import BEAT

OLDEST_RECONCILIATION: Final = timedelta(minutes=30)
_NO_ACCOUNT: Final = "no account"


def wiring(installation: Installation) -> Iterator[Finding]:
    """Every line's number leads to us, as `ivr provision` would set it. Raises ProviderError."""
    if installation.provider is None or installation.snapshot is None:
        why = _NO_ACCOUNT if installation.provider is None else "the configuration has faults"
        yield Finding("numbers at Twilio", State.SKIPPED, why)
        return
    wanted = wanted_wiring(installation.settings.public_base_url, fallback_url=installation.fallback_url)
    wires = compare(installation.snapshot, installation.provider.numbers(), wanted)
    wrong = [wire for wire in wires if not wire.is_right]
    for wire in wrong:
        remedy = wire.remedy or "run: ivr provision"
        yield Finding("numbers at Twilio", State.FAIL, _told(wire), remedy)
    if not wrong:
        yield Finding("numbers at Twilio", State.OK, f"{len(installation.snapshot.book.lines)} wired as they should be")


def _told(wire: Wire) -> str:
    return f"{wire.number} {wire.field}: is {wire.found or 'empty'}, should be {wire.wanted or 'empty'}"


def static_fallback(installation: Installation) -> Iterator[Finding]:
    """The hosted document is there, and says what we would write now."""
    url, snapshot = installation.fallback_url, installation.snapshot
    if url is None:
        state = State.SKIPPED if installation.provider is None else State.WARN
        remedy = "host instance/fallback/fallback.xml elsewhere: docs/going-live.md says how"
        what = "none is hosted: with our server away, callers hear Twilio's own words"
        yield Finding("static fallback", state, what, remedy)
        return
    try:
        answer = installation.web.ask(url, headers={})
    except Unreachable as fault:
        yield Finding("static fallback", State.FAIL, f"{url} cannot be reached: {fault}", "host it again")
        return
    if answer.status != HTTPStatus.OK:
        yield Finding("static fallback", State.FAIL, f"{url} answers {answer.status} to a GET", "host it again")
    elif snapshot and answer.body.strip() != _tonight(installation, snapshot):
        remedy = "copy instance/fallback/fallback.xml there at every change: docs/going-live.md says how"
        yield Finding("static fallback", State.WARN, "what is hosted is not tonight's rota", remedy)
    else:
        yield Finding("static fallback", State.OK, "hosted, with tonight's rota")


def _tonight(installation: Installation, snapshot: Snapshot) -> str:
    at = installation.clock.now()
    return fallback.render(snapshot, at=at, quick=installation.quick(at=at))


def reconciliation(installation: Installation) -> Iterator[Finding]:
    """When our calls were last compared with Twilio's. Raises StoreUnavailable."""
    if installation.provider is None:
        yield Finding("reconciliation", State.SKIPPED, _NO_ACCOUNT)
        return
    last_at = installation.store.heartbeats().get(BEAT)
    if last_at is None or installation.clock.now() - last_at > OLDEST_RECONCILIATION:
        when = "never" if last_at is None else f"last at {last_at:%Y-%m-%dT%H:%MZ}"
        what = f"our calls were {when} compared with Twilio's"
        yield Finding("reconciliation", State.WARN, what, "run: ivr reconcile, and see that the clock process runs")
    else:
        yield Finding("reconciliation", State.OK, f"our calls were compared with Twilio's at {last_at:%Y-%m-%dT%H:%MZ}")
