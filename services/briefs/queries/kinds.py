"""Cases by what they are, and how long each kind takes."""

from geodata.db import Conn
from services.briefs.document import Cell, Chart, Column, Series, Table
from services.briefs.queries import tally
from services.briefs.queries.base import DIGITS, Answer, Ask, area_names
from services.briefs.queries.groups import LEVEL_WORDS, Group, bars, grouped, names_of, risen, slow, summed
from services.briefs.wording import Share, Value, change_short, hours, listing


def by_kind(conn: Conn, ask: Ask) -> Answer:
    """What the cases are: by class, sub, major, source, level or department."""
    key = ask.by or "class"
    rows, names = grouped(conn, ask, key), names_of(conn, key)
    total = summed(rows, "合计")
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
        "firsts": listing([(name, row.accepted) for name, row in listed[:3]]),
        "firsts_share": Share(sum(row.accepted for _, row in listed[:3]), total.accepted) if listed else None,
        "first": listed[0][0] if listed else None,
        "first_n": listed[0][1].accepted if listed else None,
        "first_share": Share(listed[0][1].accepted, total.accepted) if listed else None,
        "risen": risen([(names.get(row.key or "", row.key or "未定"), row) for row in rows]),
        "slow": slow([(names.get(row.key or "", row.key or "未定"), row) for row in rows]),
        "overdue_first": listing(
            sorted(((names.get(row.key or "", "未定"), row.overdue) for row in rows if row.overdue), key=lambda pair: -pair[1])[:3]
        ),
    }
    cut = len(came) > ask.limit
    chart = bars(f"按{head}受理量", listed, ask)
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
    names = area_names(conn, ask, key) if key in DIGITS else names_of(conn, key)
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
    whole = tally.totals(conn, ask, ask.window)
    before = tally.totals(conn, ask, ask.period.before)
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


def _kind_row(name: str, row: Group, total: Group) -> tuple[Cell, ...]:
    share = str(Share(row.accepted, total.accepted))
    return (name, row.accepted, share, change_short(row.accepted, row.before), row.closed, str(row.rate), row.open, row.overdue)
