"""The adapter of WVP-GB28181-pro against a server that answers in its shapes."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from media.sources.base import SourceError
from media.sources.platform import Breaker, Platform
from media.sources.wvp import WvpSource
from services.catalogue_entry import Entry
from tests.media.fakes.platforms import JPEG, FakeWvp, channel

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
END = START + timedelta(hours=1)


async def catalogue(source: WvpSource) -> list[Entry]:
    return [item async for item in source.catalogue(None)]


def source_of(fake: FakeWvp, *, password: str = "secret", api_key: str = "", timeout_s: float = 5) -> WvpSource:
    platform = Platform(fake.url, timeout_s=timeout_s)
    return WvpSource(platform, "Asia/Shanghai", username="hall", password=password, api_key=api_key)


def test_it_signs_in_once_and_again_when_its_token_has_run_out() -> None:
    async def run() -> None:
        async with FakeWvp(uses=2).serving() as fake:
            assert isinstance(fake, FakeWvp)
            source = source_of(fake)
            for _ in range(4):
                assert (await source.live("1", "main")).url == "rtsp://10.0.0.9:554/rtp/1"
            assert fake.paths().count("/api/user/login") == 2
            await source.close()

    asyncio.run(run())


def test_a_key_needs_no_signing_in_and_a_wrong_password_says_so() -> None:
    async def run() -> None:
        async with FakeWvp(api_key="k1").serving() as fake:
            assert isinstance(fake, FakeWvp)
            keyed, wrong = source_of(fake, api_key="k1"), source_of(fake, api_key="k2")
            await keyed.live("1", "sub")
            with pytest.raises(SourceError) as refused:
                await wrong.live("1", "sub")
            assert refused.value.reason == "unauthorized"
            assert "/api/user/login" not in fake.paths()
            stranger = source_of(fake, password="wrong")
            with pytest.raises(SourceError, match="user name or password") as refused:
                await stranger.live("1", "sub")
            assert "wrong" not in str(refused.value)
            for one in (keyed, wrong, stranger):
                await one.close()

    asyncio.run(run())


def test_the_catalogue_is_read_page_by_page_with_its_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.sources.wvp.PAGE", 2)

    async def run() -> None:
        odd = [
            channel(6, gbDeviceId="99000001082150000009", gbName="分组"),
            channel(7, gbDeviceId="990000", gbName="区"),
            channel(8, gbDeviceId=None),
        ]
        fake = FakeWvp(channels=[*(channel(number) for number in range(1, 4)), *odd, channel(9, gbLongitude="x", gbStatus="OFF")])
        async with fake.serving():
            source = source_of(fake)
            items = await catalogue(source)
            await source.close()
        assert [(item.kind, item.gb_id[-4:]) for item in items] == [
            ("group", "0001"),
            ("organization", "0001"),
            ("camera", "0001"),
            ("camera", "0002"),
            ("camera", "0003"),
            ("group", "0009"),
            ("division", "0000"),
            ("camera", "0009"),
        ]
        first, last = items[2], items[-1]
        assert (first.ref, first.ptz, first.online) == ("1", True, True)
        assert first.lon == pytest.approx(113.54001)
        assert first.parent_gb_id == "99000001082160000001"
        assert (items[1].parent_gb_id, items[0].parent_gb_id) == ("99000001082150000001", None)
        assert (last.lon, last.online) == (None, False)
        assert fake.paths().count("/api/common/channel/list") == 4

    asyncio.run(run())


def test_times_without_a_zone_are_the_platforms_own() -> None:
    async def run() -> None:
        records = [
            {"startTime": "2026-11-23 08:30:00", "endTime": "2026-11-23 09:30:00"},
            {"startTime": "2026-11-23 07:50:00", "endTime": "2026-11-23 08:10:00"},
            {"startTime": "2026-11-23 06:00:00", "endTime": "2026-11-23 06:30:00"},
        ]
        async with FakeWvp(records=records).serving() as fake:
            assert isinstance(fake, FakeWvp)
            source = source_of(fake)
            found = await source.recordings("1", START, END)
            await source.close()
        assert [(one.start.hour, one.start.minute, one.end.hour) for one in found] == [(23, 50, 0), (0, 30, 1)]
        asked = fake.asked("/api/common/channel/playback/query")
        assert (asked["startTime"], asked["endTime"]) == ("2026-11-23 08:00:00", "2026-11-23 09:00:00")

    asyncio.run(run())


def test_a_playback_is_played_paused_sought_sped_up_and_stopped() -> None:
    async def run() -> None:
        async with FakeWvp().serving() as fake:
            assert isinstance(fake, FakeWvp)
            source = source_of(fake)
            session = await source.playback("3", START, END)
            assert (session.id, session.pull.kind) == ("3/s1", "rtsp")
            for verb, value, name, said in (
                ("pause", None, "stream", "s1"),
                ("resume", None, "channelId", "3"),
                ("seek", 90.4, "seekTime", "90"),
                ("speed", 99.0, "speed", "8.0"),
                ("stop", None, "stream", "s1"),
            ):
                await source.control(session, verb, value)  # type: ignore[arg-type]
                assert fake.asked(f"/api/common/channel/playback/{verb}")[name] == said
            await source.close()

    asyncio.run(run())


def test_a_camera_is_turned_and_photographed() -> None:
    async def run() -> None:
        async with FakeWvp().serving() as fake:
            assert isinstance(fake, FakeWvp)
            source = source_of(fake)
            await source.ptz("1", "zoom_in", 9)
            assert fake.asked("/api/common/channel/front-end/ptz") == {
                "channelId": "1",
                "command": "zoomin",
                "panSpeed": "100",
                "tiltSpeed": "100",
                "zoomSpeed": "100",
            }
            assert await source.snapshot("1") == JPEG
            assert fake.asked("/api/play/snap")["deviceId"] == "99000001081320000001"
            await source.stop("1")
            with pytest.raises(SourceError) as refused:
                await source.snapshot("77")
            assert refused.value.reason == "not_found"
            await source.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("broken", "reason"),
    [("html", "refused"), ("garbage", "refused"), ("slow", "timeout"), ("huge", "refused"), ("status", "refused"), ("redirect", "refused")],
)
def test_garbage_slowness_and_failures_become_plain_reasons(broken: str, reason: str) -> None:
    async def run() -> None:
        async with FakeWvp(api_key="k").serving() as fake:
            assert isinstance(fake, FakeWvp)
            fake.broken = broken
            source = source_of(fake, api_key="k", timeout_s=0.5 if broken == "slow" else 10)
            with pytest.raises(SourceError) as refused:
                await source.live("1", "main")
            assert refused.value.reason == reason
            assert "127.0.0.1" not in str(refused.value)
            await source.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("stream", "reason"), [(None, "no_video"), ({"rtsp": None}, "no_video"), ({"rtsp": 7}, "no_video"), ("x", "no_video")]
)
def test_an_answer_without_a_stream_is_no_picture(stream: object, reason: str) -> None:
    async def run() -> None:
        fake = FakeWvp(stream=stream)  # type: ignore[arg-type]
        async with fake.serving():
            source = source_of(fake)
            with pytest.raises(SourceError) as refused:
                await source.live("1", "main")
            assert refused.value.reason == reason
            for ref in ("", "x", "1/../2", "99999999999"):
                with pytest.raises(SourceError) as refused:
                    await source.live(ref, "main")
                assert refused.value.reason == "not_found"
            await source.close()

    asyncio.run(run())


def test_a_dead_platform_is_left_alone_for_a_while() -> None:
    async def run() -> None:
        now = [0.0]
        platform = Platform("http://127.0.0.1:9", timeout_s=1, breaker=Breaker(lambda: now[0]))
        source = WvpSource(platform, "Asia/Shanghai", api_key="k")
        said = []
        for _ in range(4):
            with pytest.raises(SourceError) as refused:
                await source.live("1", "main")
            said.append((refused.value.reason, "asked again" in str(refused.value)))
        assert said == [("unreachable", False)] * 3 + [("unreachable", True)]
        now[0] = 31.0
        with pytest.raises(SourceError) as refused:
            await source.live("1", "main")
        assert "asked again" not in str(refused.value)
        await source.close()

    asyncio.run(run())
