"""Puts the web application together: webhooks, API, health, desk, and the watch on the configuration folder."""

import os

from flask import Flask, Request
from flask.sessions import SessionInterface

from app.logs import configure_logs
from app.services import Services, wire
from app.settings import read_settings
from app.web import background
from app.web.api import api
from app.web.desk.blueprint import desk
from app.web.feeds import feeds
from app.web.first_ring import FirstRing
from app.web.health import health
from app.web.log_context import about_request
from app.web.metrics import count_line, observe
from app.web.problems import register_problems
from app.web.server import Program
from app.web.webhooks import webhooks


class _NoSessions(SessionInterface):
    """Programs bring a token, Twilio signs, the desk has sessions of its own: nothing is looked for at each request."""

    def open_session(self, app: Flask, request: Request) -> None:
        pass


def make_app(services: Services) -> Flask:
    """The application over these services. Nothing is started: no thread, no connection."""
    app = telephone_app(services)
    app.register_blueprint(api(services))
    app.register_blueprint(feeds(services))
    app.register_blueprint(health(services))
    app.register_blueprint(desk(services))
    return app


def telephone_app(services: Services) -> Flask:
    """The part of the application that the telephone company asks."""
    app = Flask(__name__, static_folder=None)
    app.session_interface = _NoSessions()
    app.config["SECRET_KEY"] = services.settings.secret_key
    app.config["MAX_CONTENT_LENGTH"] = 1_048_576
    app.register_blueprint(webhooks(services))
    register_problems(app)
    observe(app)
    app.wsgi_app = FirstRing(services, app.wsgi_app)  # type: ignore[method-assign] # Flask's documented way
    return app


def services_from_environment() -> Services:
    """The services of a web process, with logging set up. Nothing is started: no thread, no connection."""
    settings = read_settings(os.environ)
    configure_logs(settings.log_format, about=about_request, told=count_line)
    return wire(settings)


def program() -> Program:
    """The service as gunicorn runs it, wired from the environment."""
    services = services_from_environment()
    # Made before the workers fork, who must not share a connection.
    services.store.close()
    return Program(make_app(services), lambda: background.start(services))
