"""From what people write to a place: our own roads, house numbers, crossings, points of interest, buildings and areas, with how precise it is."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geodata.crs import to_wgs84
from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.gazetteer import Entry, Found, Gazetteer, House, Road, apart_m, gazetteer, normal

MAX_TEXT = 200
MAX_PLACES = 5
NEAR_NUMBERS = 30
"""House numbers that lie so far from the wanted one still tell where about it is."""
CROSSING_M = 60.0
"""Parts of one crossing lie within this of each other; roads that come so near each other cross for whoever stands there."""
BESIDE_M = 150.0
"""A building so far from a road may be said to stand in it."""
SPREAD_M = 300.0
"""Places of one name that lie farther apart are different ones."""
OFF_M = 200.0
"""A position that lies so far from where the text says is doubted, when another datum would bring it there."""
FITS_M = 120.0
DATUMS = ("GCJ-02", "BD-09")
LEAST_ALIKE = 0.5
NUMBER = re.compile(r"(?:门牌)?(\d{1,4})[a-z]?(?:[-~至]\d{0,4}[a-z]?)?号?(?!\d|米|楼|座|层|栋|幢|路|街|巷|公里|m)")
JOINED = re.compile(r"[与和及跟、/,，×x&+—\-近]{0,2}(?:同|跟)?")
AT_CROSSING = re.compile(r"交[叉界汇]|路口|街口|交口|十字|转角|拐角")
NEAR = re.compile(r"[(（,，]?(?:近|靠近|邻近|旁|对面)$")
RANKS = ("point", "building", "address", "road", "area", "district")
"""Precisions, from the finest to the coarsest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place that a text may mean."""

    lon: float
    lat: float
    precision: str
    """point, building, address, road, area or district."""
    grid_code: str
    matched: str
    """The part of the text, as our names write it."""
    building_id: int | None
    score: float
    """0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Geocoded:
    """All that a text tells about a place."""

    places: tuple[Place, ...]
    """The likeliest first."""
    elsewhere: str | None
    """Another city or province that the text names: then no place of ours is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A position that was declared as WGS 84 but looks like another datum: it must be asked, not guessed."""

    crs: str
    """What it seems to be."""
    lon: float
    lat: float
    """Where it would then lie, in WGS 84."""
    off_m: float | None
    """How far the declared position lies from what the text says; None when it lies outside the district."""
    then_off_m: float | None
    """The same of the other reading; None without a text to compare with."""


def geocode(conn: Conn, text: str, reader_scope: str = "") -> list[Place]:
    """Return the places that a text may mean, the likeliest first, within an area code prefix; none when it names another city.

    Raises:
        InvalidInputError: the text is longer than 200 characters.
    """
    return list(look_up(gazetteer(conn), text, reader_scope).places)


def look_up(names: Gazetteer, text: str, reader_scope: str = "") -> Geocoded:
    """Do the same with names at hand, and tell which other city is named. Same error."""
    if len(text) > MAX_TEXT:
        raise InvalidInputError(f"the text of a place has at most {MAX_TEXT} characters")
    wanted = normal(text)
    elsewhere = names.elsewhere(wanted)
    if elsewhere or len(wanted) < 2:
        return Geocoded(places=(), elsewhere=elsewhere)
    found = names.names.within(wanted)
    places = _of_names(names, wanted, found)
    if not any(place.precision in RANKS[:4] for place in places):
        places += _nearly(names, wanted)
    return Geocoded(places=_best(places, reader_scope), elsewhere=None)


