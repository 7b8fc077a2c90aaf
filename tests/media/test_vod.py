"""Replay: real segments with real holes, a playlist stitched of them, and ffmpeg as the player; platforms in pieces; tokens that open nothing else."""

import asyncio
import json
import re
import subprocess
import threading
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from aiohttp import web

from geodata.db import reading, writing
from geodata.errors import ConflictError, SourceUnavailableError
from geodata.settings import Settings
from media import gateway, turn, vod
from media.archive import Archive
from media.sources.base import Interval, Profile, Pull, Session, SourceError, Turn, Verb
from services import camera_access, clip_maker, clips, evidence, holds, recordings, video_feed, video_rights
from services.audit import Caller
from services.camera_access import AccessQuery, Ask
from services.catalogue_entry import Entry
from services.clips import ClipForm
from services.holds import HoldForm
from services.media_client import MediaClient
from services.rights import Reader, Role
from services.video_rights import Mode
from services.video_tokens import Grant, Signer
from tests.footage import empty_store, film
from tests.town import Town

START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
SIGNER = Signer("a secret of the tests")
CAMERA, OTHER, AWAY = 1, 2, 3


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass
class Platform:
    """A platform outside: it tells what it has and plays it over HTTP, as its own clock has it."""

    url: str = ""
    has: list[Interval] = field(default_factory=list)
    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    turned: list[tuple[str, str, int]] = field(default_factory=list)
    trouble: str = ""

    async def recordings(self, ref: str, start: datetime, end: datetime) -> list[Interval]:
        if self.trouble == "hangs":
            await asyncio.sleep(60)
        if self.trouble:
            raise SourceError("unreachable", "no answer")
        return [one for one in self.has if one.start < end and one.end > start]

    async def playback(self, ref: str, start: datetime, end: datetime) -> Session:
        self.asked.append((ref, start, end))
        return Session(pull=Pull(url=f"{self.url}/{'nonsense' if self.trouble else 'play'}", kind="http_fmp4"), id=f"s{len(self.asked)}")

    async def control(self, session: Session, verb: Verb, value: float | None = None) -> None:
        self.stopped.append(f"{session.id} {verb}")

    async def live(self, ref: str, profile: Profile) -> Pull:
        raise SourceError("unsupported")

    async def snapshot(self, ref: str) -> bytes:
        raise SourceError("unsupported")

    async def ptz(self, ref: str, action: Turn, speed: int) -> None:
        if self.trouble:
            raise SourceError("unsupported" if self.trouble == "fixed" else "timeout")
        self.turned.append((ref, action, speed))

    async def close(self) -> None: ...

    async def catalogue(self, since: datetime | None) -> AsyncIterator[Entry]:
        nothing: tuple[Entry, ...] = ()
        for item in nothing:
            yield item


