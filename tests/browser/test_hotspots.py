"""Hot spots on the command map and on their page: what is asked stands in the address, noise stays quiet, a cell tells what it is made of."""

import re

from playwright.sync_api import Browser

from tests.browser.conftest import WAIT_MS, Desk
from tests.conftest import City
from tests.serving import Served

MODE = "import(hall.assets + 'hotspots/mode.js').then((mode) => mode.current())"
YEAR = "z=11.3&c=113.55,22.17&b=dark&l=open_events,events&hs=days.365"
TOLD = ".hs-told b"
WITHOUT_GL = """
const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) { return kind.startsWith('webgl') ? null : get.call(this, kind, ...rest); };
"""


def opened(desk: Desk, hash_text: str = YEAR) -> None:
    desk.open(hash_text)
    desk.page.wait_for_selector(TOLD, state="attached")
    desk.idle()


def test_cells_lie_below_the_events_and_what_is_more_than_chance_is_outlined(desk: Desk) -> None:
    opened(desk)
    found = desk.run(f"() => {MODE}")["found"]
    assert found["resolution"] == 8
    assert sum(cell["count"] for cell in found["cells"]) == found["total"] > 0
    drawn = desk.run(
        "() => hall.map.gl().getStyle().layers.map((layer) => [layer.id, (layer.metadata || {})['hall:layer'], (layer.metadata || {})['hall:part']])"
    )
    pins = [place for place, (_, layer, part) in enumerate(drawn) if layer == "open_events" and part in {"pin", "dot"}]
    assert [name for name, *_ in drawn].index("hotspot-fill") < min(pins)
    hot = [cell["h3"] for cell in found["cells"] if cell["significant"] and cell["z_score"] > 0]
    assert len(desk.run("() => hall.map.gl().getStyle().sources['hotspot-hot'].data.features")) == (1 if hot else 0)
    assert not desk.run("() => hall.map.choices.layers.events.visible"), "the same cases are not drawn twice"


def test_another_class_paints_anew_and_stands_in_the_address(desk: Desk) -> None:
    opened(desk)
    before = desk.run(f"() => {MODE}")
    desk.page.locator(".hs-rail select[name=major] option[value=city]").wait_for(state="attached")
    desk.page.locator(".hs-rail select[name=major]").select_option("city", force=True)
    desk.page.wait_for_function(f"(takes) => {MODE}.then((now) => now.takes > takes)", arg=before["takes"])
    after = desk.run(f"() => {MODE}")
    assert 0 < after["found"]["total"] < before["found"]["total"]
    desk.page.wait_for_function("decodeURIComponent(location.hash).includes('major.city')")


def test_a_cell_tells_its_cases_and_its_address_opens_it_again(desk: Desk) -> None:
    opened(desk)
    cell = max(desk.run(f"() => {MODE}")["found"]["cells"], key=lambda one: one["count"])
    desk.run("(h3) => import(hall.assets + 'hotspots/mode.js').then((mode) => mode.open(h3))", cell["h3"])
    desk.page.wait_for_selector("#panel .hs-verdict", state="attached")
    assert f"{cell['count']:,} 件" in desk.page.locator("#panel .hs-cell header").inner_text()
    assert desk.page.locator("#panel .chart-matrix").count() == 1
    assert desk.page.locator("#panel [data-open^='events/']").count() > 0
    desk.page.wait_for_function("(h3) => decodeURIComponent(location.hash).includes(`cell.${h3}`)", arg=cell["h3"])
    opened(desk, desk.run("() => location.hash.slice(1)"))
    desk.page.wait_for_selector(f"#panel [data-hotspot-cell='{cell['h3']}'] .hs-verdict", state="attached")


def test_leaving_gives_the_map_back(desk: Desk) -> None:
    opened(desk)
    desk.run("() => document.querySelector('.hs-rail header button').click()")
    desk.page.wait_for_function("!location.hash.includes('hs=')")
    desk.idle()
    assert not desk.run("() => hall.map.gl().getStyle().layers.some((layer) => layer.id.startsWith('hotspot'))")
    assert desk.run("() => hall.map.choices.layers.events.visible")


def test_without_a_canvas_the_list_tells(chromium: Browser, server: Served, city: City) -> None:
    context = chromium.new_context(viewport={"width": 1100, "height": 640})
    context.set_default_timeout(WAIT_MS)
    account = city.accounts["dispatcher"]
    context.request.post(f"{server.url}/api/v1/session", data={"username": account["username"], "password": account["password"]})
    page = context.new_page()
    page.add_init_script(WITHOUT_GL)
    page.goto(f"{server.url}/#{YEAR}")
    page.wait_for_selector(TOLD, state="attached")
    number = page.locator(".hs-told b").first.inner_text()
    assert re.fullmatch(r"[\d,]+", number)
    assert number != "0"
    context.close()


def test_the_page_sets_two_periods_side_by_side_and_tests_itself(new_desk: Desk) -> None:
    page = new_desk.page
    page.goto(f"{new_desk.url}/hotspots/#days.365;resolution.8")
    page.wait_for_selector(".hsp-pair")
    assert page.locator("svg.hsp-map").count() == 2
    left, right = (page.locator("svg.hsp-map").nth(place).locator(".hsp-cell").count() for place in (0, 1))
    assert left == right > 10
    page.locator(".hsp-run").click()
    page.wait_for_selector(".hsp-table.backtest")
    text = page.locator(".hsp-table.backtest").inner_text()
    assert "本系统" in text
    assert "PAI" in text
