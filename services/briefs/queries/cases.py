"""Cases of a period: how many came and went, by what they are, where, when, from whom.

A case counts when it is neither void nor merged into another one. A case is overdue when its step should have ended and it is not suspended.
按期结案率 = closed on time / (closed in the period + overdue at its end), as GB/T 30428.4 has it with 应结案 as what is divided by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import sql
from psycopg.rows import class_row, dict_row

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.briefs import periods
from services.briefs.document import Cell, Chart, Column, Figure, Figures, Map, Mark, Series, Shade, Table
from services.briefs.periods import Window
from services.briefs.queries.base import BELOW, DIGITS, Answer, Ask, area_names, word
from services.briefs.wording import NONE, Share, Value, change, change_short, hours, number, points
from services.worktime import LOCAL

TOTALS = """
    SELECT count(*) FILTER (WHERE came) AS accepted,
           count(*) FILTER (WHERE came AND (self_handled OR source = 'grid_self')) AS self_closed,
           count(*) FILTER (WHERE came AND level IN (1, 2)) AS major,
           count(*) FILTER (WHERE came AND source = 'hotline12345') AS hotline,
           count(*) FILTER (WHERE came AND state = 'not_filed') AS rejected,
           count(*) FILTER (WHERE ended) AS closed,
           count(*) FILTER (WHERE ended AND closed_at <= deadline_at) AS on_time,
           count(*) FILTER (WHERE ended AND closed_at > deadline_at) AS late,
           count(*) FILTER (WHERE came AND supervised) AS supervised,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - reported_at) / 3600) FILTER (WHERE ended) AS median_h
    FROM (SELECT *, reported_at >= %(start)s AND reported_at < %(end)s AS came,
                 closed_at >= %(start)s AND closed_at < %(end)s AND state <> 'not_filed' AS ended
          FROM hall.brief_cases(%(area)s, %(majors)s, %(subs)s, %(groups)s, %(classes)s, %(sources)s, %(levels)s)
          WHERE (reported_at >= %(start)s AND reported_at < %(end)s) OR (closed_at >= %(start)s AND closed_at < %(end)s)) AS e
"""
STANDING = """
    SELECT count(*) AS open, count(*) FILTER (WHERE deadline_at < %(end)s AND state <> 'suspended') AS overdue,
           count(*) FILTER (WHERE state = 'suspended') AS suspended, count(*) FILTER (WHERE supervised) AS supervised
    FROM hall.brief_cases(%(area)s, %(majors)s, %(subs)s, %(groups)s, %(classes)s, %(sources)s, %(levels)s)
    WHERE reported_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(end)s)
"""
GROUPED = """
    SELECT {key} AS key, count(*) FILTER (WHERE reported_at >= %(start)s AND reported_at < %(end)s) AS accepted,
           count(*) FILTER (WHERE reported_at >= %(before_start)s AND reported_at < %(before_end)s) AS before,
           count(*) FILTER (WHERE closed_at >= %(start)s AND closed_at < %(end)s AND state <> 'not_filed') AS closed,
           count(*) FILTER (WHERE closed_at >= %(start)s AND closed_at < %(end)s AND state <> 'not_filed' AND closed_at <= deadline_at) AS on_time,
           count(*) FILTER (WHERE reported_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(end)s)) AS open,
           count(*) FILTER (WHERE reported_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(end)s)
                                  AND deadline_at < %(end)s AND state <> 'suspended') AS overdue,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - reported_at) / 3600)
               FILTER (WHERE closed_at >= %(start)s AND closed_at < %(end)s AND state <> 'not_filed') AS median_h
    FROM hall.brief_cases(%(area)s, %(majors)s, %(subs)s, %(groups)s, %(classes)s, %(sources)s, %(levels)s)
    WHERE (reported_at >= least(%(before_start)s, %(start)s) AND reported_at < %(end)s) OR closed_at IS NULL OR closed_at >= %(start)s
    GROUP BY 1
"""
KEYS: Mapping[str, sql.SQL] = {
    "street": sql.SQL("left(grid_code, 9)"),
    "community": sql.SQL("left(grid_code, 12)"),
    "base_grid": sql.SQL("left(grid_code, 15)"),
    "class": sql.SQL("class_code"),
    "sub": sql.SQL("sub_code"),
    "major": sql.SQL("major"),
    "source": sql.SQL("source"),
    "level": sql.SQL("level::text"),
    "department": sql.SQL("lead_department::text"),
}
HOURS = """
    SELECT extract(hour FROM reported_at AT TIME ZONE 'Asia/Shanghai')::integer AS hour,
           extract(isodow FROM reported_at AT TIME ZONE 'Asia/Shanghai')::integer AS weekday, count(*) AS n
    FROM hall.brief_cases(%(area)s, %(majors)s, %(subs)s, %(groups)s, %(classes)s, %(sources)s, %(levels)s)
    WHERE reported_at >= %(start)s AND reported_at < %(end)s
    GROUP BY 1, 2
