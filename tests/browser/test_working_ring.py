"""Working time in the browser: the calendar's stops, and a ring on the map that runs on them."""

from datetime import UTC, datetime, timedelta

import psycopg

from services import worktime
from tests.browser.conftest import Desk
from tests.conftest import City

CASE = """
    UPDATE hall.event SET state = 'handling', step_started_at = %(start)s, deadline_at = %(due)s, paused_at = NULL, resume_state = NULL
    WHERE id = (SELECT id FROM hall.event WHERE closed_at IS NULL ORDER BY id LIMIT 1)
    RETURNING id, ST_X(geom), ST_Y(geom)
"""
RING = """
(id) => {
  const gl = hall.map.gl();
  const [found] = gl.queryRenderedFeatures({ layers: ['open_events-pin'], filter: ['==', ['id'], id] });
  return found ? String(found.layer.layout['icon-image'].name || found.layer.layout['icon-image']) : null;
}
"""


def test_the_calendar_becomes_a_clock(desk: Desk) -> None:
    desk.load()
    intervals = [["2026-11-23T00:00:00Z", "2026-11-23T04:00:00Z"], ["2026-11-23T06:00:00Z", "2026-11-23T10:00:00Z"]]
    stops = desk.run("(intervals) => hall.worktime.stops(intervals)", intervals)
    midnight = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
    assert stops == [midnight, 0, midnight + 4 * 3600, 14400, midnight + 6 * 3600, 14400, midnight + 10 * 3600, 28800]
    passed = desk.run(
        "(intervals) => { hall.worktime.set(intervals); return hall.worktime.between(Date.parse('2026-11-23T03:00:00Z'), Date.parse('2026-11-23T07:30:00Z')); }",
        intervals,
    )
    assert passed == 2.5 * 3600
    wound = desk.run(
        "() => JSON.stringify(hall.map.gl().getStyle().layers.find(({ id }) => id === 'open_events-pin').layout['icon-image'])"
    )
    assert "14400" in wound, "the clock of the pins has the stop of noon"


def test_the_ring_of_a_working_case_shows_the_share_of_its_working_time(new_desk: Desk, city: City) -> None:
    now = datetime.now(UTC)
    with psycopg.connect(city.url) as conn:
        calendar = worktime.load(conn)
        times = {"start": calendar.add(now, -4, "work_hour"), "due": calendar.add(now + timedelta(minutes=1), 2, "work_hour")}
        case, lon, lat = conn.execute(CASE, times).fetchone()
    new_desk.load(f"z=18&c={lon:.6f},{lat:.6f}")
    new_desk.page.wait_for_function(f"async () => ({RING})({case}) && ({RING})({case}).endsWith(':3')", timeout=20_000)
