"""Errors meet HTTP here: one table from class to status, one shape (RFC 9457) for every error of every path."""

import json
import logging
from collections.abc import Mapping

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from geodata.errors import (
    ConflictError,
    HallError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    SourceUnavailableError,
    UnknownLayerError,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# From the special to the general: the base comes last.
STATUS: Mapping[type[HallError], tuple[int, str, str]] = {
    InvalidInputError: (400, "invalid-input", "A value cannot be used"),
    NotSignedInError: (401, "not-signed-in", "Sign in, or send a valid token"),
    NotAllowedError: (403, "not-allowed", "This account has no right to that"),
    UnknownLayerError: (404, "unknown-layer", "There is no such layer for this account"),
    NotFoundError: (404, "not-found", "There is no such thing for this account"),
    ConflictError: (409, "conflict", "Somebody else was first, or it is too late for that"),
    SourceUnavailableError: (503, "source-unavailable", "The database does not answer"),
    HallError: (500, "internal", "Something failed"),
}
HIDDEN = (500, 503)
"""Statuses whose detail stays in the log: it may name hosts, queries or files."""
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
