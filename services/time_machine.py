"""The past as it was: which state each case was in at any instant of a window, and where workers went, for review 复盘.

Instants are whole seconds since 1970 (UTC) in the answers: a replay computes with them sixty times a second.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from services import audit
from services.audit import Act, Caller
from services.rights import Reader, Role
from services.workflow import CLOSED

LONGEST = timedelta(days=31)
MOST_CASES = 20_000
LONGEST_TRACKS = timedelta(hours=2)
TRACK_STEP_S = 60
"""Of a worker's points at most one in so many seconds is told."""
MOST_POINTS = 200_000
SIGNAL_S = 300
"""After so long without a point nobody knows where a worker is."""
MAY_REPLAY_WORKERS = frozenset({Role.LEADER, Role.DISPATCHER, Role.SHIFT_LEADER})
"""Where somebody has been tells more than where he is: only who answers for the work on the street looks back, and each look is written down."""

CASES = """
    SELECT e.id, e.case_no, e.title, e.class_code, e.major, e.level, e.source, e.state, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat,
           e.reported_at, e.filed_at, e.dispatched_at, e.handled_at, e.closed_at, e.paused_at, e.step_started_at,
           e.file_due_at, e.dispatch_due_at, e.handle_due_at, e.check_due_at, e.deadline_at
    FROM hall.event AS e
    WHERE starts_with(e.grid_code, %(scope)s) AND e.id IN (
        SELECT id FROM hall.event WHERE reported_at >= %(start)s AND reported_at < %(end)s
        UNION ALL SELECT id FROM hall.event WHERE closed_at >= %(start)s AND reported_at < %(start)s
        UNION ALL SELECT id FROM hall.event WHERE closed_at IS NULL AND reported_at < %(start)s)
    ORDER BY e.reported_at, e.id LIMIT %(limit)s
"""
LOG = """
    SELECT event_id, at, to_state FROM hall.case_log
    WHERE event_id = ANY(%(ids)s) AND to_state IS NOT NULL AND to_state IS DISTINCT FROM from_state
    ORDER BY event_id, seq LIMIT %(limit)s
"""
TRACKS = """
    SELECT DISTINCT ON (t.worker_id, floor(extract(epoch FROM t.reported_at) / %(step)s))
           t.worker_id, extract(epoch FROM t.reported_at)::bigint AS at, ST_X(t.geom) AS lon, ST_Y(t.geom) AS lat
    FROM hall.track_point AS t JOIN hall.worker AS w ON w.id = t.worker_id
    WHERE t.reported_at >= %(start)s AND t.reported_at < %(end)s AND starts_with(w.grid_code, %(scope)s)
    ORDER BY t.worker_id, floor(extract(epoch FROM t.reported_at) / %(step)s), t.reported_at LIMIT %(limit)s
"""
WORKERS = "SELECT id, worker_no, role FROM hall.worker WHERE id = ANY(%(ids)s) AND starts_with(grid_code, %(scope)s) ORDER BY id"
FIRST_TRACK = """
    SELECT min(t.reported_at)
    FROM hall.worker AS w, LATERAL (SELECT reported_at FROM hall.track_point WHERE worker_id = w.id ORDER BY reported_at LIMIT 1) AS t
    WHERE starts_with(w.grid_code, %(scope)s) LIMIT 1
"""

