"""Key points of the district: the cameras and the places that its leaders keep in mind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import LiteralString

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from services import video_rights
from services.major_events import MajorEvent
from services.rights import Reader, Role
from services.video_rights import Mode

MAY_READ = frozenset({Role.LEADER, Role.SHIFT_LEADER, Role.DISPATCHER})
CATEGORIES = (
    "government", "school", "hospital", "safety_unit", "institution", "enterprise", "social", "police", "fire_station", "shelter", "warehouse",
)  # fmt: skip
MAX_PLACES = 5_000
MAX_VIDEOS = 1_000
LONGEST_TEXT = 50
NEAR_M = 600.0
"""A key camera this near to a major event is shown before the others."""

SUMMARY = """
    SELECT category, count(*)::int FROM hall.key_place WHERE starts_with(grid_code, %(scope)s) GROUP BY category ORDER BY 2 DESC, 1 LIMIT 100
"""
PLACES = """
    SELECT k.layer, k.id, k.category, k.name, k.address, k.state, k.grid_code, street.name AS street,
           round(ST_X(k.geom)::numeric, 6)::float8 AS lon, round(ST_Y(k.geom)::numeric, 6)::float8 AS lat, count(*) OVER ()::int AS total
    FROM hall.key_place AS k LEFT JOIN hall.area AS street ON street.level = 'street' AND street.code = left(k.grid_code, 9)
    WHERE starts_with(k.grid_code, %(scope)s) AND starts_with(k.grid_code, %(area)s)
      AND (%(category)s::text IS NULL OR k.category = %(category)s)
      AND (%(text)s::text IS NULL OR strpos(lower(k.name), lower(%(text)s)) > 0 OR strpos(lower(coalesce(k.address, '')), lower(%(text)s)) > 0)
    ORDER BY k.category, k.name, k.layer, k.id LIMIT %(limit)s OFFSET %(offset)s
"""
VIDEOS = """
    SELECT c.id, c.name, c.gb_id, c.owner, coalesce(h.online, c.online) AS online, coalesce(s.enabled, false) AND c.stream_ref IS NOT NULL AS playable,
           h.failure, h.quality, coalesce(h.checked_at, c.changed_at) AS seen_at, c.grid_code, street.name AS street,
           ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, near.event_id, near.distance_m, count(*) OVER ()::int AS total
    FROM hall.camera AS c
        LEFT JOIN hall.camera_health AS h ON h.camera_id = c.id
        LEFT JOIN hall.video_source AS s ON s.id = c.video_source_id
        LEFT JOIN hall.area AS street ON street.level = 'street' AND street.code = left(c.grid_code, 9)
        LEFT JOIN LATERAL (
            SELECT e.id AS event_id, ST_Distance(c.geom::geography, ST_SetSRID(ST_MakePoint(e.lon, e.lat), 4326)::geography) AS distance_m
            FROM unnest(%(events)s::bigint[], %(lons)s::float8[], %(lats)s::float8[]) AS e (id, lon, lat)
            WHERE ST_DWithin(c.geom::geography, ST_SetSRID(ST_MakePoint(e.lon, e.lat), 4326)::geography, %(near_m)s)
            ORDER BY distance_m, e.id LIMIT 1) AS near ON true
    WHERE c.is_key AND starts_with(c.grid_code, %(scope)s)
    ORDER BY coalesce(h.online, c.online) DESC, near.distance_m NULLS LAST, hashtext(c.gb_id), c.id LIMIT %(limit)s
