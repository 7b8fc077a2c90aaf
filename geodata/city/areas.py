"""Figures that every area keeps of what is in it."""

from psycopg.types.json import Jsonb

from geodata.db import Conn

REMEMBER_SCALE = """
    INSERT INTO hall.fact AS f (key, value) VALUES ('population_scale', %s)
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, changed_at = now()
"""
# City-management grids cut across streets, so their members are found by place; all other levels by the prefix of the code.
RECOUNT = """
    WITH held AS (
        SELECT grid_code, sum(households)::integer AS households, sum(people)::integer AS people, sum(buildings)::integer AS buildings,
               sum(organizations)::integer AS organizations
        FROM (SELECT grid_code, count(*) AS households, 0 AS people, 0 AS buildings, 0 AS organizations FROM hall.household GROUP BY 1
              UNION ALL SELECT grid_code, 0, count(*), 0, 0 FROM hall.person GROUP BY 1
              UNION ALL SELECT grid_code, 0, 0, count(*), 0 FROM hall.building GROUP BY 1
              UNION ALL SELECT grid_code, 0, 0, 0, count(*) FROM hall.organization GROUP BY 1) AS every
        GROUP BY 1
    ), member AS (
        SELECT a.id, h.grid_code FROM hall.area AS a JOIN held AS h ON left(h.grid_code, length(a.code)) = a.code
        WHERE a.level <> 'city_grid'
        UNION ALL
        SELECT c.id, g.code FROM hall.area AS c
        JOIN hall.area AS g ON g.level = 'base_grid' AND ST_Intersects(c.geom, ST_PointOnSurface(g.geom))
        WHERE c.level = 'city_grid'
    ), total AS (
        SELECT a.id, coalesce(sum(h.households), 0)::integer AS households, coalesce(sum(h.people), 0)::integer AS people,
               coalesce(sum(h.buildings), 0)::integer AS buildings, coalesce(sum(h.organizations), 0)::integer AS organizations
        FROM hall.area AS a LEFT JOIN member AS m ON m.id = a.id LEFT JOIN held AS h ON h.grid_code = m.grid_code
        GROUP BY a.id
    )
    UPDATE hall.area AS a
    SET households = t.households, people = t.people, buildings = t.buildings, organizations = t.organizations,
        size_flag = CASE WHEN a.level = 'base_grid' THEN hall.size_flag(t.people, a.norm_people_min, a.norm_people_max) ELSE 'ok' END
    FROM total AS t WHERE t.id = a.id
"""


def recount(conn: Conn, *, scale: float | None = None) -> None:
    """Count households, people, buildings and organizations of every area from the tables, and flag base grids against their norm.

    `scale` is remembered: the part of the real population that the tables hold (the sample city's SCALE). None keeps what was said before,
    1.0 at first. Norms apply to people divided by it.
    """
    if scale is not None:
        conn.execute(REMEMBER_SCALE, (Jsonb(scale),))
    conn.execute(RECOUNT)
