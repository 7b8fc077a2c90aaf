"""The time machine: map, counters, ticker and clock show one instant of the past; what is live comes back."""

from datetime import UTC, datetime, timedelta

import psycopg

from tests.browser.conftest import Desk
from tests.conftest import City

MODE = "import(hall.assets + 'replay/mode.js')"
OPEN = {"reported", "filed", "dispatched", "handling", "checking", "checked", "suspended"}
DRAWN = "() => hall.map.gl().getStyle().sources['replay-cases'].data.features.filter((one) => !one.properties.done).length"


def entered(desk: Desk) -> tuple[int, int]:
    """Enter a day that begins 30 hours ago; its start and end in seconds since 1970."""
    now = int(datetime.now(UTC).timestamp())
    start, end = now - 30 * 3600, now - 6 * 3600
    desk.open(f"z=12&c=113.55,22.17&b=dark&l=open_events,workers&tm={start}-{end}-{start + 3600}-300")
    desk.page.wait_for_function(f"{MODE}.then((mode) => mode.current() && mode.current().cases > 0)")
    desk.page.wait_for_selector(".rp-counters [data-counter]", state="attached")
    return start, end


def state_at(case: dict[str, object], at: int) -> str | None:
    states = [mark["state"] for mark in case["marks"] if mark["at"] <= at]  # type: ignore[attr-defined]
    return str(states[-1]) if states else None


def test_map_counters_and_clock_show_the_same_instant(desk: Desk) -> None:
    start, end = entered(desk)
    cases = desk.run(
        "([start, end]) => hall.connection.json(`/api/v1/replay?start=${new Date(start * 1000).toISOString()}&end=${new Date(end * 1000).toISOString()}`)",
        [start, end],
    )["cases"]
    for at in (start + 3600, start + 9 * 3600, end):
        desk.run(f"(at) => {MODE}.then((mode) => mode.seek(at))", at)
        local = datetime.fromtimestamp(at, UTC) + timedelta(hours=8)
        desk.page.wait_for_function("(text) => document.querySelector('.rp-clock').textContent === text", arg=f"{local:%Y-%m-%d %H:%M:%S}")
        wanted = sum(state_at(case, at) in OPEN for case in cases)
        assert desk.run(DRAWN) == wanted > 0
        filed = sum(state_at(case, at) == "reported" for case in cases)
        assert int(desk.page.locator("[data-counter=to_file] b").inner_text()) == filed


def test_what_is_live_is_away_and_comes_back(desk: Desk) -> None:
    entered(desk)
    assert "非实时" in desk.page.locator(".rp-flag").inner_text()
    assert not desk.run("() => ['open_events', 'workers'].some((key) => hall.map.choices.layers[key].visible)")
    assert not desk.page.locator("#counters").is_visible()
    desk.run("() => document.querySelector('.rp-back').click()")
    desk.page.wait_for_function("!location.hash.includes('tm=')")
    assert desk.run("() => ['open_events', 'workers'].every((key) => hall.map.choices.layers[key].visible)")
    assert desk.page.locator(".rp-strip, .rp-flag, .rp-clock").count() == 0
    assert not desk.run("() => Boolean(hall.map.gl().getSource('replay-cases'))")


def test_a_line_of_the_ticker_jumps_to_its_instant(desk: Desk) -> None:
    start, end = entered(desk)
    desk.run(f"(at) => {MODE}.then((mode) => mode.seek(at))", end)
    desk.page.wait_for_selector(".rp-news [data-news]", state="attached")
    desk.page.wait_for_function("(end) => Number(document.querySelector('.rp-slider').value) === end", arg=end)
    case, at = map(int, desk.page.locator(".rp-news [data-news]").nth(2).get_attribute("data-news").split(":"))  # type: ignore[union-attr]
    desk.page.locator(".rp-news [data-news]").nth(2).dispatch_event("click")
    desk.page.wait_for_selector(".rp-card")
    desk.page.wait_for_function(f"(at) => {MODE}.then((mode) => mode.current().at === at)", arg=max(start, at))
    assert desk.page.locator(f".rp-card [data-open='events/{case}']").count() == 1
    assert "当时状态" in desk.page.locator(".rp-then").inner_text()


def test_a_worker_walks_between_two_points_and_is_gone_without_a_signal(desk: Desk, city: City) -> None:
    start, _ = entered(desk)
    first = start + 7200
    with psycopg.connect(city.url, autocommit=True) as conn:
        worker = conn.execute("SELECT min(id) FROM hall.worker").fetchone()
        assert worker
        conn.execute(
            "DELETE FROM hall.track_point WHERE reported_at BETWEEN to_timestamp(%s) AND to_timestamp(%s)", [first - 7200, first + 7200]
        )
        for seconds, lon in ((0, 113.540), (60, 113.541)):
            conn.execute(
                "INSERT INTO hall.track_point (worker_id, reported_at, geom) VALUES (%s, to_timestamp(%s), ST_SetSRID(ST_MakePoint(%s, 22.19), 4326))",
                [worker[0], first + seconds, lon],
            )
    there = "() => hall.map.gl().getStyle().sources['replay-workers'].data.features.map((one) => one.geometry.coordinates[0])"
    desk.run(f"(at) => {MODE}.then((mode) => mode.seek(at))", first + 30)
    desk.page.wait_for_function(f"({there})().length === 1")
    assert abs(desk.run(there)[0] - 113.5405) < 1e-6
    desk.run(f"(at) => {MODE}.then((mode) => mode.seek(at))", first + 900)
    desk.page.wait_for_function(f"({there})().length === 0")
