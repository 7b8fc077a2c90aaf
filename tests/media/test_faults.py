"""Sources that fail in every way: the viewer is told which, the picture comes back by itself, and no process is left behind."""

import asyncio
import contextlib
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import websockets

from geodata.settings import ROOT
from tests.media.studio import Studio, alive, children, wait_for
from tests.media.test_gateway import token, watch
from tests.serving import free_port


@contextlib.contextmanager
def rtsp_server(port: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = ["/usr/bin/python3", str(ROOT / "tests" / "media" / "rtsp_server.py"), str(port), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def stranger(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Something that listens, and is no camera."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:

        def meet(peer: socket.socket) -> None:
            with contextlib.closing(peer), contextlib.suppress(OSError):
                answer(peer)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=meet, args=(server.accept()[0],), daemon=True).start()

        accepting = threading.Thread(target=serve, daemon=True)
        accepting.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        accepting.join(5)


def connect(studio: Studio, camera_id: int, ref: str) -> None:
    with psycopg.connect(studio.url) as conn:
        conn.execute(
            "INSERT INTO hall.video_source (key, kind, name) VALUES ('plain', 'rtsp', 'plain') ON CONFLICT (key) DO NOTHING",
        )
        conn.execute(
            "UPDATE hall.camera SET video_source_id = (SELECT id FROM hall.video_source WHERE key = 'plain'), stream_ref = %s WHERE id = %s",
            [ref, camera_id],
        )


def first_state(studio: Studio, camera_id: int, wanted: set[str], seconds: float = 25.0) -> dict[str, Any]:
    """Return the first message with one of these states."""

    async def listen() -> dict[str, Any]:
        async with websockets.connect(
            f"{studio.media}/media/live/{token(studio, camera_id=camera_id)}".replace("http", "ws"), max_size=None
        ) as ws:
            async with asyncio.timeout(seconds):
                while True:
                    message = await ws.recv()
                    if isinstance(message, str) and (told := json.loads(message)).get("state") in wanted:
                        return dict(told)

    return asyncio.run(listen())


@pytest.fixture(scope="module")
def plain(studio: Studio) -> Iterator[tuple[Studio, int]]:
    port = free_port()
    with rtsp_server(port), studio.gateway():
        for number, mount in enumerate(("plain", "hevc", "audio", "plain", "nothing"), 1):
            connect(studio, number, f"rtsp://127.0.0.1:{port}/{mount}")
        yield studio, port


def test_h265_is_told_as_such_and_turned_into_h264_on_request(plain: tuple[Studio, int]) -> None:
    studio, _ = plain
    assert first_state(studio, 2, {"unsupported", "offline"}) == {
        "type": "state",
        "state": "unsupported",
        "reason": "hevc",
        "retry_s": 10.0,
    }
    texts, binaries, _ = watch(f"{studio.media}/media/live/{token(studio, camera_id=2, transcode=True)}", frames=10)
    assert "avc1" in next(text["mime"] for text in texts if text["type"] == "init")
    assert len(binaries) == 10


@pytest.mark.parametrize(("camera_id", "reasons"), [(3, {"no_video"}), (5, {"not_found"})], ids=["sound only", "no such stream"])
def test_why_there_is_no_picture_is_told(plain: tuple[Studio, int], camera_id: int, reasons: set[str]) -> None:
    told = first_state(plain[0], camera_id, {"offline", "unsupported"})
    assert told["state"] == "offline"
    assert told["reason"] in reasons
    assert told["retry_s"] > 0


def test_a_camera_with_a_password_wants_it_from_the_environment(plain: tuple[Studio, int]) -> None:
    studio, port = plain[0], free_port()
    other = build_again(studio)
    connect(studio, 4, f"rtsp://127.0.0.1:{port}/plain")
    with rtsp_server(port, "guarded"):
        assert first_state(studio, 4, {"offline"})["reason"] == "unauthorized"
        with other.gateway(HALL_VIDEO_PLAIN_USER="admin", HALL_VIDEO_PLAIN_PASSWORD="s3cret pass"):
            _, binaries, _ = watch(f"{other.media}/media/live/{token(other, camera_id=4)}", frames=5)
    assert len(binaries) == 5


def build_again(studio: Studio) -> Studio:
    """The same district with a second gateway."""
    return Studio(studio.url, studio.data_dir, studio.tokens, free_port(), studio.rtsp_port, studio.extra)


def hang(peer: socket.socket) -> None:
    """Take whatever is said, until the other side gives up."""
    while peer.recv(4_096):
        pass


def tell(said: bytes) -> Callable[[socket.socket], None]:
    def answer(peer: socket.socket) -> None:
        peer.sendall(said)

    return answer


@pytest.mark.parametrize(
    "answer",
    [tell(b""), tell(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"), tell(b"\x00\xff" * 50_000)],
    ids=["hangs up", "a web page", "noise"],
)
def test_what_is_no_camera_is_offline_and_harms_nobody(plain: tuple[Studio, int], answer: Callable[[socket.socket], None]) -> None:
    studio, _ = plain
    with stranger(answer) as port:
        connect(studio, 13, f"rtsp://127.0.0.1:{port}/x")
        assert first_state(studio, 13, {"offline"})["reason"]
    _, binaries, _ = watch(f"{studio.media}/media/live/{token(studio, camera_id=1)}", frames=5)
    assert len(binaries) == 5


def test_a_source_that_takes_the_call_and_hangs_is_given_up(plain: tuple[Studio, int]) -> None:
    studio, _ = plain
    with stranger(hang) as port:
        connect(studio, 14, f"rtsp://127.0.0.1:{port}/x")
        began = time.monotonic()
        assert first_state(studio, 14, {"offline"})["reason"] == "timeout"
        assert time.monotonic() - began < 15


def test_a_reference_cannot_make_the_gateway_read_files_or_call_programs(plain: tuple[Studio, int]) -> None:
    studio, _ = plain
    for ref in ("file:///etc/passwd", "/etc/passwd", "concat:/etc/passwd|x", "rtsp://a b/c", "-i", "rtsp://", "http://127.0.0.1/"):
        connect(studio, 15, ref)
        assert first_state(studio, 15, {"offline"})["reason"] == "not_found"


def test_the_picture_is_back_within_five_seconds_of_a_restart_and_begins_anew(plain: tuple[Studio, int]) -> None:
    studio, port = plain[0], free_port()
    connect(studio, 16, f"rtsp://127.0.0.1:{port}/plain")

    async def see() -> tuple[float, list[str]]:
        address = f"{studio.media}/media/live/{token(studio, camera_id=16)}".replace("http", "ws")
        states: list[str] = []
        with contextlib.ExitStack() as first:
            server = first.enter_context(rtsp_server(port))
            async with websockets.connect(address, max_size=None) as ws:
                while isinstance(await ws.recv(), str):
                    pass
                server.kill()
                async with asyncio.timeout(20):
                    while "reconnecting" not in states:
                        message = await ws.recv()
                        states += [json.loads(message).get("state")] if isinstance(message, str) else []
                await asyncio.sleep(4)
                with rtsp_server(port):
                    began = time.monotonic()
                    inits = 0
                    while True:
                        message = await ws.recv()
                        if isinstance(message, str):
                            inits += json.loads(message)["type"] == "init"
                        elif inits and message[4:8] == b"moof":
                            return time.monotonic() - began, states

    seconds, states = asyncio.run(see())
    assert seconds < 5
    assert "reconnecting" in states


def test_another_size_in_the_same_stream_begins_anew(plain: tuple[Studio, int]) -> None:
    studio, port = plain
    connect(studio, 17, f"rtsp://127.0.0.1:{port}/changing")

    async def see() -> list[tuple[int, int]]:
        address = f"{studio.media}/media/live/{token(studio, camera_id=17)}".replace("http", "ws")
        sizes: list[tuple[int, int]] = []
        async with websockets.connect(address, max_size=None) as ws, asyncio.timeout(30):
            while len(sizes) < 2:
                message = await ws.recv()
                if isinstance(message, str) and (told := json.loads(message))["type"] == "init":
                    sizes.append((told["width"], told["height"]))
        return sizes

    assert asyncio.run(see()) == [(320, 180), (640, 360)]


def test_nothing_is_left_when_the_gateway_is_killed(studio: Studio) -> None:
    port = free_port()
    other = build_again(studio)
    connect(studio, 18, f"rtsp://127.0.0.1:{port}/plain")
    with rtsp_server(port), other.gateway() as gateway:
        watch(f"{other.media}/media/live/{token(other, camera_id=18)}", frames=5)
        running = children("ffmpeg", gateway.pid)
        assert running
        gateway.kill()
        gateway.wait()
        wait_for(lambda: not alive(running), 3)


def test_a_stop_signal_ends_it_cleanly_while_somebody_watches(studio: Studio) -> None:
    port = free_port()
    other = build_again(studio)
    connect(studio, 19, f"rtsp://127.0.0.1:{port}/plain")
    with rtsp_server(port), other.gateway() as gateway:
        closing = threading.Thread(target=lambda: (time.sleep(3), gateway.terminate()))
        closing.start()
        _, binaries, code = watch(f"{other.media}/media/live/{token(other, camera_id=19)}", frames=10_000, seconds=15)
        assert binaries
        assert code == 1001
        assert gateway.wait(8) == 0
        assert not children("ffmpeg", gateway.pid)
