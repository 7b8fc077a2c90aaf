"""One case and what lies around it, for briefs about something that happened. People are counted, never named."""

from typing import Any

from geodata.db import Conn
from geodata.errors import NotFoundError
from services.briefs import periods
from services.briefs.document import Column, Map, Mark, Table
from services.briefs.queries.base import Answer, Ask, Row, area_names, instant, read, tabled, word
from services.briefs.wording import NONE, hours, number

AROUND_M = 500.0
FORCES_M = 2_000.0

CASE = """
    SELECT e.id, e.case_no, k.name AS class_name, e.major, e.level, e.source, e.state, e.reported_at, e.deadline_at, e.closed_at, e.place_text,
           e.grid_code, e.supervised, d.name AS department, e.precision AS located, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
    FROM hall.event AS e JOIN hall.event_class AS k ON k.code = e.class_code LEFT JOIN hall.department AS d ON d.id = e.lead_department
    WHERE e.id = %(event_id)s AND starts_with(e.grid_code, %(area)s)
"""
STEPS = """
    SELECT action, to_state, at, role FROM hall.case_log WHERE event_id = %(event_id)s AND at <= %(now)s ORDER BY seq LIMIT 60
"""
AROUND = """
    WITH here AS (SELECT geom FROM hall.event WHERE id = %(event_id)s)
    SELECT (SELECT count(*) FROM hall.building AS b, here WHERE b.geom && ST_Expand(here.geom, %(pad)s)
            AND ST_DWithin(b.geom::geography, here.geom::geography, %(radius_m)s) AND starts_with(b.grid_code, %(area)s)) AS buildings,
           (SELECT coalesce(sum(b.people), 0) FROM hall.building AS b, here WHERE b.geom && ST_Expand(here.geom, %(pad)s)
            AND ST_DWithin(b.geom::geography, here.geom::geography, %(radius_m)s) AND starts_with(b.grid_code, %(area)s)) AS people,
           (SELECT count(*) FROM hall.camera AS c LEFT JOIN hall.camera_health AS h ON h.camera_id = c.id, here WHERE c.geom && ST_Expand(here.geom, %(pad)s)
            AND ST_DWithin(c.geom::geography, here.geom::geography, %(radius_m)s) AND coalesce(h.online, c.online)
            AND starts_with(c.grid_code, %(area)s)) AS cameras,
           (SELECT count(*) FROM hall.sensor AS s, here WHERE s.geom && ST_Expand(here.geom, %(pad)s)
            AND ST_DWithin(s.geom::geography, here.geom::geography, %(radius_m)s) AND s.status = 'alarm' AND starts_with(s.grid_code, %(area)s)) AS alarms,
           (SELECT count(*) FROM hall.brief_cases(%(area)s, NULL, NULL, NULL, NULL, NULL, NULL) AS o, here
            WHERE o.closed_at IS NULL AND o.id <> %(event_id)s AND o.geom && ST_Expand(here.geom, %(pad)s)
            AND ST_DWithin(o.geom::geography, here.geom::geography, %(radius_m)s)) AS others
"""
NEAREST = """
    SELECT r.kind, r.name, r.state, ST_Distance(r.geom::geography, e.geom::geography) AS metres
    FROM hall.event AS e,
         LATERAL (SELECT DISTINCT ON (o.kind) o.kind, o.name, o.state, o.geom FROM hall.resource AS o
                  WHERE o.kind IN ('hospital', 'fire_station', 'police', 'shelter', 'hydrant', 'warehouse')
                  ORDER BY o.kind, o.geom::geography <-> e.geom::geography) AS r
    WHERE e.id = %(event_id)s ORDER BY metres LIMIT %(limit)s
"""
FORCES = """
    SELECT w.role AS key, count(*) AS n, count(*) FILTER (WHERE w.status = 'free') AS free, min(ST_Distance(p.geom::geography, e.geom::geography)) AS metres
    FROM hall.event AS e JOIN hall.worker_position AS p ON p.geom && ST_Expand(e.geom, %(pad)s) AND p.reported_at >= %(now)s - interval '30 minutes'
    JOIN hall.worker AS w ON w.id = p.worker_id AND w.status IN ('free', 'busy') AND starts_with(w.grid_code, %(area)s)
    WHERE e.id = %(event_id)s AND ST_DWithin(p.geom::geography, e.geom::geography, %(radius_m)s)
    GROUP BY 1 ORDER BY 2 DESC, 1
"""
SENT = """
    SELECT t.kind, t.state, t.sent_at, t.accepted_at, t.arrived_at, t.finished_at FROM hall.task AS t
    WHERE t.event_id = %(event_id)s AND t.sent_at <= %(now)s ORDER BY t.sent_at, t.id LIMIT %(limit)s
"""
MODE = """
    SELECT m.id, m.event_id, m.reason, m.started_at, m.ended_at FROM hall.hall_mode AS m
    JOIN hall.event AS e ON e.id = m.event_id AND starts_with(e.grid_code, %(area)s) WHERE m.id = %(mode_id)s
"""