def doubt(names: Gazetteer, lon: float, lat: float, places: Sequence[Place]) -> Doubt | None:
    """Say which datum a position that was declared as WGS 84 seems to have; None when there is nothing to ask.

    It is doubted when it lies outside the district or 200 m off what the text says, while read as GCJ-02 or BD-09 it fits.
    """
    known = [place for place in places if place.precision in RANKS[:4] and place.score >= 0.5]
    inside = names.grid_at(lon, lat) is not None
    off_m = min((_off_m(names, place, lon, lat) for place in known), default=None)
    if inside and (off_m is None or off_m <= OFF_M):
        return None
    readings = []
    for crs in DATUMS:
        x, y = to_wgs84(np.array([lon]), np.array([lat]), crs)
        then_lon, then_lat = float(x[0]), float(y[0])
        if names.grid_at(then_lon, then_lat) is None:
            continue
        then_off_m = min((_off_m(names, place, then_lon, then_lat) for place in known), default=None)
        if then_off_m is None or then_off_m <= FITS_M:
            readings.append((then_off_m or 0.0, Doubt(crs=crs, lon=then_lon, lat=then_lat, off_m=off_m, then_off_m=then_off_m)))
    return min(readings, key=lambda item: item[0])[1] if readings else None


def _off_m(names: Gazetteer, place: Place, lon: float, lat: float) -> float:
    if place.precision == "road" and place.matched in names.roads:
        return names.roads[place.matched].distance_m(lon, lat)
    return apart_m(lon, lat, place.lon, place.lat)


def _of_names(names: Gazetteer, text: str, found: Sequence[Found]) -> list[Place]:
    roads = [item for item in found if item.name in names.roads]
    named = [item for item in found if item.name in names.entries]
    out = [place for item in roads for place in _numbered(names, text, item)]
    out += [place for number, item in enumerate(roads) for place in _crossings(names, text, item, roads[number + 1 :])]
    for item in named:
        out += _named(names, text, item, [names.roads[road.name] for road in roads], roads)
    out += [_place(names, names.roads[item.name].middle(), "road", item.name, 0.6 - 0.02 * number) for number, item in enumerate(roads)]
    return out


def _numbered(names: Gazetteer, text: str, item: Found) -> Iterable[Place]:
    parsed = NUMBER.match(text, item.end)
    houses = names.roads[item.name].houses
    if not parsed or not houses:
        return
    wanted = int(parsed[1])
    best = min(houses, key=lambda house: _away(house, wanted))
    away, matched = _away(best, wanted), f"{item.name}{wanted}号"
    if away < 1:
        yield _of_entry(best.entry, matched, 1.0 if away == 0 else 0.95, "building")
    elif away <= NEAR_NUMBERS:
        yield _of_entry(best.entry, matched, 0.85 - 0.005 * away, "address", building=False)


def _away(house: House, wanted: int) -> float:
    """0 when the number is the house's, half a step for the other side of the road."""
    odd = 0.5 if wanted % 2 != house.low % 2 and house.low != house.high else 0.0
    if house.low <= wanted <= house.high:
        return odd
    return min(abs(wanted - house.low), abs(wanted - house.high)) + (1.5 if wanted % 2 != house.low % 2 else 0.0)


def _crossings(names: Gazetteer, text: str, first: Found, others: Sequence[Found]) -> Iterable[Place]:
    for second in others:
        between = text[first.end : second.start]
        said = bool(AT_CROSSING.search(text, second.end)) or bool(AT_CROSSING.search(between))
        if not said and not JOINED.fullmatch(between):
            continue
        points = _meeting(names.roads[first.name], names.roads[second.name])
        for point in points[:2]:
            score = 0.95 if said else 0.88
            yield _place(names, point, "point", f"{first.name}×{second.name}", score if len(points) == 1 else score - 0.1)


def _meeting(road: Road, other: Road) -> list[tuple[float, float]]:
    """Return where two roads meet: one point for each crossing."""
    shared = [road.nodes[node] for node in road.nodes.keys() & other.nodes.keys()]
    groups: list[list[tuple[float, float]]] = []
    for point in sorted(shared):
        near = next((group for group in groups if apart_m(*group[0], *point) <= CROSSING_M), None)
        if near is None:
            groups.append([point])
        else:
            near.append(point)
    if groups:
        groups.sort(key=len, reverse=True)
        return [(float(np.mean([x for x, _ in group])), float(np.mean([y for _, y in group]))) for group in groups]
    (x, y), (other_x, other_y) = shapely.get_coordinates(shapely.shortest_line(road.line, other.line)).tolist()
    return [((x + other_x) / 2, (y + other_y) / 2)] if apart_m(x, y, other_x, other_y) <= CROSSING_M else []


