"""The index of recordings and what goes out of it: intervals, days, retention, quota, and what a crash leaves behind."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from geodata.db import Conn, reading, writing
from geodata.errors import InvalidInputError
from services import event_video, recordings, retention
from services.audit import Caller
from services.holds import HoldForm, hold
from services.recordings import Interval
from services.retention import Limits
from services.rights import Reader, Role
from tests.footage import empty_store, lay, segment
from tests.town import DISPATCHER, Town

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def conn(town: Town) -> Iterator[Conn]:
    """A writing connection to a store in which nothing is."""
    with empty_store(town.pool), psycopg.connect(town.url, options="-c timezone=UTC") as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def store(town: Town) -> Iterator[Town]:
    with empty_store(town.pool):
        yield town


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def rows(town: Town) -> list[tuple[int, datetime, str]]:
    with reading(town.pool) as conn:
        return conn.execute("SELECT camera_id, start_at, state FROM hall.recording ORDER BY 1, 2").fetchall()


def caller(role: Role = Role.SHIFT_LEADER, scope: str = "", at: datetime = NOON) -> Caller:
    return Caller(reader=Reader(1, "leader", "值班长", role, scope), address="127.0.0.1", now=at)


def test_a_closed_segment_finds_its_day(conn: Conn) -> None:
    late = datetime(2026, 11, 23, 23, 59, 58, tzinfo=UTC)
    assert recordings.store(conn, [segment(1, late), segment(1, late + timedelta(seconds=4))]) == 2
    assert recordings.days(conn) == [date(2026, 11, 23), date(2026, 11, 24)]
    assert recordings.store(conn, [segment(1, late)]) == 0, "told twice is taken once"


def test_days_are_made_ahead_once(conn: Conn) -> None:
    first, last = date(2026, 12, 30), date(2027, 1, 2)
    assert [day.day for day in recordings.ensure_days(conn, first, last)] == [30, 31, 1, 2]
    assert recordings.ensure_days(conn, first, last) == []


def test_a_segment_of_no_length_or_of_too_much_is_refused(conn: Conn) -> None:
    for seconds, source in ((0, "own"), (-1, "wvp"), (301, "own"), (7_201, "wvp")):
        with pytest.raises(InvalidInputError, match="segment of camera 1"):
            recordings.store(conn, [segment(1, NOON, seconds, source=source)])


def test_holes_of_more_than_half_a_second_are_gaps_and_shorter_ones_are_not(conn: Conn) -> None:
    recordings.store(conn, [segment(1, after(0)), segment(1, after(4.5)), segment(1, after(9.01)), segment(1, after(20))])
    found = recordings.intervals(conn, 1, after(-60), after(60))
    assert [(one.start, one.end) for one in found] == [(after(0), after(8.5)), (after(9.01), after(13.01)), (after(20), after(24))]


def test_intervals_are_cut_to_the_window_and_belong_to_one_camera(conn: Conn) -> None:
    recordings.store(conn, [segment(1, after(0)), segment(1, after(4)), segment(2, after(0))])
    assert recordings.intervals(conn, 1, after(1), after(5)) == [Interval(after(1), after(5), "own")]
    assert recordings.intervals(conn, 3, after(1), after(5)) == []


def test_a_platform_fills_what_we_did_not_record_ourselves(conn: Conn) -> None:
    recordings.store(conn, [segment(1, after(10)), segment(1, after(14)), segment(1, after(30))])
    told = [segment(1, after(0), 20, source="wvp"), segment(1, after(25), 20, source="wvp")]
    recordings.store_told(conn, 1, "wvp", (after(-60), after(60)), told)
    found = recordings.intervals(conn, 1, after(-60), after(60))
    assert [(one.start, one.end, one.source) for one in found] == [
        (after(0), after(10), "wvp"),
        (after(10), after(18), "own"),
        (after(18), after(20), "wvp"),
        (after(25), after(30), "wvp"),
        (after(30), after(34), "own"),
        (after(34), after(45), "wvp"),
    ]


def test_what_a_platform_no_longer_has_is_forgotten_in_the_window_that_was_asked(conn: Conn) -> None:
    window = (after(0), after(100))
    outside, inside = segment(1, after(-600), 60, source="wvp"), segment(1, after(10), 20, source="wvp")
    recordings.store_told(conn, 1, "wvp", (after(-700), after(100)), [outside, inside])
    recordings.store_told(conn, 1, "wvp", window, [segment(1, after(50), 20, source="wvp")])
    found = recordings.intervals(conn, 1, after(-700), after(100))
    assert [(one.start, one.end) for one in found] == [(after(-600), after(-540)), (after(50), after(70))]


def test_a_platforms_day_long_piece_is_kept_in_parts_of_two_hours(conn: Conn) -> None:
    assert recordings.store_told(conn, 1, "mediamtx", (NOON, NOON + DAY), [segment(1, NOON, 5 * 3600, source="mediamtx")]) == 3
    assert recordings.intervals(conn, 1, NOON, NOON + DAY) == [Interval(NOON, after(5 * 3600), "mediamtx")]


def test_a_camera_whose_clock_is_ahead_is_put_right_when_a_platform_told_its_time(conn: Conn) -> None:
    told = [segment(1, after(180), 60, source="wvp")]
    recordings.store_told(conn, 1, "wvp", (after(120), after(300)), told)
    recordings.store(conn, [segment(1, after(90))])
    found = recordings.intervals(conn, 1, after(-60), after(120), offset_ms=180_000)
    assert [(one.start, one.end, one.source) for one in found] == [(after(0), after(60), "wvp"), (after(90), after(94), "own")]
    assert recordings.segments(conn, 1, after(0), after(60), own=False, offset_ms=180_000)[0].start_at == after(0)


def test_a_window_reads_an_index_of_a_day_or_two_and_nothing_else(conn: Conn) -> None:
    recordings.ensure_days(conn, date(2026, 11, 1), date(2026, 11, 30))
    conn.execute("SET enable_seqscan = off")
    params = {"camera_id": 1, "start": after(0), "end": after(600), "begin": after(-300), "own": True, "limit": 100}
    plan = "\n".join(row[0] for row in conn.execute("EXPLAIN " + recordings.SEGMENTS, params))
    assert "recording_20261123_pkey" in plan or "Index Scan" in plan
    assert "recording_20261122" not in plan
    assert "recording_20261124" not in plan


@pytest.mark.parametrize("seconds", [0, -5, 8 * 86_400])
def test_a_window_that_is_none_is_refused(conn: Conn, seconds: int) -> None:
    with pytest.raises(InvalidInputError, match="start and end"):
        recordings.intervals(conn, 1, NOON, after(seconds))


def test_a_longer_plan_stands_and_the_lowest_rank_comes_first(town: Town, conn: Conn) -> None:
    conn.execute("INSERT INTO hall.video_source (id, key, kind, name) VALUES (900, 'plan', 'rtsp', 'x')")
    conn.execute("UPDATE hall.camera SET video_source_id = 900, stream_ref = 'a' WHERE id IN (1, 2, 3)")
    recordings.plan(conn, [1, 2], "event", event_id=5, until=after(600), rank=2)
    recordings.plan(conn, [2], "event", event_id=5, until=after(60), rank=1)
    recordings.plan(conn, [3, 4], "key", rank=5)
    planned = recordings.planned(conn, NOON, 10)
    assert [(one.camera_id, one.rank, one.until) for one in planned] == [(2, 1, after(600)), (1, 2, after(600)), (3, 5, None)]
    assert [one.camera_id for one in recordings.planned(conn, after(700), 10)] == [3]
    assert [one.camera_id for one in recordings.planned(conn, NOON, 1)] == [2]
    assert recordings.forget_plans(conn, after(700)) == 2


def test_the_cameras_at_a_new_serious_event_are_recorded_for_a_quarter_of_an_hour(conn: Conn) -> None:
    conn.execute("INSERT INTO hall.video_source (id, key, kind, name) VALUES (900, 'plan', 'rtsp', 'x')")
    conn.execute("UPDATE hall.camera SET video_source_id = 900, stream_ref = 'a', online = true")
    conn.execute(
        "UPDATE hall.event SET level = 1, closed_at = NULL, reported_at = %s, geom = (SELECT geom FROM hall.camera WHERE id = 7) WHERE id = 10",
        [NOON],
    )
    assert list(event_video.record_new(conn, after(5))) == [10]
    assert event_video.record_new(conn, after(8)) == {}, "planned once"
    recordings.plan(conn, [150], "key")
    planned = recordings.planned(conn, NOON, 10)
    assert planned[0].camera_id == 7
    assert planned.pop().camera_id == 150, "key cameras wait when there are more than can be recorded"
    assert all(one.until == NOON + timedelta(minutes=15) for one in planned)


# retention


def test_retention_keeps_thirty_days_whatever_the_camera_says_and_longer_where_it_says_so(store: Town) -> None:
    ages = (29.9, 30.1, 89, 91)
    with writing(store.pool) as conn:
        conn.execute("UPDATE hall.camera SET retention_days = CASE id WHEN 1 THEN 7 WHEN 2 THEN 90 ELSE 30 END WHERE id IN (1, 2)")
        paths = lay(conn, store.data_dir, [segment(camera, NOON - age * DAY) for camera in (1, 2) for age in ages])
    assert retention.expire(store.pool, store.data_dir, NOON) == 4
    left = {(camera, round((NOON - at) / DAY, 1)) for camera, at, _ in rows(store)}
    assert left == {(1, 29.9), (2, 29.9), (2, 30.1), (2, 89.0)}
    assert [path.exists() for path in paths] == [True, False, False, False, True, True, True, False]


def test_what_is_held_is_never_deleted_by_age_or_for_room(store: Town) -> None:
    old = NOON - 400 * DAY
    with writing(store.pool) as conn:
        recordings.ensure_days(conn, old.date(), old.date())
        paths = lay(
            conn, store.data_dir, [segment(1, old), segment(1, old + timedelta(seconds=4)), segment(1, old + timedelta(seconds=60))]
        )
        hold(
            conn,
            caller(),
            10,
            HoldForm(camera_ids=[1], start=old + timedelta(seconds=3), end=old + timedelta(seconds=5), reason="事故取证"),
        )
    retention.run(store.pool, store.data_dir, Limits(quota_bytes=0, reserve_bytes=0), NOON)
    retention.make_room(store.pool, store.data_dir, 10**12, now=NOON)
    assert [path.exists() for path in paths] == [True, True, False], "both segments that the hold touches stay, the third one goes"
    assert len(rows(store)) == 2


def test_a_day_that_nobody_keeps_goes_at_once_with_its_files(store: Town) -> None:
    old = NOON - 40 * DAY
    with writing(store.pool) as conn:
        paths = lay(conn, store.data_dir, [segment(camera, old + timedelta(seconds=4 * n)) for camera in (1, 2) for n in range(5)])
        conn.execute("UPDATE hall.camera SET retention_days = 30")
    assert retention.drop_days(store.pool, store.data_dir, NOON) == [old.date()]
    assert rows(store) == []
    assert not any(path.exists() for path in paths)
    assert not (store.data_dir / "media" / "rec" / "1" / f"{old:%Y%m%d}").exists()


def test_a_day_with_something_held_is_not_dropped(store: Town) -> None:
    old = NOON - 40 * DAY
    with writing(store.pool) as conn:
        conn.execute("UPDATE hall.camera SET retention_days = 30")
        lay(conn, store.data_dir, [segment(1, old), segment(2, old)])
        hold(conn, caller(), 10, HoldForm(camera_ids=[1], start=old, end=old + timedelta(seconds=4), reason="事故取证"))
    assert retention.drop_days(store.pool, store.data_dir, NOON) == []
    assert retention.expire(store.pool, store.data_dir, NOON) == 1
    assert [camera for camera, _, _ in rows(store)] == [1]


def test_a_crash_between_marking_and_unlinking_is_finished_by_the_next_run(store: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    old = NOON - 31 * DAY
    with writing(store.pool) as conn:
        conn.execute("UPDATE hall.camera SET retention_days = 30")
        paths = lay(conn, store.data_dir, [segment(1, old), segment(1, NOON)])

    def crash(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(retention, "unlink", crash)
        with pytest.raises(KeyboardInterrupt):
            retention.expire(store.pool, store.data_dir, NOON)
    assert [state for _, _, state in rows(store)] == ["deleting", "kept"]
    assert paths[0].exists()
    assert retention.repair(store.pool, store.data_dir) == 1
    assert [state for _, _, state in rows(store)] == ["kept"]
    assert [path.exists() for path in paths] == [False, True]


def test_a_crash_between_unlinking_and_the_row_is_finished_by_the_next_run(store: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(store.pool) as conn:
        conn.execute("UPDATE hall.camera SET retention_days = 30")
        path = lay(conn, store.data_dir, [segment(1, NOON - 31 * DAY)])[0]
    with monkeypatch.context() as patch:
        patch.setattr(retention, "GONE", "SELECT 1 / 0")
        with pytest.raises(psycopg.errors.DivisionByZero):
            retention.expire(store.pool, store.data_dir, NOON)
    assert not path.exists()
    assert [state for _, _, state in rows(store)] == ["deleting"]
    with reading(store.pool) as conn:
        assert recordings.intervals(conn, 1, NOON - 32 * DAY, NOON - 30 * DAY) == [], "what is going is not offered"
    assert retention.repair(store.pool, store.data_dir) == 1
    assert rows(store) == []


def test_files_of_a_dropped_day_that_a_crash_left_are_swept(store: Town) -> None:
    old = NOON - 40 * DAY
    with writing(store.pool) as conn:
        conn.execute("UPDATE hall.camera SET retention_days = 30")
        path = lay(conn, store.data_dir, [segment(1, old)])[0]
        conn.execute(f"DROP TABLE hall.recording_{old:%Y%m%d}")
    retention.drop_days(store.pool, store.data_dir, NOON)
    assert not path.exists()


def test_a_file_that_cannot_be_unlinked_keeps_its_row_marked(store: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(store.pool) as conn:
        conn.execute("UPDATE hall.camera SET retention_days = 30")
        lay(conn, store.data_dir, [segment(1, NOON - 31 * DAY)])

    def busy(_: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", busy)
        retention.expire(store.pool, store.data_dir, NOON)
    assert [state for _, _, state in rows(store)] == ["deleting"]
    assert retention.repair(store.pool, store.data_dir) == 1


def test_a_full_disk_takes_the_oldest_first_and_says_that_the_rule_was_broken(store: Town) -> None:
    with writing(store.pool) as conn:
        lay(conn, store.data_dir, [segment(camera, NOON - age * DAY) for camera in (1, 2) for age in (1, 2, 3)])
    assert retention.make_room(store.pool, store.data_dir, 2_500, now=NOON) == 3_000
    assert sorted((camera, (NOON - at) // DAY) for camera, at, _ in rows(store)) == [(1, 1), (2, 1), (2, 2)]
    with reading(store.pool) as conn:
        told = retention.storage(conn, store.data_dir, Limits(quota_bytes=5_000))
    assert (told.used_bytes, told.segments, told.short_at, told.short_bytes) == (3_000, 3, NOON, 3_000)


def test_the_quota_is_kept(store: Town) -> None:
    with writing(store.pool) as conn:
        lay(conn, store.data_dir, [segment(1, NOON - timedelta(hours=age)) for age in range(1, 11)])
    retention.run(store.pool, store.data_dir, Limits(quota_bytes=4_000, reserve_bytes=0), NOON)
    assert [(NOON - at) // timedelta(hours=1) for _, at, _ in rows(store)] == [4, 3, 2, 1]


def test_a_row_that_names_a_file_outside_of_the_store_takes_nothing_with_it(store: Town) -> None:
    precious = store.data_dir / "precious"
    precious.write_text("keep")
    row = segment(1, NOON - 31 * DAY)
    with writing(store.pool) as conn:
        conn.execute("UPDATE hall.camera SET retention_days = 30")
        recordings.store(conn, [row])
        conn.execute("UPDATE hall.recording SET uri = '../precious'")
    retention.expire(store.pool, store.data_dir, NOON)
    assert precious.read_text() == "keep"


def test_an_event_shows_the_cameras_at_its_place_with_what_they_recorded(conn: Conn) -> None:
    conn.execute("UPDATE hall.event SET reported_at = %s, geom = (SELECT geom FROM hall.camera WHERE id = 7) WHERE id = 10", [NOON])
    recordings.store(conn, [segment(7, after(-20)), segment(7, after(58))])
    found = event_video.at_event(conn, DISPATCHER, 10)
    assert (found.start, found.end) == (after(-30), after(60))
    assert found.cameras[0].id == 7
    assert [(one.start, one.end) for one in found.cameras[0].intervals] == [(after(-20), after(-16)), (after(58), after(60))]
    assert all(one.distance_m <= 120 for one in found.cameras)
