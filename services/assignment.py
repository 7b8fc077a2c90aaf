"""Who goes where, for the whole backlog at once: squared travel times, so that nobody waits very long, and priorities as weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from psycopg.rows import class_row
from scipy.optimize import linear_sum_assignment

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.grid import LonLat
from services import eta
from services.geodesy import exact_m
from services.morton import Floats, Ints
from services.movers import MAX_AGE_S, Mover, MoverKind, movers, positions
from services.rights import Reader
from services.routing.engine import Engine, Mode, NetworkState
from services.scoring import guessed_s

MOST_EVENTS = 500
LEVEL_WEIGHT = (1.0, 8.0, 5.0, 3.0, 2.0)
"""By level: ordinary, then Ⅰ to Ⅳ."""
OVERDUE_WEIGHT = 1.5
MOST_S = 3 * 3600.0
"""Nobody is sent on a longer way; whoever cannot be served counts as having waited so long."""

BACKLOG = """
    SELECT event.id, event.case_no, event.title, event.level, event.state, event.reported_at, event.deadline_at,
           ST_X(event.geom) AS lon, ST_Y(event.geom) AS lat
    FROM hall.event
    WHERE closed_at IS NULL AND state IN ('reported', 'filed') AND starts_with(grid_code, %(scope)s)
      AND precision NOT IN ('area', 'district')
      AND NOT EXISTS (SELECT FROM hall.task WHERE task.event_id = event.id AND task.state IN ('sent', 'accepted', 'on_site'))
    ORDER BY level = 0, level, deadline_at, id LIMIT %(limit)s
