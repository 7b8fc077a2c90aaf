"""The composition root: one origin, one port. Tiles, styles and live changes are native ASGI, everything else is Flask and Dash behind a2wsgi."""

import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from flask import Flask, Response, request, send_from_directory
from flask_caching import Cache
from flask_compress import Compress

import api.context
import api.create
import api.live
import api.media_relay
import api.native_intake
import api.ogc
import pages.index
import tiles.server
from api.packing import Packing
from callbacks.context import Context
from geodata.db import open_pool
from geodata.errors import SetupError
from geodata.settings import Settings
from layers.registry import LAYERS
from services import hotspots
from services.account_book import AccountBook
from services.mirror_store import MirrorStore

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

PR_SET_PDEATHSIG = 1
FLASK_THREADS = 8
FOREVER = "public, max-age=31536000, immutable"
NATIVE = ("/tiles/", "/style/")


def create() -> AsgiApp:
    """Build the application of one server process; `granian --factory app:create` calls it in each worker."""
    # A worker whose main process was killed would go on answering on the port.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    settings = Settings.from_env(os.environ)
    if not settings.database_url:
        raise SetupError("DATABASE_URL is not set; `make run` sets it")
    return Hall(settings)


class Hall:
    """The ASGI application: hands each request to the part that answers it."""

    def __init__(self, settings: Settings) -> None:
        self._pool = open_pool(settings.database_url)
        self._store = MirrorStore(self._pool, LAYERS, settings.data_dir)
        self._book = AccountBook(self._pool)
        server = Flask(__name__)
        interfaces = api.create.create(server, self._pool, self._store, self._book, settings)
        _serve_files(server, settings.data_dir)
        self._roads, cache = interfaces.roads, _cache(server, settings)
        history = interfaces.history
        _screens(
            server,
            Context(
                settings=settings, pool=self._pool, store=self._store, book=self._book, cache=cache, roads=self._roads, history=history
            ),
        )
        Compress(server)
        Packing(server)
        # a2wsgi types ASGI and WSGI more narrowly than the two sides of it do
        self._pages: Any = WSGIMiddleware(cast("Any", server), workers=FLASK_THREADS)
        shared = api.context.Context(
            pool=self._pool,
            store=self._store,
            book=self._book,
            identity=interfaces.identity,
            settings=settings,
            roads=self._roads,
            history=history,
        )
        self._live = api.live.LiveServer(shared, LAYERS)
        interfaces.metrics.registry.register(self._live.collector())
        self._intake = api.native_intake.NativeIntake(interfaces.intake, interfaces.identity, interfaces.metrics)
        self._media = api.media_relay.MediaRelay(settings.media_port)
        self._tiles = tiles.server.create(
            self._store, self._pool, LAYERS, interfaces.identity.reader_of, settings.data_dir, settings=settings, metrics=interfaces.metrics
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._run(receive, send)
        elif scope["path"] == api.live.PATH:
            await self._live(scope, receive, send)
        elif scope["path"].startswith(api.media_relay.PREFIX):
            await self._media(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(NATIVE):
            await self._tiles(scope, receive, send)
        elif scope["type"] == "http" and self._intake.takes(scope):
            await self._intake(scope, receive, send)
        elif scope["type"] == "http":

            async def received() -> Message:
                # granian's receive() returns an awaitable that is no coroutine, which a2wsgi can't schedule.
                return await receive()

            await self._pages(scope, received, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _run(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._store.start()
                self._book.start()
                self._live.start()
                threading.Thread(target=self._roads.warm, name="roads", daemon=True).start()
                threading.Thread(target=hotspots.warm, name="hotspots", daemon=True).start()
                # pygeoapi takes seconds to import: not at the first request of /ogc.
                threading.Thread(target=api.ogc.warm, name="ogc", daemon=True).start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._live.stop()
                await self._media.stop()
                self._store.stop()
                self._book.stop()
                self._pool.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _cache(server: Flask, settings: Settings) -> Cache:
    if settings.redis_url:
        config: dict[str, object] = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": settings.redis_url}
    else:
        config = {"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": str(settings.data_dir / "cache"), "CACHE_THRESHOLD": 2_000}
    return Cache(server, config=config)


def _screens(server: Flask, context: Context) -> None:
    pages.index.install(server, context)


def _serve_files(server: Flask, data_dir: Path) -> None:
    @server.get("/fonts/<path:name>")
    def fonts(name: str) -> Response:
        response = send_from_directory(data_dir / "fonts", name)
        response.headers["Cache-Control"] = FOREVER if name.endswith((".woff2", ".woff")) else "no-cache"
        return response

    @server.after_request
    def cached(response: Response) -> Response:
        # Dash names its assets with their time of change, ours carry their version: such an address never changes its content.
        if request.path.startswith("/assets/") and (request.args.get("m") or request.args.get("v")) and response.status_code == 200:
            response.headers["Cache-Control"] = FOREVER
        return response
