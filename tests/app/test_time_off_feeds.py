"""People's calendars fetched over the network: only good ones replace the copy, and nobody points us at our network."""

import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from structlog.testing import capture_logs
from werkzeug import Request, Response

from app.config.folder import MAX_CALENDAR_BYTES, read_folder
from app.config.snapshot import load
from app.time_off_feeds import CannotFetch, fetched, pull_calendars
from tests.app.config.configurations import good_files, write
from tests.app.config.test_calendar_reading import FILE, ON_CALL, calendar

NOON = datetime(2026, 11, 23, 18, tzinfo=UTC)
DAY = calendar("DTSTART;VALUE=DATE:20261124\nSUMMARY:private")
OTHER = calendar("DTSTART;VALUE=DATE:20261125")


@pytest.fixture
def folder(tmp_path: Path, httpserver: HTTPServer) -> Path:
    """A configuration with one calendar to fetch from the test's own server."""
    entry = (
        f"time_off_calendars:\n  - {{person: Jamison White, file: jamison.ics, url: {httpserver.url_for('/x.ics')}}}\n"
    )
    write(tmp_path, good_files() | {ON_CALL: good_files()[ON_CALL] + entry.encode()})
    return tmp_path


def serve(httpserver: HTTPServer, body: bytes, *, status: int = 200) -> None:
    httpserver.clear()
    httpserver.expect_request("/x.ics").respond_with_data(body, status=status)


def on_call(folder: Path) -> list[str]:
    coverage = load(folder).roster.who_is_on("on-call", at=datetime(2026, 11, 24, 18, tzinfo=UTC))
    return [duty.person for duty in coverage.people]


def test_a_good_calendar_is_kept_and_counts(folder: Path, httpserver: HTTPServer) -> None:
    assert on_call(folder) == ["Jamison White"]
    serve(httpserver, DAY)
    assert pull_calendars(folder, at=NOON) == 1
    assert on_call(folder) == []
    assert b"private" not in (folder / FILE).read_bytes(), "what the day off is for stays with its owner"
    assert [path.name for path in (folder / FILE).parent.iterdir()] == ["jamison.ics"]


def test_the_same_days_again_change_nothing_but_the_time_of_the_copy(folder: Path, httpserver: HTTPServer) -> None:
    serve(httpserver, DAY)
    pull_calendars(folder, at=NOON)
    revision = read_folder(folder).revision
    serve(httpserver, DAY.replace(b"SUMMARY:private", b"DTSTAMP:20261123T180000Z"))
    later = NOON + timedelta(hours=1)
    assert pull_calendars(folder, at=later) == 0
    assert read_folder(folder).revision == revision
    assert (folder / FILE).stat().st_mtime == later.timestamp()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>Please sign in</html>", 200),
        (b"", 200),
        (DAY[:-30], 200),
        (OTHER, 500),
        (OTHER, 404),
        (OTHER + b" " * MAX_CALENDAR_BYTES, 200),
    ],
    ids=["a page", "nothing", "cut off", "an error", "gone", "too large"],
)
def test_whatever_else_comes_the_last_good_copy_stays(
    folder: Path, httpserver: HTTPServer, body: bytes, status: int
) -> None:
    serve(httpserver, DAY)
    pull_calendars(folder, at=NOON)
    kept = (folder / FILE).read_bytes()
    serve(httpserver, body, status=status)
    with capture_logs() as logs:
        assert pull_calendars(folder, at=NOON + timedelta(hours=3)) == 0
    assert (folder / FILE).read_bytes() == kept
    (entry,) = logs
    assert (entry["event"], entry["calendar"]) == ("time_off_not_fetched", FILE)
    assert entry["copy"] == "kept, fetched 3 hours 0 minutes ago"
    assert "127.0.0.1" not in str(entry), "the address is a secret of its owner"


def test_a_server_that_is_not_there_is_told_and_nothing_else_happens(folder: Path, httpserver: HTTPServer) -> None:
    path = folder / ON_CALL
    path.write_text(path.read_text().replace(httpserver.url_for("/x.ics"), "http://127.0.0.1:9/x.ics"))
    with capture_logs() as logs:
        assert pull_calendars(folder, at=NOON) == 0
    assert logs[0]["copy"] == "none: nothing of it counts yet"
    assert on_call(folder) == ["Jamison White"]


