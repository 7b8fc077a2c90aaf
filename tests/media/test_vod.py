"""Replay: real segments with real holes, a playlist stitched of them, and ffmpeg as the player; tokens that open nothing else."""

import json
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from geodata.db import reading
from services import camera_access
from services.audit import Caller
from services.camera_access import AccessQuery, Ask
from services.rights import Reader, Role
from services.video_rights import Mode
from services.video_tokens import Signer
from tests.media.recorded import CAMERA, OTHER, SIGNER, START, Served, after, grant


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
