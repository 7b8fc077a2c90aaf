"""Imagery over HTTP: /tiles/imagery/{name}/{z}/{x}/{y}.{webp,png,jpg}. Loaded only where imagery is configured."""

import html
from pathlib import Path
from typing import Any

from geodata.errors import NotFoundError
from geodata.grid import Tile
from services import imagery

Header = tuple[bytes, bytes]

MEDIA = {"webp": b"image/webp", "png": b"image/png", "jpg": b"image/jpeg"}
CACHE = b"private, max-age=3600"


def imagery_tile(
    folder: Path | None, name: str, place: Tile, ext: str, *, known: bytes | None = None
) -> tuple[int, tuple[Header, ...], bytes]:
    """Answer one tile: status, headers, body. 204 where the file has nothing, 304 when the client has this tile (`known`: its ETags).

    Raises:
        NotFoundError: no such file, no such picture format, or no imagery here at all.
    """
    if folder is None or ext not in MEDIA:
        raise NotFoundError(f"imagery {name}.{ext}"[:100])
    image = imagery.find(folder, name)
    etag = f'"{image.changed_ns:x}-{place.z}-{place.x}-{place.y}-{ext}"'.encode()
    headers: tuple[Header, ...] = ((b"etag", etag), (b"cache-control", CACHE), (b"vary", b"Authorization, Cookie"))
    if known is not None and etag in (tag.strip() for tag in known.split(b",")):
        return 304, headers, b""
    body = imagery.tile(image, place, ext)
    if not body:
        return 204, headers, b""
    return 200, ((b"content-type", MEDIA[ext]), (b"content-length", str(len(body)).encode()), *headers), body


def imagery_catalogue(folder: Path | None) -> list[dict[str, Any]]:
    """The files as /tiles/catalog.json lists them; none without a folder."""
    if folder is None:
        return []
    return [
        {
            "key": image.name,
            "title": {"zh": image.title, "en": image.title_en},
            "tiles": [f"/tiles/imagery/{image.name}/{{z}}/{{x}}/{{y}}.webp?v={image.changed_ns:x}"],
            "minzoom": image.min_zoom,
            "maxzoom": image.max_zoom,
            "tile_size": imagery.TILE_PX,
            "attribution": html.escape(image.attribution),
            "bounds": [image.bounds.west, image.bounds.south, image.bounds.east, image.bounds.north],
        }
        for image in imagery.catalogue(folder)
    ]
