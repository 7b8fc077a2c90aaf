"""The workflow as data: which act leads where, who may do it, what must come with it. Nothing here knows a role or a state by name but the views.

The table is hall.transition; the seven-step view (上报 立案 派遣 处置 核查 结案 考评) and the five-step views follow from the state.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from psycopg.rows import class_row

from geodata.db import Conn
from services.rights import Reader

BEFORE = "before"
"""As `to_state`: the state that the case had before it was suspended or merged."""
EXPECTED_BELOW = 10
"""Acts with a smaller position belong to the main way; the first possible one of them is the expected one."""
CLOSED = frozenset({"closed", "evaluated", "void", "merged", "not_filed"})
STEPS = ("report", "file", "dispatch", "handle", "check", "close", "evaluate")
FIVE_STEPS = ("report", "dispatch", "feedback", "check", "evaluate")
CURRENT: Mapping[str, int] = {
    "reported": 1,
    "filed": 2,
    "dispatched": 3,
    "handling": 3,
    "checking": 4,
    "checked": 5,
    "closed": 6,
    "evaluated": 7,
}
"""State → index of the step that is being worked on; those before it are done. `checked` is checking with the check passed."""
CURRENT_OF_FIVE: Mapping[str, int] = {
    "reported": 1,
    "filed": 1,
    "dispatched": 2,
    "handling": 2,
    "checking": 3,
    "checked": 4,
    "closed": 4,
    "evaluated": 5,
}
MAX_ROWS = 2_000

TABLE = """
    SELECT action, from_state, to_state, roles, own, requires, conditions, position
    FROM hall.transition WHERE %(state)s::text IS NULL OR from_state = %(state)s
    ORDER BY from_state, position, action LIMIT %(limit)s
"""
KNOWN = "SELECT EXISTS (SELECT FROM hall.transition WHERE action = %s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One act in one state."""

    action: str
    from_state: str
    to_state: str | None
    """None: the state stays; `before`: the one that the case had before."""
    roles: Sequence[str]
    own: bool
    """A worker and a department may do it for their own cases only."""
    requires: Sequence[str]
    """Fields that must come with the act."""
    conditions: Sequence[str]
    """What must be true of the case or of the caller."""
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleAct:
    """What the reader can do with a case now."""

    action: str
    to_state: str | None
    requires: tuple[str, ...]
    expected: bool
    """The next one on the main way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the workflow asks of a case and of the reader's part in it."""

    state: str
    before: str | None
    """The state that a suspended or merged case goes back to."""
    own: bool
    facts: AbstractSet[str]
    """Conditions that are true now."""
    needs: AbstractSet[str] = frozenset()
    """Further fields, as `action:field`, that this case asks for."""


def table(conn: Conn, state: str | None = None) -> list[Transition]:
    """Return the transitions, or those from one state, in the order in which they are offered."""
    with conn.cursor(row_factory=class_row(Transition)) as cursor:
        return cursor.execute(TABLE, {"state": state, "limit": MAX_ROWS}).fetchall()


def known(conn: Conn, action: str) -> bool:
    """Whether any state has this act."""
    row = conn.execute(KNOWN, [action]).fetchone()
    return bool(row and row[0])


def possible(transitions: Iterable[Transition], reader: Reader, standing: Standing) -> list[PossibleAct]:
    """Return what the reader can do now, of the transitions from the case's state, the expected act first."""
    found = [
        item for item in transitions if item.from_state == standing.state and allowed(item, reader, standing) and holds(item, standing)
    ]
    found.sort(key=lambda item: (item.position, item.action))
    return [
        PossibleAct(
            action=item.action,
            to_state=target(item, standing),
            requires=required(item, standing),
            expected=index == 0 and item.position < EXPECTED_BELOW,
        )
        for index, item in enumerate(found)
    ]


def allowed(transition: Transition, reader: Reader, standing: Standing) -> bool:
    """Whether the reader's role may do it, and in this case: departments and workers for what is theirs."""
    if reader.role.value not in transition.roles:
        return False
    return standing.own or not (transition.own and reader.role.value in {"worker", "department"})


def holds(transition: Transition, standing: Standing) -> bool:
    """Whether the case fulfils the conditions."""
    return set(transition.conditions) <= standing.facts


def required(transition: Transition, standing: Standing) -> tuple[str, ...]:
    """Return the fields that must come with the act in this case."""
    more = sorted(need.partition(":")[2] for need in standing.needs if need.partition(":")[0] == transition.action)
    return (*transition.requires, *more)


def target(transition: Transition, standing: Standing) -> str:
    """Return the state that the act leads to."""
    if transition.to_state == BEFORE:
        return standing.before or "reported"
    return transition.to_state or standing.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a view. Its words are in the catalogues."""

    key: str
    state: str
    """done | current | open"""


def steps(state: str, before: str | None = None) -> tuple[Step, ...]:
    """Return the seven steps. A suspended or merged case stands where it was; one that was never filed ends at the second step."""
    return _steps(STEPS, CURRENT, before if state not in CURRENT and before else state)


def five_steps(state: str, before: str | None = None) -> tuple[Step, ...]:
    """Return the five steps of the grid's loop: report, dispatch, feedback, check, evaluate."""
    return _steps(FIVE_STEPS, CURRENT_OF_FIVE, before if state not in CURRENT and before else state)


def _steps(names: Sequence[str], current: Mapping[str, int], state: str) -> tuple[Step, ...]:
    at = current.get(state, 1)
    return tuple(
        Step(key=name, state="done" if index < at else "current" if index == at and state in current else "open")
        for index, name in enumerate(names)
    )
