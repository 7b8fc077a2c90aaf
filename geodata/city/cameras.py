"""Video points: at junctions looking down one arm, along roads, at squares, and at building walls looking at the street."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from geodata.city.codes import device_ids
from geodata.city.draws import Rng, choose, running_numbers
from geodata.city.ground import Floats, Ground, Ints, Texts
from geodata.city.sample import Sample
from geodata.city.spots import bearing_deg, located, point_at
from geodata.city.streets import Streets
from geodata.city.texts import Rows, joined, padded, picked

CAMERAS = 12_000
KEY, ANALYSED = 236, 50
"""HA-22 and ZC-22, at scale 1.0."""
SHARES = {"junction": 0.42, "square": 0.03, "entrance": 0.45}
"""The rest is along roads, and so is what finds no place."""
LOOK_M = 15.0
"""A camera looks at the point of its road so far away."""
OWNERS = ("police", "traffic", "city", "environment", "safety", "fire", "community", "social")
OWNER_SHARES = {
    "junction": (40, 38, 16, 1, 1, 1, 2, 1),
    "road": (34, 30, 26, 4, 1, 1, 3, 1),
    "square": (45, 0, 40, 3, 0, 0, 12, 0),
    "entrance": (14, 0, 8, 3, 6, 5, 26, 38),
}
INDUSTRY = {
    "police": "00",
    "traffic": "05",
    "city": "08",
    "environment": "09",
    "safety": "03",
    "fire": "03",
    "community": "01",
    "social": "02",
}
NETWORK = {"police": "5", "traffic": "5", "social": "8"}
GOVERNMENT_NETWORK = "6"
PTZ_SHARES = {"junction": (30, 2, 50, 18), "road": (20, 2, 62, 16), "square": (70, 0, 10, 20), "entrance": (6, 30, 60, 4)}
RANGES_M = {"junction": (60, 80, 120), "road": (60, 90, 150), "square": (50, 80, 100), "entrance": (25, 35, 50)}
HEIGHT_M = {"junction": (5.5, 8.0), "road": (5.5, 8.0), "square": (5.0, 12.0), "entrance": (2.8, 4.5)}
PLACEMENTS, PLACEMENT_SHARES = ("overall", "region", "node"), (8, 30, 62)
DIRECTIONS = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")
WORDS = {"junction": "路口", "road": "路段", "square": "广场", "entrance": "出入口"}
DOME, FULL_CIRCLE_DEG = 1, 360.0
FIELDS_OF_VIEW_DEG = (58.0, 75.0, 90.0, 110.0)
ONLINE_SHARE = 0.972


@dataclass(frozen=True, slots=True)
class _Group:
    place_type: str
    xy: Floats
    azimuth_deg: Floats
    site: Texts
    """Street or building named in the camera's name."""


def build_cameras(sample: Sample, pictures: int) -> Rows:
    """Rows of hall.camera; `pictures` is the row of hall.video_source whose streams they have, one each by the camera's id."""
    ground, streets, rng = sample.ground, sample.streets, sample.stream("cameras")
    count = sample.thinned(CAMERAS)
    groups = [
        _at_junctions(ground, streets, rng, round(count * SHARES["junction"])),
        _at_squares(ground, rng, round(count * SHARES["square"])),
        _at_entrances(ground, streets, rng, round(count * SHARES["entrance"])),
    ]
    groups.append(_along_roads(ground, streets, rng, count - sum(len(group.xy) for group in groups)))
    place = np.concatenate([np.full(len(group.xy), group.place_type, object) for group in groups])
    xy = np.vstack([group.xy for group in groups])
    azimuth = np.concatenate([group.azimuth_deg for group in groups])
    return {
        **_rows(sample, rng, place, azimuth, np.concatenate([group.site for group in groups])),
        **_streams(len(xy), pictures),
        **located(ground, xy),
    }


def _rows(sample: Sample, rng: Rng, place: Texts, azimuth: Floats, site: Texts) -> Rows:
    count = len(place)
    owner = _by_place(rng, place, OWNER_SHARES)
    owner_text = np.array(OWNERS, object)[owner]
    ptz = _by_place(rng, place, PTZ_SHARES) + 1
    low, high = (np.array([HEIGHT_M[key][side] for key in place]) for side in (0, 1))
    online = rng.random(count) < ONLINE_SHARE
    key = np.zeros(count, bool)
    key[rng.choice(count, min(count, sample.thinned(KEY)), replace=False)] = True
    analysed = np.zeros(count, bool)
    analysed[rng.choice(count, min(count, sample.thinned(ANALYSED)), replace=False)] = True
    since = np.where(online, rng.integers(3600, 90 * 86_400, count), rng.integers(300, 4 * 86_400, count))
    return {
        "id": np.arange(1, count + 1),
        "gb_id": device_ids(np.array([INDUSTRY[key] for key in owner_text], object), _networks(owner_text)),
        "name": _names(place, site, azimuth),
        "owner": owner_text,
        "place_type": place,
        "ptz_type": ptz,
        "placement": picked(PLACEMENTS, choose(rng, PLACEMENT_SHARES, count)),
        "azimuth_deg": azimuth.round(1),
        "fov_deg": np.where(ptz == DOME, FULL_CIRCLE_DEG, rng.choice(FIELDS_OF_VIEW_DEG, count)),
        "view_range_m": np.array([RANGES_M[key] for key in place])[np.arange(count), rng.integers(0, 3, count)],
        "height_m": (low + (high - low) * rng.random(count)).round(1),
        "online": online,
        "is_key": key,
        "ai_enabled": analysed,
        "address": pa.array(site, pa.string()),
        "retention_days": np.where(key, 90, 30),
        "changed_at": sample.now - since.astype("timedelta64[s]"),
    }


