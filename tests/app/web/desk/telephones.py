"""A desk whose telephone exchange is at work, over a copy of the configuration that cases may be written to."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.cli.exchange import Live, Moment, live_exchange
from app.services import Services, wire
from app.simulator.exchange import SECONDS_A_CHARACTER
from app.simulator.rest.server import RestServer
from tests.app.web.desk.visits import Visit
from tests.desk import CONFIG, settings_for

PATIENCE_SECONDS = 20


@dataclass
class Telephones:
    """The service as its pages see it, and the exchange beside it."""

    services: Services
    live: Live
    config: Path


@contextmanager
def telephones(database_url: str, folder: Path) -> Iterator[Telephones]:
    config = folder / "configuration"
    for name in ("ivr_flows", "schedules"):
        shutil.copytree(CONFIG / name, config / name)
    settings = settings_for(database_url, folder, config=config)
    # Nobody listens: what is said takes a tenth of its time.
    live = live_exchange(settings, Moment(), seconds_a_character=SECONDS_A_CHARACTER / 10)
    live.open()
    with RestServer(live.door, host="127.0.0.1", port=0) as server:
        services = wire(replace(settings, twilio_api_base_url=server.base_url))
        try:
            yield Telephones(services, live, config)
        finally:
            services.store.close()
    live.close()
    live.services.store.close()
    assert live.company.timeline.faults == []


@dataclass
class AtThePhones:
    """Somebody at the phone page, without a browser."""

    visit: Visit

    def does(self, deed: str, **fields: str) -> Any:
        """Does something at a phone; what the exchange says to it."""
        client, token = self.visit.client, self.visit.token()
        answer = client.post(f"/desk/phone/do/{deed}", data=fields, headers={"X-Form-Token": token})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()["done"]

    def picture(self) -> Any:
        return self.visit.client.get("/desk/phone/picture").get_json()

    def call(self) -> Any:
        return self.picture()["call"]

    def ringing(self) -> str:
        """The leg that rings, as soon as one does."""
        found: str = self.becomes(
            lambda: next((leg["sid"] for leg in self.picture()["legs"] if leg["state"] == "ringing"), "")
        )
        return found

    def becomes(self, claim: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := claim()):
            assert time.monotonic() < deadline, self.picture()
            time.sleep(0.05)
        return found
