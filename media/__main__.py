"""`python -m media`: the video gateway, on the loopback interface. Ends on SIGTERM or SIGINT, and with it every ffmpeg that it started."""

import asyncio
import logging
import os
import signal
import sys

import uvloop
from aiohttp import web

from geodata.db import open_pool
from geodata.secret_key import secret_key
from geodata.settings import Settings
from media.gateway import Gateway
from services.video_tokens import Signer

log = logging.getLogger("media")

HOST = "127.0.0.1"
GOODBYE_S = 3.0


async def serve(settings: Settings) -> None:
    """Serve until a signal."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    pool = open_pool(settings.database_url)
    gateway = Gateway(settings, pool, Signer(secret_key(settings)), os.environ)
    runner = web.AppRunner(gateway.application(), access_log=None, shutdown_timeout=GOODBYE_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, settings.media_port, reuse_address=True).start()
        log.info("video at http://%s:%d/media/", HOST, settings.media_port)
        await stop.wait()
    finally:
        await runner.cleanup()
        pool.close()


def main() -> None:
    """Read the settings and serve."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    uvloop.run(serve(Settings.from_env(os.environ)))


if __name__ == "__main__":
    main()
