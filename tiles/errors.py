"""Errors meet HTTP here: one table from class to status for every path of the product, one shape (RFC 9457)."""

import json
import logging
from collections.abc import Mapping

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
from tiles.answers import Answer

log = logging.getLogger(__name__)

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
EXTRA: Mapping[int, tuple[bytes, bytes]] = {
    401: (b"www-authenticate", b'Bearer realm="hallmap"'),
    405: (b"allow", b"GET, HEAD"),
    503: (b"retry-after", b"5"),
}


def problem(error: HallError) -> Answer:
    """Return the answer to an error."""
    status, slug, title = next(row for kind, row in STATUS.items() if isinstance(error, kind))
    if status in HIDDEN:
        log.warning("%s: %s", slug, error)
    return document(status, slug, title, "" if status in HIDDEN else str(error))


def document(status: int, slug: str, title: str, detail: str = "") -> Answer:
    """Return a problem document."""
    content: dict[str, object] = {"type": f"urn:hallmap:problem:{slug}", "title": title, "status": status}
    if detail:
        content["detail"] = detail
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    return Answer(status, (*headers, EXTRA[status]) if status in EXTRA else tuple(headers), body)
