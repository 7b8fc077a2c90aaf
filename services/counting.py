"""Counting people: which cameras are looked at and how (hall.analysis_plan), what was counted (hall.camera_count), which alarms are open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from services import audit, video_rights
from services.audit import Act, Caller
from services.rights import Reader, Role
from services.video_rights import Mode

ANALYSER = "people_counter"
KIND = "crowd"
KEPT = timedelta(days=30)
MOST_CAMERAS = 1_000
MAY_CHANGE = frozenset({Role.SHIFT_LEADER, Role.DISPATCHER})
"""Who chooses the cameras of the rota, within the own area and among those that may be watched."""
MOST_POINTS = 40
MOST_ROWS = 10_000

PLAN = """
    SELECT p.camera_id, c.name, p.every_s, p.threshold, p.alarm_at, least(p.clear_at, p.alarm_at) AS clear_at, p.hold_n, p.zone
    FROM hall.analysis_plan p JOIN hall.camera c ON c.id = p.camera_id JOIN hall.video_source s ON s.id = c.video_source_id
    WHERE p.kind = 'crowd' AND p.enabled AND s.enabled AND c.stream_ref IS NOT NULL
    ORDER BY p.every_s, p.camera_id LIMIT %s
"""
COUNTED = """
    INSERT INTO hall.camera_count (camera_id, at, people) VALUES (%(camera_id)s, %(at)s, %(people)s)
    ON CONFLICT (camera_id, at) DO UPDATE SET people = excluded.people
"""
OPEN = """
    SELECT DISTINCT camera_id FROM hall.detection WHERE analyser = %(analyser)s AND kind = %(kind)s AND cleared_at IS NULL LIMIT %(most)s
"""
FORGET = "DELETE FROM hall.camera_count WHERE at < %s"


CHOSEN = """
    SELECT p.camera_id, c.name, p.every_s, p.threshold, p.alarm_at, least(p.clear_at, p.alarm_at) AS clear_at, p.hold_n, p.zone,
           c.gb_id, coalesce(s.enabled, false) AND c.stream_ref IS NOT NULL AS playable, l.people, l.at AS counted_at
    FROM hall.analysis_plan p JOIN hall.camera c ON c.id = p.camera_id LEFT JOIN hall.video_source s ON s.id = c.video_source_id
        LEFT JOIN LATERAL (SELECT n.people, n.at FROM hall.camera_count n WHERE n.camera_id = c.id ORDER BY n.at DESC LIMIT 1) l ON true
    WHERE p.kind = 'crowd' AND p.enabled AND starts_with(c.grid_code, %(scope)s) AND (%(any_owner)s OR c.owner = ANY(%(owners)s))
    ORDER BY p.camera_id LIMIT %(most)s
"""
CHOOSE = """
    INSERT INTO hall.analysis_plan (camera_id, kind, every_s, threshold, alarm_at, clear_at, hold_n, zone, enabled)
    VALUES (%(camera_id)s, 'crowd', %(every_s)s, %(threshold)s, %(alarm_at)s, %(clear_at)s, %(hold_n)s, %(zone)s, true)
    ON CONFLICT (camera_id, kind) DO UPDATE
    SET every_s = excluded.every_s, threshold = excluded.threshold, alarm_at = excluded.alarm_at, clear_at = excluded.clear_at,
        hold_n = excluded.hold_n, zone = excluded.zone, enabled = true
