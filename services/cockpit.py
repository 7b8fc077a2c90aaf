"""The leaders' cockpit: every tile of one screen in one answer, each with the time of its data; what fails is told of its own tile alone.

Figures, ranking, major events and volumes come from one snapshot of the database, so that they agree with one another; what else is asked comes from
the same transaction.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from geodata.db import Conn, Pool, reading
from geodata.errors import HallError, InvalidInputError, NotAllowedError, SourceUnavailableError
from services import areas, cockpit_briefs, cockpit_hotspots, cockpit_indicators, hall_mode, key_points, major_events, system_health
from services.cockpit_briefs import BriefList
from services.cockpit_hotspots import HotCells
from services.cockpit_indicators import AbnormalList, DomainTiles
from services.ground import GroundStore
from services.history import HistoryStore
from services.indicators import IndicatorFigure
from services.indicators import domains as indicator_domains
from services.key_points import KeyVideos, PlaceSums
from services.major_events import MajorEvent
from services.rights import Reader
from services.system_health import Subsystem, SystemHealth
from services.today import DayFigures, today
from services.volumes import Volumes, volumes

log = logging.getLogger(__name__)

MAY_READ = key_points.MAY_READ
TILE_TIMEOUT_MS = 6_000
"""A tile that takes longer fails; the others go on."""
VIDEOS = 24
EVENTS = 20
UNAVAILABLE, NO_RIGHT = "unavailable", "no_right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Major events that run."""

    total: int
    items: tuple[MajorEvent, ...]
    extent: tuple[float, float, float, float] | None
    """Of the reader's area: west, south, east, north."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How the hall works: peace | emergency, and for which case."""

    mode: str
    event_id: int | None
    title: str
    reason: str
    started_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """What one tile shows. With an error there are no data, and the screen keeps those that it has."""

    at: datetime
    """Of the answer."""
    error: str | None = None
    """unavailable | no_right"""
    data: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cockpit:
    """The tiles that were asked for, by name."""

    at: datetime
    place: str
    """Name of the reader's area; empty when it is not known now."""
    tiles: Mapping[str, Tile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where tiles come from: the database, and what this process knows by itself."""

    pool: Pool
    own: Callable[[datetime], Iterable[Subsystem]]
    """Health of the parts that need no database."""
    history: HistoryStore
    ground: GroundStore


@dataclass(slots=True)
class _Asked:
    conn: Conn
    sources: Sources
    reader: Reader
    now: datetime
    _events: list[MajorEvent] | None = None
    _indicators: list[IndicatorFigure] | None = None

    def events(self) -> list[MajorEvent]:
        """Read the running events once for the tiles that need them."""
        if self._events is None:
            self._events = major_events.running(self.conn, self.reader, self.now, limit=EVENTS)
        return self._events

    def indicators(self) -> list[IndicatorFigure]:
        """Read the indicators once, so that both tiles count the same."""
        if self._indicators is None:
            self._indicators = [one for domain in indicator_domains(self.conn, self.reader, self.now) for one in domain.figures]
        return self._indicators


def _figures(asked: _Asked) -> DayFigures:
    return DayFigures(**today(asked.conn, asked.reader, asked.now).shared())


def _events(asked: _Asked) -> Events:
    found = asked.events()
    extent = areas.extent(asked.conn, asked.reader)
    box = (extent.west, extent.south, extent.east, extent.north) if extent else None
    return Events(total=found[0].total if found else 0, items=tuple(found), extent=box)


def _mode(asked: _Asked) -> Mode:
    now = hall_mode.current(asked.conn, asked.reader)
    return Mode(
        mode=now.mode,
        event_id=now.event.id if now.event else None,
        title=now.event.title if now.event else "",
        reason=now.reason,
        started_at=now.started_at,
    )


def _abnormal(asked: _Asked) -> AbnormalList:
    return cockpit_indicators.abnormal(asked.conn, asked.indicators())


def _domains(asked: _Asked) -> DomainTiles:
    return cockpit_indicators.domains(asked.indicators())


def _briefs(asked: _Asked) -> BriefList:
    return cockpit_briefs.briefs(asked.conn, asked.reader)


def _hotspots(sources: Sources, reader: Reader, now: datetime) -> HotCells:
    return cockpit_hotspots.hot_cells(sources.history.current(), sources.ground.current(), reader, now)


def _videos(asked: _Asked) -> KeyVideos:
    return key_points.videos(asked.conn, asked.reader, asked.events(), limit=VIDEOS)


def _places(asked: _Asked) -> PlaceSums:
    return key_points.place_sums(asked.conn, asked.reader)


def _volumes(asked: _Asked) -> Volumes:
    return volumes(asked.conn, asked.reader, asked.now)


def _health(asked: _Asked) -> SystemHealth:
    return system_health.summed([*asked.sources.own(asked.now), *system_health.stored(asked.conn, asked.reader, asked.now)])


TILES: Mapping[str, Callable[[_Asked], object]] = {
    "figures": _figures,
    "events": _events,
    "mode": _mode,
    "hotspots": lambda asked: _hotspots(asked.sources, asked.reader, asked.now),
    "abnormal": _abnormal,
    "domains": _domains,
    "volumes": _volumes,
    "videos": _videos,
    "places": _places,
    "briefs": _briefs,
    "health": _health,
}
"""In the order in which they are read."""


def cockpit(sources: Sources, reader: Reader, now: datetime, wanted: Sequence[str] = ()) -> Cockpit:
    """Return the tiles asked for, all of them without names. A tile that fails says so; a database that is away leaves what this process knows.

    Raises:
        NotAllowedError: the role has no cockpit.
        InvalidInputError: there is no tile of that name.
    """
    if reader.role not in MAY_READ:
        raise NotAllowedError(f"{reader.role} has no cockpit")
    unknown = sorted(set(wanted) - set(TILES))
    if unknown:
        raise InvalidInputError(f"tiles={','.join(unknown)[:80]}: any of {', '.join(TILES)}")
    names = [name for name in TILES if not wanted or name in wanted]
    found: dict[str, Tile] = {}
    place = ""
    try:
        with reading(sources.pool) as conn:
            conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            place = areas.name(conn, reader)
            found.update(tiles(conn, sources, reader, now, names))
    except SourceUnavailableError as error:
        log.warning("the cockpit lost the database: %s", error)
    for name in names:
        if name not in found:
            found[name] = _without_database(name, sources, reader, now)
    return Cockpit(at=now, place=place, tiles=found)


def tiles(conn: Conn, sources: Sources, reader: Reader, now: datetime, names: Iterable[str] = TILES) -> Iterator[tuple[str, Tile]]:
    """Read tiles one after the other, all in the transaction of `conn`. Ends early when the connection is lost."""
    asked = _Asked(conn, sources, reader, now)
    for name in names:
        yield name, _tile(name, asked)


def _tile(name: str, asked: _Asked) -> Tile:
    try:
        # a savepoint: a statement that fails here leaves the transaction to the other tiles
        with asked.conn.transaction():
            asked.conn.execute("SELECT set_config('statement_timeout', %s, true)", [str(TILE_TIMEOUT_MS)])
            return Tile(at=asked.now, data=TILES[name](asked))
    except NotAllowedError:
        return Tile(at=asked.now, error=NO_RIGHT)
    except (HallError, psycopg.Error) as error:
        if asked.conn.broken:
            raise
        log.warning("tile %s of the cockpit: %s", name, error)
        return Tile(at=asked.now, error=UNAVAILABLE)


def _without_database(name: str, sources: Sources, reader: Reader, now: datetime) -> Tile:
    if name == "health":
        return Tile(at=now, data=system_health.summed([*sources.own(now), system_health.database_away(now)]))
    if name == "hotspots":
        try:
            return Tile(at=now, data=_hotspots(sources, reader, now))
        except SourceUnavailableError:
            return Tile(at=now, error=UNAVAILABLE)
    return Tile(at=now, error=UNAVAILABLE)
