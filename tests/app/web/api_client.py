"""A program that asks the API, for tests: with a token, and without any network."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.services import Services
from app.web.api import api
from app.web.problems import register_problems
from tests.desk import Desk


class Client:
    """Asks with one token, and reads the answers."""

    def __init__(self, services: Services, secret: str | None) -> None:
        app = Flask("api-alone")
        app.register_blueprint(api(services))
        register_problems(app)
        self.http: FlaskClient = app.test_client()
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **parameters: Any) -> TestResponse:
        """The answer at `path` below /api/v1."""
        query = urlencode(parameters, doseq=True, errors="surrogatepass")
        return self.http.get(f"/api/v1{path}?{query}", headers=self.headers)

    def json(self, path: str, **parameters: Any) -> Any:
        """What a good answer holds."""
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def faults(self, path: str, **parameters: Any) -> dict[str, str]:
        """The parameters at fault and what is said of them."""
        answer = self.get(path, **parameters)
        assert answer.status_code == 400, answer.text
        return {fault["field"]: fault["message"] for fault in answer.get_json()["errors"]}

    def pages(self, path: str, **parameters: Any) -> Iterator[list[Any]]:
        """All pages of a list, to the end."""
        cursor = ""
        while cursor is not None:
            page = self.json(path, **parameters, **({"cursor": cursor} if cursor else {}))
            yield page["items"]
            cursor = page["next"]


def client_of(desk: Desk, role: str = "staff") -> Client:
    """A client with a fresh token of that role."""
    return Client(desk.services, desk.services.store.tokens.create("a program", role, at=desk.clock.now()))
