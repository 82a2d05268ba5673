"""What every page carries to keep browsers strict and pages out of caches. Nothing is loaded from elsewhere."""

import gzip

from flask import Blueprint, Response, g, request

from app.services import Services
from app.web.desk import cookies
from app.web.desk.notices import COOKIE

POLICY = "; ".join(  # noqa: FLY002 (one rule a line)
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Bootstrap draws its arrows so
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}
_HSTS = "max-age=31536000"
_WORTH_IT = 1024


def protect(blueprint: Blueprint, services: Services) -> None:
    """Puts the headers on every answer of the desk, and compresses its pages."""

    @blueprint.after_request
    def protected(answer: Response) -> Response:
        answer.headers.update(ALWAYS)
        answer.headers.setdefault("Cache-Control", "no-store")
        if cookies.is_secure(services):
            answer.headers["Strict-Transport-Security"] = _HSTS
        if g.get("new_visit"):
            cookies.put(answer, services, cookies.visit_name(services), g.new_visit)
        if g.get("notice_taken"):
            answer.delete_cookie(COOKIE, httponly=True, samesite="Lax", path="/")
        return _compressed(answer)


def _compressed(answer: Response) -> Response:
    if answer.is_streamed or answer.mimetype != "text/html" or request.accept_encodings.quality("gzip") <= 0:
        return answer
    body = answer.get_data()
    if len(body) >= _WORTH_IT:
        answer.set_data(gzip.compress(body, compresslevel=5, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
        answer.vary.add("Accept-Encoding")
    return answer
