"""周边: who and what is around a place, within a distance or a travel time. Everything comes with its layer and id, so that it can be opened and sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotFoundError
from geodata.grid import LonLat
from geodata.source import Condition
from services import camera_views, eta, features
from services.cover import Covering
from services.element import Element, visible
from services.features import Row
from services.geodesy import GEOD
from services.mirror import Mirror
from services.mirror_store import MirrorStore
from services.morton import Floats, Ints
from services.movers import mover_kind
from services.rights import Reader, Treatment, treatment
from services.routing.engine import Engine, Mode, NetworkState
from services.shapes import Circle, Region

MAX_RADIUS_M = 5_000.0
MAX_MINUTES = 30
MAX_ITEMS = 200
SPARE = 3
"""So many times the rows asked for are looked at by travel time, nearest by straight line first."""
MAX_PEOPLE = 5_000
"""Up to so many people they are counted house by house, beyond that by where they live."""
TURNING = frozenset({"1", "4"})
"""Cameras that can be turned to anything within their range."""

PEOPLE = """
    SELECT pop_type, age_group, care, count(*) FROM hall.layer_people
    WHERE building_id = ANY(%(buildings)s) AND starts_with(grid_code, %(scope)s)
    GROUP BY pop_type, age_group, care LIMIT 1000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A group of rows of one layer. `comes` says how its rows get to the place, if they move or send somebody."""

    key: str
    layer: str
    tests: tuple[Condition, ...] = ()
    comes: Mode | None = None


def _resource(kind: str, key: str, comes: Mode | None = None) -> Class:
    return Class(key=key, layer="resources", tests=(Condition("kind", (kind,)),), comes=comes)


CLASSES = (
    Class(key="workers", layer="workers", tests=(Condition("status", ("free", "busy", "off_grid")),), comes=Mode.WALK),
    Class(key="vehicles", layer="vehicles", tests=(Condition("status", ("free", "busy")),), comes=Mode.DRIVE),
    Class(key="cameras", layer="cameras"),
    _resource("hydrant", "hydrants"),
    _resource("hospital", "hospitals", Mode.DRIVE),
    _resource("shelter", "shelters"),
    _resource("fire_station", "fire_stations", Mode.DRIVE),
    _resource("police", "police", Mode.DRIVE),
    _resource("warehouse", "warehouses", Mode.DRIVE),
    _resource("school", "schools"),
    Class(key="key_organizations", layer="organizations", tests=(Condition("is_key", ("true",)),)),
    Class(key="open_events", layer="open_events"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row as the reader may see it."""

    row: Row
    distance_m: float
    """Straight."""
    road_distance_m: float | None = None
    travel_time_s: float | None = None
    """To the place, corrected by what was learned; None for what does not come, or cannot."""
    sees: bool | None = None
    """Of a camera: whether the place is in its picture, or could be when it is turned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What was found of one class: by travel time where there is one, else by distance; cameras that see the place first."""

    key: str
    layer: str
    count: int
    breakdown: Mapping[str, int]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """People in the affected buildings: numbers only."""

    buildings: int
    people: int
    by_building: bool
    """False: too many; people are counted by where they live instead."""
    categories: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Field → value → people, for the fields that the reader may see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearby:
    """Everything around a place that the reader may see."""

    lon: float
    lat: float
    area_m2: float
    shape: Circle | Region
    network: NetworkState | None
    groups: tuple[Group, ...]
    affected: Affected | None
    """None: the reader may not see people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look for: a radius in metres (10 to 5,000) or minutes of travel (1 to 30), and how many rows of each class (0 to 200)."""

    place: LonLat
    radius_m: float | None = None
    minutes: int | None = None
    mode: Mode = Mode.DRIVE
    """How the minutes are travelled."""
    limit: int = 20
    classes: tuple[str, ...] = ()
    """Only these; empty means all."""

    def __post_init__(self) -> None:
        """Check."""
        if (self.radius_m is None) == (self.minutes is None):
            raise InvalidInputError("name radius_m or minutes, one of the two")
        if self.radius_m is not None and not 10 <= self.radius_m <= MAX_RADIUS_M:
            raise InvalidInputError(f"radius_m={self.radius_m:g} is outside 10..{MAX_RADIUS_M:g}")
        if self.minutes is not None and not 1 <= self.minutes <= MAX_MINUTES:
            raise InvalidInputError(f"minutes={self.minutes} is outside 1..{MAX_MINUTES}")
        if not 0 <= self.limit <= MAX_ITEMS:
            raise InvalidInputError(f"limit={self.limit} is outside 0..{MAX_ITEMS}")
        strange = sorted(set(self.classes) - {known.key for known in CLASSES})
        if strange:
            raise InvalidInputError(f"classes: no {', '.join(strange)}; there are {', '.join(known.key for known in CLASSES)}")


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Rows of one class in the shape, and those of them that will be shown."""

    kind: Class
    mirror: Mirror
    count: int
    breakdown: Mapping[str, int]
    rows: Ints
    distance_m: Floats
    sees: Sequence[bool] | None


def nearby(
    store: MirrorStore, conn: Conn, reader: Reader, elements: Iterable[Element], wanted: Wanted, *, now: datetime, engine: Engine | None
) -> Nearby:
    """Look around a place, in the reader's scope. Classes that the reader may not see are absent.

    Raises:
        NotFoundError: minutes are asked for, and no road is near the place, or there is no road network.
        SourceUnavailableError: a layer is still being prepared.
    """
    model = eta.load(conn)
    shape = _shape(wanted, engine, model.factor(mover_kind(wanted.mode), now).factor)
    covering = Covering(shape)
    known = {element.key: element for element in visible(elements, reader)}
    kinds = [kind for kind in CLASSES if kind.layer in known and (not wanted.classes or kind.key in wanted.classes)]
    found = [_found(conn, store.mirror(kind.layer), kind, known[kind.layer], covering, scope=reader.scope, wanted=wanted) for kind in kinds]
    ids: dict[str, list[int]] = {}
    for one in found:
        ids.setdefault(one.kind.layer, []).extend(one.mirror.ids[one.rows].tolist())
    read = features.by_ids_of_all(conn, reader, [(known[layer], chosen) for layer, chosen in ids.items()])
    rows = {(layer, row.id): row for layer, some in read.items() for row in some}
    times = _times(found, rows, wanted.place, model=model, now=now, engine=engine)
    return Nearby(
        lon=wanted.place.lon,
        lat=wanted.place.lat,
        area_m2=round(shape.area_m2(), 1),
        shape=shape,
        network=engine.state if engine else None,
        groups=tuple(_group(one, rows, times, wanted.limit) for one in found),
        affected=_affected(store, conn, reader, known, covering) if {"people", "buildings"} <= known.keys() else None,
    )


def _shape(wanted: Wanted, engine: Engine | None, factor: float) -> Circle | Region:
    if wanted.radius_m is not None:
        return Circle(wanted.place.lon, wanted.place.lat, wanted.radius_m)
    reached = engine.reach(wanted.place, [(wanted.minutes or 1) / factor], wanted.mode, inwards=True)[0].area if engine else None
    if reached is None or reached.is_empty:
        raise NotFoundError("no road is near this place, so that nothing is within minutes of it")
    return Region(reached)


def _found(conn: Conn, mirror: Mirror, kind: Class, element: Element, covering: Covering, *, scope: str, wanted: Wanted) -> _Found:
    rows = mirror.within(covering, kind.tests, scope)
    breakdown = mirror.breakdown(element.breakdown, rows) if element.breakdown in mirror.coded and len(rows) else {}
    nearest, distance_m = mirror.nearest(rows, wanted.place, len(rows) if kind.layer == "cameras" else wanted.limit * SPARE)
    sees = None
    if kind.layer == "cameras" and len(nearest):
        seeing = _seeing(conn, mirror, nearest, wanted.place, distance_m)
        order = np.argsort(~seeing, kind="stable")[: wanted.limit]
        nearest, distance_m, sees = nearest[order], distance_m[order], seeing[order].tolist()
    return _Found(kind, mirror, len(rows), breakdown, nearest, distance_m, sees)


def _seeing(conn: Conn, mirror: Mirror, rows: Ints, place: LonLat, distance_m: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which cameras see the place: by their view, which buildings cut; until it is made by their sector, all around for those that turn."""
    count = len(rows)
    bearing = GEOD.inv(mirror.points.lon[rows], mirror.points.lat[rows], np.full(count, place.lon), np.full(count, place.lat))[0]
    off = np.abs((bearing - mirror.numbers["azimuth_deg"][rows] + 180) % 360 - 180)
    turning = np.array([value in TURNING for value in mirror.values("ptz_type", rows)], bool)
    online = np.array([value is not False for value in mirror.values("online", rows)], bool)
    near = distance_m <= mirror.numbers["view_range_m"][rows]
    ahead = near & (turning | (off <= mirror.numbers["fov_deg"][rows] / 2))
    ids = mirror.ids[rows].tolist()
    judged = camera_views.judge(conn, ids, place)
    seen = np.array([judged.get(camera_id, bool(plain)) for camera_id, plain in zip(ids, ahead, strict=True)], bool)
    seeing: np.ndarray[tuple[int], np.dtype[np.bool_]] = online & seen
    return seeing