"""
LEAVE = "UPDATE hall.analysis_plan SET enabled = false WHERE camera_id = %s AND kind = 'crowd'"
COUNTS = """
    SELECT at, people FROM hall.camera_count WHERE camera_id = %(camera_id)s AND at >= %(since)s ORDER BY at DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Count:
    """How many people stood in the zone at a time."""

    at: datetime
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One camera of the rota. `zone`: x1, y1, x2, y2, … as shares of the picture; None is all of it."""

    camera_id: int
    name: str
    every_s: int
    threshold: float
    alarm_at: int
    clear_at: int
    hold_n: int
    zone: Sequence[float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen(Plan):
    """A camera of the rota as the hall sees it, with what was counted last."""

    gb_id: str
    playable: bool
    """Whether its source is switched on and names a picture; without one nothing is counted."""
    people: int | None
    counted_at: datetime | None


def rota(conn: Conn) -> list[Plan]:
    """Return the cameras that are counted now and have a picture."""
    with conn.cursor(row_factory=class_row(Plan)) as cursor:
        return cursor.execute(PLAN, [MOST_CAMERAS]).fetchall()


def counted(conn: Conn, camera_id: int, at: datetime, people: int) -> None:
    """Keep a count."""
    conn.execute(COUNTED, {"camera_id": camera_id, "at": at, "people": people})


def alarmed(conn: Conn) -> frozenset[int]:
    """Return the cameras whose crowd has not dispersed since it was told."""
    rows = conn.execute(OPEN, {"analyser": ANALYSER, "kind": KIND, "most": MOST_CAMERAS})
    return frozenset(int(row[0]) for row in rows)


def forget(conn: Conn, now: datetime) -> int:
    """Delete counts that are older than they are kept; return how many."""
    return conn.execute(FORGET, [now - KEPT]).rowcount


def chosen(conn: Conn, reader: Reader) -> list[Chosen]:
    """Return the rota's cameras of the reader's area that the reader may watch.

    Raises:
        NotAllowedError: the reader's role chooses no cameras.
    """
    _require(reader)
    rights = video_rights.modes(conn, reader)
    owners = [owner for owner in rights.by_owner if rights.allows(owner, Mode.SNAPSHOT)]
    values = {"scope": reader.scope, "any_owner": rights.allows("", Mode.SNAPSHOT), "owners": owners, "most": MOST_CAMERAS}
    with conn.cursor(row_factory=class_row(Chosen)) as cursor:
        return cursor.execute(CHOSEN, values).fetchall()


def choose(conn: Conn, caller: Caller, plan: Plan) -> None:
    """Put a camera into the rota, or change how it is looked at. Call it in `services.audit.attempt`.

    Raises:
        NotAllowedError: the role chooses no cameras, or may not watch this one.
        NotFoundError: no such camera in the reader's area.
        InvalidInputError: a value cannot be used; the message names it.
    """
    _require(caller.reader)
    for name, low, high in (
        ("every_s", 1, 3600),
        ("threshold", 0.05, 1),
        ("alarm_at", 1, 1_000),
        ("clear_at", 0, 1_000),
        ("hold_n", 1, 100),
    ):
        if not low <= getattr(plan, name) <= high:
            raise InvalidInputError(f"{name}: {low} to {high}")
    if plan.clear_at > plan.alarm_at:
        raise InvalidInputError("clear_at: at most alarm_at")
    zone = plan.zone
    if zone is not None and (len(zone) % 2 or not 6 <= len(zone) <= 2 * MOST_POINTS or not all(0 <= value <= 1 for value in zone)):
        raise InvalidInputError(f"zone: 3 to {MOST_POINTS} points x, y as shares of the picture")
    video_rights.check(conn, caller.reader, plan.camera_id, Mode.SNAPSHOT)
    values = {name: getattr(plan, name) for name in ("camera_id", "every_s", "threshold", "alarm_at", "clear_at", "hold_n")}
    conn.execute(CHOOSE, values | {"zone": None if zone is None else list(zone)})
    audit.record(conn, caller, Act(action="analysis_plan", object=f"cameras/{plan.camera_id}", detail=values))


def leave(conn: Conn, caller: Caller, camera_id: int) -> None:
    """Take a camera out of the rota. Errors as `choose`."""
    _require(caller.reader)
    video_rights.check(conn, caller.reader, camera_id, Mode.SNAPSHOT)
    conn.execute(LEAVE, [camera_id])
    audit.record(conn, caller, Act(action="analysis_plan", object=f"cameras/{camera_id}", detail={"enabled": False}))


def counts(conn: Conn, reader: Reader, camera_id: int, since: datetime) -> list[Count]:
    """Return what was counted at a camera since a time, the newest first.

    Raises:
        NotAllowedError, NotFoundError: as `services.video_rights.check`.
    """
    video_rights.check(conn, reader, camera_id, Mode.SNAPSHOT)
    values = {"camera_id": camera_id, "since": since, "most": MOST_ROWS}
    return [Count(at, people) for at, people in conn.execute(COUNTS, values)]


def _require(reader: Reader) -> None:
    if reader.role not in MAY_CHANGE:
        raise NotAllowedError(f"{reader.role} chooses no cameras for analysis")
