"""The wall of the hall in a browser: its token, its sheets, its scenes, a network that drops, and the way into an emergency and out of it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize

from geodata.db import Conn
from tests.conftest import City
from tests.serving import Served

SIZE: ViewportSize = {"width": 960, "height": 540}
WAIT_MS = 60_000
SHEETS = """
async () => {
  const { arrange } = await import(document.querySelector('script[type=importmap]').textContent.match(/"(\\/assets\\/wall\\/layout.js[^"]*\\?v=[^"]*)"/)[1]);
  const at = (width, height, screen) => arrange({ width, height }, null, screen);
  return [[1920, 1080], [3840, 2160], [5760, 1080], [7680, 2160], [2560, 1440], [3440, 1440], [1366, 768], [1080, 1920], [11520, 2160]].map(([width, height]) => {
    const one = at(width, height);
    return [one.name, Math.round(one.width * one.scale), Math.round(one.height * one.scale)];
  });
}
"""

# what stands wrongly on a sheet, in words; the map's own drawings and the attribution aside
FAULTS = """
() => {
  const stage = document.getElementById('stage');
  const scale = stage.getBoundingClientRect().width / stage.offsetWidth;
  const event = stage.querySelector('.event-head');
  const zone = event ? event.parentElement : stage;
  const whole = event && event.getBoundingClientRect().top <= 20;
  const hidden = (node) => !node.checkVisibility() || node.closest('svg, .map-gl, .credit, .scene-video') || (whole && !zone.contains(node));
  const named = (node) => `${(node.closest('[data-panel]') || stage).dataset.panel || ''} ${node.className || node.tagName} "${node.textContent.trim().slice(0, 30)}"`;
  const faults = [];
  for (const node of stage.querySelectorAll('*')) {
    if (hidden(node) || ![...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())) continue;
    const size = parseFloat(getComputedStyle(node).fontSize);
    if (size < 20) faults.push(`${size} px: ${named(node)}`);
    const clips = getComputedStyle(node).overflowX !== 'visible';
    if (clips && !node.closest('.cam-mark') && node.scrollWidth > node.clientWidth + 1) faults.push(`cut: ${named(node)}`);
    const home = node.closest('.panel, .strip, .cam, .event-head, .bar');
    const range = document.createRange();
    range.selectNodeContents(node);
    const [text, frame] = [range.getBoundingClientRect(), home && home.getBoundingClientRect()];
    if (frame && !clips && (text.right > frame.right + 1 || text.left < frame.left - 1)) faults.push(`wider than its panel: ${named(node)}`);
  }
  const boxes = [...stage.querySelectorAll('.panel, .middle:not(.behind), .event-map, .event-cams, .event-head')].filter((node) => !hidden(node) && !(event && node.matches('.middle')));
  boxes.forEach((one, index) => {
    const body = one.querySelector(':scope > .panel-body');
    if (body && (body.scrollHeight > body.clientHeight + 1 || body.scrollWidth > body.clientWidth + 1)) faults.push(`more than its room: ${named(one)}`);
    const a = one.getBoundingClientRect();
    for (const other of boxes.slice(index + 1)) {
      const b = other.getBoundingClientRect();
      const covered = event && !zone.contains(one) !== !zone.contains(other) && (b.left + 1 >= zone.getBoundingClientRect().left || a.left + 1 >= zone.getBoundingClientRect().left);
      const over = Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
      if (over && !covered && !one.contains(other)) faults.push(`overlap: ${named(one)} / ${named(other)}`);
    }
  });
  const rows = '.flow-row, .rank-row, .hot-row, .event-row, .figure header, .panel-head, .bar .right, .event-head, .heat-row, .shelter-row, .unit-row, .house-row, .department, .trend-row';
  for (const row of [...stage.querySelectorAll(rows)].filter((node) => !hidden(node))) {
    const cells = [...row.children].filter((node) => node.checkVisibility()).map((node) => [node, node.getBoundingClientRect()]);
    cells.forEach(([one, a], index) => cells.slice(index + 1).forEach(([other, b]) => {
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1) faults.push(`overlap: ${named(one)} / ${named(other)}`);
    }));
    if (row.scrollWidth > row.clientWidth + 1) faults.push(`row too wide: ${named(row)}`);
  }
  const squares = stage.querySelector('.panel-presence .chart');
  if (squares && !whole && squares.checkVisibility()) {
    const room = squares.closest('.panel-body').clientHeight * scale;
    if (squares.getBoundingClientRect().height < 0.4 * room) faults.push('squares leave their panel half empty');
  }
  return [...new Set(faults)];
}
"""
LONG_NAME = "丽华新村第一座 出入口 西北向 01"
SIZES = ["1920x1080", "3840x2160", "5760x1080", "7680x2160", "1080x1920", "2160x3840"]

FLOWN = "() => { const {gl} = wall.sheet().view.maps[0]; return [...gl.getCenter().toArray(), gl.getBearing()]; }"
CAMERA = "() => wall.sheet().maps.map(({gl}) => [gl.getZoom(), gl.getPitch(), gl.getBearing(), ...gl.getCenter().toArray()])"


@pytest.fixture
def wall(chromium: Browser, server: Served, city: City) -> Iterator[Page]:
    """The wall as a kiosk opens it, drawn; nobody waits for a gravest case to be acknowledged."""
    desk = city.token("dispatcher")
    for major in httpx.get(f"{server.url}/api/v1/wall/events", headers=desk).json()["majors"]:
        httpx.post(f"{server.url}/api/v1/wall/events/{major['id']}/acknowledge", headers=desk)
    page = chromium.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(WAIT_MS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{server.url}/wall?token={city.accounts['wall']['token']}&screen=test&size=1920x1080&speed=5")
    page.wait_for_function("window.wall && document.querySelector('.figure .number').textContent !== '–'")
    yield page
    page.context.close()
    assert faults == [], faults


def test_a_kiosk_sees_figures_at_once_and_scenes_turn_without_moving_the_panels(wall: Page, server: Served, city: City) -> None:
    assert wall.url == f"{server.url}/wall?screen=test&size=1920x1080&speed=5"
    figures = httpx.get(f"{server.url}/api/v1/today", headers=city.token("wall")).json()
    assert wall.locator(".figure-accepted .number").inner_text() == f"{figures['accepted']:,}"
    assert wall.locator(".flow-row").count() >= 6
    assert wall.locator("[data-panel] .age").count() >= 6
    wall.wait_for_selector(".map-gl.drawn")
    before = wall.locator(".panel-flow").bounding_box()
    wall.wait_for_function("wall.scene.turns > 0")
    assert wall.locator(".panel-flow").bounding_box() == before
    assert wall.evaluate("() => [...document.querySelectorAll('.tab.on')].map((tab) => tab.dataset.tab)") == [
        wall.evaluate("wall.scene.now")
    ]


def test_every_size_has_a_sheet_that_fills_it(wall: Page) -> None:
    found = wall.evaluate(SHEETS)
    assert [name for name, _, _ in found] == ["hd", "uhd", "wide", "double", "hd", "hd", "hd", "tall", "double"]
    sizes = [(1920, 1080), (3840, 2160), (5760, 1080), (7680, 2160), (2560, 1440), (3440, 1440), (1366, 768), (1080, 1920), (11520, 2160)]
    for (_, width, height), (wanted_width, wanted_height) in zip(found, sizes, strict=True):
        assert abs(width - wanted_width) <= 2
        assert abs(height - wanted_height) <= 2


def test_a_network_that_drops_keeps_the_picture_and_comes_back_by_itself(wall: Page) -> None:
    shown = wall.locator(".figure-accepted .number").inner_text()
    born = wall.evaluate("() => performance.timeOrigin")
    wall.context.set_offline(offline=True)
    wall.wait_for_selector(".bar .link:not([hidden])")
    # an hour later, as far as the page can tell
    wall.evaluate("() => { const real = Date.now; Date.now = () => real() + 3600000; }")
    wall.wait_for_selector(".panel-figures[data-state=old]", state="attached")
    assert "截至" in wall.locator(".figure-accepted .age").inner_text()
    assert wall.locator(".figure-accepted .number").inner_text() == shown
    wall.context.set_offline(offline=False)
    wall.wait_for_selector(".panel-figures[data-state=ok]", state="attached")
    wall.wait_for_selector(".bar .link", state="hidden")
    assert wall.evaluate("() => performance.timeOrigin") == born


def test_an_emergency_takes_its_zone_and_leaves_no_trace(wall: Page, server: Served, city: City) -> None:
    leader = city.token("leader")
    events = httpx.get(f"{server.url}/api/v1/wall/events", headers=leader).json()["points"]
    wanted = {"mode": "emergency", "event_id": events[-1]["id"], "reason": "演练"}
    assert httpx.post(f"{server.url}/api/v1/mode", headers=leader, json=wanted).status_code == 200
    try:
        wall.wait_for_selector(".stage.in-emergency .event-head h1")
        assert wall.locator(".panel-city .number").first.inner_text() != "–"
        wall.wait_for_selector(".panel-people .people-top")
        told = httpx.get(f"{server.url}/api/v1/wall/emergency/{wanted['event_id']}", headers=leader).json()
        named = wall.locator(".shelter-row .name").all_inner_texts()
        # a name does not say again what the heading says
        assert named == [one["name"].removesuffix(" 应急避难场所") for one in told["shelters"][:3]]
        assert named or wall.get_by_text("没有登记的避难场所").is_visible()
        assert wall.locator(".panel-people .house-row").count() >= min(2, sum(one["people"] > 0 for one in told["houses"]))
    finally:
        httpx.post(f"{server.url}/api/v1/mode", headers=leader, json={"mode": "peace", "reason": "演练结束"})
    wall.wait_for_selector(".stage:not(.in-emergency)")
    assert wall.locator(".event-zone > *").count() == 0
    report = httpx.get(f"{server.url}/api/v1/mode/history", headers=leader).json()["items"][0]
    assert json.dumps(report["report"]["note"], ensure_ascii=False) == '"演练结束"'


def test_the_controller_enters_a_screen_and_pins_a_scene_on_it(wall: Page, chromium: Browser, server: Served, city: City) -> None:
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(WAIT_MS)
    account = city.accounts["shift_leader"]
    context.request.post(f"{server.url}/api/v1/session", data={"username": account["username"], "password": account["password"]})
    page = context.new_page()
    page.goto(f"{server.url}/screens/")
    page.get_by_role("button", name="登记", exact=True).click()
    card = page.locator("[data-screen=test]")
    card.get_by_role("button", name="网格").click()
    wall.wait_for_function("wall.scene.now === 'grids'")
    assert wall.locator(".tab").count() == 1
    card.locator(".chip.good").wait_for()
    card.get_by_role("button", name="移除").click()
    page.get_by_role("button", name="再按一次移除").click()
    page.locator(".hs-card.unknown").wait_for()
    context.close()


@pytest.fixture
def programme(server: Served, city: City) -> Iterator[Callable[..., None]]:
    """A way to give all walls that nobody entered another programme; the usual one comes back."""
    desk = city.token("shift_leader")
    before = httpx.get(f"{server.url}/api/v1/screens", headers=desk).json()["programmes"][0]
    address = f"{server.url}/api/v1/programmes/{before['id']}"

    def write(*steps: dict[str, object]) -> None:
        body = {"name": before["name"], "steps": [{"scene": "overview", "seconds": 300, **step} for step in steps]}
        assert httpx.put(address, headers=desk, json=body).status_code == 200

    yield write
    httpx.put(address, headers=desk, json={name: before[name] for name in ("name", "steps")})


def cameras(route: Route) -> None:
    """Twenty cameras that play, under long names; near a case with their distance."""
    near = "event_id" in route.request.url
    made = [
        {"id": n, "name": f"{LONG_NAME[:-2]}{n:02}", "is_key": True, "playable": True, "online": True, "modes": ["live"]}
        | ({"distance_m": 30.0 * n} if near else {})
        for n in range(1, 21)
    ]
    route.fulfill(json={"items": made, "count": 20, "online": 20})


@contextmanager
def sheet(chromium: Browser, server: Served, city: City, size: str, prepare: Callable[[Page], None] = lambda page: None) -> Iterator[Page]:
    """A wall of this size, drawn smaller: its sheet has its own pixels. Its map is left out."""
    width, height = (int(part) for part in size.split("x"))
    smaller = 900 / max(width, height)
    page = chromium.new_context(viewport={"width": round(width * smaller), "height": round(height * smaller)}).new_page()
    page.set_default_timeout(WAIT_MS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.route("**/style/dark.json", lambda route: route.abort())
    page.route("**/api/v1/cameras?*", cameras)
    prepare(page)
    try:
        page.goto(f"{server.url}/wall?token={city.accounts['wall']['token']}&size={size}")
        page.wait_for_function(
            "window.wall && document.querySelector('.figure .number').textContent !== '–' && document.querySelector('.event-row, .panel-events .empty')"
        )
        page.wait_for_function("document.fonts.status === 'loaded'")
        page.wait_for_function(
            "wall.feeds().filter(({name}) => ['today', 'events', 'hot'].includes(name)).every(({state}) => state !== 'loading')"
        )
        yield page
    finally:
        page.context.close()
    assert faults == [], faults


@pytest.mark.parametrize("size", SIZES)
def test_a_sheet_holds_at_its_size(size: str, chromium: Browser, server: Served, city: City) -> None:
    with sheet(chromium, server, city, size) as page:
        assert page.evaluate(FAULTS) == []
        strip = page.locator(".cam-strip .cam b")
        if strip.count():
            # the scene of pictures shows other cameras than the strip below it
            page.evaluate("wall.orders().screen = {scene: 'video', title: ''}")
            page.locator(".scene-video .cam b").first.wait_for()
            assert not set(strip.all_inner_texts()) & set(page.locator(".scene-video .cam b").all_inner_texts())


def crowded(route: Route) -> None:
    """An emergency with more of everything than there is room for."""
    answer = route.fetch()
    told: dict[str, Any] = answer.json()
    at = told["at"]
    unit = {"state": "", "sent_at": at, "accepted_at": at, "finished_at": None, "lon": None, "lat": None, "lead": False}
    told["units"] = [
        {
            **unit,
            "id": n,
            "kind": "vehicle" if n % 2 else "worker",
            "unit": "enforcement",
            "label": f"ZF-{n:03}",
            "arrived_at": at if n % 3 else None,
            "predicted_s": 300.0 * n,
            "distance_m": 900.0 * n,
        }
        for n in range(30)
    ]
    told["departments"] = [{"name": "城市管理和综合执法局", "lead": n == 0, "finished_at": None} for n in range(14)]
    told["acts"] = [{"seq": n, "action": "dispatch", "role": "dispatcher", "at": at} for n in range(30)]
    told["shelters"] = [
        {
            "id": n,
            "name": "劳校中学附属小学 应急避难场所",
            "capacity": 1200,
            "available": 1200,
            "state": "open",
            "distance_m": 1500 + n,
            "synthetic": True,
            "lon": 113.55,
            "lat": 22.2,
        }
        for n in range(3)
    ]
    route.fulfill(response=answer, json=told)


@pytest.mark.parametrize("size", SIZES)
def test_an_emergency_holds_at_its_size(size: str, chromium: Browser, server: Served, city: City) -> None:
    events = httpx.get(f"{server.url}/api/v1/wall/events", headers=city.token("leader")).json()
    case = (events["majors"] or events["points"])[0]
    told = httpx.get(f"{server.url}/api/v1/wall/emergency/{case['id']}", headers=city.token("leader")).json()["event"]

    def prepare(page: Page) -> None:
        def mode(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, json=answer.json() | {"mode": "emergency", "event": told, "started_at": told["reported_at"]})

        page.route("**/api/v1/mode", mode)
        page.route("**/api/v1/wall/emergency/*", crowded)

    with sheet(chromium, server, city, size, prepare) as page:
        page.locator(".unit-row").first.wait_for()
        page.locator(".event-cams .cam b").first.wait_for()
        assert page.evaluate(FAULTS) == []
        assert page.locator(".shelter-row .name").all_inner_texts() == ["劳校中学附属小学"] * 3
        # what has no room is counted
        for panel in ("units", "departments"):
            shown, more = page.locator(f".panel-{panel} :is(.unit-row, .department)").count(), page.locator(f".panel-{panel} .others")
            said = int(more.inner_text().split()[1]) if more.count() else 0
            assert shown + said == {"units": 30, "departments": 14}[panel]


def camera(wall: Page) -> object:
    return wall.evaluate(CAMERA)


def test_a_flight_goes_over_the_scene_and_leaves_the_map_where_it_was(
    wall: Page, server: Served, city: City, programme: Callable[..., None]
) -> None:
    flight = httpx.get(f"{server.url}/api/v1/fly-paths", headers=city.token("wall")).json()["items"][0]
    wall.wait_for_function("wall.sheet().maps[0] && wall.sheet().maps[0].gl")
    before = camera(wall)
    programme({"flight": flight["id"]})
    wall.wait_for_selector(".scene-view.shown [data-view=flight] .map-gl.drawn")
    assert flight["name"] in wall.locator(".scene-view .map-title").inner_text()
    start = wall.evaluate(FLOWN)
    wall.wait_for_function(f"(start) => ({FLOWN})().some((value, n) => Math.abs(value - start[n]) > (n < 2 ? 1e-4 : 0.5))", arg=start)
    assert camera(wall) == before
    programme({})
    wall.wait_for_selector(".scene-view", state="detached")
    assert camera(wall) == before
    assert wall.evaluate("() => [wall.sheet().view, wall.scene.view]") == [None, ""]
    # one that was taken away meanwhile: the plan stays, and the wall says why
    gone = httpx.post(
        f"{server.url}/api/v1/fly-paths",
        headers=city.token("shift_leader"),
        json={"name": "短暂", "shared": True, "stops": [{**stop, "seconds": 6} for stop in flight["stops"][:2]]},
    ).json()["id"]
    programme({"flight": gone})
    assert httpx.delete(f"{server.url}/api/v1/fly-paths/{gone}", headers=city.token("shift_leader")).status_code == 204
    wall.get_by_text("航线已删除或未共享：本场景按平面显示").wait_for()
    assert camera(wall) == before


def test_two_views_stand_side_by_side(wall: Page, programme: Callable[..., None]) -> None:
    wall.wait_for_function("wall.sheet().maps[0] && wall.sheet().maps[0].gl")
    before = camera(wall)
    answers: list[int] = []
    wall.on("response", lambda answer: answers.append(answer.status) if "/tiles/imagery/" in answer.url else None)
    programme({"compare": "imagery"}, {"scene": "events", "compare": "tilted"})
    wall.wait_for_selector(".scene-view.shown.sides")
    assert answers
    assert set(answers) == {200}
    assert wall.locator(".scene-view .map-title").all_inner_texts() == ["平面", "影像"]
    left, right = (
        wall.evaluate("(n) => { const {gl} = wall.sheet().view.maps[n]; return [gl.getZoom(), ...gl.getCenter().toArray()]; }", n)
        for n in (0, 1)
    )
    assert left == pytest.approx(right, abs=1e-6)
    assert wall.evaluate("() => wall.sheet().view.maps.map(({gl}) => Boolean(gl.getLayer('hall-ground')))") == [False, True]
    assert wall.evaluate("() => wall.sheet().view.maps.map(({gl}) => gl.getLayoutProperty('w-major', 'visibility'))") == ["visible"] * 2
    wall.evaluate("() => { wall.scene.step = 1; }")
    wall.wait_for_selector(".scene-view.shown.sides [data-view=tilted]")
    wall.wait_for_function("document.querySelectorAll('.scene-view').length === 1")
    assert wall.evaluate("() => [wall.scene.now, ...wall.sheet().view.maps.map(({gl}) => Math.round(gl.getPitch()))]") == ["events", 0, 55]
    programme({})
    wall.wait_for_selector(".scene-view", state="detached")
    assert camera(wall) == before


def test_without_webgl_a_flight_is_the_plan_and_the_wall_says_so(
    chromium: Browser, server: Served, city: City, programme: Callable[..., None]
) -> None:
    flight = httpx.get(f"{server.url}/api/v1/fly-paths", headers=city.token("wall")).json()["items"][0]
    programme({"flight": flight["id"]})
    page = chromium.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(WAIT_MS)
    page.add_init_script(
        "const real = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...more) { return /webgl/.test(kind) ? null : real.call(this, kind, ...more); };"
    )
    page.goto(f"{server.url}/wall?token={city.accounts['wall']['token']}&size=1920x1080&speed=5")
    page.get_by_text("此浏览器无法绘制三维飞行：本场景按平面显示").wait_for()
    assert page.locator(".scene-view.shown").count() == 0
    assert page.locator(".figure-accepted .number").inner_text() != "–"
    page.context.close()


def test_the_controller_chooses_flights_and_comparisons_and_what_was_acknowledged_asks_no_more(
    chromium: Browser, server: Served, city: City, city_conn: Conn, programme: Callable[..., None]
) -> None:
    programme({})
    row = city_conn.execute(
        "SELECT id, level FROM hall.event WHERE closed_at IS NULL AND level > 1 ORDER BY reported_at DESC, id DESC LIMIT 1"
    ).fetchone()
    assert row
    city_conn.execute("UPDATE hall.event SET level = 1 WHERE id = %s", [row[0]])
    city_conn.commit()
    context = chromium.new_context(viewport={"width": 1366, "height": 900})
    context.set_default_timeout(WAIT_MS)
    try:
        account = city.accounts["shift_leader"]
        context.request.post(f"{server.url}/api/v1/session", data={"username": account["username"], "password": account["password"]})
        page = context.new_page()
        page.goto(f"{server.url}/screens/")
        case = page.locator(f".hs-proposal[data-event='{row[0]}']")
        case.get_by_role("button", name="大屏已知悉").click()
        case.get_by_role("button", name="大屏已知悉").wait_for(state="detached")
        assert "已知悉" in case.inner_text()

        page.locator(".hs-programme").first.get_by_role("button", name="修改").click()
        view = page.get_by_label("地图", exact=True).first
        flight = httpx.get(f"{server.url}/api/v1/screens", headers=city.token("shift_leader")).json()["flights"][0]
        view.select_option(f"flight:{flight['id']}")
        page.get_by_role("button", name="加一场").click()
        page.get_by_label("地图", exact=True).nth(1).select_option("compare:imagery")
        page.locator(".hs-editor").get_by_role("button", name="保存").click()
        page.get_by_text(f"〔飞行：{flight['name']}〕").wait_for()
        kept = httpx.get(f"{server.url}/api/v1/screens", headers=city.token("shift_leader")).json()["programmes"][0]["steps"]
        assert [(step["flight"], step["compare"]) for step in kept] == [(flight["id"], None), (None, "imagery")]
    finally:
        city_conn.execute("DELETE FROM hall.wall_acknowledgement WHERE event_id = %s", [row[0]])
        city_conn.execute("UPDATE hall.event SET level = %s WHERE id = %s", [row[1], row[0]])
        city_conn.commit()
        context.close()
