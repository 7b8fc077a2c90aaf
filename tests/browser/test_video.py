"""Pictures in the browser, of real streams: the dock of an event, recordings in step with their gaps, every state of a tile, the page of video."""

import contextlib
import os
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Desk, signed_in
from tests.conftest import City
from tests.serving import Served, free_port, running, serve

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
OWN = re.compile(r"/assets/(video|vendor/hls)")
RECORDED_S = 24
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PLACE = """
    SELECT e.id, array(SELECT c.id FROM hall.camera AS c WHERE c.online AND c.stream_ref IS NOT NULL ORDER BY c.geom <-> e.geom, c.id LIMIT 4)
    FROM hall.event AS e JOIN hall.layer_open_events AS o ON o.id = e.id WHERE e.state <> 'merged'
    ORDER BY (SELECT count(*) FROM hall.camera AS c WHERE ST_DWithin(c.geom::geography, e.geom::geography, 110) AND c.online) DESC, e.id LIMIT 1
"""
TILES = """() => Array.from(document.querySelectorAll('.vt'), ({tile, dataset}) => ({
    state: dataset.state, camera: Number(dataset.camera), at: tile.video.currentTime, frames: tile.video.getVideoPlaybackQuality().totalVideoFrames}))"""
SKEW = """async () => {
    const {current} = await hall.video.load('dock');
    const all = [];
    for (let n = 0; n < 30; n += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        all.push(current().replay.skew());
    }
    all.sort((a, b) => a - b);
    return [all[15], all[28]];
}"""
SEEK = """async (offset) => {
    const {replay} = (await hall.video.load('dock')).current();
    const begun = performance.now();
    replay.seek(replay.window.start + offset);
    while (Array.from(replay.tracks.values()).some((track) => !track.isReady()) && performance.now() - begun < 8000) await new Promise((resolve) => setTimeout(resolve, 5));
    return performance.now() - begun;
}"""


@pytest.fixture(scope="module")
def event(city: City) -> tuple[int, list[int]]:
    """An open event with cameras around it, which are the only ones that are recorded."""
    with psycopg.connect(city.url) as conn:
        found = conn.execute(PLACE).fetchone()
        assert found
        conn.execute("DELETE FROM hall.recording_plan")
        conn.execute("INSERT INTO hall.recording_plan (camera_id, reason) SELECT unnest(%s::bigint[]), 'hand'", [found[1]])
    return int(found[0]), list(found[1])


@pytest.fixture(scope="module")
def filmed(city: City, event: tuple[int, list[int]]) -> Iterator[Served]:
    """The product with its gateway and simulated cameras."""
    environ = os.environ | city.environ() | {"MEDIA_PORT": str(free_port()), "SAMPLE_RTSP_PORT": str(free_port()), "VIDEO_CHECK_S": "0"}
    with running("media.sample_city", environ), running("media", environ), serve(environ) as served:
        for _ in range(200):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{environ['MEDIA_PORT']}/healthz", timeout=2).status_code == httpx.codes.OK:
                    break
            time.sleep(0.1)
        yield served


@pytest.fixture(scope="module")
def open_page(chromium: Browser, filmed: Served, city: City) -> Iterator[Desk]:
    for made in signed_in(chromium, filmed, city):
        made.load("z=16&c=113.5446,22.1945&b=dark&l=cameras")
        yield made


@pytest.fixture
def hall(open_page: Desk) -> Iterator[Desk]:
    open_page.faults.clear()
    yield open_page
    open_page.run("async () => { const {close} = await hall.video.load('dock'); close(); hall.desk.close(); }")
    assert open_page.faults == []


def wait_for_tiles(page: Page, number: int, state: str = "playing") -> None:
    page.wait_for_function(
        "([number, state]) => Array.from(document.querySelectorAll('.vt')).filter((node) => node.dataset.state === state).length >= number",
        arg=[number, state],
        timeout=WAIT_MS,
    )


def play(desk: Desk) -> list[dict[str, Any]]:
    """Let the tiles play for two seconds; return what they show afterwards, with how far they came."""
    before = desk.run(TILES)
    desk.page.wait_for_timeout(2_000)
    after = desk.run(TILES)
    return [{**now, "moved": now["at"] - was["at"], "new": now["frames"] - was["frames"]} for was, now in zip(before, after, strict=True)]


