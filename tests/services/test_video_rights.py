"""Who may watch what: every role with every way to a picture and every owner, and the record of who did and who was refused."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from geodata.db import Pool, reading, writing
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services import camera_access, video_rights
from services.audit import Caller
from services.camera_access import AccessQuery, Ask
from services.rights import Reader, Role
from services.video_rights import Mode
from tests.footage import empty_store
from tests.town import Town

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NORTH_EAST, SOUTH_WEST = "990000004", "990000001"
EVERY = ("police", "city", "community")

TABLE: Mapping[Role, Mapping[str, str]] = {
    Role.LEADER: dict.fromkeys(EVERY, "live snapshot replay"),
    Role.DISPATCHER: {
        "police": "live snapshot replay download",
        "city": "live snapshot replay download ptz",
        "community": "live snapshot replay download",
    },
    Role.SHIFT_LEADER: dict.fromkeys(EVERY, "live snapshot replay download ptz"),
    Role.ACCEPTOR: dict.fromkeys(EVERY, "live snapshot"),
    Role.DEPARTMENT: {"city": "live snapshot replay"},
    Role.WORKER: {"city": "live snapshot", "community": "live snapshot"},
    Role.WALL: {"city": "live snapshot", "community": "live snapshot"},
    Role.CITIZEN: {},
    Role.SYSTEM_ADMIN: {},
    Role.SECURITY_ADMIN: {},
    Role.AUDIT_ADMIN: {},
}


@pytest.fixture
def pool(town: Town) -> Iterator[Pool]:
    with empty_store(town.pool):
        yield town.pool


def caller(role: Role, scope: str = "", at: datetime = NOON, account_id: int = 7) -> Caller:
    return Caller(reader=Reader(account_id, f"a_{role}", "张三", role, scope), address="10.1.2.3", now=at)


def owned(pool: Pool, owner: str, scope: str = "") -> int:
    """Give one camera in an area to an owner."""
    with writing(pool) as conn:
        row = conn.execute("SELECT min(id) FROM hall.camera WHERE starts_with(grid_code, %s)", [scope]).fetchone()
        assert row
        conn.execute("UPDATE hall.camera SET owner = %s WHERE id = %s", [owner, row[0]])
        return int(row[0])


@pytest.mark.parametrize("role", Role)
def test_every_way_to_a_picture_follows_the_table(pool: Pool, role: Role) -> None:
    for owner in EVERY:
        camera_id = owned(pool, owner)
        for mode in Mode:
            ask = Ask(mode=mode, purpose="duty")
            if mode in TABLE[role].get(owner, "").split():
                assert camera_access.admit(pool, caller(role), camera_id, ask).camera.owner == owner
            else:
                with pytest.raises(NotAllowedError):
                    camera_access.admit(pool, caller(role), camera_id, ask)
        with reading(pool) as conn:
            rights = video_rights.modes(conn, caller(role).reader)
        assert {mode for mode in Mode if rights.allows(owner, mode)} == set(TABLE[role].get(owner, "").split())


def test_the_missing_right_is_named(pool: Pool) -> None:
    with pytest.raises(NotAllowedError, match=r"right missing: replay on cameras of police \(acceptor\)"):
        camera_access.admit(pool, caller(Role.ACCEPTOR), owned(pool, "police"), Ask(mode=Mode.REPLAY, purpose="duty"))


@pytest.mark.parametrize("role", sorted(video_rights.SEES_CAMERAS))
def test_another_streets_camera_is_not_there(pool: Pool, role: Role) -> None:
    inside, outside = owned(pool, "city", NORTH_EAST), owned(pool, "city", SOUTH_WEST)
    with reading(pool) as conn:
        assert video_rights.check(conn, caller(role, NORTH_EAST).reader, inside, Mode.LIVE)
        for mode in Mode:
            with pytest.raises(NotFoundError):
                video_rights.check(conn, caller(role, NORTH_EAST).reader, outside, mode)


def test_a_right_given_as_data_counts_at_once(pool: Pool) -> None:
    camera_id, ask = owned(pool, "city"), Ask(mode=Mode.REPLAY, purpose="duty")
    with pytest.raises(NotAllowedError):
        camera_access.admit(pool, caller(Role.WALL), camera_id, ask)
    with writing(pool) as conn:
        conn.execute("INSERT INTO hall.video_right (role, owner, mode) VALUES ('wall', 'city', 'replay')")
    try:
        assert camera_access.admit(pool, caller(Role.WALL), camera_id, ask)
    finally:
        with writing(pool) as conn:
            conn.execute("DELETE FROM hall.video_right WHERE role = 'wall' AND mode = 'replay'")


def test_watched_and_refused_are_both_on_record(pool: Pool) -> None:
    camera_id = owned(pool, "police")
    window = {"start": NOON - timedelta(minutes=5), "end": NOON}
    admitted = camera_access.admit(
        pool, caller(Role.DISPATCHER), camera_id, Ask(mode=Mode.REPLAY, purpose=" event ", event_id=10, **window)
    )
    with pytest.raises(NotAllowedError):
        camera_access.admit(pool, caller(Role.WORKER), camera_id, Ask(mode=Mode.LIVE, purpose="好奇"))
    with pytest.raises(NotFoundError):
        camera_access.admit(pool, caller(Role.LEADER, NORTH_EAST), camera_id, Ask(mode=Mode.LIVE, purpose="duty"))
    with writing(pool) as conn:
        camera_access.ended(conn, admitted.access_id, NOON + timedelta(minutes=1))
        camera_access.ended(conn, admitted.access_id, NOON + timedelta(minutes=9))
    with reading(pool) as conn:
        rows = camera_access.search(conn, caller(Role.AUDIT_ADMIN).reader, AccessQuery())
    assert [(row.username, row.mode, row.allowed, row.purpose) for row in rows] == [
        ("a_leader", "live", False, "duty"),
        ("a_worker", "live", False, "好奇"),
        ("a_dispatcher", "replay", True, "event"),
    ]
    watched = rows[-1]
    assert (watched.camera_name, watched.owner, watched.event_id, watched.address) == (f"Cam-{camera_id}", "police", 10, "10.1.2.3")
    assert (watched.from_at, watched.to_at, watched.ended_at) == (window["start"], NOON, NOON + timedelta(minutes=1))


def test_the_record_is_searched_by_everything_it_says_and_read_in_pages(pool: Pool) -> None:
    first, second = owned(pool, "city", NORTH_EAST), owned(pool, "city", SOUTH_WEST)
    for minute in range(6):
        who = caller(Role.DISPATCHER if minute % 2 else Role.LEADER, at=NOON + timedelta(minutes=minute))
        mode = Mode.LIVE if minute < 4 else Mode.REPLAY
        camera_access.admit(pool, who, first if minute < 3 else second, Ask(mode=mode, purpose="duty"))

    def minutes(reader: Reader | None = None, **tests: object) -> list[int]:
        reader = reader or caller(Role.AUDIT_ADMIN).reader
        with reading(pool) as conn:
            return [row.at.minute for row in camera_access.search(conn, reader, AccessQuery(**tests))]  # type: ignore[arg-type]

    assert minutes() == [5, 4, 3, 2, 1, 0]
    assert minutes(camera_id=first) == [2, 1, 0]
    assert minutes(username="a_leader") == [4, 2, 0]
    assert minutes(mode="replay") == [5, 4]
    assert minutes(start=NOON + timedelta(minutes=1), end=NOON + timedelta(minutes=3)) == [2, 1]
    assert minutes(allowed=False) == []
    page = minutes(limit=4)
    with reading(pool) as conn:
        last = camera_access.search(conn, caller(Role.AUDIT_ADMIN).reader, AccessQuery(limit=4))[-1].id
    assert page + minutes(before_id=last) == [5, 4, 3, 2, 1, 0]
    assert minutes(caller(Role.SHIFT_LEADER, NORTH_EAST).reader) == [2, 1, 0], "a shift leader reads those of his area"


@pytest.mark.parametrize("role", sorted(set(Role) - camera_access.MAY_SEARCH))
def test_nobody_else_reads_the_record(pool: Pool, role: Role) -> None:
    with reading(pool) as conn, pytest.raises(NotAllowedError):
        camera_access.search(conn, caller(role).reader, AccessQuery())


@pytest.mark.parametrize("query", [AccessQuery(limit=0), AccessQuery(limit=1_001), AccessQuery(mode="watch")])
def test_a_search_that_makes_no_sense_is_refused(pool: Pool, query: AccessQuery) -> None:
    with reading(pool) as conn, pytest.raises(InvalidInputError):
        camera_access.search(conn, caller(Role.AUDIT_ADMIN).reader, query)


@pytest.mark.parametrize("purpose", ["", "   ", "x" * 201, "a\0b"])
def test_without_a_purpose_nothing_is_shown(pool: Pool, purpose: str) -> None:
    with pytest.raises(InvalidInputError, match="purpose"):
        camera_access.admit(pool, caller(Role.LEADER), owned(pool, "city"), Ask(mode=Mode.LIVE, purpose=purpose))


def test_an_event_of_another_area_is_no_reason(pool: Pool) -> None:
    with reading(pool) as conn:
        row = conn.execute("SELECT min(id) FROM hall.event WHERE starts_with(grid_code, %s)", [SOUTH_WEST]).fetchone()
    assert row
    camera_id = owned(pool, "city", NORTH_EAST)
    for event_id in (row[0], 10**15, -1, 2**70):
        with pytest.raises(InvalidInputError, match="event_id"):
            camera_access.admit(pool, caller(Role.LEADER, NORTH_EAST), camera_id, Ask(mode=Mode.LIVE, purpose="event", event_id=event_id))


@pytest.mark.parametrize("camera_id", [0, -1, 10**15, 2**70])
def test_a_camera_that_does_not_exist_is_not_found(pool: Pool, camera_id: int) -> None:
    with pytest.raises(NotFoundError):
        camera_access.admit(pool, caller(Role.LEADER), camera_id, Ask(mode=Mode.LIVE, purpose="duty"))


def test_the_watermark_says_who_looks_and_on_which_day_here(pool: Pool) -> None:
    late = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    assert camera_access.watermark(caller(Role.DISPATCHER, at=late)) == "张三 a_dispatcher 2026-11-24"
