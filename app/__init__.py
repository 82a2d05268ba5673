"""The telephony service: configuration in, calls through, tickets out."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.services import Services


def create_app(services: "Services | None" = None) -> "Flask":
    """The web application, wired from the environment unless `services` are given.

    Raises SettingsError or ConfigError when the service cannot start as it is set up.
    """
    # Imported here, so that `import app.something` does not load the web framework.
    from app.web.factory import make_app, services_from_environment  # noqa: PLC0415

    return make_app(services or services_from_environment())
