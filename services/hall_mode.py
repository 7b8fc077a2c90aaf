"""平战: whether the hall works in peace or on an emergency. A person switches, everybody is told, and the end of an emergency leaves a report.

The product only proposes: cases of level Ⅰ that are open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import audit
from services.audit import Act, Caller
from services.rights import Reader, Role

MAY_SWITCH = frozenset({Role.LEADER, Role.SHIFT_LEADER})
MAY_READ = frozenset(
    {Role.LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DEPARTMENT, Role.WORKER, Role.WALL, Role.SYSTEM_ADMIN}
)
PEACE, EMERGENCY = "peace", "emergency"
SHORTEST_REASON, LONGEST_REASON = 2, 500
MOST_ROWS = 100

CURRENT = """
    SELECT m.id, m.event_id, m.reason, m.started_at, m.started_by, e.title, e.level, e.place_text, e.state, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat,
           e.grid_code
    FROM hall.hall_mode AS m JOIN hall.event AS e ON e.id = m.event_id WHERE m.ended_at IS NULL LIMIT 1
"""
PROPOSED = """
    SELECT e.id, e.title, e.level, e.place_text, e.state, e.reported_at, a.at AS acknowledged_at, coalesce(a.by_name, '') AS acknowledged_by
    FROM hall.event AS e LEFT JOIN hall.wall_acknowledgement AS a ON a.event_id = e.id
    WHERE e.closed_at IS NULL AND e.level = 1 AND starts_with(e.grid_code, %(scope)s) ORDER BY e.reported_at DESC, e.id DESC LIMIT 20
"""
EVENT = "SELECT id, state FROM hall.event WHERE id = %(id)s AND starts_with(grid_code, %(scope)s) FOR SHARE"
BEGIN = """
    INSERT INTO hall.hall_mode (event_id, reason, started_at, started_by) VALUES (%(event_id)s, %(reason)s, %(now)s, %(by)s) RETURNING id
"""
LASTING = """
    SELECT m.id, m.event_id, m.reason, m.started_at, m.started_by, starts_with(e.grid_code, %(scope)s) AS own
    FROM hall.hall_mode AS m JOIN hall.event AS e ON e.id = m.event_id WHERE m.ended_at IS NULL FOR UPDATE OF m
"""
END = "UPDATE hall.hall_mode SET ended_at = %(now)s, ended_by = %(by)s, report = %(report)s WHERE id = %(id)s"
# What happened between the switch and its end: in this case, and in the city that went on beside it.
REPORT = """
    SELECT e.case_no, e.title, e.level, e.class_code, e.place_text, e.state, e.reported_at, e.closed_at,
           (SELECT count(*)::int FROM hall.case_log AS l WHERE l.event_id = e.id AND l.at >= %(start)s AND l.at <= %(now)s) AS acts,
           (SELECT count(*)::int FROM hall.task AS t WHERE t.event_id = e.id) AS sent,
           (SELECT count(*)::int FROM hall.task AS t WHERE t.event_id = e.id AND t.arrived_at IS NOT NULL) AS arrived,
           (SELECT min(t.arrived_at) FROM hall.task AS t WHERE t.event_id = e.id) AS first_arrival_at,
           (SELECT array_agg(d.name ORDER BY c.lead DESC, d.id) FROM hall.case_department AS c JOIN hall.department AS d ON d.id = c.department_id
            WHERE c.event_id = e.id) AS departments,
           (SELECT count(*)::int FROM hall.event AS o WHERE o.reported_at >= %(start)s AND o.reported_at <= %(now)s AND o.state NOT IN ('void', 'merged'))
             AS city_accepted,
           (SELECT count(*)::int FROM hall.event AS o WHERE o.closed_at >= %(start)s AND o.closed_at <= %(now)s AND o.state NOT IN ('void', 'merged'))
             AS city_closed
    FROM hall.event AS e WHERE e.id = %(event_id)s
"""
PAST = """
    SELECT m.id, m.event_id, m.reason, m.started_at, m.started_by, m.ended_at, m.ended_by, m.report
    FROM hall.hall_mode AS m JOIN hall.event AS e ON e.id = m.event_id
    WHERE m.ended_at IS NOT NULL AND starts_with(e.grid_code, %(scope)s) ORDER BY m.started_at DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An open case of level Ⅰ: a person may switch for it."""

    id: int
    title: str
    level: int
    place_text: str
    state: str
    reported_at: datetime
    acknowledged_at: datetime | None
    """When somebody told the walls that it was seen."""
    acknowledged_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """The case of the emergency; nothing personal."""

    id: int
    title: str
    level: int
    place_text: str
    state: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HallMode:
    """How the hall works now."""

    mode: str
    """peace | emergency"""
    id: int | None = None
    event: Focus | None = None
    """None in peace, and for a reader to whose area the case does not belong."""
    reason: str = ""
    started_at: datetime | None = None
    started_by: str = ""
    proposals: Sequence[Proposal] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An emergency that is over, with its report."""

    id: int
    event_id: int
    reason: str
    started_at: datetime
    started_by: str
    ended_at: datetime
    ended_by: str
    report: Mapping[str, Any]


