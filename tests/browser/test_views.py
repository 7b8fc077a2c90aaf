"""The city in other ways: imagery, 3D and street view keep what is chosen, are in the address, and say what they cannot show."""

import pytest

from geodata.db import Conn
from tests.browser.conftest import Desk, within_a_pixel

pytestmark = pytest.mark.browser
CENTRE = "z=16&c=113.5446,22.1945"
SLOW_MS = 60_000
EVENT_IN_VIEW = """
() => {
  const gl = hall.map.gl();
  const box = hall.map.leaflet().getContainer().getBoundingClientRect();
  const found = gl.querySourceFeatures('open_events', {sourceLayer: 'open_events'}).map(({id, geometry}) => ({id, at: gl.project(geometry.coordinates), lonlat: geometry.coordinates}))
    .find(({id, at}) => id && at.x > 60 && at.x < box.width - 90 && at.y > 70 && at.y < box.height - 140);
  return found && [...found.lonlat, found.id];
}
"""


def chosen(desk: Desk, view: str) -> None:
    desk.page.click(f"[data-view='{view}']")
    desk.page.wait_for_selector(f"[data-view='{view}'][aria-pressed='true']", timeout=SLOW_MS)


def test_imagery_changes_the_base_and_nothing_else(desk: Desk) -> None:
    desk.open(f"{CENTRE}&b=dark&l=open_events,cameras")
    before = desk.state()
    chosen(desk, "imagery")
    desk.idle()
    after = desk.state()
    assert after["base"] == "imagery:simulated"
    assert after["center"] == within_a_pixel(before["center"], before["zoom"])
    assert {key: after[key] for key in ("zoom", "on", "filters")} == {key: before[key] for key in ("zoom", "on", "filters")}
    assert any("/tiles/imagery/simulated/" in url for url in desk.asked())
    chosen(desk, "plan")
    assert desk.state()["base"] == "dark"


def test_a_tilted_link_shows_the_same_events_and_a_click_selects(desk: Desk) -> None:
    desk.open(f"{CENTRE}&b=dark&l=open_events&v=3d&p=45,20&s3=17")
    desk.page.wait_for_function("hall.map.gl().getPitch() > 40", timeout=SLOW_MS)
    desk.idle()
    assert desk.run(
        "() => [hall.map.gl().getLayoutProperty('base-building-3d', 'visibility'), hall.map.gl().getLayer('base-building-3d').type]"
    ) == ["visible", "fill-extrusion"]
    light = desk.run("() => hall.map.gl().getStyle().light")
    assert light["anchor"] == "map"
    assert 200 < light["position"][1] < 260, "late in the afternoon the sun stands in the south-west"
    desk.run("() => hall.map.showShape({type: 'Point', coordinates: [113.5446, 22.1945]}, {radius_m: 150})")
    desk.page.wait_for_function("hall.map.gl().getLayer('hall-mirror-ground')", timeout=SLOW_MS)
    desk.idle()  # while a source is on its way nothing is picked
    found = desk.run(EVENT_IN_VIEW)
    if found:
        desk.click(found[0], found[1])
        desk.page.wait_for_function("hall.map.choices.selection || document.querySelector('.hall-chooser')", timeout=SLOW_MS)
    state = desk.state()
    desk.run("() => hall.map.select(null)")
    chosen(desk, "plan")
    desk.page.wait_for_function("!document.querySelector('.hall-scene')", timeout=SLOW_MS)
    again = desk.state()
    assert again["ways"].get("v") is None
    assert (again["zoom"], again["on"]) == (state["zoom"], state["on"])
    assert again["center"] == within_a_pixel(state["center"], state["zoom"])


def test_street_view_opens_at_the_nearest_picture_and_leads_on(desk: Desk, city_conn: Conn) -> None:
    rows = city_conn.execute("SELECT id, ST_X(geom), ST_Y(geom), heading_deg FROM hall.panorama ORDER BY id").fetchall()
    first, lon, lat, heading = rows[0]
    desk.open(f"z=16&c={lon:.5f},{lat:.5f}&l=open_events")
    chosen(desk, "street")
    desk.page.wait_for_selector(".street.ready", timeout=SLOW_MS)
    panorama, direction, _ = (int(part) for part in desk.run("() => hall.views.ways().sv").split(":"))
    assert (panorama, abs(direction - round(heading)) <= 1) == (first, True)
    assert "panoramas" in desk.state()["on"]
    assert desk.page.locator(".street-simulated").is_visible()
    step = desk.page.locator(".street-arrow").first
    other = step.get_attribute("data-to")
    step.dispatch_event("click")  # one that lies behind is not in view
    desk.page.wait_for_function("(id) => hall.views.ways().sv.startsWith(`${id}:`)", arg=other, timeout=SLOW_MS)
    desk.page.keyboard.press("Escape")
    desk.page.wait_for_selector(".street", state="detached")
    assert "sv" not in desk.state()["ways"]


def test_two_views_lie_beside_each_other_by_their_address(desk: Desk) -> None:
    desk.open(f"{CENTRE}&b=dark&l=open_events&cmp=light@30")
    line = desk.page.locator(".swipe-line")
    line.wait_for(timeout=SLOW_MS)
    desk.page.wait_for_selector(".swipe-bar", timeout=SLOW_MS)
    line.press("ArrowRight")
    desk.page.wait_for_function("hall.views.ways().cmp === 'light@32'")
    assert line.get_attribute("aria-label")
    assert desk.page.locator(".swipe-left").inner_text() == "矢量深色"
    assert desk.page.locator(".swipe-right").inner_text() == "矢量浅色"
    desk.page.locator(".swipe-bar [title='关闭']").click()
    desk.page.wait_for_selector(".swipe-line", state="detached")
    assert desk.state()["ways"] == {}


def test_without_graphics_a_card_says_so_and_the_plan_stays(new_desk: Desk) -> None:
    new_desk.page.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext = function (kind, ...more) { return kind.startsWith('webgl') ? null : get.call(this, kind, ...more); };"
    )
    new_desk.page.goto(f"{new_desk.url}/#{CENTRE}&v=3d")
    card = new_desk.page.locator(".view-card")
    card.wait_for(timeout=SLOW_MS)
    assert "不能显示三维画面" in card.inner_text()
    card.locator("button").click()
    assert card.count() == 0
    assert new_desk.page.locator("[data-view='plan']").get_attribute("aria-pressed") == "true"
    # what is looked at next is not covered by it
    new_desk.page.locator("[data-view='3d']").dispatch_event("click")
    card.wait_for(timeout=SLOW_MS)
    new_desk.run("() => hall.desk.board('report')")
    card.wait_for(state="detached", timeout=SLOW_MS)
