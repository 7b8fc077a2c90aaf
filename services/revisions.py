"""Which state of each layer's rows is the newest: the counter that triggers raise."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg.rows import class_row

from geodata.db import Conn
from services.element import Element

FORMAT = 2
"""Raised when tiles or mirrors are written differently, so that nothing of an older product is served again."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

SETTINGS = "settings"
"""What is set and seldom changes counts as a layer of its own: dictionary, working time, channels."""

REVISIONS = "SELECT layer, revision AS number, changed_at FROM hall.layer_revision LIMIT 1000"
STATE = """
    SELECT coalesce(string_agg(concat_ws('-', layer, revision, extract(epoch FROM changed_at)), ' ' ORDER BY layer), '')
    FROM hall.layer_revision WHERE layer = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Revision:
    """State of a layer's rows. Numbers start again in a new database, so `token` carries the instant as well."""

    number: int
    changed_at: datetime
    edition: str = ""
    """Digest of the layer's declaration as far as tiles and mirrors depend on it."""

    @property
    def token(self) -> str:
        """Short text for file names, ETags and `v=` in tile addresses."""
        return f"{self.number}-{int(self.changed_at.timestamp() * 1000):x}-{self.edition}"


@dataclass(frozen=True, slots=True)
class _LayerRevision:
    layer: str
    number: int
    changed_at: datetime


def revisions(conn: Conn, elements: Iterable[Element]) -> dict[str, Revision]:
    """Return the revision of every layer, in one query; a layer that never had rows is at 0."""
    with conn.cursor(row_factory=class_row(_LayerRevision)) as cursor:
        known = {row.layer: row for row in cursor.execute(REVISIONS)}
    found = {}
    for element in elements:
        row = known.get(element.key) or _LayerRevision(element.key, 0, NEVER)
        found[element.key] = Revision(row.number, row.changed_at, edition(element))
    return found


def token(conn: Conn, layers: Sequence[str]) -> str:
    """Return a text that changes whenever rows of one of the layers do: a key for what is kept of them."""
    row = conn.execute(STATE, [list(layers)]).fetchone()
    return str(row[0]) if row else ""


def edition(element: Element) -> str:
    """Digest what of a layer's declaration is written into tiles and mirrors."""
    kinds = [(column.name, str(column.kind)) for column in element.source.columns]
    declared = (
        FORMAT,
        element.source.view,
        element.geometry,
        kinds,
        element.tile,
        element.filters,
        element.breakdown,
        element.search,
        element.min_zoom,
        element.cells_to,
    )
    return f"{zlib.crc32(repr(declared).encode()):08x}"
