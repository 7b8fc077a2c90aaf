"""A reviewer at the queue of findings: the keys choose, accept and reject, and the case stands on the map."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest

from tests.browser.conftest import Desk
from tests.conftest import City
from tests.findings import picture
from tests.serving import Served

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
OPEN = "#detections-panel [data-open-detection]"


@pytest.fixture
def found(server: Served, city: City) -> Iterator[dict[str, int]]:
    """Two findings of two cameras: kind → id; the newer one stands first."""
    with psycopg.connect(city.url) as conn:
        conn.execute("DELETE FROM hall.detection")
        cameras = [row[0] for row in conn.execute("SELECT id FROM hall.camera WHERE online ORDER BY id LIMIT 2")]
    made: dict[str, int] = {}
    for kind, camera in zip(("fire", "posters"), cameras, strict=True):
        given: dict[str, Any] = {
            "analyser": "lab",
            "external_no": kind,
            "kind": kind,
            "camera_id": camera,
            "at": datetime.now(UTC).isoformat(),
            "confidence": 0.9,
            "box": [0.2, 0.3, 0.4, 0.5],
            "snapshot": base64.b64encode(picture()).decode(),
        }
        answer = httpx.post(f"{server.url}/api/v1/detections", json=given, headers=city.token("dispatcher"), timeout=60)
        assert answer.status_code == 201, answer.text
        made[kind] = answer.json()["id"]
    yield made
    with psycopg.connect(city.url) as conn:
        conn.execute("DELETE FROM hall.detection")


def shows(desk: Desk, detection_id: int) -> None:
    desk.page.wait_for_selector(f'{OPEN}[data-open-detection="{detection_id}"]', timeout=WAIT_MS)


def test_a_finding_is_rejected_and_one_accepted_by_keys_and_stands_on_the_map(new_desk: Desk, found: dict[str, int]) -> None:
    desk, page = new_desk, new_desk.page
    page.goto(f"{desk.url}/detections/")
    shows(desk, found["posters"])
    assert page.locator("#detections-list [data-detection]").count() == 2
    page.wait_for_function(f"() => document.querySelector('{OPEN} .det-picture img').naturalWidth === 640", timeout=WAIT_MS)
    box, image = (page.locator(f"{OPEN} {part}").bounding_box() for part in (".det-box", ".det-picture img"))
    assert box
    assert image
    assert (box["x"] - image["x"]) / image["width"] == pytest.approx(0.2, abs=0.02)
    assert box["height"] / image["height"] == pytest.approx(0.5, abs=0.03)
    page.keyboard.press("j")
    shows(desk, found["fire"])
    page.keyboard.press("k")
    shows(desk, found["posters"])
    page.keyboard.press("x")
    shows(desk, found["fire"])
    assert page.locator("#detections-list [data-detection]").count() == 1
    page.keyboard.press("a")
    page.wait_for_selector("#detections-result a", timeout=WAIT_MS)
    page.wait_for_selector("#detections-list .empty", timeout=WAIT_MS)
    place = page.locator("#detections-result a").get_attribute("href")
    assert place
    page.goto(f"{desk.url}{place}")
    page.wait_for_function("window.hall && window.hall.map", timeout=WAIT_MS)
    page.wait_for_selector("#panel-body [data-case]", state="attached", timeout=WAIT_MS)
    assert "火情" in page.locator("#panel h1").inner_text()
    case = desk.run("async () => hall.connection.json('/api/v1/events/' + document.querySelector('[data-case]').dataset.case)")
    assert (case["source"], case["state"]) == ("video_ai", "reported")


def test_an_empty_queue_says_so(new_desk: Desk) -> None:
    page = new_desk.page
    page.goto(f"{new_desk.url}/detections/")
    page.wait_for_selector("#detections-list .empty", timeout=WAIT_MS)
    assert "没有" in page.locator("#detections-list .empty").inner_text()
    assert page.locator("#detections-panel .empty").inner_text()
