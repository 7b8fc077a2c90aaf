"""What happens shows by itself: pin, ticker, alarm; what the socket missed comes after it."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.browser.conftest import Desk, within_a_pixel
from tests.conftest import City

INSERT = """
    INSERT INTO hall.event (case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, place_text,
                            grid_code, geom)
    SELECT 'live' || nextval('hall.event_id'), %s, class_code, major, %s, 'citizen', 'reported', now(), now() + interval '1 hour', now(), '测试路口',
           grid_code, ST_SetSRID(ST_MakePoint(113.5439, 22.1950), 4326)
    FROM hall.event WHERE closed_at IS NULL ORDER BY id LIMIT 1 RETURNING id
"""
CENTRE = "z=16&c=113.5439,22.1950&l=open_events"
PINNED = """
(id) => hall.map.gl().queryRenderedFeatures({layers: hall.map.gl().getStyle().layers
  .filter((layer) => layer.metadata && layer.metadata['hall:layer'] === 'open_events').map((layer) => layer.id)}).some((feature) => feature.id === id)
"""


@pytest.fixture
def report(city: City) -> Iterator[object]:
    """Let a case be reported; all of them are gone again afterwards."""
    made = []
    with psycopg.connect(city.url, autocommit=True) as conn:

        def one(title: str, level: int) -> int:
            row = conn.execute(INSERT, [title, level]).fetchone()
            assert row
            made.append(row[0])
            return int(row[0])

        yield one
        conn.execute("DELETE FROM hall.event WHERE id = ANY(%s)", [made])


def ready(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.page.wait_for_function("hall.live.state() === 'open'")


def test_a_new_case_shows_on_the_map_and_in_the_ticker(desk: Desk, report) -> None:  # type: ignore[no-untyped-def]
    ready(desk)
    case = report("新来的案件", 0)
    desk.page.wait_for_function(PINNED, arg=case)
    desk.page.wait_for_function("document.getElementById('ticker').innerText.includes('新来的案件')")
    assert not desk.run("() => document.querySelector('.hall-alarm')")
    desk.page.wait_for_function("(id) => !hall.liveRows.of('open_events', id)", arg=case)
    desk.idle()
    assert desk.run(PINNED, case), "the tile has taken the pin over"


def test_major_cases_alarm_until_each_is_acknowledged(desk: Desk, report) -> None:  # type: ignore[no-untyped-def]
    ready(desk)
    report("重大案件", 2)
    desk.page.wait_for_selector(".hall-alarm.level-2", state="attached")
    report("特别重大案件", 1)
    desk.page.wait_for_selector(".hall-alarm.level-1", state="attached")
    assert desk.run("() => hall.alarm.waiting().map((alarm) => alarm.level)") == ["1", "2"]
    assert desk.run("() => hall.sound.sounding()")
    desk.page.keyboard.press("k")
    assert "重大案件" in desk.run("() => document.querySelector('.hall-alarm b').closest('.hall-alarm').innerText")
    desk.run("() => hall.alarm.acknowledge()")
    assert not desk.run("() => document.querySelector('.hall-alarm')")
    assert not desk.run("() => hall.sound.sounding()")


def test_the_map_goes_there_only_when_allowed(desk: Desk, report) -> None:  # type: ignore[no-untyped-def]
    desk.open("z=13&c=113.56,22.15&l=open_events")
    desk.page.wait_for_function("hall.live.state() === 'open'")
    before = desk.state()["center"]
    report("重大案件", 2)
    desk.page.wait_for_selector(".hall-alarm", state="attached")
    desk.idle()
    assert desk.state()["center"] == within_a_pixel(before, 13)
    desk.page.locator(".hall-alarm-fly").dispatch_event("click")
    desk.page.wait_for_function("Math.abs(hall.map.view().center[1] - 22.195) < 0.01")
    desk.run("() => { localStorage.removeItem('hall.alarm.fly'); hall.alarm.acknowledge(); }")


def test_what_happened_while_the_socket_was_away_comes_after_it(desk: Desk, report) -> None:  # type: ignore[no-untyped-def]
    ready(desk)
    desk.run("() => { window.heard = []; hall.on('live', (change) => window.heard.push(change.row_id)); hall.live.close(); }")
    case = report("断线时的案件", 4)
    desk.page.wait_for_function("(id) => window.heard.includes(id)", arg=case)
    assert desk.run("() => hall.live.state()") == "open"


def test_requests_say_how_long_the_reader_has_been_away(desk: Desk) -> None:
    ready(desk)
    with desk.page.expect_request("**/api/v1/me") as asked:
        desk.run("() => hall.connection.json('/api/v1/me')")
    assert int(asked.value.headers["x-idle-s"]) >= 0


def test_a_database_that_is_away_shows_within_fifteen_seconds_and_is_forgiven(desk: Desk, city: City) -> None:
    ready(desk)
    name = str(conninfo_to_dict(city.url)["dbname"])
    with psycopg.connect(make_conninfo(city.url, dbname="postgres"), autocommit=True) as conn:
        switch = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        conn.execute(switch.format(sql.Identifier(name), sql.SQL("false")))
        try:
            conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            desk.page.wait_for_function("document.documentElement.dataset.connection === 'lost'", timeout=15_000)
            assert "连接中断" in desk.page.locator(".hall-notice.error").inner_text()
        finally:
            conn.execute(switch.format(sql.Identifier(name), sql.SQL("true")))
    desk.page.wait_for_function("document.documentElement.dataset.connection === 'ok'")
    desk.page.wait_for_function("hall.live.state() === 'open'")