@dataclass(frozen=True)
class Served:
    """The video gateway on a free port, and the platform that one camera hangs on."""

    url: str
    town: Town
    folder: Path
    platform: Platform

    def get(self, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        return self.ask(urllib.request.Request(f"{self.url}{path}", headers=headers))

    def ask(self, request: urllib.request.Request) -> tuple[int, bytes, dict[str, str]]:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    def playlist(self, grant: Grant) -> list[str]:
        status, body, headers = self.get(f"/media/vod/{SIGNER.sign(grant)}/index.m3u8")
        assert (status, headers["Content-Type"].split(";")[0]) == (200, "application/vnd.apple.mpegurl")
        return body.decode().splitlines()


@pytest.fixture(scope="module")
def served(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The gateway over two runs of one camera, 8 s and 6 s with 3.2 s between them, and one run of another camera."""
    folder = tmp_path_factory.mktemp("vod")
    values = {"DATABASE_URL": town.url, "DATA_DIR": str(folder), "RECORD_CAMERAS": "0", "VIDEO_CHECK_S": "0"}
    platform = Platform()
    with empty_store(town.pool):
        film(town.pool, folder, CAMERA, START, 8)
        film(town.pool, folder, CAMERA, after(11.2), 6)
        film(town.pool, folder, OTHER, START, 4)
        with writing(town.pool) as conn:
            conn.execute(
                "INSERT INTO hall.video_source (id, key, kind, name, base_url) VALUES (901, 'away', 'wvp', 'x', 'http://127.0.0.1:9')"
            )
            conn.execute(
                "UPDATE hall.camera SET video_source_id = 901, stream_ref = 'dev/ch', clock_offset_ms = 120000 WHERE id = %s", [AWAY]
            )
        with running(application(Settings.from_env(values), town, folder, platform, film_as_mp4(folder))) as port:
            platform.url = f"http://127.0.0.1:{port}"
            yield Served(platform.url, town, folder, platform)
        with writing(town.pool) as conn:
            conn.execute("UPDATE hall.camera SET video_source_id = NULL, stream_ref = NULL, clock_offset_ms = 0 WHERE id = %s", [AWAY])
            conn.execute("DELETE FROM hall.video_source WHERE id = 901")


def film_as_mp4(folder: Path) -> Path:
    path = folder / "platform.mp4"
    command = "ffmpeg -v error -nostdin -y -f lavfi -i testsrc=size=320x240:rate=10:duration=10 -c:v libx264 -preset ultrafast -g 10"
    subprocess.run([*command.split(), "-movflags", "frag_keyframe+empty_moov", str(path)], check=True, timeout=60)
    return path


def application(settings: Settings, town: Town, folder: Path, platform: Platform, film_of_platform: Path) -> web.Application:
    async def source_of(_: int) -> Platform:
        return platform

    async def play(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(film_of_platform)

    async def nonsense(_: web.Request) -> web.Response:
        return web.Response(text="<html>login</html>")

    app = web.Application(middlewares=gateway.Gateway(settings, town.pool, SIGNER, {}).application().middlewares)
    app.add_routes(vod.routes(town.pool, folder, SIGNER, Archive(town.pool, folder, source_of)))
    app.add_routes(turn.routes(SIGNER, Feeds(town, platform)))
    app.add_routes([web.get("/play", play), web.get("/nonsense", nonsense)])
    return app


@dataclass
class Feeds:
    """The gateway's way to a camera's source, with the platform of these tests at its end."""

    town: Town
    platform: Platform

    async def find(self, camera_id: int) -> video_feed.Feed:
        with reading(self.town.pool) as conn:
            return video_feed.feed(conn, camera_id)

    def source(self, feed: video_feed.Feed) -> Platform:
        return self.platform


class running:  # noqa: N801 - reads as `with running(app)`
    """Serve an application from a thread of its own."""

    def __init__(self, app: web.Application) -> None:
        self._app, self._ready, self._loop = app, threading.Event(), asyncio.new_event_loop()
        self._port = 0
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        runner = web.AppRunner(self._app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    def __enter__(self) -> int:
        self._thread.start()
        assert self._ready.wait(10)
        return self._port

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()


def grant(camera_id: int = CAMERA, start_s: float = -10, end_s: float = 60, **changed: Any) -> Grant:
    made = Grant(
        camera_id=camera_id,
        account_id=7,
        username="dispatcher",
        mode=Mode.REPLAY,
        access_id=0,
        issued_at=datetime.now(UTC),
        start=after(start_s),
        end=after(end_s),
    )
    return replace(made, **changed)


def test_the_playlist_tells_the_true_time_of_every_segment_and_breaks_at_the_hole(served: Served) -> None:
    lines = served.playlist(grant())
    assert lines[0] == "#EXTM3U"
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in lines
    assert lines[-1] == "#EXT-X-ENDLIST"
    times = [datetime.fromisoformat(line.partition(":")[2]) for line in lines if "PROGRAM-DATE-TIME" in line]
    assert times == [after(second) for second in (0, 2, 4, 6, 11.2, 13.2, 15.2)]
    assert sum("EXTINF" in line for line in lines) == 7
    breaks = [number for number, line in enumerate(lines) if line == "#EXT-X-DISCONTINUITY"]
    assert [lines[number + 1] for number in breaks] == [f"#EXT-X-PROGRAM-DATE-TIME:{after(11.2).isoformat(timespec='milliseconds')[:-6]}Z"]


def test_only_the_window_of_the_token_is_in_it(served: Served) -> None:
    names = [line for line in served.playlist(grant(start_s=3, end_s=5)) if line.endswith(".ts")]
    assert names == [f"o{round(after(second).timestamp() * 1000)}.ts" for second in (2, 4)]
    outside = f"o{round(after(0).timestamp() * 1000)}.ts"
    assert served.get(f"/media/vod/{SIGNER.sign(grant(start_s=3, end_s=5))}/{outside}")[0] == 404


def test_ffmpeg_plays_it_from_end_to_end(served: Served) -> None:
    address = f"{served.url}/media/vod/{SIGNER.sign(grant())}/index.m3u8"
    told = subprocess.run(
        [
            "ffprobe",
            "-v",
            "error",
            "-count_frames",
            "-show_entries",
            "stream=nb_read_frames,codec_name:format=duration",
            "-of",
            "json",
            address,
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    found = json.loads(told.stdout)
    assert (found["streams"][0]["codec_name"], int(found["streams"][0]["nb_read_frames"])) == ("h264", 140)
    assert float(found["format"]["duration"]) == pytest.approx(14, abs=0.2)


def test_a_part_of_a_segment_can_be_asked_for(served: Served) -> None:
    path = f"/media/vod/{SIGNER.sign(grant())}/o{round(START.timestamp() * 1000)}.ts"
    status, whole, headers = served.get(path)
    assert (status, headers["Content-Type"], whole[:1], len(whole) % 188) == (200, "video/mp2t", b"G", 0)
    status, part, headers = served.get(path, Range="bytes=188-375")
    assert (status, part) == (206, whole[188:376])
    assert headers["Content-Range"] == f"bytes 188-375/{len(whole)}"
    assert served.get(path, Range=f"bytes={len(whole) + 10}-")[0] == 416


def test_a_token_opens_nothing_of_another_camera(served: Served) -> None:
    token = SIGNER.sign(grant(OTHER))
    assert served.get(f"/media/vod/{token}/o{round(START.timestamp() * 1000)}.ts")[0] == 200, "the other camera's own"
    assert served.get(f"/media/vod/{token}/o{round(after(6).timestamp() * 1000)}.ts")[0] == 404


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        "x" * 5_000,
        Signer("another secret").sign(grant()),
        SIGNER.sign(grant())[:-1],
        SIGNER.sign(grant(issued_at=datetime.now(UTC) - timedelta(hours=2, minutes=1))),
        SIGNER.sign(grant(mode=Mode.LIVE)),
        SIGNER.sign(grant(start=None)),
    ],
    ids=["none", "nonsense", "long", "forged", "cut", "expired", "live", "no window"],
)
def test_a_token_that_is_none_opens_nothing(served: Served, token: str) -> None:
    status, body, headers = served.get(f"/media/vod/{token}/index.m3u8")
    assert status == (404 if not token else 403)
    if token:
        assert headers["Content-Type"].startswith("application/problem+json")
        assert json.loads(body)["status"] == 403


@pytest.mark.parametrize(
    "name", ["..%2f..%2fsecret.ts", "o1e9.ts", "o-5.ts", "q1.ts", "o99999999999999999999.ts", "o1.ts", "p1.ts", "p1-99999.ts"]
)
def test_a_client_names_no_path(served: Served, name: str) -> None:
    assert served.get(f"/media/vod/{SIGNER.sign(grant())}/{name}")[0] == 404


def test_a_window_in_which_nothing_is_recorded_says_so(served: Served) -> None:
    status, body, _ = served.get(f"/media/vod/{SIGNER.sign(grant(start_s=1_000, end_s=1_060))}/index.m3u8")
    assert (status, json.loads(body)["detail"]) == (404, "nothing is recorded of this time")


def test_the_record_says_until_when_somebody_watched(served: Served) -> None:
    reader = Reader(7, "dispatcher", "x", Role.DISPATCHER, "")
    caller = Caller(reader=reader, address=None, now=START)
    access_id = camera_access.admit(served.town.pool, caller, CAMERA, Ask(mode=Mode.REPLAY, purpose="duty")).access_id
    served.playlist(grant(access_id=access_id))
    with reading(served.town.pool) as conn:
        (row,) = camera_access.search(conn, Reader(1, "a", "a", Role.AUDIT_ADMIN, ""), AccessQuery(camera_id=CAMERA))
    assert row.ended_at is not None
    assert datetime.now(UTC) - row.ended_at < timedelta(seconds=20)


def ask_archive(served: Served, token: str) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(f"{served.url}/media/archive/{token}", b"", method="POST")
    status, body, _ = served.ask(request)
    return status, json.loads(body)


def test_a_platforms_recordings_come_into_the_index_in_true_time_and_play_in_pieces(served: Served) -> None:
    platform, fast = served.platform, timedelta(minutes=2)
    platform.trouble, platform.has = "", [Interval(after(100) + fast, after(125) + fast)]
    wanted = grant(AWAY, 90, 150)
    assert ask_archive(served, SIGNER.sign(wanted)) == (200, {"told": 1})
    with reading(served.town.pool) as conn:
        found = recordings.intervals(conn, AWAY, after(90), after(150), offset_ms=120_000)
    assert [(one.start, one.end, one.source) for one in found] == [(after(100), after(125), "wvp")]
    lines = served.playlist(wanted)
    assert [line for line in lines if "EXTINF" in line] == ["#EXTINF:10.000,", "#EXTINF:10.000,", "#EXTINF:5.000,"]
    assert lines.count("#EXT-X-DISCONTINUITY") == 2
    names = [line for line in lines if line.endswith(".ts")]
    platform.asked.clear()
    for _ in range(2):
        status, body, _ = served.get(f"/media/vod/{SIGNER.sign(wanted)}/{names[1]}")
        assert (status, body[:1], len(body) % 188) == (200, b"G", 0)
    assert platform.asked == [("dev/ch", after(110) + fast, after(120) + fast)], "fetched once, by the camera's own clock"
    assert platform.stopped[-1].endswith("stop")
    assert re.fullmatch(r"p\d+-10000\.ts", names[0])


@pytest.mark.parametrize("trouble", ["down", "hangs"])
def test_a_platform_that_is_down_or_hangs_takes_nothing_away(served: Served, trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.archive.ASK_TIMEOUT_S", 0.3)
    served.platform.trouble = trouble
    status, problem = ask_archive(served, SIGNER.sign(grant(AWAY, 80, 151 + len(trouble))))
    assert (status, problem["status"]) == (503, 503)
    assert "127.0.0.1" not in json.dumps(problem)
    assert ask_archive(served, SIGNER.sign(grant(CAMERA)))[1] == {"told": 0}, "a camera without a platform asks nobody"


def test_a_platform_that_answers_with_nonsense_gives_a_clear_error_and_leaves_nothing(served: Served) -> None:
    served.platform.trouble = "garbage"
    first = round(after(200).timestamp() * 1000)
    status, body, _ = served.get(f"/media/vod/{SIGNER.sign(grant(AWAY, 190, 260))}/p{first}-5000.ts")
    assert status == 503
    assert "127.0.0.1" not in body.decode()
    served.platform.trouble = ""


def test_evidence_on_a_platform_is_copied_into_our_own_store_and_plays_from_there(served: Served) -> None:
    platform, fast = served.platform, timedelta(minutes=2)
    platform.trouble, platform.has = "", [Interval(after(300) + fast, after(325) + fast)]
    reader = Reader(7, "dispatcher", "x", Role.SHIFT_LEADER, "")
    with writing(served.town.pool) as conn:
        form = HoldForm(camera_ids=[AWAY], start=after(310), end=after(340), reason="事故取证")
        holds.hold(conn, Caller(reader=reader, address=None, now=datetime.now(UTC)), 10, form)
    client = MediaClient(int(served.url.rpartition(":")[2]), SIGNER)
    copier = evidence.Copier(served.town.pool, served.folder, client)
    assert copier.run(datetime.now(UTC)) == 2, "15 s in two pieces"
    assert copier.run(datetime.now(UTC)) == 0
    platform.has, platform.trouble = [], "gone"
    with reading(served.town.pool) as conn:
        found = recordings.intervals(conn, AWAY, after(305), after(340), offset_ms=120_000)
        (held,) = holds.holds(conn, reader, 10)
    assert [(one.start, one.end) for one in found if one.source == "own"] == [(after(310), after(325))]
    assert (held.segments, held.bytes > 1_000) == (2, True)
    lines = served.playlist(grant(AWAY, 310, 325))
    assert lines.count("#EXT-X-DISCONTINUITY") == 1, "the time stamps of each copy begin anew"
    name = next(line for line in lines if line.startswith("o"))
    assert served.get(f"/media/vod/{SIGNER.sign(grant(AWAY, 310, 325))}/{name}")[0] == 200
    platform.trouble = ""


def test_a_clip_is_made_of_what_only_a_platform_has(served: Served) -> None:
    platform, fast = served.platform, timedelta(minutes=2)
    platform.trouble, platform.has = "", [Interval(after(400) + fast, after(415) + fast)]
    client = MediaClient(int(served.url.rpartition(":")[2]), SIGNER)
    client.ask_archive(AWAY, after(400), after(415))
    caller = Caller(reader=Reader(7, "dispatcher", "x", Role.SHIFT_LEADER, ""), address=None, now=datetime.now(UTC))
    with writing(served.town.pool) as conn:
        camera = video_rights.check(conn, caller.reader, AWAY, Mode.DOWNLOAD)
        clip = clips.ask(conn, caller, camera, ClipForm(start=after(402), end=after(412), reason="事故取证"))
    assert clip_maker.make_next(served.town.pool, served.folder, client=client)
    with reading(served.town.pool) as conn:
        made = clips.clip(conn, caller.reader, clip.id)
    assert (made.state, made.failure) == ("ready", None)
    path = served.folder / "media" / "clips" / f"{clip.id}.mp4"
    command = f"ffprobe -v error -show_entries format=duration -of csv=p=0 {path}".split()
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    assert float(told) == pytest.approx(10, abs=0.3)


def test_a_platform_that_is_away_leaves_evidence_for_later_and_names_the_clips_failure(served: Served) -> None:
    caller = Caller(reader=Reader(7, "dispatcher", "x", Role.SHIFT_LEADER, ""), address=None, now=datetime.now(UTC))
    platform, fast = served.platform, timedelta(minutes=2)
    platform.trouble, platform.has = "", [Interval(after(500) + fast, after(510) + fast)]
    client = MediaClient(int(served.url.rpartition(":")[2]), SIGNER)
    client.ask_archive(AWAY, after(500), after(510))
    platform.trouble = "away"
    with writing(served.town.pool) as conn:
        camera = video_rights.check(conn, caller.reader, AWAY, Mode.DOWNLOAD)
        clip = clips.ask(conn, caller, camera, ClipForm(start=after(501), end=after(509), reason="事故取证"))
        holds.hold(conn, caller, 20, HoldForm(camera_ids=[AWAY], start=after(500), end=after(509), reason="事故取证"))
    assert clip_maker.make_next(served.town.pool, served.folder, client=client)
    with reading(served.town.pool) as conn:
        assert clips.clip(conn, caller.reader, clip.id).failure == "platform"
    copier = evidence.Copier(served.town.pool, served.folder, client)
    assert copier.run(datetime.now(UTC)) == 0
    platform.trouble = ""
    assert evidence.Copier(served.town.pool, served.folder, client).run(datetime.now(UTC)) == 1


def test_a_camera_is_turned_by_its_source_or_it_is_said_why_not(served: Served) -> None:
    client, platform = MediaClient(int(served.url.rpartition(":")[2]), SIGNER), served.platform
    platform.trouble = ""
    client.turn(AWAY, "left", 3)
    client.turn(AWAY, "stop", 3)
    assert platform.turned == [("dev/ch", "left", 3), ("dev/ch", "stop", 3)]
    platform.trouble = "fixed"
    with pytest.raises(ConflictError):
        client.turn(AWAY, "left", 3)
    platform.trouble = "slow"
    with pytest.raises(SourceUnavailableError):
        client.turn(AWAY, "left", 3)
    with pytest.raises(ConflictError):
        client.turn(CAMERA, "left", 3)
    platform.trouble = ""


@pytest.mark.parametrize(
    "query", ["", "?action=left", "?action=jump&speed=5", "?action=left&speed=0", "?action=left&speed=99", "?action=left&speed=%C2%B2"]
)
def test_a_turn_that_makes_no_sense_is_refused(served: Served, query: str) -> None:
    token = SIGNER.sign(grant(AWAY, mode=Mode.PTZ))
    assert served.ask(urllib.request.Request(f"{served.url}/media/turn/{token}{query}", b"", method="POST"))[0] == 400
    watching = SIGNER.sign(grant(AWAY))
    assert served.ask(urllib.request.Request(f"{served.url}/media/turn/{watching}?action=left&speed=5", b"", method="POST"))[0] == 403
