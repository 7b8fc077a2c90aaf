"""Any sequence of acts of anybody on three cases: no case ever gets into a state that cannot be."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import tasks, workflow
from services.case_store import lock
from services.orders import Order
from services.tasks import TaskQuery
from tests import loop
from tests.loop import READERS, STANDARD, Stage

CASES = (101, 102, 103)
NAMES = ("dispatcher", "acceptor", "shift_leader", "department", "helper", "worker", "second_worker", "worker_other_street", "leader")
REFUSED = (ConflictError, InvalidInputError, NotAllowedError, NotFoundError)
THIRD = """
    INSERT INTO hall.event (id, case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, place_text,
                            grid_code, geom)
    SELECT 103, '9900002026112300009', title, class_code, major, 1, 'grid_patrol', 'reported', reported_at, deadline_at, step_started_at,
           place_text, grid_code, geom FROM hall.event WHERE id = 101
"""


class Machine(RuleBasedStateMachine):
    """Acts are drawn from what is offered, from anything at all, and from the phones; the clock only goes on."""

    connect: Callable[[], psycopg.Connection[Any]]

    @initialize()
    def begin(self) -> None:
        self.conn = type(self).connect()
        loop.fill(self.conn)
        self.conn.execute(THIRD)
        self.conn.execute("""UPDATE hall.fact SET value = value || '{"sample_share": 0.5}' WHERE key = 'case_steps'""")
        self.stage = Stage(self.conn)
        self.marks = 0

    def teardown(self) -> None:
        if hasattr(self, "conn"):
            self.conn.rollback()
            self.conn.close()

    @rule(minutes=st.integers(0, 3_000))
    def wait(self, minutes: int) -> None:
        self.stage = self.stage.later(minutes=minutes)

    @rule(name=st.sampled_from(NAMES), event_id=st.sampled_from(CASES), data=st.data())
    def do_what_is_offered(self, name: str, event_id: int, data: st.DataObject) -> None:
        try:
            offered = self.stage.case(name, event_id).possible
        except (NotFoundError, NotAllowedError):
            return
        if offered:
            action = data.draw(st.sampled_from(sorted(item.action for item in offered)))
            self.attempt(name, event_id, action, self.fields(name, action, data))

    @rule(name=st.sampled_from(NAMES), event_id=st.sampled_from(CASES), data=st.data())
    def do_anything(self, name: str, event_id: int, data: st.DataObject) -> None:
        action = data.draw(st.sampled_from(sorted({item.action for item in workflow.table(self.conn)})))
        self.attempt(name, event_id, action, self.fields(name, action, data))

    @rule(name=st.sampled_from(NAMES), action=st.sampled_from(tasks.ACTIONS), passed=st.booleans(), data=st.data())
    def answer_a_task(self, name: str, action: str, passed: bool, data: st.DataObject) -> None:
        try:
            listed = tasks.tasks(self.conn, READERS[name], TaskQuery(), self.stage.now)
        except NotAllowedError:
            return
        if not listed:
            return
        task = data.draw(st.sampled_from(sorted(item.id for item in listed)))
        self.marks += 1
        with self.kept():
            reason = "照做" if data.draw(st.booleans()) else None
            for _ in range(data.draw(st.integers(1, 2))):
                self.stage.task(name, task, action, passed=passed, opinion="现场情况", override_reason=reason, client_id=f"t{self.marks}")

    def fields(self, name: str, action: str, data: st.DataObject) -> dict[str, Any]:
        people = data.draw(st.lists(st.sampled_from([71, 72, 73]), unique=True, max_size=2))
        vehicles = data.draw(st.lists(st.sampled_from([81, 82]), unique=True, max_size=1))
        fields: dict[str, Any] = {
            "opinion": "理由",
            "standard_id": STANDARD,
            "until": self.stage.now + timedelta(hours=data.draw(st.integers(-5, 200))),
            "score": 80,
            "satisfied": 3,
            "level": data.draw(st.integers(0, 4)),
            "master_id": data.draw(st.sampled_from(CASES)),
            "source_record_id": data.draw(st.sampled_from([1, 2])),
            "orders": (*loop.workers(*people), *(Order(kind="vehicle", id=number) for number in vehicles)),
            "department_id": data.draw(st.sampled_from([None, loop.LEAD, loop.HELPER])),
            "override_reason": data.draw(st.sampled_from([None, "不等"])),
        }
        if fields["department_id"] == loop.LEAD:
            fields["co_departments"] = data.draw(st.sampled_from([(), (loop.HELPER,)]))
        if action == "self_close":
            fields["attachments"] = (self.stage.photo("before", name), self.stage.photo("after", name))
        return fields

    def attempt(self, name: str, event_id: int, action: str, fields: dict[str, Any]) -> None:
        self.marks += 1
        before = self.stage.version(event_id)
        with self.kept():
            case = self.stage.do(name, action, event_id, client_id=f"a{self.marks}", **fields)
            assert case.version == before + 1
            again = self.stage.do(name, action, event_id, client_id=f"a{self.marks}", **fields)
            assert again.version == case.version

    def kept(self) -> "_Kept":
        return _Kept(self.conn)

    @invariant()
    def nothing_impossible(self) -> None:
        if hasattr(self, "conn"):
            assert loop.problems(self.conn) == []

    @invariant()
    def open_cases_have_a_clock_and_somebody_who_can_go_on(self) -> None:
        if not hasattr(self, "conn"):
            return
        for event_id in CASES:
            case = self.stage.case("shift_leader", event_id)
            assert (case.remaining is None) == (case.closed_at is not None)
            row = lock(self.conn, [event_id])[event_id]
            if row.closed_at is None:
                assert any(self.stage.case(name, event_id).possible for name in ("dispatcher", "acceptor", "shift_leader"))


class _Kept:
    """A savepoint: what is refused leaves nothing behind."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.conn = conn

    def __enter__(self) -> None:
        self.conn.execute("SAVEPOINT step")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        refused = kind is not None and issubclass(kind, REFUSED)
        self.conn.execute("ROLLBACK TO step" if refused else "RELEASE step")
        return refused


@pytest.mark.usefixtures("conn")
def test_no_sequence_of_acts_leads_to_an_impossible_case(empty_url: str) -> None:
    class Here(Machine):
        connect = staticmethod(lambda: psycopg.connect(empty_url))

    quick = settings(max_examples=25, stateful_step_count=30, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Here, settings=quick)