def _times(
    found: Sequence[_Found], rows: Mapping[tuple[str, int], Row], place: LonLat, *, model: eta.Model, now: datetime, engine: Engine | None
) -> dict[tuple[str, int], tuple[float, float]]:
    """Return metres by road and corrected seconds of what comes, by one search for those who walk and one for those who drive."""
    times: dict[tuple[str, int], tuple[float, float]] = {}
    for mode in (Mode.WALK, Mode.DRIVE) if engine else ():
        keys = [
            (one.kind.layer, row_id)
            for one in found
            if one.kind.comes is mode
            for row_id in one.mirror.ids[one.rows].tolist()
            if (one.kind.layer, row_id) in rows
        ]
        if engine and keys:
            lons, lats = np.array([[rows[key].lon, rows[key].lat] for key in keys]).T
            travels = engine.to_one(place, lons, lats, mode)
            factor = model.factor(mover_kind(mode), now).factor
            for key, metres, seconds in zip(keys, travels.distance_m.tolist(), travels.travel_s.tolist(), strict=True):
                if np.isfinite(seconds):
                    times[key] = (round(metres, 1), round(seconds * factor, 1))
    return times


def _group(one: _Found, rows: Mapping[tuple[str, int], Row], times: Mapping[tuple[str, int], tuple[float, float]], limit: int) -> Group:
    items = []
    for number, (row_id, metres) in enumerate(zip(one.mirror.ids[one.rows].tolist(), one.distance_m.tolist(), strict=True)):
        key = (one.kind.layer, row_id)
        # a row that was deleted since its mirror was made is absent
        if key in rows:
            road_m, travel_s = times.get(key, (None, None))
            sees = one.sees[number] if one.sees is not None else None
            items.append(Item(row=rows[key], distance_m=round(metres, 1), road_distance_m=road_m, travel_time_s=travel_s, sees=sees))
    if one.kind.comes:
        items.sort(key=lambda item: (item.travel_time_s is None, item.travel_time_s or 0.0, item.distance_m))
    return Group(key=one.kind.key, layer=one.kind.layer, count=one.count, breakdown=one.breakdown, items=tuple(items[:limit]))


def _affected(store: MirrorStore, conn: Conn, reader: Reader, known: Mapping[str, Element], covering: Covering) -> Affected:
    buildings, people, columns = store.mirror("buildings"), store.mirror("people"), known["people"].source
    touched = buildings.within(covering, (), reader.scope)
    if buildings.numbers["people"][touched].sum() > MAX_PEOPLE:
        rows = people.within(covering, (), reader.scope)
        counted = {name: people.breakdown(name, rows) for name in ("pop_type", "age_group")}
        return Affected(buildings=len(touched), people=len(rows), by_building=False, categories=counted)
    names = ("pop_type", "age_group", "care")
    shown = [name for name in names if treatment(reader, columns.column(name)) is Treatment.CLEAR]
    categories: dict[str, dict[str, int]] = {name: {} for name in shown}
    total = 0
    for *values, count in conn.execute(PEOPLE, {"buildings": buildings.ids[touched].tolist(), "scope": reader.scope}):
        total += count
        for name, value in zip(names, values, strict=True):
            if name in categories and value is not None:
                categories[name][value] = categories[name].get(value, 0) + count
    return Affected(buildings=len(touched), people=total, by_building=True, categories=categories)
