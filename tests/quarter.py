"""A quarter for reports: two roads that cross, houses with numbers, a school, a park, and one class for each kind of report.

1. 长街 runs east at 22.1925 N from 113.541 to 113.549 E, 横街 runs north at 113.545 E; they share a node.
2. Houses 1, 3, 5 … 19 stand north of 长街, each 0.0004 degrees (41 m) on from the one before, the first at 113.5412 E.
"""

from psycopg import sql

from geodata.db import Conn
from tests import district

HOUSES = range(1, 20, 2)
CROSSING = (113.545, 22.1925)
EDGES = (
    (901, "长街", 1001, 1002, (113.541, 22.1925), CROSSING),
    (902, "长街", 1002, 1003, CROSSING, (113.549, 22.1925)),
    (903, "横街", 1002, 1004, CROSSING, (113.545, 22.1945)),
)
CLASSES = (
    ("T102", "暴露垃圾", "city", "T01", "garbage", 0),
    ("T103", "积存垃圾渣土", "city", "T01", "garbage", 0),
    ("T201", "路灯不亮", "service", "T02", "lamp", 0),
    ("T301", "火情", "emergency", "T03", "fire", 2),
)


def house(number: int) -> tuple[float, float]:
    """Where a house stands."""
    return 113.5412 + (number - 1) / 2 * 0.0004, 22.1927


def fill(conn: Conn) -> None:
    """Write the district and the quarter into a migrated, empty database."""
    district.fill(conn)
    for code in sorted({row[3] for row in CLASSES}):
        conn.execute("INSERT INTO hall.event_sub_class (code, name, major) VALUES (%s, %s, 'city')", [code, f"类{code}"])
    for row in CLASSES:
        conn.execute(
            "INSERT INTO hall.event_class (code, name, major, sub_code, kind_group, default_level) VALUES (%s, %s, %s, %s, %s, %s)", row
        )
    conn.execute("INSERT INTO hall.department (id, code, name, kind) OVERRIDING SYSTEM VALUE VALUES (5001, 'lamps', '路灯所', 'bureau')")
    conn.execute("INSERT INTO hall.duty_rule (subject, lead_department) VALUES ('T02', 5001)")
    nodes = {number: place for edge in EDGES for number, place in ((edge[2], edge[4]), (edge[3], edge[5]))}
    for number, place in nodes.items():
        conn.execute("INSERT INTO hall.road_node (id, geom) VALUES (%s, ST_SetSRID(ST_MakePoint(%s, %s), 4326))", [number, *place])
    for edge_id, name, source, target, start, end in EDGES:
        conn.execute(
            """INSERT INTO hall.road_edge (id, way_id, part, source, target, highway, name, speed_kmh, forward, backward, drive, bridge, tunnel,
                                           layer, length_m, grid_code, geom)
               VALUES (%s, %s, 0, %s, %s, 'residential', %s, 30, true, true, true, false, false, 0, 400, %s,
                       ST_SetSRID(ST_MakeLine(ST_MakePoint(%s, %s), ST_MakePoint(%s, %s)), 4326))""",
            [edge_id, edge_id, source, target, name, district.GRIDS[0], *start, *end],
        )
    for number in HOUSES:
        lon, lat = house(number)
        box = sql.SQL("ST_Multi(ST_MakeEnvelope({}, {}, {}, {}, 4326))").format(lon - 0.0001, lat - 0.0001, lon + 0.0001, lat + 0.0001)
        conn.execute(
            sql.SQL(
                """INSERT INTO hall.building (id, source_id, code, name, address, use_type, floors, height_m, height_source, area_m2, grid_code, geom)
                   VALUES ({id}, {source}, {code}, {name}, {address}, 'residential', 2, 6, 'levels', 400, {grid}, {box})"""
            ).format(
                id=700 + number,
                source=f"w7{number}",
                code=f"{district.GRIDS[0]}B07{number:02}",
                name="和平楼" if number == 9 else None,
                address=f"长街{number}号",
                grid=district.GRIDS[0],
                box=box,
            )
        )
    for place_id, name, kind, lon in ((801, "第一小学", "school", 113.5421), (802, "东门公园", "park", 113.5481)):
        conn.execute(
            """INSERT INTO hall.place (id, osm_ref, class, name, name_raw, grid_code, geom)
               VALUES (%s, %s, %s, %s, %s, %s, ST_SetSRID(ST_MakePoint(%s, 22.1922), 4326))""",
            [place_id, f"n{place_id}", kind, name, name, district.GRIDS[0] if lon < 113.545 else district.GRIDS[1], lon],
        )
