"""When cases come in: by hour, by day, and beside the periods before."""

from collections.abc import Sequence
from datetime import timedelta

from geodata.db import Conn
from services.briefs import periods
from services.briefs.document import Chart, Series
from services.briefs.periods import Window
from services.briefs.queries.base import Answer, Ask, read
from services.briefs.wording import CASES, Share, Value, change
from services.worktime import LOCAL

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
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def hours_of_day(conn: Conn, ask: Ask) -> Answer:
    """When cases come in: by hour, and by weekday and hour where the period is a week or longer."""
    rows = read(conn, HOURS, ask.values())
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
        windows = [one.window for one in chain[:-1]] + [ask.window]
        labels = [_short_label(one) for one in chain]
    else:
        windows = periods.days(ask.window)[-62:]
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
    windows = periods.days(ask.window)
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


def _short_label(period: periods.Period) -> str:
    start = period.window.start.astimezone(LOCAL)
    match period.cycle:
        case periods.Cycle.MONTHLY:
            return f"{start:%y/%-m}"
        case periods.Cycle.QUARTERLY:
            return f"{start:%y}Q{(start.month - 1) // 3 + 1}"
        case _:
            return f"{start:%-m/%-d}"