"""
COUNTED = """
    SELECT w.position, count(e.id) AS accepted
    FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS w (start, until, position)
    LEFT JOIN LATERAL (
        SELECT id FROM hall.brief_cases(%(area)s, %(majors)s, %(subs)s, %(groups)s, %(classes)s, %(sources)s, %(levels)s) AS c
        WHERE c.reported_at >= w.start AND c.reported_at < w.until
    ) AS e ON true
    GROUP BY 1 ORDER BY 1
"""
LISTED = """
    SELECT case_no, class_name, level, place_text, grid_code, state, source, reported_at, deadline_at, closed_at,
           ST_X(geom) AS lon, ST_Y(geom) AS lat, located, count(*) OVER () AS total
    FROM hall.brief_cases(%(area)s, %(majors)s, %(subs)s, %(groups)s, %(classes)s, %(sources)s, %(levels)s)
    WHERE {which} ORDER BY {order} LIMIT %(limit)s
"""
LISTS: Mapping[str, tuple[sql.SQL, sql.SQL]] = {
    "overdue": (
        sql.SQL(
            """reported_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(end)s) AND deadline_at < %(end)s AND state <> 'suspended'"""
        ),
        sql.SQL("deadline_at, id"),
    ),
    "major": (
        sql.SQL("reported_at >= %(start)s AND reported_at < %(end)s AND level BETWEEN 1 AND 3"),
        sql.SQL("level, reported_at, id"),
    ),
    "open_major": (
        sql.SQL("reported_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(end)s) AND level BETWEEN 1 AND 3"),
        sql.SQL("level, reported_at, id"),
    ),
    "supervised": (
        sql.SQL("reported_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(end)s) AND supervised"),
        sql.SQL("deadline_at, id"),
    ),
    "suspended": (
        sql.SQL("reported_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(end)s) AND state = 'suspended'"),
        sql.SQL("reported_at, id"),
    ),
    "accepted": (sql.SQL("reported_at >= %(start)s AND reported_at < %(end)s"), sql.SQL("level = 0, level, reported_at DESC, id")),
}
REPEATED = """
    SELECT class_name, coalesce(b.name, b.address, min(e.place_text)) AS place, left(min(e.grid_code), 9) AS street, count(*) AS n,
           count(*) FILTER (WHERE e.closed_at IS NULL OR e.closed_at >= %(end)s) AS open, max(e.reported_at) AS last
    FROM hall.brief_cases(%(area)s, %(majors)s, %(subs)s, %(groups)s, %(classes)s, %(sources)s, %(levels)s) AS e
    LEFT JOIN hall.building AS b ON b.id = e.building_id
    WHERE e.reported_at >= %(start)s AND e.reported_at < %(end)s
    GROUP BY e.class_code, class_name, e.building_id, b.name, b.address, CASE WHEN e.building_id IS NULL THEN e.place_text END
    HAVING count(*) >= 2
    ORDER BY n DESC, last DESC, place LIMIT %(limit)s
"""
ROADS = """
    SELECT road.name, count(*) FILTER (WHERE e.reported_at >= %(start)s) AS accepted, count(*) FILTER (WHERE e.reported_at < %(start)s) AS before,
           count(*) FILTER (WHERE e.reported_at >= %(start)s AND e.closed_at IS NULL) AS open
    FROM hall.brief_cases(%(area)s, %(majors)s, %(subs)s, %(groups)s, %(classes)s, %(sources)s, %(levels)s) AS e
    CROSS JOIN LATERAL (
        SELECT r.name FROM hall.road_edge AS r
        WHERE r.name IS NOT NULL AND r.name <> '' AND r.geom && ST_Expand(e.geom, 0.0006) AND ST_DWithin(r.geom::geography, e.geom::geography, 40)
        ORDER BY r.geom <-> e.geom LIMIT 1
    ) AS road
    WHERE e.located NOT IN ('area', 'district')
      AND ((e.reported_at >= %(start)s AND e.reported_at < %(end)s) OR (e.reported_at >= %(before_start)s AND e.reported_at < %(before_end)s))
    GROUP BY road.name HAVING count(*) FILTER (WHERE e.reported_at >= %(start)s) > 0
    ORDER BY accepted DESC, road.name LIMIT %(limit)s