def open_case(desk: Desk, event_id: int) -> None:
    desk.run("(id) => hall.desk.pick(`open_events/${id}`)", event_id)
    desk.page.wait_for_selector("#panel-body [data-video-event]", state="attached", timeout=WAIT_MS)


def test_nothing_of_video_is_loaded_with_the_page(hall: Desk) -> None:
    # the test that opens the first picture runs later
    assert hall.asked(OWN) == []


def test_the_cameras_of_an_event_play_live_while_the_map_moves(hall: Desk, event: tuple[int, list[int]]) -> None:
    open_case(hall, event[0])
    hall.run("() => document.querySelectorAll('#panel-body [data-video-event]')[1].click()")
    wait_for_tiles(hall.page, 4)
    hall.run("() => hall.map.leaflet().panBy([120, 60], {animate: false})")
    tiles = play(hall)
    assert len(tiles) == 4
    assert all(tile["moved"] > 1 and tile["new"] > 10 for tile in tiles), tiles
    assert hall.run("() => document.querySelectorAll('.hall-camera-number').length") == 4
    assert hall.run("() => document.documentElement.style.getPropertyValue('--video-mark').startsWith('url')")
    assert "实时视频" in hall.page.inner_text(".vd")


def test_keys_enlarge_shrink_and_close(hall: Desk, event: tuple[int, list[int]]) -> None:
    open_case(hall, event[0])
    hall.run("() => document.querySelectorAll('#panel-body [data-video-event]')[1].click()")
    wait_for_tiles(hall.page, 4)
    hall.page.keyboard.press("2")
    assert hall.run("() => document.querySelector('.vt.large').tile.number") == 2
    hall.page.wait_for_function("() => document.querySelector('.vt.large').tile.profile === 'main'", timeout=WAIT_MS)
    hall.page.keyboard.press("Escape")
    assert hall.run("() => [document.querySelector('.vt.large'), Boolean(document.querySelector('.vd'))]") == [None, True]
    hall.run("() => { if (document.activeElement) document.activeElement.blur(); }")
    hall.page.keyboard.press("v")
    hall.page.wait_for_selector(".vd", state="detached")
    assert hall.run("() => document.querySelectorAll('.hall-camera-number').length") == 0


COVERED = "SELECT camera_id FROM hall.recording WHERE start_at < to_timestamp(%s) AND end_at > to_timestamp(%s)"


def test_recordings_play_in_step_and_a_hole_is_blank(hall: Desk, city: City, event: tuple[int, list[int]]) -> None:
    event_id, cameras = event
    with psycopg.connect(city.url, autocommit=True) as conn:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            found = conn.execute(
                "SELECT count(*), min(last - first) FROM (SELECT min(start_at) AS first, max(end_at) AS last FROM hall.recording GROUP BY camera_id) AS r"
            ).fetchone()
            if found and found[0] == len(cameras) and found[1].total_seconds() > RECORDED_S:
                break
            time.sleep(0.5)
        conn.execute(
            "UPDATE hall.event SET reported_at = (SELECT min(start_at) FROM hall.recording) + interval '12 s' WHERE id = %s", [event_id]
        )
        hole = conn.execute(
            "DELETE FROM hall.recording WHERE camera_id = %s AND start_at = (SELECT start_at FROM hall.recording WHERE camera_id = %s"
            " ORDER BY start_at OFFSET 3 LIMIT 1) RETURNING extract(epoch FROM start_at)::float, extract(epoch FROM end_at)::float",
            [cameras[0], cameras[0]],
        ).fetchone()
    assert hole
    open_case(hall, event_id)
    hall.run("() => document.querySelector('#panel-body [data-video-event]').click()")
    hall.page.wait_for_selector(".vd.replaying", state="attached", timeout=WAIT_MS)
    start = hall.run("async () => (await hall.video.load('dock')).current().replay.window.start")
    hall.run(SEEK, hole[0] - start - 8)
    wait_for_tiles(hall.page, 4)
    hall.page.wait_for_timeout(1_000)
    middle, most = hall.run(SKEW)
    assert middle < 0.08  # two pictures; software drawing of the map holds single looks up
    assert most < 0.4
    hall.run("async () => (await hall.video.load('dock')).current().replay.pause()")
    hall.run(SEEK, (hole[0] + hole[1]) / 2 - start)
    hall.page.wait_for_timeout(400)
    states = {tile["camera"]: tile["state"] for tile in hall.run(TILES)}
    with psycopg.connect(city.url) as conn:  # on a busy machine others may have holes of their own there
        covered = {row[0] for row in conn.execute(COVERED, [(hole[0] + hole[1]) / 2] * 2)}
    assert states[cameras[0]] == "gap"
    assert {states[camera] for camera in covered & set(states)} == {"playing"}
    hall.page.wait_for_function("() => document.querySelectorAll('.vd .vtl-row i').length >= 5")


