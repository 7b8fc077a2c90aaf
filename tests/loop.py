"""A small stage for the life of a case: the district of two streets with accounts, two departments, one filing standard and an open case.

Workers 71 and 72 stand in the streets of their number; worker 73 helps in the first street. Times are those of a Monday morning, working time.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from geodata.db import Conn
from geodata.workflow import defaults
from services import acts, cases, tasks
from services.acts import Act
from services.audit import Caller
from services.cases import Case
from services.orders import Order
from services.rights import Reader, Role
from services.tasks import Task, TaskAct
from tests import district
from tests.town import database

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""09:00 local, a Monday."""
LEAD, HELPER, OTHER = 1, 2, 3
"""Departments."""
STANDARD = 1
EVENT, NEIGHBOUR = 101, 102
"""The cases of the first and of the second street."""
WORKER, OTHER_WORKER, SECOND_WORKER = 71, 72, 73
ROWS = (
    """INSERT INTO hall.department (id, code, name, kind, phone) OVERRIDING SYSTEM VALUE
       VALUES (1, 'd1', '城市管理局', 'bureau', '11000000101'), (2, 'd2', '交通运输局', 'bureau', NULL), (3, 'd3', '园林处', 'bureau', NULL)""",
    """INSERT INTO hall.case_standard (id, class_code, position, condition, limit_value, limit_unit, closing) OVERRIDING SYSTEM VALUE
       VALUES (1, '0101', 1, '占道', 4, 'work_hour', '清理完毕')""",
    """INSERT INTO hall.worker (id, worker_no, name, phone, role, status, grid_code)
       VALUES (73, 'W0073', '孙伍陆', '11000000003', 'sanitation', 'free', '990000001001')""",
    """INSERT INTO hall.worker_position (worker_id, reported_at, status, geom)
       VALUES (73, '2026-11-23T00:00:00Z', 'free', ST_SetSRID(ST_MakePoint(113.5425, 22.1925), 4326))""",
    """UPDATE hall.event SET state = 'reported', worker_id = NULL, reported_at = '2026-11-23T01:00Z', step_started_at = '2026-11-23T01:00Z',
       deadline_at = '2026-11-23T01:30Z'""",
    """INSERT INTO hall.source_record (id, event_id, first_event_id, source, external_no, raw, report, reporter, reporter_phone, received_at, reply_due_at)
       OVERRIDING SYSTEM VALUE
       SELECT n, 100 + n, 100 + n, 'hotline12345', 'H' || n, '{}', '{"title": "热线来电"}', '李柒捌', '11000000009', '2026-11-23T01:00Z', '2026-11-25T01:00Z'
       FROM generate_series(1, 2) AS n""",
)
ACCOUNTS = {
    "leader": (901, Role.LEADER, "", None, None),
    "dispatcher": (902, Role.DISPATCHER, "", None, None),
    "acceptor": (903, Role.ACCEPTOR, "", None, None),
    "shift_leader": (904, Role.SHIFT_LEADER, "", None, None),
    "department": (905, Role.DEPARTMENT, "", None, LEAD),
    "helper": (906, Role.DEPARTMENT, "", None, HELPER),
    "other": (907, Role.DEPARTMENT, "", None, OTHER),
    "worker": (908, Role.WORKER, district.STREETS[0], WORKER, None),
    "worker_other_street": (909, Role.WORKER, district.STREETS[1], OTHER_WORKER, None),
    "second_worker": (910, Role.WORKER, district.STREETS[0], SECOND_WORKER, None),
    "wall": (911, Role.WALL, "", None, None),
    "citizen": (912, Role.CITIZEN, "", None, None),
    "system_admin": (913, Role.SYSTEM_ADMIN, "", None, None),
    "security_admin": (914, Role.SECURITY_ADMIN, "", None, None),
    "audit_admin": (915, Role.AUDIT_ADMIN, "", None, None),
    "street_dispatcher": (916, Role.DISPATCHER, district.STREETS[1], None, None),
}
READERS = {name: Reader(number, name, f"{name}账号", role, scope) for name, (number, role, scope, _, _) in ACCOUNTS.items()}
MAIN_WAY: Sequence[tuple[str, str, dict[str, Any]]] = (
    ("acceptor", "accept", {}),
    ("dispatcher", "file", {"standard_id": STANDARD}),
    ("dispatcher", "dispatch", {"department_id": LEAD}),
    ("department", "receive", {}),
    ("department", "handle", {}),
    ("department", "feedback", {"opinion": "已清理"}),
    ("acceptor", "check", {}),
    ("shift_leader", "close", {}),
    ("shift_leader", "evaluate", {"score": 95}),
)
"""From the report to the evaluation, as (account, action, fields)."""


