"""Ask the tile server as an ASGI client would, without a socket."""

import asyncio
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.rights import Reader
from tests import mvt
from tiles.server import TileServer


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content(self) -> bytes:
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body

    def features(self, key: str) -> list[mvt.Feature]:
        return mvt.layers(self.content).get(key, [])


def readers(**known: Reader) -> Any:
    """A `reader_of` by token: the name of the argument."""

    def reader_of(headers: Any) -> Reader | None:
        token = dict(headers).get(b"authorization", b"").decode().removeprefix("Bearer ")
        return known.get(token)

    return reader_of


def ask(server: TileServer, address: str, token: str = "", method: str = "GET", **headers: str) -> Answer:
    """Send one request; header names are written with underscores."""
    path, _, query = address.partition("?")
    given = {"host": "hall.example", "accept_encoding": "gzip, br", **headers}
    if token:
        given["authorization"] = f"Bearer {token}"
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "scheme": "http",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
    }
    sent: list[Mapping[str, Any]] = []

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request"}

    asyncio.run(server(scope, receive, send))  # type: ignore[arg-type]
    start, body = sent
    return Answer(start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"])
