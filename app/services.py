"""The wiring: every part that touches the world, made from settings in one place; tests hand in their own."""

from dataclasses import dataclass, field

from app.announcements import Announcer
from app.clock import Clock, clock_for
from app.config.in_force import ConfigStore
from app.config.last_good import LastGood
from app.published_configurations import PublishedConfigurations
from app.settings import Settings
from app.store import Spool, Store
from app.telephony.outbound import Telephony, TwilioTelephony
from app.telephony.position import PositionTokens
from app.telephony.signature import SignatureCheck
from app.vault import Vault
from oncall import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """How many rows the desk shows on one page of a list, and reads at once for a table that is taken away."""

    page: int = 50
    audit_page: int = 100
    revisions_page: int = 20
    column: int = 20
    """Cards in a column of the board of tickets."""
    export: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the use cases need: settings, time, configuration, storage and telephony; and how long lists are."""

    settings: Settings
    clock: Clock
    config: ConfigStore
    store: Store
    spool: Spool
    positions: PositionTokens
    signatures: SignatureCheck
    telephony: Telephony
    vault: Vault
    announcer: Announcer = field(default_factory=Announcer)
    lengths: Lengths = field(default_factory=Lengths)

    @property
    def can_ring(self) -> bool:
        """Whether phones can be rung as calls of their own: there is an account, or something that stands in for it."""
        return not self.settings.simulated or self.settings.twilio_api_base_url is not None

    def phone_owner(self, name: str | None) -> Person | None:
        """The member of staff of that name, when a phone of theirs can be rung."""
        person = self.config.current().roster.people.get(name or "")
        return person if person is not None and person.phones and self.can_ring else None


def wire(
    settings: Settings,
    *,
    clock: Clock | None = None,
    store: Store | None = None,
    telephony: Telephony | None = None,
    config: ConfigStore | None = None,
) -> Services:
    """The real parts for `settings`. Raises ConfigError when the YAML has faults."""
    clock = clock or clock_for(settings.clock_start)
    store = store or Store.open(settings.database_url)
    return Services(
        settings=settings,
        clock=clock,
        config=config or open_configuration(settings, clock, store),
        store=store,
        spool=Spool(settings.instance_dir / "spool"),
        positions=PositionTokens(settings.secret_key),
        signatures=SignatureCheck(public_base_url=settings.public_base_url, tokens=settings.auth_tokens),
        telephony=telephony or TwilioTelephony(settings),
        vault=Vault(settings.data_keys),
        announcer=Announcer(mail=settings.mail, endpoints=settings.webhook_endpoints),
    )


def open_configuration(settings: Settings, clock: Clock, store: Store | None = None) -> ConfigStore:
    """What is published in `store`, else the folder of `settings`, else this machine's last good copy.

    Raises ConfigError when nothing good can be had.
    """
    copy = LastGood(settings.instance_dir / "last-good-configuration.json")
    published = PublishedConfigurations(store.publications) if store is not None else None
    return ConfigStore(settings.config_dir, clock=clock.now, last_good=copy, publications=published)
