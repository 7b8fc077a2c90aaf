"""How things stand at the instant of the snapshot: sensors, cameras, parts, people on duty, key places."""

from geodata.db import Conn
from services.briefs.document import Chart, Series
from services.briefs.queries.base import Answer, Ask, area_names, instant, read, tabled, word
from services.briefs.wording import NONE, Share, listing

SENSORS = """
    SELECT kind AS key, count(*) AS n, count(*) FILTER (WHERE status = 'normal') AS normal, count(*) FILTER (WHERE status = 'alarm') AS alarm,
           count(*) FILTER (WHERE status = 'offline') AS offline
    FROM hall.sensor WHERE starts_with(grid_code, %(area)s) GROUP BY 1 ORDER BY 4 DESC, 5 DESC, 1
"""
ALARMS = """
    SELECT s.kind, s.name, s.value, s.unit, s.limit_value, s.reported_at, left(s.grid_code, 9) AS street
    FROM hall.sensor AS s WHERE s.status = 'alarm' AND starts_with(s.grid_code, %(area)s)
    ORDER BY s.reported_at DESC NULLS LAST, s.id LIMIT %(limit)s
"""
CAMERAS = """
    SELECT c.owner AS key, count(*) AS n, count(*) FILTER (WHERE coalesce(h.online, c.online)) AS online,
           count(*) FILTER (WHERE coalesce(h.online, c.online) AND h.quality IS NOT NULL AND h.quality <> 'good') AS poor,
           count(*) FILTER (WHERE c.is_key) AS key_n, count(*) FILTER (WHERE c.is_key AND coalesce(h.online, c.online)) AS key_online
    FROM hall.camera AS c LEFT JOIN hall.camera_health AS h ON h.camera_id = c.id
    WHERE starts_with(c.grid_code, %(area)s) GROUP BY 1 ORDER BY 2 DESC, 1
"""
COVERAGE = """
    SELECT left(grid_code, 9) AS key, sum(open_m2) AS open_m2, sum(seen_m2) AS seen_m2, sum(cameras) AS cameras,
           count(*) FILTER (WHERE seen_m2 < 0.1 * open_m2) AS dark
    FROM hall.camera_coverage WHERE starts_with(grid_code, %(area)s) GROUP BY 1 ORDER BY 1
"""
PARTS = """
    SELECT k.major AS key, count(*) AS n, count(*) FILTER (WHERE p.state = 'intact') AS intact, count(*) FILTER (WHERE p.state = 'damaged') AS damaged,
           count(*) FILTER (WHERE p.state = 'lost') AS lost, count(*) FILTER (WHERE p.state = 'abandoned') AS abandoned
    FROM hall.part AS p JOIN hall.part_class AS k ON k.code = p.class_code
    WHERE p.state <> 'removed' AND starts_with(p.grid_code, %(area)s) GROUP BY 1 ORDER BY 1
"""
PART_CLASSES = """
    SELECT k.name AS key, count(*) AS n, count(*) FILTER (WHERE p.state <> 'intact') AS bad
    FROM hall.part AS p JOIN hall.part_class AS k ON k.code = p.class_code
    WHERE p.state <> 'removed' AND starts_with(p.grid_code, %(area)s)
    GROUP BY k.code, k.name HAVING count(*) FILTER (WHERE p.state <> 'intact') > 0 ORDER BY 3 DESC, k.code LIMIT %(limit)s
"""
WORKERS = """
    SELECT left(w.grid_code, 9) AS key, count(*) AS n, count(*) FILTER (WHERE w.status = 'off_duty') AS off_duty,
           count(*) FILTER (WHERE w.status IN ('free', 'busy') AND p.reported_at >= %(now)s - interval '30 minutes') AS on_duty,
           count(*) FILTER (WHERE w.status = 'busy' AND p.reported_at >= %(now)s - interval '30 minutes') AS busy,
           count(*) FILTER (WHERE w.status = 'off_grid') AS off_grid,
           count(*) FILTER (WHERE w.status IN ('free', 'busy') AND (p.reported_at IS NULL OR p.reported_at < %(now)s - interval '30 minutes')) AS silent
    FROM hall.worker AS w LEFT JOIN hall.worker_position AS p ON p.worker_id = w.id
    WHERE w.role = 'grid_worker' AND starts_with(w.grid_code, %(area)s) GROUP BY 1 ORDER BY 1
"""
ORGANIZATIONS = """
    SELECT risk AS key, count(*) AS n, count(*) FILTER (WHERE is_key) AS key_n
    FROM hall.organization WHERE state = 'active' AND starts_with(grid_code, %(area)s)
    GROUP BY 1 ORDER BY array_position(ARRAY['red', 'orange', 'yellow', 'blue'], risk)
"""
RISKY = """
    SELECT left(grid_code, 9) AS key, count(*) AS n, count(*) FILTER (WHERE risk = 'red') AS red, count(*) FILTER (WHERE risk = 'orange') AS orange
    FROM hall.organization WHERE state = 'active' AND starts_with(grid_code, %(area)s) GROUP BY 1 ORDER BY 3 DESC, 4 DESC, 1
"""
GRIDS = """
    SELECT left(code, 9) AS key, count(*) AS n, count(*) FILTER (WHERE size_flag = 'ok') AS fits, count(*) FILTER (WHERE size_flag = 'over') AS over,
           count(*) FILTER (WHERE size_flag = 'under') AS under, sum(households) AS households, sum(people) AS people
    FROM hall.area WHERE level = 'base_grid' AND starts_with(code, %(area)s) GROUP BY 1 ORDER BY 1
"""
RESOURCES = """
    SELECT kind AS key, count(*) AS n, count(*) FILTER (WHERE state = 'open') AS open
    FROM hall.resource WHERE starts_with(grid_code, %(area)s) GROUP BY 1 ORDER BY 2 DESC, 1
"""


