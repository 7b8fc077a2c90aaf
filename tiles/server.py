"""Everything below /tiles/ and /style/, as a bare ASGI callable: no framework in the path of a tile."""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

from geodata.db import Pool
from geodata.errors import HallError, InvalidInputError, NotAllowedError, NotFoundError, NotSignedInError, UnknownLayerError
from geodata.settings import Settings
from layers.base import Layer
from layers.conditions import conditions
from services.mirror_store import MirrorStore
from services.rights import Reader
from tiles import answers, data, errors
from tiles.answers import Answer
from tiles.base import Base
from tiles.cache import Cache, Kept
from tiles.catalog import Catalog
from tiles.style import Styles

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]
ReaderOf = Callable[[Headers], Reader | None]
Query = Sequence[tuple[str, str]]

THREADS = 6
"""Requests that are worked on beside the event loop at a time."""
MAX_FIELDS = 60
VERSION = "v"
"""Field of a query that names the version for which the address was made; see `tiles.versions`."""
BASE = "base"


class Metrics(Protocol):
    """Counts answers."""

    def observe(self, kind: str, status: int, seconds: float) -> None:
        """Count one answer of a kind."""


def create(
    store: MirrorStore,
    pool: Pool,
    layers: Sequence[Layer],
    reader_of: ReaderOf,
    data_dir: Path,
    *,
    settings: Settings,
    metrics: Metrics | None = None,
) -> "TileServer":
    """Build the ASGI application for /tiles/ and /style/. It starts nothing: `store` and `pool` are the caller's.

    `reader_of` tells from the headers of a request who asks, None for nobody known; it is called for every request.
    """
    base = Base(data_dir)
    # rasterio weighs 25 MB: loaded only where there is imagery
    pictures = Pictures(Path(settings.imagery), import_module("tiles.imagery")) if settings.imagery else None
    catalog = Catalog(store, layers, settings, pictures.catalogue if pictures else list)
    parts = Parts(catalog=catalog, styles=Styles(store, layers, base, data_dir), base=base, pictures=pictures, metrics=metrics)
    return TileServer(store, pool, layers, reader_of, parts)


