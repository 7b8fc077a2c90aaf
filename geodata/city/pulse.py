"""The sample city lives: workers and vehicles walk their tracks to and fro, readings change. Everything follows from the clock."""

import datetime as dt

from psycopg import sql

from geodata.city.sensors import ALARM_AT, DEVICES
from geodata.db import Conn

BEAT_S = 10
"""The product calls `beat` so often; a shorter or longer pause does no harm."""
TRACK_S = 3600
"""The last hour of every track is walked backwards, then forwards, and so on."""
MOVERS = 3
"""A third of the workers and vehicles report at each beat."""
SENSOR_BEATS, SENSOR_PARTS = 3, 10
"""At every third beat a tenth of the sensors reports."""

# Acts on cases write positions as well, and raise revisions at their end: the pulse takes the revision first and leaves out what is just being
# written, so that it never waits for somebody who waits for it.
ALONE = "SELECT FROM hall.layer_revision WHERE layer = %s FOR UPDATE"
# Whoever is on the way to a task, or sends a position of their own, is not on the track.
# The clock of the sample points into the tracks and says whether it runs forwards there; without a sample city it has no row. A mover is
# between two reports of its track; metres east and north, for degrees of longitude shrink with the latitude.
MOVE = """
    WITH unused AS (
        SELECT {own} AS id FROM {target} WHERE mod({own}, %(movers)s) = %(turn)s FOR UPDATE SKIP LOCKED
    ), clock AS (
        SELECT ended - make_interval(secs => %(track_s)s - abs(phase - %(track_s)s)) AS at,
               CASE WHEN phase < %(track_s)s THEN -1 ELSE 1 END AS direction
        FROM (SELECT (value->>'now')::timestamptz AS ended,
                     mod(greatest(extract(epoch FROM %(now)s - (value->>'now')::timestamptz), 0), 2 * %(track_s)s)::float8 AS phase
              FROM hall.fact WHERE key = 'sample') AS made
    ), leg AS (
        SELECT mover.id, clock.direction, ST_X(a.geom) AS x, ST_Y(a.geom) AS y,
               ST_X(coalesce(b.geom, a.geom)) AS x2, ST_Y(coalesce(b.geom, a.geom)) AS y2,
               coalesce(extract(epoch FROM b.reported_at - a.reported_at), 1)::float8 AS between_s,
               coalesce(extract(epoch FROM clock.at - a.reported_at) / extract(epoch FROM b.reported_at - a.reported_at), 0)::float8 AS share
        FROM {mover} AS mover JOIN unused ON unused.id = mover.id CROSS JOIN clock
        CROSS JOIN LATERAL (SELECT geom, reported_at FROM {track}
                            WHERE {key} = mover.id AND reported_at <= clock.at ORDER BY reported_at DESC LIMIT 1) AS a
        LEFT JOIN LATERAL (SELECT geom, reported_at FROM {track}
                           WHERE {key} = mover.id AND reported_at > clock.at ORDER BY reported_at LIMIT 1) AS b ON true
        WHERE mover.status IN ('free', 'busy')
            AND NOT EXISTS (SELECT FROM hall.simulated_trip AS trip WHERE trip.kind = {kind} AND trip.mover_id = mover.id)
            AND NOT EXISTS (SELECT FROM hall.position_consent AS own WHERE {kind} = 'worker' AND own.worker_id = mover.id AND own.withdrawn_at IS NULL)
            AND NOT EXISTS (SELECT FROM hall.position_consent AS own WHERE {kind} = 'worker' AND own.worker_id = mover.id AND own.withdrawn_at IS NULL)
    ), step AS (
        SELECT id, ST_SetSRID(ST_MakePoint(x + (x2 - x) * share, y + (y2 - y) * share), 4326) AS geom,
               (x2 - x) * cosd(y) * 111320 * direction AS east, (y2 - y) * 111320 * direction AS north, between_s
        FROM leg
    )
    UPDATE {target} AS moved
    SET geom = step.geom, reported_at = %(now)s, speed_kmh = round((sqrt(east ^ 2 + north ^ 2) / between_s * 3.6)::numeric, 1),
        heading_deg = mod(round(degrees(atan2(east, north))::numeric) + 360, 360)
    FROM step WHERE moved.{own} = step.id
"""
WORKERS = sql.SQL(MOVE).format(
    mover=sql.Identifier("hall", "worker"), track=sql.Identifier("hall", "track_point"), key=sql.Identifier("worker_id"),
    target=sql.Identifier("hall", "worker_position"), own=sql.Identifier("worker_id"), kind=sql.Literal("worker"),
)  # fmt: skip
VEHICLES = sql.SQL(MOVE).format(
    mover=sql.Identifier("hall", "vehicle"), track=sql.Identifier("hall", "vehicle_track_point"), key=sql.Identifier("vehicle_id"),
    target=sql.Identifier("hall", "vehicle"), own=sql.Identifier("id"), kind=sql.Literal("vehicle"),
)  # fmt: skip
MADE = "SELECT 1 FROM hall.fact WHERE key = 'sample'"
# A slow wave of its own for every sensor, within the usual range of its kind or, in alarm, above the limit.
SENSORS = """
    UPDATE hall.sensor AS s
    SET reported_at = %(now)s, value = round((s.limit_value * (low + (high - low) * wave))::numeric, 2)
    FROM (SELECT id, CASE status WHEN 'alarm' THEN %(alarm_low)s ELSE device.low END AS low,
                 CASE status WHEN 'alarm' THEN %(alarm_high)s ELSE device.high END AS high,
                 0.5 + 0.5 * sin(2 * pi() * (%(minutes)s / (40 + mod(id, 37)) + mod(id * 7919, 1000) / 1000.0)) AS wave
          FROM hall.sensor JOIN unnest(%(kinds)s::text[], %(lows)s::float8[], %(highs)s::float8[]) AS device (device_kind, low, high) ON device_kind = kind
          WHERE status <> 'offline' AND mod(id, %(parts)s) = %(part)s) AS now
    WHERE now.id = s.id
"""


