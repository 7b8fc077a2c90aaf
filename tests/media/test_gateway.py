"""The gateway over real cameras: what a viewer gets, what opens it, and what it costs when many watch one camera."""

import asyncio
import json
import struct
import subprocess
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest
import websockets

from media.gateway import MOST_WAITING, Watcher
from media.live import Figures
from services.video_rights import Mode
from services.video_tokens import Grant, Signer
from tests.media.studio import Studio, ffmpegs, wait_for
from tests.serving import Served

OnAir = tuple[Studio, Served]


def watch(
    url: str, seconds: float = 30.0, frames: int = 30, origin: str | None = None
) -> tuple[list[dict[str, Any]], list[bytes], int | None]:
    """Collect texts and binaries until there are so many frames; the close code when the server ended it."""

    async def collect() -> tuple[list[dict[str, Any]], list[bytes], int | None]:
        texts, binaries = [], []
        async with websockets.connect(url.replace("http", "ws", 1), max_size=None, origin=origin) as viewer:  # type: ignore[arg-type]
            try:
                async with asyncio.timeout(seconds):
                    while len(binaries) < frames:
                        message = await viewer.recv()
                        if isinstance(message, str):
                            texts.append(json.loads(message))
                        else:
                            binaries.append(message)
            except websockets.ConnectionClosed:
                return texts, binaries, viewer.close_code
            except TimeoutError:
                pass
        return texts, binaries, None

    return asyncio.run(collect())


def boxes(data: bytes) -> list[str]:
    found, at = [], 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        found.append(kind.decode())
        at += size
    return found


def test_a_picture_comes_as_one_beginning_and_then_a_fragment_a_frame(on_air: OnAir) -> None:
    studio, served = on_air
    granted = studio.ask(served, 3).json()
    texts, binaries, _ = watch(served.url + granted["ws"])
    hello = next(text for text in texts if text["type"] == "init")
    assert hello["mime"].startswith('video/mp4; codecs="avc1.')
    assert (hello["width"], hello["height"], hello["profile"]) == (640, 360, "sub")
    assert boxes(binaries[0]) == ["ftyp", "moov"]
    assert all(boxes(frame) == ["moof", "mdat"] for frame in binaries[1:])
    assert any(text["type"] == "state" and text["state"] == "playing" for text in texts)


def test_what_comes_is_the_camera_and_can_be_decoded(on_air: OnAir, tmp_path: Any) -> None:
    studio, served = on_air
    _, binaries, _ = watch(served.url + studio.ask(served, 3).json()["ws"], frames=40)
    path = tmp_path / "live.mp4"
    path.write_bytes(b"".join(binaries))
    probe = [
        "ffprobe",
        "-v",
        "error",
        "-count_frames",
        "-show_entries",
        "stream=codec_name,width,nb_read_frames",
        "-of",
        "csv=p=0",
        str(path),
    ]
    codec, width, frames = subprocess.run(probe, capture_output=True, text=True, check=True).stdout.strip().split(",")
    assert (codec, width) == ("h264", "640")
    assert int(frames) >= 35


def test_the_second_viewer_joins_the_same_ffmpeg_at_once(on_air: OnAir) -> None:
    studio, served = on_air
    granted = studio.ask(served, 4).json()

    async def two() -> tuple[float, int]:
        async with websockets.connect(served.url.replace("http", "ws") + granted["ws"], max_size=None) as first:
            while isinstance(await first.recv(), str):
                pass
            while isinstance(await first.recv(), str):
                pass
            began = time.monotonic()
            running = len(ffmpegs(studio))
            async with websockets.connect(studio.media.replace("http", "ws") + granted["ws"], max_size=None) as second:
                pieces = 0
                while pieces < 2:
                    pieces += isinstance(await second.recv(), bytes)
                return time.monotonic() - began, len(ffmpegs(studio)) - running

    seconds, more = asyncio.run(two())
    assert seconds < 0.5
    assert more == 0


def test_the_main_stream_is_larger(on_air: OnAir) -> None:
    studio, served = on_air
    texts, _, _ = watch(served.url + studio.ask(served, 4, profile="main").json()["ws"], frames=3)
    assert next(text["width"] for text in texts if text["type"] == "init") == 1280


