"""Positions of the own phone: by consent, once, in any order, and only what can be true. The town's worker 1 stands at 113.5023, 22.1023."""

from datetime import UTC, datetime, timedelta

import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from services import own_worker, positions
from services.audit import Caller
from services.positions import MOST, Fix, consent, take
from services.rights import Reader, Role

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
AGREED = NOW - timedelta(hours=2)
LON, LAT = 113.5023, 22.1023


def caller(conn: Conn, worker_id: int | None = 1, role: Role = Role.WORKER, now: datetime = NOW) -> Caller:
    row = conn.execute(
        "INSERT INTO hall.account (username, display_name, role, scope, worker_id) VALUES (%s, '甲', %s, '', %s) RETURNING id",
        [f"p{worker_id or 0}{role}{now:%H%M%S%f}", role.value, worker_id],
    ).fetchone()
    assert row
    return Caller(reader=Reader(row[0], "p", "甲", role, ""), address=None, now=now)


@pytest.fixture
def phone(town_conn: Conn) -> Caller:
    """Worker 1's phone; the worker agreed two hours ago, and last stood somewhere according to somebody else."""
    agreeing = caller(town_conn, now=AGREED)
    consent(town_conn, agreeing, given=True)
    return Caller(reader=agreeing.reader, address=None, now=NOW)


def fix(seconds_ago: float, east_m: float = 0.0, **more: float | None) -> Fix:
    return Fix(at=NOW - timedelta(seconds=seconds_ago), lon=LON + east_m / 103_170, lat=LAT, **{"accuracy_m": 5.0, **more})  # type: ignore[arg-type]


def place(conn: Conn) -> tuple[datetime, float, str]:
    row = conn.execute("SELECT reported_at, ST_X(geom), status FROM hall.worker_position WHERE worker_id = 1").fetchone()
    assert row
    return row[0], row[1], row[2]


def track(conn: Conn) -> list[datetime]:
    return [row[0] for row in conn.execute("SELECT reported_at FROM hall.track_point WHERE worker_id = 1 ORDER BY reported_at")]


def test_a_batch_becomes_a_track_and_the_newest_the_position(town_conn: Conn, phone: Caller) -> None:
    taken = take(town_conn, phone, [fix(30, 20), fix(60, 10), fix(90)])
    assert (taken.accepted, taken.known, taken.refused, taken.last_at) == (3, 0, (), NOW - timedelta(seconds=30))
    assert track(town_conn) == [NOW - timedelta(seconds=seconds) for seconds in (90, 60, 30)]
    at, lon, status = place(town_conn)
    assert (at, status) == (NOW - timedelta(seconds=30), "free")
    assert lon == pytest.approx(LON + 20 / 103_170)


def test_the_same_batch_again_changes_nothing(town_conn: Conn, phone: Caller) -> None:
    batch = [fix(90), fix(60, 10), fix(60, 10)]
    assert take(town_conn, phone, batch).accepted == 2
    again = take(town_conn, phone, batch)
    assert (again.accepted, again.known, again.last_at) == (0, 3, None)
    assert len(track(town_conn)) == 2


def test_what_comes_late_joins_the_track_and_leaves_the_position(town_conn: Conn, phone: Caller) -> None:
    take(town_conn, phone, [fix(10, 50)])
    assert take(town_conn, phone, [fix(3000)]).accepted == 1
    assert len(track(town_conn)) == 2
    assert place(town_conn)[0] == NOW - timedelta(seconds=10)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (fix(-600), "future"),
        (fix(25 * 3600), "old"),
        (fix(3 * 3600), "before_consent"),
        (fix(10, accuracy_m=5_000), "inexact"),
        (fix(10, accuracy_m=float("nan")), "inexact"),
        (Fix(at=NOW, lon=0.0, lat=0.0), "invalid"),
        (Fix(at=NOW, lon=float("inf"), lat=1.0), "invalid"),
        (Fix(at=NOW, lon=113.0, lat=99.0), "invalid"),
    ],
)
def test_what_cannot_be_true_is_refused_and_spoils_nothing(town_conn: Conn, phone: Caller, wrong: Fix, reason: str) -> None:
    taken = take(town_conn, phone, [wrong, fix(60)])
    assert [(one.index, one.reason) for one in taken.refused] == [(0, reason)]
    assert track(town_conn) == [NOW - timedelta(seconds=60)]


