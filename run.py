"""`make run`: prepare what is missing, then keep the product's processes together until Ctrl-C or SIGTERM.

honcho gives each service a runner process of its own with the service as its child. So a death signal is set twice: the runner dies
with this process, and the service gets SIGTERM when its runner dies. Then nothing is left even after a kill -9 of this process.
"""

import contextlib
import ctypes
import errno
import logging
import os
import shlex
import signal
import socket
import sys
import threading
import time
import urllib.request
from types import FrameType

from honcho.manager import Manager
from honcho.printer import Printer

from geodata.cluster import Cluster
from geodata.errors import HallError, SetupError
from geodata.settings import ROOT, Settings

PR_SET_PDEATHSIG = 1
AGAIN = "bin/again.sh setpriv --pdeathsig TERM"
"""Before a service that the map can do without: when it ends, it alone starts again; the others end the product with them."""
LATER, LAST = "nice -n 5", "nice -n 10"
"""Before services that give way: on a machine of two cores the page comes first."""
LOOPBACK, ANYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - told apart, not bound
LOOK_S = 0.3
LIBC = ctypes.CDLL(None)


def main() -> int:
    """Return the exit code of the first service that ended, or 1 with a plain message when it can't start."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, _leave)
    try:
        settings = Settings.from_env(os.environ)
    except SetupError as error:
        print(f"hallmap: {error}", file=sys.stderr)
        return 1
    try:
        _require_free_port("PORT", settings.host, settings.port)
        _require_free_port("MEDIA_PORT", LOOPBACK, settings.media_port)
        if settings.demo:
            _require_free_port("SAMPLE_RTSP_PORT", LOOPBACK, settings.sample_rtsp_port)
        with Cluster.from_env(os.environ) as url:
            environ = os.environ | {"DATABASE_URL": url}
            import prepare  # noqa: PLC0415 - heavy, and the processes that cut fonts load this module

            ready = prepare.prepare(Settings.from_env(environ))
            threading.Thread(target=_announce, args=(settings, ready.message()), daemon=True).start()
            return _serve(settings, environ)
    except HallError as error:
        print(f"hallmap: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"hallmap: the disk is full: {error.filename or settings.data_dir}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _serve(settings: Settings, environ: dict[str, str]) -> int:
    python = shlex.quote(sys.executable)
    after = f"bin/after.sh {_reached(settings)} {settings.port}"
    services = {
        "web": f"{python} -m granian --interface asgi --factory --host {settings.host} --port {settings.port} --workers 1"
        " --workers-kill-timeout 4 --no-access-log --log-level warning --ws app:create",
        "worker": f"{after} {LATER} {python} worker.py",
        "media": f"{after} {AGAIN} {python} -m media",
    }
    if settings.demo:
        services["cameras"] = f"{after} {LATER} {AGAIN} {python} -m media.sample_city"
    if settings.analysis:
        services["analysis"] = f"{after} {LAST} {AGAIN} {python} -m analysis"
    manager = Manager(Printer(sys.stdout, width=max(map(len, services))))
    for name, command in services.items():
        manager.add_process(name, f"exec setpriv --pdeathsig TERM {command}", env=environ, cwd=str(ROOT))
    os.register_at_fork(after_in_child=_die_with_parent)
    manager.loop()
    return int(manager.returncode or 0)


def _reached(settings: Settings) -> str:
    return LOOPBACK if settings.host == ANYWHERE else settings.host


def _announce(settings: Settings, message: str) -> None:
    """Print where to look as soon as somebody answers there."""
    address = f"http://{_reached(settings)}:{settings.port}/health"
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=60):
            print(message, flush=True)
            return
        time.sleep(LOOK_S)


def _require_free_port(name: str, host: str, port: int) -> None:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"port {port} on {host} cannot be used ({error.strerror}): stop what uses it, or set {name}=…"
            raise SetupError(message) from None


def _die_with_parent() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _leave(_number: int, _frame: FrameType | None) -> None:
    # An exception, so that the database is stopped on the way out.
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