def test_hls_is_a_list_of_seconds_that_goes_on(on_air: OnAir) -> None:
    studio, served = on_air
    address = served.url + studio.ask(served, 5).json()["hls"]
    first = httpx.get(address, timeout=30)
    assert first.status_code == 200
    lines = first.text.splitlines()
    assert any(line.startswith("#EXT-X-PROGRAM-DATE-TIME:") and line.endswith("Z") for line in lines)
    base = address.rpartition("/")[0]
    beginning = httpx.get(f"{base}/{lines[[line.startswith('#EXT-X-MAP') for line in lines].index(True)].split(chr(34))[1]}").content
    segment = httpx.get(f"{base}/{[line for line in lines if line.endswith('.m4s')][-1]}").content
    assert boxes(beginning) == ["ftyp", "moov"]
    assert boxes(segment)[:2] == ["moof", "mdat"]
    time.sleep(1.5)
    assert httpx.get(address).text != first.text
    assert httpx.get(f"{base}/s999999.m4s").status_code == 404


def test_a_snapshot_is_a_jpeg_of_now(on_air: OnAir) -> None:
    studio, served = on_air
    answer = httpx.get(served.url + studio.ask(served, 5).json()["snapshot"], timeout=30)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content[:3] == b"\xff\xd8\xff"


# ---- what opens it ----------------------------------------------------------------------------------------------


def token(studio: Studio, **changed: Any) -> str:
    grant = {"camera_id": 3, "account_id": 1, "username": "x", "mode": Mode.LIVE, "access_id": 1, "issued_at": datetime.now(UTC)} | changed
    return Signer("studio").sign(Grant(**grant))


def test_without_a_token_of_ours_nothing_opens(on_air: OnAir) -> None:
    studio, served = on_air
    old = datetime(2026, 1, 1, tzinfo=UTC)
    forged = Signer("guessed").sign(
        Grant(camera_id=3, account_id=1, username="x", mode=Mode.LIVE, access_id=1, issued_at=datetime.now(UTC))
    )
    for bad in ("nonsense", forged, token(studio, issued_at=old), token(studio, mode=Mode.REPLAY)):
        assert watch(f"{served.url}/media/live/{bad}")[2] == 4401
        for path in (f"hls/{bad}/index.m3u8", f"snapshot/{bad}.jpg"):
            answer = httpx.get(f"{served.url}/media/{path}", timeout=20)
            assert answer.status_code == 403
            assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_camera_that_is_gone_is_told_as_gone(on_air: OnAir) -> None:
    studio, served = on_air
    assert watch(f"{served.url}/media/live/{token(studio, camera_id=4711)}")[2] == 4404
    assert httpx.get(f"{served.url}/media/snapshot/{token(studio, camera_id=4711)}.jpg").status_code == 404


def test_a_page_of_another_site_gets_no_picture(on_air: OnAir) -> None:
    studio, served = on_air
    assert watch(f"{served.url}/media/live/{token(studio)}", origin="https://elsewhere.example")[2] == 4403


def test_a_right_that_is_withdrawn_ends_what_runs(on_air: OnAir) -> None:
    studio, served = on_air
    granted = studio.ask(served, 3, who="acceptor").json()
    with psycopg.connect(studio.url) as conn:
        conn.execute("DELETE FROM hall.video_right WHERE role = 'acceptor'")
    try:
        assert watch(served.url + granted["ws"], frames=100_000, seconds=40)[2] == 4403
    finally:
        with psycopg.connect(studio.url) as conn:
            conn.execute("INSERT INTO hall.video_right (role, owner, mode) VALUES ('acceptor', NULL, 'live')")


# ---- rights and record ------------------------------------------------------------------------------------------


def rows(studio: Studio, camera_id: int) -> list[tuple[Any, ...]]:
    with psycopg.connect(studio.url) as conn:
        query = "SELECT username, mode, allowed, purpose, ended_at IS NOT NULL FROM hall.camera_access WHERE camera_id = %s ORDER BY id"
        return conn.execute(query, [camera_id]).fetchall()


@pytest.mark.parametrize(
    ("who", "camera_id", "status"),
    [
        ("dispatcher", 6, 200),
        ("elsewhere", 6, 404),
        ("department", 6, 200),
        ("department", 7, 403),
        ("worker", 7, 403),
        ("citizen", 6, 403),
        ("system_admin", 6, 403),
        ("dispatcher", 4711, 404),
    ],
)
def test_who_may_watch_what(on_air: OnAir, who: str, camera_id: int, status: int) -> None:
    studio, served = on_air
    answer = studio.ask(served, camera_id, who=who)
    assert answer.status_code == status
    if status == 403:
        assert "token" not in answer.text


