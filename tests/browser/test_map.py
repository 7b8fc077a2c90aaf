"""The command map as a dispatcher meets it: layers, address, picking, keyboard."""

import pytest

from geodata.db import Conn
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser
CENTRE = "z=16&c=113.5446,22.1945"


def test_a_layer_that_was_shown_comes_back_without_a_request(desk: Desk) -> None:
    desk.open(f"{CENTRE}&l=open_events,workers")
    desk.run("() => hall.map.setLayer('workers', {visible: false})")
    desk.idle()
    desk.forget()
    for visible in (True, False, True):
        desk.run("(visible) => hall.map.setLayer('workers', {visible})", visible)
        desk.idle()
    desk.run("() => hall.map.setLayer('workers', {opacity: 0.5})")
    desk.idle()
    assert [url for url in desk.asked() if "/workers/" in url or "/counts" in url] == []


def test_a_link_reopens_the_same_view(new_desk: Desk, city_conn: Conn) -> None:
    row = city_conn.execute(
        "SELECT id, ST_X(geom), ST_Y(geom) FROM hall.camera ORDER BY geom <-> 'SRID=4326;POINT(113.5446 22.1945)' LIMIT 1"
    )
    camera, lon, lat = row.fetchone() or ()
    chosen = f"s=cameras:{camera}:{lon:.6f}:{lat:.6f}"
    new_desk.load(f"z=15.5&c=113.54460,22.19450&b=light&l=cameras,workers&o=cameras:60&f.workers.status=free,busy&{chosen}&lang=zh")
    state = new_desk.state()
    assert state["zoom"] == 15.5
    assert state["center"] == pytest.approx([113.5446, 22.1945], abs=1e-5)
    assert (state["base"], sorted(state["on"])) == ("light", ["cameras", "workers"])
    assert (state["opacity"], state["filters"]) == ({"cameras": 0.6}, {"workers": {"status": "free,busy"}})
    assert state["selection"]["id"] == camera
    new_desk.page.wait_for_function("location.hash.includes('b=light')")
    again = new_desk.run("() => hall.url.write(hall.map.view())")
    assert "f.workers.status=free,busy" in again
    assert "o=cameras:60" in again
    assert f"s=cameras:{camera}:" in again


def test_a_filter_is_part_of_the_address_of_tiles_and_no_address_is_asked_for_twice(desk: Desk) -> None:
    desk.open(f"{CENTRE}&l=workers")
    desk.forget()
    for status in ("free", "busy", "free"):
        desk.run("(status) => hall.map.setLayer('workers', {filter: {status}})", status)
        desk.idle()
    asked = [url for url in desk.asked() if "/tiles/workers/" in url]
    assert any("status=free&v=" in url for url in asked)
    assert len(asked) == len(set(asked))


def test_a_first_visit_loads_no_font_that_only_other_pages_and_panels_write(new_desk: Desk) -> None:
    new_desk.load(CENTRE)
    loaded = new_desk.run(
        "() => performance.getEntriesByType('resource').map(({name}) => /fonts[/](.+)[.][0-9a-f]+[.]woff/.exec(name)?.[1])"
    )
    assert {"ui-400", "ui-500", "map-400"} <= set(loaded)
    assert not {f"{part}-500" for part in ("cases", "parts", "data", "rest")} & set(loaded)
    assert not {"data-400", "rest-400"} & set(loaded)


def test_a_click_on_an_event_tells_the_page_which(desk: Desk) -> None:
    desk.open(f"{CENTRE}&l=open_events")
    lon, lat, number = desk.run(
        "() => { const [one] = hall.map.gl().querySourceFeatures('open_events', {sourceLayer: 'open_events'})"
        ".filter(f => hall.map.leaflet().getBounds().pad(-0.2).contains([f.geometry.coordinates[1], f.geometry.coordinates[0]]));"
        " return [...one.geometry.coordinates, one.id]; }",
    )
    desk.click(lon, lat)
    desk.page.wait_for_function("window.written.pick || document.querySelector('.hall-chooser')")
    if desk.run("() => !window.written.pick"):
        desk.page.locator(".hall-chooser [role=option]").first.click()
    pick = desk.store("pick")
    assert pick["layer"] == "open_events"
    assert isinstance(pick["id"], int)
    assert desk.state()["selection"]["id"] == pick["id"]
    assert number > 0


def test_a_click_beside_everything_takes_no_object(desk: Desk) -> None:
    desk.open("z=14&c=113.5900,22.1800&l=open_events")
    desk.page.wait_for_timeout(1_000)  # a panel that has just closed gives its room back to the map
    desk.click(113.5900, 22.1800)
    desk.page.wait_for_function("'pick' in window.written")
    assert desk.store("pick") is None


