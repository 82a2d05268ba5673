"""The cookies of the desk: names and attributes. With https they carry a prefix browsers hold other hosts to."""

from flask import Response

from app.services import Services


def is_secure(services: Services) -> bool:
    """Whether browsers reach this service by https."""
    return services.settings.public_base_url.startswith("https://")


def session_name(services: Services) -> str:
    """Whose value is the secret of a session."""
    return "__Host-desk" if is_secure(services) else "desk"


def visit_name(services: Services) -> str:
    """Whose value binds a form to a browser before anybody is signed in."""
    return "__Host-desk-visit" if is_secure(services) else "desk-visit"


def elsewhere_name(services: Services) -> str:
    """Whose value binds a sign-in elsewhere to the browser that began it."""
    return "__Host-desk-elsewhere" if is_secure(services) else "desk-elsewhere"


def put(answer: Response, services: Services, name: str, value: str) -> None:
    """Set a cookie that ends with the browser, is not seen by scripts, and is sent by links but not by other sites."""
    answer.set_cookie(name, value, secure=is_secure(services), httponly=True, samesite="Lax", path="/")


def drop(answer: Response, services: Services, name: str) -> None:
    """Remove a cookie."""
    answer.delete_cookie(name, secure=is_secure(services), httponly=True, samesite="Lax", path="/")