def fill(conn: Conn) -> None:
    """Write the stage into a migrated, empty database."""
    district.fill(conn)
    defaults.load(conn)
    with conn.cursor() as cursor:
        for statement in ROWS:
            cursor.execute(statement)
        for name, (number, role, scope, worker_id, department_id) in ACCOUNTS.items():
            cursor.execute(
                """INSERT INTO hall.account (id, username, display_name, role, scope, worker_id, department_id) OVERRIDING SYSTEM VALUE
                   VALUES (%s, %s, %s, %s, %s, %s, %s)""",
                [number, f"loop_{name}", f"{name}账号", role.value, scope, worker_id, department_id],
            )


def caller(name: str, now: datetime = NOW) -> Caller:
    return Caller(reader=READERS[name], address=None, now=now)


def workers(*ids: int) -> tuple[Order, ...]:
    return tuple(Order(kind="worker", id=number) for number in ids)


@dataclass(frozen=True)
class Stage:
    """The stage with a clock. `now` is moved by `later`."""

    conn: Conn
    now: datetime = NOW

    def later(self, **by: float) -> "Stage":
        return replace(self, now=self.now + timedelta(**by))

    def version(self, event_id: int = EVENT) -> int:
        row = self.conn.execute("SELECT version FROM hall.event WHERE id = %s", [event_id]).fetchone()
        assert row
        return int(row[0])

    def do(self, name: str, action: str, event_id: int = EVENT, **fields: Any) -> Case:
        """Do it with the version that the case has."""
        fields.setdefault("version", self.version(event_id))
        return acts.act(self.conn, caller(name, self.now), event_id, Act(action=action, **fields))

    def until(self, action: str, event_id: int = EVENT) -> Case:
        """Go the main way from the report up to and with `action`."""
        for name, step, fields in MAIN_WAY:
            found = self.do(name, step, event_id, **fields)
            if step == action:
                return found
        raise AssertionError(action)

    def case(self, name: str = "shift_leader", event_id: int = EVENT) -> Case:
        return cases.case(self.conn, READERS[name], event_id, self.now)

    def task(self, name: str, task_id: int, action: str, **fields: Any) -> Task:
        return tasks.act(self.conn, caller(name, self.now), task_id, TaskAct(action=action, **fields))

    def column(self, name: str, event_id: int = EVENT) -> Any:
        """Read one column of the case."""
        row = self.conn.execute("SELECT to_jsonb(e) -> %s FROM hall.event e WHERE id = %s", [name, event_id]).fetchone()
        assert row
        return row[0]

    def photo(self, kind: str, account: str) -> int:
        """Hand in a file."""
        row = self.conn.execute(
            """INSERT INTO hall.attachment (kind, sha256, media_type, bytes, account_id, added_at) VALUES (%s, 'x', 'image/jpeg', 1, %s, %s) RETURNING id""",
            [kind, READERS[account].account_id, self.now],
        ).fetchone()
        assert row
        return int(row[0])


