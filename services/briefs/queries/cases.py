"""Cases one by one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import sql

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.briefs.document import Cell, Column, Map, Mark, Table
from services.briefs.queries.base import Answer, Ask, area_names, instant, read, word
from services.briefs.wording import NONE, Value, hours, number

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


def listed(conn: Conn, ask: Ask) -> Answer:
    """Cases one by one: no names, no telephone numbers, no free text, only what they are and where.

    Raises:
        InvalidInputError: no list of this kind.
    """
    if ask.kind not in LISTS:
        raise InvalidInputError(f"kind={ask.kind!r}: one of {', '.join(LISTS)}")
    which, order = LISTS[ask.kind]
    rows = read(conn, sql.SQL(LISTED).format(which=which, order=order), ask.values())
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


def _case_row(ask: Ask, row: Mapping[str, Any], streets: Mapping[str, str], *, late: bool) -> tuple[Cell, ...]:
    ended = row["closed_at"] is not None and row["closed_at"] < ask.end
    state = word("state", row["state"]) if ended or row["closed_at"] is None else "未结"
    return (
        row["case_no"],
        word("level", str(row["level"])),
        row["class_name"],
        row["place_text"],
        streets.get(row["grid_code"][:9], NONE),
        instant(row["reported_at"]),
        _late(ask, row["deadline_at"]) if late else state,
    )


def _late(ask: Ask, deadline: datetime) -> str:
    return hours((ask.end - deadline).total_seconds() / 3600) if deadline < ask.end else "未超期"
