"""When a case passed its steps and when it had to: kept on every act, empty again for what was taken back."""

from datetime import timedelta

import pytest

from geodata.db import Conn
from tests import loop
from tests.loop import NOW, Stage

STEPS = ("accepted_at", "filed_at", "dispatched_at", "handled_at", "checked_at")
DUES = ("file_due_at", "dispatch_due_at", "handle_due_at", "check_due_at")


@pytest.fixture
def stage(conn: Conn) -> Stage:
    loop.fill(conn)
    return Stage(conn)


def times(stage: Stage, names: tuple[str, ...]) -> list[str | None]:
    return [stage.column(name) for name in names]


def test_a_new_case_has_passed_no_step(stage: Stage) -> None:
    assert times(stage, STEPS + DUES) == [None] * 9


def test_each_step_leaves_its_time_and_its_deadline(stage: Stage) -> None:
    stage.until("evaluate")
    passed = times(stage, STEPS)
    assert all(passed)
    assert passed == sorted(passed, key=lambda at: at or "")
    assert all(times(stage, DUES))


def test_a_deadline_is_the_one_that_the_step_had_when_it_was_left(stage: Stage) -> None:
    stage.until("handle")
    stage.do("shift_leader", "extend", opinion="待料", until=NOW + timedelta(days=9))
    stage.do("department", "feedback", opinion="已修复")
    assert stage.column("handle_due_at") == (NOW + timedelta(days=9)).isoformat()


def test_work_that_is_sent_back_has_not_been_handled(stage: Stage) -> None:
    stage.until("feedback")
    assert stage.column("handled_at")
    stage.do("acceptor", "rework", opinion="没有修好")
    assert times(stage, STEPS)[3:] == [None, None]
    assert stage.column("dispatched_at")


def test_a_case_that_is_returned_is_dispatched_anew(stage: Stage) -> None:
    stage.until("handle")
    stage.do("department", "return", opinion="不属我单位")
    assert stage.column("filed_at")
    assert stage.column("dispatched_at") is None
    stage.do("dispatcher", "return", opinion="类别有误")
    assert stage.column("filed_at") is None
