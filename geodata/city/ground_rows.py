"""Table columns of what an extract holds: areas, roads, places and buildings, each row with the code of its base grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geodata.city.area_names import city_grid_name, grid_name
from geodata.city.division import BAND_M, Division, Mapped
from geodata.city.ground import grid_at
from geodata.load import Column, geometry_hex, multi_polygons, point_hex
from geodata.osm.places import street_name, with_number_word

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[np.object_]
Texts = npt.NDArray[np.object_]
Columns = dict[str, Column]

DISTRICT_CODE = "990000"
"""No such division exists in GB/T 2260, so codes look right and can belong to nobody."""
NORM_PEOPLE = {"inner": (1000, 1500), "outer": (600, 1000)}
"""KF-21, per base grid."""
BASE_GRID_DUTIES = "{社会管理,城市管理,安全生产,环境保护,食药监管}"
CITY_GRID_DUTIES = "{城市管理}"
STREET_NEAR_M = 80.0
NO_ADDRESS = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})


@dataclass(frozen=True, slots=True)
class GridIndex:
    """Base grids in metres with their codes: which one holds a point."""

    code: Texts
    polygon: Geometries
    tree: shapely.STRtree

    def at(self, points: Geometries) -> tuple[Ints, Bools]:
        """Index of the grid of each point, the nearest one for points outside; and whether it lies inside."""
        return grid_at(self.tree, points)


def area_rows(division: Division, mapped: Mapped) -> dict[str, Columns]:
    """Columns of hall.area for each level, from the district down."""
    grids = len(division.grid)
    street_code = _numbered(np.full(len(division.street_name), DISTRICT_CODE, object), np.zeros(len(division.street_name), np.int64))
    community_code = _numbered(street_code[division.community_street], division.community_street)
    grid_code = _numbered(community_code[division.grid_community], division.grid_community)
    city_number = np.arange(1, int(division.grid_city_grid.max()) + 2)
    kind = np.array(division.street_kind, object)
    community_kind, grid_kind = kind[division.community_street], kind[division.grid_street]
    number_in_community = [int(code[-3:]) for code in grid_code]
    grid_names = [
        grid_name(division.community_name[parent], number)
        for parent, number in zip(division.grid_community.tolist(), number_in_community, strict=True)
    ]
    norm = np.array([NORM_PEOPLE[value] for value in grid_kind]).reshape(-1, 2)
    levels = {
        "district": _level([DISTRICT_CODE], [None], [division.district], ["inner"], division.level(np.zeros(grids, np.int64)), "osm"),
        "street": _level(
            street_code, [DISTRICT_CODE] * len(kind), division.street_name, kind, division.level(division.grid_street), "osm"
        ),
        "community": _level(
            community_code, street_code[division.community_street], division.community_name, community_kind,
            division.level(division.grid_community), "sample",
        ),
        "base_grid": _level(grid_code, community_code[division.grid_community], grid_names, grid_kind, division.grid, "sample")
        | {"norm_people_min": norm[:, 0], "norm_people_max": norm[:, 1], "duties": np.full(grids, BASE_GRID_DUTIES, object)},
        "city_grid": _level(
            [f"{DISTRICT_CODE}9{number:02d}" for number in city_number], [DISTRICT_CODE] * len(city_number),
            [city_grid_name(number) for number in city_number], ["inner"] * len(city_number),
            division.level(division.grid_city_grid), "sample",
        )
        | {"duties": np.full(len(city_number), CITY_GRID_DUTIES, object)},
    }
    return {level: _finished(level, columns, mapped) for level, columns in levels.items()}


def _numbered(parent_code: Texts, parent: Ints) -> Texts:
    """Codes 001, 002 … below each parent, in order; `parent` is ascending."""
    first = np.searchsorted(parent, parent)
    return np.array([f"{code}{position:03d}" for code, position in zip(parent_code, np.arange(len(parent)) - first + 1, strict=True)], object)


def _level(
    code: Sequence[str] | Texts, parent: Sequence[str | None] | Texts, name: list[str], kind: Sequence[str] | Texts, polygon: Geometries, source: str
) -> Columns:
    return {
        "code": np.asarray(code, object), "parent_code": np.asarray(parent, object), "name": np.asarray(name, object),
        "kind": np.asarray(kind, object), "source": np.full(len(name), source, object), "geom": polygon,
    }


def _finished(level: str, columns: Columns, mapped: Mapped) -> Columns:
    polygon = np.asarray(columns["geom"], object)
    return {
        **columns,
        "level": np.full(len(polygon), level, object),
        "area_m2": shapely.area(mapped.metres(polygon)).round(1),
        "geom": geometry_hex(multi_polygons(polygon)),
    }


def node_rows(mapped: Mapped) -> Columns:
    """Columns of hall.road_node."""
    network = mapped.network
    return {"id": network.node_id, "geom": point_hex(network.node_lonlat[:, 0], network.node_lonlat[:, 1])}


def edge_rows(mapped: Mapped, grids: GridIndex) -> Columns:
    """Columns of hall.road_edge; an edge belongs to the grid at its middle."""
    middle = shapely.line_interpolate_point(mapped.metres(mapped.network.line), 0.5, normalized=True)
    grid, _ = grids.at(middle)
    return {**mapped.network.edges, "grid_code": grids.code[grid], "geom": geometry_hex(mapped.network.line)}


def place_rows(mapped: Mapped, grids: GridIndex) -> Columns:
    """Columns of hall.place, without the tags."""
    places = mapped.places
    grid, _ = grids.at(mapped.metres(places.point))
    lonlat = shapely.get_coordinates(places.point).reshape(-1, 2)
    return {
        "osm_ref": _texts(places.osm_ref), "class": _texts(places.place_class), "name": _texts(places.name), "name_raw": _texts(places.name_raw),
        "address": _texts(places.address), "phone": _texts(places.phone), "grid_code": grids.code[grid],
        "geom": point_hex(lonlat[:, 0], lonlat[:, 1]),
    }


def building_rows(mapped: Mapped, grids: GridIndex) -> Columns:
    """Columns of hall.building. One outside the district has the nearest grid, a flag, and no households."""
    rows, known = mapped.buildings, mapped.buildings.mapped
    grid, inside = grids.at(rows.point)
    return {
        "source_id": _texts(known.ref), "code": _building_codes(grids.code[grid], rows.point),
        "name": _texts([name or None for name in known.name]), "address": addresses(mapped), "use_type": rows.uses.use_type,
        "floors": rows.floors, "floors_below": known.levels_below.astype(np.int64), "height_m": rows.height_m.round(1),
        "height_source": rows.height_source, "area_m2": rows.area_m2.round(1),
        "home_share": np.where(inside, rows.uses.home_share, 0.0).round(3), "homes": np.where(inside, rows.households, 0.0).round(3),
        "grid_code": grids.code[grid], "flags": np.where(inside, "{}", "{outside_district}").astype(object),
        "geom": geometry_hex(multi_polygons(known.polygon)),
    }


def _building_codes(grid_code: Texts, points: Geometries) -> Texts:
    """Grid code, B, and a number from 1 in reading order within the grid."""
    xy = shapely.get_coordinates(points).reshape(-1, 2)
    order = np.lexsort((xy[:, 0], -np.round(xy[:, 1] / (BAND_M / 10)), grid_code.astype(str)))
    ordered = grid_code[order].astype(str)
    number = np.arange(len(order)) - np.searchsorted(ordered, ordered) + 1
    out = np.empty(len(order), object)
    out[order] = [f"{code}B{position:04d}" for code, position in zip(ordered, number, strict=True)]
    return out


def addresses(mapped: Mapped) -> Texts:
    """Mapped addresses; where a building has none, the nearest named street with the house number if there is one."""
    known, edges = mapped.buildings.mapped, mapped.network.edges
    out = _texts(known.address)
    named = np.array([bool(name) and highway not in NO_ADDRESS for name, highway in zip(edges["name"], edges["highway"], strict=True)], bool)
    named &= ~edges["tunnel"].astype(bool) & ~edges["bridge"].astype(bool)
    without = np.flatnonzero([text is None for text in known.address])
    if not named.any() or not len(without):
        return out
    tree = shapely.STRtree(mapped.metres(mapped.network.line[named]))
    found, edge = tree.query_nearest(mapped.buildings.point[without], max_distance=STREET_NEAR_M, all_matches=False)
    names = edges["name"][named]
    for building, nearest in zip(without[found].tolist(), edge.tolist(), strict=True):
        street = street_name(str(names[nearest]))
        out[building] = street + with_number_word(street, known.tags[building].get("addr:housenumber", "").strip())
    return out


def _texts(values: Sequence[str | None]) -> Texts:
    out = np.empty(len(values), object)
    out[:] = values
    return out
