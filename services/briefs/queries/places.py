"""Where cases come again and again: the same thing at the same place, and the roads with most of them."""

from geodata.db import Conn
from services.briefs.document import Chart, Column, Series, Table
from services.briefs.queries.base import Answer, Ask, area_names, instant, read, tabled
from services.briefs.wording import CASES, NONE, Value, change_short, listing

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


def repeated(conn: Conn, ask: Ask) -> Answer:
    """The same thing reported again and again at the same place."""
    rows = read(conn, REPEATED, ask.values())
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
                instant(row["last"]),
            )
            for row in rows
        ),
    )
    return Answer(values=values, table=table)


def by_road(conn: Conn, ask: Ask) -> Answer:
    """By the nearest named road within 40 m; cases whose place is known to an area only have none."""
    values = ask.values(before_start=ask.period.before.start, before_end=ask.period.before.end)
    rows = read(conn, ROADS, values)
    chart = Chart(
        form="bars",
        title="案件最多的道路",
        labels=tuple(row["name"] for row in rows),
        series=(Series(name="受理", values=tuple(float(row["accepted"]) for row in rows)),),
        unit=CASES,
    )
    return Answer(
        values={"roads": len(rows), "firsts": listing([(row["name"], row["accepted"]) for row in rows[:3]])},
        table=tabled(
            ("道路", "受理", "环比", "未结"),
            [(row["name"], row["accepted"], change_short(row["accepted"], row["before"]), row["open"]) for row in rows],
        ),
        charts=(chart,) if rows else (),
    )
