"""Indicators that are abnormal at the instant of the snapshot, each with the sentence that says why."""

from geodata.db import Conn
from services.briefs.document import Column, Table
from services.briefs.queries.base import Answer, Ask
from services.briefs.wording import NONE
from services.indicators import figures

STATES = {"red": "红", "yellow": "黄"}


def abnormal(conn: Conn, ask: Ask) -> Answer:
    """Red ones first."""
    found = figures.abnormal(conn, ask.reader, ask.now, area=ask.area)
    columns = (Column(name="级别"), Column(name="指标"), Column(name="本期值", number=True), Column(name="原因"), Column(name="责任单位"))
    rows = tuple(
        (
            STATES.get(one.state, one.state),
            one.name,
            NONE if one.value is None else f"{one.value:,.{one.decimals}f}{one.unit}",
            one.why + ("（数据已过期）" if one.stale else ""),
            one.owner_name or one.receiver or NONE,
        )
        for one in found[: ask.limit]
    )
    values = {
        "total": len(found),
        "red": sum(1 for one in found if one.state == "red"),
        "yellow": sum(1 for one in found if one.state == "yellow"),
    }
    note = f"共{len(found)}项，列出{len(rows)}项。" if len(found) > len(rows) else ""
    return Answer(values=values, table=Table(columns=columns, rows=rows, note=note) if rows else None)
