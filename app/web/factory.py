"""Puts the web application together: webhooks, API, health, and the watch on the configuration folder."""

import os

from flask import Flask

from app.logs import configure_logs
from app.services import Services, wire
from app.settings import read_settings
from app.web import background
from app.web.api import api
from app.web.feeds import feeds
from app.web.health import health
from app.web.log_context import about_request
from app.web.metrics import count_line, observe
from app.web.problems import register_problems
from app.web.webhooks import webhooks


def make_app(services: Services) -> Flask:
    """The application over these services. Nothing is started: no thread, no connection."""
    app = Flask(__name__, static_folder=None)
    app.config["SECRET_KEY"] = services.settings.secret_key
    app.config["MAX_CONTENT_LENGTH"] = 1_048_576
    app.register_blueprint(webhooks(services))
    app.register_blueprint(api(services))
    app.register_blueprint(feeds(services))
    app.register_blueprint(health(services))
    register_problems(app)
    observe(app)
    return app


def services_from_environment() -> Services:
    """The services of a web process: logging set up and the configuration folder watched."""
    settings = read_settings(os.environ)
    configure_logs(settings.log_format, about=about_request, told=count_line)
    services = wire(settings)
    background.start(services)
    return services
