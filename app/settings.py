"""The environment, read once into one frozen object; a bad value stops the start and is named.

What it does not know: configuration in YAML, and anything that can change while the service runs.
"""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from app.hosts import is_this_machine
from app.identity import USUAL_CLAIM, USUAL_NAME, IdentityProvider, is_issuer, roles_of
from app.outgoing import Endpoint, MailWay, endpoints, is_mailbox, mail_server

DATA_KEY_BYTES = 32
SIMULATED_ACCOUNT_SID = "AC" + "0" * 31 + "1"


class SettingsError(Exception):
    """The environment cannot be used. `faults` holds one sentence for each variable that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the environment decides. Secrets never appear in its `repr`."""

    database_url: str
    config_dir: Path
    instance_dir: Path
    public_base_url: str
    account_sid: str
    auth_tokens: tuple[str, ...]
    api_key: tuple[str, str] | None
    twilio_api_base_url: str | None
    secret_key: str
    data_keys: tuple[bytes, ...]
    clock_start: datetime | None
    log_format: str
    simulated: bool
    recording_private_key: bytes | None = None
    voicemail_retention_days: int = 90
    voicemail_transcription: str = "none"
    mail: MailWay | None = None
    webhook_endpoints: tuple[Endpoint, ...] = ()
    session_idle_minutes: int = 60
    proxies: int = 0
    identity_provider: IdentityProvider | None = None
    # The variables that were set; all others are as they are by default.
    given: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Settings(config_dir={str(self.config_dir)!r}, simulated={self.simulated})"


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine itself."""
    return is_this_machine(urlsplit(url).hostname or "")


def _parts(url: str) -> SplitResult | None:
    """The parts of an address; None when they cannot be told apart, or its port is no number of a port."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_private_key(pem: bytes) -> bool:
    # Loaded only where a key is set.
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        return isinstance(load_pem_private_key(pem, password=None), RSAPrivateKey)
    except (ValueError, TypeError):
        return False


def read_settings(environ: Mapping[str, str], *, instance_dir: Path = Path("instance")) -> Settings:
    """Reads every variable, or raises SettingsError naming all that are wrong.

    In simulation (no account, or an API base on this machine) missing secrets are made and kept in
    `instance_dir`, readable by this user alone; otherwise they are required.
    """
    reader = _Reader(environ)
    account_sid = reader.text("TWILIO_ACCOUNT_SID")
    api_base = reader.url("TWILIO_API_BASE_URL")
    if api_base is not None and not (api_base.startswith("https://") or is_loopback(api_base)):
        reader.fault("TWILIO_API_BASE_URL", "must begin with https:// or be on this machine: it sees the secrets")
    simulated = account_sid is None or (api_base is not None and is_loopback(api_base))
    kept = _Kept(instance_dir) if simulated else None
    clock_start = reader.instant("IVR_CLOCK")
    if clock_start is not None and not (api_base and is_loopback(api_base)):
        reader.fault("IVR_CLOCK", "is for tests: set TWILIO_API_BASE_URL to a loopback address, or unset it")
    settings = Settings(
        database_url=reader.database_url(instance_dir),
        config_dir=Path(reader.text("IVR_CONFIG_DIR") or "."),
        instance_dir=instance_dir,
        public_base_url=(reader.url("PUBLIC_BASE_URL") or "http://127.0.0.1:8000"),
        account_sid=account_sid or SIMULATED_ACCOUNT_SID,
        auth_tokens=reader.auth_tokens(kept),
        api_key=reader.api_key(),
        twilio_api_base_url=api_base,
        secret_key=reader.secret("SECRET_KEY", kept, lambda: secrets.token_urlsafe(48)),
        data_keys=reader.data_keys(kept),
        clock_start=clock_start,
        log_format=reader.choice("LOG_FORMAT", ("console", "json")),
        simulated=simulated,
        recording_private_key=reader.private_key("RECORDING_PRIVATE_KEY"),
        voicemail_retention_days=reader.whole_number("VOICEMAIL_RETENTION_DAYS", default=90, most=3650),
        voicemail_transcription=reader.choice("VOICEMAIL_TRANSCRIPTION", ("none", "twilio")),
        mail=reader.mail(),
        webhook_endpoints=reader.webhook_endpoints(),
        session_idle_minutes=reader.whole_number("SESSION_IDLE_MINUTES", default=60, most=720),
        proxies=int(reader.choice("PROXIES", ("0", "1", "2", "3"))),
        identity_provider=reader.identity_provider(),
        given=frozenset(reader.given),
    )
    if reader.faults:
        raise SettingsError(reader.faults)
    return settings