def test_a_jump_of_70_km_is_refused(town_conn: Conn, phone: Caller) -> None:
    taken = take(town_conn, phone, [fix(60), fix(40, 70_000), fix(20, 30)])
    assert [(one.index, one.reason) for one in taken.refused] == [(1, "jump")]
    assert place(town_conn)[1] == pytest.approx(LON + 30 / 103_170)


def test_a_jump_is_seen_across_batches(town_conn: Conn, phone: Caller) -> None:
    take(town_conn, phone, [fix(60)])
    assert [one.reason for one in take(town_conn, phone, [fix(40, 70_000)]).refused] == ["jump"]


def test_three_that_agree_far_away_are_believed(town_conn: Conn, phone: Caller) -> None:
    take(town_conn, phone, [fix(60)])
    assert take(town_conn, phone, [fix(40, 70_000), fix(30, 70_010), fix(20, 70_020)]).refused == ()


def test_a_position_of_others_from_a_wrong_clock_gives_way(town_conn: Conn, phone: Caller) -> None:
    town_conn.execute("UPDATE hall.worker_position SET reported_at = %s WHERE worker_id = 1", [NOW + timedelta(days=2)])
    take(town_conn, phone, [fix(5)])
    assert place(town_conn)[0] == NOW - timedelta(seconds=5)


def test_nothing_without_consent_and_nothing_after_its_end(town_conn: Conn, phone: Caller) -> None:
    stranger = caller(town_conn, worker_id=2)
    with pytest.raises(NotAllowedError):
        take(town_conn, stranger, [fix(5)])
    consent(town_conn, phone, given=False)
    consent(town_conn, phone, given=False)
    with pytest.raises(NotAllowedError):
        take(town_conn, phone, [fix(5)])
    actions = [
        row[0] for row in town_conn.execute("SELECT action FROM hall.audit WHERE account_id = %s ORDER BY id", [phone.reader.account_id])
    ]
    assert actions == ["position_consent", "position_consent_withdrawn"]


@pytest.mark.parametrize(("worker_id", "role"), [(None, Role.WORKER), (999, Role.WORKER), (1, Role.DISPATCHER)])
def test_only_an_account_that_stands_for_a_worker(town_conn: Conn, worker_id: int | None, role: Role) -> None:
    other = caller(town_conn, worker_id, role)
    for run in (lambda: take(town_conn, other, [fix(5)]), lambda: consent(town_conn, other, given=True)):
        with pytest.raises(NotAllowedError):
            run()
    with pytest.raises(NotAllowedError):
        own_worker.set_duty(town_conn, other, on_duty=False)


def test_batches_are_bounded(town_conn: Conn, phone: Caller) -> None:
    for batch in ([], [fix(n) for n in range(MOST + 1)]):
        with pytest.raises(InvalidInputError):
            take(town_conn, phone, batch)


def test_the_worker_sees_what_was_walked_since_the_consent(town_conn: Conn, phone: Caller) -> None:
    town_conn.execute(
        "INSERT INTO hall.track_point (worker_id, reported_at, geom) SELECT 1, %s, geom FROM hall.worker_position WHERE worker_id = 7",
        [AGREED - timedelta(minutes=1)],
    )
    take(town_conn, phone, [fix(120), fix(60, 100), fix(0, 200)])
    seen = own_worker.own(town_conn, phone.reader, NOW)
    assert seen is not None
    assert seen.walked_m == pytest.approx(200, abs=1)
    assert seen.in_grid_s == 120
    assert (seen.id, seen.status, seen.sharing_since, seen.position_at) == (1, "free", AGREED, NOW)
    consent(town_conn, phone, given=False)
    withdrawn = own_worker.own(town_conn, phone.reader, NOW)
    assert withdrawn is not None
    assert (withdrawn.sharing_since, withdrawn.walked_m) == (None, 0)


def test_duty_ends_and_begins_again(town_conn: Conn, phone: Caller) -> None:
    own_worker.set_duty(town_conn, phone, on_duty=False)
    own_worker.set_duty(town_conn, phone, on_duty=False)
    assert place(town_conn)[2] == "off_duty"
    own_worker.set_duty(town_conn, phone, on_duty=True)
    assert place(town_conn)[2] == "free"
    rows = town_conn.execute("SELECT action FROM hall.audit WHERE action LIKE 'duty%%' ORDER BY id").fetchall()
    assert [row[0] for row in rows] == ["duty_end", "duty_begin"]


def test_other_roles_stand_for_nobody(town_conn: Conn) -> None:
    assert own_worker.own(town_conn, Reader(1, "x", "x", Role.DISPATCHER, ""), NOW) is None
    assert positions.MOST == 500
