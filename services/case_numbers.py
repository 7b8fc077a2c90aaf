"""Case numbers: 6 digits of the division, the local day, 5 digits. Gaps are allowed, the same number twice is not."""

from datetime import datetime

from geodata.db import Conn
from services.worktime import LOCAL

DIVISION = "SELECT left(code, 6) FROM hall.area WHERE level = 'district' ORDER BY code LIMIT 1"
UNKNOWN = "990000"
# The counter of a day begins behind the numbers that its cases have already.
TAKE = """
    INSERT INTO hall.case_counter AS c (day, last)
    VALUES (%(day)s, %(count)s + coalesce((SELECT max(right(case_no, 5))::integer FROM hall.event
                                           WHERE case_no >= %(prefix)s || '0' AND case_no < %(prefix)s || ':'), 0))
    ON CONFLICT (day) DO UPDATE SET last = c.last + %(count)s
    RETURNING last
"""


def take(conn: Conn, now: datetime) -> str:
    """Return the next number of the local day. Whoever else takes one of the day waits for this transaction."""
    return block(conn, now, 1)[0]


def block(conn: Conn, now: datetime, count: int) -> list[str]:
    """Return the next `count` numbers of the local day."""
    day = now.astimezone(LOCAL).date()
    division = conn.execute(DIVISION).fetchone()
    prefix = f"{division[0] if division else UNKNOWN}{day:%Y%m%d}"
    row = conn.execute(TAKE, {"day": day, "count": count, "prefix": prefix}).fetchone()
    last = int(row[0]) if row else count
    return [f"{prefix}{number:05d}" for number in range(last - count + 1, last + 1)]
