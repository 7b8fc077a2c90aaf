"""The period as a whole: its cases beside those of the period before, and how good the reports were."""

from geodata.db import Conn
from services.briefs import periods
from services.briefs.document import Column, Figure, Figures, Table
from services.briefs.queries import tally
from services.briefs.queries.base import Answer, Ask, read
from services.briefs.wording import CASES, Share, Value, change, change_short, hours, number, points

QUALITY = """
    SELECT count(*) AS reports, count(*) FILTER (WHERE e.state = 'void') AS void, count(*) FILTER (WHERE e.state = 'merged') AS merged,
           count(*) FILTER (WHERE e.state = 'not_filed') AS rejected, count(*) FILTER (WHERE e.returns > 0) AS returned,
           count(*) FILTER (WHERE e.reworks > 0) AS reworked, count(*) FILTER (WHERE e.extensions > 0) AS extended,
           count(*) FILTER (WHERE e.precision IN ('area', 'district')) AS vague
    FROM hall.event AS e
    WHERE e.reported_at >= %(start)s AND e.reported_at < %(end)s AND starts_with(e.grid_code, %(area)s)
"""


def overview(conn: Conn, ask: Ask) -> Answer:
    """The period as a whole, beside the one before and the year before."""
    period, here = ask.period, ask.window
    now, before = tally.totals(conn, ask, here), tally.totals(conn, ask, period.before)
    open_, open_before = tally.standing(conn, ask, here), tally.standing(conn, ask, period.before)
    rate = Share(now.on_time, now.closed + open_.overdue)
    rate_before = Share(before.on_time, before.closed + open_before.overdue)
    moved = points(rate, rate_before, period.before_word)
    year = tally.totals(conn, ask, period.year_before) if period.year_before else None
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


def quality(conn: Conn, ask: Ask) -> Answer:
    """How good the reports were and how often work was sent back: every report of the period, void and merged ones included."""
    (now,), (before,) = read(conn, QUALITY, ask.values()), read(conn, QUALITY, ask.values(ask.period.before))
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
