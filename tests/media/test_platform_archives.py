"""What a platform recorded, from the list of it to the evidence kept here: the product's own interfaces, adapters and worker, one platform after another."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from aiohttp import web
from flask import Flask

from api.create import create
from geodata.credentials import new_token
from geodata.db import writing
from geodata.secret_key import secret_key
from geodata.settings import Settings
from media import gateway, turn, vod
from media.archive import Archive as Fetcher
from services import clip_maker, evidence
from services.account_book import AccountBook
from services.media_client import MediaClient
from services.video_tokens import Signer
from tests.footage import empty_store
from tests.media.fakes.archives import Archive, ArchiveMediaMtx, ArchiveWvp, ArchiveZlm, Film, seconds_of, shoot
from tests.serving import free_port
from tests.town import Town

KINDS = ("wvp", "zlmediakit", "mediamtx")
REFS = {"wvp": "3", "zlmediakit": "live/one", "mediamtx": "gate"}
SECRETS = {
    "HALL_VIDEO_WVP_USER": "hall",
    "HALL_VIDEO_WVP_PASSWORD": "secret",
    "HALL_VIDEO_ZLMEDIAKIT_SECRET": "035c",
    "HALL_VIDEO_MEDIAMTX_USER": "hall",
    "HALL_VIDEO_MEDIAMTX_PASSWORD": "secret",
}
FIRST_CAMERA, SOURCE = 101, 950
EVENT = 40
ACCOUNT = """
    WITH account AS (
        INSERT INTO hall.account (username, display_name, role, scope, password_hash) VALUES ('archivist', '值班长', 'shift_leader', '', 'none')
        RETURNING id)
    INSERT INTO hall.token (digest, account_id, note) SELECT %s, id, 'test' FROM account
"""
NEW_SOURCE = """
    INSERT INTO hall.video_source (id, key, kind, name, base_url, options) VALUES (%(id)s, %(kind)s, %(kind)s, %(kind)s, %(url)s, %(options)s::jsonb)
