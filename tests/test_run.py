"""`make run` as a process: it starts in seconds over what is there, says what stands in its way, and leaves nothing behind."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from geodata.settings import ROOT
from tests.conftest import City
from tests.serving import free_port

MARK = "HALL_TEST_RUN"
START_S, STOP_S = 90.0, 20.0


class Running:
    """One run.py with everything that it starts, recognised by a mark in the environment."""

    def __init__(self, city: City) -> None:
        self.mark, self.port = uuid.uuid4().hex, free_port()
        environ = os.environ | city.environ() | {"PORT": str(self.port), MARK: self.mark}
        self.process = subprocess.Popen([sys.executable, "run.py"], env=environ, cwd=ROOT, stdout=subprocess.DEVNULL)

    def wait(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        pytest.fail(f"run.py did not get ready, exit code {self.process.poll()}")

    def family(self) -> list[int]:
        """Process ids that carry the mark."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

    def gone_within(self, seconds: float) -> list[int]:
        """Ids of those that are still there after that time."""
        deadline = time.monotonic() + seconds
        while (left := self.family()) and time.monotonic() < deadline:
            time.sleep(0.2)
        return left


def command(pid: int) -> list[bytes]:
    """Program and arguments of a process, [b""] when it has just ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return [b""]


@pytest.fixture
def running(city: City) -> Iterator[Running]:
    started = Running(city)
    try:
        started.wait()
        yield started
    finally:
        for pid in started.family():
            with contextlib.suppress(ProcessLookupError):  # it may end by itself after it was found
                os.kill(pid, signal.SIGKILL)
        started.process.wait()


def test_a_stop_signal_ends_every_process(running: Running) -> None:
    assert len(running.family()) >= 4  # manager, web with its worker, background process
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(STOP_S)
    assert running.gone_within(5) == []


def test_not_even_a_kill_of_the_manager_leaves_a_process(running: Running) -> None:
    running.process.kill()
    running.process.wait()
    assert running.gone_within(STOP_S) == []


def test_a_video_gateway_that_dies_starts_again_and_the_map_goes_on(running: Running) -> None:
    def gateways() -> list[int]:
        commands = {pid: command(pid) for pid in running.family()}
        return [pid for pid, (program, *rest) in commands.items() if b"python" in program and rest[:2] == [b"-m", b"media"]]

    deadline = time.monotonic() + STOP_S
    while not (before := gateways()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert before
    os.kill(before[0], signal.SIGKILL)
    while (not (after := gateways()) or after == before) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert after
    assert after != before
    assert httpx.get(f"http://127.0.0.1:{running.port}/healthz", timeout=5).status_code == httpx.codes.OK


def test_a_taken_port_is_named_before_anything_is_started(city: City) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environ = os.environ | city.environ() | {"PORT": str(port)}
        done = subprocess.run([sys.executable, "run.py"], env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1 cannot be used" in done.stderr


@pytest.mark.parametrize(("name", "value"), [("SCALE", "7"), ("PORT", "eighty"), ("OSM", "/no/such/file.osm.pbf")])
def test_a_wrong_setting_is_named(city: City, name: str, value: str) -> None:
    environ = os.environ | city.environ() | {"PORT": str(free_port()), name: value}
    done = subprocess.run([sys.executable, "run.py"], env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"hallmap: {name}=")