def case(conn: Conn, ask: Ask) -> Answer:
    """What happened, where, how bad, who has it, and how far it has come.

    Raises:
        NotFoundError: the case is not there, or not in this area.
    """
    row = _case(conn, ask)
    streets, communities = area_names(conn, ask, "street"), area_names(conn, ask, "community")
    closed = row["closed_at"] if row["closed_at"] is not None and row["closed_at"] <= ask.now else None
    place = f"{streets.get(row['grid_code'][:9], '')}{communities.get(row['grid_code'][:12], '')}{row['place_text']}"
    rows = (
        ("案件号", row["case_no"]),
        ("级别", word("level", str(row["level"]))),
        ("类别", f"{word('major', row['major'])} · {row['class_name']}"),
        ("地点", place),
        ("来源", word("source", row["source"])),
        ("首报时间", periods.chinese_instant(row["reported_at"])),
        ("责任部门", row["department"] or "尚未明确"),
        ("办理状态", word("state", row["state"])),
        ("本环节时限", periods.chinese_instant(row["deadline_at"]) if closed is None else NONE),
        ("结案时间", periods.chinese_instant(closed) if closed else "尚未结案"),
    )
    values = {
        "reported": periods.chinese_instant(row["reported_at"]),
        "place": place,
        "class": row["class_name"],
        "level": word("level", str(row["level"])),
        "source": word("source", row["source"]),
        "state": word("state", row["state"]),
        "department": row["department"],
        "since": hours((ask.now - row["reported_at"]).total_seconds() / 3600),
        "closed": periods.chinese_instant(closed) if closed else None,
        "took": hours((closed - row["reported_at"]).total_seconds() / 3600) if closed else None,
        "on_time": "在时限内" if closed and closed <= row["deadline_at"] else None,
        "late": hours((closed - row["deadline_at"]).total_seconds() / 3600) if closed and closed > row["deadline_at"] else None,
        "overdue": hours((ask.now - row["deadline_at"]).total_seconds() / 3600)
        if closed is None and row["deadline_at"] < ask.now
        else None,
        "supervised": 1 if row["supervised"] else 0,
    }
    mark = Mark(lon=row["lon"], lat=row["lat"], level=row["level"], label=row["class_name"])
    return Answer(
        values=values,
        table=Table(columns=(Column(name="项目"), Column(name="内容")), rows=rows),
        map=Map(title=f"事发位置（圆为{AROUND_M:g}米）", area=ask.area, marks=(mark,), radius_m=AROUND_M),
    )


def steps(conn: Conn, ask: Ask) -> Answer:
    """The log of the case: what was done when, by which role; opinions and names stay in the case."""
    row = _case(conn, ask)
    log = read(conn, STEPS, _values(ask))
    told = [(instant(one["at"]), word("action", one["action"]), word("state", one["to_state"]) if one["to_state"] else NONE) for one in log]
    if not any(action == word("action", "report") for _, action, _ in told):
        told.insert(0, (instant(row["reported_at"]), word("action", "report"), word("state", "reported")))
    return Answer(
        values={"steps": len(told), "last": f"{told[-1][0]}{told[-1][1]}"},
        table=Table(columns=(Column(name="时间"), Column(name="动作"), Column(name="之后状态")), rows=tuple(told)),
    )


