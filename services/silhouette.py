"""The streets where the district is densest as one drawing: public knowledge, a quiet background for pages without data."""

from dataclasses import dataclass

from geodata.db import Conn

STEP_M = 6
"""Detail that is left out, in metres of EPSG:3857."""
WIDTH_M, HEIGHT_M = 7_200, 4_050
"""Size of the part that is drawn, where the streets are densest."""
ROADS = """
    WITH street AS (
        SELECT geom_3857 FROM hall.road_edge
        WHERE highway IN ('motorway', 'trunk', 'primary', 'secondary', 'tertiary', 'unclassified', 'residential')
    ), middle AS (
        SELECT avg(ST_X(ST_StartPoint(geom_3857))) AS x, avg(ST_Y(ST_StartPoint(geom_3857))) AS y
        FROM street
        GROUP BY round(ST_X(ST_StartPoint(geom_3857)) / %(height_m)s), round(ST_Y(ST_StartPoint(geom_3857)) / %(height_m)s)
        ORDER BY count(*) DESC LIMIT 1
    ), part AS (
        SELECT x, y, ST_Simplify(ST_LineMerge(ST_Collect(ST_Translate(geom_3857, -x, -y))), %(step_m)s) AS line
        FROM middle, street
        WHERE geom_3857 && ST_MakeEnvelope(x - %(width_m)s / 2, y - %(height_m)s / 2, x + %(width_m)s / 2, y + %(height_m)s / 2, 3857)
        GROUP BY x, y
    )
    SELECT ST_AsSVG(line, 1, 0) FROM part WHERE NOT ST_IsEmpty(line)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silhouette:
    """A drawing in metres around its middle: `path` as SVG writes it, y downwards."""

    path: str
    width_m: float = WIDTH_M
    height_m: float = HEIGHT_M


def streets(conn: Conn) -> Silhouette | None:
    """Return the streets; None where there are none."""
    row = conn.execute(ROADS, {"step_m": STEP_M, "width_m": WIDTH_M, "height_m": HEIGHT_M}).fetchone()
    return Silhouette(path=row[0]) if row else None
