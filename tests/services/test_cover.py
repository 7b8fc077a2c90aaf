"""Points in a box, circle or polygon: exactly those that PostGIS finds."""

import numpy as np
import pytest
import shapely

from geodata.db import Conn
from geodata.grid import BBox
from services import morton
from services.cover import Area, Covering, Points, spread
from services.shapes import Circle, Region

AREAS: dict[str, tuple[Area, str]] = {
    "box": (BBox(113.52, 22.12, 113.55, 22.13), "ST_Intersects(geom, ST_MakeEnvelope(113.52, 22.12, 113.55, 22.13))"),
    "circle of 500 m": (Circle(113.55, 22.15, 500), "ST_DWithin(geom::geography, ST_MakePoint(113.55, 22.15)::geography, 500)"),
    "circle of 4 km": (Circle(113.55, 22.15, 4_000), "ST_DWithin(geom::geography, ST_MakePoint(113.55, 22.15)::geography, 4000)"),
    "circle beyond the data": (Circle(114.55, 22.15, 500), "false"),
    "triangle": (
        Region(shapely.from_wkt("POLYGON ((113.51 22.11, 113.58 22.12, 113.54 22.19, 113.51 22.11))")),
        "ST_Intersects(geom, 'POLYGON ((113.51 22.11, 113.58 22.12, 113.54 22.19, 113.51 22.11))'::geometry)",
    ),
    "polygon with a hole": (
        Region(
            shapely.from_wkt(
                "POLYGON ((113.5 22.1, 113.6 22.1, 113.6 22.2, 113.5 22.2, 113.5 22.1), "
                "(113.52 22.12, 113.58 22.12, 113.58 22.18, 113.52 22.18, 113.52 22.12))"
            )
        ),
        "NOT ST_Intersects(geom, ST_MakeEnvelope(113.52, 22.12, 113.58, 22.18))",
    ),
}


def scattered(count: int) -> Points:
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(113.5, 113.6, count), rng.uniform(22.1, 22.2, count)
    codes = morton.codes(lon, lat)
    order = np.argsort(codes)
    return Points(codes[order], lon[order], lat[order])


@pytest.mark.parametrize("name", AREAS)
def test_postgis_finds_the_same_points(conn: Conn, name: str) -> None:
    points = scattered(20_000)
    area, condition = AREAS[name]
    lon, lat = points.lon.tolist(), points.lat.tolist()
    query = f"SELECT row FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS p (lon, lat, row), ST_MakePoint(lon, lat) AS geom WHERE {condition}"
    expected = sorted(row - 1 for (row,) in conn.execute(query, [lon, lat]))
    covering = Covering(area)
    assert covering.rows(points).tolist() == expected
    assert covering.count(points) == len(expected)


def test_distance_decides_to_the_centimetre(conn: Conn) -> None:
    # points on a rim of 20 km, one centimetre inside and outside
    row = conn.execute("""
        SELECT array_agg(ST_X(g)), array_agg(ST_Y(g)) FROM (
            SELECT ST_Project(ST_MakePoint(113.5, 22.1)::geography, r, radians(a))::geometry AS g
            FROM generate_series(0, 359, 5) AS a, unnest(ARRAY[19999.99, 20000.01]) AS r ORDER BY r, a) AS rim
    """).fetchone()
    assert row is not None
    lon, lat = np.array(row[0]), np.array(row[1])
    codes = morton.codes(lon, lat)
    order = np.argsort(codes)
    found = Covering(Circle(113.5, 22.1, 20_000)).rows(Points(codes[order], lon[order], lat[order]))
    assert sorted(order[found].tolist()) == list(range(72))


def test_ranges_are_spread_into_their_numbers() -> None:
    assert spread(np.array([2, 7, 9]), np.array([4, 7, 11])).tolist() == [2, 3, 9, 10]
