"""Evidence holds: who may hold what, for how long, and who may let go."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import holds, recordings
from services.audit import Caller
from services.holds import HoldForm
from services.rights import Reader, Role
from tests.footage import empty_store, segment
from tests.town import Town

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SCOPE = "990000004"
"""The street in the north-east of the town."""


@pytest.fixture
def conn(town: Town) -> Iterator[Conn]:
    with empty_store(town.pool), psycopg.connect(town.url, options="-c timezone=UTC") as connection:
        yield connection
        connection.rollback()


def by(role: Role, scope: str = "", account_id: int = 1) -> Caller:
    return Caller(reader=Reader(account_id, role.value, "x", role, scope), address=None, now=NOON)


def form(cameras: list[int], start_s: float = -60, end_s: float = 60, reason: str = "事故取证") -> HoldForm:
    return HoldForm(camera_ids=cameras, start=NOON + timedelta(seconds=start_s), end=NOON + timedelta(seconds=end_s), reason=reason)


def camera_in(conn: Conn, scope: str) -> int:
    row = conn.execute("SELECT min(id) FROM hall.camera WHERE starts_with(grid_code, %s)", [scope]).fetchone()
    assert row
    return int(row[0])


def event_in(conn: Conn, scope: str) -> int:
    row = conn.execute("SELECT min(id) FROM hall.event WHERE starts_with(grid_code, %s)", [scope]).fetchone()
    assert row
    return int(row[0])


def test_a_hold_tells_what_of_it_lies_in_the_store(conn: Conn) -> None:
    recordings.store(conn, [segment(1, NOON - timedelta(seconds=4 * n), size=500) for n in range(1, 6)])
    made = holds.hold(conn, by(Role.DISPATCHER), 10, form([1, 2]))
    assert [(one.camera_id, one.segments, one.bytes, one.reason) for one in made] == [(1, 5, 2_500, "事故取证"), (2, 0, 0, "事故取证")]
    assert holds.holds(conn, by(Role.LEADER).reader, 10) == made


def test_held_twice_is_held_once_and_a_released_one_can_be_held_again(conn: Conn) -> None:
    first = holds.hold(conn, by(Role.DISPATCHER), 10, form([1]))[0]
    assert holds.hold(conn, by(Role.SHIFT_LEADER, account_id=2), 10, form([1], reason="another"))[0].reason == first.reason
    holds.release(conn, by(Role.DISPATCHER), first.id, "不再需要")
    with pytest.raises(ConflictError, match="released already"):
        holds.release(conn, by(Role.DISPATCHER), first.id, "不再需要")
    assert holds.hold(conn, by(Role.DISPATCHER), 10, form([1], reason="again"))[0].released_at is None
    assert len(holds.holds(conn, by(Role.DISPATCHER).reader, 10)) == 1


def test_an_end_ahead_has_the_cameras_recorded_until_then(conn: Conn) -> None:
    holds.hold(conn, by(Role.DISPATCHER), 10, form([1], end_s=900))
    row = conn.execute("SELECT reason, event_id, until FROM hall.recording_plan WHERE camera_id = 1").fetchone()
    assert row == ("event", 10, NOON + timedelta(seconds=900))


@pytest.mark.parametrize("role", sorted(set(Role) - holds.MAY_HOLD))
def test_other_roles_hold_nothing(conn: Conn, role: Role) -> None:
    with pytest.raises(NotAllowedError):
        holds.hold(conn, by(role), 10, form([1]))


def test_nothing_is_held_outside_of_the_area(conn: Conn) -> None:
    inside, outside = camera_in(conn, SCOPE), camera_in(conn, "990000001")
    event_inside, event_outside = event_in(conn, SCOPE), event_in(conn, "990000001")
    caller = by(Role.DISPATCHER, SCOPE)
    assert holds.hold(conn, caller, event_inside, form([inside]))
    with pytest.raises(NotFoundError, match="cameras"):
        holds.hold(conn, caller, event_inside, form([inside, outside]))
    with pytest.raises(NotFoundError, match="events"):
        holds.hold(conn, caller, event_outside, form([inside]))
    with pytest.raises(NotFoundError, match="events"):
        holds.holds(conn, caller.reader, event_outside)
    other = holds.hold(conn, by(Role.DISPATCHER), event_inside, form([outside]))[0]
    assert [one.camera_id for one in holds.holds(conn, caller.reader, event_inside)] == [inside]
    with pytest.raises(NotFoundError, match="holds"):
        holds.release(conn, caller, other.id, "不再需要")


def test_a_dispatcher_releases_his_own_holds_and_a_shift_leader_all(conn: Conn) -> None:
    first, second = holds.hold(conn, by(Role.DISPATCHER, account_id=1), 10, form([1, 2]))
    with pytest.raises(NotAllowedError, match="somebody else"):
        holds.release(conn, by(Role.DISPATCHER, account_id=2), first.id, "不再需要")
    holds.release(conn, by(Role.DISPATCHER, account_id=1), first.id, "不再需要")
    holds.release(conn, by(Role.SHIFT_LEADER, account_id=2), second.id, "不再需要")
    assert holds.held(conn, 1, NOON - timedelta(hours=1), NOON + timedelta(hours=1)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        form([]),
        form(list(range(1, 66))),
        form([1], reason=" ab "),
        form([1], reason="x" * 201),
        form([1], start_s=60, end_s=60),
        form([1], start_s=-90_000),
        form([1], start_s=0, end_s=13 * 3600),
        form([1], reason="nul\0nul"),
    ],
    ids=["no camera", "too many", "short", "long", "empty", "more than a day", "too far ahead", "nul"],
)
def test_what_makes_no_sense_is_refused(conn: Conn, wrong: HoldForm) -> None:
    with pytest.raises(InvalidInputError):
        holds.hold(conn, by(Role.DISPATCHER), 10, wrong)


def test_the_timeline_shows_what_is_held_cut_to_the_window(conn: Conn) -> None:
    holds.hold(conn, by(Role.DISPATCHER), 10, form([1]))
    (held,) = holds.held(conn, 1, NOON, NOON + timedelta(hours=1))
    assert (held.start, held.end, held.event_id) == (NOON, NOON + timedelta(seconds=60), 10)
