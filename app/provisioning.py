"""How our numbers are to be wired at Twilio, and the way there: read, compare, change what differs, read again.

It never blanks an address, buys or releases nothing, and refuses to know how Twilio is asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from app.config.snapshot import Snapshot
from app.settings import Settings
from app.telephony.overrides import OVERRIDES
from app.telephony.provider import RemoteNumber

MISSING: Final = "not in this account"
NOTHING: Final = ""

# Where one of these is set, Twilio ignores the address of the fields beside it. We only name them: what they lead to
# may be somebody's work.
OVERRIDING: Final = {
    "voice_application_sid": "a TwiML app: the voice addresses are ignored. Take it off the number in the console",
    "trunk_sid": "a SIP trunk: the voice addresses are ignored. Take it off the number in the console",
    "sms_application_sid": "a TwiML app: the text address is ignored. Take it off the number in the console",
}


class Numbers(Protocol):
    """The part of a telephone company that wiring needs; every method may raise ProviderError."""

    def numbers(self) -> tuple[RemoteNumber, ...]:
        """All numbers of the account."""
        ...

    def wire_number(self, sid: str, **changes: str) -> RemoteNumber:
        """Change what happens at a number, by the names of RemoteNumber."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One field of one number: what it is, what it should be, and what it was before when we changed it."""

    number: str
    field: str
    found: str
    wanted: str
    before: str | None = None
    remedy: str = ""

    @property
    def is_right(self) -> bool:
        return self.found == self.wanted

    @property
    def changed(self) -> bool:
        return self.before is not None


def has_account(settings: Settings) -> bool:
    """Whether there is a provider to ask: Twilio, or on this machine something that stands in for it."""
    return not settings.simulated or settings.twilio_api_base_url is not None


def wanted_wiring(public_base_url: str, *, fallback_url: str | None = None) -> dict[str, str]:
    """What every number of ours is to be set to, by the names of RemoteNumber.

    `fallback_url` is the address of the static document, if it is hosted; a hosted file answers GET and not POST.
    """
    return {
        "voice_url": f"{public_base_url}/voice/incoming{OVERRIDES}",
        "voice_method": "POST",
        "voice_fallback_url": fallback_url or f"{public_base_url}/voice/fallback{OVERRIDES}",
        "voice_fallback_method": "GET" if fallback_url else "POST",
        "status_callback": f"{public_base_url}/voice/status",
        "status_callback_method": "POST",
        "sms_url": f"{public_base_url}/sms/incoming",
        "sms_method": "POST",
    }


def compare(
    snapshot: Snapshot, numbers: Iterable[RemoteNumber], wanted: Mapping[str, str], *, before: Iterable[Wire] = ()
) -> tuple[Wire, ...]:
    """Every field of every line of ours, as it is and as it should be, in the order of lines.yaml.

    With what it was `before`, fields that are different now are marked as changed.
    """
    known = {number.number: number for number in numbers}
    earlier = {(wire.number, wire.field): wire.found for wire in before}
    wires: list[Wire] = []
    for line in snapshot.book.lines.values():
        remote = known.get(line.number)
        found = _missing(line.number) if remote is None else _wires(remote, wanted)
        wires += [_marked(wire, earlier.get((wire.number, wire.field))) for wire in found]
    return tuple(wires)


def provision(snapshot: Snapshot, telephony: Numbers, wanted: Mapping[str, str], *, dry_run: bool) -> tuple[Wire, ...]:
    """Wires every number of ours, changing only what differs, and returns what Twilio says of them afterwards.

    Raises ProviderError; numbers wired before it stay wired, and repeating it does the rest.
    """
    numbers = telephony.numbers()
    found = compare(snapshot, numbers, wanted)
    if dry_run:
        return found
    for remote in numbers:
        changes = {
            wire.field: wire.wanted for wire in found if wire.number == remote.number and _is_ours_to_change(wire)
        }
        if changes:
            # In one request: a fallback address is refused while there is no voice address.
            telephony.wire_number(remote.sid, **changes)
    # What an update answers is what was asked for; what counts is what the next call meets.
    return compare(snapshot, telephony.numbers(), wanted, before=found)


def _wires(remote: RemoteNumber, wanted: Mapping[str, str]) -> Iterator[Wire]:
    for field, value in wanted.items():
        yield Wire(number=remote.number, field=field, found=getattr(remote, field), wanted=value)
    for field, remedy in OVERRIDING.items():
        if getattr(remote, field):
            yield Wire(number=remote.number, field=field, found=getattr(remote, field), wanted=NOTHING, remedy=remedy)


def _missing(number: str) -> Iterator[Wire]:
    remedy = "buy or port it into this account, or correct the number in ivr_flows/lines.yaml"
    yield Wire(number=number, field="number", found=MISSING, wanted=number, remedy=remedy)


def _is_ours_to_change(wire: Wire) -> bool:
    return not wire.is_right and bool(wire.wanted) and wire.field != "number"


def _marked(wire: Wire, earlier: str | None) -> Wire:
    if earlier is None or earlier == wire.found:
        return wire
    return replace(wire, before=earlier)
