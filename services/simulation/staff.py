"""The desk when nobody sits at it: simulated cases that nobody has touched for a while are filed, sent, checked, closed and evaluated."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from geodata.db import Conn, Pool, reading, writing
from geodata.errors import HallError, SourceUnavailableError
from services import acts, candidates
from services.acts import Act
from services.candidates import Kind
from services.orders import Order
from services.rights import Role
from services.routing.store import RoadStore
from services.simulation.reports import MARK
from services.simulation.robots import Robots

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Acts at a look."""
RETRY_S = 300.0
SCORE = 90
STANDARD = "SELECT id FROM hall.case_standard WHERE class_code = %s AND enabled ORDER BY position LIMIT 1"
CHECKED = "SELECT EXISTS (SELECT FROM hall.case_log WHERE event_id = %s AND action = 'check' AND seq = (SELECT max(seq) FROM hall.case_log WHERE event_id = %s))"
# dispatched and handled cases are with those who were sent
WAITING = """
    SELECT e.id, e.state, e.version, e.class_code
    FROM hall.event e
    WHERE %(mark)s = ANY(e.flags) AND e.id >= 10000000 AND e.dup_of IS NULL
      AND ((e.closed_at IS NULL AND e.state IN ('reported', 'filed', 'checking') AND e.step_started_at <= %(before)s)
           OR (e.state = 'closed' AND e.closed_at <= %(before)s AND e.closed_at > %(before)s - interval '1 day'))
      AND NOT EXISTS (SELECT FROM hall.task t WHERE t.event_id = e.id AND t.finished_at IS NULL)
    ORDER BY e.step_started_at LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    id: int
    state: str
    version: int
    class_code: str


class Staff:
    """Acts on what has waited longer than the patience of whoever might come."""

    def __init__(self, pool: Pool, roads: RoadStore, robots: Robots, patience: timedelta) -> None:
        self._pool, self._roads, self._robots, self._patience = pool, roads, robots, patience
        self._later: dict[int, float] = {}
        self.acts = self.refused = 0

    def work(self, now: datetime) -> None:
        """Do one step in some of the cases.

        Raises:
            SourceUnavailableError: the database does not answer.
        """
        with reading(self._pool) as conn, conn.cursor(row_factory=class_row(_Case)) as cursor:
            waiting = cursor.execute(WAITING, {"mark": MARK, "before": now - self._patience, "limit": 10 * AT_ONCE}).fetchall()
        due = [case for case in waiting if self._later.get(case.id, 0.0) <= now.timestamp()]
        for case in due[:AT_ONCE]:
            try:
                with writing(self._pool) as conn:
                    self._step(conn, case, now)
                self.acts += 1
            except SourceUnavailableError:
                raise
            except HallError as error:
                self.refused += 1
                self._later[case.id] = now.timestamp() + RETRY_S
                log.info("case %s in %s stays: %s", case.id, case.state, error)

    def _step(self, conn: Conn, case: _Case, now: datetime) -> None:
        role, wanted = self._next(conn, case, now)
        acts.act(conn, self._robots.desk(role, now), case.id, wanted)

    def _next(self, conn: Conn, case: _Case, now: datetime) -> tuple[Role, Act]:
        if case.state == "reported":
            found = conn.execute(STANDARD, [case.class_code]).fetchone()
            if found is None:
                return Role.ACCEPTOR, Act(action="reject", version=case.version, opinion="无对应立案标准（模拟）")
            return Role.ACCEPTOR, Act(action="file", version=case.version, standard_id=found[0])
        if case.state == "filed":
            orders = self._best(conn, case, now)
            return Role.DISPATCHER, Act(action="dispatch", version=case.version, orders=orders, order_text="请尽快到场处置（模拟）")
        if case.state == "checking":
            checked = conn.execute(CHECKED, [case.id, case.id]).fetchone()
            return Role.SHIFT_LEADER, Act(
                action="close" if checked and checked[0] else "check", version=case.version, opinion="核查通过（模拟）"
            )
        return Role.SHIFT_LEADER, Act(action="evaluate", version=case.version, score=SCORE)

    def _best(self, conn: Conn, case: _Case, now: datetime) -> list[Order]:
        """Send whom the list of candidates names first; nobody when nobody can be counted on."""
        reader = self._robots.desk(Role.DISPATCHER, now).reader
        best = candidates.candidates(conn, reader, case.id, Kind.WORKER, 1, now=now, engine=self._roads.engine(conn, now))
        return [
            Order(
                kind="worker",
                id=one.id,
                lead=True,
                rank=one.rank,
                engine=one.engine,
                distance_m=one.road_distance_m,
                raw_s=one.raw_travel_time_s,
                predicted_s=one.travel_time_s,
            )
            for one in best
            if one.trouble is None
        ]