"""
CLASS_NAMES = "SELECT code, name FROM hall.event_class"
SUB_NAMES = "SELECT code, name FROM hall.event_sub_class"
DEPARTMENT_NAMES = "SELECT id::text, name FROM hall.department"
QUALITY = """
    SELECT count(*) AS reports, count(*) FILTER (WHERE e.state = 'void') AS void, count(*) FILTER (WHERE e.state = 'merged') AS merged,
           count(*) FILTER (WHERE e.state = 'not_filed') AS rejected, count(*) FILTER (WHERE e.returns > 0) AS returned,
           count(*) FILTER (WHERE e.reworks > 0) AS reworked, count(*) FILTER (WHERE e.extensions > 0) AS extended,
           count(*) FILTER (WHERE e.precision IN ('area', 'district')) AS vague
    FROM hall.event AS e
    WHERE e.reported_at >= %(start)s AND e.reported_at < %(end)s AND starts_with(e.grid_code, %(area)s)
"""
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
NOWHERE = "未定位到{}"
LEVEL_WORDS = {"street": "街道", "community": "社区", "base_grid": "网格"}
CASES = "件"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What came and went in a window; `median_h` is the hours from report to closing."""

    accepted: int
    self_closed: int
    major: int
    hotline: int
    rejected: int
    closed: int
    on_time: int
    late: int
    supervised: int
    median_h: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was open at an instant."""

    open: int
    overdue: int
    suspended: int
    supervised: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The same for one street, class, source, or whatever else cases are told apart by."""

    key: str | None
    accepted: int
    before: int
    closed: int
    on_time: int
    open: int
    overdue: int
    median_h: float | None

    @property
    def rate(self) -> Share:
        """按期结案率."""
        return Share(self.on_time, self.closed + self.overdue)


def totals(conn: Conn, ask: Ask, window: Window) -> Totals:
    """Count a window."""
    with conn.cursor(row_factory=class_row(Totals)) as cursor:
        row = cursor.execute(TOTALS, ask.values(window)).fetchone()
    if row is None:
        raise InvalidInputError("no answer from a count")
    return row


def standing(conn: Conn, ask: Ask, window: Window) -> Standing:
    """Count what was open at the end of a window."""
    with conn.cursor(row_factory=class_row(Standing)) as cursor:
        row = cursor.execute(STANDING, ask.values(window)).fetchone()
    if row is None:
        raise InvalidInputError("no answer from a count")
    return row


def now_window(ask: Ask) -> Window:
    """The period as far as it has gone."""
    return Window(start=ask.period.window.start, end=ask.end)


def overview(conn: Conn, ask: Ask) -> Answer:
    """The period as a whole, beside the one before and the year before."""
    period, here = ask.period, now_window(ask)
    now, before = totals(conn, ask, here), totals(conn, ask, period.before)
    open_, open_before = standing(conn, ask, here), standing(conn, ask, period.before)
    rate = Share(now.on_time, now.closed + open_.overdue)
    rate_before = Share(before.on_time, before.closed + open_before.overdue)
    moved = points(rate, rate_before, period.before_word)
    year = totals(conn, ask, period.year_before) if period.year_before else None
    values: dict[str, Value] = {
        "label": period.label,
        "area": ask.area_name,
        "end": periods.chinese_instant(here.end),
        "accepted": now.accepted,
        "accepted_change": change(now.accepted, before.accepted, period.before_word),
        "accepted_year": change(now.accepted, year.accepted, "去年同期") if year and year.accepted else None,
        "self_closed": now.self_closed,
        "self_share": Share(now.self_closed, now.accepted),
        "hotline": now.hotline,
        "hotline_share": Share(now.hotline, now.accepted),
        "rejected": now.rejected,
        "major": now.major,
        "closed": now.closed,
        "closed_change": change(now.closed, before.closed, period.before_word),
        "on_time": now.on_time,
        "late": now.late,
        "on_time_rate": rate,
        "on_time_told": "，".join(part for part in (str(rate), moved) if part) if rate.value is not None else None,
        "median": hours(now.median_h) if now.median_h is not None else None,
        "open": open_.open,
        "overdue": open_.overdue,
        "overdue_change": change(open_.overdue, open_before.overdue, f"{period.before_word}末"),
        "suspended": open_.suspended,
        "supervised": open_.supervised,
    }
    tone = "bad" if open_.overdue > open_before.overdue else "good" if open_.overdue < open_before.overdue else ""
    items = (
        Figure(name="受理案件", value=number(now.accepted), note=f"环比{change_short(now.accepted, before.accepted)}"),
        Figure(name="结案", value=number(now.closed), note=f"环比{change_short(now.closed, before.closed)}"),
        Figure(name="按期结案率", value=str(rate), note=points(rate, rate_before, period.before_word)),
        Figure(name="期末未结", value=number(open_.open), note=f"上期末{number(open_before.open)}{CASES}"),
        Figure(name="期末超期", value=number(open_.overdue), note=f"上期末{number(open_before.overdue)}{CASES}", tone=tone),
    )
    return Answer(values=values, figures=Figures(items=items))


