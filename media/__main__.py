"""`python -m media`: the video gateway, on the loopback interface. Ends on SIGTERM or SIGINT, and with it every ffmpeg that it started."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence

import uvloop
from aiohttp import web

from geodata.db import open_pool
from geodata.errors import HallError
from geodata.secret_key import secret_key
from geodata.settings import Settings
from media.gateway import Feeds, Gateway
from media.sync import sync_one
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


async def read_catalogue(settings: Settings, key: str) -> int:
    """Read one source's catalogue and say what came of it; returns the exit code."""
    pool = open_pool(settings.database_url, most=2)
    try:
        report = await sync_one(pool, key, Feeds(pool, os.environ).by_id)
    except HallError as error:
        print(f"hallmap: {error}", file=sys.stderr)
        return 1
    finally:
        pool.close()
    print(f"{report.cameras} cameras: {report.new} new, {report.updated} updated, {report.unchanged} unchanged, {report.missing} missing")
    for flag, count in sorted(report.doubtful.items()):
        print(f"  {flag}: {count}")
    for reason in report.refused:
        print(f"  left out: {reason}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, or with `sync KEY` read the catalogue of one source."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    parser = argparse.ArgumentParser(prog="python -m media", description="The video gateway.")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("sync", help="read the catalogue of a source now").add_argument("key")
    given = parser.parse_args(arguments)
    settings = Settings.from_env(os.environ)
    if given.command == "sync":
        return uvloop.run(read_catalogue(settings, given.key))
    uvloop.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
