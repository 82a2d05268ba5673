"""Twilio's own library, with the simulated API at the other end of its HTTP session."""

from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from app.simulator import Phone, RestApi, WsgiWire
from app.simulator.rest.api import TIMEOUT
from tests.app.simulator.desk import ACCOUNT, API_KEY, API_SECRET

API_URL = "https://api.twilio.com"


class WsgiAdapter(BaseAdapter):
    """Carries what a requests session sends to the simulated API, and its faults as requests' own."""

    def __init__(self, api: RestApi) -> None:
        super().__init__()
        self._api = api

    def send(  # type: ignore[override] # the session names everything it passes
        self, request: requests.PreparedRequest, *, timeout: Any = None, **_others: object
    ) -> requests.Response:
        def application(environment: Any, start_response: Any) -> Any:
            return self._api({**environment, TIMEOUT: timeout}, start_response)

        url = str(request.url)
        headers = {name: str(value) for name, value in request.headers.items()}
        wire = WsgiWire(application, _origin(url))
        try:
            reply = wire.request(str(request.method), url, headers=headers, body=_bytes(request.body))
        except TimeoutError as fault:
            raise requests.ReadTimeout(request=request) from fault
        except ConnectionError as fault:
            raise requests.ConnectionError(fault, request=request) from fault
        response = requests.Response()
        response.status_code = reply.status
        response.headers.update(reply.headers)
        response.url, response.request = url, request
        response._content = reply.body
        return response

    def close(self) -> None:
        """There is nothing to close."""


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def client_of(phone: Phone, *, timeout: float | None = 8) -> Client:
    """A client of Twilio's library that talks with this phone's account by an API key."""
    http = TwilioHttpClient(timeout=timeout)
    http.session.mount(API_URL, WsgiAdapter(phone.rest_app()))
    return Client(API_KEY, API_SECRET, ACCOUNT, http_client=http)


def media_of(phone: Phone, url: str) -> requests.Response:
    """What is found at a recording's URL."""
    session = requests.Session()
    session.mount(API_URL, WsgiAdapter(phone.rest_app()))
    return session.get(url, auth=(API_KEY, API_SECRET))
