"""The adapter of MediaMTX against a server that answers in its shapes, and the one way in which instants are read."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from media.sources import SourceRow, open_source
from media.sources.base import SourceError
from media.sources.instants import from_plain, to_plain, zone_of
from media.sources.mediamtx import MediaMtxSource, parts_of
from media.sources.platform import Platform
from tests.media.fakes.platforms import FakeMediaMtx

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def source_of(fake: FakeMediaMtx) -> MediaMtxSource:
    platform = Platform(fake.url, timeout_s=2)
    playback = Platform(fake.url, timeout_s=2)
    options = {"playback_url": fake.url}
    return MediaMtxSource(platform, fake.url, playback=playback, username="u", password="p@:", options=options)


def test_a_path_is_read_and_added_when_its_origin_is_known() -> None:
    async def run() -> None:
        async with FakeMediaMtx().serving() as fake:
            assert isinstance(fake, FakeMediaMtx)
            source = source_of(fake)
            assert (await source.live("gate", "main")).url == "rtsp://u:p%40%3A@127.0.0.1:8554/gate"
            await source.live("gate=rtsp://10.0.0.7/1", "main")
            assert fake.added == {}
            await source.live("yard=rtsp://10.0.0.7/2", "main")
            assert fake.added == {"yard": {"source": "rtsp://10.0.0.7/2", "sourceOnDemand": True}}
            await source.close()

    asyncio.run(run())


def test_recordings_and_windows() -> None:
    async def run() -> None:
        recorded: list[dict[str, object]] = [
            {"start": "2026-11-23T08:00:10+08:00", "duration": 60.5, "url": "http://x"},
            {"start": "2026-11-23T00:30:00Z", "duration": "bad"},
            {"start": "2026-11-23T05:00:00Z", "duration": 5},
        ]
        async with FakeMediaMtx(recorded=recorded).serving() as fake:
            assert isinstance(fake, FakeMediaMtx)
            source = source_of(fake)
            found = await source.recordings("gate", START, START + timedelta(hours=1))
            assert [(one.start, one.end - one.start) for one in found] == [(START + timedelta(seconds=10), timedelta(seconds=60.5))]
            session = await source.playback("gate", START, START + timedelta(seconds=90))
            assert session.pull.url == f"{fake.url}/get?path=gate&start=2026-11-23T00%3A00%3A00%2B00%3A00&duration=90&format=fmp4"
            assert session.pull.headers == {"Authorization": "Basic dTpwQDo="}
            await source.control(session, "stop")
            with pytest.raises(SourceError) as refused:
                await source.control(session, "seek", 5)
            assert refused.value.reason == "unsupported"
            fake.recorded = []
            assert await source.recordings("gate", START, START + timedelta(hours=1)) == []
            with pytest.raises(SourceError) as refused:
                await source.playback("gate", START, START + timedelta(hours=1))
            assert refused.value.reason == "no_video"
            await source.close()

    asyncio.run(run())


def test_paths_are_listed_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.sources.mediamtx.PAGE", 2)

    async def run() -> None:
        async with FakeMediaMtx(paths_=["a", "b", "c", "d", "e\nf"]).serving() as fake:
            assert isinstance(fake, FakeMediaMtx)
            source = source_of(fake)
            assert [item.ref async for item in source.catalogue(None)] == ["a", "b", "c", "d", "ef"]
            assert fake.paths().count("/v3/paths/list") == 3
            fake.broken = "garbage"
            with pytest.raises(SourceError):
                _ = [item async for item in source.catalogue(None)]
            await source.close()

    asyncio.run(run())


def test_wrong_references_are_refused() -> None:
    for ref in ("", "/gate", "a/../b", "a=file:///x", "a b", "a?b"):
        with pytest.raises(SourceError):
            parts_of(ref)


def test_every_kind_of_source_can_be_opened() -> None:
    for kind in ("rtsp", "sample", "wvp", "zlmediakit", "mediamtx"):
        assert open_source(SourceRow(id=1, key="x", kind=kind, base_url="http://127.0.0.1:9"), {})
    with pytest.raises(SourceError):
        open_source(SourceRow(id=1, key="x", kind="wvp", timezone="Nowhere/Land"), {})


def test_a_time_without_a_zone_is_the_sources_own_and_all_others_are_what_they_say() -> None:
    eight = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert from_plain("2026-11-23 08:00:00", SHANGHAI) == eight
    assert from_plain("2026-11-23T08:00:00+08:00", ZoneInfo("UTC")) == eight
    assert from_plain("2026-11-23T00:00:00Z", SHANGHAI) == eight
    assert from_plain(eight.timestamp(), SHANGHAI) == eight
    assert from_plain("2026-11-23 00:00:00", ZoneInfo("UTC")) == eight
    assert to_plain(eight, SHANGHAI) == "2026-11-23 08:00:00"
    assert from_plain(to_plain(eight, SHANGHAI), SHANGHAI) == eight
    for wrong in ("", None, "yesterday", "2026-13-01 00:00:00", True, 1e300):
        with pytest.raises(SourceError):
            from_plain(wrong, SHANGHAI)
    with pytest.raises(SourceError):
        zone_of("Nowhere/Land")