def test_a_saved_group_opens_in_the_dock(hall: Desk, event: tuple[int, list[int]]) -> None:
    _, cameras = event  # a picture that was just watched goes on for a while: the first two are to be seen to fail later
    saved = {"kind": "group", "name": "路口组", "camera_ids": cameras[2:], "shared": False}
    hall.run("(set) => hall.video.load('api').then((api) => api.saveSet(set))", saved)
    hall.run("(ids) => hall.video.load('dock').then((dock) => dock.openCameras(ids))", cameras[3:])
    hall.page.locator(".vd-tools button[title='打开分组']").click()
    hall.page.locator(".vt-group", has_text="路口组").click()
    wait_for_tiles(hall.page, 2)
    assert "路口组" in hall.page.inner_text(".vd-about")
    assert sorted(tile["camera"] for tile in hall.run(TILES) if tile["state"] == "playing") == sorted(cameras[2:])


def test_every_state_says_what_it_is(hall: Desk, city: City, event: tuple[int, list[int]]) -> None:
    ids = event[1]
    with psycopg.connect(city.url, autocommit=True) as conn:
        conn.execute("UPDATE hall.camera SET online = false, stream_ref = 'gone' WHERE id = %s", [ids[0]])
        conn.execute("UPDATE hall.camera SET stream_ref = NULL WHERE id = %s", [ids[1]])
        conn.execute("UPDATE hall.camera SET owner = 'fire' WHERE id = %s", [ids[2]])
        conn.execute("UPDATE hall.camera SET owner = 'city' WHERE id = %s", [ids[3]])
        conn.execute("DELETE FROM hall.video_right WHERE role = 'dispatcher' AND mode = 'live'")
        conn.execute(
            "INSERT INTO hall.video_right VALUES ('dispatcher', 'city', 'live'), ('dispatcher', 'police', 'live'), ('dispatcher', 'traffic', 'live')"
        )
        conn.execute("UPDATE hall.camera SET owner = 'city' WHERE id = ANY(%s)", [ids[:2]])
    hall.run("(ids) => hall.video.dock('openCameras', ids)", ids)
    for state, words in {"offline": "离线", "missing": "未接入画面", "refused": "缺少权限：实时查看（消防）"}.items():
        wait_for_tiles(hall.page, 1, state)
        assert words in hall.page.inner_text(f".vt[data-state={state}]"), state
    wait_for_tiles(hall.page, 1)
    hall.page.wait_for_function("() => document.querySelector('.vt[data-state=offline]').innerText.includes('换看')", timeout=WAIT_MS)
    with psycopg.connect(city.url, autocommit=True) as conn:
        refused = conn.execute("SELECT count(*) FROM hall.camera_access WHERE camera_id = %s AND NOT allowed", [ids[2]]).fetchone()
        conn.execute("DELETE FROM hall.video_right WHERE role = 'dispatcher' AND mode = 'live'")
        conn.execute("INSERT INTO hall.video_right VALUES ('dispatcher', NULL, 'live')")
    assert refused
    assert refused[0] >= 1


def faults(page: Page) -> list[str]:
    found: dict[str, Any] = Axe().run(page, options=RULES)
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]


@pytest.fixture(scope="module")
def wall(chromium: Browser, filmed: Served, city: City) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(WAIT_MS)
    account = city.accounts["dispatcher"]
    assert context.request.post(f"{filmed.url}/api/v1/session", data={"username": account["username"], "password": account["password"]}).ok
    page = context.new_page()
    page.goto(f"{filmed.url}/video/#c=")
    page.wait_for_selector(".vw-row")
    yield page
    context.close()


