"""The desk around the map as a dispatcher uses it: panels, search, filters, selection, language."""

import re
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import Desk, within_a_pixel

pytestmark = pytest.mark.browser
CENTRE = "z=16&c=113.5446,22.1945&l=open_events"
CORNER = "() => { const {lng, lat} = hall.map.leaflet().containerPointToLatLng([0, 0]); return [lng, lat]; }"
"""Position in the upper left corner, which stays when the map gets wider or narrower."""
WORST = """
async () => {
  const {features} = await hall.connection.json('/api/v1/layers/open_events?limit=1');
  const [feature] = features;
  return {id: feature.id, lon: feature.geometry.coordinates[0], lat: feature.geometry.coordinates[1], title: feature.properties.title};
}
"""


def shown(desk: Desk, selector: str) -> str:
    """Text of the first such element of the panel, once it is there and the panel rests."""
    desk.page.wait_for_function(
        "(selector) => document.querySelector(selector) && !document.querySelector('#panel.busy')",
        arg=f"#panel {selector}",
    )
    return str(desk.run("(selector) => document.querySelector(selector).innerText", f"#panel {selector}"))


def marked(desk: Desk, row_id: int) -> None:
    """Wait until the map has marked the row that the panel shows, and has come to rest."""
    desk.page.wait_for_function("(id) => hall.map.view().selection?.id === id && hall.map.view().selection.label", arg=row_id)
    desk.idle()


def press(desk: Desk, selector: str) -> None:
    """Click without waiting for the map to rest: software drawing keeps the page busy."""
    desk.page.locator(selector).first.dispatch_event("click")


def close(desk: Desk) -> None:
    desk.run("() => hall.desk.close()")


def test_a_case_opens_beside_the_map_and_leaves_it_where_it_was(desk: Desk) -> None:
    desk.open(CENTRE)
    case = desk.run(WORST)
    desk.run("({id}) => hall.desk.pick(`open_events/${id}`)", case)
    assert case["title"] in shown(desk, "h1")
    assert shown(desk, ".steps .now")
    marked(desk, case["id"])
    before = desk.run(CORNER)
    desk.page.keyboard.press("Escape")
    desk.page.wait_for_function("!document.getElementById('frame').classList.contains('with-panel')")
    assert desk.run(CORNER) == pytest.approx(before, abs=1e-5)
    assert desk.state()["selection"] is None


def test_links_lead_on_and_back(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.run(
        "async () => { const {features} = await hall.connection.json('/api/v1/layers/base_grids?limit=1'); hall.desk.pick('base_grids/' + features[0].id); }"
    )
    desk.page.wait_for_selector("#panel .inside-cell", state="attached")
    grid = shown(desk, "h1")
    press(desk, "#panel .kind [data-open^=streets]")
    desk.page.wait_for_function("(name) => !document.querySelector('#panel h1').innerText.includes(name)", arg=grid)
    press(desk, "#panel [data-back]")
    desk.page.wait_for_function("(name) => document.querySelector('#panel h1').innerText.includes(name)", arg=grid)
    close(desk)


def test_a_circle_counts_every_class_and_follows_its_radius(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.run("() => hall.draw.circleAround(L.latLng(22.1945, 113.5446), 300)")
    assert "0.28 km²" in shown(desk, ".selection-facts")
    classes = len(desk.run("() => [...document.querySelectorAll('#panel .class-row')].map((row) => row.innerText)"))
    assert classes == len(desk.run("() => hall.map.layers()")) + 1  # and rooms
    press(desk, "#panel [data-radius='500']")
    desk.page.wait_for_function("document.querySelector('#panel .selection-facts').innerText.includes('0.79')")
    press(desk, "#panel [data-unfold='buildings']")
    desk.page.wait_for_selector("#panel .class-body .line", state="attached")
    close(desk)
    assert desk.run("() => hall.shape.current()") is None


def test_a_filter_narrows_map_and_list_alike(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.run("() => hall.desk.filter('open_events')")
    shown(desk, ".filter-figure")
    press(desk, "#panel .filter-chip[data-filter-value='4']")
    desk.page.wait_for_function(
        "document.querySelector('#panel .filter-chip[data-filter-value=\"4\"]').getAttribute('aria-pressed') === 'true'"
    )
    matching, total = re.findall(r"\d+", shown(desk, ".filter-figure"))
    assert 0 < int(matching) < int(total)
    assert desk.state()["filters"] == {"open_events": {"level": "4"}}
    press(desk, "#panel [data-filter-clear]")
    desk.page.wait_for_function("!document.querySelector('#panel [data-filter-clear]')")
    assert desk.state()["filters"] == {}
    close(desk)


def test_search_by_keyboard_opens_what_was_found(desk: Desk) -> None:
    desk.open(CENTRE)
    name = desk.run("async () => (await hall.connection.json('/api/v1/layers/streets?limit=1')).features[0].properties.name")
    desk.page.keyboard.press("/")
    desk.page.keyboard.type(name)
    desk.page.wait_for_selector(".search-hit", state="attached")
    desk.page.wait_for_function("(name) => document.querySelector('.search-hit').innerText.includes(name)", arg=name)
    desk.page.keyboard.press("ArrowDown")
    desk.page.keyboard.press("Enter")
    assert shown(desk, "h1")
    assert desk.run("() => document.getElementById('search-list').hidden")
    close(desk)


def test_the_language_changes_without_losing_the_view(desk: Desk) -> None:
    desk.open(CENTRE)
    case = desk.run(WORST)
    desk.run("({id}) => hall.desk.pick(`open_events/${id}`)", case)
    shown(desk, ".steps")
    marked(desk, case["id"])
    before = desk.state()
    press(desk, "[data-set-language]")
    desk.page.wait_for_function(
        "document.querySelector('.brand b').innerText === 'Hallmap' && document.querySelector('#panel .steps')?.innerText.includes('Report')"
    )
    desk.page.wait_for_function("document.querySelector('.counter')?.innerText.includes('To file')")
    after = desk.state()
    assert after["center"] == within_a_pixel(before["center"], before["zoom"])
    assert after["selection"]["id"] == case["id"]
    press(desk, "[data-set-language]")
    desk.page.wait_for_function("document.querySelector('.brand b').innerText === '一张图'")
    close(desk)


def test_clear_values_leave_the_page_with_their_dialog(desk: Desk) -> None:
    desk.open(CENTRE)
    desk.run(
        "async () => { const {features} = await hall.connection.json('/api/v1/layers/people?limit=1'); hall.desk.pick('people/' + features[0].id); }"
    )
    desk.page.wait_for_selector("#panel [data-unmask]", state="attached")
    press(desk, "#panel [data-unmask]")
    press(desk, "[data-reason]")
    press(desk, "[data-unmask-read]")
    desk.page.wait_for_selector(".clear-row", state="attached")
    desk.page.keyboard.press("Escape")
    desk.page.wait_for_function("!document.querySelector('.clear-row') && !document.getElementById('unmask-dialog').open")
    assert desk.run("() => document.getElementById('frame').classList.contains('with-panel')")
    close(desk)


def test_no_request_leaves_the_host(new_desk: Desk) -> None:
    new_desk.load(CENTRE)
    assert {urlsplit(request.url).netloc for request in new_desk.requests if request.url.startswith("http")} == {
        urlsplit(new_desk.url).netloc
    }
