"""Our own names in memory: roads with their crossings and house numbers, buildings, points of interest, areas; and which grid holds a point.

Built anew when a layer behind it changes; a look-up then costs no query.
"""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
import shapely
from opencc import OpenCC

from geodata.db import Conn
from services import revisions
from services.geodesy import metres_per_degree
from services.kept import Kept

SHORTEST = 2
"""Characters of a name that can be found in a text."""
SHORE_DEG = 0.001
"""About 100 m."""
ADDRESS = re.compile(r"(.+?)(\d{1,4})[a-z]?(?:[-~至](\d{1,4})?[a-z]?)?号")
PRECISION_OF_CLASS: Mapping[str, str] = {"quarter": "area", "park": "address", "station": "address", "parking": "address"}
"""A named place that is larger than a building; any other is a point."""
AREA_PRECISION: Mapping[str, str] = {"district": "district"}
_BLANK = re.compile(r"\s+")

LAYERS = ("roads", "places", "buildings", "district")
"""Whatever names come from."""
ROADS = "SELECT name, source, target, grid_code, ST_AsBinary(geom) FROM hall.road_edge WHERE name IS NOT NULL ORDER BY id LIMIT 2000000"
BUILDINGS = """
    SELECT id, name, address, grid_code, ST_X(middle), ST_Y(middle)
    FROM (SELECT id, name, address, grid_code, ST_PointOnSurface(geom) AS middle FROM hall.building
          WHERE name IS NOT NULL OR address IS NOT NULL ORDER BY id LIMIT 2000000) AS named
"""
PLACES = "SELECT name, class, grid_code, ST_X(geom), ST_Y(geom) FROM hall.place ORDER BY id LIMIT 2000000"
AREAS = """
    SELECT level, code, name, ST_X(middle), ST_Y(middle), CASE WHEN level = 'base_grid' THEN ST_AsBinary(geom) END
    FROM (SELECT level, code, name, geom, ST_PointOnSurface(geom) AS middle FROM hall.area WHERE level <> 'city_grid'
          ORDER BY code LIMIT 100000) AS known
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that has a name: `kind` is building, poi or area."""

    kind: str
    precision: str
    lon: float
    lat: float
    grid_code: str
    building_id: int | None = None


@dataclass(frozen=True, slots=True)
class House:
    """A building at numbers of a road, both included."""

    low: int
    high: int
    entry: Entry


@dataclass(slots=True)
class Road:
    """All edges of one name."""

    lines: list[shapely.LineString]
    nodes: dict[int, tuple[float, float]]
    grids: list[str | None]
    houses: list[House]
    _flat: "tuple[shapely.Geometry, float, float] | None" = None
    """The edges in metres, and the metres of a degree there; made when it is first asked for."""
    _middle: tuple[float, float] | None = None

    @property
    def line(self) -> shapely.Geometry:
        """The edges as one geometry."""
        return shapely.multilinestrings(self.lines)

    def nearest(self, lon: float, lat: float) -> tuple[float, float]:
        """Return the point of the road that is nearest to a position."""
        flat, east, north = self._flat or self._flatten()
        found = shapely.shortest_line(flat, shapely.Point(lon * east, lat * north))
        x, y = found.coords[0]
        return x / east, y / north

    def _flatten(self) -> "tuple[shapely.Geometry, float, float]":
        scale = _scale(float(shapely.total_bounds(self.lines)[1]))
        flat = shapely.transform(self.line, lambda xy: xy * scale)
        shapely.prepare(flat)
        self._flat = (flat, float(scale[0]), float(scale[1]))
        return self._flat

    def middle(self) -> tuple[float, float]:
        """Return the point of the road nearest to the middle of its box."""
        if self._middle is None:
            west, south, east, north = shapely.total_bounds(self.lines)
            self._middle = self.nearest((west + east) / 2, (south + north) / 2)
        return self._middle

    def distance_m(self, lon: float, lat: float) -> float:
        """Return how far a position is from the road."""
        x, y = self.nearest(lon, lat)
        return apart_m(lon, lat, x, y)


@dataclass(frozen=True, slots=True)
class Found:
    """A name in a text, from `start` to before `end`."""

    start: int
    end: int
    name: str


