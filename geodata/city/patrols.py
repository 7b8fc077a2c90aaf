"""Synthetic patrols of the sample city's last three months: where its workers walk on the days whose tracks it has, they walked before."""

from geodata.db import Conn

DAYS = 90
SPREAD = 40
"""A cell is walked through between 80 and 120 percent of its usual time, and half as much on Sundays."""

KNOWN = "SELECT count(DISTINCT day) FROM hall.patrol"
BEFORE = """
    INSERT INTO hall.patrol (day, cell, seconds)
    SELECT day, cell, greatest(60, share * seconds)::int
    FROM (SELECT cell, avg(seconds) AS seconds, min(min(day)) OVER () AS first FROM hall.patrol GROUP BY cell) AS usual,
         generate_series(1, %(days)s) AS before,
         LATERAL (SELECT first - before AS day) AS calendar,
         LATERAL (SELECT (100 - %(spread)s / 2 + abs(hashint8(cell + before)) %% %(spread)s) / 100.0
                         * CASE WHEN date_part('isodow', day) = 7 THEN 0.5 ELSE 1 END AS share) AS draw
    ON CONFLICT DO NOTHING
"""
CHANGED = "UPDATE hall.patrol_read SET changed_at = now()"


def write(conn: Conn) -> int:
    """Write the patrols of the days before the first counted one, unless they are there; return how many rows."""
    known = conn.execute(KNOWN).fetchone()
    if not known or not 0 < known[0] < DAYS:
        return 0
    written = conn.execute(BEFORE, {"days": DAYS, "spread": SPREAD}).rowcount
    conn.execute(CHANGED)
    return written
