"""Catalogues of platforms into ours: when asked for, and once an hour. `python -m media sync KEY` does one at once and says what came of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import psycopg

from geodata.db import Pool, reading, writing
from geodata.errors import HallError, InvalidInputError
from media.sources.base import Source, SourceError
from services import camera_catalogue, video_sources
from services.camera_catalogue import Report
from services.catalogue_entry import Entry

log = logging.getLogger(__name__)

EVERY_MINUTES = 60
LOOK_S = 3.0
SYNC_S = 300.0
"""A platform that has not told its catalogue by then does not get to the end."""
Opener = Callable[[int], Awaitable[Source]]


async def sync(pool: Pool, source_id: int, source: Source) -> Report:
    """Read a source's catalogue and store it: all of it, or nothing. A failure stands with the source as well.

    Raises:
        SourceError: the platform does not tell it.
        HallError: it cannot be stored.
    """
    try:
        async with asyncio.timeout(SYNC_S):
            entries = [entry async for entry in source.catalogue(None)]
        return await asyncio.to_thread(_store, pool, source_id, entries)
    except TimeoutError:
        error = SourceError("timeout", "the platform did not tell its catalogue in time")
        await asyncio.to_thread(_failed, pool, source_id, f"timeout: {error}")
        raise error from None
    except SourceError as error:
        await asyncio.to_thread(_failed, pool, source_id, f"{error.reason}: {error}")
        raise
    except HallError as error:
        await asyncio.to_thread(_failed, pool, source_id, str(error))
        raise


async def sync_forever(pool: Pool, opener: Opener) -> None:
    """Read the catalogues that are due, one after the other, until cancelled."""
    while True:
        try:
            for source_id in await asyncio.to_thread(_due, pool):
                report = await sync(pool, source_id, await opener(source_id))
                log.info("catalogue of source %d: %d cameras, %d new, %d updated", source_id, report.cameras, report.new, report.updated)
        except (HallError, psycopg.Error) as error:
            log.warning("a catalogue was not read: %s", error)
        await asyncio.sleep(LOOK_S)


async def sync_one(pool: Pool, key: str, opener: Opener) -> Report:
    """Read the catalogue of the source with this key.

    Raises:
        NotFoundError: there is none.
        HallError: as in `sync`.
    """

    def find() -> int:
        with reading(pool) as conn:
            return video_sources.by_key(conn, key)[0]

    source_id = await asyncio.to_thread(find)
    source = await opener(source_id)
    try:
        return await sync(pool, source_id, source)
    finally:
        await source.close()


def _store(pool: Pool, source_id: int, entries: list[Entry]) -> Report:
    with writing(pool) as conn:
        conn.execute("SET LOCAL statement_timeout = '60s'")
        try:
            return camera_catalogue.store(conn, source_id, entries, datetime.now(UTC))
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise InvalidInputError(f"the database refused a row: {error.diag.message_primary}") from error


def _failed(pool: Pool, source_id: int, failure: str) -> None:
    with writing(pool) as conn:
        camera_catalogue.failed(conn, source_id, failure, datetime.now(UTC))


def _due(pool: Pool) -> list[int]:
    with reading(pool) as conn:
        return camera_catalogue.due(conn, datetime.now(UTC), minutes=EVERY_MINUTES)