def test_a_street_goes_onto_the_wall_and_the_address_keeps_it(wall: Page) -> None:
    wall.locator(".vw-row").first.click()
    wall.wait_for_function("() => document.querySelectorAll('.vw-play').length > 0")
    wall.locator(".vw-row", has=wall.locator(".vw-play")).first.click()
    wall.wait_for_selector(".vw-row[draggable=true]:not(.off)")
    for place in (0, 1):
        wall.locator(".vw-row[draggable=true]:not(.off)").nth(place).click()
    wait_for_tiles(wall, 2)
    assert wall.evaluate("() => document.querySelectorAll('.vgrid .vt').length") == 4
    shown = wall.evaluate("() => new URLSearchParams(location.hash.slice(1)).get('c').split(',').filter(Boolean).length")
    assert shown == 2
    assert faults(wall) == []


def test_who_comes_without_a_choice_sees_what_the_hall_has_saved(wall: Page, filmed: Served) -> None:
    page = wall.context.new_page()
    page.goto(f"{filmed.url}/video/")
    wait_for_tiles(page, 4)
    assert page.locator(".vw-set", has_text="值班四画面").count() == 1
    page.close()


def test_a_group_is_saved_and_turned_as_a_patrol(wall: Page) -> None:
    wall.get_by_role("button", name="存为轮巡").click()
    wall.locator("dialog input[type=text]").fill("早班")
    wall.locator("dialog button[type=submit]").click()
    wall.locator(".vw-set", has_text="早班").click()
    wall.wait_for_function("() => document.querySelector('.vw-said').textContent.includes('轮巡 早班')")
    assert "patrol=" in wall.url
    wall.get_by_role("button", name="结束轮巡").click()


def test_the_system_administrator_sets_a_source_up_and_stops_it(chromium: Browser, filmed: Served, city: City) -> None:
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    account = city.accounts["system_admin"]
    assert context.request.post(f"{filmed.url}/api/v1/session", data={"username": account["username"], "password": account["password"]}).ok
    page = context.new_page()
    page.goto(f"{filmed.url}/admin/")
    page.locator(".admin-video-add summary").click()
    page.get_by_label("标识").fill("gongan")
    page.get_by_label("名称", exact=True).fill("公安视频平台")
    page.get_by_label("接口地址").fill("rtsp://127.0.0.1:9")
    page.locator("[data-add-source]").click()
    page.locator("#admin-video-said", has_text="接口地址").wait_for()
    page.get_by_label("接口地址").fill("http://127.0.0.1:9")
    page.locator("[data-add-source]").click()
    page.locator("#admin-video-said", has_text="已新建").wait_for()
    line = page.locator(".admin-video tr", has_text="gongan")
    line.get_by_role("button", name="停用").click()
    line.get_by_role("button", name="启用").wait_for()
    assert "已停用" in line.inner_text()
    context.close()


def test_the_list_of_health_counts_and_filters(wall: Page) -> None:
    wall.get_by_role("tab", name="设备健康").click()
    wall.wait_for_selector(".vw-health tbody tr")
    wall.get_by_role("button", name="离线").click()
    wall.wait_for_function(
        "() => Array.from(document.querySelectorAll('.vw-health tbody tr td:nth-child(3)')).every((cell) => cell.textContent === '离线')"
    )
    assert faults(wall) == []


def test_the_auditor_searches_and_sees_no_picture(chromium: Browser, filmed: Served, city: City) -> None:
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="en")
    context.add_cookies([{"name": "hall_lang", "value": "en", "url": filmed.url}])
    account = city.accounts["audit_admin"]
    assert context.request.post(f"{filmed.url}/api/v1/session", data={"username": account["username"], "password": account["password"]}).ok
    page = context.new_page()
    page.goto(f"{filmed.url}/video/")
    page.wait_for_selector(".vw-access tbody tr", timeout=WAIT_MS)
    assert page.locator("[role=tab]").all_inner_texts() == ["Who watched"]
    assert page.locator(".vt").count() == 0
    assert "Live" in page.inner_text(".vw-access tbody")
    assert faults(page) == []
    context.close()