class Pictures:
    """The operator's imagery: a folder, and the module that cuts tiles from its files."""

    def __init__(self, folder: Path, module: Any) -> None:
        self._folder, self._module = folder, module

    def catalogue(self) -> list[dict[str, Any]]:
        """List the files as the catalogue has them."""
        found: list[dict[str, Any]] = self._module.imagery_catalogue(self._folder)
        return found

    def tile(self, parts: Sequence[str], known: bytes | None) -> Answer:
        """Answer one tile; `parts` are name, z, x, `y.ext`. Errors as `tiles.imagery.imagery_tile`."""
        name, z, x, last = parts
        y, _, ending = last.partition(".")
        return Answer(*self._module.imagery_tile(self._folder, name, data.tile((z, x, f"{y}.mvt")), ending, known=known))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a tile server is put together of, beside the data tiles."""

    catalog: Catalog
    styles: Styles
    base: Base
    pictures: Pictures | None
    metrics: Metrics | None


class TileServer:
    """An ASGI application; see `create`."""

    def __init__(self, store: MirrorStore, pool: Pool, layers: Sequence[Layer], reader_of: ReaderOf, parts: Parts) -> None:
        self._store, self._pool, self._reader_of, self._parts = store, pool, reader_of, parts
        self._layers = {layer.key: layer for layer in layers}
        self._cache = Cache()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="tiles")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - every ASGI application is handed it
        """Answer one HTTP request."""
        started = time.perf_counter()
        try:
            answer = await self._answer(scope)
        except HallError as error:
            answer = errors.problem(error)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})
        if self._parts.metrics:
            path: str = scope["path"]
            kind = "tile" if path.endswith(".mvt") else "style" if path.startswith("/style/") else "tiles-document"
            self._parts.metrics.observe(kind, answer.status, time.perf_counter() - started)

    async def _answer(self, scope: Scope) -> Answer:
        if scope["method"] not in ("GET", "HEAD"):
            return errors.document(405, "method-not-allowed", "Only GET and HEAD are answered here")
        reader = self._reader_of(scope["headers"])
        if reader is None:
            raise NotSignedInError("no valid session or token")
        gzip, known = _wishes(scope["headers"])
        if scope["path"].startswith("/tiles/imagery/"):
            return await self._picture(scope["path"].split("/")[3:], known)
        key = (scope["path"], scope["query_string"], reader.role, reader.scope)
        kept = self._cache.get(key)
        if kept is None or kept.source is not self._source(kept.name):
            kept = await self._make(scope, reader)
            if kept.source is not None:
                self._cache.put(key, kept)
        return kept.content.fit(gzip=gzip, known=known)

    def _source(self, name: str) -> object:
        """What answers under this name are made of now."""
        return self._parts.base.archive() if name == BASE else self._store.served(name)

    async def _make(self, scope: Scope, reader: Reader) -> Kept:
        query = _query(scope["query_string"])
        match scope["path"].split("/")[1:]:
            case ["tiles", "base", *parts] if len(parts) == 3:
                return self._base_tile(parts, query)
            case ["tiles", "catalog.json"]:
                return Kept("", await self._in_thread(self._parts.catalog.catalog, reader), None)
            case ["tiles", "counts.json"]:
                return Kept("", await self._in_thread(self._parts.catalog.counts, reader, query), None)
            case ["tiles", name] if name.endswith(".json"):
                layer = self._layer(name.removesuffix(".json"), reader)
                return Kept("", await self._in_thread(self._parts.catalog.tilejson, layer, reader, _origin(scope)), None)
            case ["tiles", key, "labels.json"]:
                layer = self._layer(key, reader)
                served = self._store.served(key)
                return Kept(key, await self._in_thread(self._parts.catalog.labels, layer, served, reader, _version(query)), served)
            case ["tiles", key, *parts] if len(parts) == 3:
                return await self._data_tile(self._layer(key, reader), parts, query, reader)
            case ["style", name] if name.endswith(".json"):
                return Kept("", await self._in_thread(self._parts.styles.style, name.removesuffix(".json"), reader), None)
        raise NotFoundError(scope["path"][:100])

    async def _data_tile(self, layer: Layer, parts: Sequence[str], query: Query, reader: Reader) -> Kept:
        fields = [(name, text) for name, text in query if name != VERSION]
        served = self._store.served(layer.key)
        wanted = data.Wanted(layer, served, data.tile(parts), conditions(layer, fields), reader.scope)
        packed = wanted.seeded()
        if packed is None:
            packed = await self._in_thread(wanted.made, self._pool)
        cache = answers.FOREVER if _version(query) == wanted.version else answers.ASK_AGAIN
        return Kept(layer.key, answers.content(packed, wanted.etag, answers.MVT, cache), served)

    def _base_tile(self, parts: Sequence[str], query: Query) -> Kept:
        archive, tile = self._parts.base.archive(), data.tile(parts)
        cache = answers.FOREVER if _version(query) == archive.version else answers.ASK_AGAIN
        etag = f"{BASE}-{archive.version}-{tile.z}-{tile.x}-{tile.y}"
        return Kept(BASE, answers.content(archive.get(tile), etag, answers.MVT, cache), archive)

    async def _picture(self, parts: Sequence[str], known: bytes | None) -> Answer:
        if self._parts.pictures is None or len(parts) != 4:
            raise NotFoundError("there is no such imagery")
        answer: Answer = await self._in_thread(self._parts.pictures.tile, parts, known)
        return answer

    def _layer(self, key: str, reader: Reader) -> Layer:
        layer = self._layers.get(key)
        if layer is None:
            raise UnknownLayerError(key[:60])
        if reader.role not in layer.roles:
            raise NotAllowedError(f"{reader.role} may not see {key}")
        return layer

    async def _in_thread(self, work: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, functools.partial(work, *arguments))


def _wishes(headers: Headers) -> tuple[bool, bytes | None]:
    """Return whether the client takes gzip, and the ETags that it knows."""
    gzip, known = False, None
    for name, value in headers:
        if name == b"accept-encoding":
            gzip = b"gzip" in value and b"gzip;q=0" not in value.replace(b" ", b"")
        elif name == b"if-none-match":
            known = value
    return gzip, known


def _query(text: bytes) -> Query:
    try:
        return parse_qsl(text.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise InvalidInputError(f"more than {MAX_FIELDS} fields in the query") from None


def _version(query: Query) -> str | None:
    return next((text for name, text in query if name == VERSION), None)


def _origin(scope: Scope) -> str:
    """Return scheme and host as the client wrote them; a proxy in front tells the scheme."""
    headers = dict(scope["headers"])
    scheme = headers.get(b"x-forwarded-proto", scope.get("scheme", "http").encode()).decode("latin-1")
    return f"{scheme}://{headers.get(b'host', b'localhost').decode('latin-1')}"