"""


@dataclass(frozen=True)
class Hall:
    """The interfaces of the product and the platforms behind it."""

    url: str
    client: Any
    town: Town
    folder: Path
    media: MediaClient
    film: Film
    fakes: dict[str, Archive]

    def at(self, seconds: float) -> str:
        return (self.film.start + timedelta(seconds=seconds)).isoformat()

    def window(self, start_s: float, end_s: float, **more: Any) -> dict[str, Any]:
        return {"start": self.at(start_s), "end": self.at(end_s), **more}

    def asked(self, method: str, path: str, status: int = 200, **given: Any) -> Any:
        answer = getattr(self.client, method)(f"/api/v1/{path}", **given)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()


class Beside:
    """An event loop in a thread of its own, with the platforms and the gateway in it."""

    def __init__(self, fakes: list[Archive], app: web.Application, port: int) -> None:
        self._fakes, self._app, self._port = fakes, app, port
        self._loop, self._ready = asyncio.new_event_loop(), threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        async with contextlib.AsyncExitStack() as stack:
            for fake in self._fakes:
                await stack.enter_async_context(fake.serving())
            runner = web.AppRunner(self._app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", self._port).start()
            self._ready.set()
            await self._stop.wait()
            await runner.cleanup()

    def __enter__(self) -> None:
        self._thread.start()
        assert self._ready.wait(20)

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="module")
def hall(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A camera at each platform, which has recorded 24 seconds of it two hours ago."""
    folder, port = tmp_path_factory.mktemp("platforms"), free_port()
    environ = {"DATABASE_URL": town.url, "DATA_DIR": str(folder), "MEDIA_PORT": str(port), "SECRET_KEY": "archives"}
    settings = Settings.from_env(environ)
    began = datetime.now(UTC) - timedelta(hours=2)
    film = shoot(folder / "film.mp4", began.replace(minute=began.minute // 10 * 10, second=0, microsecond=0))
    fakes: dict[str, Archive] = {"wvp": ArchiveWvp(film=film), "zlmediakit": ArchiveZlm(film=film), "mediamtx": ArchiveMediaMtx(film=film)}
    signer, feeds = Signer(secret_key(settings)), gateway.Feeds(town.pool, SECRETS)
    app = web.Application(middlewares=gateway.Gateway(settings, town.pool, signer, SECRETS).application().middlewares)
    app.add_routes([*vod.routes(town.pool, folder, signer, Fetcher(town.pool, folder, feeds.by_id)), *turn.routes(signer, feeds)])

    async def close(_: web.Application) -> None:
        await feeds.close()

    app.on_shutdown.append(close)
    token, digest = new_token()
    with empty_store(town.pool), Beside(list(fakes.values()), app, port):
        with writing(town.pool) as conn:
            conn.execute(ACCOUNT, [digest])
            for number, (kind, fake) in enumerate(fakes.items()):
                options = {"mediamtx": f'{{"playback_url": "{fake.url}"}}', "zlmediakit": '{"segment_s": 16}'}.get(kind, "{}")
                conn.execute(NEW_SOURCE, {"id": SOURCE + number, "kind": kind, "url": fake.url, "options": options})
                conn.execute(
                    "UPDATE hall.camera SET video_source_id = %s, stream_ref = %s, ptz = true WHERE id = %s",
                    [SOURCE + number, REFS[kind], FIRST_CAMERA + number],
                )
        book = AccountBook(town.pool)
        server = Flask("hallmap")
        create(server, town.pool, town.store, book, settings)
        book.refresh()
        client = server.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        yield Hall(f"http://127.0.0.1:{port}", client, town, folder, MediaClient(port, signer), film, fakes)
    with psycopg.connect(town.url) as conn:
        conn.execute(
            "UPDATE hall.camera SET video_source_id = NULL, stream_ref = NULL, ptz = false WHERE id >= %s AND id < %s",
            [FIRST_CAMERA, FIRST_CAMERA + 3],
        )
        conn.execute("DELETE FROM hall.video_source WHERE id >= %s", [SOURCE])
        conn.execute("DELETE FROM hall.token WHERE digest = %s", [digest])
        conn.execute("DELETE FROM hall.account WHERE username = 'archivist'")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, hall: Hall) -> Iterator[str]:
    """One platform after another, each in good order before and after."""
    name = str(request.param)
    yield name
    fake = hall.fakes[name]
    fake.broken, fake.mute, fake.film = "", False, hall.film


def camera_of(kind: str) -> int:
    return FIRST_CAMERA + KINDS.index(kind)


def of_film(start_s: int, end_s: int) -> list[int]:
    return [second for second in range(start_s, end_s) for _ in range(10)]


def fetched(url: str) -> tuple[int, Any]:
    answer = httpx.get(url, timeout=30)
    return answer.status_code, answer.json()


def test_what_a_platform_recorded_is_listed_replayed_taken_away_and_kept(hall: Hall, kind: str) -> None:
    camera, fake = camera_of(kind), hall.fakes[kind]
    # listed
    told = hall.asked("get", f"cameras/{camera}/timeline", query_string=hall.window(-30, 60))
    assert told["archive"] == "told"
    begin, end = (hall.film.start + timedelta(seconds=seconds) for seconds in (0, 24))
    listed = [(datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"]), one["source"]) for one in told["intervals"]]
    assert listed == [(begin, end, kind)]
    # replayed: from the middle, over the end of a file, every picture in its place
    granted = hall.asked("post", f"cameras/{camera}/replay", json=hall.window(2, 22, purpose="event"))
    assert granted["timeline"] == [[(begin + timedelta(seconds=2)).timestamp(), (begin + timedelta(seconds=22)).timestamp()]]
    assert fake.url.rpartition(":")[2] not in str(granted)
    assert seconds_of(hall.url + granted["playlist"]) == of_film(2, 22)
    # taken away
    clip = hall.asked("post", f"cameras/{camera}/clips", 202, json=hall.window(5, 10, reason="事故取证"))
    assert clip_maker.make_next(hall.town.pool, hall.folder, client=hall.media)
    assert hall.asked("get", f"clips/{clip['id']}")["state"] == "ready"
    taken = hall.folder / f"{kind}.mp4"
    with contextlib.closing(hall.client.get(f"/api/v1/clips/{clip['id']}/file")) as file:
        assert file.mimetype == "video/mp4"
        taken.write_bytes(file.data)
    shown = seconds_of(taken)
    assert (shown[0], shown[-1], sorted(set(shown))) == (5, 9, list(range(5, 10)))
    # kept: the platform may forget it and be gone
    hall.asked("post", f"events/{EVENT}/holds", 201, json=hall.window(3, 21, camera_ids=[camera], reason="事故取证"))
    assert evidence.Copier(hall.town.pool, hall.folder, hall.media).run(datetime.now(UTC)) == 2
    assert fake.playing == {}, "every playback was ended"
    begun, fake.film, fake.broken = fake.begun, None, "status"
    # another window than the copier's own question, whose answer counts for a minute
    again = hall.asked("post", f"cameras/{camera}/replay", json=hall.window(3, 20, purpose="evidence"))
    assert again["archive"] == "unreachable"
    assert seconds_of(hall.url + again["playlist"]) == of_film(3, 21)
    assert fake.begun == begun
    (held,) = [one for one in hall.asked("get", f"events/{EVENT}/holds")["items"] if one["camera_id"] == camera]
    assert (held["segments"], held["bytes"] > 0) == (2, True)


def test_a_platform_that_has_nothing_of_the_time_says_so_everywhere(hall: Hall, kind: str) -> None:
    camera, fake = camera_of(kind), hall.fakes[kind]
    fake.film = None
    window = hall.window(-300, -240)
    told = hall.asked("get", f"cameras/{camera}/timeline", query_string=window)
    assert (told["archive"], told["intervals"]) == ("told", [])
    granted = hall.asked("post", f"cameras/{camera}/replay", json=window)
    assert granted["timeline"] == []
    status, problem = fetched(hall.url + granted["playlist"])
    assert (status, problem["detail"]) == (404, "nothing is recorded of this time")
    clip = hall.asked("post", f"cameras/{camera}/clips", 202, json=window | {"reason": "事故取证"})
    assert clip_maker.make_next(hall.town.pool, hall.folder, client=hall.media)
    made = hall.asked("get", f"clips/{clip['id']}")
    assert (made["state"], made["failure"]) == ("failed", "no_recording")


def test_a_platform_that_plays_nothing_gives_a_reason_and_no_address(hall: Hall, kind: str) -> None:
    """The browser, the clip and the hold learn that it cannot be had; nothing half is kept."""
    camera, fake = camera_of(kind), hall.fakes[kind]
    window = hall.window(22, 24)
    granted = hall.asked("post", f"cameras/{camera}/replay", json=window)
    fake.mute = True
    playlist = httpx.get(hall.url + granted["playlist"], timeout=30).text
    piece = next(line for line in playlist.splitlines() if line.startswith("p"))
    status, problem = fetched(hall.url + granted["playlist"].replace("index.m3u8", piece))
    assert (status, problem["type"]) == (503, "urn:hallmap:problem:source-unavailable")
    assert fake.url not in str(problem)
    clip = hall.asked("post", f"cameras/{camera}/clips", 202, json=window | {"reason": "事故取证"})
    assert clip_maker.make_next(hall.town.pool, hall.folder, client=hall.media)
    assert hall.asked("get", f"clips/{clip['id']}")["failure"] == "platform"
    assert not list((hall.folder / "media").rglob("*.part"))


def test_only_a_platform_that_turns_cameras_turns_them(hall: Hall, kind: str) -> None:
    wanted = {"action": "left", "speed": 5, "purpose": "duty"}
    if kind == "wvp":
        hall.asked("post", f"cameras/{camera_of(kind)}/ptz", 204, json=wanted)
        assert hall.fakes[kind].asked("/api/common/channel/front-end/ptz")["command"] == "left"
    else:
        problem = hall.asked("post", f"cameras/{camera_of(kind)}/ptz", 409, json=wanted)
        assert problem["detail"] == "the camera's source cannot turn it"


def test_a_camera_without_a_platform_offers_what_was_recorded_here_and_nothing_else(hall: Hall) -> None:
    told = hall.asked("get", f"cameras/{FIRST_CAMERA + 10}/timeline", query_string=hall.window(0, 60))
    assert (told["archive"], told["intervals"]) == ("own", [])
