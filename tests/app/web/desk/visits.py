"""Somebody at the desk, as tests speak of them: they sign in, open pages, and send forms as a browser would."""

import re
from dataclasses import dataclass, replace

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.accounts import AccountKeeping, Role
from app.services import Lengths, Services

PASSWORD = "correct horse battery staple"


@dataclass
class Visit:
    """One browser."""

    client: FlaskClient
    last: TestResponse | None = None

    def opens(self, address: str) -> TestResponse:
        self.last = self.client.get(address, headers={"Accept-Encoding": "identity"})
        return self.last

    def sends(self, address: str, **fields: str) -> TestResponse:
        """Sends a form of the page that was opened last."""
        self.last = self.client.post(address, data={"form_token": self.token(), **fields})
        return self.last

    def token(self) -> str:
        assert self.last is not None, "no page was opened"
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.last.get_data(as_text=True))
        return found[1] if found else ""


def browser(services: Services) -> Visit:
    """A browser nobody has used yet."""
    return Visit(create_app(services).test_client())


def make_account(services: Services, name: str, role: Role) -> None:
    """An account whose password is PASSWORD."""
    link = AccountKeeping(services, "test").add(name, role)
    visit = browser(services)
    page = visit.opens(link.address.partition(services.settings.public_base_url)[2])
    assert page.status_code == 200
    assert visit.sends(page.request.path, password=PASSWORD, again=PASSWORD).status_code == 303


def signed_in(services: Services, name: str = "Lasha Dalakishvili", role: Role = Role.SUPERVISOR) -> Visit:
    """Somebody who has signed in, with an account made for them."""
    if services.store.accounts.look(lambda rows: rows.named(name)) is None:
        make_account(services, name, role)
    visit = browser(services)
    visit.opens("/desk/sign-in")
    assert visit.sends("/desk/sign-in", name=name, password=PASSWORD).status_code == 303
    return visit


def shortened(services: Services, rows: int) -> Services:
    """The same desk with so many rows on every page, and as many read at once."""
    lengths = Lengths(page=rows, audit_page=rows, revisions_page=rows, column=rows, export=rows)
    return replace(services, lengths=lengths)