def grouped(conn: Conn, ask: Ask, key: str) -> list[Group]:
    """Count by one key, the most first.

    Raises:
        InvalidInputError: no such key.
    """
    if key not in KEYS:
        raise InvalidInputError(f"by={key!r}: one of {', '.join(KEYS)}")
    query = sql.SQL(GROUPED).format(key=KEYS[key])
    values = ask.values(before_start=ask.period.before.start, before_end=ask.period.before.end)
    with conn.cursor(row_factory=class_row(Group)) as cursor:
        rows = cursor.execute(query, values).fetchall()
    return sorted(rows, key=lambda row: (-row.accepted, row.key or "￿"))


def by_area(conn: Conn, ask: Ask) -> Answer:
    """The parts of the area, or with `by` those of a level further down, each with what came, went and waits; parts without a case stand as well."""
    level = ask.by or BELOW.get(ask.area_level, "base_grid")
    names = area_names(conn, ask, level)
    rows = grouped(conn, ask, level)
    by_key = {row.key: row for row in rows}
    if len(names) <= ask.limit:
        listed = sorted((by_key.get(code) or _nothing(code) for code in names), key=lambda row: (-row.accepted, row.key or ""))
    else:
        listed = [row for row in rows if row.key in names and row.accepted][: ask.limit]
    lost = [row for row in rows if row.key not in names]
    if lost:
        listed.append(_sum(lost, NOWHERE.format(LEVEL_WORDS[level])))
    complete = len(names) <= ask.limit
    columns = tuple(
        Column(name=name, number=position > 0)
        for position, name in enumerate((LEVEL_WORDS[level], "受理", "环比", "结案", "按期结案率", "未结", "超期"))
    )
    named = [(names.get(row.key or "", row.key or ""), row) for row in listed]
    total = _sum(rows, "合计")
    shaded = [Shade(code=code, name=name, value=float(by_key[code].accepted if code in by_key else 0)) for code, name in names.items()]
    found = [(name, row) for name, row in named if row.accepted and row.key in names]
    worst = min(
        (pair for pair in named if pair[1].rate.value is not None), key=lambda pair: (pair[1].rate.value or 0, pair[0]), default=None
    )
    values: dict[str, Value] = {
        "parts": len(names),
        "part_word": LEVEL_WORDS[level],
        "first": found[0][0] if found else None,
        "first_n": found[0][1].accepted if found else None,
        "first_share": Share(found[0][1].accepted, total.accepted) if found else None,
        "firsts": _listing([(name, row.accepted) for name, row in found[:3]]),
        "firsts_share": Share(sum(row.accepted for _, row in found[:3]), total.accepted) if found else None,
        "quiet": sum(1 for code in names if code not in by_key or not by_key[code].accepted),
        "accepted": total.accepted,
        "overdue": total.overdue,
        "overdue_first": _listing(sorted(((name, row.overdue) for name, row in named if row.overdue), key=lambda pair: -pair[1])[:3]),
        "worst": worst[0] if worst else None,
        "worst_rate": worst[1].rate if worst else None,
        "risen": _risen([(name, row) for name, row in ((names[row.key], row) for row in rows if row.key in names)]),
    }
    chart = _bars(f"各{LEVEL_WORDS[level]}受理量", [(name, row) for name, row in named if row.key in names][: ask.limit], ask)
    return Answer(
        values=values,
        table=Table(
            columns=columns,
            rows=tuple(_area_row(name, row) for name, row in named),
            total=_area_row("合计", total),
            note="" if complete else f"只列受理量最多的{ask.limit}个{LEVEL_WORDS[level]}；合计为全部。",
        ),
        charts=(chart,) if chart else (),
        map=Map(title=f"各{LEVEL_WORDS[level]}受理量", area=ask.area, shades=tuple(shaded), unit=CASES),
    )