class Names:
    """Names that can be found inside a text: by their first two characters, the longest first."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_head: dict[str, list[str]] = defaultdict(list)
        for name in set(names):
            if len(name) >= SHORTEST:
                self._by_head[name[:2]].append(name)
        for group in self._by_head.values():
            group.sort(key=len, reverse=True)

    def within(self, text: str) -> list[Found]:
        """Return the names in a text from left to right; a name inside a longer one does not count."""
        out: list[Found] = []
        for start in range(len(text) - 1):
            for name in self._by_head.get(text[start : start + 2], ()):
                if text.startswith(name, start):
                    if not out or start + len(name) > out[-1].end:
                        out.append(Found(start, start + len(name), name))
                    break
        return out


class Gazetteer:
    """What one state of the layers can name."""

    def __init__(
        self, roads: Mapping[str, Road], entries: Mapping[str, list[Entry]], grids: Mapping[str, shapely.Geometry], district: Entry | None
    ) -> None:
        self.roads, self.entries, self.district = roads, entries, district
        self.names = Names([*roads, *entries])
        self._codes = list(grids)
        self._tree = shapely.STRtree(list(grids.values()))

    def grid_at(self, lon: float, lat: float) -> str | None:
        """Return the code of the base grid that holds a point, None outside the district."""
        found = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
        return self._codes[int(found[0])] if len(found) else None

    def grid_near(self, lon: float, lat: float) -> str | None:
        """Return the code of the grid that holds a point or is at most 100 m away: quays and bridges belong to the land they touch."""
        found = self._tree.query_nearest(shapely.Point(lon, lat), max_distance=SHORE_DEG, all_matches=False)
        return self._codes[int(found[0])] if len(found) else None

    def elsewhere(self, text: str) -> str | None:
        """Return the name of another city, province or county in a text that is none of our names."""
        own = self.names.within(text)
        for found in _foreign(self.district.grid_code if self.district else "").within(text):
            if not any(name.start <= found.start and found.end <= name.end for name in own):
                return found.name
        return None

    @cached_property
    def pairs(self) -> Mapping[str, tuple[str, ...]]:
        """Two characters → names that hold them, for names written a little otherwise."""
        out: dict[str, set[str]] = defaultdict(set)
        for name in (*self.roads, *self.entries):
            for at in range(len(name) - 1):
                out[name[at : at + 2]].add(name)
        return {pair: tuple(sorted(names)) for pair, names in out.items()}


def gazetteer(conn: Conn) -> Gazetteer:
    """Return the names as they are now; read anew only when a layer behind them has changed."""
    return _known.at(conn, revisions.token(conn, LAYERS), _load)


_known: Kept[Gazetteer] = Kept()


def normal(text: str) -> str:
    """Full-width forms to ASCII, Traditional to Simplified characters, small letters, no blanks."""
    return _BLANK.sub("", _to_simplified().convert(unicodedata.normalize("NFKC", text))).lower()


def apart_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the metres between two positions of a city."""
    east, north = _scale_of(round(lat * 10))
    return math.hypot((other_lon - lon) * east, (other_lat - lat) * north)


@cache
def _scale_of(tenth: int) -> tuple[float, float]:
    east, north = metres_per_degree(tenth / 10)
    return float(east), float(north)


def _scale(lat: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.array(_scale_of(round(lat * 10)))


@cache
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")


@cache
def _foreign(own: str) -> Names:
    """Names of provinces, cities and counties of China but those that the own district lies in."""
    names, ours, province = set(), set(), ""
    for line in files("stdnum.cn").joinpath("loc.dat").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        code, _, rest = line.strip().partition(" ")
        title = re.sub(r"\[[^\]]*\]", "", rest.split('"')[1]) if '"' in rest else ""
        if not line.startswith(" "):
            province, full = code, code
        else:
            full = province + code
        for part in re.split(r"[,，]", title):
            if len(part) > SHORTEST and part.endswith(("省", "市", "区", "县", "州", "盟", "旗")) and part not in ("市辖区", "直辖县级"):
                names.add(part)
                if own and (full == own[: len(full)] or (full.endswith("00") and own.startswith(full.rstrip("0")))):
                    ours.add(part)
    return Names(names - ours)


def _load(conn: Conn) -> Gazetteer:
    roads: dict[str, Road] = {}
    for name, source, target, grid_code, wkb in conn.execute(ROADS).fetchall():
        road = roads.setdefault(normal(name), Road([], {}, [], []))
        line = shapely.from_wkb(wkb)
        points = shapely.get_coordinates(line)
        road.lines.append(line)
        road.grids.append(grid_code)
        road.nodes[source], road.nodes[target] = tuple(points[0]), tuple(points[-1])
    entries: dict[str, list[Entry]] = defaultdict(list)
    for building_id, name, address, grid_code, lon, lat in conn.execute(BUILDINGS).fetchall():
        entry = Entry(kind="building", precision="building", lon=lon, lat=lat, grid_code=grid_code, building_id=building_id)
        if name:
            entries[normal(name)].append(entry)
        parsed = ADDRESS.fullmatch(normal(address)) if address else None
        if parsed and parsed[1] in roads:
            low = int(parsed[2])
            roads[parsed[1]].houses.append(House(low, max(low, int(parsed[3] or low)), entry))
    for name, kind, grid_code, lon, lat in conn.execute(PLACES).fetchall():
        precision = PRECISION_OF_CLASS.get(kind, "point")
        if normal(name) not in roads:
            entries[normal(name)].append(Entry(kind="poi", precision=precision, lon=lon, lat=lat, grid_code=grid_code or ""))
    grids, district = {}, None
    for level, code, name, lon, lat, wkb in conn.execute(AREAS).fetchall():
        entry = Entry(kind="area", precision=AREA_PRECISION.get(level, "area"), lon=lon, lat=lat, grid_code=code)
        entries[normal(name)].append(entry)
        if level == "district" and district is None:
            district = entry
        if wkb:
            grids[code] = shapely.from_wkb(wkb)
    shapely.prepare(list(grids.values()))
    return Gazetteer(roads, dict(entries), grids, district)
