"""Which state of each layer's rows is the newest: the counter that triggers raise."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from geodata.db import Conn

FORMAT = 1
"""Raised when tiles or mirrors are written differently, so that nothing of an older product is served again."""

REVISIONS = "SELECT layer, revision AS number, changed_at FROM hall.layer_revision ORDER BY layer LIMIT 1000"


@dataclass(frozen=True, slots=True)
class Revision:
    """State of a layer's rows. Numbers start again in a new database, so `token` carries the instant as well."""

    number: int
    changed_at: datetime

    @property
    def token(self) -> str:
        """Short text for file names, ETags and `v=` in tile addresses."""
        return f"{FORMAT}.{self.number}.{int(self.changed_at.timestamp() * 1000):x}"


@dataclass(frozen=True, slots=True)
class _LayerRevision:
    layer: str
    number: int
    changed_at: datetime


def revisions(conn: Conn) -> dict[str, Revision]:
    """Return the revision of every layer that ever had rows, in one query."""
    with conn.cursor(row_factory=class_row(_LayerRevision)) as cursor:
        return {row.layer: Revision(row.number, row.changed_at) for row in cursor.execute(REVISIONS)}