"""
STATE: LiteralString = """
    SELECT count(*)::int, count(*) FILTER (WHERE coalesce(h.online, c.online))::int,
           count(*) FILTER (WHERE coalesce(h.online, c.online) AND (h.failure IS NOT NULL OR h.quality <> 'good'))::int, max(h.checked_at)
    FROM hall.camera AS c LEFT JOIN hall.camera_health AS h ON h.camera_id = c.id
    WHERE c.is_key AND starts_with(c.grid_code, %(scope)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSums:
    """How many key places there are, by category, the largest first."""

    total: int
    categories: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceQuery:
    """Which key places are wanted.

    Raises:
        InvalidInputError: no such category, or the text is too long.
    """

    category: str | None = None
    text: str | None = None
    """Part of a name or address."""
    area: str = ""
    limit: int = 200
    offset: int = 0

    def __post_init__(self) -> None:
        """Check."""
        if self.category is not None and self.category not in CATEGORIES:
            raise InvalidInputError(f"category={self.category[:40]}: one of {', '.join(CATEGORIES)}")
        if self.text is not None and (len(self.text) > LONGEST_TEXT or "\0" in self.text):
            raise InvalidInputError(f"q: at most {LONGEST_TEXT} characters")
        if not 1 <= self.limit <= MAX_PLACES or not 0 <= self.offset <= 10**6:
            raise InvalidInputError(f"limit: 1 to {MAX_PLACES}, offset: 0 to a million")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """A row of a layer that is a key place."""

    layer: str
    id: int
    category: str
    name: str
    address: str | None
    state: str
    grid_code: str
    street: str | None
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceList:
    """A part of them; `count` is how many fit."""

    count: int
    items: tuple[KeyPlace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVideo:
    """A key camera."""

    id: int
    name: str
    gb_id: str
    owner: str
    online: bool
    playable: bool
    failure: str | None
    quality: str | None
    seen_at: datetime | None
    grid_code: str
    street: str | None
    lon: float
    lat: float
    event_id: int | None
    """The major event that it is near to."""
    distance_m: float | None
    total: int
    may_watch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVideos:
    """Key cameras, and how they are: online and faulty ones overlap."""

    total: int
    online: int
    faulty: int
    """Online, with a picture that somebody has to look after."""
    checked_at: datetime | None
    items: tuple[KeyVideo, ...]


def require(reader: Reader) -> None:
    """Raise NotAllowedError when the role has no key points before it."""
    if reader.role not in MAY_READ:
        raise NotAllowedError(f"{reader.role} reads no key points")


def place_sums(conn: Conn, reader: Reader) -> PlaceSums:
    """Count the key places of the reader's area.

    Raises:
        NotAllowedError: the role reads no key points.
    """
    require(reader)
    rows = conn.execute(SUMMARY, {"scope": reader.scope}).fetchall()
    return PlaceSums(total=sum(count for _, count in rows), categories=dict(rows))


def places(conn: Conn, reader: Reader, query: PlaceQuery) -> PlaceList:
    """Return key places of the reader's area by category and name.

    Raises:
        NotAllowedError: the role reads no key points.
    """
    require(reader)
    values = {
        "scope": reader.scope,
        "area": query.area,
        "category": query.category,
        "text": query.text or None,
        "limit": query.limit,
        "offset": query.offset,
    }
    rows = conn.execute(PLACES, values).fetchall()
    return PlaceList(
        count=rows[0][-1] if rows else 0,
        items=tuple(
            KeyPlace(
                layer=row[0], id=row[1], category=row[2], name=row[3], address=row[4], state=row[5], grid_code=row[6], street=row[7],
                lon=row[8], lat=row[9],
            )
            for row in rows
        ),
    )  # fmt: skip


def videos(conn: Conn, reader: Reader, events: Sequence[MajorEvent] = (), *, limit: int = 24) -> KeyVideos:
    """Return the key cameras of the reader's area: the ones that are online first, of these those nearest to a major event.

    Raises:
        NotAllowedError: the role reads no key points.
    """
    require(reader)
    total, online, faulty, checked_at = conn.execute(STATE, {"scope": reader.scope}).fetchone() or (0, 0, 0, None)
    values = {
        "scope": reader.scope,
        "events": [event.id for event in events],
        "lons": [event.lon for event in events],
        "lats": [event.lat for event in events],
        "near_m": NEAR_M,
        "limit": min(max(limit, 1), MAX_VIDEOS),
    }
    rights = video_rights.modes(conn, reader)
    with conn.cursor(row_factory=class_row(KeyVideo)) as cursor:
        found = cursor.execute(VIDEOS, values).fetchall()
    items = tuple(replace(video, may_watch=video.playable and Mode.LIVE in rights.of(video.owner)) for video in found)
    return KeyVideos(total=total, online=online, faulty=faulty, checked_at=checked_at, items=items)