def sensors(conn: Conn, ask: Ask) -> Answer:
    """Sensors by kind."""
    rows = read(conn, SENSORS, ask.values())
    whole, alarm, offline = (sum(row[key] for row in rows) for key in ("n", "alarm", "offline"))
    table = tabled(
        ("类别", "总数", "正常", "告警", "离线", "在线率"),
        [
            (
                word("sensor", row["key"]),
                row["n"],
                row["normal"],
                row["alarm"],
                row["offline"],
                str(Share(row["n"] - row["offline"], row["n"])),
            )
            for row in rows
        ],
        ("合计", whole, whole - alarm - offline, alarm, offline, str(Share(whole - offline, whole))),
    )
    values = {
        "total": whole,
        "alarm": alarm,
        "offline": offline,
        "online_rate": Share(whole - offline, whole),
        "alarm_kinds": listing([(word("sensor", row["key"]), row["alarm"]) for row in rows if row["alarm"]], "个"),
    }
    chart = Chart(
        form="bars",
        title="各类传感器告警与离线",
        labels=tuple(word("sensor", row["key"]) for row in rows),
        series=(
            Series(name="告警", values=tuple(float(row["alarm"]) for row in rows)),
            Series(name="离线", values=tuple(float(row["offline"]) for row in rows)),
        ),
        unit="个",
    )
    return Answer(values=values, table=table, charts=(chart,) if alarm + offline else ())


def alarms(conn: Conn, ask: Ask) -> Answer:
    """Sensors in alarm, one by one."""
    rows, streets = read(conn, ALARMS, ask.values()), area_names(conn, ask, "street")
    table = tabled(
        ("类别", "名称", "街道", "读数", "限值", "最近上报"),
        [
            (
                word("sensor", row["kind"]),
                row["name"],
                streets.get(row["street"], NONE),
                NONE if row["value"] is None else f"{row['value']:g}{row['unit'] or ''}",
                NONE if row["limit_value"] is None else f"{row['limit_value']:g}{row['unit'] or ''}",
                instant(row["reported_at"]),
            )
            for row in rows
        ],
        words=3,
    )
    return Answer(values={"shown": len(rows)}, table=table if rows else None)


