"""The road network: ways cut at every node that they share, as columns of edges and nodes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from geodata.arrays import Floats, Geometries, objects
from geodata.osm.extract import Way
from geodata.osm.names import display_name
from geodata.osm.tags import SPEED_KMH, WALKWAYS, directions, is_set, number, open_to_cars, speed_kmh, whole_number

Array: TypeAlias = npt.NDArray[Any]
WGS84 = pyproj.Geod(ellps="WGS84")
MOST_LAYER = 10


@dataclass(frozen=True, slots=True)
class Network:
    """Edges and the nodes where they begin and end."""

    node_id: Array
    node_lonlat: Floats
    edges: dict[str, Array]
    """way_id, part, source, target, highway, name, speed_kmh, forward, backward, drive, bridge, tunnel, layer, width_m, length_m."""
    line: Geometries
    """In 4326, from source to target."""


@dataclass(slots=True)
class _Pieces:
    """What is gathered while the ways are cut; one entry an edge, one an endpoint or bend."""

    way: list[int]
    part: list[int]
    nodes: list[int]
    lonlat: list[tuple[float, float]]
    size: list[int]


def network(ways: Sequence[Way]) -> Network:
    """Cut ways for cars and for walkers together, since they share nodes: (way_id, part) names an edge as long as its way is unchanged.

    Proposed roads, platforms and the like are left out. A way that passes one node twice is cut there, so no edge crosses itself.
    """
    usable = [way for way in ways if way.tags["highway"] in SPEED_KMH or way.tags["highway"] in WALKWAYS]
    uses = Counter(node for way in usable for node in way.nodes)
    pieces = _cut(usable, uses)
    lonlat = np.asarray(pieces.lonlat, float).reshape(-1, 2)
    size = np.asarray(pieces.size, np.int64)
    owner = np.repeat(np.arange(len(size)), size)
    last = np.cumsum(size) - 1
    first = last - size + 1
    node = np.asarray(pieces.nodes, np.int64)
    edges: dict[str, Array] = {
        **_attributes([usable[index] for index in pieces.way]),
        "part": np.asarray(pieces.part, np.int64),
        "source": node[first],
        "target": node[last],
        "length_m": _lengths_m(lonlat, owner, len(size)),
    }
    ends = np.unique(np.r_[first, last])
    node_id, index = np.unique(node[ends], return_index=True)
    line = objects(shapely.linestrings(lonlat, indices=owner)) if len(size) else np.empty(0, np.object_)
    return Network(node_id, lonlat[ends[index]], edges, line)


def _cut(ways: Sequence[Way], uses: Counter[int]) -> _Pieces:
    pieces = _Pieces([], [], [], [], [])
    for index, way in enumerate(ways):
        begin, part, end = 0, 0, len(way.nodes) - 1
        for position in range(1, end + 1):
            if position < end and uses[way.nodes[position]] == 1:
                continue
            pieces.way.append(index)
            pieces.part.append(part)
            pieces.nodes += way.nodes[begin : position + 1]
            pieces.lonlat += way.lonlat[begin : position + 1]
            pieces.size.append(position + 1 - begin)
            begin, part = position, part + 1
    return pieces


def _attributes(owner: Sequence[Way]) -> dict[str, Array]:
    rows: dict[int, tuple[object, ...]] = {}
    for way in owner:
        if way.id not in rows:
            rows[way.id] = _row(way)
    names = ("way_id", "highway", "name", "speed_kmh", "forward", "backward", "drive", "bridge", "tunnel", "layer", "width_m")
    columns = zip(*(rows[way.id] for way in owner), strict=True) if owner else [()] * len(names)
    kinds = (np.int64, object, object, float, bool, bool, bool, bool, bool, np.int64, float)
    return {name: np.asarray(values, kind) for name, values, kind in zip(names, columns, kinds, strict=True)}


def _row(way: Way) -> tuple[object, ...]:
    tags, highway = way.tags, way.tags["highway"]
    width = number(tags.get("width"))
    layer = max(-MOST_LAYER, min(MOST_LAYER, whole_number(tags.get("layer"))))
    return (
        *(way.id, highway, display_name(tags) or None, round(speed_kmh(tags, highway), 1), *directions(tags, highway)),
        *(open_to_cars(tags, highway), is_set(tags, "bridge"), is_set(tags, "tunnel"), layer, np.nan if width is None else width),
    )


def _lengths_m(lonlat: Floats, owner: Array, count: int) -> Floats:
    if not count:
        return np.empty(0)
    _, _, step = WGS84.inv(lonlat[:-1, 0], lonlat[:-1, 1], lonlat[1:, 0], lonlat[1:, 1])
    same = owner[1:] == owner[:-1]
    return np.round(np.bincount(owner[:-1][same], step[same], count), 2)
