"""The settings in force: each variable of the environment, its value, and whether it was set. Secrets are not shown."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from app.services import Services
from app.settings import Settings
from app.web.desk.admin import ADMINS, drawn
from app.web.desk.doors import Page


class Origin(StrEnum):
    """Where a value comes from."""

    ENVIRONMENT = "environment"
    KEPT = "made here"
    DEFAULT = "default"
    NONE = "not set"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: what it decides, and how its value is told. Of a secret only whether there is one."""

    name: str
    meaning: str
    told: Callable[[Settings], str]
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A variable as the page shows it."""

    name: str
    meaning: str
    value: str
    origin: Origin
    is_secret: bool


def pages(services: Services) -> tuple[Page, ...]:
    """The one page."""

    def show() -> str:
        groups = [(title, [row_of(each, services.settings) for each in group]) for title, group in GROUPS]
        return drawn("settings.html", "settings", groups=groups, simulated=services.settings.simulated)

    return (Page(rule="/settings", name="settings", view=show, roles=ADMINS),)


def row_of(variable: Variable, settings: Settings) -> Row:
    """What may be shown of a variable."""
    value = variable.told(settings)
    if variable.is_secret:
        value = "set" if value else ""
    origin = Origin.ENVIRONMENT
    if variable.name not in settings.given:
        origin = Origin.NONE if not value else Origin.KEPT if variable.is_secret else Origin.DEFAULT
    return Row(variable.name, variable.meaning, value, origin, variable.is_secret)


def _without_login(url: str) -> str:
    """An address without user, password and parameters, any of which may be a secret."""
    parts = urlsplit(url)
    if not parts.netloc:
        return url.partition("?")[0]
    host = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    return f"{parts.scheme}://{host}{parts.path}"


def _mail(settings: Settings) -> str:
    server = settings.mail.server if settings.mail else None
    return f"{server.host}:{server.port}, {server.protection}" if server else ""


def _endpoints(settings: Settings) -> str:
    # A path may be what opens it.
    return ", ".join(urlsplit(each.url).hostname or "" for each in settings.webhook_endpoints)


def _way(name: str) -> Callable[[Settings], str]:
    return lambda settings: str(getattr(settings.identity_provider, name, ""))


def _roles(settings: Settings) -> str:
    way = settings.identity_provider
    return ", ".join(f"{word} = {role}" for word, role in way.roles.items()) if way else ""


def _token(place: int) -> Callable[[Settings], str]:
    return lambda settings: (*settings.auth_tokens, "", "")[place]


def _api_key(place: int) -> Callable[[Settings], str]:
    return lambda settings: settings.api_key[place] if settings.api_key else ""


GROUPS: Final[tuple[tuple[str, tuple[Variable, ...]], ...]] = (
    (
        "The service",
        (
            Variable("PUBLIC_BASE_URL", "the address Twilio and people are given", lambda of: of.public_base_url),
            Variable("DATABASE_URL", "where the record is kept", lambda of: _without_login(of.database_url)),
            Variable("IVR_CONFIG_DIR", "the folder of flows and schedules", lambda of: str(of.config_dir)),
            Variable("LOG_FORMAT", "how the log is written", lambda of: of.log_format),
            Variable(
                "IVR_CLOCK",
                "where the clock starts, in tests",
                lambda of: str(of.clock_start) if of.clock_start else "",
            ),
        ),
    ),
    (
        "Twilio",
        (
            Variable("TWILIO_ACCOUNT_SID", "the account", lambda of: "" if of.simulated else of.account_sid),
            Variable("TWILIO_AUTH_TOKEN", "checks signatures", _token(0), is_secret=True),
            Variable(
                "TWILIO_AUTH_TOKEN_SECONDARY", "also accepted, while tokens are exchanged", _token(1), is_secret=True
            ),
            Variable("TWILIO_API_KEY_SID", "a key for the REST API", _api_key(0)),
            Variable("TWILIO_API_KEY_SECRET", "its secret", _api_key(1), is_secret=True),
            Variable(
                "TWILIO_API_BASE_URL",
                "another base of the REST API",
                lambda of: _without_login(of.twilio_api_base_url or ""),
            ),
        ),
    ),
    (
        "Secrets",
        (
            Variable("SECRET_KEY", "signs positions, forms and links", lambda of: of.secret_key, is_secret=True),
            Variable(
                "DATA_KEYS",
                "encrypt messages and second factors",
                lambda of: "yes" if of.data_keys else "",
                is_secret=True,
            ),
        ),
    ),
    (
        "Messages",
        (
            Variable(
                "VOICEMAIL_RETENTION_DAYS",
                "days until a message is deleted",
                lambda of: str(of.voicemail_retention_days),
            ),
            Variable("VOICEMAIL_TRANSCRIPTION", "who writes messages down", lambda of: of.voicemail_transcription),
            Variable(
                "RECORDING_PRIVATE_KEY",
                "opens recordings that Twilio encrypts",
                lambda of: "yes" if of.recording_private_key else "",
                is_secret=True,
            ),
        ),
    ),
    (
        "Mail and webhooks",
        (
            Variable("SMTP_URL", "the mail server, without its login", _mail),
            Variable("MAIL_FROM", "where mail comes from", lambda of: of.mail.sender if of.mail else ""),
            Variable(
                "SUPPORT_ADDRESS", "who is told of new tickets", lambda of: (of.mail.support or "") if of.mail else ""
            ),
            Variable("WEBHOOK_ENDPOINTS", "the hosts that hear of tickets, without their keys", _endpoints),
        ),
    ),
    (
        "Signing in",
        (
            Variable(
                "SESSION_IDLE_MINUTES", "minutes without a page until sign-off", lambda of: str(of.session_idle_minutes)
            ),
            Variable("PROXIES", "proxies of ours in front", lambda of: str(of.proxies)),
            Variable("OIDC_ISSUER", "the organisation's sign-in", _way("issuer")),
            Variable("OIDC_CLIENT_ID", "who the desk is there", _way("client_id")),
            Variable("OIDC_CLIENT_SECRET", "and its secret", _way("client_secret"), is_secret=True),
            Variable("OIDC_ROLES", "which groups mean which role", _roles),
            Variable("OIDC_ROLE_CLAIM", "where groups stand", _way("claim")),
            Variable("OIDC_NAME", "what the button says", _way("title")),
        ),
    ),
)
