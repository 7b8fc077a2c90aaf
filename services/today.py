"""Today in figures that agree: every one of them comes from one statement, so from one snapshot of the database.

The day is that of China. A case counts as accepted when it was reported today and is neither void nor merged into another one (its report goes on with
the master). What adds up, always:

    accepted     = self_closed + rejected + to_dispatch   = sum of streets = sum of classes (and of their hours) = sum of sources
    to_dispatch  = dispatched + waiting
    dispatched   = handled + working
    handled      = checked + in_check
    checked      = closed + to_close
    open         = sum of streets          overdue = sum of streets
    expected     = on_grid + handling + off_grid + no_signal            on_duty = on_grid + handling

The flow follows the cases accepted today; `open` and `overdue` count every open case, whenever it came in.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta
from typing import Any

from geodata.db import Conn
from geodata.errors import NotAllowedError
from services.rights import Reader, Role
from services.worktime import LOCAL

MAY_READ = frozenset({Role.LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DEPARTMENT, Role.WORKER, Role.WALL})
SLOT_S = 1_800
SLOTS = 48
HOURS = 24
DUE_DAYS = 7
SIGNAL_S = 1_800
"""A position older than this is no sign of life."""
PRESENCE = ("on_grid", "handling", "off_grid", "no_signal")
STEPS = ("self_closed", "rejected", "waiting", "working", "in_check", "to_close", "closed")
NOWHERE = ""
"""Street of cases whose place is not known well enough."""

# One statement is one snapshot, whatever the transaction around it. Rows: kind, then what the kind needs.
# `due`: cases to be closed (应结案) = closed on one of the last fourteen days, and those that are overdue now (day 0).
# `then`: how many were open and overdue at each of the last 24 full hours before now, by the deadline that they have now.
TODAY = """
    WITH counted AS MATERIALIZED (
        SELECT e.id, left(e.grid_code, 9) AS street, e.major, e.source, e.state, e.reported_at,
               e.self_handled OR e.source = 'grid_self' AS own,
               CASE WHEN e.state = 'suspended' THEN coalesce(e.resume_state, 'handling') ELSE e.state END AS stage
        FROM hall.event AS e
        WHERE e.reported_at >= %(start)s AND e.reported_at <= %(now)s AND e.state NOT IN ('void', 'merged') AND starts_with(e.grid_code, %(scope)s)
    ), waiting AS MATERIALIZED (
        SELECT left(e.grid_code, 9) AS street, e.state, e.reported_at, e.deadline_at
        FROM hall.event AS e
        WHERE e.closed_at IS NULL AND e.reported_at <= %(now)s AND starts_with(e.grid_code, %(scope)s)
    ), ended AS MATERIALIZED (
        SELECT left(e.grid_code, 9) AS street, e.state, e.reported_at, e.deadline_at, e.closed_at
        FROM hall.event AS e
        WHERE e.closed_at > %(now)s - make_interval(days => 2 * %(due_days)s) AND e.closed_at <= %(now)s AND e.state NOT IN ('void', 'merged')
          AND starts_with(e.grid_code, %(scope)s)
    )
    SELECT 'case' AS kind, street AS a, major AS b, source AS c,
           CASE WHEN stage IN ('closed', 'evaluated') THEN CASE WHEN own THEN 'self_closed' ELSE 'closed' END
                WHEN stage = 'not_filed' THEN 'rejected'
                WHEN stage IN ('reported', 'filed') THEN 'waiting'
                WHEN stage <> 'checking' THEN 'working'
                WHEN EXISTS (SELECT FROM hall.case_log AS l
                             WHERE l.event_id = counted.id AND l.action = 'check'
                               AND l.seq > (SELECT coalesce(max(seq), 0) FROM hall.case_log
                                            WHERE event_id = counted.id AND to_state = 'checking' AND action <> 'check')) THEN 'to_close'
                ELSE 'in_check' END AS d,
           floor(extract(epoch FROM reported_at - %(start)s::timestamptz) / %(slot_s)s)::integer AS i, count(*) AS n, 0::bigint AS m
    FROM counted GROUP BY 1, 2, 3, 4, 5, 6
    UNION ALL
    SELECT 'open', street, NULL, NULL, NULL, 0, count(*), count(*) FILTER (WHERE deadline_at < %(now)s AND state <> 'suspended')
    FROM waiting GROUP BY street
    UNION ALL
    SELECT 'due', street, NULL, NULL, NULL, floor(extract(epoch FROM %(now)s::timestamptz - closed_at) / 86400)::integer, count(*),
           count(*) FILTER (WHERE closed_at <= deadline_at)
    FROM ended WHERE state <> 'not_filed' GROUP BY 2, 6
    UNION ALL
    SELECT 'then', NULL, NULL, NULL, NULL, hour, count(*), count(*) FILTER (WHERE deadline_at < at AND state <> 'suspended')
    FROM (SELECT hour, %(now)s::timestamptz - make_interval(hours => hour) AS at FROM generate_series(1, 24) AS hour) AS back
    JOIN (SELECT state, reported_at, deadline_at, NULL::timestamptz AS closed_at FROM waiting
          UNION ALL SELECT state, reported_at, deadline_at, closed_at FROM ended) AS each
      ON each.reported_at <= back.at AND (each.closed_at IS NULL OR each.closed_at > back.at)
    GROUP BY hour
    UNION ALL
    SELECT 'before', NULL, NULL, NULL, NULL, days, (
        SELECT count(*) FROM hall.event AS e
        WHERE e.reported_at >= %(start)s::timestamptz - make_interval(days => days) AND e.reported_at <= %(now)s::timestamptz - make_interval(days => days)
          AND e.state NOT IN ('void', 'merged') AND starts_with(e.grid_code, %(scope)s)), 0
    FROM (VALUES (1), (7)) AS back (days)
    UNION ALL
    SELECT 'major', NULL, major, NULL, NULL, 0, 0, 0 FROM (SELECT DISTINCT major FROM hall.event_class) AS known
    UNION ALL
    SELECT 'street', code, name, NULL, NULL, 0, 0, 0 FROM hall.area
    WHERE level = 'street' AND (starts_with(code, %(scope)s) OR starts_with(%(scope)s, code))
    UNION ALL
    (SELECT 'grid', grid.code, NULL, NULL,
            CASE WHEN w.status IS NULL OR w.status = 'off_duty' THEN 'no_signal'
                 WHEN w.status = 'off_grid' THEN 'off_grid'
                 WHEN p.reported_at IS NULL OR p.reported_at < %(now)s::timestamptz - make_interval(secs => %(signal_s)s) THEN 'no_signal'
                 WHEN w.status = 'busy' THEN 'handling' ELSE 'on_grid' END, 0, 1, 0
     FROM hall.area AS grid
     LEFT JOIN hall.worker AS w ON w.grid_code = grid.code AND w.role = 'grid_worker'
     LEFT JOIN hall.worker_position AS p ON p.worker_id = w.id
     WHERE grid.level = 'base_grid' AND starts_with(grid.code, %(scope)s))
    LIMIT 100000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How far the cases accepted today have come; see the module for what adds up."""

    accepted: int
    self_closed: int
    """自办自结: found and solved in the grid."""
    rejected: int
    """不予立案."""
    to_dispatch: int
    dispatched: int
    waiting: int
    """待派: reported or filed, not yet sent."""
    handled: int
    working: int
    """处置中."""
    checked: int
    in_check: int
    closed: int
    to_close: int
    """Checked, not yet closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetDay:
    """A street today. `code` is empty for cases without a known street."""

    code: str
    name: str
    accepted: int
    open: int
    overdue: int
    due_7d: int
    on_time_7d: int
    on_time_rate_7d: float | None
    """0 to 1; None when nothing was due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassDay:
    """A major class today, by the hour of the report; hours to come are 0."""

    major: str
    accepted: int
    hours: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPresence:
    """A base grid and its worker: on_grid | handling | off_grid | no_signal."""

    code: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """How the figures went; the last value is the present one."""

    accepted: tuple[int, ...]
    """Cumulative, by half hours since midnight."""
    open: tuple[int, ...]
    """25 values, an hour apart."""
    overdue: tuple[int, ...]
    on_time_rate: tuple[float | None, ...]
    """By days of 24 hours before now, the oldest first; 7 values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """What counts of a day, and how it went."""

    start: datetime
    """Midnight in China."""
    accepted: int
    accepted_yesterday: int
    """Until the same time of the day before."""
    accepted_last_week: int
    """Until the same time of the same weekday."""
    open: int
    overdue: int
    overdue_yesterday: int
    on_time_rate_7d: float | None
    """Closed on time / to be closed (closed within 7 days + overdue now); None when nothing was due."""
    on_time_rate_7d_before: float | None
    """Of what was closed in the seven days before those."""
    on_duty: int
    expected: int
    """Base grids, each of which has one worker."""
    flow: Flow
    series: Series
    streets: tuple[StreetDay, ...]
    """Most accepted first."""

    def shared(self) -> dict[str, Any]:
        """Return these figures by name, without what a larger answer adds to them."""
        return {field.name: getattr(self, field.name) for field in fields(DayFigures)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Today(DayFigures):
    """All figures of the reader's area at one instant."""

    at: datetime
    open_yesterday: int
    classes: tuple[ClassDay, ...]
    """Most accepted first."""
    sources: Mapping[str, int]
    presence: Mapping[str, int]
    """Base grids by state."""
    grids: tuple[GridPresence, ...]
    """By code, so that a patch is a place."""


def require(reader: Reader) -> None:
    """Raise NotAllowedError when the role reads no figures of cases."""
    if reader.role not in MAY_READ:
        raise NotAllowedError(f"{reader.role} reads no figures of cases")


def midnight(now: datetime) -> datetime:
    """Return the beginning of the day in China."""
    return datetime.combine(now.astimezone(LOCAL).date(), time(), LOCAL)


def today(conn: Conn, reader: Reader, now: datetime) -> Today:
    """Return the figures of the reader's area. An empty area, day or database is a row of zeros.

    Raises:
        NotAllowedError: the role reads no figures of cases.
    """
    require(reader)
    start = midnight(now)
    values = {"now": now, "start": start, "scope": reader.scope, "slot_s": SLOT_S, "due_days": DUE_DAYS, "signal_s": SIGNAL_S}
    rows: dict[str, list[Any]] = {kind: [] for kind in ("case", "open", "due", "then", "before", "major", "street", "grid")}
    for kind, *rest in conn.execute(TODAY, values).fetchall():
        rows[kind].append(rest)
    flow = _flow(rows["case"])
    opened = {street: (count, late) for street, _, _, _, _, count, late in rows["open"]}
    open_now, overdue = (sum(pair[index] for pair in opened.values()) for index in (0, 1))
    before = {days: count for *_, days, count, _ in rows["before"]}
    then = {hour: (count, late) for *_, hour, count, late in rows["then"]}
    recent = [row for row in rows["due"] if row[4] < DUE_DAYS]
    grids = tuple(GridPresence(code=code, state=state) for code, _, _, state, *_ in sorted(rows["grid"], key=lambda row: row[0]))
    states = Counter(grid.state for grid in grids)
    return Today(
        at=now,
        start=start,
        accepted=flow.accepted,
        accepted_yesterday=before.get(1, 0),
        accepted_last_week=before.get(7, 0),
        open=open_now,
        open_yesterday=then.get(HOURS, (0, 0))[0],
        overdue=overdue,
        overdue_yesterday=then.get(HOURS, (0, 0))[1],
        on_time_rate_7d=_rate(recent, overdue),
        on_time_rate_7d_before=_rate([row for row in rows["due"] if row[4] >= DUE_DAYS], 0),
        on_duty=states["on_grid"] + states["handling"],
        expected=len(grids),
        flow=flow,
        streets=_streets(rows, opened, recent),
        classes=_classes(rows),
        sources=dict(sorted(_tally(rows["case"], 2).items(), key=lambda pair: (-pair[1], pair[0]))),
        presence={state: states[state] for state in PRESENCE},
        grids=grids,
        series=Series(
            accepted=_cumulative(rows["case"], now - start),
            open=(*(then.get(hour, (0, 0))[0] for hour in range(HOURS, 0, -1)), open_now),
            overdue=(*(then.get(hour, (0, 0))[1] for hour in range(HOURS, 0, -1)), overdue),
            on_time_rate=tuple(_rate([row for row in recent if row[4] == day], 0) for day in range(DUE_DAYS - 1, -1, -1)),
        ),
    )


def _tally(cases: Sequence[Sequence[Any]], column: int) -> Counter[str]:
    tally: Counter[str] = Counter()
    for row in cases:
        tally[row[column]] += row[5]
    return tally


def _flow(cases: Sequence[Sequence[Any]]) -> Flow:
    step = _tally(cases, 3)
    checked = step["closed"] + step["to_close"]
    handled = checked + step["in_check"]
    dispatched = handled + step["working"]
    to_dispatch = dispatched + step["waiting"]
    return Flow(
        accepted=to_dispatch + step["self_closed"] + step["rejected"],
        self_closed=step["self_closed"],
        rejected=step["rejected"],
        to_dispatch=to_dispatch,
        dispatched=dispatched,
        waiting=step["waiting"],
        handled=handled,
        working=step["working"],
        checked=checked,
        in_check=step["in_check"],
        closed=step["closed"],
        to_close=step["to_close"],
    )


def _rate(rows: Sequence[Sequence[Any]], late: int) -> float | None:
    due = sum(row[5] for row in rows) + late
    return sum(row[6] for row in rows) / due if due else None


def _streets(
    rows: Mapping[str, list[Any]], opened: Mapping[str, tuple[int, int]], recent: Sequence[Sequence[Any]]
) -> tuple[StreetDay, ...]:
    names = {code: name for code, name, *_ in rows["street"]}

    def known(code: str) -> str:
        return code if code in names else NOWHERE

    accepted, waiting, late, due, on_time = (Counter[str]() for _ in range(5))
    for code, number in _tally(rows["case"], 0).items():
        accepted[known(code)] += number
    for code, (number, overdue) in opened.items():
        waiting[known(code)] += number
        late[known(code)] += overdue
    for row in recent:
        due[known(row[0])] += row[5]
        on_time[known(row[0])] += row[6]
    found = [*names, NOWHERE] if accepted[NOWHERE] or waiting[NOWHERE] or due[NOWHERE] else list(names)
    days = [
        StreetDay(
            code=code,
            name=names.get(code, ""),
            accepted=accepted[code],
            open=waiting[code],
            overdue=late[code],
            due_7d=due[code] + late[code],
            on_time_7d=on_time[code],
            on_time_rate_7d=on_time[code] / (due[code] + late[code]) if due[code] + late[code] else None,
        )
        for code in found
    ]
    return tuple(sorted(days, key=lambda street: (-street.accepted, not street.code, street.code)))


def _classes(rows: Mapping[str, list[Any]]) -> tuple[ClassDay, ...]:
    hours: dict[str, list[int]] = {row[1]: [0] * HOURS for row in rows["major"]}
    for _, major, _, _, slot, number, _ in rows["case"]:
        hours.setdefault(major, [0] * HOURS)[slot * SLOT_S // 3600] += number
    days = [ClassDay(major=major, accepted=sum(counts), hours=tuple(counts)) for major, counts in hours.items()]
    return tuple(sorted(days, key=lambda day: (-day.accepted, day.major)))


def _cumulative(cases: Sequence[Sequence[Any]], passed: timedelta) -> tuple[int, ...]:
    slots = [0] * (int(passed.total_seconds() // SLOT_S) + 1)
    for row in cases:
        slots[row[4]] += row[5]
    total, out = 0, []
    for number in slots:
        total += number
        out.append(total)
    return tuple(out)
