"""The pictures of an event: which cameras see its place, and what they recorded from half a minute before it to a minute after."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.rows import class_row

from geodata.db import Conn, Pool, writing
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError, SourceUnavailableError
from geodata.grid import LonLat
from services import camera_views, recordings, video_rights
from services.recordings import Interval
from services.rights import Reader, Role, in_scope
from services.video_rights import MAX_ID, SEES_CAMERAS, Mode

log = logging.getLogger(__name__)

PAUSE_S = 3.0
BEFORE, AFTER = timedelta(seconds=30), timedelta(seconds=60)
NEAR_M = 120.0
MAX_CAMERAS = 16
LOOKED_AT = 24
SERIOUS = (1, 2)
"""Levels of events whose place is recorded from the moment they come in."""
SERIOUS_CAMERAS = 4
SERIOUS_FOR = timedelta(minutes=15)
SERIOUS_RANK = -20
"""And the level on top: before the cameras that are always recorded, which are as many as are recorded at a time."""
NEW_FOR = timedelta(minutes=10)
MAX_NEW = 20

EVENT = "SELECT reported_at, ST_X(geom), ST_Y(geom), grid_code FROM hall.event WHERE id = %s"
CAMERAS = """
    SELECT c.id, c.name, c.gb_id, c.owner, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.online, c.azimuth_deg, c.fov_deg, c.clock_offset_ms,
           ST_Distance(c.geom::geography, ST_MakePoint(%(lon)s, %(lat)s)::geography) AS distance_m, c.id = ANY(%(sees)s) AS sees,
           coalesce(s.enabled, false) AND c.stream_ref IS NOT NULL AS playable
    FROM hall.camera AS c LEFT JOIN hall.video_source AS s ON s.id = c.video_source_id
    WHERE (c.id = ANY(%(sees)s) OR ST_DWithin(c.geom::geography, ST_MakePoint(%(lon)s, %(lat)s)::geography, %(near_m)s))
      AND starts_with(c.grid_code, %(scope)s)
    ORDER BY sees DESC, distance_m, c.id LIMIT %(limit)s
"""
NEW = """
    SELECT e.id, e.level, e.reported_at, ST_X(e.geom), ST_Y(e.geom) FROM hall.event AS e
    WHERE e.reported_at > %(since)s AND e.reported_at <= %(now)s AND e.closed_at IS NULL AND e.level = ANY(%(levels)s)
      AND NOT EXISTS (SELECT FROM hall.recording_plan AS p WHERE p.event_id = e.id)
    ORDER BY e.level, e.reported_at LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCamera:
    """A camera at an event, what the reader may do with it, and its recorded time in the window."""

    id: int
    name: str
    gb_id: str
    owner: str
    lon: float
    lat: float
    distance_m: float
    """Straight."""
    sees: bool
    """The place is in its picture, or could be when it is turned; else it is only near."""
    online: bool
    playable: bool
    azimuth_deg: float
    fov_deg: float
    live: bool
    replay: bool
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventVideo:
    """The window around an event's first report, and the cameras in the order in which they help."""

    event_id: int
    at: datetime
    start: datetime
    end: datetime
    cameras: tuple[EventCamera, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    id: int
    name: str
    gb_id: str
    owner: str
    lon: float
    lat: float
    online: bool
    azimuth_deg: float
    fov_deg: float
    clock_offset_ms: int
    distance_m: float
    sees: bool
    playable: bool


def at_event(conn: Conn, reader: Reader, event_id: int, *, limit: int = 4) -> EventVideo:
    """Return the cameras of an event: first those with a picture or a recording for the reader, of them those that see the place, nearest first.

    Raises:
        NotAllowedError: the role sees no cameras.
        NotFoundError: no such event in the reader's area.
        InvalidInputError: limit is not in 1..16.
    """
    if reader.role not in SEES_CAMERAS:
        raise NotAllowedError(f"{reader.role} may not see cameras")
    if not 1 <= limit <= MAX_CAMERAS:
        raise InvalidInputError(f"limit={limit}: 1 to {MAX_CAMERAS}")
    row = conn.execute(EVENT, [event_id]).fetchone() if 0 < event_id <= MAX_ID else None
    if row is None or not in_scope(reader, row[3]):
        raise NotFoundError(f"events/{event_id}")
    at, place = row[0], LonLat(row[1], row[2])
    start, end = at - BEFORE, at + AFTER
    rights = video_rights.modes(conn, reader)
    found = []
    for one in _near(conn, reader, place):
        replay = rights.allows(one.owner, Mode.REPLAY)
        recorded = recordings.intervals(conn, one.id, start, end, offset_ms=one.clock_offset_ms) if replay else []
        found.append(_camera(one, live=rights.allows(one.owner, Mode.LIVE), replay=replay, intervals=tuple(recorded)))
    found.sort(
        key=lambda one: (
            not one.intervals,
            not (one.playable and one.online and (one.live or one.replay)),
            not one.sees,
            one.distance_m,
            one.id,
        )
    )
    return EventVideo(event_id=event_id, at=at, start=start, end=end, cameras=tuple(found[:limit]))


def record_new(conn: Conn, now: datetime) -> Mapping[int, int]:
    """Have the cameras at new serious events recorded for a quarter of an hour; return how many by event."""
    nobody = Reader(0, "", "", Role.SHIFT_LEADER, "")
    params = {"since": now - NEW_FOR, "now": now, "levels": list(SERIOUS), "limit": MAX_NEW}
    planned = {}
    for event_id, level, reported_at, lon, lat in conn.execute(NEW, params).fetchall():
        cameras = [one.id for one in _near(conn, nobody, LonLat(lon, lat)) if one.playable and one.online][:SERIOUS_CAMERAS]
        if cameras:
            planned[event_id] = recordings.plan(
                conn, cameras, "event", event_id=event_id, until=reported_at + SERIOUS_FOR, rank=SERIOUS_RANK + level
            )
    return planned


def record_forever(stop: threading.Event, pool: Pool) -> None:
    """Have the places of new serious events recorded until `stop`; while the database is away, wait for it."""
    while not stop.wait(PAUSE_S):
        try:
            with writing(pool) as conn:
                record_new(conn, datetime.now(UTC))
        except (SourceUnavailableError, psycopg.Error) as error:
            log.warning("new events are not recorded: %s", error)


def _near(conn: Conn, reader: Reader, place: LonLat) -> list[_Row]:
    sees = [one.id for one in camera_views.sees(conn, reader, place, LOOKED_AT)]
    params = {"lon": place.lon, "lat": place.lat, "sees": sees, "near_m": NEAR_M, "scope": reader.scope, "limit": LOOKED_AT}
    with conn.cursor(row_factory=class_row(_Row)) as cursor:
        return cursor.execute(CAMERAS, params).fetchall()


def _camera(one: _Row, *, live: bool, replay: bool, intervals: tuple[Interval, ...]) -> EventCamera:
    return EventCamera(
        id=one.id,
        name=one.name,
        gb_id=one.gb_id,
        owner=one.owner,
        lon=one.lon,
        lat=one.lat,
        distance_m=round(one.distance_m, 1),
        sees=one.sees,
        online=one.online,
        playable=one.playable,
        azimuth_deg=one.azimuth_deg,
        fov_deg=one.fov_deg,
        live=live,
        replay=replay,
        intervals=intervals,
    )
