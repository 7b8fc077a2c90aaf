"""The table of transitions: complete, without dead ends, and the views that follow from the state."""

from collections import defaultdict

import pytest

from geodata.db import Conn
from geodata.workflow import defaults
from services import workflow
from services.act_effects import EFFECTS
from services.rights import Reader, Role
from services.workflow import CLOSED, FIVE_STEPS, STEPS, Standing, Transition

STATES = {"reported", "filed", "dispatched", "handling", "checking", "closed", "evaluated", "suspended", "void", "merged", "not_filed"}
FIELDS = {
    "opinion", "standard_id", "receiver", "people", "until", "photo_before", "photo_after", "master_id", "source_record_id", "score", "satisfied",
    "level", "class_code",
}  # fmt: skip
CONDITIONS = {
    "unaccepted", "unreceived", "leading", "helping", "replaceable", "checked", "unchecked", "independent", "sampled", "supervised", "unsupervised",
    "above_grid", "below_district", "several_sources",
}  # fmt: skip


@pytest.fixture
def shipped(conn: Conn) -> list[Transition]:
    assert defaults.load(conn)
    return workflow.table(conn)


def test_the_shipped_table_names_only_what_exists(shipped: list[Transition]) -> None:
    for row in shipped:
        assert row.from_state in STATES
        assert row.to_state in STATES | {None, "before"}
        assert {Role(role) for role in row.roles}
        assert set(row.requires) <= FIELDS
        assert set(row.conditions) <= CONDITIONS


def test_every_effect_has_an_act_and_reason_is_given_where_somebody_has_to_do_it_again(shipped: list[Transition]) -> None:
    assert set(EFFECTS) <= {row.action for row in shipped}
    for row in shipped:
        if row.action in {"return", "rework", "void", "force_close", "reject", "suspend", "extend", "decline", "sample_fail", "reopen"}:
            assert "opinion" in row.requires, row.action


def test_each_state_is_reached_from_a_report_and_leads_on_to_an_end(shipped: list[Transition]) -> None:
    ways = defaultdict(set)
    for row in shipped:
        ways[row.from_state].add(row.to_state or row.from_state)
    ways["suspended"] |= {"filed", "handling"}
    ways["merged"] |= {"reported"}

    def reach(start: str) -> set[str]:
        seen, todo = {start}, [start]
        while todo:
            for state in ways[todo.pop()] - seen - {"before"}:
                seen.add(state)
                todo.append(state)
        return seen

    assert reach("reported") == STATES
    assert all(reach(state) & {"evaluated", "void", "merged", "not_filed"} for state in STATES)


def test_leader_wall_citizen_and_administrators_do_nothing(shipped: list[Transition]) -> None:
    idle = {"leader", "wall", "citizen", "system_admin", "security_admin", "audit_admin"}
    assert not idle & {role for row in shipped for role in row.roles}


def test_departments_and_workers_act_on_their_own_cases_only(shipped: list[Transition]) -> None:
    assert all(row.own for row in shipped if {"worker", "department"} & set(row.roles))


def test_an_edited_table_is_left_alone(conn: Conn) -> None:
    defaults.load(conn)
    conn.execute("UPDATE hall.transition SET roles = '{shift_leader}' WHERE action = 'file'")
    assert not defaults.load(conn)
    assert next(row for row in workflow.table(conn) if row.action == "file").roles == ["shift_leader"]


def test_the_first_act_of_the_main_way_is_the_expected_one(shipped: list[Transition]) -> None:
    reader = Reader(1, "dispatcher", "派遣员", Role.DISPATCHER, "")
    standing = Standing(state="filed", before=None, own=False, facts=frozenset())
    found = workflow.possible(shipped, reader, standing)
    assert [(item.action, item.expected) for item in found][:2] == [("dispatch", True), ("return", False)]
    assert found[0].to_state == "dispatched"
    assert found[0].requires == ("receiver",)


@pytest.mark.parametrize(
    ("state", "seven", "five"),
    [
        ("reported", "file", "dispatch"),
        ("filed", "dispatch", "dispatch"),
        ("dispatched", "handle", "feedback"),
        ("handling", "handle", "feedback"),
        ("checking", "check", "check"),
        ("checked", "close", "evaluate"),
        ("closed", "evaluate", "evaluate"),
    ],
)
def test_the_steps_follow_from_the_state(state: str, seven: str, five: str) -> None:
    for found, names, current in ((workflow.steps(state), STEPS, seven), (workflow.five_steps(state), FIVE_STEPS, five)):
        at = names.index(current)
        assert [step.key for step in found] == list(names)
        assert [step.state for step in found] == ["done"] * at + ["current"] + ["open"] * (len(names) - at - 1)


def test_an_evaluated_case_has_no_step_left_and_a_suspended_one_stands_where_it_was() -> None:
    assert {step.state for step in workflow.steps("evaluated")} == {"done"}
    assert workflow.steps("suspended", "handling") == workflow.steps("handling")
    assert [step.state for step in workflow.steps("not_filed")][:3] == ["done", "open", "open"]


def test_states_that_end_a_case_are_those_with_an_end() -> None:
    assert {"closed", "evaluated", "void", "merged", "not_filed"} == CLOSED