def problems(conn: Conn) -> list[str]:
    """Name what no case may ever be."""
    found = conn.execute(
        """
        SELECT 'closed_at does not fit ' || state || ' of ' || id FROM hall.event
        WHERE (closed_at IS NOT NULL) <> (state IN ('closed', 'evaluated', 'void', 'merged', 'not_filed'))
        UNION ALL
        SELECT 'impossible state ' || state || ' of ' || id FROM hall.event
        WHERE state NOT IN ('reported', 'filed', 'dispatched', 'handling', 'checking', 'closed', 'evaluated', 'suspended', 'void', 'merged', 'not_filed')
        UNION ALL
        SELECT 'log of ' || e.id || ' has gaps' FROM hall.event e
        JOIN (SELECT event_id, count(*) AS number, min(seq) AS first, max(seq) AS last FROM hall.case_log GROUP BY event_id) l ON l.event_id = e.id
        WHERE l.first <> 1 OR l.last <> l.number OR l.last <> e.version
        UNION ALL
        SELECT 'version of ' || id || ' without a log' FROM hall.event e
        WHERE version > 0 AND NOT EXISTS (SELECT FROM hall.case_log l WHERE l.event_id = e.id)
        UNION ALL
        SELECT 'log and case ' || e.id || ' disagree about the state' FROM hall.event e
        JOIN hall.case_log l ON l.event_id = e.id AND l.seq = e.version WHERE l.to_state <> e.state
        UNION ALL
        SELECT 'chain of states of ' || a.event_id || ' breaks at ' || b.seq FROM hall.case_log a
        JOIN hall.case_log b ON b.event_id = a.event_id AND b.seq = a.seq + 1 WHERE b.from_state IS DISTINCT FROM a.to_state
        UNION ALL
        SELECT 'pause of ' || id || ' does not fit ' || state FROM hall.event
        WHERE (paused_at IS NOT NULL AND state NOT IN ('suspended', 'merged'))
           OR (state IN ('suspended', 'merged') AND resume_state IS NULL AND version > 0)
        UNION ALL
        SELECT 'open tasks of the closed case ' || e.id FROM hall.event e JOIN hall.task t ON t.event_id = e.id
        WHERE e.closed_at IS NOT NULL AND t.finished_at IS NULL
        UNION ALL
        SELECT 'task ' || id || ' is ' || state FROM hall.task
        WHERE (finished_at IS NOT NULL) <> (state IN ('done', 'declined', 'cancelled'))
        UNION ALL
        SELECT 'two lead case ' || event_id FROM hall.task WHERE lead AND purpose = 'handle' AND finished_at IS NULL
        GROUP BY event_id HAVING count(*) > 1
        UNION ALL
        SELECT 'load of worker ' || w.id FROM hall.worker w
        WHERE w.load <> (SELECT count(*) FROM hall.task t WHERE t.worker_id = w.id AND t.finished_at IS NULL)
                      + (SELECT count(*) FROM hall.event e WHERE e.worker_id = w.id AND e.state IN ('dispatched', 'handling')
                         AND NOT EXISTS (SELECT FROM hall.task t WHERE t.event_id = e.id AND t.worker_id = w.id))
        UNION ALL
        SELECT 'worker ' || w.id || ' is ' || w.status || ' with load ' || w.load FROM hall.worker w
        WHERE (w.load > 0 AND w.status = 'free') OR (w.load = 0 AND w.status = 'busy')
        UNION ALL
        SELECT 'record ' || s.id || ' hangs on the merged case ' || e.id FROM hall.source_record s JOIN hall.event e ON e.id = s.event_id
        WHERE e.state = 'merged'
        UNION ALL
        SELECT 'deadline of ' || id || ' before its step' FROM hall.event WHERE version > 0 AND deadline_at < step_started_at
        """
    ).fetchall()
    return [row[0] for row in found]


@pytest.fixture(scope="session")
def stage_template(worker_name: str) -> Iterator[str]:
    """Name of a database with the stage, to be copied."""
    name = f"hall_test_{worker_name}_stage"
    for _ in database(name, fill):
        yield name


@pytest.fixture
def stage_url(stage_template: str) -> Iterator[str]:
    """URL of a copy of the stage for tests that commit."""
    name = f"{stage_template}_copy"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(stage_template)))
    yield make_conninfo(os.environ["DATABASE_URL"], dbname=name)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
