"""Our tile server alone, as an ASGI application: everything for one known reader. `BENCH_CACHED=0` leaves archives and memory aside."""

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import tiles.server
from bench.serving.servers import TOKEN
from geodata.db import open_pool
from geodata.settings import Settings
from layers.registry import LAYERS
from services.mirror_store import MirrorStore, Served
from services.rights import Reader, Role
from tiles.cache import Cache

READER = Reader(1, "bench", "bench", Role.DISPATCHER, "")


class WithoutArchives(MirrorStore):
    """Mirrors as always, but no tile is ready."""

    def served(self, key: str) -> Served:
        """Return the layer without its archive."""
        served = super().served(key)
        return served if served.archive is None else replace(served, archive=None)


def create() -> Any:
    """Build the application; the store is started by the server's lifespan."""
    settings = Settings.from_env(os.environ)
    cached = os.environ["BENCH_CACHED"] == "1"
    pool = open_pool(settings.database_url)
    store = (MirrorStore if cached else WithoutArchives)(pool, LAYERS, settings.data_dir)
    server = tiles.server.create(store, pool, LAYERS, _reader_of, settings.data_dir, settings=settings)
    if not cached:
        server._cache = Cache(most=0)  # noqa: SLF001 - the measurement of what the cache is worth

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await server(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                store.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                store.stop()
                pool.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    return app


def _reader_of(headers: Iterable[tuple[bytes, bytes]]) -> Reader | None:
    for name, value in headers:
        if name == b"authorization":
            return READER if value == b"Bearer " + TOKEN.encode() else None
    return None
