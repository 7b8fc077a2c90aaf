"""Vector tiles of areas and lines, cut by PostGIS from the view's `geom_3857`."""

from collections.abc import Sequence
from typing import LiteralString

from isal import igzip
from psycopg import sql

from geodata.db import Conn
from geodata.grid import WORLD_M, Tile
from geodata.source import Condition, Kind
from services.element import LINE, Element
from services.where import of_conditions

MAX_FEATURES = 5_000
MAX_GZIPPED = 100_000
"""Bytes of one tile; a larger one is cut again without its smallest features."""
_PIXELS = 512
"""A tile is drawn this wide."""
_EXACT_FROM = 16
"""From this zoom on outlines are not simplified."""
_TRIES = 8

# The largest features stay when there are too many. A line or area smaller than `least_m` (3857 metres) is not drawn.
TILE = """
WITH box AS (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS inside, ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096) AS around),
cut AS (
    SELECT source.id, {columns}
           ST_AsMVTGeom({shape}, box.inside, 4096, 64, true) AS geom
    FROM hall.{view} AS source, box
    WHERE source.geom_3857 && box.around
      AND greatest(ST_XMax(source.geom_3857) - ST_XMin(source.geom_3857), ST_YMax(source.geom_3857) - ST_YMin(source.geom_3857)) >= %(least_m)s
      AND {conditions}
    ORDER BY {size} DESC, source.id
    LIMIT %(limit)s
)
SELECT ST_AsMVT(cut.*, %(key)s, 4096, 'geom', 'id') FROM cut WHERE geom IS NOT NULL
"""


def tile(conn: Conn, element: Element, tile: Tile, conditions: Sequence[Condition] = (), area: str = "") -> bytes:
    """Encode one tile of the rows that fulfil `conditions` within the area code prefix `area`; empty when none does.

    At most 5,000 features and 100 kB gzipped: beyond that the smallest are left out.

    Raises:
        InvalidInputError: a condition that does not fit the layer.
    """
    if tile.z < element.min_zoom:
        return b""
    query, values = _query(element, tile, conditions, area)
    pixel_m = WORLD_M / (1 << tile.z) / _PIXELS
    least_m = 0.0 if tile.z >= _EXACT_FROM else pixel_m
    body = b""
    for _ in range(_TRIES):
        found = conn.execute(query, {**values, "least_m": least_m}, binary=True).fetchone()
        body = bytes(found[0]) if found and found[0] else b""
        if len(body) <= MAX_GZIPPED or len(igzip.compress(body, 1)) <= MAX_GZIPPED:
            break
        least_m = max(2 * least_m, 2 * pixel_m)
    return body


def _query(element: Element, tile: Tile, conditions: Sequence[Condition], area: str) -> tuple[sql.Composed, dict[str, object]]:
    wanted = of_conditions(element.source, conditions, area)
    shape = sql.SQL("source.geom_3857")
    values: dict[str, object] = {"z": tile.z, "x": tile.x, "y": tile.y, "limit": MAX_FEATURES, "key": element.key, **wanted.values}
    if tile.z < _EXACT_FROM:
        shape = sql.SQL("ST_Simplify(source.geom_3857, %(tolerance_m)s, true)")
        values["tolerance_m"] = WORLD_M / (1 << tile.z) / _PIXELS / 2
    query = sql.SQL(TILE).format(
        columns=sql.SQL("").join(sql.SQL("{}, ").format(_attribute(element, name)) for name in element.tile),
        shape=shape,
        view=sql.Identifier(element.source.view),
        conditions=wanted.expression,
        size=sql.SQL("ST_Length(source.geom_3857)" if element.geometry == LINE else "ST_Area(source.geom_3857)"),
    )
    return query, values


def _attribute(element: Element, name: str) -> sql.Composed:
    """Write a column as the mirrors do: codes as text, instants as whole seconds since 1970."""
    column = sql.Identifier("source", name)
    forms: dict[Kind, LiteralString] = {
        Kind.CODE: "{}::text",
        Kind.TIME: "date_part('epoch', {})::bigint",
        Kind.DATE: "date_part('epoch', {})::bigint",
        Kind.FLOAT: "{}::real",
    }
    value = sql.SQL(forms.get(element.source.column(name).kind, "{}")).format(column)
    return sql.SQL("{} AS {}").format(value, sql.Identifier(name))
