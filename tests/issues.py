"""The district of tests/district.py with a day that a reader can count by hand: 22 November 2026 in China, from 21T16:00Z to 22T16:00Z.

| case | street | reported (UTC) | closed | deadline | what |
|---|---|---|---|---|---|
| 101 | 1 | 22T00:00 | | 24T00 | filed |
| 102 | 2 | 22T00:00 | | 24T00 | filed |
| 201 | 1 | 21T16:00:00 | 22T02 | 22T10 | the first second of the day, solved by the grid, on time |
| 202 | 1 | 21T15:59:59 | 22T15:59:59 | 22T01 | of the day before, closed in the last second, late |
| 203 | 2 | 22T10:00 | | 22T12 | overdue at the end of the day |
| 204 | 2 | 22T16:00:00 | | 24T00 | of the day after |
| 205 | 1 | 22T03:00 | | 24T00 | void |
| 206 | 2 | 22T03:00 | 22T03 | 24T00 | merged |
| 207 | 2 | 22T05:00 | | 23T05 | a fire of level Ⅱ, from the hotline |
| 208 | — | 22T06:00 | | 24T00 | place known to the district only |

So six were accepted (one the day before), two closed, one of them on time, five are open, one is overdue: 1 / (2 + 1) = 33.3 %.
"""

from geodata.db import Conn
from tests import district

NIGHT = "2026-11-22"
CASES = (
    (201, 1, "0101", "city", 0, "grid_self", "closed", "2026-11-21T16:00:00Z", "2026-11-22T10:00:00Z", "2026-11-22T02:00:00Z"),
    (202, 1, "0101", "city", 0, "grid_patrol", "closed", "2026-11-21T15:59:59Z", "2026-11-22T01:00:00Z", "2026-11-22T15:59:59Z"),
    (203, 2, "0101", "city", 4, "grid_patrol", "handling", "2026-11-22T10:00:00Z", "2026-11-22T12:00:00Z", None),
    (204, 2, "0101", "city", 0, "grid_patrol", "reported", "2026-11-22T16:00:00Z", "2026-11-24T00:00:00Z", None),
    (205, 1, "0101", "city", 0, "grid_patrol", "void", "2026-11-22T03:00:00Z", "2026-11-24T00:00:00Z", None),
    (206, 2, "0101", "city", 0, "grid_patrol", "merged", "2026-11-22T03:00:00Z", "2026-11-24T00:00:00Z", "2026-11-22T03:00:00Z"),
    (207, 2, "F1", "emergency", 2, "hotline12345", "handling", "2026-11-22T05:00:00Z", "2026-11-23T05:00:00Z", None),
    (208, 0, "0101", "city", 0, "grid_patrol", "filed", "2026-11-22T06:00:00Z", "2026-11-24T00:00:00Z", None),
)
INSERT = """
    INSERT INTO hall.event (id, case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, closed_at,
                            reporter, reporter_phone, place_text, grid_code, precision, geom)
    VALUES (%(id)s, 'C' || %(id)s, %(name)s || '报', %(class)s, %(major)s, %(level)s, %(source)s, %(state)s, %(reported)s, %(deadline)s, %(reported)s,
            %(closed)s, %(name)s, %(phone)s, '旧街' || %(street)s || '巷', %(grid)s, %(precision)s, ST_SetSRID(ST_MakePoint(%(lon)s, 22.1925), 4326))
"""


def fill(conn: Conn) -> None:
    """Write the district and its day."""
    district.fill(conn)
    conn.execute("INSERT INTO hall.event_class (code, name, major, kind_group) VALUES ('F1', '<b>火情', 'emergency', 'fire')")
    for number, street, class_code, major, level, source, state, reported, deadline, closed in CASES:
        values = {
            "id": number,
            "street": street,
            "class": class_code,
            "major": major,
            "level": level,
            "source": source,
            "state": state,
            "reported": reported,
            "deadline": deadline,
            "closed": closed,
            "name": district.NAMES[street - 1],
            "phone": district.PHONES[street - 1],
            "grid": district.GRIDS[street - 1] if street else district.DISTRICT,
            "precision": "point" if street else "district",
            "lon": district.LONS[street - 1],
        }
        conn.execute(INSERT, values)


def accounts(conn: Conn) -> dict[str, int]:
    """One account of each role that has to do with briefs, and two that are bound to the first street; ids by username."""
    made = {}
    for username, role, scope in (
        ("leader", "leader", ""),
        ("shift_leader", "shift_leader", district.DISTRICT),
        ("dispatcher", "dispatcher", district.DISTRICT),
        ("acceptor", "acceptor", ""),
        ("street_leader", "leader", district.STREETS[0]),
        ("street_dispatcher", "dispatcher", district.STREETS[0]),
        ("worker", "worker", district.STREETS[0]),
    ):
        row = conn.execute(
            "INSERT INTO hall.account (username, display_name, role, scope) VALUES (%s, %s, %s, %s) RETURNING id",
            [username, f"某{username}", role, scope],
        ).fetchone()
        made[username] = int(row[0]) if row else 0
    return made
