"""Table columns of the district's areas: codes, names, norms and shapes of every level."""

from collections.abc import Sequence

import numpy as np
import shapely

from geodata.arrays import Geometries, Ints, Texts, objects
from geodata.city.area_names import city_grid_name, grid_name
from geodata.city.division import Division, Mapped
from geodata.load import Column, geometry_hex, multi_polygons

Columns = dict[str, Column]

DISTRICT_CODE = "990000"
"""No such division exists in GB/T 2260, so codes look right and can belong to nobody."""
MAPPED_LEVELS = frozenset({"district", "street"})
"""What OpenStreetMap knows; the other levels are made up."""
NORM_PEOPLE = {"inner": (1000, 1500), "outer": (600, 1000)}
"""KF-21, per base grid."""
BASE_GRID_DUTIES = "{社会管理,城市管理,安全生产,环境保护,食药监管}"
CITY_GRID_DUTIES = "{城市管理}"


def area_rows(division: Division, mapped: Mapped) -> dict[str, Columns]:
    """Columns of hall.area for each level, from the district down."""
    kind = objects(division.street_kind)
    streets, grids = len(kind), len(division.grid)
    district_code = objects([DISTRICT_CODE])
    street_code = _numbered(district_code, np.zeros(streets, np.int64))
    community_code = _numbered(street_code, division.community_street)
    grid_code = _numbered(community_code, division.grid_community)
    levels = {
        "district": _level(district_code, [None], [division.district], division.level(np.zeros(grids, np.int64))),
        "street": _level(street_code, [DISTRICT_CODE] * streets, division.street_name, division.level(division.grid_street)),
        "community": _level(
            community_code, street_code[division.community_street], division.community_name, division.level(division.grid_community)
        ),
        "base_grid": _level(grid_code, community_code[division.grid_community], _grid_names(division, grid_code), division.grid),
        "city_grid": _city_grids(division),
    }
    levels["street"]["kind"] = kind
    levels["community"]["kind"] = kind[division.community_street]
    levels["base_grid"] |= _norms(kind[division.grid_street])
    return {level: _finished(level, columns, mapped) for level, columns in levels.items()}


def _numbered(parent_code: Texts, parent: Ints) -> Texts:
    """Codes 001, 002 … below each parent, in order; `parent` is ascending."""
    number = np.arange(len(parent)) - np.searchsorted(parent, parent) + 1
    return objects([f"{code}{position:03d}" for code, position in zip(parent_code[parent], number.tolist(), strict=True)])


def _level(code: Texts, parent: Sequence[str | None] | Texts, name: list[str], polygon: Geometries) -> Columns:
    return {
        "code": code,
        "parent_code": objects(parent),
        "name": objects(name),
        "kind": np.full(len(name), "inner", np.object_),
        "geom": polygon,
    }


def _grid_names(division: Division, code: Texts) -> list[str]:
    communities = [division.community_name[index] for index in division.grid_community.tolist()]
    return [grid_name(community, int(own[-3:])) for community, own in zip(communities, code.tolist(), strict=True)]


def _norms(kind: Texts) -> Columns:
    norm = np.array([NORM_PEOPLE[value] for value in kind.tolist()]).reshape(-1, 2)
    duties = np.full(len(kind), BASE_GRID_DUTIES, np.object_)
    return {"kind": kind, "norm_people_min": norm[:, 0], "norm_people_max": norm[:, 1], "duties": duties}


def _city_grids(division: Division) -> Columns:
    numbers = range(1, int(division.grid_city_grid.max()) + 2)
    code = objects([f"{DISTRICT_CODE}9{number:02d}" for number in numbers])
    names = [city_grid_name(number) for number in numbers]
    columns = _level(code, [DISTRICT_CODE] * len(code), names, division.level(division.grid_city_grid))
    return columns | {"duties": np.full(len(code), CITY_GRID_DUTIES, np.object_)}


def _finished(level: str, columns: Columns, mapped: Mapped) -> Columns:
    polygon = objects(columns["geom"])
    return {
        **columns,
        "level": np.full(len(polygon), level, np.object_),
        "source": np.full(len(polygon), "osm" if level in MAPPED_LEVELS else "sample", np.object_),
        "area_m2": shapely.area(mapped.metres(polygon)).round(1),
        "geom": geometry_hex(multi_polygons(polygon)),
    }