def by_kind(conn: Conn, ask: Ask) -> Answer:
    """What the cases are: by class, sub, major, source, level or department."""
    key = ask.by or "class"
    rows, names = grouped(conn, ask, key), _names(conn, key)
    total = _sum(rows, "合计")
    came = [row for row in rows if row.accepted or (key == "department" and (row.closed or row.open))]
    listed = [(names.get(row.key or "", row.key or "未定"), row) for row in came[: ask.limit]]
    head = {"class": "细类", "sub": "小类", "major": "大类", "source": "来源", "level": "级别", "department": "责任部门"}[key]
    columns = tuple(
        Column(name=name, number=position > 0)
        for position, name in enumerate((head, "受理", "占比", "环比", "结案", "按期结案率", "未结", "超期"))
    )
    values: dict[str, Value] = {
        "kinds": len(came),
        "accepted": total.accepted,
        "firsts": _listing([(name, row.accepted) for name, row in listed[:3]]),
        "firsts_share": Share(sum(row.accepted for _, row in listed[:3]), total.accepted) if listed else None,
        "first": listed[0][0] if listed else None,
        "first_n": listed[0][1].accepted if listed else None,
        "first_share": Share(listed[0][1].accepted, total.accepted) if listed else None,
        "risen": _risen([(names.get(row.key or "", row.key or "未定"), row) for row in rows]),
        "slow": _slow([(names.get(row.key or "", row.key or "未定"), row) for row in rows]),
        "overdue_first": _listing(
            sorted(((names.get(row.key or "", "未定"), row.overdue) for row in rows if row.overdue), key=lambda pair: -pair[1])[:3]
        ),
    }
    cut = len(came) > ask.limit
    chart = _bars(f"按{head}受理量", listed, ask)
    return Answer(
        values=values,
        table=Table(
            columns=columns,
            rows=tuple(_kind_row(name, row, total) for name, row in listed),
            total=_kind_row("合计", total, total),
            note=f"只列受理量最多的{ask.limit}项；合计为全部。" if cut else "",
        ),
        charts=(chart,) if chart else (),
    )


def durations(conn: Conn, ask: Ask) -> Answer:
    """How long cases took from report to closing, by class or area."""
    key = ask.by or "sub"
    rows = [row for row in grouped(conn, ask, key) if row.closed and row.median_h is not None]
    names = area_names(conn, ask, key) if key in DIGITS else _names(conn, key)
    slow = sorted(rows, key=lambda row: (-(row.median_h or 0), row.key or ""))
    named = [(names.get(row.key or "", row.key or "未定"), row) for row in slow]
    head = LEVEL_WORDS.get(key) or {"sub": "小类", "class": "细类", "major": "大类", "source": "来源", "department": "责任部门"}.get(
        key, key
    )
    columns = (
        Column(name=head),
        Column(name="结案", number=True),
        Column(name="结案用时中位数", number=True),
        Column(name="按期结案率", number=True),
    )
    whole = totals(conn, ask, now_window(ask))
    before = totals(conn, ask, ask.period.before)
    values: dict[str, Value] = {
        "closed": whole.closed,
        "median": hours(whole.median_h) if whole.median_h is not None else None,
        "median_before": hours(before.median_h) if before.median_h is not None else None,
        "slowest": named[0][0] if named else None,
        "slowest_h": hours(named[0][1].median_h) if named else None,
        "fastest": named[-1][0] if len(named) > 1 else None,
        "fastest_h": hours(named[-1][1].median_h) if len(named) > 1 else None,
        "late": whole.late,
        "late_share": Share(whole.late, whole.closed),
    }
    shown = named[: ask.limit]
    labels = tuple(name for name, _ in shown)
    chart = Chart(
        form="bars",
        title="结案用时中位数",
        labels=labels,
        series=(Series(name="小时", values=tuple(round(row.median_h or 0, 1) for _, row in shown)),),
        unit="小时",
    )
    return Answer(
        values=values,
        table=Table(
            columns=columns,
            rows=tuple((name, row.closed, hours(row.median_h), str(row.rate)) for name, row in shown),
            note=f"只列用时最长的{ask.limit}项。" if len(named) > ask.limit else "",
        ),
        charts=(chart,) if shown else (),
    )


