"""The wiring: every part that touches the world, made from settings in one place; tests hand in their own."""

from dataclasses import dataclass

from app.clock import Clock, clock_for
from app.config.last_good import LastGood
from app.config.snapshot import ConfigStore
from app.settings import Settings
from app.store import Spool, Store
from app.telephony.outbound import Telephony, TwilioTelephony
from app.telephony.position import PositionTokens
from app.telephony.signature import SignatureCheck
from app.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the use cases need: settings, time, configuration, storage and telephony."""

    settings: Settings
    clock: Clock
    config: ConfigStore
    store: Store
    spool: Spool
    positions: PositionTokens
    signatures: SignatureCheck
    telephony: Telephony
    vault: Vault

    @property
    def can_ring(self) -> bool:
        """Whether phones can be rung as calls of their own: there is an account, or something that stands in for it."""
        return not self.settings.simulated or self.settings.twilio_api_base_url is not None


def wire(
    settings: Settings,
    *,
    clock: Clock | None = None,
    store: Store | None = None,
    telephony: Telephony | None = None,
) -> Services:
    """The real parts for `settings`. Raises ConfigError when the YAML has faults."""
    clock = clock or clock_for(settings.clock_start)
    return Services(
        settings=settings,
        clock=clock,
        config=open_configuration(settings, clock),
        store=store or Store.open(settings.database_url),
        spool=Spool(settings.instance_dir / "spool"),
        positions=PositionTokens(settings.secret_key),
        signatures=SignatureCheck(public_base_url=settings.public_base_url, tokens=settings.auth_tokens),
        telephony=telephony or TwilioTelephony(settings),
        vault=Vault(settings.data_keys),
    )


def open_configuration(settings: Settings, clock: Clock) -> ConfigStore:
    """The configuration of `settings`, or this machine's last good copy of it. Raises ConfigError without either."""
    copy = LastGood(settings.instance_dir / "last-good-configuration.json")
    return ConfigStore(settings.config_dir, clock=clock.now, last_good=copy)
