"""Emergency resources: what the map knows, and what it cannot know (hydrants, shelters, warehouses), marked as synthetic."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from geodata.city.codes import phones
from geodata.city.draws import Rng, choose, running_numbers
from geodata.city.ground import Floats, Ground, Ints, Texts
from geodata.city.names import people_names
from geodata.city.sample import Sample
from geodata.city.spots import along, half_width_m, located
from geodata.city.texts import Rows, where

MAPPED = ("hospital", "fire_station", "police", "toilet", "parking", "school")
"""Classes of places that are resources of the same name."""
CAPACITIES: Mapping[str, tuple[int, int]] = {
    "hospital": (20, 400), "fire_station": (12, 40), "police": (10, 60), "toilet": (4, 16), "parking": (20, 400), "school": (200, 1500),
    "shelter": (200, 4000), "warehouse": (500, 5000), "hydrant": (1, 2),
}  # fmt: skip
"""Beds, people, places, bays or items; made up also for mapped places without a capacity."""
FREE_SHARE: Mapping[str, tuple[float, float]] = {"hospital": (0.05, 0.35), "parking": (0.0, 0.5)}
HYDRANT_SPACING_M, SHELTERS, WAREHOUSES = 320.0, 64, 14
KEY = ("hospital", "fire_station", "police", "school", "shelter", "warehouse")
"""Kinds whose every place is a key place of the district."""
STATES, STATE_SHARES = ("open", "closed", "full"), (96, 3, 1)
PHONES_FROM = 22_000_000


@dataclass(frozen=True, slots=True)
class _Group:
    kind: str
    xy: Floats
    name: Texts
    address: Texts
    synthetic: bool
    capacity: Ints
    """0: not known."""


def build_resources(sample: Sample) -> Rows:
    """Rows of hall.resource."""
    ground, rng = sample.ground, sample.stream("resources")
    groups = [*_mapped(ground), _hydrants(sample, rng), _shelters(sample, rng), _warehouses(sample, rng)]
    kind = np.concatenate([np.full(len(group.xy), group.kind, object) for group in groups])
    xy = np.vstack([group.xy for group in groups])
    count = len(kind)
    low, high = (np.array([CAPACITIES[key][side] for key in kind], np.float64) for side in (0, 1))
    drawn = (low * (high / low) ** rng.random(count)).astype(np.int64)
    known = np.concatenate([group.capacity for group in groups])
    capacity = np.where(known > 0, known, drawn)
    free_low, free_high = (np.array([FREE_SHARE.get(key, (0.4, 1.0))[side] for key in kind]) for side in (0, 1))
    state = np.array(STATES, object)[choose(rng, STATE_SHARES, count)]
    available = (capacity * (free_low + (free_high - free_low) * rng.random(count))).astype(np.int64)
    unstaffed = np.isin(kind, ("hydrant", "toilet", "parking"))
    return {
        "id": np.arange(1, count + 1),
        "kind": kind,
        "name": np.concatenate([group.name for group in groups]),
        "address": _addresses(sample, xy, np.concatenate([group.address for group in groups])),
        "contact": where(unstaffed, None, people_names(rng, rng.random(count) < 0.6)),
        "phone": where(unstaffed, None, phones(np.arange(count) + PHONES_FROM)),
        "capacity": capacity,
        "available": np.where(state == "open", np.where(kind == "hydrant", capacity, available), 0),
        "state": state,
        "is_key": np.isin(kind, KEY),
        "synthetic": np.concatenate([np.full(len(group.xy), group.synthetic) for group in groups]),
        **located(ground, xy),
    }


def _addresses(sample: Sample, xy: Floats, known: Texts) -> Texts:
    """As mapped, else the street."""
    road = shapely.STRtree(sample.ground.roads.line).nearest(shapely.points(xy))
    return np.array([text or street for text, street in zip(known, sample.streets.of_road[road], strict=True)], object)


def _mapped(ground: Ground) -> list[_Group]:
    places = ground.places
    groups = []
    for kind in MAPPED:
        mine = np.flatnonzero((places.place_class == kind) & places.inside)
        capacity = np.array([_number(places.tags[index].get("capacity", "")) for index in mine], np.int64)
        groups.append(_Group(kind, places.point[mine], places.name[mine], places.address[mine], synthetic=False, capacity=capacity))
    return groups


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _hydrants(sample: Sample, rng: Rng) -> _Group:
    roads = sample.ground.roads
    use = np.flatnonzero(roads.drive & ~roads.tunnel & ~roads.bridge & roads.inside & (roads.highway != "service"))
    points = along(roads.line[use], HYDRANT_SPACING_M / max(0.25, sample.scale**0.5), rng, half_width_m(sample.ground)[use] + 1.0)
    street = sample.streets.of_road[use[points.line]]
    return _invented("hydrant", points.xy, street, "消火栓", street)


def _shelters(sample: Sample, rng: Rng) -> _Group:
    """In parks and schools."""
    places = sample.ground.places
    able = np.flatnonzero(np.isin(places.place_class, ("park", "school")) & places.inside)
    chosen = np.sort(rng.permutation(able)[: sample.thinned(SHELTERS, least=12)])
    return _invented("shelter", places.point[chosen], places.name[chosen], "应急避难场所", places.address[chosen], numbered=False)


def _warehouses(sample: Sample, rng: Rng) -> _Group:
    buildings, streets = sample.ground.buildings, sample.streets
    able = np.flatnonzero((buildings.use_type == "industrial") & buildings.inside)
    able = able if len(able) else np.flatnonzero(buildings.inside)
    chosen = np.sort(rng.permutation(able)[: sample.thinned(WAREHOUSES, least=5)])
    return _invented("warehouse", buildings.point[chosen], streets.of_building[chosen], "应急物资库", streets.address[chosen])


def _invented(kind: str, xy: Floats, site: Texts, word: str, address: Texts, *, numbered: bool = True) -> _Group:
    _, index = np.unique(site.astype(str), return_inverse=True)
    serial = running_numbers(index) + 1
    name = np.array(
        [f"{place} {word}{order:02d}" if numbered else f"{place} {word}" for place, order in zip(site, serial, strict=True)], object
    )
    return _Group(kind, xy, name, address, synthetic=True, capacity=np.zeros(len(xy), np.int64))
