"""Forms that scripts draw, in a browser, with the interface's answers given here: weights of the evaluation, and alarms at the screens' controller."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from geodata.settings import ROOT

pytestmark = pytest.mark.browser
HALL = """
window.hall = {
  origin: '', t: (key, values) => key + JSON.stringify(values || ''), texts: async () => {}, on() {}, notice() {}, clockTime: () => '18:00',
  element(name, attributes = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) key === 'text' ? (node.textContent = value) : node.setAttribute(key, value);
    node.append(...children.flat());
    return node;
  },
};
"""
FIELD = '<div class="an-weights-row"><input type="number" {} min="{}" max="{}" step="any" value="{}"></div>'
WEIGHTS = "".join(
    (
        '<div data-weights-form="department">',
        FIELD.format('data-weight="closing_rate" data-shipped="30"', 0, 100, 30),
        FIELD.format('data-weight="rework_rate" data-shipped="70"', 0, 100, 70),
        '<div class="an-weights-total"><b class="an-weights-sum"></b><span class="an-weights-off"></span></div>',
        FIELD.format('data-limit="verify_send_minutes" data-shipped="15"', 1, 1440, 15),
        '<p class="an-weights-said"></p><button data-weights="save">s</button></div>',
    )
)


@pytest.fixture
def bare(chromium: Browser) -> Iterator[Callable[[str, Callable[[str, str], Any]], Page]]:
    """A page with this body, our scripts, and somebody who answers method and path."""
    context = chromium.new_context()

    def opened(body: str, answers: Callable[[str, str], Any]) -> Page:
        def answer(route: Route) -> None:
            path = route.request.url.removeprefix("http://hall.test")
            if path.startswith("/assets/"):
                route.fulfill(status=200, content_type="text/javascript", body=(ROOT / path.lstrip("/")).read_text())
            elif path.startswith("/api/"):
                told = answers(f"{route.request.method} {path}", route.request.post_data or "")
                route.fulfill(status=200, content_type="application/json", body=json.dumps(told))
            else:
                route.fulfill(status=200, content_type="text/html", body=f"<script>{HALL}</script>{body}")

        page = context.new_page()
        page.route("**/*", answer)
        page.goto("http://hall.test/")
        return page

    yield opened
    context.close()


def test_weights_are_added_up_and_written_only_when_they_are_right(bare: Callable[[str, Callable[[str, str], Any]], Page]) -> None:
    written: list[dict[str, Any]] = []
    page = bare(WEIGHTS, lambda _asked, body: written.append(json.loads(body)))
    page.evaluate(
        "async () => (await import('/assets/analysis/weights.js')).begin(document.querySelector('[data-weights-form]'), () => (window.done = true))"
    )
    assert page.locator(".an-weights-sum").inner_text() == "100 %"
    page.fill("[data-weight=closing_rate]", "50")
    assert "weights_over" in page.locator(".an-weights-off").inner_text()
    page.fill("[data-limit]", "0")
    page.click("[data-weights=save]")
    assert "weights_cannot" in page.locator(".an-weights-said").inner_text()
    assert page.locator(".an-weights-row[data-wrong]").count() == 1
    assert written == []
    page.fill("[data-limit]", "20")
    page.fill("[data-weight=rework_rate]", "50")
    page.click("[data-weights=save]")
    page.wait_for_function("window.done")
    assert written == [{"weights": {"department": {"closing_rate": 50, "rework_rate": 50}}, "verify_send_minutes": 20}]


def test_an_alarm_that_was_acknowledged_asks_no_more(bare: Callable[[str, Callable[[str, str], Any]], Page]) -> None:
    case = {"id": 7, "title": "x", "level": 1, "place_text": "p", "acknowledged_at": None, "acknowledged_by": ""}
    screens = {"at": "2026-11-23T10:00:00Z", "items": [], "scenes": ["overview"], "may_set_up": False, "may_switch": True}

    def answers(asked: str, _body: str) -> Any:
        if asked == "POST /api/v1/wall/events/7/acknowledge":
            case.update(acknowledged_at="2026-11-23T10:00:00Z", acknowledged_by="li")
        if asked == "GET /api/v1/screens":
            return {**screens, "programmes": [{"id": 1, "name": "n", "steps": []}]}
        return {"items": []} if "history" in asked else {"mode": "peace", "proposals": [case]}

    page = bare("<div id=root></div>", answers)
    page.evaluate("async () => (await import('/assets/screens/screens.js')).mount(document.getElementById('root'))")
    page.click(".hs-proposal button")
    page.wait_for_selector(".hs-proposal.seen")
    assert page.locator(".hs-proposal button").count() == 0
    assert '"name":"li"' in page.locator(".hs-proposal").inner_text()


def test_the_hall_is_switched_only_with_a_case_and_a_reason(bare: Callable[[str, Callable[[str, str], Any]], Page]) -> None:
    screens = {"at": "2026-11-23T10:00:00Z", "items": [], "scenes": ["overview"], "may_set_up": False, "may_switch": True}
    switched: list[dict[str, Any]] = []

    def answers(asked: str, body: str) -> Any:
        if asked == "POST /api/v1/mode":
            switched.append(json.loads(body))
        if asked == "GET /api/v1/screens":
            return {**screens, "programmes": [{"id": 1, "name": "n", "steps": []}]}
        return {"items": []} if "history" in asked else {"mode": "peace", "proposals": []}

    page = bare("<div id=root></div>", answers)
    page.evaluate("async () => (await import('/assets/screens/screens.js')).mount(document.getElementById('root'))")
    lack = page.locator(".hs-lack")
    page.click(".hs-mode .danger")
    assert "screens.lack.case" in lack.inner_text()
    assert page.locator(".hs-mode input").get_attribute("aria-invalid") == "true"
    page.fill(".hs-mode input", "7")
    page.fill(".hs-mode textarea", " a ")
    page.click(".hs-mode .danger")
    assert "screens.lack.reason" in lack.inner_text()
    assert page.locator(".hs-mode input").get_attribute("aria-invalid") is None
    assert switched == []
    page.fill(".hs-mode textarea", "gas leak")
    page.click(".hs-mode .danger")
    page.wait_for_function("document.querySelector('.hs-said').textContent !== ''")
    assert switched == [{"mode": "emergency", "event_id": 7, "reason": "gas leak"}]


def test_who_only_sets_screens_up_asks_for_no_past_emergencies(bare: Callable[[str, Callable[[str, str], Any]], Page]) -> None:
    asked: list[str] = []

    def answers(path: str, _body: str) -> Any:
        asked.append(path)
        if path == "GET /api/v1/screens":
            empty = {"at": "2026-11-23T10:00:00Z", "items": [], "scenes": ["overview"], "may_set_up": True, "may_switch": False}
            return {**empty, "programmes": [{"id": 1, "name": "n", "steps": []}]}
        return {"items": []} if "history" in path else {"mode": "peace", "proposals": []}

    page = bare("<div id=root></div>", answers)
    page.evaluate("async () => (await import('/assets/screens/screens.js')).mount(document.getElementById('root'))")
    page.wait_for_selector(".hs-mode header")
    assert not [path for path in asked if "history" in path]
