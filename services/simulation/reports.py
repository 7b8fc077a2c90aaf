"""Reports as the district has them: each copies a case of the history of the same hour and kind of day, so classes, places and sources are its own."""

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from psycopg.rows import class_row

from geodata.city.event_times import DAY_OFF, OFFICE_HOURS
from geodata.city.sample import LOCAL_HOURS
from geodata.db import Conn
from services.audit import Caller
from services.intake import Received, receive
from services.report import Report

LOCAL = timezone(timedelta(hours=LOCAL_HOURS))
MARK = "synthetic"
"""Flag of every case that was made here."""
NAMED = "（模拟）"
REPEATED_SHARE = 0.12
"""Of the reports, how many tell of an open case once more."""
REPEATED_SOURCES = ("hotline12345", "citizen", "grid_patrol", "city_dcm")
PATROL = "grid_patrol"
SELF_CLOSED = "grid_self"
"""Cases that the grid handles without telling anybody are not simulated: they would be closed before anybody saw them."""
TRIES = 200
NOISE_M = 12.0
METRES_A_DEGREE = 111_320.0

# a random row of the history of that hour; ids of the sample have no gaps
DRAW = """
    WITH history AS (SELECT min(id) AS first, max(id) AS last FROM hall.event WHERE version = 0 AND id > 1000000 AND id < 10000000)
    SELECT e.title, e.description, e.class_code, e.level, e.source, e.place_text, e.building_id, e.precision, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
    FROM history, LATERAL generate_series(1, %(tries)s) AS n
    CROSS JOIN LATERAL (SELECT first + floor(random() * (last - first + 1))::bigint AS id WHERE n > 0 OFFSET 0) AS drawn
    JOIN hall.event e ON e.id = drawn.id
    WHERE abs(extract(hour FROM e.reported_at AT TIME ZONE 'Asia/Shanghai') - %(hour)s) <= 1
      AND (extract(isodow FROM e.reported_at AT TIME ZONE 'Asia/Shanghai') > 5) = %(weekend)s AND e.dup_of IS NULL
    LIMIT 1
"""
OPEN = """
    SELECT title, description, class_code, level, source, place_text, building_id, precision, ST_X(geom) AS lon, ST_Y(geom) AS lat
    FROM hall.event WHERE closed_at IS NULL AND %(mark)s = ANY(flags) AND reported_at > %(now)s - interval '2 hours' AND dup_of IS NULL
    ORDER BY random() LIMIT 1
"""
MARK_IT = "UPDATE hall.event SET flags = array_append(flags, %(mark)s) WHERE id = %(id)s AND NOT %(mark)s = ANY(flags)"
SEED = "SELECT setseed(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """What happened once, and happens again."""

    title: str
    description: str | None
    class_code: str
    level: int
    source: str
    place_text: str
    building_id: int | None
    precision: str
    lon: float
    lat: float


def per_second(at: datetime, events_per_day: float) -> float:
    """Return how many reports come in a second at that time of the week; the mean of a working day is `events_per_day`."""
    local = at.astimezone(LOCAL)
    share = OFFICE_HOURS[local.hour] / sum(OFFICE_HOURS)
    return events_per_day * share * (DAY_OFF if local.isoweekday() > 5 else 1.0) / 3600


def pause_s(chance: random.Random, at: datetime, events_per_day: float) -> float:
    """Draw the time until the next report, in seconds of the simulated clock; an hour at most, since the rate changes."""
    rate = per_second(at, events_per_day)
    return min(3600.0, chance.expovariate(rate) if rate > 0 else 3600.0)


def report(conn: Conn, caller: Caller, chance: random.Random, at: datetime) -> Received | None:
    """Let one report come in, in the caller's transaction; `at` is the simulated clock, which picks the hour. None when there is no history."""
    conn.execute(SEED, [chance.uniform(-1, 1)])
    repeated = chance.random() < REPEATED_SHARE
    pattern = _open(conn, caller.now) if repeated else None
    source = chance.choice(REPEATED_SOURCES) if pattern else ""
    pattern = pattern or _drawn(conn, at)
    if pattern is None:
        return None
    received = receive(conn, _written(chance, pattern, source or pattern.source, caller.now), caller.now, reader=caller.reader)
    if received.event_id is not None and received.created:
        conn.execute(MARK_IT, {"id": received.event_id, "mark": MARK})
    return received


def _drawn(conn: Conn, at: datetime) -> Pattern | None:
    local = at.astimezone(LOCAL)
    with conn.cursor(row_factory=class_row(Pattern)) as cursor:
        return cursor.execute(DRAW, {"tries": TRIES, "hour": local.hour, "weekend": local.isoweekday() > 5}).fetchone()


def _open(conn: Conn, now: datetime) -> Pattern | None:
    with conn.cursor(row_factory=class_row(Pattern)) as cursor:
        return cursor.execute(OPEN, {"mark": MARK, "now": now}).fetchone()


def _written(chance: random.Random, pattern: Pattern, source: str, now: datetime) -> Report:
    lat = pattern.lat + chance.gauss(0, NOISE_M) / METRES_A_DEGREE
    lon = pattern.lon + chance.gauss(0, NOISE_M) / METRES_A_DEGREE / math.cos(math.radians(pattern.lat))
    from_people = source in {"hotline12345", "citizen"}
    return Report(
        source=PATROL if source == SELF_CLOSED else source,
        title=pattern.title,
        description=pattern.description,
        class_code=pattern.class_code,
        level=pattern.level,
        lon=lon,
        lat=lat,
        place_text=pattern.place_text,
        building_id=pattern.building_id,
        precision=pattern.precision,
        reporter=chance.choice("王李张刘陈杨赵黄周吴") + NAMED if from_people else None,
        reporter_phone=f"110{chance.randrange(10**8):08d}" if from_people else None,
        reported_at=now,
        raw={MARK: True},
    )
