"""The adapter of ZLMediaKit against a server that answers in its shapes."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from media.sources.base import SourceError
from media.sources.platform import Platform
from media.sources.zlmediakit import ZlMediaKitSource, may_play, parts_of
from tests.media.fakes.platforms import JPEG, FakeZlm

START = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
"""Half past midnight in Shanghai."""
CLOCK_S = 1_795_000_000


def source_of(fake: FakeZlm, secret: str = "035c") -> ZlMediaKitSource:
    return ZlMediaKitSource(Platform(fake.url, timeout_s=2), fake.url, secret, options={"segment_s": 600}, clock=lambda: CLOCK_S)


def test_a_published_stream_is_read_with_a_signature_that_on_play_can_check() -> None:
    async def run() -> None:
        async with FakeZlm().serving() as fake:
            assert isinstance(fake, FakeZlm)
            source = source_of(fake)
            pull = await source.live("live/one", "main")
            await source.close()
        address, _, params = pull.url.partition("?")
        assert (address, pull.kind) == (f"{fake.url}/live/one.live.mp4", "http_fmp4")
        assert "035c" not in pull.url
        assert may_play("035c", "live", "one", params, CLOCK_S + 59)
        assert not may_play("035c", "live", "two", params, CLOCK_S)
        assert not may_play("035c", "live", "one", params, CLOCK_S + 61)
        assert not may_play("other", "live", "one", params, CLOCK_S)
        for forged in ("", "hall=", "hall=x.y", f"hall={CLOCK_S + 50}.", "hall=99999999999999.é"):
            assert not may_play("035c", "live", "one", forged, CLOCK_S)

    asyncio.run(run())


def test_a_stream_that_is_not_there_is_pulled_when_its_origin_is_known() -> None:
    async def run() -> None:
        async with FakeZlm().serving() as fake:
            assert isinstance(fake, FakeZlm)
            source = source_of(fake)
            await source.live("live/two=rtsp://10.0.0.8/ch2", "main")
            assert fake.asked("/index/api/addStreamProxy")["url"] == "rtsp://10.0.0.8/ch2"
            with pytest.raises(SourceError) as refused:
                await source.live("live/three", "main")
            assert refused.value.reason == "no_video"
            await source.close()

    asyncio.run(run())


def test_recorded_files_become_intervals_in_utc_the_evening_before_included() -> None:
    async def run() -> None:
        files = {"2026-11-22": ["23-55-00.mp4", "x.mp4"], "2026-11-23": ["00-25-00-0.mp4", "00-33-00.mp4", "99-00-00.mp4"]}
        async with FakeZlm(files=files).serving() as fake:
            assert isinstance(fake, FakeZlm)
            source = source_of(fake)
            found = await source.recordings("live/one", START, START + timedelta(hours=1))
            evening = await source.recordings("live/one", START - timedelta(minutes=30), START - timedelta(minutes=20))
            await source.close()
        assert [(one.start, one.end) for one in found] == [
            (START - timedelta(minutes=5), START + timedelta(minutes=3)),
            (START + timedelta(minutes=3), START + timedelta(minutes=13)),
        ]
        assert found[0].handle == "/www/record/live/one/2026-11-23/00-25-00-0.mp4"
        assert [one.start for one in evening] == [START - timedelta(minutes=35)]

    asyncio.run(run())


def test_a_recorded_file_is_played_from_the_middle_sought_and_stopped() -> None:
    async def run() -> None:
        async with FakeZlm(files={"2026-11-23": ["00-25-00.mp4"]}).serving() as fake:
            assert isinstance(fake, FakeZlm)
            source = source_of(fake)
            session = await source.playback("live/one", START, START + timedelta(minutes=1))
            assert fake.asked("/index/api/loadMP4File")["seek_ms"] == "300000"
            await source.control(session, "seek", 10)
            assert fake.asked("/index/api/seekRecordStamp")["stamp"] == "310000"
            await source.control(session, "speed", 4)
            await source.control(session, "stop")
            assert fake.asked("/index/api/close_streams")["force"] == "1"
            with pytest.raises(SourceError) as refused:
                await source.control(session, "pause")
            assert refused.value.reason == "unsupported"
            with pytest.raises(SourceError) as refused:
                await source.playback("live/one", START + timedelta(days=2), START + timedelta(days=2, minutes=1))
            assert refused.value.reason == "no_video"
            await source.close()

    asyncio.run(run())


def test_streams_are_listed_once_and_photographed() -> None:
    async def run() -> None:
        async with FakeZlm(online={"live/one", "hall_record/r1"}).serving() as fake:
            assert isinstance(fake, FakeZlm)
            source = source_of(fake)
            assert [item.ref async for item in source.catalogue(None)] == ["live/one"]
            assert await source.snapshot("live/one") == JPEG
            await source.close()

    asyncio.run(run())


def test_a_wrong_secret_and_wrong_references_are_told() -> None:
    async def run() -> None:
        async with FakeZlm().serving() as fake:
            assert isinstance(fake, FakeZlm)
            source = source_of(fake, "wrong")
            with pytest.raises(SourceError) as refused:
                await source.live("live/one", "main")
            assert refused.value.reason == "unauthorized"
            fake.broken = "garbage"
            with pytest.raises(SourceError) as refused:
                await source.live("live/one", "main")
            assert refused.value.reason == "refused"
            await source.close()

    asyncio.run(run())
    for ref in ("one", "a/b/c", "../x/y", "a/b=file:///etc/passwd", "a/b?c", ""):
        with pytest.raises(SourceError):
            parts_of(ref)
