"""What a session is called in a list: the kind of browser and machine, and the address it came from."""

from flask import request

from app.accounts import Device
from app.services import Services

# In the order they are looked for: most browsers also claim to be the others.
_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"))
_MACHINES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def device(services: Services) -> Device:
    """Where this request comes from."""
    return Device(_address(services), device_name(request.headers.get("User-Agent", "")))


def device_name(agent: str) -> str:
    """Such as "Firefox on Windows"."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "a browser")
    machine = next((name for mark, name in _MACHINES if mark in agent), "")
    return f"{browser} on {machine}" if machine else browser


def _address(services: Services) -> str:
    """The address as the outermost of our own proxies saw it; what stands before that anybody can claim."""
    seen, proxies = request.access_route, services.settings.proxies
    forwarded = [*seen, request.remote_addr or ""] if "X-Forwarded-For" in request.headers else [request.remote_addr]
    return (forwarded[-1 - proxies] if proxies < len(forwarded) else forwarded[0]) or ""
