"""Cases by area."""

from geodata.db import Conn
from services.briefs.document import Cell, Column, Map, Shade, Table
from services.briefs.queries.base import BELOW, Answer, Ask, area_names
from services.briefs.queries.groups import LEVEL_WORDS, Group, bars, grouped, risen, summed
from services.briefs.wording import CASES, Share, Value, change_short, listing

NOWHERE = "未定位到{}"


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
        listed.append(summed(lost, NOWHERE.format(LEVEL_WORDS[level])))
    complete = len(names) <= ask.limit
    columns = tuple(
        Column(name=name, number=position > 0)
        for position, name in enumerate((LEVEL_WORDS[level], "受理", "环比", "结案", "按期结案率", "未结", "超期"))
    )
    named = [(names.get(row.key or "", row.key or ""), row) for row in listed]
    total = summed(rows, "合计")
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
        "firsts": listing([(name, row.accepted) for name, row in found[:3]]),
        "firsts_share": Share(sum(row.accepted for _, row in found[:3]), total.accepted) if found else None,
        "quiet": sum(1 for code in names if code not in by_key or not by_key[code].accepted),
        "accepted": total.accepted,
        "overdue": total.overdue,
        "overdue_first": listing(sorted(((name, row.overdue) for name, row in named if row.overdue), key=lambda pair: -pair[1])[:3]),
        "worst": worst[0] if worst else None,
        "worst_rate": worst[1].rate if worst else None,
        "risen": risen([(name, row) for name, row in ((names[row.key], row) for row in rows if row.key in names)]),
    }
    chart = bars(f"各{LEVEL_WORDS[level]}受理量", [(name, row) for name, row in named if row.key in names][: ask.limit], ask)
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


def _nothing(code: str) -> Group:
    return Group(key=code, accepted=0, before=0, closed=0, on_time=0, open=0, overdue=0, median_h=None)


def _area_row(name: str, row: Group) -> tuple[Cell, ...]:
    return (name, row.accepted, change_short(row.accepted, row.before), row.closed, str(row.rate), row.open, row.overdue)
