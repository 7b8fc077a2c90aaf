"""Where events happen: along streets, more where more people live, at buildings, and in hot spots that begin and fade."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import shapely

from geodata.city.draws import Rng, choose
from geodata.city.event_classes import EVENT_CLASSES
from geodata.city.ground import Bools, Floats, Ground, Ints
from geodata.city.spots import middles, point_at, taken

CELL_M = 120.0
"""Households are counted in squares of this size to tell how dense the surroundings of a street are."""
NOT_A_STREET = ("motorway", "motorway_link", "trunk", "trunk_link")
STREET_NOISE_M = 3.5
HOT_RADIUS_M, HOT_SPREAD_M = 70.0, 30.0
HOT_CLASSES = ("0501", "0504", "0505", "0102", "0201")


@dataclass(frozen=True, slots=True)
class Sites:
    """A place for each event: (n, 2) metres, and the index of its road or of its building (-1 for the other one)."""

    xy: Floats
    road: Ints
    building: Ints

    @classmethod
    def joined(cls, parts: "list[Sites]") -> Self:
        """Lay several end to end."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("xy", "road", "building")))

    def take(self, index: Ints) -> "Sites":
        """Those at `index`, in that order."""
        return Sites(self.xy[index], self.road[index], self.building[index])


@dataclass(frozen=True, slots=True)
class Scene:
    """The streets and buildings of a ground with how often something happens there."""

    ground: Ground
    road: Ints
    """Index into the ground's roads of every street that can have events."""
    middle: Floats
    weight: Floats
    building_weight: Floats

    @classmethod
    def of(cls, ground: Ground) -> Self:
        """Weigh streets by length and by the households around them, buildings by their households."""
        roads, buildings = ground.roads, ground.buildings
        road = np.flatnonzero(~roads.tunnel & ~roads.bridge & roads.inside & ~np.isin(roads.highway, NOT_A_STREET))
        middle = middles(roads.line[road])
        origin = np.vstack([middle, buildings.point]).min(axis=0)
        squares = [np.floor((xy - origin) / CELL_M).astype(np.int64) @ np.array([1 << 20, 1]) for xy in (buildings.point, middle)]
        known, index = np.unique(squares[0], return_inverse=True)
        homes = np.bincount(index, buildings.households)
        at = np.minimum(np.searchsorted(known, squares[1]), len(known) - 1)
        near = np.where(taken(known, at) == squares[1], taken(homes, at), 0)
        weight = roads.length_m[road] * (4 + near) ** 0.75
        return cls(ground, road, middle, weight, np.where(buildings.inside, buildings.households + 0.3, 0))

    def sites(self, rng: Rng, indoors: Bools) -> Sites:
        """A place for each event, in a street or at a building; in a street where there is none."""
        indoors = indoors & self.building_weight.any()
        out = np.full((2, len(indoors)), -1)
        out[0, ~indoors] = self.road[choose(rng, self.weight, int((~indoors).sum()))]
        out[1, indoors] = choose(rng, self.building_weight, int(indoors.sum()))
        xy = np.where(indoors[:, None], self._at_buildings(rng, out[1]), self._in_streets(rng, out[0], rng.random(len(indoors))))
        return Sites(xy, out[0], out[1])

    def _in_streets(self, rng: Rng, road: Ints, along: Floats) -> Floats:
        line = self.ground.roads.line[road]
        return point_at(line, along * shapely.length(line)) + rng.normal(0, STREET_NOISE_M, (len(road), 2))

    def _at_buildings(self, rng: Rng, building: Ints) -> Floats:
        spread = np.sqrt(taken(self.ground.buildings.area_m2, building))[:, None] / 4
        return np.asarray(
            taken(self.ground.buildings.point, building) + rng.normal(0, 1, (len(building), 2)).clip(-2, 2) * spread, np.float64
        )


@dataclass(frozen=True, slots=True)
class HotSpots:
    """Street corners where much happens, the busiest first, each with its own class and time."""

    scene: Scene
    centre: Floats
    favourite: Ints
    """Index of the class of EVENT_CLASSES."""
    begin: Ints
    """First day."""
    end: Ints
    """Day after the last."""
    streets: npt.NDArray[np.object_]
    """Per spot the roads within its radius, as indices into the ground's roads."""

    @classmethod
    def draw(cls, rng: Rng, scene: Scene, count: int, days: int) -> Self:
        """Draw `count` spots: an eighth begins within the last half year, a sixteenth stops half way through."""
        spot = rng.choice(len(scene.road), count, replace=False, p=scene.weight / scene.weight.sum())
        centre = scene.middle[spot]
        codes = [item.code for item in EVENT_CLASSES]
        favourite = np.array([codes.index(code) for code in HOT_CLASSES])[rng.integers(0, len(HOT_CLASSES), count)]
        begin, end = np.zeros(count, np.int64), np.full(count, days)
        late, fading = count // 8, count // 16
        begin[count - late :] = rng.integers(days - 170, days - 40, late)
        end[count - late - fading : count - late] = days * 55 // 100
        found, near = shapely.STRtree(scene.ground.roads.line[scene.road]).query(
            shapely.points(centre), predicate="dwithin", distance=HOT_RADIUS_M
        )
        streets = np.empty(count, object)
        for index in range(count):
            streets[index] = scene.road[np.append(near[found == index], spot[index])]
        return cls(scene, centre, favourite, begin, end, streets)

    def busy(self, rng: Rng, count: int) -> Ints:
        """Draw the spot of each of `count` events."""
        return choose(rng, (1.0 + np.arange(len(self.centre))) ** -0.6, count)

    def days(self, rng: Rng, spot: Ints, day: Ints) -> Ints:
        """The given days, moved into the life of the spot where they lie outside."""
        begin, end = self.begin[spot], self.end[spot]
        inside = (begin + rng.random(len(spot)) * (end - begin)).astype(np.int64)
        return np.where((day < begin) | (day >= end), inside, day)

    def sites(self, rng: Rng, spot: Ints) -> Sites:
        """A place for each event, on a street near the centre of its spot."""
        sizes = np.array([len(roads) for roads in self.streets])
        first = np.cumsum(sizes) - sizes
        road = np.concatenate(list(self.streets))[first[spot] + (rng.random(len(spot)) * sizes[spot]).astype(np.int64)]
        line = self.scene.ground.roads.line[road]
        wanted = self.centre[spot] + rng.normal(0, HOT_SPREAD_M, (len(spot), 2))
        xy = point_at(line, shapely.line_locate_point(line, shapely.points(wanted))) + rng.normal(0, STREET_NOISE_M, (len(spot), 2))
        return Sites(xy, road, np.full(len(spot), -1))
