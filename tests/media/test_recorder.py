"""What the plan says is recorded, in true time, and a full disk makes room; cameras are looked at one after the other."""

import asyncio
import contextlib
import errno
import itertools
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from geodata.db import open_pool
from media import recorder as recording
from media.recorder import Recorder, codec_of
from media.sources.base import Pull
from services import recordings, retention
from tests.media.studio import Studio, burnt_in, ffmpegs, wait_for

CAMERA = 5


@pytest.fixture(scope="module")
def recorded(filming: Studio) -> Iterator[Studio]:
    """Camera 5 is recorded, and every second one camera is looked at."""
    with psycopg.connect(filming.url) as conn:
        recordings.plan(conn, [CAMERA], "key")
        conn.execute("UPDATE hall.camera SET online = false WHERE id = 1")
    with filming.gateway(VIDEO_CHECK_S="1"):
        wait_for(lambda: len(rows(filming)) >= 3, 60)
        yield filming
    with psycopg.connect(filming.url) as conn:
        recordings.unplan(conn, [CAMERA], "key")


def rows(studio: Studio) -> list[tuple[Any, ...]]:
    with psycopg.connect(studio.url) as conn:
        query = "SELECT start_at, end_at, uri, bytes, codec, source FROM hall.recording WHERE camera_id = %s ORDER BY start_at"
        return conn.execute(query, [CAMERA]).fetchall()


def test_closed_segments_lie_where_the_index_says(recorded: Studio) -> None:
    for start, end, uri, size, codec, source in rows(recorded)[:3]:
        path = recorded.data_dir / "media" / uri
        assert uri == f"rec/{CAMERA}/{start:%Y%m%d}/{start:%H}/{start:%Y%m%dT%H%M%S}.ts"
        assert path.stat().st_size == size
        assert timedelta(seconds=2) < end - start < timedelta(seconds=7)
        assert (codec, source) == ("h264", "own")


def test_the_index_tells_the_time_that_is_burnt_into_the_picture(recorded: Studio) -> None:
    start, _, uri, *_ = rows(recorded)[1]
    assert abs(burnt_in(recorded.data_dir / "media" / uri) - start.timestamp()) < 0.8


def test_segments_follow_one_another_without_a_hole(recorded: Studio) -> None:
    found = rows(recorded)[:3]
    assert all(abs((after[0] - before[1]).total_seconds()) < 0.5 for before, after in itertools.pairwise(found))


def test_a_recording_that_was_cut_off_goes_on_with_a_hole(recorded: Studio) -> None:
    before = rows(recorded)[-1][1]
    mark = f"{recorded.data_dir}/media/part".encode()
    for pid in ffmpegs(recorded):
        with contextlib.suppress(OSError):  # a look at another camera ends meanwhile
            if mark in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
    wait_for(lambda: rows(recorded)[-1][0] > before + timedelta(seconds=3), 40)
    assert all((recorded.data_dir / "media" / row[2]).exists() for row in rows(recorded))


def test_cameras_are_looked_at_and_the_map_turns_with_them(recorded: Studio) -> None:
    def looked() -> list[tuple[Any, ...]]:
        with psycopg.connect(recorded.url) as conn:
            query = "SELECT h.online, h.codec, h.width, h.quality, c.online FROM hall.camera_health h JOIN hall.camera c ON c.id = h.camera_id WHERE c.id = 1"
            return conn.execute(query).fetchall()

    wait_for(looked, 60)
    assert looked() == [(True, "h264", 640, "good", True)]


@pytest.fixture
def alone(studio: Studio, tmp_path: Path) -> Iterator[Recorder]:
    pool = open_pool(studio.url)

    async def pull_of(_camera_id: int) -> Pull:
        return Pull(url=f"rtsp://127.0.0.1:{studio.rtsp_port}/6/sub", kind="rtsp")

    yield Recorder(pool, tmp_path, pull_of, 2)
    pool.close()


def test_a_full_disk_makes_room_and_writes_nothing_before(
    filming: Studio, alone: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    usage = type("Usage", (), {"free": 1_000})
    monkeypatch.setattr(recording.shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(retention, "make_room", lambda *given, now: asked.append(given[2]))

    async def try_once() -> str:
        reason = await alone._attempt(6)
        await alone._make_room()
        return reason

    assert asyncio.run(try_once()) == "full"
    assert asked == [recording.ROOM_BYTES]
    assert not list(tmp_path.rglob("*.ts"))


def test_a_segment_without_its_row_is_no_segment(alone: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(recordings, "store", refuse)
    part = tmp_path / "1.ts"
    part.write_bytes(b"\x47" + b"\0" * 187)
    start = datetime(2026, 11, 23, 4, 0, tzinfo=UTC).timestamp()
    alone._keep(6, part, start, start + 4)
    assert alone.segments == 0
    assert not list(tmp_path.rglob("*.ts"))


def test_a_disk_that_refuses_is_told_apart_from_other_troubles(alone: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    part = tmp_path / "1.ts"
    part.write_bytes(b"x")
    with pytest.raises(OSError, match="No space"):
        alone._keep(6, part, 1.7e9, 1.7e9 + 4)


@pytest.mark.parametrize(("encoder", "codec"), [("libx264", "h264"), ("libx265", "hevc")])
def test_the_codec_is_read_from_the_segment(encoder: str, codec: str, tmp_path: Path) -> None:
    path = tmp_path / "x.ts"
    source = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=1"]
    subprocess.run(["ffmpeg", "-v", "error", *source, "-c:v", encoder, "-f", "mpegts", str(path)], check=True, stderr=subprocess.DEVNULL)
    assert codec_of(path) == codec
    path.write_bytes(b"no stream at all" * 1_000)
    assert codec_of(path) is None
