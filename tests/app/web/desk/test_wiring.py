"""What the doctor finds, at the desk: at once, within a bound, and for supervisors too."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer

from app.accounts import Role
from app.services import Services
from tests.app.web.desk.visits import signed_in
from tests.desk import Desk


@pytest.fixture
def services(desk: Desk, httpserver: HTTPServer) -> Iterator[Services]:
    """Whose public address is somebody on this machine, who says no to everything."""
    httpserver.no_handler_status_code = 404
    base = httpserver.url_for("").rstrip("/")
    yield replace(desk.services, settings=replace(desk.services.settings, public_base_url=base))
    httpserver.clear()


def test_the_page_is_there_before_anything_is_looked_at(services: Services) -> None:
    visit = signed_in(services, role=Role.SUPERVISOR)
    page = visit.opens("/desk/wiring").get_data(as_text=True)
    assert 'hx-get="/desk/wiring/findings"' in page
    assert "This installation" not in page


@pytest.mark.parametrize("address", ["/desk/wiring/findings", "/desk/wiring/now"])
def test_what_is_found_is_told_with_its_remedy(services: Services, address: str) -> None:
    services.store.outbox.listen(lambda: None)
    page = signed_in(services, role=Role.SUPERVISOR).opens(address).get_data(as_text=True)
    for check in ("settings", "coverage", "database", "clock process", "public address", "numbers at Twilio"):
        assert f"<strong>{check}</strong>" in page, check
    assert "it has never run" in page
    assert "<code>ivr serve</code>" in page
    assert "healthz answers 404" in page
    assert "(needs an account)" in page
    assert ("<html" in page) == (address == "/desk/wiring/now")


def test_a_provider_that_hangs_holds_up_the_page_for_seconds_only(services: Services, httpserver: HTTPServer) -> None:
    """It answers when the page is there, and no sooner."""
    is_drawn = threading.Event()

    def slow(_request: object) -> None:
        is_drawn.wait(30)

    httpserver.expect_request("/healthz").respond_with_handler(slow)  # type: ignore[arg-type] # it never answers
    visit = signed_in(services, role=Role.ADMIN)
    page = visit.opens("/desk/wiring/findings").get_data(as_text=True)
    is_drawn.set()
    assert "no answer within 4 seconds" in page