def around(conn: Conn, ask: Ask) -> Answer:
    """Buildings, people, cameras and sensors within 500 m, as far as they lie in the area."""
    _case(conn, ask)
    (row,) = read(conn, AROUND, _values(ask, AROUND_M))
    values = {"radius": int(AROUND_M), **{name: int(row[name]) for name in ("buildings", "people", "cameras", "alarms", "others")}}
    names = {
        "people": "登记人口（人）",
        "buildings": "楼宇（栋）",
        "cameras": "在线视频（路）",
        "alarms": "告警传感器（个）",
        "others": "其他未结案件（件）",
    }
    table = tabled((f"周边{AROUND_M:g}米", "数量"), [(text, values[name]) for name, text in names.items()])
    return Answer(values=values, table=table)


def nearest(conn: Conn, ask: Ask) -> Answer:
    """The nearest place of each kind that helps, in a straight line; these may lie beyond the area."""
    _case(conn, ask)
    rows = read(conn, NEAREST, _values(ask))
    table = tabled(
        ("类别", "最近一处", "直线距离"),
        [(word("resource", row["kind"]), row["name"], f"{number(round(row['metres']))}米") for row in rows],
        words=2,
    )
    return Answer(values={"kinds": len(rows)}, table=table if rows else None)


def forces(conn: Conn, ask: Ask) -> Answer:
    """People of each role on duty within 2 km."""
    _case(conn, ask)
    rows = read(conn, FORCES, _values(ask, FORCES_M))
    table = tabled(
        ("力量", "在岗", "空闲", "最近（直线）"),
        [(word("worker_role", row["key"]), row["n"], row["free"], f"{number(round(row['metres']))}米") for row in rows],
    )
    total, free = sum(row["n"] for row in rows), sum(row["free"] for row in rows)
    return Answer(values={"radius_km": int(FORCES_M / 1000), "total": total, "free": free}, table=table if rows else None)


def sent(conn: Conn, ask: Ask) -> Answer:
    """Who was sent, and how far they are."""
    _case(conn, ask)
    rows = read(conn, SENT, _values(ask))
    table = Table(
        columns=(Column(name="力量"), Column(name="派出"), Column(name="到场"), Column(name="办结"), Column(name="状态")),
        rows=tuple(
            (
                word("task", row["kind"]),
                instant(row["sent_at"]),
                instant(row["arrived_at"]),
                instant(row["finished_at"]),
                word("task_state", row["state"]),
            )
            for row in rows
        ),
    )
    return Answer(values={"sent": len(rows), "arrived": sum(1 for row in rows if row["arrived_at"])}, table=table if rows else None)


def mode(conn: Conn, ask: Ask) -> Answer:
    """The change between peace and emergency.

    Raises:
        NotFoundError: there was no such change in this area.
    """
    found = read(conn, MODE, {"mode_id": ask.mode_id, "area": ask.area})
    if not found:
        raise NotFoundError(f"no change of mode {ask.mode_id}")
    row = found[0]
    ended = row["ended_at"] if ask.kind == "end" else None
    values = {
        "started": periods.chinese_instant(row["started_at"]),
        "reason": row["reason"],
        "ended": periods.chinese_instant(ended) if ended else None,
        "lasted": hours((ended - row["started_at"]).total_seconds() / 3600) if ended else None,
    }
    return Answer(values=values)


def _case(conn: Conn, ask: Ask) -> Row:
    found = read(conn, CASE, _values(ask))
    if not found:
        raise NotFoundError(f"no case {ask.event_id} in {ask.area}")
    return found[0]


def _values(ask: Ask, radius_m: float = 0.0) -> dict[str, Any]:
    # a box that holds the circle at any latitude of China, so that the index finds what distance then measures
    return {"event_id": ask.event_id, "area": ask.area, "now": ask.now, "limit": ask.limit, "radius_m": radius_m, "pad": radius_m / 60_000}
