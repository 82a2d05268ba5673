"""The files pages are drawn with: our own, Bootstrap's and htmx's, all served from here and kept by browsers for good.

The address of a file holds a digest of what is in it, so that a new release is seen at once.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from flask import Blueprint, Response, abort, request

_OURS = Path(__file__).parents[1] / "static"
# Found, not imported: only their files are needed.
_LENT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "bootstrap.css": ("flask_bootstrap", "static/bootstrap5/css/bootstrap.min.css"),
        "htmx.js": ("js_lib_htmx", "static/htmx/htmx.min.js"),
    }
)
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES: Mapping[str, tuple[str | None, str]] = MappingProxyType(
    {**_LENT, **{each.name: (None, each.name) for each in sorted(_OURS.iterdir()) if each.suffix in _KINDS}}
)
_FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    plain: bytes
    packed: bytes
    kind: str
    version: str


def address_of(name: str) -> str:
    """The address of a file. Raises KeyError when there is none of this name."""
    return f"/desk/assets/{_asset(name).version}/{name}"


def assets(blueprint: Blueprint, *, prefix: str) -> None:
    """Serves the files, to anybody: there is nothing in them."""

    @blueprint.get(f"{prefix}/<version>/<name>")
    def asset(version: str, name: str) -> Response:
        found = _asset(name) if name in _FILES else None
        if found is None or found.version != version:
            abort(404)
        packed = request.accept_encodings.quality("gzip") > 0
        answer = Response(found.packed if packed else found.plain, mimetype=found.kind)
        answer.headers["Cache-Control"] = _FOR_GOOD
        answer.vary.add("Accept-Encoding")
        if packed:
            answer.headers["Content-Encoding"] = "gzip"
        return answer


@cache
def _asset(name: str) -> Asset:
    package, path = _FILES[name]
    plain = (_folder(package) / path).read_bytes()
    version = hashlib.sha256(plain).hexdigest()[:12]
    return Asset(plain, gzip.compress(plain, mtime=0), _KINDS[Path(name).suffix], version)


def _folder(package: str | None) -> Path:
    if package is None:
        return _OURS
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed")
    return Path(spec.submodule_search_locations[0])
