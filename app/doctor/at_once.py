"""All checks side by side, within a bound: for somebody who waits for a page."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from app.doctor.examination import CHECKS, looked_at
from app.doctor.findings import Check, Finding, Installation, State

# What asks others: each may wait for its answer.
_OUTSIDE = frozenset(
    {"public address", "certificate", "clock skew", "numbers at Twilio", "static fallback", "reconciliation"}
)
# What says nothing without an account.
NEED_AN_ACCOUNT = frozenset({"numbers at Twilio", "static fallback", "reconciliation", "secrets"})
_TOGETHER = 8


@dataclass(frozen=True, slots=True)
class Examined:
    """What one check found, and whether it looks outside of this machine."""

    name: str
    findings: tuple[Finding, ...]
    is_outside: bool
    needs_account: bool


def examine_at_once(installation: Installation, *, within_seconds: float) -> tuple[Examined, ...]:
    """Looks at everything at once, in the usual order. What has no answer in time is a finding that says so."""
    pool = ThreadPoolExecutor(_TOGETHER, thread_name_prefix="doctor")
    # Those that wait for others first, so that all of them wait at the same time.
    order = sorted(CHECKS, key=lambda each: each[0] not in _OUTSIDE)
    begun = {name: pool.submit(_all, name, check, installation) for name, check in order}
    wait(begun.values(), timeout=within_seconds)
    # What is not over ends by its own bound; nobody waits for it.
    pool.shutdown(wait=False, cancel_futures=True)
    return tuple(
        Examined(name, _found(name, begun[name], within_seconds), name in _OUTSIDE, name in NEED_AN_ACCOUNT)
        for name, _check in CHECKS
    )


def _all(name: str, check: Check, installation: Installation) -> tuple[Finding, ...]:
    return tuple(looked_at(name, check, installation))


def _found(name: str, future: Future[tuple[Finding, ...]], seconds: float) -> tuple[Finding, ...]:
    if future.cancelled() or not future.done():
        remedy = "look again; if it stays so, run: ivr doctor"
        return (Finding(name, State.WARN, f"no answer within {seconds:.0f} seconds", remedy),)
    fault = future.exception()
    if fault is not None:
        what = f"could not be looked at: {type(fault).__name__}"
        return (Finding(name, State.FAIL, what, "run: ivr doctor, and see the log"),)
    return future.result()
