"""Drawing, measuring, coordinates, and what happens when something fails."""

import math
from itertools import pairwise

import numpy as np
import pytest
from pyproj import Geod, Transformer

from geodata import crs
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser
CENTRE = "z=16&c=113.5446,22.1945&l=open_events"
LON, LAT = 113.5446, 22.1945
WGS84 = Geod(ellps="WGS84")


def test_a_drag_with_the_circle_tool_draws_a_circle_in_metres(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.page.keyboard.press("c")
    x, y = desk.at(LON, LAT)
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    desk.page.mouse.move(x + 60, y, steps=4)
    desk.page.mouse.move(x + 120, y, steps=4)
    desk.page.mouse.up()
    desk.page.wait_for_function("window.written.shape")
    shape = desk.store("shape")
    metres_per_pixel = 78271.51696 * math.cos(math.radians(LAT)) / 2**16
    assert shape["type"] == "circle"
    assert shape["radius_m"] == pytest.approx(120 * metres_per_pixel, rel=0.02)
    assert (shape["lon"], shape["lat"]) == pytest.approx((LON, LAT), abs=2e-5)
    assert desk.page.locator(".hall-tag.chosen").inner_text().startswith("半径")
    desk.page.wait_for_function("() => hall.tools.active() === null")


def test_a_click_with_the_circle_tool_draws_300_metres(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.page.keyboard.press("c")
    desk.click(LON, LAT)
    desk.page.wait_for_function("window.written.shape")
    assert desk.store("shape")["radius_m"] == 300
    assert desk.store("pick") is None


def test_the_radius_follows_the_handle_and_the_page(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.run("() => hall.draw.circleAround(hall.map.leaflet().getCenter(), 100)")
    box = desk.page.locator(".hall-handle").bounding_box()
    assert box
    x, y = box["x"] + 9, box["y"] + 9
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    desk.page.mouse.move(x + 40, y, steps=4)
    desk.page.mouse.move(x + 60, y, steps=4)
    desk.page.mouse.up()
    desk.page.wait_for_function("window.written.shape.radius_m > 150")
    desk.run("() => hall.draw.setRadius(500)")
    assert desk.store("shape")["radius_m"] == 500
    desk.run("() => hall.draw.clear()")
    assert desk.store("shape") is None


def test_a_polygon_is_closed_and_says_its_area(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.page.keyboard.press("p")
    corners = [(113.5440, 22.1940), (113.5450, 22.1940), (113.5450, 22.1950)]
    for corner in [*corners, corners[0]]:
        desk.page.mouse.move(*desk.at(*corner))
        desk.page.wait_for_timeout(60)
        desk.click(*corner)
    desk.page.wait_for_function("window.written.shape")
    shape = desk.store("shape")
    ring = shape["geometry"]["coordinates"][0]
    assert shape["type"] == "region"
    assert ring[0] == ring[-1]
    assert len(ring) == 4
    true_area, _ = WGS84.polygon_area_perimeter(*zip(*corners, strict=True))
    assert shape["area_m2"] == pytest.approx(abs(true_area), rel=0.03)


def test_a_line_becomes_a_corridor_with_its_width(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.run("() => hall.draw.start('line')")
    for corner in ((113.5440, 22.1940), (113.5450, 22.1945), (113.5450, 22.1945)):
        desk.page.mouse.move(*desk.at(*corner))
        desk.page.wait_for_timeout(60)
        desk.click(*corner)
    desk.page.wait_for_function("window.written.shape")
    shape = desk.store("shape")
    assert (shape["type"], shape["geometry"]["type"], shape["buffer_m"]) == ("corridor", "LineString", 50)
    assert shape["length_m"] == pytest.approx(117, abs=3)


def test_a_distance_is_measured_along_the_ellipsoid(desk: Desk) -> None:
    desk.open(CENTRE)
    line = [(113.5436, 22.1940), (113.5456, 22.1940), (113.5456, 22.1950)]
    exact = sum(WGS84.inv(*start, *end)[2] for start, end in pairwise(line))
    assert desk.run("(line) => hall.geodesy.length(line)", line) == pytest.approx(exact, abs=0.01)
    desk.page.keyboard.press("m")
    for corner in line:
        desk.click(*corner)
        desk.page.wait_for_timeout(300)
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector(".hall-measured")
    assert desk.page.locator(".hall-measured").inner_text().strip() == f"{round(exact)} 米"
    assert desk.store("pick") is None
    desk.page.keyboard.press("Escape")
    desk.page.wait_for_selector(".hall-measured", state="detached")


def test_areas_agree_with_the_ellipsoid(desk: Desk) -> None:
    desk.open(CENTRE)
    ring = [(113.53, 22.18), (113.56, 22.18), (113.56, 22.21), (113.53, 22.21)]
    exact, _ = WGS84.polygon_area_perimeter(*zip(*ring, strict=True))
    assert desk.run("(ring) => hall.geodesy.area(ring)", ring) == pytest.approx(exact, rel=1e-5)


def test_the_three_systems_agree_with_the_importer(desk: Desk) -> None:
    desk.open(CENTRE)
    wgs, gcj, plane = desk.run("([lng, lat]) => hall.coordinates.systems({lng, lat})", [LON, LAT])
    assert wgs == {"system": "WGS 84", "text": "113.544600, 22.194500"}
    lon, lat = crs.to_wgs84(*(np.array([float(part)]) for part in gcj["text"].split(", ")), "gcj02")
    assert (lon[0], lat[0]) == pytest.approx((LON, LAT), abs=2e-6)
    easting, northing = Transformer.from_crs(4490, 4547, always_xy=True).transform(LON, LAT)
    assert plane["system"] == "EPSG:4547"
    assert [float(part) for part in plane["text"].split(", ")] == pytest.approx([easting, northing], abs=0.06)


def test_a_right_click_offers_the_coordinates_to_copy(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.page.mouse.click(*desk.at(LON, LAT), button="right")
    desk.page.get_by_role("menuitem").nth(1).click()
    desk.page.wait_for_selector(".hall-notice")
    copied = desk.run("() => navigator.clipboard.readText()")
    assert [float(part) for part in copied.split(", ")] == pytest.approx([LON, LAT], abs=2e-5)


def test_the_own_position_is_shown_on_demand(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.page.locator(".hall-tool").first.click()
    desk.page.wait_for_selector(".hall-here")


def test_a_lost_connection_is_said_and_ends_by_itself(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.page.route("**/tiles/**", lambda route: route.abort())
    desk.run("() => hall.connection.retry()")
    desk.page.wait_for_selector(".hall-notice.error")
    assert "连接中断" in desk.page.locator(".hall-notice.error").inner_text()
    desk.page.unroute("**/tiles/**")
    desk.page.wait_for_function("() => !document.querySelector('.hall-notice.error')")
    assert desk.run("() => hall.connection.state()") == "ok"


def test_a_session_that_is_over_leads_to_the_sign_in_page(new_desk: Desk) -> None:
    new_desk.load(CENTRE)
    new_desk.page.route("**/tiles/catalog.json", lambda route: route.fulfill(status=401, body="{}"))
    new_desk.run("() => hall.connection.retry()")
    new_desk.page.wait_for_selector(".hall-notice.error")
    assert new_desk.page.locator(".hall-notice-action").inner_text() == "登录"


def test_a_lost_canvas_comes_back(new_desk: Desk) -> None:
    new_desk.load(CENTRE)
    new_desk.run(
        "() => { window.lost = hall.map.gl().getCanvas().getContext('webgl2').getExtension('WEBGL_lose_context'); window.lost.loseContext(); }"
    )
    new_desk.page.wait_for_selector(".hall-notice.warn")
    new_desk.run("() => window.lost.restoreContext()")
    new_desk.page.wait_for_function("() => !document.querySelector('.hall-notice.warn')")
    new_desk.idle()
    assert new_desk.run("() => hall.map.gl().queryRenderedFeatures().length") > 0


def test_without_webgl_the_page_says_so_and_pins_still_work(new_desk: Desk) -> None:
    new_desk.page.add_init_script(
        "const real = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        " return kind.startsWith('webgl') ? null : real.call(this, kind, ...more); };"
    )
    new_desk.load(CENTRE)
    assert "无法绘制地图" in new_desk.page.locator(".hall-notice.error").inner_text()
    new_desk.run("() => hall.map.showResults([{n: 1, lon: 113.5440, lat: 22.1947, label: '百老汇中心'}])")
    assert new_desk.page.locator(".hall-result").count() == 1


def test_both_catalogues_hold_the_same_keys_and_the_scripts_ask_for_no_other(desk: Desk) -> None:
    desk.open(CENTRE)
    wanted = set(
        desk.run("() => Array.from(document.querySelectorAll('[data-t], [data-t-title]'), node => node.dataset.t || node.dataset.tTitle)")
    )
    assert all(desk.run("(key) => hall.t(key)", key) for key in wanted)


def test_a_new_major_event_pulses_for_eight_seconds(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.run("([lon, lat]) => hall.pulse.at(lon, lat, 1)", [LON, LAT])
    assert desk.page.locator(".hall-pulse").count() == 1
    desk.page.wait_for_timeout(7000)
    assert desk.page.locator(".hall-pulse").count() == 1
    desk.page.wait_for_selector(".hall-pulse", state="detached")
