"""A platform's catalogue from its HTTP interface into the database, and what a media server tells while it works."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from geodata.db import Pool, open_pool
from geodata.errors import InvalidInputError
from media.hooks import ZlmHooks
from media.sources import SourceRow, open_source
from media.sources.base import Source, SourceError
from media.sources.zlmediakit import signature_of
from media.sync import sync, sync_one
from tests.media.fakes.platforms import FakeWvp, FakeZlm, channel

CLOCK_S = datetime(2026, 11, 23, 4, 0, tzinfo=UTC).timestamp()
SECRETS = {"HALL_VIDEO_GB_USER": "hall", "HALL_VIDEO_GB_PASSWORD": "secret", "HALL_VIDEO_ZLM_SECRET": "035c"}


@pytest.fixture
def pool(district_url: str) -> Iterator[Pool]:
    with psycopg.connect(district_url) as conn:
        conn.execute(
            "INSERT INTO hall.video_source (id, key, kind, name) VALUES (901, 'gb', 'wvp', '平台'), (902, 'zlm', 'zlmediakit', '流媒体')"
        )
        conn.execute("UPDATE hall.camera SET video_source_id = 902, stream_ref = 'live/east=rtsp://10.0.0.8/1' WHERE id = 61")
    with open_pool(district_url, most=3) as opened:
        yield opened
    with psycopg.connect(district_url) as conn:
        conn.execute("DELETE FROM hall.recording WHERE camera_id = 61")
        conn.execute("UPDATE hall.camera SET video_source_id = NULL, stream_ref = NULL WHERE id = 61")
        conn.execute("DELETE FROM hall.camera WHERE video_source_id = 901")
        conn.execute("DELETE FROM hall.video_source WHERE id IN (901, 902)")


def opened(fake_url: str, key: str = "gb", kind: str = "wvp", source_id: int = 901) -> Source:
    return open_source(SourceRow(id=source_id, key=key, kind=kind, base_url=fake_url), SECRETS)


def one(pool: Pool, query: str) -> Any:
    with pool.connection() as conn:
        return conn.execute(query.encode()).fetchone()


def test_a_catalogue_goes_from_the_platform_into_the_database(pool: Pool) -> None:
    async def run() -> None:
        fake = FakeWvp(channels=[channel(number) for number in range(1, 13)])
        async with fake.serving():

            async def opener(_source_id: int) -> Source:
                return opened(fake.url)

            first = await sync_one(pool, "gb", opener)
            again = await sync_one(pool, "gb", opener)
        assert (first.new, first.nodes, again.new, again.updated, again.unchanged) == (12, 2, 0, 0, 12)

    asyncio.run(run())
    assert one(pool, "SELECT count(*), min(grid_code), bool_and(online) FROM hall.camera WHERE video_source_id = 901") == (
        12,
        "990000001001001",
        True,
    )
    query = "SELECT g.name, p.name FROM hall.camera c JOIN hall.camera_group g ON g.id = c.group_id JOIN hall.camera_group p ON p.id = g.parent_id"
    assert one(pool, query) == ("一中队", "公安")
    assert one(pool, "SELECT failure, report->>'new' FROM hall.video_source WHERE id = 901") == (None, "0")


@pytest.mark.parametrize(("broken", "failure"), [("html", "refused: "), ("garbage", "refused: "), ("status", "refused: ")])
def test_a_platform_that_fails_changes_nothing_and_the_reason_is_kept(pool: Pool, broken: str, failure: str) -> None:
    async def run() -> None:
        fake = FakeWvp()
        async with fake.serving():
            source = opened(fake.url)
            await sync(pool, 901, source)
            fake.broken = broken
            with pytest.raises(SourceError):
                await sync(pool, 901, source)
            await source.close()

    asyncio.run(run())
    assert one(pool, "SELECT count(*) FROM hall.camera WHERE video_source_id = 901 AND flags = '{}'") == (5,)
    assert one(pool, "SELECT failure FROM hall.video_source WHERE id = 901")[0].startswith(failure)


def test_an_empty_answer_is_not_taken_for_an_empty_platform(pool: Pool) -> None:
    async def run() -> None:
        fake = FakeWvp()
        async with fake.serving():
            source = opened(fake.url)
            await sync(pool, 901, source)
            fake.channels = []
            with pytest.raises(InvalidInputError):
                await sync(pool, 901, source)
            await source.close()

    asyncio.run(run())
    assert one(pool, "SELECT count(*) FROM hall.camera WHERE video_source_id = 901 AND online") == (5,)
    assert "5 are known" in one(pool, "SELECT failure FROM hall.video_source WHERE id = 901")[0]


def test_a_media_server_asks_and_tells_with_its_secret_only(pool: Pool) -> None:
    async def run() -> None:
        async with FakeZlm().serving() as fake:
            source = opened(fake.url, "zlm", "zlmediakit", 902)

            async def opener(_source_id: int) -> Source:
                return source

            hooks = ZlmHooks(pool, SECRETS, opener, clock=lambda: CLOCK_S)
            app = web.Application()
            app.add_routes(hooks.routes())
            async with TestClient(TestServer(app)) as client:

                async def call(hook: str, told: object, secret: str = "035c", key: str = "zlm") -> tuple[int, dict[str, Any]]:
                    answer = await client.post(f"/hooks/zlm/{key}/{hook}?secret={secret}", json=told)
                    return answer.status, await answer.json()

                expires = int(CLOCK_S) + 30
                signed = f"hall={expires}.{signature_of('035c', 'live', 'east', expires)}"
                play = {"app": "live", "stream": "east", "schema": "fmp4", "params": signed}
                assert await call("on_play", play) == (200, {"code": 0, "msg": "success"})
                assert (await call("on_play", play | {"stream": "west"}))[1]["code"] == -1
                for secret, key in (("", "zlm"), ("wrong", "zlm"), ("035c", "gb"), ("035c", "nobody")):
                    assert (await call("on_play", play, secret, key))[0] == 403
                assert (await call("on_play", [1]))[0] == 400
                assert (await call("on_strange", play))[0] == 404
                assert (await call("on_stream_none_reader", play))[1] == {"code": 0, "close": True}
                await call("on_stream_not_found", {"app": "live", "stream": "east"})
                assert fake.asked("/index/api/addStreamProxy")["url"] == "rtsp://10.0.0.8/1"
                before = len(fake.calls)
                await call("on_stream_not_found", {"app": "live", "stream": "unknown"})
                assert len(fake.calls) == before
                told = {
                    "app": "live",
                    "stream": "east",
                    "start_time": int(CLOCK_S) - 300,
                    "time_len": 299.5,
                    "file_size": 1000,
                    "file_path": "/www/record/live/east/2026-11-23/11-55-00.mp4",
                }
                for _ in range(2):
                    assert (await call("on_record_mp4", told))[0] == 200
                for wrong in (
                    {"start_time": "x"},
                    {"time_len": -1},
                    {"start_time": 1},
                    {"file_path": None, "time_len": None},
                    {"stream": "nobody"},
                ):
                    assert (await call("on_record_mp4", told | wrong))[0] == 200
            await source.close()

    asyncio.run(run())
    found = one(
        pool,
        "SELECT count(*), min(source), min(uri), min(extract(epoch FROM end_at - start_at))::float8 FROM hall.recording WHERE camera_id = 61",
    )
    assert found == (1, "zlmediakit", "/www/record/live/east/2026-11-23/11-55-00.mp4", 299.5)