def hours_of_day(conn: Conn, ask: Ask) -> Answer:
    """When cases come in: by hour, and by weekday and hour where the period is a week or longer."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(HOURS, ask.values()).fetchall()
    by_hour = [sum(row["n"] for row in rows if row["hour"] == hour) for hour in range(24)]
    by_day = [sum(row["n"] for row in rows if row["weekday"] == day) for day in range(1, 8)]
    total = sum(by_hour)
    peak = max(range(24), key=lambda hour: (by_hour[hour], -hour))
    long = ask.end - ask.period.window.start >= timedelta(days=7)
    labels = tuple(f"{hour}时" for hour in range(24))
    columns = Chart(
        form="columns",
        title="分时段受理量",
        labels=labels,
        series=(Series(name="受理", values=tuple(float(n) for n in by_hour)),),
        unit=CASES,
    )
    matrix = Chart(
        form="matrix",
        title="星期与时段",
        labels=labels,
        series=tuple(
            Series(
                name=name,
                values=tuple(float(sum(row["n"] for row in rows if row["weekday"] == day and row["hour"] == hour)) for hour in range(24)),
            )
            for day, name in enumerate(WEEKDAYS, 1)
        ),
        unit=CASES,
    )
    values: dict[str, Value] = {
        "accepted": total,
        "peak": f"{peak}时至{peak + 1}时" if total else None,
        "peak_n": by_hour[peak] if total else None,
        "peak_share": Share(by_hour[peak], total) if total else None,
        "day_share": Share(sum(by_hour[8:18]), total) if total else None,
        "night_share": Share(sum(by_hour[22:]) + sum(by_hour[:6]), total) if total else None,
        "busiest": WEEKDAYS[max(range(7), key=lambda day: (by_day[day], -day))] if total and long else None,
        "busiest_n": max(by_day) if total and long else None,
        "weekend_share": Share(by_day[5] + by_day[6], total) if total and long else None,
    }
    return Answer(values=values, charts=(matrix, columns) if long else (columns,))


def trend(conn: Conn, ask: Ask) -> Answer:
    """The periods up to this one; of a span, its days."""
    here = ask.period
    chain = periods.trend(here)
    if len(chain) > 1:
        windows = [one.window for one in chain[:-1]] + [now_window(ask)]
        labels = [_short_label(one) for one in chain]
    else:
        windows = periods.days(now_window(ask))[-62:]
        labels = [f"{one.start.astimezone(LOCAL):%-m/%-d}" for one in windows]
    counts = counted(conn, ask, windows)
    earlier = counts[:-1]
    mean = sum(earlier) / len(earlier) if earlier else None
    values: dict[str, Value] = {
        "periods": len(counts),
        "highest": labels[max(range(len(counts)), key=lambda index: counts[index])],
        "highest_n": max(counts),
        "lowest": labels[min(range(len(counts)), key=lambda index: counts[index])],
        "lowest_n": min(counts),
        "mean": mean,
        "accepted": counts[-1],
        "beside_mean": change(counts[-1], round(mean, 1), f"前{len(earlier)}期均值") if mean else None,
    }
    chart = Chart(
        form="columns" if len(counts) <= 14 else "line",
        title="受理量走势",
        labels=tuple(labels),
        series=(Series(name="受理", values=tuple(float(n) for n in counts)),),
        unit=CASES,
        marked=len(counts) - 1 if len(chain) > 1 else None,
    )
    return Answer(values=values, charts=(chart,))


def by_day(conn: Conn, ask: Ask) -> Answer:
    """The days of the period."""
    windows = periods.days(now_window(ask))
    counts = counted(conn, ask, windows)
    labels = [f"{one.start.astimezone(LOCAL):%-m/%-d}" for one in windows]
    top = max(range(len(counts)), key=lambda index: (counts[index], -index))
    values: dict[str, Value] = {
        "days": len(counts),
        "mean": sum(counts) / len(counts),
        "top": labels[top].replace("/", "月") + "日" if counts[top] else None,
        "top_n": counts[top],
        "accepted": sum(counts),
    }
    chart = Chart(
        form="columns" if len(counts) <= 31 else "line",
        title="逐日受理量",
        labels=tuple(labels),
        series=(Series(name="受理", values=tuple(float(n) for n in counts)),),
        unit=CASES,
    )
    return Answer(values=values, charts=(chart,))


def counted(conn: Conn, ask: Ask, windows: Sequence[Window]) -> list[int]:
    """Count the reports of each window."""
    values = ask.values(starts=[one.start for one in windows], ends=[one.end for one in windows])
    return [row[1] for row in conn.execute(COUNTED, values)]


def listed(conn: Conn, ask: Ask) -> Answer:
    """Cases one by one: no names, no telephone numbers, no free text, only what they are and where.

    Raises:
        InvalidInputError: no list of this kind.
    """
    if ask.kind not in LISTS:
        raise InvalidInputError(f"kind={ask.kind!r}: one of {', '.join(LISTS)}")
    which, order = LISTS[ask.kind]
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(sql.SQL(LISTED).format(which=which, order=order), ask.values()).fetchall()
    streets = area_names(conn, ask, "street")
    total = rows[0]["total"] if rows else 0
    late = ask.kind in {"overdue", "supervised"}
    columns = (
        Column(name="案件号"),
        Column(name="级别"),
        Column(name="类别"),
        Column(name="地点"),
        Column(name="街道"),
        Column(name="上报时间"),
        Column(name="超期" if late else "状态", number=late),
    )
    marks = tuple(Mark(lon=row["lon"], lat=row["lat"], level=row["level"]) for row in rows if row["located"] not in {"area", "district"})
    levels = {level: sum(1 for row in rows if row["level"] == level) for level in (1, 2, 3)}
    values: dict[str, Value] = {
        "total": total,
        "shown": len(rows),
        "level1": levels[1],
        "level2": levels[2],
        "level3": levels[3],
        "closed": sum(1 for row in rows if row["closed_at"] and row["closed_at"] < ask.end),
        "longest": _late(ask, rows[0]["deadline_at"]) if late and rows else None,
    }
    return Answer(
        values=values,
        table=Table(
            columns=columns,
            rows=tuple(_case_row(ask, row, streets, late=late) for row in rows),
            note=f"共{number(total)}件，列出{len(rows)}件。" if total > len(rows) else "",
        ),
        map=Map(title="案件位置", area=ask.area, marks=marks) if marks else None,
    )


def repeated(conn: Conn, ask: Ask) -> Answer:
    """The same thing reported again and again at the same place."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(REPEATED, ask.values()).fetchall()
    streets = area_names(conn, ask, "street")
    columns = (
        Column(name="类别"),
        Column(name="地点"),
        Column(name="街道"),
        Column(name="次数", number=True),
        Column(name="未结", number=True),
        Column(name="最近一次"),
    )
    values: dict[str, Value] = {
        "places": len(rows),
        "first": f"{rows[0]['place']}（{rows[0]['class_name']}）" if rows else None,
        "first_n": rows[0]["n"] if rows else None,
        "open": sum(row["open"] for row in rows),
    }
    table = Table(
        columns=columns,
        rows=tuple(
            (
                row["class_name"],
                row["place"],
                streets.get(row["street"], NONE),
                row["n"],
                row["open"],
                f"{row['last'].astimezone(LOCAL):%m-%d %H:%M}",
            )
            for row in rows
        ),
    )
    return Answer(values=values, table=table)


