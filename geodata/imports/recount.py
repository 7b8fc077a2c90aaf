"""Figures that buildings and areas keep of what is in them, made right after an import; only rows whose figures moved are touched."""

from psycopg import sql

from geodata.db import Conn

# Every statement is preceded by the question whether it would change anything: a statement without rows would still raise the revision.
BUILDING_COUNTS = """
    SELECT b.id, coalesce(p.n, 0) AS people, coalesce(o.n, 0) AS organizations
    FROM hall.building AS b
    LEFT JOIN (SELECT building_id, count(*)::integer AS n FROM hall.person GROUP BY 1) AS p ON p.building_id = b.id
    LEFT JOIN (SELECT building_id, count(*)::integer AS n FROM hall.organization GROUP BY 1) AS o ON o.building_id = b.id
    WHERE (b.people, b.organizations) IS DISTINCT FROM (coalesce(p.n, 0), coalesce(o.n, 0))
"""
AREA_COUNTS = """
    WITH held AS (
        SELECT grid_code, sum(people)::integer AS people, sum(buildings)::integer AS buildings, sum(organizations)::integer AS organizations
        FROM (SELECT grid_code, count(*) AS people, 0 AS buildings, 0 AS organizations FROM hall.person GROUP BY 1
              UNION ALL SELECT grid_code, 0, count(*), 0 FROM hall.building GROUP BY 1
              UNION ALL SELECT grid_code, 0, 0, count(*) FROM hall.organization GROUP BY 1) AS every
        GROUP BY 1
    ), member AS (
        SELECT a.id, h.people, h.buildings, h.organizations FROM hall.area AS a JOIN held AS h ON starts_with(h.grid_code, a.code)
        WHERE a.level <> 'city_grid'
        UNION ALL
        SELECT c.id, h.people, h.buildings, h.organizations FROM hall.area AS c
        JOIN hall.area AS g ON g.level = 'base_grid' AND ST_Intersects(c.geom, ST_PointOnSurface(g.geom))
        JOIN held AS h ON h.grid_code = g.code
        WHERE c.level = 'city_grid'
    ), total AS (
        SELECT a.id, coalesce(sum(m.people), 0)::integer AS people, coalesce(sum(m.buildings), 0)::integer AS buildings,
               coalesce(sum(m.organizations), 0)::integer AS organizations
        FROM hall.area AS a LEFT JOIN member AS m ON m.id = a.id GROUP BY a.id
    )
    SELECT t.id, t.people, t.buildings, t.organizations,
           hall.size_flag(t.people, a.norm_people_min, a.norm_people_max) AS size_flag
    FROM total AS t JOIN hall.area AS a ON a.id = t.id
    WHERE (a.people, a.buildings, a.organizations) IS DISTINCT FROM (t.people, t.buildings, t.organizations)
"""
INHABITED = ("person", "organization", "sensor", "event")
"""Tables whose rows belong to a building."""
PLACED = ("building", "person", "organization", "part", "sensor", "camera", "vehicle", "resource", "event", "place")
"""Tables whose rows carry the code of the grid that holds them."""


def recount(conn: Conn) -> None:
    """Bring the figures of buildings and areas up to date."""
    _apply(conn, "building", BUILDING_COUNTS, "people = n.people, organizations = n.organizations")
    _apply(
        conn, "area", AREA_COUNTS, "people = n.people, buildings = n.buildings, organizations = n.organizations, size_flag = n.size_flag"
    )


def settle_into_buildings(conn: Conn) -> int:
    """Give rows without a building the one whose footprint holds them; return how many got one."""
    settled = 0
    for table in INHABITED:
        settled += _apply(conn, table, SETTLED.format(table=sql.Identifier("hall", table)), "building_id = n.building_id")
    return settled


def move_into_grids(conn: Conn) -> int:
    """Give rows the code of the base grid that holds them; return how many moved. Those in no base grid keep their code."""
    moved = 0
    for table in PLACED:
        spot = sql.SQL("ST_PointOnSurface(t.geom)" if table == "building" else "t.geom")
        query = MOVED.format(table=sql.Identifier("hall", table), spot=spot)
        moved += _apply(conn, table, query, "grid_code = n.grid_code")
    return moved


SETTLED = sql.SQL(
    "SELECT DISTINCT ON (t.id) t.id, b.id AS building_id FROM {table} AS t JOIN hall.building AS b ON ST_Intersects(b.geom, t.geom) "
    "WHERE t.building_id IS NULL ORDER BY t.id, b.id"
)
MOVED = sql.SQL(
    "SELECT DISTINCT ON (t.id) t.id, a.code AS grid_code FROM {table} AS t JOIN hall.area AS a ON a.level = 'base_grid' "
    "AND ST_Intersects(a.geom, {spot}) WHERE t.grid_code <> a.code "
    "AND NOT EXISTS (SELECT FROM hall.area AS own WHERE own.code = t.grid_code AND own.level = 'base_grid' AND ST_Intersects(own.geom, {spot})) "
    "ORDER BY t.id, a.code"
)


def _apply(conn: Conn, table: str, query: str | sql.Composed, assigned: str) -> int:
    select = query if isinstance(query, sql.Composed) else sql.SQL(query)
    conn.execute("DROP TABLE IF EXISTS pg_temp.recounted")
    found = conn.execute(sql.SQL("CREATE TEMP TABLE recounted ON COMMIT DROP AS {}").format(select)).rowcount
    if found:
        update = sql.SQL("UPDATE {table} AS t SET {assigned} FROM pg_temp.recounted AS n WHERE n.id = t.id")
        conn.execute(update.format(table=sql.Identifier("hall", table), assigned=sql.SQL(assigned)))
    conn.execute("DROP TABLE pg_temp.recounted")
    return found
