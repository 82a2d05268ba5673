"""How the outbox stands, for those who watch: a sentence for /readyz, and figures by kind for /metrics.

What was given up is an alarm, and no reason to call the service not ready: it stays until a person has dealt with it,
and everything else goes on meanwhile.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.services import Services
from app.store import LANES, KindStanding, Lane, StoreUnavailable

# Longer than anything is late while all goes well; an urgent order is somebody who waits.
_LATE_SECONDS: Final = 60.0


def outbox_sentence(services: Services) -> str:
    """What a person should know of the orders; begins with "warning" when they should look. Raises StoreUnavailable."""
    found = services.store.orders.standing(now=services.clock.now())
    dead = [f"{each.dead} {each.kind}" for each in found if each.dead]
    late = [
        f"{each.kind} for {each.oldest_seconds:.0f} seconds"
        for each in found
        if each.oldest_seconds > _LATE_SECONDS and each.kind in LANES[Lane.URGENT]
    ]
    warnings = []
    if dead:
        warnings.append(f"given up and not dealt with: {', '.join(dead)}; see `ivr outbox list --dead`")
    if late:
        warnings.append(f"urgent orders wait: {', '.join(late)}")
    waiting = f"{sum(each.waiting for each in found)} orders wait"
    return f"warning: {'; '.join(warnings)}; {waiting}" if warnings else waiting


def outbox_metrics(services: Services) -> bytes:
    """The figures as Prometheus reads them; nothing while the database does not answer."""
    try:
        found = services.store.orders.standing(now=services.clock.now())
    except StoreUnavailable:
        return b""
    # A registry of its own: these figures are of the database, and the same whichever process is asked.
    registry = CollectorRegistry()
    registry.register(_Figures(found))
    return generate_latest(registry)


@dataclass(frozen=True, slots=True)
class _Figures(Collector):
    found: tuple[KindStanding, ...]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        known = {each.kind: each for each in self.found}
        kinds = sorted({kind.value for lane in LANES.values() for kind in lane} | known.keys())
        standing = [known.get(kind) or KindStanding(kind=kind, waiting=0, oldest_seconds=0.0, dead=0) for kind in kinds]
        yield _gauge("ivr_outbox_waiting", "Orders to be carried out", ((each.kind, each.waiting) for each in standing))
        late = ((each.kind, each.oldest_seconds) for each in standing)
        yield _gauge("ivr_outbox_oldest_seconds", "How long the longest order has been due", late)
        dead = ((each.kind, each.dead) for each in standing)
        yield _gauge("ivr_outbox_dead", "Orders given up that nobody has dealt with", dead)


def _gauge(name: str, what: str, values: Iterable[tuple[str, float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=["kind"])
    for kind, value in values:
        family.add_metric([kind], value)
    return family
