"""Calendar feeds over HTTP: what programs that poll need, and nothing for anybody else."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar

from app.feeds import Feeds, Subject, SubjectKind
from app.store import Store
from app.web.factory import make_app
from tests.desk import BASE_URL, Desk, make_desk

JAMISON = Subject(SubjectKind.PERSON, "Jamison White")


@pytest.fixture
def client(desk: Desk) -> FlaskClient:
    return make_app(desk.services).test_client()


@pytest.fixture
def path(desk: Desk) -> str:
    return Feeds(desk.services).create(JAMISON).removeprefix(BASE_URL)


def test_a_feed_is_a_calendar_that_may_be_kept_for_a_while_by_its_reader_alone(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, max-age=900"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["ETag"].startswith('"')
    assert answer.last_modified is not None
    assert len(Calendar.from_ical(answer.data).walk("VEVENT")) > 30


def test_a_program_that_has_it_already_is_sent_nothing(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    for header, value in (
        ("If-None-Match", first.headers["ETag"]),
        ("If-Modified-Since", first.headers["Last-Modified"]),
    ):
        again = client.get(path, headers={header: value})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Cache-Control"] == "private, max-age=900"
    assert client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


def test_its_head_can_be_asked_for(client: FlaskClient, path: str) -> None:
    answer = client.head(path)
    assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize("path", ["/feeds/ivr_unknown.ics", "/feeds/x.ics", f"/feeds/{'x' * 500}.ics", "/feeds/ü.ics"])
def test_an_unknown_address_is_told_nothing(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.data) == (404, b"")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_revoked_address_is_as_one_that_never_was(client: FlaskClient, path: str, desk: Desk) -> None:
    Feeds(desk.services).revoke(1)
    revoked, unknown = client.get(path), client.get("/feeds/ivr_unknown.ics")
    assert (revoked.status_code, revoked.data, list(revoked.headers)) == (
        unknown.status_code,
        unknown.data,
        list(unknown.headers),
    )


def test_a_feeds_secret_opens_nothing_else(client: FlaskClient, path: str) -> None:
    secret = path.removeprefix("/feeds/").removesuffix(".ics")
    answer = client.get("/api/v1/calls", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 403


def test_a_token_of_the_api_opens_no_feed(client: FlaskClient, desk: Desk) -> None:
    secret = desk.services.store.tokens.create("a program", "admin", at=desk.clock.now())
    assert client.get(f"/feeds/{secret}.ics").status_code == 404


def test_without_a_database_a_program_is_asked_to_come_back(tmp_path: Path) -> None:
    unreachable = Store.open(f"sqlite:///{tmp_path}/nowhere/ivr.db")
    services = make_desk("sqlite:///", tmp_path, store=unreachable).services
    answer = make_app(services).test_client().get("/feeds/ivr_x.ics")
    unreachable.close()
    assert (answer.status_code, answer.data, answer.headers["Retry-After"]) == (503, b"", "120")
