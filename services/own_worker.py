"""The worker that an account stands for, as the worker sees it: on duty or not, the own grid, what today was done and walked."""

from dataclasses import dataclass
from datetime import datetime, time

from psycopg.rows import class_row

from geodata.db import Conn
from services import audit
from services.audit import Caller
from services.orders import Order, recount
from services.positions import own_worker
from services.rights import Reader, Role
from services.worktime import LOCAL

PAUSE_S = 300
"""Positions further apart do not tell what lay between them."""

# A path has no length where the phone was silent.
OWN = """
    SELECT w.id, w.worker_no, w.role, w.team, w.grid_code, area.name AS grid_name, ST_X(place.point) AS grid_lon, ST_Y(place.point) AS grid_lat,
           w.status, w.load, consent.given_at AS sharing_since, p.reported_at AS position_at, ST_X(p.geom) AS lon, ST_Y(p.geom) AS lat,
           coalesce(walk.walked_m, 0) AS walked_m, coalesce(walk.in_grid_s, 0) AS in_grid_s,
           (SELECT count(*) FROM hall.task t WHERE t.worker_id = w.id AND t.state = 'done' AND t.finished_at >= %(today)s AND t.finished_at <= %(now)s)
               AS done_today
    FROM hall.account a JOIN hall.worker w ON w.id = a.worker_id
    LEFT JOIN LATERAL (SELECT name, geom FROM hall.area WHERE code = w.grid_code LIMIT 1) AS area ON true
    LEFT JOIN LATERAL (SELECT ST_PointOnSurface(area.geom) AS point) AS place ON true
    LEFT JOIN hall.worker_position p ON p.worker_id = w.id
    LEFT JOIN hall.position_consent consent ON consent.worker_id = w.id AND consent.withdrawn_at IS NULL
    LEFT JOIN LATERAL (
        SELECT sum(ST_Distance(leg.geom::geography, leg.before::geography)) AS walked_m,
               (sum(leg.gap_s) FILTER (WHERE ST_Covers(area.geom, leg.geom)))::float8 AS in_grid_s
        FROM (SELECT t.geom, lag(t.geom) OVER by_time AS before, extract(epoch FROM t.reported_at - lag(t.reported_at) OVER by_time) AS gap_s
              FROM hall.track_point t
              WHERE t.worker_id = consent.worker_id AND t.reported_at >= greatest(%(today)s, consent.given_at) AND t.reported_at <= %(now)s
              WINDOW by_time AS (ORDER BY t.reported_at)) AS leg
        WHERE leg.gap_s <= %(pause_s)s
    ) AS walk ON true
    WHERE a.id = %(account)s
"""
ON_DUTY = "UPDATE hall.worker SET status = CASE WHEN %(on_duty)s THEN 'free' ELSE 'off_duty' END WHERE id = %(worker)s AND (status = 'off_duty') = %(on_duty)s"
POSITION = "UPDATE hall.worker_position AS p SET status = w.status FROM hall.worker w WHERE w.id = p.worker_id AND w.id = %s AND p.status <> w.status"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWorker:
    """A worker without name and phone number: the account's owner knows them."""

    id: int
    worker_no: str
    role: str
    team: str | None
    grid_code: str
    grid_name: str | None
    grid_lon: float | None
    """A point inside the own grid."""
    grid_lat: float | None
    status: str
    """free | busy | off_grid | off_duty"""
    load: int
    sharing_since: datetime | None
    """Since when positions are taken; None: the worker has not agreed."""
    position_at: datetime | None
    lon: float | None
    lat: float | None
    walked_m: float
    """Today, as far as the phone told."""
    in_grid_s: float
    done_today: int


def own(conn: Conn, reader: Reader, now: datetime) -> OwnWorker | None:
    """Return the worker that the account stands for, None when it stands for none."""
    if reader.role is not Role.WORKER:
        return None
    today = datetime.combine(now.astimezone(LOCAL).date(), time(), LOCAL)
    values = {"account": reader.account_id, "now": now, "today": today, "pause_s": PAUSE_S}
    with conn.cursor(row_factory=class_row(OwnWorker)) as cursor:
        return cursor.execute(OWN, values).fetchone()


def set_duty(conn: Conn, caller: Caller, *, on_duty: bool) -> None:
    """Begin or end the own duty: who is off duty is not sent anywhere. Said twice it is said once.

    Raises:
        NotAllowedError: the account stands for no worker.
    """
    worker_id = own_worker(conn, caller)
    changed = conn.execute(ON_DUTY, {"worker": worker_id, "on_duty": on_duty}).rowcount
    if not changed:
        return
    recount(conn, [Order(kind="worker", id=worker_id)])
    conn.execute(POSITION, [worker_id])
    audit.record(conn, caller, audit.Act(action="duty_begin" if on_duty else "duty_end", object=f"workers/{worker_id}"))
