"""Which areas hold a position, and how far the reader's own area reaches."""

from geodata.db import Conn
from geodata.grid import BBox, LonLat
from services.details import AREA_LAYERS, Area
from services.rights import Reader

AT = """
    SELECT id, level, code, name FROM hall.area
    WHERE level <> 'city_grid' AND ST_Covers(geom, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326))
    ORDER BY length(code), code LIMIT 10
"""
EXTENT = """
    SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
    FROM (SELECT ST_Extent(geom) AS box FROM hall.area WHERE code = %(scope)s OR (%(scope)s = '' AND level = 'district')) AS own
    WHERE box IS NOT NULL
"""
NAME = "SELECT name FROM hall.area WHERE code = %(scope)s OR (%(scope)s = '' AND level = 'district') ORDER BY length(code) LIMIT 1"
CHOICES = """
    SELECT id, level, code, name FROM hall.area WHERE level IN ('district', 'street', 'community') ORDER BY code LIMIT 2000
"""


def at(conn: Conn, position: LonLat) -> tuple[Area, ...]:
    """Return the areas that hold a position, from the widest to the narrowest; none outside the district. Names of areas are open."""
    return tuple(
        Area(layer=AREA_LAYERS[level], id=area_id, code=code, name=name)
        for area_id, level, code, name in conn.execute(AT, {"lon": position.lon, "lat": position.lat}).fetchall()
    )


def extent(conn: Conn, reader: Reader) -> BBox | None:
    """Return the box around the reader's own area, None when there is no such area."""
    row = conn.execute(EXTENT, {"scope": reader.scope}).fetchone()
    return BBox(*row) if row else None


def name(conn: Conn, reader: Reader) -> str:
    """Return the name of the reader's own area, empty when there is no such area."""
    row = conn.execute(NAME, {"scope": reader.scope}).fetchone()
    return str(row[0]) if row else ""


def choices(conn: Conn) -> list[Area]:
    """Return district, streets and communities by code: what a scope can be."""
    return [
        Area(layer=AREA_LAYERS[level], id=area_id, code=code, name=name) for area_id, level, code, name in conn.execute(CHOICES).fetchall()
    ]
