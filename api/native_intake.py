"""POST /api/v1/events of programs without a framework in its path: what the Flask view answers, for four times as many reports a second.

Only requests with `Authorization` come here; a browser's session is left to Flask, which looks after foreign pages as well.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from api import errors
from api.health import Metrics
from api.identity import Identity
from api.intake import NewEvent, received_view, status_of
from geodata.errors import HallError, InvalidInputError, NotSignedInError
from services.intake_queue import IntakeQueue
from services.report import MAX_TEXT

PATH = "/api/v1/events"
MAX_BYTES = 512 * 1024
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
JSON = ((b"content-type", b"application/json"), (b"cache-control", b"private, no-store"))
PROBLEM = ((b"content-type", errors.MEDIA_TYPE.encode()), (b"cache-control", b"no-store"))

_decoder = msgspec.json.Decoder(NewEvent)
_encoder = msgspec.json.Encoder()


class NativeIntake:
    """The ASGI application of one path."""

    def __init__(self, queue: IntakeQueue, identity: Identity, metrics: Metrics) -> None:
        self._queue, self._identity, self._metrics = queue, identity, metrics

    @staticmethod
    def takes(scope: Message) -> bool:
        """Whether a request is answered here."""
        return (
            scope["method"] == "POST"
            and scope["path"] == PATH
            and not scope.get("query_string")
            and any(name == b"authorization" for name, _ in scope["headers"])
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        try:
            status, body = await self._answer(scope, receive)
            headers: tuple[tuple[bytes, bytes], ...] = JSON
        except HallError as error:
            status, body = errors.described(error)
            headers = PROBLEM
        except _RefusedError as error:
            status, body = error.status, errors.document(error.status, error.title.lower().replace(" ", "-"), error.title, str(error))
            headers = PROBLEM
        if status == 401:
            headers = (*headers, (b"www-authenticate", errors.CHALLENGE.encode()))
        await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})
        self._metrics.observe("intake", status, time.perf_counter() - started)

    async def _answer(self, scope: Message, receive: Receive) -> tuple[int, bytes]:
        reader = self._identity.reader_of(scope["headers"])
        if reader is None:
            raise NotSignedInError("no valid session or token")
        content = await _body(scope, receive)
        try:
            report = _decoder.decode(content).report(content)
        except msgspec.DecodeError as error:
            raise InvalidInputError(f"body: {error}") from None
        received = await asyncio.wrap_future(self._queue.submit(report, datetime.now(UTC), reader=reader))
        return status_of(received), _encoder.encode(received_view(received))


class _RefusedError(Exception):
    """HTTP itself does not allow this body."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.title = status, title


def _too_large() -> _RefusedError:
    return _RefusedError(
        413, "Request Entity Too Large", f"a report has at most {MAX_BYTES // 1024} KiB, its description at most {MAX_TEXT:,} characters"
    )


async def _body(scope: Message, receive: Receive) -> bytes:
    """Read the body, but not more than a report can be."""
    media = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    if media.partition(b";")[0].strip().lower() != b"application/json":
        raise _RefusedError(415, "Unsupported Media Type", "send the body as application/json")
    told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if told.isdigit() and int(told) > MAX_BYTES:
        raise _too_large()
    parts, size = [], 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BYTES:
            raise _too_large()
        if not message.get("more_body"):
            return b"".join(parts)
