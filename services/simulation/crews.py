"""Those who were sent: they confirm, set out along the streets, arrive, work, and report the result."""

import logging
import random
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from geodata.db import Conn, Pool, reading, writing
from geodata.errors import HallError, SourceUnavailableError
from geodata.grid import LonLat
from services import tasks
from services.audit import Caller
from services.movers import MoverKind
from services.rights import Role
from services.routing.engine import Mode
from services.routing.store import RoadStore
from services.simulation import trips
from services.simulation.robots import WORKER, Robots
from services.simulation.trips import Trip
from services.skills import E_BIKE
from services.tasks import TaskAct

log = logging.getLogger(__name__)

DELIVERED_S, ACCEPTED_S, WORK_S = (1.0, 4.0), (10.0, 75.0), (180.0, 780.0)
"""After they were sent; at the place."""
DECLINED_SHARE = 0.02
RETRY_S = 60.0
MOST = 500

# Not for workers that somebody signs in as: they answer for themselves.
OPEN = """
    SELECT t.id, t.kind, coalesce(t.worker_id, t.vehicle_id) AS mover_id, t.purpose, t.state, t.sent_at, t.delivered_at, t.arrived_at,
           ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat, coalesce(ST_X(p.geom), ST_X(v.geom)) AS at_lon, coalesce(ST_Y(p.geom), ST_Y(v.geom)) AS at_lat,
           coalesce(w.skills, '{}') AS skills, trip.task_id AS trip_task_id, trip.ends_at AS trip_ends_at
    FROM hall.task t JOIN hall.event e ON e.id = t.event_id
    LEFT JOIN hall.worker w ON w.id = t.worker_id LEFT JOIN hall.worker_position p ON p.worker_id = t.worker_id
    LEFT JOIN hall.vehicle v ON v.id = t.vehicle_id
    LEFT JOIN hall.simulated_trip trip ON trip.kind = t.kind AND trip.mover_id = coalesce(t.worker_id, t.vehicle_id)
    WHERE t.finished_at IS NULL AND (p.geom IS NOT NULL OR v.geom IS NOT NULL)
      AND NOT EXISTS (SELECT FROM hall.account a WHERE a.worker_id = t.worker_id AND a.active AND a.username <> %(robot)s)
    ORDER BY t.id LIMIT %(limit)s
"""
# a task that ended in another way: called back, answered by the desk
ENDED = """
    SELECT trip.kind, trip.mover_id FROM hall.simulated_trip trip JOIN hall.task t ON t.id = trip.task_id WHERE t.finished_at IS NOT NULL LIMIT %(limit)s
"""
RESULTS = {
    "verify": "现场情况与上报一致（模拟）",
    "check": "现场核查：已处置到位（模拟）",
    "handle": "现场已处置完毕，恢复正常（模拟）",
}
DECLINE = "手头任务一时走不开（模拟）"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    id: int
    kind: str
    mover_id: int
    purpose: str
    state: str
    sent_at: datetime
    delivered_at: datetime | None
    arrived_at: datetime | None
    lon: float
    lat: float
    at_lon: float
    at_lat: float
    skills: list[str]
    trip_task_id: int | None
    trip_ends_at: datetime | None

    @property
    def mode(self) -> Mode:
        """As `services.movers` has it."""
        if self.kind == MoverKind.VEHICLE:
            return Mode.DRIVE
        return Mode.RIDE if E_BIKE in self.skills else Mode.WALK

    def chance(self, step: str) -> random.Random:
        """Draws of this task and step, the same at every look."""
        return random.Random(f"{self.id}:{step}")  # noqa: S311 - a simulation


class Crews:
    """Lets everybody do what is due."""

    def __init__(self, pool: Pool, roads: RoadStore, robots: Robots, speed: float) -> None:
        self._pool, self._roads, self._robots, self._speed = pool, roads, robots, speed
        self._later: dict[int, float] = {}
        """Tasks whose answer was refused, and when to try again."""
        self.acts = self.refused = 0

    def work(self, now: datetime) -> None:
        """Do what is due, each act in a transaction of its own.

        Raises:
            SourceUnavailableError: the database does not answer.
        """
        with reading(self._pool) as conn, conn.cursor(row_factory=class_row(_Sent)) as cursor:
            sent = cursor.execute(OPEN, {"robot": WORKER, "limit": MOST}).fetchall()
            ended = conn.execute(ENDED, {"limit": MOST}).fetchall()
        for kind, mover_id in ended:
            with writing(self._pool) as conn:
                trips.turn_back(conn, kind, mover_id, now)
        moving = {(task.kind, task.mover_id): task.trip_task_id for task in sent}
        for task in sent:
            if self._later.get(task.id, 0.0) <= now.timestamp():
                self._one(task, moving, now)

    def _one(self, task: _Sent, moving: dict[tuple[str, int], int | None], now: datetime) -> None:
        action = self._due(task, now)
        try:
            with writing(self._pool) as conn:
                if action:
                    self._act(conn, task, action, now)
                    self.acts += 1
                mover = (task.kind, task.mover_id)
                if (action == "accept" or (task.state == "accepted" and action is None)) and moving.get(mover) is None:
                    moving[mover] = task.id
                    self._set_out(conn, task, now)
        except SourceUnavailableError:
            raise
        except HallError as error:
            self.refused += 1
            self._later[task.id] = now.timestamp() + RETRY_S
            log.info("task %s: %s is refused: %s", task.id, action, error)

    def _due(self, task: _Sent, now: datetime) -> str | None:
        since_sent = (now - task.sent_at).total_seconds() * self._speed
        if task.state == "sent":
            if since_sent >= task.chance("accept").uniform(*ACCEPTED_S):
                declines = task.purpose == "handle" and task.chance("decline").random() < DECLINED_SHARE
                return "decline" if declines else "accept"
            waits = task.delivered_at is None and since_sent >= task.chance("deliver").uniform(*DELIVERED_S)
            return "deliver" if waits else None
        if task.state == "accepted":
            arrived = task.trip_task_id == task.id and task.trip_ends_at is not None and task.trip_ends_at <= now
            return "arrive" if arrived else None
        on_site_s = (now - (task.arrived_at or now)).total_seconds() * self._speed
        return "finish" if on_site_s >= task.chance("work").uniform(*WORK_S) else None

    def _act(self, conn: Conn, task: _Sent, action: str, now: datetime) -> None:
        opinion = DECLINE if action == "decline" else RESULTS.get(task.purpose) if action == "finish" else None
        caller = self._caller(conn, task, now)
        reason = "协办已口头反馈（模拟）" if action == "finish" else None
        tasks.act(conn, caller, task.id, TaskAct(action=action, opinion=opinion, override_reason=reason))
        if action in {"finish", "decline"}:
            trips.turn_back(conn, task.kind, task.mover_id, now)

    def _caller(self, conn: Conn, task: _Sent, now: datetime) -> Caller:
        """Workers answer by their phone; for a vehicle the desk notes what its driver says by radio."""
        return self._robots.desk(Role.DISPATCHER, now) if task.kind == MoverKind.VEHICLE else self._robots.worker(conn, task.mover_id, now)

    def _set_out(self, conn: Conn, task: _Sent, now: datetime) -> None:
        start, place = LonLat(task.at_lon, task.at_lat), LonLat(task.lon, task.lat)
        places, free_s = trips.way(self._roads.engine(conn, now), start, place, task.mode)
        route, ends_at = trips.planned(task.chance("way"), places, free_s, now, self._speed)
        trips.put(conn, Trip(kind=task.kind, mover_id=task.mover_id, task_id=task.id, starts_at=now, ends_at=ends_at, route=route))