def by_road(conn: Conn, ask: Ask) -> Answer:
    """By the nearest named road within 40 m; cases whose place is known to an area only have none."""
    values = ask.values(before_start=ask.period.before.start, before_end=ask.period.before.end)
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(ROADS, values).fetchall()
    columns = (Column(name="道路"), Column(name="受理", number=True), Column(name="环比", number=True), Column(name="未结", number=True))
    chart = Chart(
        form="bars",
        title="案件最多的道路",
        labels=tuple(row["name"] for row in rows),
        series=(Series(name="受理", values=tuple(float(row["accepted"]) for row in rows)),),
        unit=CASES,
    )
    return Answer(
        values={"roads": len(rows), "firsts": _listing([(row["name"], row["accepted"]) for row in rows[:3]])},
        table=Table(
            columns=columns,
            rows=tuple((row["name"], row["accepted"], change_short(row["accepted"], row["before"]), row["open"]) for row in rows),
        ),
        charts=(chart,) if rows else (),
    )


def quality(conn: Conn, ask: Ask) -> Answer:
    """How good the reports were and how often work was sent back: every report of the period, void and merged ones included."""
    with conn.cursor(row_factory=dict_row) as cursor:
        now = cursor.execute(QUALITY, ask.values()).fetchone() or {}
        before = cursor.execute(QUALITY, ask.values(ask.period.before)).fetchone() or {}
    names = {
        "void": "作废",
        "merged": "合并（重复上报）",
        "rejected": "不予立案",
        "returned": "退回",
        "reworked": "返工",
        "extended": "延期",
        "vague": "位置不明确",
    }
    columns = (Column(name="项目"), Column(name="件数", number=True), Column(name="占上报", number=True), Column(name="上期", number=True))
    rows = tuple((name, now[key], str(Share(now[key], now["reports"])), before[key]) for key, name in names.items())
    values = {"reports": now["reports"], **{key: now[key] for key in names}}
    values |= {f"{key}_share": Share(now[key], now["reports"]) if now["reports"] else None for key in names}
    return Answer(values=values, table=Table(columns=columns, rows=rows))


