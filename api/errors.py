"""Errors of Flask's part meet HTTP here, by the one table of `tiles.errors` and in its shape (RFC 9457)."""

import json
import logging

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from geodata.errors import ConflictError, HallError
from tiles.errors import HIDDEN, STATUS

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="hallmap"'


def described(error: HallError) -> tuple[int, bytes]:
    """Return status and problem document of an error, for answers that are no Flask responses."""
    status, slug, title = next(row for kind, row in STATUS.items() if isinstance(error, kind))
    if status in HIDDEN:
        log.warning("%s: %s", slug, error)
    version = error.version if isinstance(error, ConflictError) else None
    return status, document(status, slug, title, "" if status in HIDDEN else str(error), version)


def document(status: int, slug: str, title: str, detail: str = "", version: int | None = None) -> bytes:
    """Return the JSON text of a problem document. `version` is the present one of what somebody else changed first."""
    problem: dict[str, object] = {"type": f"urn:hallmap:problem:{slug}", "title": title, "status": status}
    if detail:
        problem["detail"] = detail
    if version is not None:
        problem["version"] = version
    return json.dumps(problem, ensure_ascii=False).encode()


def response(error: HallError) -> Response:
    """Return the answer to an error."""
    status, body = described(error)
    answer = Response(body, status, mimetype=MEDIA_TYPE)
    if status == 401:
        answer.headers["WWW-Authenticate"] = CHALLENGE
    if status == 503:
        answer.headers["Retry-After"] = "5"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def register(server: Flask) -> None:
    """Answer every error of the Flask application with a problem document: ours, and those of HTTP itself."""

    @server.errorhandler(HallError)
    def ours(error: HallError) -> Response:
        return response(error)

    @server.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> Response:
        if isinstance(error.response, Response):
            return error.response
        status = error.code or 500
        slug = error.name.lower().replace(" ", "-")
        detail = "" if status >= 500 else error.description or ""
        answer = Response(document(status, slug, error.name, detail), status, mimetype=MEDIA_TYPE)
        for name, value in error.get_headers(request.environ):
            if name.lower() not in {"content-type", "content-length"}:
                answer.headers[name] = value
        return answer
