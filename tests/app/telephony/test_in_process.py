"""Asked without a session, an application in this process sees what it sees from one."""

from collections.abc import Iterable, Mapping
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import requests

from app.telephony.in_process import InProcess

URL = "https://api.example.org/2010-04-01/Accounts/AC1/Calls.json"
LOGIN = ("AC1", "a:b c")
SEEN = (
    "REQUEST_METHOD",
    "PATH_INFO",
    "QUERY_STRING",
    "CONTENT_LENGTH",
    "HTTP_AUTHORIZATION",
    "HTTP_X_ONE",
    "HTTP_HOST",
)
HEADERS = {"X-One": "1", "Content-Type": "application/x-www-form-urlencoded"}


class Application:
    """Keeps what it is asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[dict[str, Any], bytes]] = []

    def __call__(self, environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environment["wsgi.input"].read()
        self.seen.append(({name: environment.get(name) for name in SEEN}, body))
        start_response("201 Created", [("Content-Type", "application/json"), ("X-Two", "2")])
        return [b'{"sid": "CA1"}']


@pytest.mark.parametrize(
    ("method", "url", "params", "data"),
    [
        ("GET", URL, {"StartTime>": "2026-12-01T08:30:00Z", "PageSize": 50}, None),
        ("GET", f"{URL}?Page=2", {"PageSize": 50}, None),
        ("GET", f"{URL}?Page=2&PageToken=PA%2B1", None, None),
        ("POST", URL, None, {"To": "+18165550101", "Body": "Zürich & \u201cmore\u201d", "Nothing": None}),
        ("POST", URL, None, {"StatusCallbackEvent": ["initiated", "answered"], "Timeout": 30}),
        ("DELETE", URL, None, None),
    ],
)
def test_the_application_sees_the_same_as_from_a_session(
    method: str, url: str, params: Mapping[str, Any] | None, data: Mapping[str, Any] | None
) -> None:
    application = Application()
    here, session = InProcess(application), requests.Session()
    session.mount("https://", here)
    session.trust_env = False
    theirs = session.request(method, url, params=params, data=data, headers=HEADERS, auth=LOGIN)
    ours = here.ask(method, url, params=params, data=data, headers=HEADERS, login=LOGIN)
    (seen, body), (seen_without, body_without) = application.seen
    assert (seen_without, body_without) == (seen, body)
    assert (ours.status_code, ours.text, dict(ours.headers)) == (201, '{"sid": "CA1"}', dict(theirs.headers))


@pytest.mark.parametrize(("fault", "raised"), [(TimeoutError, requests.ReadTimeout), (ConnectionResetError, OSError)])
def test_its_faults_become_those_of_a_network(fault: type[Exception], raised: type[Exception]) -> None:
    def broken(_environment: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
        raise fault

    with pytest.raises(raised) as met:
        InProcess(broken).ask("GET", URL, params=None, data=None, headers=None, login=None)
    assert isinstance(met.value, requests.RequestException)
