"""A ground that a reader can draw: 400 m square, streets every 100 m, four houses in each of the sixteen blocks, four base grids.

West of the middle is the first street and community, east of it the second; base grids are the quarters, south before north in each.
"""

from collections.abc import Iterable

import numpy as np
import pyproj
import shapely

from geodata.city.ground import Areas, Buildings, Ground, Places, Roads, Texts
from geodata.db import Conn
from geodata.load import copy_frame, geometry_hex, multi_polygons

EAST, NORTH = 762_000.0, 2_456_000.0
ORIGIN = np.array([EAST, NORTH])
HOUSEHOLDS = 298_500.0
SIDE_M, BLOCK_M, HOUSE_M = 400.0, 100.0, 24.0
DISTRICT = "990000"
GRID_CODES = ("990000001001001", "990000001001002", "990000002001001", "990000002001002")
NAMES_WEST_EAST = ("南街", "二街", "三街", "四街", "北街")
NAMES_SOUTH_NORTH = ("西路", "二路", "中路", "四路", "东路")
USES = ("residential", "mixed", "residential", "commercial", "office")
PLACES = (
    ("school", "第一小学", 50, 50), ("hospital", "中心医院", 150, 50), ("police", "警署", 250, 50), ("fire_station", "消防站", 350, 50),
    ("park", "人民公园", 50, 150), ("toilet", "公厕", 150, 150), ("parking", "停车场", 250, 150), ("bus_stop", "中路站", 200, 200),
    ("shop", "第一百货", 30, 30), ("food", "南街茶餐厅", 130, 30), ("government", "区政府", 330, 330), ("quarter", "旧城", 200, 210),
)  # fmt: skip


def ground() -> Ground:
    crs = pyproj.CRS(32649)
    grid = [_box(0, 0, 200, 200), _box(0, 200, 200, 400), _box(200, 0, 400, 200), _box(200, 200, 400, 400)]
    halves = [_box(0, 0, 200, 400), _box(200, 0, 400, 400)]
    grids = _areas(GRID_CODES, [0, 0, 1, 1], grid)
    tree = shapely.STRtree(grids.polygon)
    return Ground(
        crs=crs,
        district=_areas((DISTRICT,), [-1], [_box(0, 0, 400, 400)]),
        streets=_areas(("990000001", "990000002"), [0, 0], halves),
        communities=_areas(("990000001001", "990000002001"), [0, 1], halves),
        grids=grids,
        city_grids=_areas(("990000901",), [0], [_box(0, 0, 400, 400)]),
        buildings=_buildings(),
        roads=_roads(),
        places=_places(),
        households=HOUSEHOLDS,
        to_lonlat=pyproj.Transformer.from_crs(crs, 4326, always_xy=True),
        to_metres=pyproj.Transformer.from_crs(4326, crs, always_xy=True),
        grid_tree=tree,
        digest="toy",
    )


def store(conn: Conn, toy: Ground) -> None:
    """Write areas and buildings, which generation reads and counts."""
    levels = {
        "district": toy.district,
        "street": toy.streets,
        "community": toy.communities,
        "base_grid": toy.grids,
        "city_grid": toy.city_grids,
    }
    for level, areas in levels.items():
        count = len(areas.code)
        copy_frame(conn, "hall.area", {"level": np.full(count, level), "code": areas.code, "name": areas.name, "area_m2": areas.area_m2,
                                       "geom": _lonlat(toy, areas.polygon)})  # fmt: skip
    houses = toy.buildings
    copy_frame(conn, "hall.building", {
        "id": houses.id, "source_id": houses.code, "code": houses.code, "use_type": houses.use_type, "floors": houses.floors,
        "height_m": houses.height_m, "height_source": np.full(len(houses.id), "levels"), "area_m2": houses.area_m2,
        "grid_code": toy.grids.code[houses.grid], "geom": _lonlat(toy, houses.polygon),
    })  # fmt: skip