def _streams(count: int, pictures: int) -> Rows:
    return {"video_source_id": np.full(count, pictures), "stream_ref": pa.array([str(number) for number in range(1, count + 1)])}


def _networks(owner: Texts) -> Texts:
    return np.array([NETWORK.get(key, GOVERNMENT_NETWORK) for key in owner], object)


def _by_place(rng: Rng, place: Texts, shares: Mapping[str, tuple[int, ...]]) -> Ints:
    out = np.zeros(len(place), np.int64)
    for key, weights in shares.items():
        mine = np.flatnonzero(place == key)
        out[mine] = choose(rng, weights, len(mine))
    return out


def _names(place: Texts, site: Texts, azimuth: Floats) -> pa.Array:
    """水坑尾街 路口 东向 03: the number counts cameras of one site."""
    words = joined(pa.array(site, pa.string()), " ", pa.array([WORDS[key] for key in place]), " ")
    direction = picked(DIRECTIONS, ((azimuth + 22.5) // 45).astype(np.int64) % len(DIRECTIONS))
    _, site_no = np.unique(site.astype(str), return_inverse=True)
    return joined(words, direction, "向 ", padded(running_numbers(site_no) % 99 + 1, 2))


def _at_junctions(ground: Ground, streets: Streets, rng: Rng, count: int) -> _Group:
    """One camera an arm, at random among the arms of junctions with three or more."""
    roads = ground.roads
    use = np.flatnonzero(roads.drive & ~roads.tunnel & roads.inside)
    node, edge = np.concatenate([roads.u[use], roads.v[use]]), np.tile(use, 2)
    at_end = np.repeat([False, True], len(use))
    _, inverse, arms = np.unique(node, return_inverse=True, return_counts=True)
    busy = np.array([highway != "service" for highway in roads.highway[edge]], bool)
    arm = np.flatnonzero((arms[inverse] >= 3) & busy)
    arm = arm[rng.permutation(len(arm))[:count]]
    line = roads.line[edge[arm]]
    length = shapely.length(line)
    corner = point_at(line, np.where(at_end[arm], length, 0.0))
    ahead = point_at(line, np.where(at_end[arm], np.maximum(length - LOOK_M, 0), np.minimum(LOOK_M, length)))
    return _Group("junction", corner + rng.normal(0, 2.5, corner.shape), bearing_deg(ahead - corner), streets.of_road[edge[arm]])


def _along_roads(ground: Ground, streets: Streets, rng: Rng, count: int) -> _Group:
    roads = ground.roads
    use = np.flatnonzero(roads.drive & ~roads.tunnel & roads.inside & (roads.length_m > 2 * LOOK_M))
    edge = use[choose(rng, roads.length_m[use], count)] if len(use) else use
    line = roads.line[edge]
    length = shapely.length(line)
    at = LOOK_M + rng.random(len(edge)) * (length - 2 * LOOK_M)
    backward = rng.random(len(edge)) < 0.5
    here, ahead = point_at(line, at), point_at(line, at + np.where(backward, -LOOK_M, LOOK_M))
    return _Group("road", here + rng.normal(0, 2.0, here.shape), bearing_deg(ahead - here), streets.of_road[edge])


def _at_squares(ground: Ground, rng: Rng, count: int) -> _Group:
    places = ground.places
    use = np.flatnonzero((places.place_class == "park") & places.inside)
    place = use[rng.integers(0, len(use), count)] if len(use) else use
    xy = places.point[place] + rng.normal(0, 12.0, (len(place), 2))
    return _Group("square", xy, bearing_deg(places.point[place] - xy), places.name[place])


def _at_entrances(ground: Ground, streets: Streets, rng: Rng, count: int) -> _Group:
    """At the wall point nearest to a street, looking at the street."""
    buildings, roads = ground.buildings, ground.roads
    weight = np.sqrt(buildings.area_m2 * buildings.floors) * (buildings.area_m2 > 60) * buildings.inside
    pick = choose(rng, weight, count if weight.any() else 0)
    drive = roads.line[roads.drive & ~roads.tunnel]
    near = drive[shapely.STRtree(drive).nearest(shapely.points(buildings.point[pick]))]
    wall_to_road = shapely.get_coordinates(shapely.shortest_line(buildings.polygon[pick], near)).reshape(-1, 2, 2)
    wall, street = wall_to_road[:, 0], wall_to_road[:, 1]
    looks = (bearing_deg(street - wall) + rng.normal(0, 25, len(pick))) % 360
    return _Group("entrance", wall + rng.normal(0, 0.8, wall.shape), looks, _site_names(streets, pick))


def _site_names(streets: Streets, building: Ints) -> npt.NDArray[np.object_]:
    return np.asarray(streets.label[building], object)