def read_database_url(environ: Mapping[str, str], *, instance_dir: Path = Path("instance")) -> str:
    """The database alone, for commands that need nothing else and make no secrets. Raises SettingsError."""
    reader = _Reader(environ)
    url = reader.database_url(instance_dir)
    if reader.faults:
        raise SettingsError(reader.faults)
    return url


class _Kept:
    """Secrets made on the first start in simulation and kept for the next."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "simulation-secrets.json"

    def get(self, name: str, make: Callable[[], str]) -> str:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            # Several processes may start at once; the first one makes the secret for all.
            os.lockf(lock, os.F_LOCK, 0)
            known: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}
            if name not in known:
                known[name] = make()
                fresh = self._path.with_suffix(".new")
                fresh.touch(mode=0o600)
                fresh.write_text(json.dumps(known))
                fresh.replace(self._path)
            return known[name]
        finally:
            os.close(lock)


class _Reader:
    """Strict readers that note a fault and go on, so that all faults are told at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []
        self.given: set[str] = set()

    def fault(self, name: str, message: str) -> None:
        self.faults.append(f"{name} {message}")

    def text(self, name: str) -> str | None:
        value = self._environ.get(name, "").strip() or None
        if value is not None:
            self.given.add(name)
        return value

    def url(self, name: str) -> str | None:
        value = self.text(name)
        if value is None:
            return None
        parts = _parts(value)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            self.fault(name, "must be an address such as https://desk.example.org")
            return None
        if parts.query or parts.fragment or parts.username:
            self.fault(name, "must not have a query, a fragment or a user name")
            return None
        return value.rstrip("/")

    def database_url(self, instance_dir: Path) -> str:
        value = self.text("DATABASE_URL") or f"sqlite:///{instance_dir}/ivr.db"
        if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://", "postgres://")):
            self.fault("DATABASE_URL", "must begin with sqlite:/// or postgresql+psycopg://")
        return value.replace("postgres://", "postgresql+psycopg://", 1) if value.startswith("postgres://") else value

    def instant(self, name: str) -> datetime | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fault(name, "must be an instant such as 2026-11-28T03:00:00-06:00")
            return None
        if at.tzinfo is None:
            self.fault(name, "must name its zone, as in 2026-11-28T03:00:00-06:00")
            return None
        return at

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name) or choices[0]
        if value not in choices:
            self.fault(name, f"must be one of {', '.join(choices)}")
        return value

    def whole_number(self, name: str, *, default: int, most: int) -> int:
        value = self.text(name) or str(default)
        number = int(value) if value.isascii() and value.isdigit() and len(value) <= len(str(most)) else 0
        if not 0 < number <= most:
            self.fault(name, f"must be a whole number from 1 to {most}")
            return default
        return number

    def private_key(self, name: str) -> bytes | None:
        value = self.text(name)
        if value is None:
            return None
        # Where a variable cannot hold more than one line, its line ends are written as backslash and n.
        pem = value.replace("\\n", "\n").encode("utf-8", "replace")
        if not _is_private_key(pem):
            self.fault(name, "must be the PEM of an RSA private key without a passphrase")
        return pem

    def mail(self) -> MailWay | None:
        text, sender, support = self.text("SMTP_URL"), self.mailbox("MAIL_FROM"), self.mailbox("SUPPORT_ADDRESS")
        if text is None:
            if sender or support:
                self.fault("SMTP_URL", "is missing: MAIL_FROM and SUPPORT_ADDRESS need a mail server")
            return None
        try:
            server = mail_server(text)
        except ValueError as fault:
            self.fault("SMTP_URL", str(fault))
            return None
        if sender is None:
            self.fault("MAIL_FROM", "is missing: SMTP_URL is set, and every mail comes from an address")
            return None
        return MailWay(server=server, sender=sender, support=support)

    def mailbox(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not is_mailbox(value):
            self.fault(name, "must be a mail address such as desk@example.org")
        return value

    def webhook_endpoints(self) -> tuple[Endpoint, ...]:
        try:
            return endpoints(self.text("WEBHOOK_ENDPOINTS") or "")
        except ValueError as fault:
            self.fault("WEBHOOK_ENDPOINTS", str(fault))
            return ()

    def identity_provider(self) -> IdentityProvider | None:
        """All of it or nothing: half of it would be a button that leads nowhere."""
        names = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_ROLES")
        issuer, client_id, client_secret, roles = (self.text(name) for name in names)
        claim, title = self.text("OIDC_ROLE_CLAIM") or USUAL_CLAIM, self.text("OIDC_NAME") or USUAL_NAME
        if not (issuer or client_id or client_secret or roles):
            return None
        if issuer is None or not is_issuer(issuer):
            self.fault("OIDC_ISSUER", "must be the issuer's https address, as its provider writes it")
        for name, value in (("OIDC_CLIENT_ID", client_id), ("OIDC_CLIENT_SECRET", client_secret)):
            if value is None:
                self.fault(name, "is missing: signing in elsewhere needs OIDC_ISSUER, its id and its secret")
        try:
            mapped = roles_of(roles or "")
        except ValueError as fault:
            self.fault("OIDC_ROLES", str(fault))
            return None
        return IdentityProvider(
            issuer=issuer or "",
            client_id=client_id or "",
            client_secret=client_secret or "",
            claim=claim,
            roles=mapped,
            title=title,
        )

    def secret(self, name: str, kept: _Kept | None, make: Callable[[], str]) -> str:
        value = self.text(name)
        if value is None and kept is not None:
            return kept.get(name, make)
        if value is None:
            self.fault(name, "is required once TWILIO_ACCOUNT_SID is set")
        return value or ""

    def auth_tokens(self, kept: _Kept | None) -> tuple[str, ...]:
        first = self.secret("TWILIO_AUTH_TOKEN", kept, lambda: secrets.token_hex(16))
        second = self.text("TWILIO_AUTH_TOKEN_SECONDARY")
        return tuple(token for token in (first, second) if token)

    def api_key(self) -> tuple[str, str] | None:
        sid, secret = self.text("TWILIO_API_KEY_SID"), self.text("TWILIO_API_KEY_SECRET")
        if sid and secret:
            return sid, secret
        if sid or secret:
            missing = "TWILIO_API_KEY_SECRET" if sid else "TWILIO_API_KEY_SID"
            self.fault(missing, "is missing: an API key needs both its SID and its secret")
        return None

    def data_keys(self, kept: _Kept | None) -> tuple[bytes, ...]:
        text = self.secret("DATA_KEYS", kept, lambda: base64.b64encode(os.urandom(DATA_KEY_BYTES)).decode())
        keys = []
        for position, part in enumerate(filter(None, (piece.strip() for piece in text.split(","))), start=1):
            try:
                key = base64.b64decode(part, validate=True)
            except binascii.Error:
                key = b""
            if len(key) != DATA_KEY_BYTES:
                self.fault("DATA_KEYS", f"key {position} is not the base64 of {DATA_KEY_BYTES} random bytes")
            keys.append(key)
        if text and not keys:
            self.fault("DATA_KEYS", "holds no key")
        return tuple(keys)
