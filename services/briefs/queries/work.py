"""Work beside cases in the period: replies that are owed, finds of video analysis, tasks."""

from geodata.db import Conn
from geodata.dictionary.files import detection_kinds
from services.briefs.queries.base import Answer, Ask, read, tabled, word
from services.briefs.wording import NONE, Share

HOTLINE = """
    SELECT source AS key, count(*) AS n, count(*) FILTER (WHERE reply_due_at IS NOT NULL) AS owed, count(replied_at) AS replied,
           count(*) FILTER (WHERE replied_at <= reply_due_at) AS in_time,
           count(*) FILTER (WHERE reply_due_at < %(end)s AND (replied_at IS NULL OR replied_at >= %(end)s)) AS late
    FROM hall.source_record
    WHERE received_at >= %(start)s AND received_at < %(end)s AND starts_with(grid_code, %(area)s)
    GROUP BY 1 HAVING count(*) FILTER (WHERE reply_due_at IS NOT NULL) > 0 ORDER BY 2 DESC, 1
"""
FOUND = """
    SELECT kind AS key, count(*) AS n, count(*) FILTER (WHERE state = 'new') AS waiting, count(*) FILTER (WHERE state IN ('accepted', 'merged')) AS taken,
           count(*) FILTER (WHERE state = 'rejected') AS rejected
    FROM hall.detection WHERE at >= %(start)s AND at < %(end)s AND starts_with(grid_code, %(area)s) GROUP BY 1 ORDER BY 2 DESC, 1
"""
TASKS = """
    SELECT t.kind AS key, count(*) AS n, count(t.accepted_at) AS accepted, count(t.arrived_at) AS arrived, count(t.finished_at) AS finished,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM t.accepted_at - t.sent_at) / 60) AS accept_min,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM t.arrived_at - t.sent_at) / 60) AS arrive_min
    FROM hall.task AS t JOIN hall.event AS e ON e.id = t.event_id
    WHERE t.sent_at >= %(start)s AND t.sent_at < %(end)s AND starts_with(e.grid_code, %(area)s) GROUP BY 1 ORDER BY 2 DESC, 1
"""


def replies(conn: Conn, ask: Ask) -> Answer:
    """Replies owed to those who reported, by channel."""
    rows = read(conn, HOTLINE, ask.values())
    sums = {key: sum(row[key] for row in rows) for key in ("n", "owed", "replied", "in_time", "late")}
    table = tabled(
        ("来源", "来件", "须答复", "已答复", "按时答复", "逾期未复", "答复率"),
        [
            (
                word("source", row["key"]),
                *(row[key] for key in ("n", "owed", "replied", "in_time", "late")),
                str(Share(row["replied"], row["owed"])),
            )
            for row in rows
        ],
        ("合计", *sums.values(), str(Share(sums["replied"], sums["owed"]))),
    )
    values = {**sums, "rate": Share(sums["replied"], sums["owed"]), "in_time_rate": Share(sums["in_time"], sums["replied"])}
    return Answer(values=values, table=table if rows else None)


def detections(conn: Conn, ask: Ask) -> Answer:
    """What analysis of pictures found in the period, and what people made of it."""
    rows, kinds = read(conn, FOUND, ask.values()), detection_kinds()
    sums = {key: sum(row[key] for row in rows) for key in ("n", "taken", "rejected", "waiting")}
    table = tabled(
        ("类别", "发现", "采纳", "驳回", "待复核"),
        [
            (kinds[row["key"]].zh if row["key"] in kinds else row["key"], *(row[key] for key in ("n", "taken", "rejected", "waiting")))
            for row in rows
        ],
        ("合计", *sums.values()),
    )
    return Answer(values={**sums, "rate": Share(sums["taken"], sums["taken"] + sums["rejected"])}, table=table if rows else None)


def tasks(conn: Conn, ask: Ask) -> Answer:
    """Tasks sent in the period: accepted, arrived, finished, and how fast."""
    rows = read(conn, TASKS, ask.values())
    sums = {key: sum(row[key] for row in rows) for key in ("n", "accepted", "arrived", "finished")}
    table = tabled(
        ("力量", "派出", "接受", "到场", "办结", "接受用时中位数", "到场用时中位数"),
        [
            (
                word("task", row["key"]),
                *(row[key] for key in ("n", "accepted", "arrived", "finished")),
                _minutes(row["accept_min"]),
                _minutes(row["arrive_min"]),
            )
            for row in rows
        ],
    )
    return Answer(values={**sums, "arrive_rate": Share(sums["arrived"], sums["n"])}, table=table if rows else None)


def _minutes(value: float | None) -> str:
    return NONE if value is None else f"{value:.0f}分钟"
