"""No case is counted in another hour, day, week, month, quarter or year than China time says: SQL against a calendar that knows the zone."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from geodata.db import Conn
from geodata.indicators.catalogue import CYCLES, catalogue
from services.indicators import cases, compute, figures, periods
from services.rights import Reader, Role
from tests import district

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2027, 1, 4, 16, 30, tzinfo=UTC)
"""Half past midnight in China, on a Tuesday of the new year."""
LEADER = Reader(1, "leader", "领导", Role.LEADER, "")
EDGES = (
    (2026, 1, 1), (2026, 3, 1), (2026, 10, 1), (2026, 12, 28), (2026, 12, 31), (2027, 1, 1), (2027, 1, 4), (2027, 1, 5),
)  # fmt: skip
"""Midnights of China at which a year, month, quarter or week begins."""
ADD = """
    INSERT INTO hall.event (case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, closed_at, place_text, grid_code, geom)
    SELECT 'T' || row_number() OVER (), '案', '0101', 'city', 0, 'grid_patrol', 'closed', at, at + interval '1 hour', at, at, '街口', %(grid)s,
           ST_SetSRID(ST_MakePoint(113.5425, 22.1925), 4326)
    FROM unnest(%(instants)s::timestamptz[]) AS at
"""


def instants() -> list[datetime]:
    """Around every edge, to the microsecond, and anywhere in two years."""
    near = (
        timedelta(0),
        timedelta(microseconds=-1),
        timedelta(microseconds=1),
        timedelta(hours=8),
        timedelta(hours=-8),
        timedelta(seconds=-1),
    )
    edges = [datetime(*edge, tzinfo=SHANGHAI).astimezone(UTC) + gap for edge in EDGES for gap in near]
    chance, first = random.Random(20260220), datetime(2025, 1, 1, tzinfo=UTC)
    span_s = (NOW - first).total_seconds()
    return [at for at in edges if at <= NOW] + [first + timedelta(seconds=chance.random() * span_s) for _ in range(1_500)]


def named(cycle: str, at: datetime) -> tuple[int, ...]:
    """Name the period of an instant by what a calendar on the wall in China shows."""
    local = at.astimezone(SHANGHAI)
    return {
        "hour": (local.year, local.month, local.day, local.hour),
        "day": (local.year, local.month, local.day),
        "week": tuple(local.isocalendar()[:2]),
        "month": (local.year, local.month),
        "quarter": (local.year, (local.month + 2) // 3),
        "year": (local.year,),
    }[cycle]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("code", ["CM-01", "CM-02"])
def test_no_case_is_counted_in_another_period_than_china_time_says(conn: Conn, zone: str, code: str) -> None:
    district.fill(conn)
    conn.execute("DELETE FROM hall.event")
    conn.execute("SELECT set_config('TimeZone', %s, true)", [zone])
    given = instants()
    conn.execute(ADD, {"instants": given, "grid": district.GRIDS[0]})
    for cycle in CYCLES:
        one = replace(catalogue().indicators[code], code=f"ZZ-{CYCLES.index(cycle):02}", cycle=cycle)
        assert compute.calculate(conn, [one], NOW, whole=True).failed == {}
        rows = conn.execute(
            "SELECT period, value FROM hall.indicator_value WHERE code = %s AND area = %s", [one.code, district.DISTRICT]
        ).fetchall()
        rows = [(period.astimezone(UTC), value) for period, value in rows]
        found = {named(cycle, period): value for period, value in rows}
        assert len(found) == len(rows), "no period is there twice"
        assert all(periods.start(cycle, period) == period for period, _ in rows)
        first = min(period for period, _ in rows)
        expected: Counter[tuple[int, ...]] = Counter(named(cycle, at) for at in given if at >= first)
        assert {key: value for key, value in found.items() if value} == dict(expected)


def test_the_first_minutes_of_a_new_year_belong_to_it(conn: Conn) -> None:
    district.fill(conn)
    conn.execute("DELETE FROM hall.event")
    midnight = datetime(2027, 1, 1, tzinfo=SHANGHAI)
    given = [midnight - timedelta(days=40), midnight - timedelta(seconds=1), midnight, midnight + timedelta(seconds=1)]
    conn.execute(ADD, {"instants": given, "grid": district.GRIDS[0]})
    for group in compute.groups(["CM-01"]):
        compute.calculate(conn, group, midnight + timedelta(minutes=5), whole=True)
    figure = figures.value(conn, LEADER, "CM-01", None, midnight + timedelta(minutes=5))
    assert (figure.value, figure.running) == (1, 2)
    assert len(cases.behind(conn, LEADER, "CM-01", midnight, period=midnight)) == 2