def test_events_that_cannot_be_read_are_counted_in_the_log_and_the_rest_is_kept(
    folder: Path, httpserver: HTTPServer
) -> None:
    serve(httpserver, calendar("DTSTART:whenever", "DTSTART;VALUE=DATE:20261124"))
    with capture_logs() as logs:
        pull_calendars(folder, at=NOON)
    assert [(entry["event"], entry.get("events")) for entry in logs] == [
        ("time_off_events_left_out", 1),
        ("time_off_fetched", None),
    ]
    assert on_call(folder) == []
    assert load(folder).warnings == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(folder: Path, httpserver: HTTPServer) -> None:
    serve(httpserver, DAY)
    (folder / "schedules").chmod(0o500)
    with capture_logs() as logs:
        assert pull_calendars(folder, at=NOON) == 0
    assert logs[0]["event"] == "time_off_not_fetched"


def test_one_calendar_that_fails_does_not_keep_the_others(folder: Path, httpserver: HTTPServer) -> None:
    with (folder / ON_CALL).open("a") as file:
        file.write(f"  - {{person: Lasha Dalakishvili, file: lasha.ics, url: {httpserver.url_for('/y.ics')}}}\n")
    serve(httpserver, b"", status=500)
    httpserver.expect_request("/y.ics").respond_with_data(OTHER)
    assert pull_calendars(folder, at=NOON) == 1
    assert (folder / "schedules/time_off/lasha.ics").exists()


def test_while_the_configuration_is_at_fault_nothing_is_fetched(folder: Path) -> None:
    (folder / ON_CALL).write_text("zone: nowhere\n")
    assert pull_calendars(folder, at=NOON) == 0
    (folder / ON_CALL).unlink()
    assert pull_calendars(folder, at=NOON) == 0


# Addresses.


def test_a_redirect_within_the_same_host_is_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(status=302, headers={"Location": "/b?c=d#e"})
    httpserver.expect_request("/b", query_string="c=d").respond_with_data(DAY)
    assert fetched(httpserver.url_for("/a")) == DAY


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://127.0.0.2:9/x", "not public"),
        ("http://localhost:9/x", "not public"),
        ("http://example.org/x", "not https"),
        ("ftp://example.org/x", "not https"),
        ("file:///etc/passwd", "not https"),
        ("https://inside.example.org/x", "not public"),
        ("https://mixed.example.org/x", "not public"),
        ("https://mapped.example.org/x", "not public"),
        ("https://nowhere.example.org/x", "no address"),
    ],
)
def test_a_redirect_elsewhere_must_lead_to_the_public_internet(
    httpserver: HTTPServer, location: str, reason: str
) -> None:
    addresses = {
        "inside.example.org": ["10.1.2.3"],
        "mixed.example.org": ["93.184.215.14", "169.254.169.254"],
        "mapped.example.org": ["::ffff:10.1.2.3"],
        "nowhere.example.org": [],
    }
    httpserver.expect_request("/a").respond_with_data(status=302, headers={"Location": location})
    with pytest.raises(CannotFetch, match=reason):
        fetched(httpserver.url_for("/a"), resolve=lambda host, _port: addresses.get(host, ["127.0.0.1"]))


def test_redirects_end(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(status=301, headers={"Location": "/a"})
    with pytest.raises(CannotFetch, match="too often"):
        fetched(httpserver.url_for("/a"))


@pytest.mark.parametrize(
    "url", ["http://example.org/x.ics", "ftp://127.0.0.1/x", "x.ics", "https://:0/x", "https://[::"]
)
def test_only_https_is_fetched_and_http_on_this_machine(url: str) -> None:
    with pytest.raises(CannotFetch, match="not https"):
        fetched(url)


def test_the_host_is_asked_for_once_and_that_address_is_used(httpserver: HTTPServer) -> None:
    """A second look-up could give another address than the one that was judged."""
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    hosts: list[str] = []

    def answer(request: Request) -> Response:
        hosts.append(request.host)
        return Response(DAY)

    httpserver.expect_request("/a").respond_with_handler(answer)
    port = httpserver.port
    assert fetched(f"http://localhost:{port}/a", resolve=resolve) == DAY
    assert (asked, hosts) == (["localhost"], [f"localhost:{port}"])


@pytest.fixture
def dripping() -> Iterator[int]:
    """A server that sends a byte of its answer now and then, for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve_one() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not done.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=serve_one)
    thread.start()
    yield listener.getsockname()[1]
    done.set()
    thread.join()
    listener.close()


def test_a_server_that_drips_is_cut_off(dripping: int) -> None:
    with pytest.raises(CannotFetch, match="does not answer"):
        fetched(f"http://127.0.0.1:{dripping}/x", timeout_seconds=0.5)
