"""Read the ground back from the database, so that generation can run any time after an import."""

from typing import Any

import numpy as np
import pyproj
import shapely

from geodata.arrays import Bools, Floats, Geometries, Ints, Texts, objects, projected
from geodata.city.ground import Areas, Buildings, Ground, Places, Roads, grid_at
from geodata.db import Conn
from geodata.errors import SetupError

Rows = list[tuple[Any, ...]]

NEAR_LAND_M = 15.0
FACTS = "SELECT value FROM hall.fact WHERE key = 'ground'"
AREAS = """
    SELECT id, code, name, kind, parent_code, area_m2, ST_AsBinary(geom) FROM hall.area WHERE level = %s ORDER BY code
"""
BUILDINGS = """
    SELECT id, code, name, address, use_type, floors, height_m::float8, area_m2::float8, home_share::float8, homes::float8, ST_AsBinary(geom)
    FROM hall.building ORDER BY id
"""
ROADS = """
    SELECT id, source, target, highway, name, speed_kmh::float8, length_m, forward, backward, drive, bridge, tunnel, width_m::float8,
           ST_AsBinary(geom)
    FROM hall.road_edge ORDER BY id
"""
PLACES = "SELECT id, class, name, address, phone, tags, ST_AsBinary(geom) FROM hall.place ORDER BY id"


def read_ground(conn: Conn) -> Ground:
    """Read everything that generation stands on.

    Raises:
        SetupError: no extract was imported yet.
    """
    row = conn.execute(FACTS).fetchone()
    if row is None:
        raise SetupError("no ground yet: run `python -m geodata import osm FILE` first")
    facts = row[0]
    to_metres = pyproj.Transformer.from_crs(4326, int(facts["epsg"]), always_xy=True)
    levels: dict[str, Areas] = {}
    for level, parent in (
        ("district", ""),
        ("street", "district"),
        ("community", "street"),
        ("base_grid", "community"),
        ("city_grid", "district"),
    ):
        levels[level] = _areas(conn, level, levels.get(parent), to_metres)
    grids = levels["base_grid"]
    tree = shapely.STRtree(grids.polygon)
    buildings = _buildings(conn, tree, to_metres)
    return Ground(
        crs=pyproj.CRS(int(facts["epsg"])),
        district=levels["district"],
        streets=levels["street"],
        communities=levels["community"],
        grids=grids,
        city_grids=levels["city_grid"],
        buildings=buildings,
        roads=_roads(conn, tree, to_metres),
        places=_places(conn, tree, to_metres),
        households=float(buildings.households.sum()),
        to_lonlat=pyproj.Transformer.from_crs(int(facts["epsg"]), 4326, always_xy=True),
        to_metres=to_metres,
        grid_tree=tree,
        digest=str(facts["digest"]),
    )


def _areas(conn: Conn, level: str, higher: Areas | None, to_metres: pyproj.Transformer) -> Areas:
    rows = conn.execute(AREAS, (level,), binary=True).fetchall()
    index = {code: position for position, code in enumerate(higher.code.tolist())} if higher else {}
    return Areas(
        id=_numbers(rows, 0),
        code=_texts(rows, 1),
        name=_texts(rows, 2),
        kind=_texts(rows, 3),
        parent=np.array([index.get(row[4], -1) for row in rows], np.int64),
        area_m2=_floats(rows, 5),
        polygon=_metres(rows, 6, to_metres),
    )


def _buildings(conn: Conn, tree: shapely.STRtree, to_metres: pyproj.Transformer) -> Buildings:
    rows = conn.execute(BUILDINGS, binary=True).fetchall()
    polygon = _metres(rows, 10, to_metres)
    point = objects(shapely.point_on_surface(polygon))
    grid, inside = grid_at(tree, point)
    return Buildings(
        id=_numbers(rows, 0),
        code=_texts(rows, 1),
        name=_texts(rows, 2),
        address=_texts(rows, 3),
        polygon=polygon,
        point=shapely.get_coordinates(point).reshape(-1, 2),
        use_type=_texts(rows, 4),
        floors=_numbers(rows, 5),
        height_m=_floats(rows, 6),
        area_m2=_floats(rows, 7),
        home_share=_floats(rows, 8),
        households=_floats(rows, 9),
        grid=grid,
        inside=inside,
    )


def _roads(conn: Conn, tree: shapely.STRtree, to_metres: pyproj.Transformer) -> Roads:
    rows = conn.execute(ROADS, binary=True).fetchall()
    line = _metres(rows, 13, to_metres)
    middle = objects(shapely.line_interpolate_point(line, 0.5, normalized=True))
    grid, inside = grid_at(tree, middle)
    near, _ = tree.query(middle, predicate="dwithin", distance=NEAR_LAND_M)
    inside[near] = True
    return Roads(
        id=_numbers(rows, 0),
        u=_numbers(rows, 1),
        v=_numbers(rows, 2),
        line=line,
        highway=_texts(rows, 3),
        name=_texts(rows, 4),
        speed_kmh=_floats(rows, 5),
        length_m=_floats(rows, 6),
        forward=_bools(rows, 7),
        backward=_bools(rows, 8),
        drive=_bools(rows, 9),
        bridge=_bools(rows, 10),
        tunnel=_bools(rows, 11),
        width_m=_floats(rows, 12),
        grid=grid,
        inside=inside,
    )


def _places(conn: Conn, tree: shapely.STRtree, to_metres: pyproj.Transformer) -> Places:
    rows = conn.execute(PLACES, binary=True).fetchall()
    point = _metres(rows, 6, to_metres)
    grid, inside = grid_at(tree, point)
    return Places(
        id=_numbers(rows, 0),
        place_class=_texts(rows, 1),
        name=_texts(rows, 2),
        address=_texts(rows, 3),
        phone=_texts(rows, 4),
        tags=_texts(rows, 5),
        point=shapely.get_coordinates(point).reshape(-1, 2),
        grid=grid,
        inside=inside,
    )


def _metres(rows: Rows, column: int, to_metres: pyproj.Transformer) -> Geometries:
    geometries = objects(shapely.from_wkb([row[column] for row in rows]))
    return projected(geometries, to_metres)


def _texts(rows: Rows, column: int) -> Texts:
    out = np.empty(len(rows), np.object_)
    out[:] = [row[column] for row in rows]
    return out


def _numbers(rows: Rows, column: int) -> Ints:
    return np.array([row[column] for row in rows], np.int64)


def _floats(rows: Rows, column: int) -> Floats:
    return np.array([row[column] for row in rows], np.float64)


def _bools(rows: Rows, column: int) -> Bools:
    return np.array([row[column] for row in rows], bool)
