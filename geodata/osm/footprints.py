"""Buildings of an extract as mapped: footprint, name, address, height and floors as far as the tags (or those of the parts) say."""

import re
from dataclasses import dataclass

import numpy as np
import shapely

from geodata.arrays import Floats, Geometries
from geodata.osm.extract import Features
from geodata.osm.names import display_name, raw_name, to_simplified
from geodata.osm.places import address_of
from geodata.osm.tags import Tags, is_set, number

NOT_STANDING = frozenset({"no", "proposed", "demolished", "razed"})
METRES_PER_FLOOR = 3.1
LEAST_HEIGHT_M = 2.0
MOST_FLOORS = 160
BRACKETED_BLOCK = re.compile("[(（]([^()（）]*[座期幢棟栋楼樓閣阁])[)）]")
PART_INSIDE = 0.5
"""A part belongs to the outline that holds at least this share of it."""


@dataclass(frozen=True, slots=True)
class Footprints:
    """One row a building; NaN where nothing is mapped."""

    ref: list[str]
    tags: list[dict[str, str]]
    kind: list[str]
    """Value of the building key."""
    name: list[str]
    """As shown, "" without one. A house number or a block letter alone counts."""
    name_raw: list[str]
    address: list[str | None]
    height_m: Floats
    levels: Floats
    levels_below: Floats
    polygon: Geometries

    def __len__(self) -> int:
        return len(self.ref)


def footprints(areas: Features) -> Footprints:
    """Take every standing building. A `building:part` is no building: it raises the outline that it stands in."""
    standing = np.array([is_set(tags, "building") and tags["building"] not in NOT_STANDING for tags in areas.tags], bool)
    part = np.array([is_set(tags, "building:part") for tags in areas.tags], bool) & ~standing
    rows = areas.where(standing & ~shapely.is_empty(areas.geometry))
    height, levels = _numbers(rows, "height"), _levels(rows)
    height[height < LEAST_HEIGHT_M] = np.nan
    _raise_by_parts(rows, areas.where(part), height, levels)
    return Footprints(
        ref=rows.ref,
        tags=rows.tags,
        kind=[tags["building"] for tags in rows.tags],
        name=[building_name(tags) for tags in rows.tags],
        name_raw=[raw_name(tags) for tags in rows.tags],
        address=[address_of(tags) for tags in rows.tags],
        height_m=height,
        levels=np.where((levels >= 1) & (levels <= MOST_FLOORS), levels, np.nan),
        levels_below=np.nan_to_num(_numbers(rows, "building:levels:underground")),
        polygon=rows.geometry,
    )


def building_name(tags: Tags) -> str:
    """The building's name with its block, which is mapped in brackets ("東華新邨(第二座)") or apart ("C座")."""
    name, block = display_name(tags), display_name({"name": tags.get("addr:housename", "")})
    bracketed = BRACKETED_BLOCK.search(tags.get("name:zh") or tags.get("name", ""))
    if bracketed:
        block = to_simplified(bracketed.group(1)).strip()
    return name if block in name else f"{name}{block}"


def _numbers(rows: Features, key: str) -> Floats:
    return np.array([np.nan if (value := number(tags.get(key))) is None else value for tags in rows.tags], float)


def _levels(rows: Features) -> Floats:
    levels = _numbers(rows, "building:levels")
    return np.where(np.isnan(levels), _numbers(rows, "levels"), levels)


def _raise_by_parts(rows: Features, parts: Features, height: Floats, levels: Floats) -> None:
    """Where an outline says nothing, its highest part does."""
    if not len(parts) or not len(rows):
        return
    part, outline = shapely.STRtree(rows.geometry).query(parts.geometry, predicate="intersects")
    common = shapely.area(shapely.intersection(parts.geometry[part], rows.geometry[outline]))
    keep = common >= PART_INSIDE * shapely.area(parts.geometry)[part]
    part, outline = part[keep], outline[keep]
    for own, of_part in ((height, _numbers(parts, "height")), (levels, _levels(parts))):
        highest = np.full(len(rows), -np.inf)
        np.maximum.at(highest, outline, np.nan_to_num(of_part[part], nan=-np.inf))
        fill = np.isnan(own) & np.isfinite(highest)
        own[fill] = highest[fill]
