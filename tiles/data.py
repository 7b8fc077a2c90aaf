"""One tile of a data layer: from the archive when everything is asked for, otherwise made of the rows that fulfil the filter."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from isal import igzip

from geodata.db import Pool, asking
from geodata.errors import InvalidInputError
from geodata.grid import Tile
from geodata.source import Condition
from layers.base import Layer
from services import polygons
from services.element import drawn_as_points
from services.mirror_store import Served
from tiles.versions import version

GZIP_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tile of one layer's served state, as one reader may see it."""

    layer: Layer
    served: Served
    tile: Tile
    conditions: tuple[Condition, ...]
    area: str
    """Area code prefix of the reader."""

    @property
    def version(self) -> str:
        """State that is served, and for whose area."""
        return version(self.served.mirror.revision, self.area)

    @property
    def etag(self) -> str:
        """Text that changes with everything that the tile depends on."""
        own = f"-{crc32(repr(self.conditions).encode()):08x}" if self.conditions else ""
        return f"{self.layer.key}-{self.version}-{self.tile.z}-{self.tile.x}-{self.tile.y}{own}"

    def seeded(self) -> bytes | None:
        """Return the gzipped tile from the archive; None when the archive does not answer for it."""
        archive = self.served.archive
        if archive is None or self.conditions or self.area or not archive.holds(self.tile):
            return None
        return archive.get(self.tile)

    def made(self, pool: Pool) -> bytes:
        """Make the tile and gzip it.

        Raises:
            InvalidInputError: a filter that does not fit the layer.
            SourceUnavailableError: the database is needed and does not answer.
        """
        if self.tile.z < self.layer.min_zoom:
            return b""
        mirror = self.served.mirror
        if drawn_as_points(self.layer, self.tile.z):
            body = mirror.tile(self.tile, self.conditions, self.area)
        elif mirror.outlines and not mirror.outlines.any_near(self.tile.bounds()):
            body = b""
        else:
            with asking(pool) as conn:
                body = polygons.tile(conn, self.layer, self.tile, self.conditions, self.area)
        return igzip.compress(body, GZIP_LEVEL, mtime=0) if body else b""


def tile(parts: Sequence[str]) -> Tile:
    """Read the end of an address: z, x, `y.mvt`.

    Raises:
        InvalidInputError: not three whole numbers with that ending, or no such tile.
    """
    z, x, last = parts
    y, _, ending = last.partition(".")
    if ending != "mvt" or not all(part.isascii() and part.isdigit() and len(part) <= 8 for part in (z, x, y)):
        raise InvalidInputError(f"{'/'.join(parts)[:60]!r} is not z/x/y.mvt")
    return Tile(int(z), int(x), int(y))
