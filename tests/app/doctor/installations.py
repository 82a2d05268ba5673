"""An installation with a live account in good order, and an internet of a few addresses, for the doctor's tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.doctor import Answer, Finding, Installation, State, Unreachable
from app.doctor.findings import Check
from app.provisioning import wanted_wiring
from app.settings import Settings
from tests.app.edits import STAFF, Edit, edited
from tests.app.phone_company import PhoneCompany, number
from tests.desk import ALTERNATE, BASE_URL, MAIN, TOKEN, Desk

# In use and no samples: the directory assistance of five areas.
REAL_NUMBERS: tuple[Edit, ...] = tuple(
    (STAFF, f'"+18165550{ending}"', f'"+1{area}5551212"')
    for ending, area in ((101, 314), (102, 417), (103, 573), (104, 636), (150, 660))
)


@dataclass
class Internet:
    """Our service behind its public address, and whatever else is put there. Asked without waiting."""

    at: datetime
    signatures: bool = True
    lives: int = 200
    down: str | None = None
    certificate_days: float = 80
    files: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str]) -> Answer:
        self.asked.append(("GET" if form is None else "POST", url))
        if self.down is not None:
            raise Unreachable(self.down)
        if url in self.files:
            return self._answer(200, self.files[url])
        if url.endswith("/healthz"):
            return self._answer(self.lives)
        if url.endswith("/voice/status"):
            signed = not self.signatures or "X-Twilio-Signature" in headers
            return self._answer(204 if signed else 403)
        return self._answer(404)

    def certificate_ends_at(self, host: str, port: int) -> datetime:
        del host, port
        if self.down is not None:
            raise Unreachable(self.down)
        return self.at + timedelta(days=self.certificate_days)

    def _answer(self, status: int, body: str = "") -> Answer:
        return Answer(status=status, body=body, dated_at=self.at)


def live(desk: Desk, *edits: Edit, fallback_url: str | None = None) -> Installation:
    """An installation of a real account with which nothing is wrong, but for the edits made to its YAML."""
    services = desk.services
    wanted = wanted_wiring(BASE_URL, fallback_url=fallback_url)
    services.store.beat("clock", at=desk.clock.at)
    services.store.beat("reconcile", at=desk.clock.at)
    return Installation(
        settings=as_live(services.settings),
        clock=desk.clock,
        store=services.store,
        spool=services.spool,
        snapshot=edited(*REAL_NUMBERS, *edits),
        provider=PhoneCompany([number(MAIN, **wanted), number(ALTERNATE, **wanted)]),
        web=Internet(desk.clock.at),
        fallback_url=fallback_url,
    )


def as_live(settings: Settings) -> Settings:
    secret = "a secret of a length that nobody guesses"
    key = bytes(range(32))
    return replace(settings, simulated=False, secret_key=secret, data_keys=(key,), auth_tokens=(TOKEN,))


def found(check: Check, installation: Installation) -> list[tuple[str, State]]:
    """What a check says, without the sentences; each fault and warning must come with a remedy."""
    findings = list(check(installation))
    assert all(finding.remedy for finding in findings if finding.state in {State.WARN, State.FAIL})
    return [(finding.check, finding.state) for finding in findings]


def one(check: Check, installation: Installation) -> Finding:
    """The only thing a check says."""
    (finding,) = check(installation)
    return finding