def current(conn: Conn, reader: Reader) -> HallMode:
    """Return how the hall works now, and which cases would be a reason to switch.

    Raises:
        NotAllowedError: the role is told nothing of it.
    """
    _require(reader, MAY_READ, "reads no mode of the hall")
    business = reader.role is not Role.SYSTEM_ADMIN
    with conn.cursor(row_factory=class_row(Proposal)) as cursor:
        proposals = tuple(cursor.execute(PROPOSED, {"scope": reader.scope})) if business else ()
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(CURRENT).fetchone()
    if row is None:
        return HallMode(mode=PEACE, proposals=proposals)
    own = business and str(row["grid_code"]).startswith(reader.scope)
    focus = Focus(
        id=row["event_id"],
        title=row["title"],
        level=row["level"],
        place_text=row["place_text"],
        state=row["state"],
        lon=row["lon"],
        lat=row["lat"],
    )
    return HallMode(
        mode=EMERGENCY,
        id=row["id"],
        event=focus if own else None,
        reason=row["reason"] if own else "",
        started_at=row["started_at"],
        started_by=row["started_by"],
        proposals=tuple(one for one in proposals if one.id != row["event_id"]),
    )


def begin(conn: Conn, caller: Caller, event_id: int, reason: str) -> int:
    """Switch to the emergency of a case and return its id. Call it in `services.audit.attempt`.

    Raises:
        NotAllowedError: the role does not switch.
        NotFoundError: no such case in the caller's area.
        ConflictError: an emergency lasts, or the case is over.
        InvalidInputError: no reason is given.
    """
    _require(caller.reader, MAY_SWITCH, "does not switch the hall")
    text = _reason(reason)
    row = conn.execute(EVENT, {"id": event_id, "scope": caller.reader.scope}).fetchone()
    if row is None:
        raise NotFoundError(f"no case {event_id}")
    if row[1] in {"void", "merged", "not_filed", "closed", "evaluated"}:
        raise ConflictError(f"the case is {row[1]}")
    values = {"event_id": event_id, "reason": text, "now": caller.now, "by": caller.reader.display_name}
    try:
        made = conn.execute(BEGIN, values).fetchone()
    except psycopg.errors.UniqueViolation:
        raise ConflictError("an emergency lasts already: end it first") from None
    audit.record(conn, caller, Act(action="hall_mode", object=f"events/{event_id}", reason=text, detail={"mode": EMERGENCY}))
    return int(made[0]) if made else 0


def end(conn: Conn, caller: Caller, note: str) -> Past:
    """Go back to peace; what happened in between is written down with the note. Call it in `services.audit.attempt`.

    Raises:
        NotAllowedError: the role does not switch, or the case lies outside the caller's area.
        ConflictError: there is peace.
        InvalidInputError: no note is given.
    """
    _require(caller.reader, MAY_SWITCH, "does not switch the hall")
    text = _reason(note)
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(LASTING, {"scope": caller.reader.scope}).fetchone()
        if row is None:
            raise ConflictError("there is no emergency")
        if not row.pop("own"):
            raise NotAllowedError("the emergency is one of another area")
        told = cursor.execute(REPORT, {"event_id": row["event_id"], "start": row["started_at"], "now": caller.now}).fetchone() or {}
    report = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}
    report |= {"duration_s": round((caller.now - row["started_at"]).total_seconds()), "note": text}
    conn.execute(END, {"id": row["id"], "now": caller.now, "by": caller.reader.display_name, "report": Jsonb(report)})
    audit.record(
        conn, caller, Act(action="hall_mode", object=f"events/{row['event_id']}", reason=text, detail={"mode": PEACE, "id": row["id"]})
    )
    return Past(**row, ended_at=caller.now, ended_by=caller.reader.display_name, report=report)


def past(conn: Conn, reader: Reader, limit: int = 20) -> list[Past]:
    """Return emergencies that are over, the last first, of the reader's area.

    Raises:
        NotAllowedError: the role is told nothing of it.
        InvalidInputError: limit is not in 1..100.
    """
    _require(reader, MAY_READ - {Role.SYSTEM_ADMIN, Role.WALL}, "reads no reports of emergencies")
    if not 1 <= limit <= MOST_ROWS:
        raise InvalidInputError(f"limit={limit}: 1 to {MOST_ROWS}")
    with conn.cursor(row_factory=class_row(Past)) as cursor:
        return cursor.execute(PAST, {"scope": reader.scope, "limit": limit}).fetchall()


def _reason(text: str) -> str:
    cut = text.strip()
    if not SHORTEST_REASON <= len(cut) <= LONGEST_REASON:
        raise InvalidInputError(f"reason: {SHORTEST_REASON} to {LONGEST_REASON} characters")
    return cut


def _require(reader: Reader, roles: frozenset[Role], refusal: str) -> None:
    if reader.role not in roles:
        raise NotAllowedError(f"{reader.role} {refusal}")