def _named(names: Gazetteer, text: str, item: Found, roads: Sequence[Road], found: Sequence[Found]) -> Iterable[Place]:
    entries = names.entries[item.name]
    if entries[0].kind == "area" and all(entry.kind == "area" for entry in entries):
        for entry in entries[:3]:
            yield _of_entry(entry, item.name, 0.25 if entry.precision == "district" else 0.4, entry.precision)
        return
    entries = [entry for entry in entries if entry.kind != "area"]
    beside = [[road.distance_m(entry.lon, entry.lat) for road in roads] for entry in entries[:40]]
    said_near = bool(NEAR.search(text[: item.start]))
    groups = _apart(entries[:40])
    for entry, away in zip(entries[:40], beside, strict=True):
        score = 0.9 if len(item.name) >= 3 else 0.7
        if groups > 1:
            score -= 0.25
        if away:
            nearest = min(range(len(away)), key=away.__getitem__)
            if away[nearest] <= BESIDE_M:
                score += 0.09 if groups == 1 else 0.3
                if said_near and item.start > found[nearest].end - 1:
                    beside_it = roads[nearest].nearest(entry.lon, entry.lat)
                    yield _place(names, beside_it, "address", f"{found[nearest].name} {item.name}", min(score, 0.93))
                    continue
            else:
                score -= 0.35
        yield _of_entry(entry, item.name, min(score, 0.99), "address" if said_near and entry.precision in RANKS[:2] else entry.precision)


def _apart(entries: Sequence[Entry]) -> int:
    """Count how many different places a name stands for."""
    first: list[Entry] = []
    for entry in entries:
        if all(apart_m(entry.lon, entry.lat, other.lon, other.lat) > SPREAD_M for other in first):
            first.append(entry)
    return len(first)


def _nearly(names: Gazetteer, text: str) -> list[Place]:
    """Names of which most pairs of characters stand in the text: written or heard a little otherwise."""
    counts: Counter[str] = Counter()
    for pair in {text[at : at + 2] for at in range(len(text) - 1)}:
        holders = names.pairs.get(pair, ())
        for name in holders:
            counts[name] += 1
    out = []
    for name, count in counts.most_common(60):
        if len(name) < 4 or count < 2:
            continue
        telling = [1.0 / len(names.pairs[name[at : at + 2]]) ** 0.5 for at in range(len(name) - 1)]
        shared = [weight for at, weight in enumerate(telling) if name[at : at + 2] in text]
        alike = sum(shared) / sum(telling)
        if alike < LEAST_ALIKE:
            continue
        if name in names.roads:
            out.append(_place(names, names.roads[name].middle(), "road", name, 0.5 * alike))
        else:
            out += [_of_entry(entry, name, 0.6 * alike, entry.precision) for entry in names.entries[name][:2] if entry.kind != "area"]
    return out


def _of_entry(entry: Entry, matched: str, score: float, precision: str, *, building: bool = True) -> Place:
    return Place(
        lon=entry.lon,
        lat=entry.lat,
        precision=precision,
        grid_code=entry.grid_code,
        matched=matched,
        building_id=entry.building_id if building and precision == "building" else None,
        score=round(score, 3),
    )


def _place(names: Gazetteer, at: tuple[float, float], precision: str, matched: str, score: float) -> Place:
    lon, lat = at
    grid_code = names.grid_at(lon, lat) or ""
    return Place(lon=lon, lat=lat, precision=precision, grid_code=grid_code, matched=matched, building_id=None, score=round(score, 3))


def _best(places: Iterable[Place], scope: str) -> tuple[Place, ...]:
    kept: list[Place] = []
    for place in sorted(places, key=lambda place: (-place.score, RANKS.index(place.precision), place.matched, place.lon)):
        inside = place.grid_code and place.grid_code.startswith(scope)
        if inside and all(apart_m(place.lon, place.lat, other.lon, other.lat) > 20 or place.precision != other.precision for other in kept):
            kept.append(place)
    return tuple(kept[:MAX_PLACES])