"""
MIDDLE = LonLat(0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A case that nobody has been sent to."""

    id: int
    case_no: str
    title: str
    level: int
    state: str
    reported_at: datetime
    deadline_at: datetime
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A suggestion. Names are masked."""

    event_id: int
    case_no: str
    title: str
    level: int
    weight: float
    kind: str
    mover_id: int
    mover: str
    number: str
    lon: float
    lat: float
    raw_travel_time_s: float
    travel_time_s: float
    eta_low_s: float
    eta_high_s: float
    straight_distance_m: float
    in_turn_id: int | None
    """Who would have gone if each case, in its turn, took the nearest by straight line."""
    in_turn_time_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a way of choosing comes to."""

    assigned: int
    total_s: float
    mean_s: float
    worst_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Suggestions for the backlog, and what they are worth."""

    at: datetime
    kind: str
    events: int
    free: int
    network: NetworkState | None
    pairs: list[Pair]
    unserved: list[int]
    """Cases that nobody can be sent to: nobody left, no way, or too far."""
    best: Outcome
    in_turn: Outcome
    saved_share: float
    """Of the total travel time of choosing in turn by straight line, over the cases that both serve."""
    worst_saved_s: float


def assignment(
    conn: Conn, reader: Reader, *, now: datetime, engine: Engine | None, kind: str = MoverKind.WORKER, limit: int = 200
) -> Assignment:
    """Suggest for every open case of the reader's scope that nobody has been sent to who of the free goes there. Nobody is sent by this.

    Raises:
        InvalidInputError: an unknown kind, or a limit outside 1..500.
    """
    if kind not in set(MoverKind) or not 1 <= limit <= MOST_EVENTS:
        raise InvalidInputError(f"kind={kind}, limit={limit}: kind is {', '.join(MoverKind)}, limit 1..{MOST_EVENTS}")
    with conn.cursor(row_factory=class_row(Waiting)) as cursor:
        backlog = cursor.execute(BACKLOG, {"scope": reader.scope, "limit": limit}).fetchall()
    place = LonLat(backlog[0].lon, backlog[0].lat) if backlog else MIDDLE
    found = movers(conn, reader, MoverKind(kind), place, free=True)
    found = [mover for mover in found if abs((now - mover.reported_at).total_seconds()) <= MAX_AGE_S]
    straight_m = straight(backlog, found)
    raw_s = travel_s(engine, backlog, found, straight_m)
    factor = eta.load(conn).eta(kind, 1.0, now)
    weight = np.array([LEVEL_WEIGHT[event.level] * (OVERDUE_WEIGHT if event.deadline_at < now else 1.0) for event in backlog])
    best, turn = together(raw_s, weight), in_turn(raw_s, straight_m)
    free = _Free(found, raw_s, straight_m, factor, kind)
    pairs = [
        free.pair(backlog[column], column, row, weight=float(weight[column]), other=turn.get(column))
        for column, row in sorted(best.items())
    ]
    both = sorted(best.keys() & turn.keys())
    ours, theirs = (outcome({column: chosen[column] for column in both}, raw_s * factor.travel_s) for chosen in (best, turn))
    return Assignment(
        at=now,
        kind=kind,
        events=len(backlog),
        free=len(found),
        network=engine.state if engine else None,
        pairs=pairs,
        unserved=[event.id for column, event in enumerate(backlog) if column not in best],
        best=outcome(best, raw_s * factor.travel_s),
        in_turn=outcome(turn, raw_s * factor.travel_s),
        saved_share=round(1 - ours.total_s / theirs.total_s, 4) if theirs.total_s else 0.0,
        worst_saved_s=round(theirs.worst_s - ours.worst_s, 1),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Free:
    """Those who are free, and their ways: a row a mover, a column an event."""

    found: Sequence[Mover]
    raw_s: Floats
    straight_m: Floats
    factor: eta.Eta
    """Of one second."""
    kind: str

    def pair(self, event: Waiting, column: int, row: int, *, weight: float, other: int | None) -> Pair:
        """Write a suggestion."""
        mover, time_s = self.found[row], float(self.raw_s[row, column])
        return Pair(
            event_id=event.id,
            case_no=event.case_no,
            title=event.title,
            level=event.level,
            weight=weight,
            kind=self.kind,
            mover_id=mover.id,
            mover=mover.title,
            number=mover.number,
            lon=mover.lon,
            lat=mover.lat,
            raw_travel_time_s=round(time_s, 1),
            travel_time_s=round(time_s * self.factor.travel_s, 1),
            eta_low_s=round(time_s * self.factor.low_s, 1),
            eta_high_s=round(time_s * self.factor.high_s, 1),
            straight_distance_m=round(float(self.straight_m[row, column]), 1),
            in_turn_id=None if other is None else self.found[other].id,
            in_turn_time_s=None if other is None else round(float(self.raw_s[other, column]) * self.factor.travel_s, 1),
        )


def together(time_s: Floats, weight: Floats) -> dict[int, int]:
    """Return for each event (column) the mover (row) so that the weighted sum of squared times is least; events without any are absent.

    Not to be served costs as much as waiting for `MOST_S`: when there are too few movers, the weighty events keep theirs.
    """
    count, events = time_s.shape
    if not count or not events:
        return {}
    square = np.where(np.isfinite(time_s) & (time_s <= MOST_S), time_s, 2 * MOST_S) ** 2
    nobody = np.full((events, events), MOST_S**2)
    rows, columns = linear_sum_assignment(np.vstack([square, nobody]) * weight)
    return {int(column): int(row) for row, column in zip(rows, columns, strict=True) if row < count}


def in_turn(time_s: Floats, straight_m: Floats) -> dict[int, int]:
    """Return what comes out when each event in its order takes the nearest by straight line of those who are left and can get there."""
    left = np.ones(len(time_s), bool)
    chosen: dict[int, int] = {}
    for column in range(time_s.shape[1]):
        able = left & np.isfinite(time_s[:, column]) & (time_s[:, column] <= MOST_S)
        if able.any():
            row = int(np.where(able, straight_m[:, column], np.inf).argmin())
            chosen[column], left[row] = row, False
    return chosen


def outcome(chosen: dict[int, int], time_s: Floats) -> Outcome:
    """Add up a choice."""
    times = np.array([time_s[row, column] for column, row in chosen.items()], np.float64)
    total_s = float(times.sum())
    return Outcome(
        assigned=len(times),
        total_s=round(total_s, 1),
        mean_s=round(total_s / len(times), 1) if len(times) else 0.0,
        worst_s=round(float(times.max()), 1) if len(times) else 0.0,
    )


def straight(events: Sequence[Waiting], found: Sequence[Mover]) -> Floats:
    """Return straight distances in metres: a row a mover, a column an event."""
    lons, lats = positions(found)
    columns = [exact_m(event.lon, event.lat, lons, lats) for event in events]
    return np.column_stack(columns) if columns else np.zeros((len(found), 0))


def travel_s(engine: Engine | None, events: Sequence[Waiting], found: Sequence[Mover], straight_m: Floats) -> Floats:
    """Return seconds on free roads, guessed by the straight line where there is no engine; NaN where there is no way."""
    time_s = np.full(straight_m.shape, np.nan)
    lons, lats = positions(found)
    to_lons, to_lats = np.array([event.lon for event in events], np.float64), np.array([event.lat for event in events], np.float64)
    for mode in Mode:
        rows: Ints = np.array([row for row, mover in enumerate(found) if mover.mode is mode], np.int64)
        if len(rows):
            time_s[rows] = (
                engine.matrix(lons[rows], lats[rows], to_lons, to_lats, mode) if engine else guessed_s(mode, 1.0) * straight_m[rows]
            )
    return time_s
