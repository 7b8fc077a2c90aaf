"""What a wall reads beside today's figures: counts, cases and areas, the same for every role, never anything personal."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from msgspec import Raw

from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route
from geodata.db import reading
from geodata.grid import LonLat
from layers.base import Text
from layers.parts import MAJORS as PART_MAJORS
from layers.registry import LAYERS
from layers.sensors import KINDS as SENSOR_KINDS
from services import audit, hotspots
from services.gistar import TRENDS
from services.ground import GroundStore
from services.hexagons import outlines, ring
from services.history import Filters
from services.hotspots import Frames, Step
from services.screens import require_watch
from services.wall import areas, cases, emergency, means

HOT, HOT_CELLS, HOT_WEEKS, MOST_PLACES = timedelta(days=7), 8, 8, 12
"""Window of the wall's hot spots, H3 resolution of its cells (0.7 km²), weeks of their lines, how many are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseView:
    """A building near the case; its shape as GeoJSON."""

    id: int
    name: str | None
    people: int
    height_m: float | None
    distance_m: int
    geometry: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyView:
    """A case and what is around it."""

    at: datetime
    event: emergency.Scene
    cordon_m: float
    influence_m: float
    people_cordon: int
    people_influence: int
    buildings: int
    houses: Sequence[HouseView]
    shelters: Sequence[emergency.Shelter]
    shelter_m: float
    """How far away shelters were looked for."""
    units: Sequence[emergency.Unit]
    acts: Sequence[emergency.Happened]
    departments: Sequence[emergency.Taking]
    titles: Mapping[str, Mapping[str, Text]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HotCell:
    """An H3 cell with cases; `ring` is its outline, closed, longitude first."""

    h3: str
    lon: float
    lat: float
    count: int
    expected: float | None
    significant: bool
    trend: str
    ring: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HotPlace:
    """A significant cell by the name of the community it lies in; `weeks`: its cases of the last weeks, the present one last."""

    h3: str
    name: str
    count: int
    expected: float
    trend: str
    weeks: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class HotCluster:
    """Neighbouring significant cells with one outline: the outer ring first."""

    rings: Sequence[Sequence[tuple[float, float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HotView:
    """Where cases of the last seven days are, and where there are more than chance brings."""

    at: datetime
    data_at: datetime
    """When the cases were read."""
    start: datetime
    end: datetime
    resolution: int
    total: int
    max: int
    cells: Sequence[HotCell]
    clusters: Sequence[HotCluster]
    top: Sequence[HotPlace]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridShape:
    """A base grid; `rings` are those of its largest part."""

    code: str
    rings: Sequence[Sequence[Sequence[float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridList:
    """Base grids by code."""

    at: datetime
    grids: Sequence[GridShape]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceView:
    """Workers and vehicles by kind and state, where they are, and how kinds and states are called."""

    at: datetime
    numbers: Sequence[means.Number]
    units: Sequence[means.Spot]
    titles: Mapping[str, Mapping[str, Text]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SensingView:
    """Sensors and parts by kind and state, what is in alarm, and how kinds and states are called."""

    at: datetime
    numbers: Sequence[means.Number]
    alarms: Sequence[means.SensorAlarm]
    points: Sequence[means.Spot]
    cells: Sequence[means.Cell]
    titles: Mapping[str, Mapping[str, Text]]


class WallViews:
    """Views of the wall's own data."""

    def __init__(self, context: Context) -> None:
        self._pool, self._history = context.pool, context.history
        self._ground = GroundStore(context.settings.data_dir)

    def events(self) -> cases.Events:
        """Newest cases, major ones, and all open ones as points."""
        reader, now = current_reader(), datetime.now(UTC)
        with reading(self._pool) as conn:
            return cases.events(conn, reader, now)

    def frames(self) -> areas.Frames:
        """The boxes that the maps of a wall show."""
        reader = current_reader()
        with reading(self._pool) as conn:
            return areas.frames(conn, reader)

    def hotspots(self) -> HotView:
        """Hot spots of the last seven days."""
        reader, now = current_reader(), datetime.now(UTC)
        require_watch(reader)
        history, ground, filters = self._history.current(), self._ground.current(), Filters(start=now - HOT, end=now)
        found = hotspots.hotspots(history, ground, reader, filters, resolution=HOT_CELLS)
        # a week says where; whether a place is new or lasting takes many
        longer = hotspots.hotspots(history, ground, reader, replace(filters, start=now - hotspots.TREND_WEEKS * HOT), resolution=HOT_CELLS)
        trends = [str(TRENDS[number]) for number in longer.trend.tolist()]
        lat, lon = found.field.centres()
        names, hot = found.field.names, [int(place) for place in np.flatnonzero(found.significant & (found.z_score > 0))]
        hot.sort(key=lambda place: -int(found.count[place]))
        first = [place for place in hot if found.count[place] > 0][:MOST_PLACES]
        daily = hotspots.frames(
            history,
            ground,
            reader,
            Filters(start=now - HOT_WEEKS * HOT, end=now, cells=frozenset(names[place] for place in first)),
            resolution=HOT_CELLS,
            step=Step.DAY,
        )
        with reading(self._pool) as conn:
            called = areas.places(conn, [LonLat(float(lon[place]), float(lat[place])) for place in first])
        return HotView(
            at=now,
            data_at=found.at,
            start=found.start,
            end=found.end,
            resolution=HOT_CELLS,
            total=found.total,
            max=int(found.count.max(initial=0)),
            cells=[
                HotCell(
                    h3=names[place],
                    lon=float(lon[place]),
                    lat=float(lat[place]),
                    count=int(found.count[place]),
                    expected=_known(found.expected[place]),
                    significant=bool(found.significant[place]),
                    trend=trends[place],
                    ring=ring(names[place]),
                )
                for place in np.flatnonzero(found.count > 0).tolist()
            ],
            clusters=[HotCluster(rings=rings) for rings in outlines([names[place] for place in hot])],
            top=[
                HotPlace(
                    h3=names[place],
                    name=name,
                    count=int(found.count[place]),
                    expected=_known(found.expected[place]) or 0.0,
                    trend=trends[place],
                    weeks=_weeks(daily, names[place], int(found.count[place]), now),
                )
                for place, name in zip(first, called, strict=True)
            ],
        )

    def grids(self) -> GridList:
        """Outlines of the base grids."""
        reader, now = current_reader(), datetime.now(UTC)
        with reading(self._pool) as conn:
            found = areas.grids(conn, reader)
        return GridList(at=now, grids=[GridShape(code=code, rings=_rings(json.loads(shape))) for code, shape in found])

    def force(self) -> ForceView:
        """Workers and vehicles in numbers."""
        reader, now = current_reader(), datetime.now(UTC)
        with reading(self._pool) as conn:
            return ForceView(at=now, numbers=means.force(conn, reader), units=means.units(conn, reader), titles=_titles())

    def sensing(self) -> SensingView:
        """Sensors and parts in numbers."""
        reader, now = current_reader(), datetime.now(UTC)
        with reading(self._pool) as conn:
            found = means.sensing(conn, reader, now)
        titles = {
            "sensor": dict(SENSOR_KINDS),
            "part": dict(PART_MAJORS),
            "status": _choices("sensors", "status") | _choices("parts", "state"),
        }
        return SensingView(at=found.at, numbers=found.numbers, alarms=found.alarms, points=found.points, cells=found.cells, titles=titles)

    def emergency(self, id: int) -> EmergencyView:  # noqa: A002 - as the path names it
        """One case with its surroundings."""
        reader, now = current_reader(), datetime.now(UTC)
        with reading(self._pool) as conn:
            found = emergency.emergency(conn, reader, id, now)
        return EmergencyView(
            at=found.at,
            event=found.event,
            cordon_m=found.cordon_m,
            influence_m=found.influence_m,
            people_cordon=found.people_cordon,
            people_influence=found.people_influence,
            buildings=found.buildings,
            houses=[
                HouseView(
                    id=one.id,
                    name=one.name,
                    people=one.people,
                    height_m=one.height_m,
                    distance_m=one.distance_m,
                    geometry=Raw(one.geometry.encode()),
                )
                for one in found.houses
            ],
            shelters=found.shelters,
            shelter_m=found.shelter_m,
            units=found.units,
            acts=found.acts,
            departments=found.departments,
            titles=_titles(),
        )

    def acknowledge(self, id: int) -> None:  # noqa: A002 - as the path names it
        """Let the walls go on."""
        caller = current_caller()
        with audit.attempt(self._pool, caller, "wall_acknowledge", f"events/{id}") as conn:
            cases.acknowledge(conn, caller, id)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/wall/events",
                view=self.events,
                answer=cases.Events,
                summary="Cases as a wall lists and shows them",
            ),
            Route(method="GET", path="/api/v1/wall/frames", view=self.frames, answer=areas.Frames, summary="What the maps of a wall show"),
            Route(
                method="GET",
                path="/api/v1/wall/hotspots",
                view=self.hotspots,
                answer=HotView,
                summary="Hot spots of the last seven days with outlines and names of places",
            ),
            Route(method="GET", path="/api/v1/wall/grids", view=self.grids, answer=GridList, summary="Outlines of the base grids"),
            Route(
                method="GET",
                path="/api/v1/wall/force",
                view=self.force,
                answer=ForceView,
                summary="Workers and vehicles by kind and state",
            ),
            Route(
                method="GET",
                path="/api/v1/wall/sensing",
                view=self.sensing,
                answer=SensingView,
                summary="Sensors and parts by kind and state",
            ),
            Route(
                method="GET",
                path="/api/v1/wall/emergency/{id}",
                view=self.emergency,
                answer=EmergencyView,
                summary="A case with people, forces, departments and acts around it, in numbers",
            ),
            Route(
                method="POST",
                path="/api/v1/wall/events/{id}/acknowledge",
                view=self.acknowledge,
                status=204,
                summary="Acknowledge a Ⅰ case for all walls",
            ),
        )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 1)


def _weeks(daily: Frames, cell: str, last: int, now: datetime) -> list[int]:
    """Return the cases of a cell by weeks that end now, the oldest first; `last` are those of the last one."""
    weeks = [0] * HOT_WEEKS
    place = daily.cells.index(cell) if cell in daily.cells else -1
    for frame in daily.frames:
        week = HOT_WEEKS - 1 - int((now - frame.start) / HOT)
        if 0 <= week < HOT_WEEKS and place in frame.cells:
            weeks[week] += frame.counts[frame.cells.index(place)]
    return [*weeks[:-1], last]


def _rings(shape: dict[str, Any]) -> Sequence[Sequence[Sequence[float]]]:
    parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    largest: Sequence[Sequence[Sequence[float]]] = max(parts, key=lambda rings: len(rings[0]))
    return largest


def _titles() -> Mapping[str, Mapping[str, Text]]:
    return {
        "worker": _choices("workers", "role"),
        "vehicle": _choices("vehicles", "kind"),
        "status": _choices("workers", "status") | _choices("vehicles", "status"),
    }


def _choices(key: str, name: str) -> dict[str, Text]:
    layer = next(one for one in LAYERS if one.key == key)
    return dict(next(field.choices for field in layer.fields if field.name == name))