def test_several_objects_at_one_place_are_offered_in_a_list(desk: Desk) -> None:
    desk.open("z=17&c=113.5446,22.1945&l=workers")
    desk.run(
        "() => hall.chooser.open(hall.map.leaflet().getCenter(), [1, 2].map(id => ({layer: 'workers', id, part: 'unit', n: 1, lon: 113.5446,"
        " lat: 22.1945, properties: {}})), hall.pick.open)",
    )
    desk.page.keyboard.press("ArrowDown")
    desk.page.keyboard.press("ArrowDown")
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_function("window.written.pick")
    assert desk.store("pick")["id"] == 2
    desk.page.wait_for_selector(".hall-chooser", state="detached")


def test_escape_closes_only_what_is_on_top(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.page.keyboard.press("c")
    assert desk.run("() => hall.draw.active()") == "circle"
    desk.page.keyboard.press("?")
    assert desk.page.locator("dialog.hall-help").is_visible()
    desk.page.keyboard.press("Escape")
    desk.page.wait_for_selector("dialog.hall-help", state="detached")
    assert desk.run("() => hall.draw.active()") == "circle"
    desk.page.keyboard.press("Escape")
    assert desk.run("() => hall.draw.active()") is None


def test_shortcuts_are_silent_while_a_field_has_the_focus(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.page.keyboard.press("/")
    assert desk.run("() => document.activeElement.id") == "search-box"
    desk.page.keyboard.type("mc+")
    assert desk.run("() => hall.tools.active()") is None
    assert desk.page.locator("#search-box").input_value() == "mc+"


def test_keys_zoom_and_open_saved_views(desk: Desk) -> None:
    desk.open(f"{CENTRE}&l=workers")
    desk.run("() => hall.views.save('汛期值守')")
    desk.page.keyboard.press("+")
    desk.page.wait_for_function("hall.map.view().zoom === 17")
    desk.run("() => hall.map.setLayer('workers', {visible: false})")
    desk.page.keyboard.press("1")
    desk.page.wait_for_function("hall.map.view().zoom === 16")
    assert desk.state()["on"] == ["workers"]


def test_the_theme_changes_without_a_new_tile(desk: Desk) -> None:
    desk.open(f"{CENTRE}&l=open_events")
    desk.forget()
    desk.run("() => hall.map.setTheme('light')")
    desk.idle()
    assert desk.run("() => document.documentElement.dataset.theme") == "light"
    assert [url for url in desk.asked() if "/tiles/" in url and "catalog" not in url and "counts" not in url] == []


def test_compare_dims_what_the_filter_leaves_out(desk: Desk) -> None:
    desk.open(f"{CENTRE}&l=workers&f.workers.status=free")
    few = desk.run("() => hall.map.gl().querySourceFeatures('workers', {sourceLayer: 'workers'}).length")
    desk.run("() => hall.map.dim('workers', true)")
    desk.idle()
    both = desk.run(
        "() => ['workers', 'workers~matching'].map(source => hall.map.gl().querySourceFeatures(source, {sourceLayer: 'workers'}).length)",
    )
    assert both[1] == few
    assert both[0] >= few


def test_a_moved_revision_fetches_that_layer_and_no_other(desk: Desk) -> None:
    desk.open(f"{CENTRE}&l=workers,open_events")
    desk.forget()
    desk.run("() => hall.map.setRevisions({workers: 'moved'})")
    desk.idle()
    tiles = [url for url in desk.asked() if ".mvt" in url]
    assert tiles
    assert all("/tiles/workers/" in url and url.endswith("v=moved") for url in tiles)


def test_the_view_stays_where_it_is_when_a_target_is_already_well_in_it(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.run("() => hall.map.flyTo(113.5448, 22.1947, {zoom: 16})")
    assert desk.state()["center"] == pytest.approx([113.5446, 22.1945], abs=1e-5)
    desk.run("() => hall.map.flyTo(113.5560, 22.1630, {zoom: 16})")
    desk.page.wait_for_timeout(400)
    assert desk.state()["center"] == pytest.approx([113.5560, 22.1630], abs=1e-4)


def test_the_map_keeps_its_corner_when_a_panel_takes_room(desk: Desk) -> None:
    desk.open(CENTRE)
    corner = "() => { const {lat, lng} = hall.map.leaflet().containerPointToLatLng([0, 0]); return [lng, lat]; }"
    before = desk.run(corner)
    desk.run("() => { hall.map.leaflet().getContainer().style.right = '200px'; }")
    desk.page.wait_for_timeout(300)
    assert desk.run(corner) == pytest.approx(before, abs=1e-6)


def test_numbered_pins_stand_for_search_hits(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.run("() => hall.map.showResults([{n: 1, lon: 113.5440, lat: 22.1947, label: '百老汇中心', layer: 'buildings', id: 5}])")
    pin = desk.page.locator(".hall-result")
    assert pin.inner_text() == "1"
    pin.click()
    desk.page.wait_for_function("window.written.pick")
    assert desk.store("pick")["layer"] == "buildings"
