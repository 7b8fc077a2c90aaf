"""What a wall reads beside today's figures: counts, cases and areas, the same for every role, never anything personal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec import Raw

from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route
from geodata.db import reading
from layers.base import Text
from layers.parts import MAJORS as PART_MAJORS
from layers.registry import LAYERS
from layers.sensors import KINDS as SENSOR_KINDS
from services import audit, wall


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
    event: wall.Scene
    cordon_m: float
    influence_m: float
    people_cordon: int
    people_influence: int
    houses: Sequence[HouseView]
    units: Sequence[wall.Unit]
    acts: Sequence[wall.Happened]
    departments: Sequence[wall.Taking]
    titles: Mapping[str, Mapping[str, Text]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceView:
    """Workers and vehicles by kind and state, and how kinds and states are called."""

    at: datetime
    numbers: Sequence[wall.Number]
    titles: Mapping[str, Mapping[str, Text]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SensingView:
    """Sensors and parts by kind and state, what is in alarm, and how kinds and states are called."""

    at: datetime
    numbers: Sequence[wall.Number]
    alarms: Sequence[wall.SensorAlarm]
    titles: Mapping[str, Mapping[str, Text]]


class WallViews:
    """Views of the wall's own data."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def events(self) -> wall.Events:
        """Newest cases, major ones, and all open ones as points."""
        reader, now = current_reader(), datetime.now(UTC)
        with reading(self._pool) as conn:
            return wall.events(conn, reader, now)

    def frames(self) -> wall.Frames:
        """The boxes that the maps of a wall show."""
        reader = current_reader()
        with reading(self._pool) as conn:
            return wall.frames(conn, reader)

    def force(self) -> ForceView:
        """Workers and vehicles in numbers."""
        reader, now = current_reader(), datetime.now(UTC)
        with reading(self._pool) as conn:
            return ForceView(at=now, numbers=wall.force(conn, reader), titles=_titles())

    def sensing(self) -> SensingView:
        """Sensors and parts in numbers."""
        reader, now = current_reader(), datetime.now(UTC)
        with reading(self._pool) as conn:
            found = wall.sensing(conn, reader, now)
        titles = {"sensor": SENSOR_KINDS, "part": PART_MAJORS, "status": _choices("sensors", "status") | _choices("parts", "state")}
        return SensingView(at=found.at, numbers=found.numbers, alarms=found.alarms, titles=titles)

    def emergency(self, id: int) -> EmergencyView:  # noqa: A002 - as the path names it
        """One case with its surroundings."""
        reader, now = current_reader(), datetime.now(UTC)
        with reading(self._pool) as conn:
            found = wall.emergency(conn, reader, id, now)
        return EmergencyView(
            at=found.at,
            event=found.event,
            cordon_m=found.cordon_m,
            influence_m=found.influence_m,
            people_cordon=found.people_cordon,
            people_influence=found.people_influence,
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
            units=found.units,
            acts=found.acts,
            departments=found.departments,
            titles=_titles(),
        )

    def acknowledge(self, id: int) -> None:  # noqa: A002 - as the path names it
        """Let the walls go on."""
        caller = current_caller()
        with audit.attempt(self._pool, caller, "wall_acknowledge", f"events/{id}") as conn:
            wall.acknowledge(conn, caller, id)

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/wall/events",
                view=self.events,
                answer=wall.Events,
                summary="Cases as a wall lists and shows them",
            ),
            Route(method="GET", path="/api/v1/wall/frames", view=self.frames, answer=wall.Frames, summary="What the maps of a wall show"),
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


def _titles() -> Mapping[str, Mapping[str, Text]]:
    return {
        "worker": _choices("workers", "role"),
        "vehicle": _choices("vehicles", "kind"),
        "status": _choices("workers", "status") | _choices("vehicles", "status"),
    }


def _choices(key: str, name: str) -> dict[str, Text]:
    layer = next(one for one in LAYERS if one.key == key)
    return dict(next(field.choices for field in layer.fields if field.name == name))
