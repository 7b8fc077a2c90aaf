"""What is learned from finished jobs, and how it is judged."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.db import Conn
from services import eta
from services.eta import Job, Model, band
from services.rights import Reader, Role
from tests.services.crossing import EVENT
from tests.town import DISPATCHER, NORTH_EAST

MORNING = datetime(2026, 11, 23, 0, tzinfo=UTC)
"""Eight o'clock in the morning, local."""
NOON = MORNING + timedelta(hours=4)


def job(ratio: float, at: datetime = MORNING, kind: str = "worker", raw_s: float = 300.0) -> Job:
    return Job(kind=kind, accepted_at=at, actual_s=ratio * raw_s, raw_s=raw_s, predicted_s=None)


def test_bands_follow_the_local_hour() -> None:
    hours = {hour: band(datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=hour - 8)) for hour in range(24)}
    assert [hours[hour] for hour in (0, 5, 6, 8, 9, 16, 17, 19, 20, 21, 22, 23)] == [
        *("night", "night", "morning", "morning", "day", "day", "evening", "evening", "late", "late", "night", "night")
    ]


def test_without_jobs_times_stay_as_they_are() -> None:
    found = Model().eta("worker", 100, NOON)
    assert found.travel_s == 100
    assert found.low_s < 100 < found.high_s


def test_few_jobs_move_the_factor_halfway_and_many_all_the_way() -> None:
    # twelve imagined jobs of ratio 1 stand against twelve real ones of ratio 4: the middle of their logarithms is 2
    assert eta.learn([job(4)] * 12, NOON).whole("worker").factor == pytest.approx(2)
    many = eta.learn([job(2)] * 3000, NOON)
    assert many.factor("worker", MORNING).factor == pytest.approx(2, rel=0.01)
    assert many.factor("vehicle", MORNING).factor == 1


def test_an_hour_of_its_own_is_learned_and_an_hour_without_jobs_takes_that_of_all() -> None:
    model = eta.learn([job(3)] * 400 + [job(1, NOON)] * 400, NOON)
    rush, day, night = (model.factor("worker", MORNING + timedelta(hours=hours)).factor for hours in (0, 4, 16))
    assert rush == pytest.approx(3, rel=0.03)
    assert day == pytest.approx(1, rel=0.03)
    assert night == model.whole("worker").factor


def test_four_of_five_lie_in_the_range() -> None:
    ratios = [2.0 ** (step / 50) for step in range(-50, 51)]
    model = eta.learn([job(ratio) for ratio in ratios] * 20, NOON)
    found = model.eta("worker", 300, MORNING)
    inside = [found.low_s <= 300 * ratio <= found.high_s for ratio in ratios]
    assert sum(inside) / len(inside) == pytest.approx(0.8, abs=0.1)


@given(st.lists(st.floats(0.05, 50), min_size=1, max_size=40))
def test_a_factor_lies_between_what_was_believed_and_what_was_seen(ratios: list[float]) -> None:
    model = eta.learn([job(ratio) for ratio in ratios], NOON)
    low, high = min(1.0, *ratios), max(1.0, *ratios)
    for factor in model.factors.values():
        assert low - 1e-9 <= factor.factor <= min(high, eta.MOST_RATIO) + 1e-9
        assert factor.spread > 0


def arrive(conn: Conn, minutes: float, raw_s: float, predicted_s: float | None = None, at: datetime = MORNING) -> None:
    conn.execute(
        """INSERT INTO hall.task (event_id, kind, worker_id, state, sent_at, accepted_at, arrived_at, finished_at, raw_s, predicted_s)
           VALUES (%s, 'worker', 1, 'done', %s, %s, %s, %s, %s, %s)""",
        [EVENT, at, at, at + timedelta(minutes=minutes), at + timedelta(minutes=minutes), raw_s, predicted_s],
    )


def test_finished_tasks_are_learned_stored_and_reported(town_conn: Conn) -> None:
    for _ in range(60):
        arrive(town_conn, 10, 300, 400)
    # a finger on the wrong button, a forgotten one, an arrival long ago, and one without an engine's time
    arrive(town_conn, 0.1, 300)
    arrive(town_conn, 600, 300)
    arrive(town_conn, 10, 300, at=MORNING - timedelta(days=200))
    assert eta.renew(town_conn, NOON).whole("worker").jobs == 60
    assert eta.load(town_conn).factor("worker", MORNING).factor == pytest.approx(2, rel=0.15)
    report = eta.report(town_conn, DISPATCHER, NOON)
    assert (report.jobs, report.learned_at) == (60, NOON)
    whole = report.rows[0]
    assert (whole.kind, whole.band, whole.jobs) == ("worker", "", 60)
    assert (whole.actual_s, whole.raw_s, whole.raw_error) == (600, 300, 0.5)
    assert (whole.predicted_s, whole.predicted_error) == (400, 0.333)
    assert whole.within == 1
    assert [row.band for row in report.rows] == ["", "morning"]


def test_the_report_keeps_to_the_readers_area(town_conn: Conn) -> None:
    arrive(town_conn, 10, 300)
    assert eta.report(town_conn, DISPATCHER, NOON).jobs == 1
    assert eta.report(town_conn, NORTH_EAST, NOON).jobs == 0
    assert eta.report(town_conn, Reader(3, "x", "x", Role.LEADER, "990000002"), NOON).jobs == 1
