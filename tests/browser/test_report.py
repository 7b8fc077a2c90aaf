"""What a dispatcher writes down and draws: a report with its place and photo, and a road that is closed along a line."""

import io

import httpx
import pytest
from PIL import Image

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
PLACE = (113.5446, 22.1945)
NEAR = f"z=17&c={PLACE[0]},{PLACE[1]}&b=dark&l=open_events"
ROAD = """async () => {
    const answer = await hall.connection.json('/api/v1/layers/roads?limit=200&bbox=113.540,22.190,113.549,22.199');
    const long = answer.features.find(({geometry}) => geometry.type === 'LineString' && geometry.coordinates.length > 3);
    return long.geometry.coordinates;
}"""


def photo() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (640, 480), (90, 110, 130)).save(content, "JPEG")
    return content.getvalue()


def write(desk: Desk, name: str, text: str) -> None:
    field = desk.page.locator(f"[data-report] :is(input, textarea)[data-field={name}]")
    field.fill(text)


def test_a_report_with_place_class_and_photo_becomes_a_case_beside_the_map(desk: Desk) -> None:
    desk.open(NEAR)
    desk.run("() => hall.desk.board('report')")
    desk.page.wait_for_selector("[data-report] [data-field=title]", timeout=WAIT_MS)
    desk.page.locator("[data-report-point]").dispatch_event("click")
    desk.click(*PLACE)
    desk.page.wait_for_selector(".hall-report-pin", state="attached", timeout=WAIT_MS)
    write(desk, "class_text", "暴露垃圾")
    desk.page.locator("[data-report-class]").first.wait_for(timeout=WAIT_MS)
    desk.page.locator("[data-report-class]").first.dispatch_event("click")
    write(desk, "title", "巷口垃圾堆放三天")
    desk.page.locator("[data-report] input[type=file]").set_input_files({"name": "near.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    desk.page.locator("[data-report-file]").dispatch_event("click")
    desk.page.wait_for_selector("#panel-body [data-case]", timeout=WAIT_MS)
    desk.page.wait_for_selector("#panel-body [data-photo]", state="attached", timeout=WAIT_MS)
    assert desk.run("() => document.querySelector('#panel h1').innerText") == "巷口垃圾堆放三天"
    case = desk.run("async () => hall.connection.json('/api/v1/events/' + document.querySelector('[data-case]').dataset.case)")
    assert (case["lon"], case["lat"]) == pytest.approx(PLACE, abs=1e-4)
    assert len(case["attachments"]) == 1
    desk.run("() => hall.desk.close()")


def test_a_report_without_a_place_says_what_is_missing(desk: Desk) -> None:
    desk.open(NEAR)
    desk.run("() => hall.desk.board('report')")
    desk.page.wait_for_selector("[data-report] [data-field=title]", timeout=WAIT_MS)
    desk.page.locator("[data-report-file]").dispatch_event("click")
    said = desk.page.locator("[data-report] .lack:not(:empty)")
    assert said.all_inner_texts() == ["请定位：点选，或在结果中选一个"]
    assert desk.run("() => document.activeElement.dataset.field") == "place_text"
    assert desk.run("() => document.activeElement.parentElement.parentElement.contains(document.querySelector('.lack:not(:empty)'))")
    assert desk.run("() => document.activeElement.getAttribute('aria-invalid')") == "true"
    # the place is put by a click on the map: nothing is missing there any more, the next field is told
    desk.page.locator("[data-report-point]").dispatch_event("click")
    desk.click(*PLACE)
    desk.page.wait_for_selector(".hall-report-pin", state="attached", timeout=WAIT_MS)
    assert said.count() == 0
    desk.page.locator("[data-report-file]").dispatch_event("click")
    assert said.all_inner_texts() == ["请在结果中选一个类别"]
    desk.run("() => hall.desk.close()")


def test_a_road_is_closed_along_a_line_and_opened_again(desk: Desk) -> None:
    desk.open(NEAR)
    line = desk.run(ROAD)
    first, last = line[0], line[1]
    middle = [(first[0] + last[0]) / 2, (first[1] + last[1]) / 2]
    desk.open(f"z=18&c={middle[0]},{middle[1]}&b=dark&l=open_events")
    desk.run("() => hall.roads.toggleClosure()")
    desk.page.keyboard.down("Shift")
    desk.click(*first)
    desk.page.keyboard.up("Shift")
    desk.click(*last)
    desk.page.wait_for_selector(".hall-closure-form input", timeout=WAIT_MS)
    desk.page.locator(".hall-closure-form input").fill("爆管抢修")
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector(".hall-closure-mark", state="attached", timeout=WAIT_MS)
    closures = desk.run("async () => (await hall.connection.json('/api/v1/closures')).closures")
    assert {item["reason"] for item in closures} == {"爆管抢修"}
    assert desk.page.locator(".hall-closure-mark").count() == 1
    desk.page.locator(".hall-closure-mark").first.dispatch_event("click")
    with desk.page.expect_response(lambda answer: answer.request.method == "DELETE") as told:
        desk.page.locator(".hall-closure-form .small").dispatch_event("click")
    assert told.value.status in {httpx.codes.OK, httpx.codes.NO_CONTENT}
    desk.page.wait_for_selector(".hall-closure-mark", state="detached", timeout=WAIT_MS)
    assert desk.run("async () => (await hall.connection.json('/api/v1/closures')).closures") == []