def _names(conn: Conn, key: str) -> Mapping[str, str]:
    match key:
        case "class":
            return dict(conn.execute(CLASS_NAMES).fetchall())
        case "sub":
            return dict(conn.execute(SUB_NAMES).fetchall())
        case "department":
            return dict(conn.execute(DEPARTMENT_NAMES).fetchall())
        case _:
            return _Words(key)


class _Words(dict[str, str]):
    """Words for codes of a kind, looked up when asked for."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def get(self, key: str, default: Any = None) -> Any:
        """Return the word, or the default for an empty code."""
        return word(self._kind, key) if key else default


def _nothing(code: str) -> Group:
    return Group(key=code, accepted=0, before=0, closed=0, on_time=0, open=0, overdue=0, median_h=None)


def _sum(rows: Sequence[Group], key: str) -> Group:
    return Group(
        key=key,
        accepted=sum(row.accepted for row in rows),
        before=sum(row.before for row in rows),
        closed=sum(row.closed for row in rows),
        on_time=sum(row.on_time for row in rows),
        open=sum(row.open for row in rows),
        overdue=sum(row.overdue for row in rows),
        median_h=None,
    )


def _area_row(name: str, row: Group) -> tuple[Cell, ...]:
    return (name, row.accepted, change_short(row.accepted, row.before), row.closed, str(row.rate), row.open, row.overdue)


def _kind_row(name: str, row: Group, total: Group) -> tuple[Cell, ...]:
    share = str(Share(row.accepted, total.accepted))
    return (name, row.accepted, share, change_short(row.accepted, row.before), row.closed, str(row.rate), row.open, row.overdue)


def _case_row(ask: Ask, row: Mapping[str, Any], streets: Mapping[str, str], *, late: bool) -> tuple[Cell, ...]:
    ended = row["closed_at"] is not None and row["closed_at"] < ask.end
    state = word("state", row["state"]) if ended or row["closed_at"] is None else "未结"
    return (
        row["case_no"],
        word("level", str(row["level"])),
        row["class_name"],
        row["place_text"],
        streets.get(row["grid_code"][:9], NONE),
        f"{row['reported_at'].astimezone(LOCAL):%m-%d %H:%M}",
        _late(ask, row["deadline_at"]) if late else state,
    )


def _late(ask: Ask, deadline: Any) -> str:
    return hours((ask.end - deadline).total_seconds() / 3600) if deadline < ask.end else "未超期"


def _listing(pairs: Sequence[tuple[str, int]]) -> str | None:
    """甲（12件）、乙（9件）."""
    return "、".join(f"{name}（{number(n)}{CASES}）" for name, n in pairs) or None


def _risen(pairs: Sequence[tuple[str, Group]], least: int = 5) -> str | None:
    """The three that grew most, of those with enough cases to speak of growth."""
    grown = [(name, row) for name, row in pairs if row.accepted >= least and row.accepted > row.before]
    grown.sort(key=lambda pair: (pair[1].before - pair[1].accepted, pair[0]))
    return "、".join(f"{name}（{row.before}→{row.accepted}{CASES}）" for name, row in grown[:3]) or None


def _slow(pairs: Sequence[tuple[str, Group]], least: int = 5) -> str | None:
    """The three with the lowest share on time below nine tenths, of those with enough to be closed."""
    low = [(name, row) for name, row in pairs if row.closed + row.overdue >= least and (row.rate.value or 0) < 0.9]
    low.sort(key=lambda pair: (pair[1].rate.value or 0, pair[0]))
    return "、".join(f"{name}（{row.rate}）" for name, row in low[:3]) or None


def _bars(title: str, pairs: Sequence[tuple[str, Group]], ask: Ask) -> Chart | None:
    if not any(row.accepted for _, row in pairs):
        return None
    series = [Series(name="本期", values=tuple(float(row.accepted) for _, row in pairs))]
    if ask.period.before_word:
        series.append(Series(name=ask.period.before_word, values=tuple(float(row.before) for _, row in pairs)))
    return Chart(form="bars", title=title, labels=tuple(name for name, _ in pairs), series=tuple(series), unit=CASES)


def _short_label(period: periods.Period) -> str:
    start = period.window.start.astimezone(LOCAL)
    match period.cycle:
        case periods.Cycle.MONTHLY:
            return f"{start:%y/%-m}"
        case periods.Cycle.QUARTERLY:
            return f"{start:%y}Q{(start.month - 1) // 3 + 1}"
        case _:
            return f"{start:%-m/%-d}"
