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


@pytest.fixture
def counted(city: City) -> Iterator[list[int]]:
    """One camera that is counted, with a last number, and one that is not yet; no finding waits."""
    with psycopg.connect(city.url) as conn:
        cameras = [row[0] for row in conn.execute("SELECT id FROM hall.camera WHERE stream_ref IS NOT NULL ORDER BY id LIMIT 2")]
        conn.execute("DELETE FROM hall.analysis_plan")
        conn.execute("INSERT INTO hall.analysis_plan (camera_id, alarm_at, clear_at, zone) VALUES (%s, 8, 5, '{0,0,1,0,1,1}')", cameras[:1])
        conn.execute("INSERT INTO hall.camera_count VALUES (%s, now() - interval '30 s', 9)", cameras[:1])
    yield cameras
    with psycopg.connect(city.url) as conn:
        conn.execute("DELETE FROM hall.analysis_plan")
        conn.execute("DELETE FROM hall.camera_count")


def plans(city: City) -> dict[int, tuple[int, float, list[float] | None]]:
    with psycopg.connect(city.url) as conn:
        rows = conn.execute("SELECT camera_id, alarm_at, threshold, zone FROM hall.analysis_plan WHERE enabled")
        return {row[0]: (row[1], round(row[2], 2), row[3]) for row in rows}


def test_the_rota_of_the_people_counter_is_seen_and_changed(new_desk: Desk, city: City, counted: list[int]) -> None:
    page = new_desk.page
    known, other = counted
    with psycopg.connect(city.url) as conn:
        code = str((conn.execute("SELECT gb_id FROM hall.camera WHERE id = %s", [other]).fetchone() or [""])[0])
    page.route("**/api/v1/analysis", lambda route: route.abort(), times=1)
    page.goto(f"{new_desk.url}/detections/")
    page.click("[data-rota-toggle]")
    page.wait_for_selector(".rota-failed button", timeout=WAIT_MS)
    page.click(".rota-failed button")
    row = page.locator(f'[data-rota="{known}"]')
    row.wait_for(timeout=WAIT_MS)
    assert "9 人" in row.locator(".rota-last b.alarm").inner_text()
    assert row.locator(".rota-zone").inner_text().strip() == "3 个顶点"
    assert not page.locator(".det-body").is_visible()
    row.locator("input[aria-label='报警人数']").fill("20")
    row.locator("input[aria-label='识别门槛']").fill("60")
    row.locator(".rota-save").click()
    page.wait_for_selector(".rota-said.good:has-text('已保存')", timeout=WAIT_MS)
    assert plans(city) == {known: (20, 0.6, [0, 0, 1, 0, 1, 1])}, "the area stays"
    page.fill(".rota-find", code)
    page.locator(f'.rota-candidate[data-camera="{other}"]').click(timeout=WAIT_MS)
    page.locator(f'[data-rota="{other}"]').wait_for(timeout=WAIT_MS)
    assert "尚未统计" in page.locator(f'[data-rota="{other}"] .rota-last').inner_text()
    assert plans(city)[other] == (15, 0.45, None)
    for camera in counted:
        for _ in range(2):  # the second time it is sure
            page.locator(f'[data-rota="{camera}"] .rota-remove').click()
        page.locator(f'[data-rota="{camera}"]').wait_for(state="detached", timeout=WAIT_MS)
    assert page.locator(".rota-list .empty").inner_text()
    assert plans(city) == {}
    page.fill(".rota-find", "没有这样的摄像机")
    page.wait_for_selector(".rota-found .empty", timeout=WAIT_MS)
    page.click("[data-rota-toggle]")
    assert page.locator(".det-body").is_visible()
