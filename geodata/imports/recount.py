"""Figures that buildings and areas keep of what is in them, made right after an import; only rows whose figures moved are touched."""

from collections.abc import Sequence

import numpy as np
from psycopg import sql

from geodata.city import areas
from geodata.db import Conn
from geodata.imports.locate import Areas, Zones
from geodata.load import copy_frame

# Every statement is preceded by the question whether it would change anything: a statement without rows would still raise the revision.
BUILDING_COUNTS = """
    SELECT b.id, coalesce(p.n, 0) AS people, coalesce(o.n, 0) AS organizations
    FROM hall.building AS b
    LEFT JOIN (SELECT building_id, count(*)::integer AS n FROM hall.person GROUP BY 1) AS p ON p.building_id = b.id
    LEFT JOIN (SELECT building_id, count(*)::integer AS n FROM hall.organization GROUP BY 1) AS o ON o.building_id = b.id
    WHERE (b.people, b.organizations) IS DISTINCT FROM (coalesce(p.n, 0), coalesce(o.n, 0))
"""
INHABITED = ("person", "organization", "sensor", "event")
"""Tables whose rows belong to a building."""
PLACED = ("building", "person", "organization", "part", "sensor", "camera", "vehicle", "resource", "event", "place")
"""Tables whose rows carry the code of the grid that holds them."""


def recount(conn: Conn) -> None:
    """Bring the figures of buildings and areas up to date."""
    _apply(conn, "building", BUILDING_COUNTS, "people = n.people, organizations = n.organizations")
    areas.recount(conn)


def settle_into_buildings(conn: Conn) -> int:
    """Give rows without a building the one whose footprint holds them; return how many got one."""
    settled = 0
    for table in INHABITED:
        settled += _apply(conn, table, SETTLED.format(table=sql.Identifier("hall", table)), "building_id = n.building_id")
    return settled


def displace_provisional(conn: Conn, level: str) -> int:
    """Remove the areas of this level that were derived from the map where supplied ones lie; return how many went."""
    found = conn.execute(PROVISIONAL, {"level": level}).fetchall()
    if found:
        conn.execute("DELETE FROM hall.area WHERE id = ANY(%s)", [[row[0] for row in found]])
    return len(found)


def move_into_grids(conn: Conn) -> int:
    """Give rows the code of the base grid that holds them; return how many moved.

    Those in no base grid keep their code, or get that of the nearest one when their area is gone.
    """
    areas_now = Areas.load(conn)
    grids, known = areas_now.levels[0], areas_now.codes()
    moved = 0
    for table in PLACED:
        spot = sql.SQL("ST_PointOnSurface(geom)" if table == "building" else "geom")
        rows = conn.execute(STANDING.format(spot=spot, table=sql.Identifier("hall", table))).fetchall()
        if rows:
            moved += _move(conn, table, rows, grids, known)
    return moved


def _move(conn: Conn, table: str, rows: Sequence[tuple[int, str, float, float]], grids: Zones, known: set[str]) -> int:
    ids, before, lon, lat = (np.array(column) for column in zip(*rows, strict=True))
    held = grids.holding(lon, lat)
    lost = (held < 0) & ~np.isin(before, list(known))
    held[lost] = grids.nearest(lon[lost], lat[lost])
    after = np.where(held >= 0, grids.codes[held].astype(str), before)
    changed = after != before
    if not changed.any():
        return 0
    conn.execute("CREATE TEMP TABLE moved (id bigint, grid_code text) ON COMMIT DROP")
    copy_frame(conn, "pg_temp.moved", {"id": ids[changed], "grid_code": after[changed]})
    done = conn.execute(MOVE.format(table=sql.Identifier("hall", table))).rowcount
    conn.execute("DROP TABLE pg_temp.moved")
    return done


SETTLED = sql.SQL(
    "SELECT DISTINCT ON (t.id) t.id, b.id AS building_id FROM {table} AS t JOIN hall.building AS b ON ST_Intersects(b.geom, t.geom) "
    "WHERE t.building_id IS NULL ORDER BY t.id, b.id"
)
PROVISIONAL = """
    SELECT a.id FROM hall.area AS a WHERE a.level = %(level)s AND a.source IN ('osm', 'sample') AND EXISTS (
        SELECT FROM hall.area AS own WHERE own.level = a.level AND own.source = 'import' AND ST_Intersects(own.geom, ST_PointOnSurface(a.geom)))
"""
STANDING = sql.SQL(
    "SELECT id, grid_code, ST_X(spot), ST_Y(spot) FROM (SELECT id, grid_code, {spot} AS spot FROM {table}) AS t WHERE grid_code IS NOT NULL"
)
MOVE = sql.SQL("UPDATE {table} AS t SET grid_code = n.grid_code FROM pg_temp.moved AS n WHERE n.id = t.id")


def _apply(conn: Conn, table: str, query: str | sql.Composed, assigned: str) -> int:
    select = query if isinstance(query, sql.Composed) else sql.SQL(query)
    conn.execute("DROP TABLE IF EXISTS pg_temp.recounted")
    found = conn.execute(sql.SQL("CREATE TEMP TABLE recounted ON COMMIT DROP AS {}").format(select)).rowcount
    if found:
        update = sql.SQL("UPDATE {table} AS t SET {assigned} FROM pg_temp.recounted AS n WHERE n.id = t.id")
        conn.execute(update.format(table=sql.Identifier("hall", table), assigned=sql.SQL(assigned)))
    conn.execute("DROP TABLE pg_temp.recounted")
    return found
