"""Pictures that do not come as they should: no WebSocket gets through, and a camera speaks H.265."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser

from geodata.settings import ROOT
from tests.browser.conftest import Desk, signed_in
from tests.conftest import City
from tests.media.studio import wait_for
from tests.media.test_faults import rtsp_server
from tests.serving import Served, free_port, serve

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
MOUNTS = ("plain", "hevc", "hevc")
# nothing answers there, as behind a firewall that lets no WebSocket through
NO_SOCKETS = """
window.tried = 0;
window.WebSocket = class extends WebSocket {
  constructor(url, ...more) {
    const isLive = String(url).includes('/media/live/');
    if (isLive) window.tried += 1;
    super(isLive ? 'ws://127.0.0.1:9/' : url, ...more);
  }
};
"""
PLAYER = """() => { const {player, video} = document.querySelector('.vt').tile;
    return {over: player.stats.over || 'socket', frames: player.stats.frames, wide: video.videoWidth, state: player.state.state}; }"""


@contextmanager
def gateway(environ: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "media"], env=environ, cwd=ROOT)
    try:
        wait_for(lambda: httpx_ok(f"http://127.0.0.1:{environ['MEDIA_PORT']}/healthz"))
        yield
    finally:
        process.terminate()
        process.wait(15)


def httpx_ok(url: str) -> bool:
    return httpx.get(url, timeout=2).status_code == httpx.codes.OK


@pytest.fixture(scope="module")
def cameras(city: City) -> Iterator[list[int]]:
    """Three cameras of a plain RTSP server: one of H.264, two of H.265."""
    port = free_port()
    with rtsp_server(port), psycopg.connect(city.url, autocommit=True) as conn:
        ids = [row[0] for row in conn.execute("SELECT id FROM hall.camera WHERE online ORDER BY id LIMIT %s", [len(MOUNTS)])]
        conn.execute("DELETE FROM hall.recording_plan")
        conn.execute(
            "INSERT INTO hall.video_source (id, key, kind, name, base_url) VALUES (970, 'ways', 'rtsp', 'x', %s)",
            [f"rtsp://127.0.0.1:{port}"],
        )
        before = conn.execute("SELECT id, video_source_id, stream_ref, sub_ref FROM hall.camera WHERE id = ANY(%s)", [ids]).fetchall()
        for camera, mount in zip(ids, MOUNTS, strict=True):
            conn.execute(
                "UPDATE hall.camera SET video_source_id = 970, stream_ref = %s, sub_ref = NULL WHERE id = %s",
                [f"rtsp://127.0.0.1:{port}/{mount}", camera],
            )
        yield ids
        for camera, source, ref, sub in before:
            conn.execute(
                "UPDATE hall.camera SET video_source_id = %s, stream_ref = %s, sub_ref = %s WHERE id = %s", [source, ref, sub, camera]
            )
        conn.execute("DELETE FROM hall.video_source WHERE id = 970")


@pytest.fixture(scope="module")
def played(city: City, cameras: list[int]) -> Iterator[Served]:
    """The product with its gateway; one camera at a time may be transcoded."""
    assert cameras
    environ = os.environ | city.environ() | {"MEDIA_PORT": str(free_port()), "VIDEO_CHECK_S": "0", "TRANSCODE_MOST": "1"}
    with gateway(environ), serve(environ) as served:
        yield served


@pytest.fixture
def wall(chromium: Browser, played: Served, city: City, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A page of video; for tests of closed sockets no WebSocket of a picture opens."""
    for made in signed_in(chromium, played, city):
        if "closed" in request.node.name:
            made.page.add_init_script(NO_SOCKETS)
        yield made
        assert made.faults == []


def watch(desk: Desk, cameras: list[int]) -> None:
    desk.page.goto(f"{desk.url}/video/#c={','.join(map(str, cameras))}")


def wait_for_state(desk: Desk, state: str, number: int = 1) -> None:
    desk.page.wait_for_function(
        "([state, number]) => document.querySelectorAll(`.vt[data-state=${state}]`).length >= number", arg=[state, number], timeout=WAIT_MS
    )


def test_closed_sockets_give_way_to_hls_and_the_tile_plays(wall: Desk, cameras: list[int]) -> None:
    watch(wall, cameras[:1])
    wait_for_state(wall, "playing")
    first = wall.run(PLAYER)
    assert (first["over"], first["wide"], first["state"]) == ("hls", 320, "playing")
    wall.page.wait_for_function(
        "(before) => document.querySelector('.vt').tile.player.stats.frames > before + 15", arg=first["frames"], timeout=WAIT_MS
    )
    assert wall.run("() => window.tried") == 3, "sockets are tried, and not for ever"
    assert any("/media/hls/" in address and address.endswith(".m4s") for address in (request.url for request in wall.requests))


def test_closed_sockets_and_h265_are_told_and_transcoding_helps(wall: Desk, cameras: list[int]) -> None:
    watch(wall, cameras[1:2])
    wait_for_state(wall, "unsupported")
    assert "H.265 编码无法直接播放" in wall.page.inner_text(".vt")
    wall.page.click(".vt >> text=转码播放")
    wait_for_state(wall, "playing")
    assert wall.run(PLAYER)["over"] == "hls"


def test_h265_is_explained_and_transcoded_on_request_as_long_as_there_is_room(wall: Desk, cameras: list[int]) -> None:
    watch(wall, cameras[1:])
    wait_for_state(wall, "unsupported", 2)
    for tile in wall.page.locator(".vt[data-state=unsupported]").all():
        assert "H.265 编码无法直接播放" in tile.inner_text()
        assert "会占用服务器资源" in tile.inner_text()
    wall.page.locator(".vt >> text=转码播放").first.click()
    wait_for_state(wall, "playing")
    picture = wall.run(
        "() => { const {video, player} = document.querySelector('.vt[data-state=playing]').tile; return [video.videoWidth, player.stats.over || 'socket']; }"
    )
    assert picture == [320, "socket"]
    wall.page.locator(".vt >> text=转码播放").first.click()
    wall.page.wait_for_selector(".vt[data-state=unsupported] >> text=转码名额已满", timeout=WAIT_MS)
    assert wall.page.locator(".vt[data-state=playing]").count() == 1, "the first goes on"