def cameras(conn: Conn, ask: Ask) -> Answer:
    """Cameras by owner, online and not."""
    rows = read(conn, CAMERAS, ask.values())
    whole, online, poor = (sum(row[key] for row in rows) for key in ("n", "online", "poor"))
    keys, keys_online = (sum(row[key] for row in rows) for key in ("key_n", "key_online"))
    table = tabled(
        ("单位", "总数", "在线", "离线", "在线率", "画面异常"),
        [
            (word("owner", row["key"]), row["n"], row["online"], row["n"] - row["online"], str(Share(row["online"], row["n"])), row["poor"])
            for row in rows
        ],
        ("合计", whole, online, whole - online, str(Share(online, whole)), poor),
    )
    worst = min((row for row in rows if row["n"] >= 5), key=lambda row: row["online"] / row["n"], default=None)
    values = {
        "total": whole,
        "online": online,
        "offline": whole - online,
        "rate": Share(online, whole),
        "poor": poor,
        "keys": keys,
        "keys_offline": keys - keys_online,
        "worst": word("owner", worst["key"]) if worst else None,
        "worst_rate": Share(worst["online"], worst["n"]) if worst else None,
    }
    chart = Chart(
        form="bars",
        title="各单位离线视频点位",
        labels=tuple(word("owner", row["key"]) for row in rows),
        series=(Series(name="离线", values=tuple(float(row["n"] - row["online"]) for row in rows)),),
        unit="路",
    )
    return Answer(values=values, table=table, charts=(chart,) if whole > online else ())


def coverage(conn: Conn, ask: Ask) -> Answer:
    """How much of the open ground cameras see, by street."""
    rows, streets = read(conn, COVERAGE, ask.values()), area_names(conn, ask, "street")
    seen, ground = sum(row["seen_m2"] or 0 for row in rows), sum(row["open_m2"] or 0 for row in rows)
    table = tabled(
        ("街道", "摄像机", "覆盖率", "覆盖不足10%的网格"),
        [(streets.get(row["key"], NONE), int(row["cameras"]), str(Share(row["seen_m2"], row["open_m2"])), row["dark"]) for row in rows],
        ("合计", int(sum(row["cameras"] for row in rows)), str(Share(seen, ground)), sum(row["dark"] for row in rows)),
    )
    values = {"rate": Share(seen, ground), "dark": sum(row["dark"] for row in rows), "streets": len(rows)}
    return Answer(values=values, table=table if rows else None)


def parts(conn: Conn, ask: Ask) -> Answer:
    """City parts by their state."""
    rows = read(conn, PARTS, ask.values())
    whole, intact, damaged, lost = (sum(row[key] for row in rows) for key in ("n", "intact", "damaged", "lost"))
    table = tabled(
        ("大类", "总数", "完好", "破损", "丢失", "废除", "完好率"),
        [
            (
                word("part_major", row["key"]),
                row["n"],
                row["intact"],
                row["damaged"],
                row["lost"],
                row["abandoned"],
                str(Share(row["intact"], row["n"])),
            )
            for row in rows
        ],
        ("合计", whole, intact, damaged, lost, sum(row["abandoned"] for row in rows), str(Share(intact, whole))),
    )
    return Answer(values={"total": whole, "rate": Share(intact, whole), "damaged": damaged, "lost": lost}, table=table)


def part_classes(conn: Conn, ask: Ask) -> Answer:
    """The classes of parts of which most are not intact."""
    rows = read(conn, PART_CLASSES, ask.values())
    table = tabled(
        ("小类", "总数", "非完好", "占比"), [(row["key"], row["n"], row["bad"], str(Share(row["bad"], row["n"]))) for row in rows]
    )
    chart = Chart(
        form="bars",
        title="非完好部件最多的小类",
        labels=tuple(row["key"] for row in rows),
        series=(Series(name="非完好", values=tuple(float(row["bad"]) for row in rows)),),
        unit="个",
    )
    values = {"firsts": listing([(row["key"], row["bad"]) for row in rows[:3]], "个")}
    return Answer(values=values, table=table if rows else None, charts=(chart,) if rows else ())


