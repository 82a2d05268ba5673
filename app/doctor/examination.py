"""All checks, in the order a person would ask them; a check that cannot be carried out is a finding like any other."""

from collections.abc import Iterator

from app.doctor import local, people, public, twilio
from app.doctor.findings import Check, Finding, Installation, State
from app.store import StoreUnavailable
from app.telephony.provider import ProviderError

CHECKS: tuple[tuple[str, Check], ...] = (
    ("settings", local.settings),
    ("secrets", local.secrets),
    ("data keys", local.data_keys),
    ("configuration", local.configuration),
    ("staff numbers", people.numbers),
    ("on call", people.on_call),
    ("coverage", people.coverage),
    ("database", local.database),
    ("publishing", local.publishing),
    ("clock process", local.clock_process),
    ("spool", local.spool),
    ("outbox", local.outbox),
    ("disk", local.disk),
    ("public address", public.address),
    ("certificate", public.certificate),
    ("clock skew", public.skew),
    ("numbers at Twilio", twilio.wiring),
    ("static fallback", twilio.static_fallback),
    ("reconciliation", twilio.reconciliation),
)


def examine(installation: Installation) -> Iterator[Finding]:
    """Looks at everything, one thing after another; findings come as they are made. Raises nothing."""
    for name, check in CHECKS:
        yield from looked_at(name, check, installation)


def looked_at(name: str, check: Check, installation: Installation) -> Iterator[Finding]:
    """What one check finds; that it cannot be carried out is a finding, too."""
    try:
        yield from check(installation)
    except StoreUnavailable as fault:
        remedy = "is DATABASE_URL right, and the database running? Try: ivr db upgrade"
        yield Finding(name, State.FAIL, f"the database cannot be used: {fault.reason}", remedy)
    except ProviderError as fault:
        remedy = "are TWILIO_ACCOUNT_SID and the token or API key right, and is api.twilio.com reachable from here?"
        yield Finding(name, State.FAIL, f"Twilio cannot be asked: {fault}", remedy)
    except OSError as fault:
        yield Finding(name, State.FAIL, f"cannot be looked at: {fault.strerror}", "look at the rights of instance/")