def test_every_call_is_on_record_with_its_end_and_its_purpose(on_air: OnAir) -> None:
    studio, served = on_air
    granted = studio.ask(served, 8, purpose="patrol").json()
    studio.ask(served, 8, who="worker")
    watch(served.url + granted["ws"], frames=3)
    wait_for(lambda: rows(studio, 8)[0][4], 10)
    assert rows(studio, 8)[:2] == [("dispatcher", "live", True, "patrol", True), ("worker", "live", False, "duty", False)]


def test_a_camera_without_a_source_is_told_as_one(on_air: OnAir) -> None:
    studio, served = on_air
    with psycopg.connect(studio.url) as conn:
        conn.execute("UPDATE hall.camera SET stream_ref = NULL WHERE id = 20")
    answer = studio.ask(served, 20)
    assert answer.status_code == 409
    assert "no picture" in answer.json()["detail"]


def test_no_answer_tells_where_the_picture_comes_from(on_air: OnAir) -> None:
    studio, served = on_air
    granted = studio.ask(served, 9)
    texts, _, _ = watch(served.url + granted.json()["ws"], frames=3)
    said = granted.text + json.dumps(texts) + httpx.get(f"{studio.media}/metrics").text
    assert "rtsp" not in said
    assert str(studio.rtsp_port) not in said
    assert granted.json()["watermark"].startswith("dispatcher dispatcher 20")


# ---- many, slow, none -------------------------------------------------------------------------------------------


def test_five_hundred_viewers_of_one_camera_are_one_ffmpeg_and_all_see_it(on_air: OnAir) -> None:
    studio, served = on_air
    address = studio.media.replace("http", "ws") + studio.ask(served, 10).json()["ws"]
    before = ffmpegs(studio)

    async def frames_of(number: int) -> int:
        await asyncio.sleep(number * 0.004)
        async with websockets.connect(address, max_size=None, compression=None, open_timeout=30) as viewer:
            seen = 0
            until = time.monotonic() + 8
            while time.monotonic() < until:
                seen += isinstance(await viewer.recv(), bytes)
            return seen

    async def everybody() -> tuple[list[int], int]:
        watching = asyncio.gather(*(frames_of(number) for number in range(500)))
        await asyncio.sleep(6)
        running = len(ffmpegs(studio) - before)
        return await watching, running

    seen, running = asyncio.run(everybody())
    assert running == 1
    assert min(seen) > 50


class Narrow(asyncio.Transport):
    """A connection that lets nothing through until it is emptied."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[bytes] = []
        self.got: list[bytes] = []

    def is_closing(self) -> bool:
        return False

    def write(self, data: Any) -> None:
        self.waiting.append(data)

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.waiting))

    def empty(self) -> None:
        self.got += self.waiting
        self.waiting.clear()


def test_a_viewer_that_does_not_read_loses_groups_of_pictures_and_costs_no_memory() -> None:
    way, figures = Narrow(), Figures()
    grant = Grant(camera_id=3, account_id=1, username="x", mode=Mode.LIVE, access_id=1, issued_at=datetime.now(UTC))
    viewer = Watcher(way, grant, figures)
    frames = [bytes([number]) + b"x" * 60_000 for number in range(75)]
    for number, frame in enumerate(frames):
        if number == 60:
            way.empty()
        viewer.show(frame, key=number % 25 == 0)
        assert way.get_write_buffer_size() < MOST_WAITING + 70_000
    assert figures.skipped > 30
    # what it did get is whole from a key frame on: nothing after the gap but the next group, which had no room either
    numbers = [data[0] for data in way.got + way.waiting]
    assert numbers == list(range(len(numbers)))
    viewer.show(b"\xffkey", key=True)
    assert way.waiting[-1] == b"\xffkey"


def test_nothing_runs_some_seconds_after_the_last_viewer(on_air: OnAir) -> None:
    studio, served = on_air
    watch(served.url + studio.ask(served, 12).json()["ws"], frames=3)
    wait_for(lambda: studio.health()["channels"] == 0, 40)


# ---- the relay --------------------------------------------------------------------------------------------------


def test_the_relay_hands_on_what_the_gateway_says(on_air: OnAir) -> None:
    studio, served = on_air
    for path in ("/media/nothing", "/media/live/x", "/media/vod/x/index.m3u8"):
        assert httpx.get(served.url + path).status_code == httpx.get(studio.media + path).status_code
    assert httpx.request("DELETE", f"{served.url}/media/live/x").status_code == 405
    assert httpx.post(f"{served.url}/media/archive/x", content=b"x" * 100_000).status_code == 413