def beat(conn: Conn, now: dt.datetime) -> int:
    """Do all of it in the caller's transaction; return the number of rows that changed. As `move_workers`, `move_vehicles` and `sense`."""
    return move_workers(conn, now) + move_vehicles(conn, now) + sense(conn, now)


def move_workers(conn: Conn, now: dt.datetime) -> int:
    """Move the workers whose turn it is to where they are as of `now` (aware); return how many.

    The same moment gives the same positions. Without a sample city nothing happens. Works in the caller's transaction, which should hold
    nothing else.
    """
    conn.execute(ALONE, ["workers"])
    return conn.execute(WORKERS, _values(now)).rowcount


def move_vehicles(conn: Conn, now: dt.datetime) -> int:
    """Do the same with vehicles."""
    conn.execute(ALONE, ["vehicles"])
    return conn.execute(VEHICLES, _values(now)).rowcount


def sense(conn: Conn, now: dt.datetime) -> int:
    """Let the sensors report whose turn it is; the same moment gives the same readings."""
    tick = int(now.timestamp()) // BEAT_S
    if tick % SENSOR_BEATS or not conn.execute(MADE).fetchone():
        return 0
    values: dict[str, object] = {
        "now": now,
        "kinds": [device.kind for device in DEVICES],
        "lows": [device.usual[0] for device in DEVICES],
        "highs": [device.usual[1] for device in DEVICES],
        "alarm_low": ALARM_AT[0],
        "alarm_high": ALARM_AT[1],
        "minutes": now.timestamp() / 60,
        "parts": SENSOR_PARTS,
        "part": tick // SENSOR_BEATS % SENSOR_PARTS,
    }
    return conn.execute(SENSORS, values).rowcount


def _values(now: dt.datetime) -> dict[str, object]:
    return {"now": now, "track_s": TRACK_S, "movers": MOVERS, "turn": int(now.timestamp()) // BEAT_S % MOVERS}
