"""Who may ask the review page anything: this machine's browser, from the page itself, with the address that was printed."""

from __future__ import annotations

import hmac
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, request

HOST = "127.0.0.1"
# Everything comes from the page's own address, and nothing may be put around it or be sent elsewhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # The address holds the token: it must not go along when somebody follows a link out of a caption.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
MAX_BODY_BYTES = 1 << 20


def make_token() -> str:
    """A new token, of 256 bits, for the address of one run."""
    return secrets.token_urlsafe(32)


def guard(app: Flask, token: str) -> None:
    """Refuse every request that is not from the page itself, and set the headers of every answer."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @app.url_value_preprocessor
    def check_token(_: str | None, values: dict[str, Any] | None) -> None:
        given = str((values or {}).pop("token", ""))
        if not is_own_host(request) or not hmac.compare_digest(given.encode(), token.encode()):
            abort(404)

    @app.before_request
    def check_page() -> None:
        is_question = request.method in ("GET", "HEAD")
        if not (is_asked_from_here(request) if is_question else is_own_page(request)):
            abort(403)

    @app.after_request
    def set_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response


def is_own_host(asked: Request) -> bool:
    """Whether the browser meant this address: a foreign name that was made to point here (DNS rebinding) is another host."""
    name = urlsplit(f"//{asked.host}").hostname
    return name == HOST


def is_asked_from_here(asked: Request) -> bool:
    """Whether the page itself asks, or the person at the browser: not another page, even one that learnt the address."""
    return asked.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")


def is_own_page(asked: Request) -> bool:
    """Whether a request that changes something comes from the page's own scripts, in JSON."""
    origin = asked.headers.get("Origin")
    site = asked.headers.get("Sec-Fetch-Site", "same-origin")
    return origin == f"http://{asked.host}" and site == "same-origin" and asked.mimetype == "application/json"
