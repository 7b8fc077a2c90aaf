"""A small district with cameras that really film: the product's own simulated cameras, its gateway and its web process, each on free ports."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg

from geodata.city import video
from geodata.credentials import new_token
from geodata.settings import ROOT
from tests.serving import Served, free_port, serve

START_S = 90.0
CAMERAS = 20
CAMERA = """
    INSERT INTO hall.camera (id, gb_id, name, owner, place_type, ptz_type, azimuth_deg, fov_deg, view_range_m, online, is_key, grid_code, geom)
    VALUES (%(id)s, %(gb_id)s, %(name)s, %(owner)s, %(place)s, 3, 90, 60, 60, true, %(key)s, %(grid)s,
            ST_SetSRID(ST_MakePoint(113.54 + %(id)s * 0.0001, 22.19), 4326))
"""
ACCOUNT = """
    WITH account AS (
        INSERT INTO hall.account (username, display_name, role, scope, password_hash) VALUES (%(name)s, %(name)s, %(role)s, %(scope)s, 'none')
        RETURNING id)
    INSERT INTO hall.token (digest, account_id, note) SELECT %(digest)s, id, 'test' FROM account
"""
GRID = "990101001001001"


@dataclass(frozen=True)
class Studio:
    """Where everything is."""

    url: str
    data_dir: Path
    tokens: dict[str, str]
    media_port: int
    rtsp_port: int
    extra: dict[str, str]

    def environ(self, **more: str) -> dict[str, str]:
        named = {"DATABASE_URL": self.url, "DATA_DIR": str(self.data_dir), "DEMO": "1"}
        ports = {"MEDIA_PORT": str(self.media_port), "SAMPLE_RTSP_PORT": str(self.rtsp_port)}
        return os.environ | named | ports | {"SECRET_KEY": "studio", "VIDEO_CHECK_S": "0"} | self.extra | more

    @property
    def media(self) -> str:
        return f"http://127.0.0.1:{self.media_port}"

    def headers(self, name: str = "dispatcher") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    def ask(self, served: Served, camera_id: int, who: str = "dispatcher", **body: Any) -> httpx.Response:
        return httpx.post(f"{served.url}/api/v1/cameras/{camera_id}/live", json=body, headers=self.headers(who), timeout=20)

    @contextlib.contextmanager
    def web(self) -> Iterator[Served]:
        with serve(self.environ(), healthy=False) as served:
            yield served

    @contextlib.contextmanager
    def gateway(self, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        with _running([sys.executable, "-m", "media"], self.environ(**more)) as process:
            wait_for(lambda: httpx.get(f"{self.media}/healthz", timeout=2).status_code == 200)
            yield process

    @contextlib.contextmanager
    def cameras(self) -> Iterator[subprocess.Popen[bytes]]:
        with _running([sys.executable, "-m", "media.sample_city"], self.environ()) as process:
            wait_for(lambda: _answers(self.rtsp_port))
            yield process

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.media}/healthz", timeout=5).json()
        return found


def build(url: str, data_dir: Path, **extra: str) -> Studio:
    """Fill an empty migrated database."""
    tokens = {}
    owners = ("city", "police", "traffic")
    with psycopg.connect(url) as conn:
        for number in range(1, CAMERAS + 1):
            place = ("road", "entrance", "square", "junction")[number % 4]
            row = {
                "id": number,
                "gb_id": f"99000000081321{number:06d}",
                "name": f"中山路 {number:02d}",
                "owner": owners[number % 3],
                "place": place,
            }
            conn.execute(CAMERA, row | {"key": number <= 2, "grid": GRID})
        for name, role, scope in (("dispatcher", "dispatcher", ""), ("elsewhere", "dispatcher", "990102"), ("acceptor", "acceptor", ""),
                                  ("worker", "worker", ""), ("department", "department", ""), ("citizen", "citizen", ""),
                                  ("system_admin", "system_admin", "")):  # fmt: skip
            token, digest = new_token()
            conn.execute(ACCOUNT, {"name": name, "role": role, "scope": scope, "digest": digest})
            tokens[name] = token
        video.write(conn)
        conn.execute("DELETE FROM hall.recording_plan")
    return Studio(url, data_dir, tokens, free_port(), free_port(), extra)


def wait_for(true: Any, timeout_s: float = START_S) -> None:
    """Wait until the call returns something true."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError, OSError):
            if true():
                return
        time.sleep(0.05)
    raise TimeoutError("it did not come true in time")


def children(name: str, parent: int | None = None) -> list[int]:
    """Return the processes of this program, of one parent if it is said."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            stat = (folder / "stat").read_text()
            if f"({name})" in stat and (parent is None or int(stat.rpartition(")")[2].split()[1]) == parent):
                found.append(int(folder.name))
    return found


def ffmpegs(studio: Studio) -> set[int]:
    """Return the processes of ffmpeg that this district's gateway started."""
    mark = f"MEDIA_PORT={studio.media_port}".encode()
    found = set()
    for pid in children("ffmpeg"):
        with contextlib.suppress(OSError):
            if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.add(pid)
    return found


def alive(pids: list[int]) -> list[int]:
    """Return those that still run."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if ") Z" not in Path(f"/proc/{pid}/stat").read_text():
                found.append(pid)
    return found


@contextlib.contextmanager
def _running(command: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environ, cwd=ROOT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(port: int) -> bool:
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=1)):
        return True


def burnt_in(path: Path) -> float:
    """Return the instant (seconds since 1970) that the first picture of a file tells by its strip of squares."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-"]
    picture = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.uint8).reshape(360, 640)
    squares = picture[356, 184 + 4 : 632 : 8] > 125
    value = int("".join("1" if white else "0" for white in squares), 2)
    ms, check = value >> 8, value & 0xFF
    assert sum(ms.to_bytes(6, "big")) & 0xFF == check
    return ms / 1000