STEPS = (("filed_at", "filed"), ("dispatched_at", "dispatched"), ("handled_at", "checking"))
"""Columns of a case that tell when it came into a state, in the order of the way."""
DUE = {
    "reported": "file_due_at",
    "filed": "dispatch_due_at",
    "dispatched": "handle_due_at",
    "handling": "handle_due_at",
    "checking": "check_due_at",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """From `at` on a case was in `state`; whoever had the step had time until `due`, None when nothing ran."""

    at: int
    state: str
    due: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCase:
    """A case with the states that it went through, the first its report."""

    id: int
    case_no: str
    title: str
    class_code: str
    major: str
    level: int
    source: str
    lon: float
    lat: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """All cases that were reported within the window, or were open at its beginning, by the time of the report."""

    start: datetime
    end: datetime
    cases: list[PastCase]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One worker's way: parallel lists, ascending in time. No name: number and role say who it was to those who may know."""

    worker_id: int
    worker_no: str
    role: str
    at: list[int]
    lon: list[float]
    lat: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks:
    """Ways of the workers in a window. Between two points within `signal_s` the way is straight; beyond, nobody knows."""

    start: datetime
    end: datetime
    step_s: int
    signal_s: int
    kept_since: datetime | None
    """The oldest point of anybody in the reader's scope; None when there is none."""
    tracks: list[Track]


def past(conn: Conn, reader: Reader, start: datetime, end: datetime) -> Past:
    """Return what there was to deal with in a window, `end` outside, in the reader's scope.

    A case that nobody acted on in this product is told by its own columns; where the log begins later than they do, they come before it.

    Raises:
        InvalidInputError: the window is empty, longer than 31 days, or holds more than 20,000 cases.
    """
    _window(start, end, LONGEST)
    params: dict[str, Any] = {"scope": reader.scope, "start": start, "end": end, "limit": MOST_CASES + 1}
    cursor = conn.execute(CASES, params)
    names = [column.name for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    if len(rows) > MOST_CASES:
        raise InvalidInputError(f"start, end: more than {MOST_CASES} cases; choose a shorter window")
    logged: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for case, at, state in conn.execute(LOG, {"ids": [row["id"] for row in rows], "limit": MOST_CASES * 50}):
        logged[case].append((at, state))
    return Past(start=start, end=end, cases=[_case(row, logged.get(row["id"], ())) for row in rows])


def tracks(conn: Conn, caller: Caller, start: datetime, end: datetime) -> Tracks:
    """Return where the workers of the reader's scope went in a window of two hours at most, and write down that it was looked at.

    Raises:
        NotAllowedError: the role may not look back at workers.
        InvalidInputError: the window is empty or too long.
    """
    reader = caller.reader
    if reader.role not in MAY_REPLAY_WORKERS:
        raise NotAllowedError(f"{reader.role} may not look back at workers")
    _window(start, end, LONGEST_TRACKS)
    params = {"scope": reader.scope, "start": start, "end": end, "step": TRACK_STEP_S, "limit": MOST_POINTS}
    ways: dict[int, tuple[list[int], list[float], list[float]]] = {}
    for worker, at, lon, lat in conn.execute(TRACKS, params):
        way = ways.setdefault(worker, ([], [], []))
        way[0].append(at)
        way[1].append(round(lon, 6))
        way[2].append(round(lat, 6))
    who = conn.execute(WORKERS, {"ids": list(ways), "scope": reader.scope}).fetchall()
    first = conn.execute(FIRST_TRACK, params).fetchone()
    audit.record(
        conn,
        caller,
        Act(
            action="replay_tracks", object="track_point", detail={"start": start.isoformat(), "end": end.isoformat(), "workers": len(ways)}
        ),
    )
    return Tracks(
        start=start,
        end=end,
        step_s=TRACK_STEP_S,
        signal_s=SIGNAL_S,
        kept_since=first[0] if first else None,
        tracks=[
            Track(worker_id=number, worker_no=worker_no, role=role, at=ways[number][0], lon=ways[number][1], lat=ways[number][2])
            for number, worker_no, role in who
        ],
    )


def _window(start: datetime, end: datetime, longest: timedelta) -> None:
    if not start < end:
        raise InvalidInputError(f"start={start.isoformat()}: must be before end={end.isoformat()}")
    if end - start > longest:
        raise InvalidInputError(f"start, end: {longest.total_seconds() / 3600:g} hours at most")


def _case(row: Mapping[str, Any], logged: Sequence[tuple[datetime, str]]) -> PastCase:
    return PastCase(
        id=row["id"],
        case_no=row["case_no"],
        title=row["title"],
        class_code=row["class_code"],
        major=row["major"],
        level=row["level"],
        source=row["source"],
        lon=round(row["lon"], 6),
        lat=round(row["lat"], 6),
        marks=_marks(row, logged),
    )


def _marks(row: Mapping[str, Any], logged: Sequence[tuple[datetime, str]]) -> tuple[Mark, ...]:
    """Put the states of a case in order: its own columns up to where the log begins, then the log, then what it is now."""
    began = logged[0][0] if logged else None
    told: list[tuple[datetime, str]] = [(row["reported_at"], "reported")]
    told += [(row[column], state) for column, state in STEPS if row[column] is not None and (began is None or row[column] < began)]
    told += logged
    told.sort(key=lambda one: one[0])
    state = row["state"]
    if told[-1][1] != state:
        told += _present(row, told[-1])
    return tuple(_dated(row, _changes(told)))


def _present(row: Mapping[str, Any], last: tuple[datetime, str]) -> list[tuple[datetime, str]]:
    """How a case got from its last known state to the present one, as far as its row tells."""
    state, closed_at = row["state"], row["closed_at"]
    if closed_at is not None:
        return [(max(closed_at, last[0]), state)] if last[1] not in CLOSED else []
    at = row["paused_at"] if state == "suspended" and row["paused_at"] else row["step_started_at"]
    return [(max(at, last[0]), state)]


def _changes(told: Iterable[tuple[datetime, str]]) -> list[tuple[datetime, str]]:
    """Leave out what changes nothing; of several states at one instant the last one counts."""
    kept: list[tuple[datetime, str]] = []
    for at, state in told:
        if kept and kept[-1][1] == state:
            continue
        if kept and kept[-1][0] == at and len(kept) > 1:
            kept.pop()
        kept.append((at, state))
    return kept


def _dated(row: Mapping[str, Any], changes: Sequence[tuple[datetime, str]]) -> Iterable[Mark]:
    for place, (at, state) in enumerate(changes):
        present = place == len(changes) - 1 and state == row["state"]
        column = DUE.get(state)
        due = row["deadline_at"] if present and column else row[column] if column else None
        yield Mark(at=int(at.timestamp()), state=state, due=int(due.timestamp()) if due else None)
