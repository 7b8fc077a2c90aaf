"""Replay of what a platform outside recorded: in pieces and in true time, copied as evidence, cut into clips; its cameras are turned."""

import json
import re
import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from geodata.db import reading, writing
from geodata.errors import ConflictError, SourceUnavailableError
from media.sources.base import Interval
from services import clip_maker, clips, evidence, holds, recordings, video_rights
from services.audit import Caller
from services.clips import ClipForm
from services.holds import HoldForm
from services.media_client import MediaClient
from services.rights import Reader, Role
from services.video_rights import Mode
from tests.media.recorded import AWAY, CAMERA, SIGNER, Served, after, grant


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
