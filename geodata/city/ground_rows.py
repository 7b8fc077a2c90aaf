"""Table columns of what an extract holds: roads, places and buildings, each row with the code of its base grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geodata.arrays import Bools, Geometries, Ints, Texts
from geodata.city.division import BAND_M, Mapped
from geodata.city.ground import grid_at
from geodata.load import Column, geometry_hex, multi_polygons, point_hex
from geodata.osm.places import street_name, with_number_word

Columns = dict[str, Column]

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
        "osm_ref": _texts(places.osm_ref),
        "class": _texts(places.place_class),
        "name": _texts(places.name),
        "name_raw": _texts(places.name_raw),
        "address": _texts(places.address),
        "phone": _texts(places.phone),
        "grid_code": grids.code[grid],
        "geom": point_hex(lonlat[:, 0], lonlat[:, 1]),
    }


def building_rows(mapped: Mapped, grids: GridIndex) -> Columns:
    """Columns of hall.building. One outside the district has the nearest grid, a flag, and no households."""
    rows, known = mapped.buildings, mapped.buildings.mapped
    grid, inside = grids.at(rows.point)
    return {
        "source_id": _texts(known.ref),
        "code": _building_codes(grids.code[grid], rows.point),
        "name": _texts([name or None for name in known.name]),
        "address": addresses(mapped),
        "use_type": rows.uses.use_type,
        "floors": rows.floors,
        "floors_below": known.levels_below.astype(np.int64),
        "height_m": rows.height_m.round(1),
        "height_source": rows.height_source,
        "area_m2": rows.area_m2.round(1),
        "home_share": np.where(inside, rows.uses.home_share, 0.0).round(3),
        "homes": np.where(inside, rows.households, 0.0).round(3),
        "grid_code": grids.code[grid],
        "flags": np.where(inside, "{}", "{outside_district}").astype(object),
        "geom": geometry_hex(multi_polygons(known.polygon)),
    }


def _building_codes(grid_code: Texts, points: Geometries) -> Texts:
    """Grid code, B, and a number from 1 in reading order within the grid."""
    xy = shapely.get_coordinates(points).reshape(-1, 2)
    order = np.lexsort((xy[:, 0], -np.round(xy[:, 1] / (BAND_M / 10)), grid_code.astype(str)))
    ordered = grid_code[order].astype(str)
    number = np.arange(len(order)) - np.searchsorted(ordered, ordered) + 1
    out = np.empty(len(order), np.object_)
    out[order] = [f"{code}B{position:04d}" for code, position in zip(ordered, number, strict=True)]
    return out


def addresses(mapped: Mapped) -> Texts:
    """Mapped addresses; where a building has none, the nearest named street with the house number if there is one."""
    known, edges = mapped.buildings.mapped, mapped.network.edges
    out = _texts(known.address)
    named = np.array(
        [bool(name) and highway not in NO_ADDRESS for name, highway in zip(edges["name"], edges["highway"], strict=True)], bool
    )
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
    out = np.empty(len(values), np.object_)
    out[:] = values
    return out