def _areas(codes: tuple[str, ...], parent: list[int], polygons: list[shapely.Geometry]) -> Areas:
    count = len(codes)
    return Areas(id=np.arange(1, count + 1), code=_texts(codes), name=_texts([f"片区{code[6:]}" for code in codes]), kind=_texts(["inner"] * count),
                 parent=np.array(parent), polygon=np.array(polygons, object), area_m2=np.asarray(shapely.area(polygons)))  # fmt: skip


def _buildings() -> Buildings:
    corners = [(bx * BLOCK_M + dx, by * BLOCK_M + dy) for bx in range(4) for by in range(4) for dx in (14, 62) for dy in (14, 62)]
    count = len(corners)
    polygons = np.array([_box(x, y, x + HOUSE_M, y + HOUSE_M) for x, y in corners], object)
    point = np.array(corners) + HOUSE_M / 2 + ORIGIN
    floors = np.array([6 + 3 * (index % 3) for index in range(count)])
    use = _texts([USES[index % len(USES)] for index in range(count)])
    lives = ~np.isin(use, ("commercial", "office"))
    west, south = point[:, 0] < EAST + 200, point[:, 1] < NORTH + 200
    return Buildings(
        id=np.arange(1, count + 1), code=_texts([f"{GRID_CODES[0]}B{index:04d}" for index in range(count)]), name=_texts([None] * count),
        address=_texts([None] * count), polygon=polygons, point=point, use_type=use, floors=floors, height_m=floors * 3.0,
        area_m2=np.full(count, HOUSE_M**2), home_share=lives * 0.9, households=np.where(lives, HOUSEHOLDS / lives.sum(), 0.0),
        grid=np.where(west, 0, 2) + np.where(south, 0, 1), inside=np.ones(count, bool),
    )  # fmt: skip


def _roads() -> Roads:
    ends = []
    for row in range(5):
        for column in range(4):
            ends.append((column, row, column + 1, row, NAMES_WEST_EAST[row], "secondary" if row == 2 else "residential"))
            ends.append((row, column, row, column + 1, NAMES_SOUTH_NORTH[row], "secondary" if row == 2 else "residential"))
    count = len(ends)
    corner = np.array([end[:4] for end in ends], float) * BLOCK_M
    line = np.array([shapely.LineString([(EAST + x, NORTH + y), (EAST + x2, NORTH + y2)]) for x, y, x2, y2 in corner], object)
    east, north = corner[:, [0, 2]].mean(axis=1), corner[:, [1, 3]].mean(axis=1)
    return Roads(
        id=np.arange(1, count + 1), u=np.array([10 * end[0] + end[1] for end in ends]), v=np.array([10 * end[2] + end[3] for end in ends]),
        line=line, highway=_texts([end[5] for end in ends]), name=_texts([end[4] for end in ends]), speed_kmh=np.full(count, 30.0),
        length_m=np.full(count, BLOCK_M), forward=np.ones(count, bool), backward=np.array([index % 8 != 0 for index in range(count)]),
        drive=np.ones(count, bool), bridge=np.zeros(count, bool), tunnel=np.zeros(count, bool), width_m=np.full(count, np.nan),
        grid=np.where(east < 200, 0, 2) + np.where(north < 200, 0, 1), inside=np.ones(count, bool),
    )  # fmt: skip


def _places() -> Places:
    count = len(PLACES)
    point = np.array([place[2:] for place in PLACES], float) + ORIGIN
    tags = np.empty(count, object)
    tags[:] = [{"capacity": "85"} if place[0] == "parking" else {} for place in PLACES]
    return Places(
        id=np.arange(1, count + 1), place_class=_texts([place[0] for place in PLACES]), name=_texts([place[1] for place in PLACES]),
        address=_texts([None] * count), phone=_texts([None] * count), tags=tags, point=point, grid=np.zeros(count, int), inside=np.ones(count, bool),
    )  # fmt: skip


def _box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def _texts(values: Iterable[str | None]) -> Texts:
    rows = list(values)
    out = np.empty(len(rows), object)
    out[:] = rows
    return out


def _lonlat(toy: Ground, polygons: np.ndarray) -> np.ndarray:
    return geometry_hex(shapely.transform(multi_polygons(polygons), toy.to_lonlat.transform, interleaved=False))
