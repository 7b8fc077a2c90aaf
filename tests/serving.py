"""Start the real server on a free port, as `make run` does, and end it again."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx

from geodata.settings import ROOT

START_S = 60.0


@dataclass(frozen=True)
class Served:
    """A running server; `pid` is its main process."""

    url: str
    pid: int


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serve(environ: Mapping[str, str], *, healthy: bool = True) -> Iterator[Served]:
    """Run the web process with these settings until the block ends. `healthy`: wait for 200 instead of any answer."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--workers-kill-timeout", "4", "--no-access-log", "--log-level", "warning", "app:create"]
    process = subprocess.Popen(command, env=os.environ | dict(environ) | {"PORT": str(port)}, cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, healthy=healthy)
        yield Served(url, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


@contextlib.contextmanager
def running(module: str, environ: Mapping[str, str]) -> Iterator[None]:
    """Have another process of the product beside the server: `media`, `media.sample_city`."""
    process = subprocess.Popen([sys.executable, "-m", module], env=environ, cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)


def _wait(url: str, process: subprocess.Popen[bytes], *, healthy: bool) -> None:
    deadline = time.monotonic() + START_S
    answer = "no answer"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with contextlib.suppress(httpx.HTTPError):
            response = httpx.get(f"{url}/healthz", timeout=5)
            answer = response.text
            if not healthy or response.status_code == httpx.codes.OK:
                return
        time.sleep(0.2)
    raise TimeoutError(f"the server at {url} did not get ready: {answer}")
