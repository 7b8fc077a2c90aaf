"""`/media/…` on the product's own origin: handed on to the video gateway as it comes, HTTP and WebSocket. It has no rights of its own.

A reverse proxy may send `/media/` to the gateway's port directly; then nothing of this is used.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from api import errors

log = logging.getLogger(__name__)

PREFIX = "/media/"
METHODS = frozenset({"GET", "HEAD", "POST"})
LARGEST_BODY = 64 * 1024
CHUNK = 64 * 1024
FOREIGN, AWAY = 4403, 4503
ANSWER_S = 30.0
PASSED_ON = frozenset({b"range", b"if-range", b"if-none-match", b"accept", b"content-type", b"user-agent"})
PASSED_BACK = frozenset(
    {"content-type", "content-length", "content-range", "accept-ranges", "cache-control", "etag", "last-modified", "content-disposition"}
)
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class MediaRelay:
    """The ASGI application below /media/; `stop` belongs to the lifespan of the process."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._session: aiohttp.ClientSession | None = None

    async def stop(self) -> None:
        """Close what is open."""
        if self._session:
            await self._session.close()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Hand one request or socket on."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._request(scope, receive, send)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=3.0, sock_read=ANSWER_S)
            self._session = aiohttp.ClientSession(timeout=timeout, auto_decompress=False, connector=aiohttp.TCPConnector(limit=0))
        return self._session

    def _url(self, scope: Message) -> str:
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope.get("query_string") or b""
        path = raw.decode("latin-1").partition("?")[0]
        return self._base + path + (f"?{query.decode('latin-1')}" if query else "")

    # ---- HTTP ---------------------------------------------------------------------------------------------------

    async def _request(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["method"] not in METHODS:
            await _problem(send, 405, "method-not-allowed", "Method Not Allowed", ((b"allow", b"GET, HEAD, POST"),))
            return
        body = await _body(receive) if scope["method"] == "POST" else b""
        if body is None:
            await _problem(send, 413, "content-too-large", "Content Too Large")
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"] if name in PASSED_ON}
        begun = False
        try:
            async with self._client().request(
                scope["method"], self._url(scope), headers=headers, data=body or None, allow_redirects=False
            ) as got:
                passed = [
                    (name.lower().encode(), value.encode("latin-1")) for name, value in got.headers.items() if name.lower() in PASSED_BACK
                ]
                await send({"type": "http.response.start", "status": got.status, "headers": passed})
                begun = True
                async for chunk in got.content.iter_chunked(CHUNK):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.debug("the video gateway did not answer: %r", error)
            if begun:
                raise  # half an answer must not look like a whole one
            await _problem(send, 503, "source-unavailable", "The video gateway does not answer", ((b"retry-after", b"5"),))

    # ---- WebSocket ----------------------------------------------------------------------------------------------

    async def _socket(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        if origin and urlsplit(origin.decode("latin-1")).netloc.encode() != headers.get(b"host"):
            await send({"type": "websocket.close", "code": FOREIGN, "reason": "from another site"})
            return
        try:
            upstream = await self._client().ws_connect(self._url(scope), compress=0, max_msg_size=0, autoclose=True)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            await send({"type": "websocket.close", "code": AWAY, "reason": "the video gateway does not answer"})
            return
        hearing = asyncio.ensure_future(_gone(receive))
        telling = asyncio.ensure_future(_copy(upstream, send))
        try:
            await asyncio.wait([hearing, telling], return_when=asyncio.FIRST_COMPLETED)
        finally:
            telling.cancel()
            await upstream.close()
        if not hearing.done():
            code = upstream.close_code if upstream.close_code and upstream.close_code >= 3000 else AWAY
            # the server sends no close while it waits for a message
            hearing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await hearing
            await send({"type": "websocket.close", "code": code, "reason": ""})


async def _copy(upstream: aiohttp.ClientWebSocketResponse, send: Send) -> None:
    try:
        async for message in upstream:
            if message.type is aiohttp.WSMsgType.BINARY:
                await send({"type": "websocket.send", "bytes": message.data})
            elif message.type is aiohttp.WSMsgType.TEXT:
                await send({"type": "websocket.send", "text": message.data})
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - granian tells a lost connection by errors of its own; the socket is gone either way
        log.debug("a viewer is gone: %r", error)


async def _gone(receive: Receive) -> None:
    """Wait until the viewer closes; it has nothing to say here."""
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _body(receive: Receive) -> bytes | None:
    """Return the request's body, None when it is too large."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body"):
            return body


async def _problem(send: Send, status: int, slug: str, title: str, extra: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    body = errors.document(status, slug, title)
    headers = [
        (b"content-type", errors.MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