def workers(conn: Conn, ask: Ask) -> Answer:
    """Grid workers on duty, by street, at the instant of the snapshot."""
    rows, streets = read(conn, WORKERS, ask.values()), area_names(conn, ask, "street")
    sums = {key: sum(row[key] for row in rows) for key in ("n", "on_duty", "busy", "off_grid", "silent", "off_duty")}
    table = tabled(
        ("街道", "网格员", "在岗", "其中处置中", "离格", "无信号", "未上岗", "在岗率"),
        [
            (
                streets.get(row["key"], NONE),
                *(row[key] for key in ("n", "on_duty", "busy", "off_grid", "silent", "off_duty")),
                str(Share(row["on_duty"], row["n"])),
            )
            for row in rows
        ],
        (
            "合计",
            *(sums[key] for key in ("n", "on_duty", "busy", "off_grid", "silent", "off_duty")),
            str(Share(sums["on_duty"], sums["n"])),
        ),
    )
    worst = min((row for row in rows if row["n"] >= 5), key=lambda row: (row["on_duty"] / row["n"], row["key"]), default=None)
    values = {
        **sums,
        "rate": Share(sums["on_duty"], sums["n"]),
        "worst": streets.get(worst["key"], NONE) if worst else None,
        "worst_rate": Share(worst["on_duty"], worst["n"]) if worst else None,
    }
    return Answer(values=values, table=table if rows else None)


def organizations(conn: Conn, ask: Ask) -> Answer:
    """Organizations by risk, and the streets with most of the high ones."""
    rows, risky, streets = read(conn, ORGANIZATIONS, ask.values()), read(conn, RISKY, ask.values()), area_names(conn, ask, "street")
    whole = sum(row["n"] for row in rows)
    by_risk = {row["key"]: row["n"] for row in rows}
    table = tabled(
        ("街道", "单位数", "红（重大风险）", "橙（较大风险）"),
        [(streets.get(row["key"], NONE), row["n"], row["red"], row["orange"]) for row in risky],
        ("合计", whole, by_risk.get("red", 0), by_risk.get("orange", 0)),
    )
    chart = Chart(
        form="bars",
        title="单位风险等级",
        labels=tuple(word("risk", row["key"]) for row in rows),
        series=(Series(name="单位", values=tuple(float(row["n"]) for row in rows)),),
        unit="家",
    )
    values = {
        "total": whole,
        "red": by_risk.get("red", 0),
        "orange": by_risk.get("orange", 0),
        "keys": sum(row["key_n"] for row in rows),
        "first": streets.get(risky[0]["key"]) if risky and risky[0]["red"] else None,
        "first_n": risky[0]["red"] if risky else None,
    }
    return Answer(values=values, table=table if rows else None, charts=(chart,) if rows else ())


def grids(conn: Conn, ask: Ask) -> Answer:
    """Base grids against their norm of size, by street."""
    rows, streets = read(conn, GRIDS, ask.values()), area_names(conn, ask, "street")
    sums = {key: int(sum(row[key] for row in rows)) for key in ("n", "fits", "over", "under", "households", "people")}
    table = tabled(
        ("街道", "网格", "符合规模", "超出规模", "低于规模", "户数", "人口"),
        [
            (streets.get(row["key"], NONE), *(int(row[key]) for key in ("n", "fits", "over", "under", "households", "people")))
            for row in rows
        ],
        ("合计", *sums.values()),
    )
    return Answer(values={**sums, "fit_rate": Share(sums["fits"], sums["n"])}, table=table if rows else None)


def resources(conn: Conn, ask: Ask) -> Answer:
    """Places that help in need, by kind."""
    rows = read(conn, RESOURCES, ask.values())
    table = tabled(("类别", "数量", "可用"), [(word("resource", row["key"]), row["n"], row["open"]) for row in rows])
    by_kind = {row["key"]: row["n"] for row in rows}
    values = {
        "total": sum(by_kind.values()),
        **{name: by_kind.get(name, 0) for name in ("shelter", "hospital", "fire_station", "warehouse", "hydrant")},
    }
    return Answer(values=values, table=table if rows else None)
