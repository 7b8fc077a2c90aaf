"""A suspension that lasts longer than was said is told of, once, to whoever has the case."""

from datetime import timedelta
from typing import Any

import pytest

from geodata.db import Conn
from services import outbox, suspensions
from tests import loop
from tests.loop import LEAD, NEIGHBOUR, NOW, Stage


@pytest.fixture
def stage(conn: Conn) -> Stage:
    loop.fill(conn)
    return Stage(conn)


def told(stage: Stage) -> list[Any]:
    return stage.conn.execute("""
        SELECT channel, recipient, body, event_id FROM hall.outbox WHERE body ->> 'template' = 'suspension_over' ORDER BY id
    """).fetchall()


def test_the_lead_department_is_told_once_and_the_case_says_so(stage: Stage) -> None:
    stage.until("handle")
    stage.conn.execute("UPDATE hall.department SET phone = '11000000077' WHERE id = %s", [LEAD])
    stage.do("shift_leader", "suspend", opinion="等配件", until=NOW + timedelta(days=1))
    assert suspensions.remind(stage.conn, NOW + timedelta(hours=23)) == 0
    after = stage.later(days=1, minutes=1)
    assert [suspensions.remind(stage.conn, now.now) for now in (after, after.later(days=2))] == [1, 0]
    ((channel, recipient, body, event_id),) = told(stage)
    assert (channel, recipient, event_id) == ("sms", "11000000077", loop.EVENT)
    assert "挂账期已过" in outbox.text(body)
    case = after.case()
    assert (case.state, case.log[-1].action, case.log[-1].actor) == ("suspended", "suspension_over", "系统")
    assert case.remaining
    assert case.remaining.paused
    assert loop.problems(stage.conn) == []


def test_where_no_department_leads_the_dispatchers_are_told(stage: Stage) -> None:
    stage.do("dispatcher", "suspend", NEIGHBOUR, opinion="等", until=NOW + timedelta(hours=1))
    stage.conn.execute("UPDATE hall.event SET lead_department = NULL WHERE id = %s", [NEIGHBOUR])
    assert suspensions.remind(stage.conn, NOW + timedelta(hours=2)) == 1
    assert [row[:2] for row in told(stage)] == [("webhook", "role/dispatcher")]


def test_a_second_suspension_is_told_of_again_and_one_that_was_ended_never(stage: Stage) -> None:
    stage.until("file")
    for number in (1, 2):
        stage.do("dispatcher", "suspend", opinion="等", until=stage.now + timedelta(hours=1))
        stage = stage.later(hours=2)
        assert suspensions.remind(stage.conn, stage.now) == 1
        assert len(told(stage)) == number
        stage.do("dispatcher", "resume")
    stage.do("dispatcher", "suspend", opinion="等", until=stage.now + timedelta(hours=1))
    stage.do("dispatcher", "resume")
    assert suspensions.remind(stage.conn, stage.now + timedelta(days=9)) == 0
