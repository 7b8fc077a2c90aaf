"""One cell of the map of hot spots: its cases, what they were about, when, at which addresses, and what stands there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import h3
import numpy as np
from psycopg.rows import class_row

from geodata.arrays import Ints
from geodata.db import Conn
from services.history import CHINA_S, MONDAY_S, WEEK_S, Filters, History
from services.rights import Reader

MOST = 20
MOST_WEEKS = 160
ADDRESS_ROWS = 2_000
"""Addresses are those of the newest so many cases."""

ADDRESSES = """
    SELECT coalesce(nullif(b.address, ''), b.name, e.place_text) AS address, e.building_id, count(*)::int AS count, max(e.id) AS latest
    FROM hall.event AS e LEFT JOIN hall.building AS b ON b.id = e.building_id
    WHERE e.id = ANY(%(ids)s) AND starts_with(e.grid_code, %(scope)s)
    GROUP BY 1, 2 ORDER BY count DESC, address LIMIT %(most)s
"""
CASES = """
    SELECT e.id, e.case_no, e.title, e.class_code, c.name AS class_name, e.level, e.source, e.state, e.reported_at, e.closed_at, e.place_text,
           ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
    FROM hall.event AS e JOIN hall.event_class AS c ON c.code = e.class_code
    WHERE e.id = ANY(%(ids)s) AND starts_with(e.grid_code, %(scope)s)
    ORDER BY e.reported_at DESC, e.id DESC
"""
PARTS = """
    SELECT p.id, p.obj_id AS code, p.name, c.name AS kind, p.state, ST_X(p.geom) AS lon, ST_Y(p.geom) AS lat, count(*) OVER ()::int AS total
    FROM hall.part AS p JOIN hall.part_class AS c ON c.code = p.class_code
    WHERE ST_Intersects(p.geom, ST_GeomFromText(%(outline)s, 4326)) AND starts_with(p.grid_code, %(scope)s)
    ORDER BY p.state = 'intact', p.id LIMIT %(most)s
"""
CAMERAS = """
    SELECT c.id, c.gb_id AS code, c.name, c.place_type AS kind, CASE WHEN c.online THEN 'online' ELSE 'offline' END AS state,
           ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, count(*) OVER ()::int AS total
    FROM hall.camera AS c
    WHERE ST_Intersects(c.geom, ST_GeomFromText(%(outline)s, 4326)) AND starts_with(c.grid_code, %(scope)s)
    ORDER BY c.online DESC, c.id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCase:
    """A case of the cell, without personal fields."""

    id: int
    case_no: str
    title: str
    class_code: str
    class_name: str
    level: int
    source: str
    state: str
    reported_at: datetime
    closed_at: datetime | None
    place_text: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCount:
    """Cases of a minor class."""

    code: str
    name: str
    major: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Cases at one address, that of the building where there is one."""

    address: str
    building_id: int | None
    count: int
    latest: int
    """Id of its newest case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A part or a camera in the cell."""

    id: int
    code: str
    name: str
    kind: str
    state: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """The first of them, those in need of attention (parts) or online (cameras) before the others."""

    total: int
    items: list[Thing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Cases of a week of China from Monday; of the first and the last only what the window holds."""

    start: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What there is to say of a cell in a window."""

    h3: str
    resolution: int
    lon: float
    lat: float
    start: datetime
    end: datetime
    total: int
    open: int
    overdue: int
    causes: list[ClassCount]
    majors: Mapping[str, int]
    sources: Mapping[str, int]
    matrix: list[list[int]]
    """Seven rows from Monday, 24 hours each, of China."""
    addresses: list[Address]
    weeks: list[Week]
    events: list[CellCase]
    parts: Things
    cameras: Things


def cell_of(conn: Conn, history: History, reader: Reader, filters: Filters, *, linked: tuple[bool, bool] = (True, True)) -> Cell:
    """Tell of the one cell of the filter, in a window with both ends.

    `linked`: whether the reader may see parts, and cameras.
    """
    (name,) = filters.cells
    assert filters.start is not None
    assert filters.end is not None
    rows = history.rows(filters, reader)
    newest = history.newest_first(rows)
    lat, lon = h3.cell_to_latlng(name)
    causes = _causes(history, rows)
    asked = {"scope": reader.scope, "outline": _outline(name), "most": MOST}
    parts, cameras = linked
    return Cell(
        h3=name,
        resolution=h3.get_resolution(name),
        lon=lon,
        lat=lat,
        start=filters.start,
        end=filters.end,
        total=len(rows),
        open=int((history.closed[rows] == 0).sum()),
        overdue=int(history.late(rows).sum()),
        causes=causes,
        majors=_majors(causes),
        sources=_named(history.source[rows], history.sources),
        matrix=history.by_hour_of_week(rows),
        addresses=_rows(conn, Address, ADDRESSES, {**asked, "ids": history.id[newest[:ADDRESS_ROWS]].tolist()}),
        weeks=_weeks(history, rows, filters),
        events=_rows(conn, CellCase, CASES, {**asked, "ids": history.id[newest[:MOST]].tolist()}),
        parts=_things(conn, PARTS, asked) if parts else Things(total=0, items=[]),
        cameras=_things(conn, CAMERAS, asked) if cameras else Things(total=0, items=[]),
    )


def _outline(name: str) -> str:
    corners = [f"{lon!r} {lat!r}" for lat, lon in h3.cell_to_boundary(name)]
    return f"POLYGON(({', '.join([*corners, corners[0]])}))"


def _causes(history: History, rows: Ints) -> list[ClassCount]:
    counts = np.bincount(history.class_of(rows), minlength=len(history.classes))
    found = [
        ClassCount(code=row.code, name=row.name, major=row.major, count=int(counts[place]))
        for place, row in enumerate(history.class_rows)
        if counts[place]
    ]
    return sorted(found, key=lambda one: (-one.count, one.code))


def _majors(causes: list[ClassCount]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in causes:
        counts[one.major] = counts.get(one.major, 0) + one.count
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _named(places: Any, names: tuple[str, ...]) -> dict[str, int]:
    counts = np.bincount(places.astype(np.int64), minlength=len(names))
    return {names[place]: int(counts[place]) for place in np.argsort(-counts, kind="stable").tolist() if counts[place]}


def _weeks(history: History, rows: Ints, filters: Filters) -> list[Week]:
    low, high = filters.seconds()
    assert low is not None
    assert high is not None
    shift = CHINA_S + MONDAY_S
    first, last = (low + shift) // WEEK_S, max(low, high - 1, 0)
    first = max(first, (last + shift) // WEEK_S - MOST_WEEKS + 1)
    number = (last + shift) // WEEK_S - first + 1
    week = (history.reported[rows] + shift) // WEEK_S - first
    counts = np.bincount(week[week >= 0], minlength=number)
    return [
        Week(start=datetime.fromtimestamp((first + place) * WEEK_S - shift, UTC), count=int(count)) for place, count in enumerate(counts)
    ]


def _rows(conn: Conn, kind: type[Any], query: str, values: Mapping[str, object]) -> list[Any]:
    with conn.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(query, values).fetchall()


def _things(conn: Conn, query: str, values: Mapping[str, object]) -> Things:
    rows = conn.execute(query, values).fetchall()
    things = [
        Thing(id=row_id, code=code, name=name, kind=kind, state=state, lon=lon, lat=lat)
        for row_id, code, name, kind, state, lon, lat, _ in rows
    ]
    return Things(total=rows[0][-1] if rows else 0, items=things)
