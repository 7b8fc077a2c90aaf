"""Case numbers: 6 digits of the division, the local day, 5 digits. Gaps are allowed, the same number twice is not."""

from datetime import datetime

from geodata.db import Conn
from services.worktime import LOCAL

DIVISION = "SELECT left(code, 6) FROM hall.area WHERE level = 'district' ORDER BY code LIMIT 1"
UNKNOWN = "990000"
# The greatest number that a case of the day has counts as well: cases may have been imported.
TAKE = """
    INSERT INTO hall.case_counter AS c (day, last)
    SELECT %(day)s::date, %(count)s + coalesce((SELECT substr(case_no, 15)::integer FROM hall.event
                                                WHERE case_no BETWEEN %(first)s AND %(final)s ORDER BY case_no DESC LIMIT 1), 0)
    ON CONFLICT (day) DO UPDATE SET last = greatest(c.last + %(count)s, excluded.last)
    RETURNING last
"""


def take(conn: Conn, now: datetime) -> str:
    """Return the next number of the local day. Whoever else takes one of the day waits for this transaction."""
    return block(conn, now, 1)[0]


def block(conn: Conn, now: datetime, count: int, *, division: str | None = None) -> list[str]:
    """Return the next `count` numbers of the local day, of the installation's division unless it is given."""
    if not count:
        return []
    day = now.astimezone(LOCAL).date()
    prefix = f"{division or _division(conn)}{day:%Y%m%d}"
    row = conn.execute(TAKE, {"day": day, "count": count, "first": f"{prefix}00000", "final": f"{prefix}99999"}).fetchone()
    last = int(row[0]) if row else count
    return [f"{prefix}{number:05d}" for number in range(last - count + 1, last + 1)]


def _division(conn: Conn) -> str:
    row = conn.execute(DIVISION).fetchone()
    return str(row[0]) if row else UNKNOWN
