"""WebSocket `/live`: changes as they happen, to everybody as far as they may see them. A bare ASGI callable; docs/live.md describes the messages.

One thread (services.feed) hears the database. What it heard is read and written out once for all clients with the same view; the event loop only
puts finished messages into the clients' queues. A queue is bounded: who cannot keep up is told to read the lists anew.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.answers import feature
from api.context import Context
from geodata.db import reading
from geodata.errors import SourceUnavailableError
from layers.base import Layer
from services import changes
from services.changes import Change, Span, Told, View
from services.element import visible
from services.feed import Feed
from services.rights import Reader
from tiles.versions import version

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Texts = Sequence[tuple[int, str]]
"""Messages with the id of the change that each tells."""

PATH = "/live"
PING_S = 5.0
LOOK_S = 0.25
"""Between two looks at the revisions that are served, and at who is still signed in."""
CHECK_S = 2.0
MOST_WAITING = 2_000
"""Messages that wait for one client."""
STUCK_S = 60.0
"""A client that takes nothing for so long is given up."""
MOST_CLIENTS = 2_000
GOING_AWAY, SESSION_OVER, RIGHTS_CHANGED, FOREIGN, TOO_MANY, NO_DATA = 1001, 4401, 4403, 4400, 4429, 4503


@dataclass(eq=False, slots=True)
class Client:
    """One open socket."""

    reader: Reader
    view: View
    headers: Sequence[tuple[bytes, bytes]]
    queue: deque[str] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    early: list[tuple[int, str]] | None = field(default_factory=list)
    """Messages that came while the past is still being read; None from then on."""
    upto: int = 0
    """Id of the last change that was queued."""
    lost: bool = False
    """Something was skipped while the past was being read."""
    revisions: Mapping[str, str] = field(default_factory=dict)
    """Of the layers, as the client was told."""
    close: tuple[int, str] | None = None
    sending_since: float | None = None
    telling: asyncio.Task[None] | None = None

    def put(self, text: str) -> None:
        """Queue a message."""
        self.queue.append(text)
        self.wake.set()

    def end(self, code: int, reason: str) -> None:
        """Close the socket after what is queued."""
        self.close = self.close or (code, reason)
        self.wake.set()


class LiveServer:
    """The ASGI application for `/live`; `start` and `stop` belong to the lifespan of the process."""

    def __init__(self, context: Context, layers: Sequence[Layer]) -> None:
        self._pool, self._store, self._book, self._identity = context.pool, context.store, context.book, context.identity
        self._layers = layers
        self._feed = Feed(context.settings.database_url, context.pool, self)
        self._clients: set[Client] = set()
        self._last = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watching: asyncio.Task[None] | None = None
        self.sent = self.resyncs = 0

    # ---- life of the process ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to hear the database; call it in the event loop."""
        self._loop = asyncio.get_running_loop()
        self._watching = self._loop.create_task(self._watch())
        self._watching.add_done_callback(_report)
        self._feed.start()

    async def stop(self) -> None:
        """Say goodbye to every client, so that each knows at once that it has to come again."""
        if self._watching:
            self._watching.cancel()
        for client in self._clients:
            client.end(GOING_AWAY, "the server stops")
        for _ in range(20):
            if not self._clients:
                break
            await asyncio.sleep(0.05)
        await asyncio.to_thread(self._feed.stop)

    @property
    def clients(self) -> int:
        """Open sockets."""
        return len(self._clients)

    # ---- what the feed says, in its own thread ------------------------------------------------------------------

    def changed(self, found: Sequence[Change], last: int) -> None:
        """Write each change once for every view that somebody has, and hand all of it to the event loop."""
        # copied in one step: who comes later reads these changes with the past
        views = {client.view for client in list(self._clients)}
        texts = self._written(found, views) if found and views else {}
        self._call(self._deliver, texts, last)

    def skipped(self, last: int) -> None:
        """Let everybody read the lists anew."""
        self._call(self._resync_all, last)

    def layers_changed(self) -> None:
        """Look at the revisions at once."""
        self._store.wake()

    def accounts_changed(self) -> None:
        """Learn at once whose rights are other ones now."""
        self._book.mark_stale()

    def _written(self, found: Sequence[Change], views: Iterable[View]) -> Mapping[View, Texts]:
        with reading(self._pool) as conn:
            return {view: _texts(changes.told(conn, view.reader(), self._layers, found)) for view in views}

    def _call(self, run: Callable[..., None], *arguments: object) -> None:
        assert self._loop is not None
        with suppress(RuntimeError):  # the loop is closed: the process ends
            self._loop.call_soon_threadsafe(run, *arguments)

    # ---- in the event loop --------------------------------------------------------------------------------------

    def _deliver(self, texts: Mapping[View, Texts], last: int) -> None:
        self._last = last
        for client in self._clients:
            mine = texts.get(client.view, ())
            if client.early is not None:
                client.early.extend(mine)
            else:
                self._tell(client, mine)

    def _tell(self, client: Client, texts: Texts) -> None:
        fresh = [text for number, text in texts if number > client.upto]
        if texts:
            client.upto = max(client.upto, texts[-1][0])
        self._put_all(client, fresh)

    def _put_all(self, client: Client, texts: Sequence[str]) -> None:
        if len(client.queue) + len(texts) > MOST_WAITING:
            self._resync(client, self._last)
        elif texts:
            client.queue.extend(texts)
            client.wake.set()

    def _resync(self, client: Client, last: int) -> None:
        self.resyncs += 1
        client.queue.clear()
        client.upto = max(client.upto, last)
        # what the lists say is newer than these, too
        client.revisions = self._revisions(client.view)
        client.put(_json({"type": "resync", "last": last, "revisions": client.revisions}))

    def _resync_all(self, last: int) -> None:
        self._last = last
        for client in self._clients:
            if client.early is None:
                client.upto = 0  # the ids may begin anew
                self._resync(client, last)
            else:
                client.lost = True

    async def _watch(self) -> None:
        """Tell revisions as soon as they are served, ping, and end sockets whose sessions are over."""
        served = -1
        pinged = checked = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_S)
            now = time.monotonic()
            if self._store.changes != served:
                served = self._store.changes
                self._tell_revisions()
            if now - pinged >= PING_S:
                pinged = now
                ping = _json({"type": "ping", "last": self._last, **self._times()})
                for client in self._clients:
                    if client.early is None:
                        self._put_all(client, [ping])
            if now - checked >= CHECK_S:
                checked = now
                self._check(now)

    def _tell_revisions(self) -> None:
        fresh = {view: self._revisions(view) for view in {client.view for client in self._clients}}
        for client in self._clients:
            if client.early is None:
                self._tell_revisions_to(client, fresh[client.view])

    def _tell_revisions_to(self, client: Client, fresh: Mapping[str, str]) -> None:
        moved = [(key, value) for key, value in fresh.items() if client.revisions.get(key) != value]
        client.revisions = fresh
        self._put_all(client, [_json({"type": "revision", "layer": key, "revision": value}) for key, value in moved])

    def _revisions(self, view: View) -> dict[str, str]:
        seen = {layer.key for layer in visible(self._layers, view.reader())}
        states = self._store.states()
        return {state.key: version(state.revision, view.scope) for state in states if state.key in seen and state.revision}

    def _check(self, now: float) -> None:
        for client in list(self._clients):
            with suppress(SourceUnavailableError):
                reader = self._identity.reader_of(client.headers, active=False)
                if reader is None:
                    client.end(SESSION_OVER, "the session is over")
                elif reader != client.reader:
                    client.end(RIGHTS_CHANGED, "the account was changed")
            if client.sending_since and now - client.sending_since > STUCK_S:
                # no farewell: it would wait as well
                client.close = None
                if client.telling:
                    client.telling.cancel()

    def _times(self) -> dict[str, str | None]:
        answered_at = self._feed.answered_at
        return {"now": datetime.now(UTC).isoformat(), "as_of": answered_at.isoformat() if answered_at else None}

    # ---- one socket ---------------------------------------------------------------------------------------------

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one socket until it closes."""
        if scope["type"] == "http":
            await _upgrade_required(send)
            return
        await receive()
        await send({"type": "websocket.accept"})
        refused = self._refused(scope)
        if refused:
            await send({"type": "websocket.close", "code": refused[0], "reason": refused[1]})
            return
        reader = self._identity.reader_of(scope["headers"], active=False)
        assert reader is not None
        client = Client(reader, View.of(reader), list(scope["headers"]))
        self._clients.add(client)
        hearing = asyncio.ensure_future(_gone(receive))
        telling = client.telling = asyncio.ensure_future(self._serve(client, _since(scope["query_string"]), send))
        try:
            await asyncio.wait([hearing, telling], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._clients.discard(client)
            telling.cancel()
            hearing.cancel()
        if client.close and telling.done():
            # granian sends no close while it waits for a message
            with suppress(asyncio.CancelledError):
                await hearing
            await send({"type": "websocket.close", "code": client.close[0], "reason": client.close[1]})

    def _refused(self, scope: Message) -> tuple[int, str] | None:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        if origin and b"authorization" not in headers and urlsplit(origin.decode("latin-1")).netloc.encode() != headers.get(b"host"):
            return FOREIGN, "from another site"
        try:
            if self._identity.reader_of(scope["headers"], active=False) is None:
                return SESSION_OVER, "sign in first"
        except SourceUnavailableError:
            return NO_DATA, "the accounts are not known"
        return (TOO_MANY, "too many clients") if len(self._clients) >= MOST_CLIENTS else None

    async def _serve(self, client: Client, since: int | None, send: Send) -> None:
        try:
            await self._greet(client, since)
            while True:
                await client.wake.wait()
                client.wake.clear()
                while client.queue:
                    text = client.queue.popleft()
                    client.sending_since = time.monotonic()
                    await send({"type": "websocket.send", "text": text})
                    client.sending_since = None
                    self.sent += 1
                if client.close:
                    return
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - granian tells a lost connection by errors of its own; the socket is gone either way
            log.debug("a live client is gone: %r", error)
            self._clients.discard(client)

    async def _greet(self, client: Client, since: int | None) -> None:
        """Queue the hello and what was missed; from then on the client hears what comes."""
        try:
            known, texts, upto = await asyncio.to_thread(self._past, client.view, since)
        except SourceUnavailableError:
            client.end(NO_DATA, "the database does not answer")
            return
        client.revisions = self._revisions(client.view)
        hello = {"type": "hello", "last": upto if since is None or not known else since, "ping_s": PING_S, **self._times()}
        client.put(_json(hello | {"revisions": client.revisions}))
        client.upto = upto
        early, client.early = client.early or [], None
        if not known or client.lost:
            self._resync(client, max(upto, self._last))
            return
        for _, text in texts:
            client.put(text)
        self._tell(client, early)

    def _past(self, view: View, since: int | None) -> tuple[bool, Texts, int]:
        """Return whether everything since is known, its messages, and the id up to which they reach."""
        with reading(self._pool) as conn:
            known: Span = changes.span(conn)
            if since is None:
                return True, (), known.last
            if not known.reaches(since) or known.last - since > changes.MAX_CHANGES:
                return False, (), known.last
            found = changes.since(conn, since)
            return True, _texts(changes.told(conn, view.reader(), self._layers, found)), found[-1].id if found else since

    # ---- figures ------------------------------------------------------------------------------------------------

    def collector(self) -> Collector:
        """Return what Prometheus reads of this."""
        return _Figures(self)


class _Figures(Collector):
    def __init__(self, server: LiveServer) -> None:
        self._server = server

    def collect(self) -> Iterable[Metric]:
        """Read the numbers at the moment of asking."""
        yield GaugeMetricFamily("hall_live_clients", "Open live sockets", self._server.clients)
        yield GaugeMetricFamily("hall_live_messages", "Live messages sent by this process", self._server.sent)
        yield GaugeMetricFamily("hall_live_resyncs", "Clients that were told to read the lists anew", self._server.resyncs)


def _texts(found: Sequence[Told]) -> Texts:
    return [(one.change.id, _json(_message(one))) for one in found]


def _message(one: Told) -> dict[str, object]:
    change = one.change
    return {
        "type": "change",
        "id": change.id,
        "layer": change.layer,
        "row_id": change.row_id,
        "kind": change.kind,
        "alarm": change.alarm and one.row is not None,
        "feature": feature(one.row) if one.row else None,
        "at": change.at,
    }


def _json(message: Mapping[str, object]) -> str:
    return msgspec.json.encode(message).decode()


def _since(query: bytes) -> int | None:
    """Read the id after which the client wants to go on; what is no such id means that it has nothing yet."""
    text = dict(parse_qsl(query.decode("latin-1"))).get("since", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _report(watching: asyncio.Task[None]) -> None:
    if not watching.cancelled() and watching.exception():
        log.error("nobody looks after the live sockets any more", exc_info=watching.exception())


async def _gone(receive: Receive) -> None:
    """Wait until the client closes; it has nothing to say here."""
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _upgrade_required(send: Send) -> None:
    body = msgspec.json.encode(
        {"type": "about:blank", "title": "Upgrade Required", "status": 426, "detail": "changes are told over a WebSocket"}
    )
    headers = [(b"content-type", b"application/problem+json"), (b"upgrade", b"websocket"), (b"connection", b"upgrade")]
    await send({"type": "http.response.start", "status": 426, "headers": headers})
    await send({"type": "http.response.body", "body": body})
