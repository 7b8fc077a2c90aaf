"""Clips: the exact window, what is burnt in, what happens to holes, and every way in which one can fail."""

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from geodata.db import Pool, reading, writing
from geodata.errors import ConflictError, InvalidInputError, NotFoundError
from services import clip_maker, clips, video_rights
from services.audit import Caller
from services.clips import Clip, ClipForm
from services.rights import Reader, Role
from services.video_rights import Mode
from tests.footage import empty_store, film
from tests.town import Town

NOW = datetime.now(UTC)
START = NOW.replace(microsecond=0) - timedelta(hours=1)
CAMERA = 1


@pytest.fixture
def pool(town: Town) -> Iterator[Pool]:
    with empty_store(town.pool):
        yield town.pool


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path


def caller(role: Role = Role.DISPATCHER, account_id: int = 7) -> Caller:
    return Caller(reader=Reader(account_id, f"{role}{account_id}", "张三", role, ""), address=None, now=NOW)


def form(start_s: float, end_s: float, reason: str = "事故取证") -> ClipForm:
    return ClipForm(start=START + timedelta(seconds=start_s), end=START + timedelta(seconds=end_s), reason=reason)


def ask(pool: Pool, wanted: ClipForm, who: Caller | None = None) -> Clip:
    who = who or caller()
    with writing(pool) as conn:
        return clips.ask(conn, who, video_rights.check(conn, who.reader, CAMERA, Mode.DOWNLOAD), wanted)


def made(pool: Pool, clip: Clip) -> Clip:
    with reading(pool) as conn:
        return clips.clip(conn, caller(Role.SHIFT_LEADER).reader, clip.id)


def probed(path: Path, entries: str) -> list[str]:
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-count_frames", "-show_entries", entries, "-of", "csv=p=0", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip().replace("\n", ",").split(",")


def grey(path: Path, at_s: float, crop: str) -> list[int]:
    """Return brightness values of a part of one picture."""
    command = f"ffmpeg -v error -nostdin -i {path} -ss {at_s} -frames:v 1 -vf crop={crop},format=gray -f rawvideo -".split()
    return list(subprocess.run(command, capture_output=True, check=True, timeout=30).stdout)


def test_a_clip_has_the_exact_window_the_marks_and_a_card_for_the_hole(pool: Pool, data_dir: Path) -> None:
    film(pool, data_dir, CAMERA, START, 8)
    film(pool, data_dir, CAMERA, START + timedelta(seconds=14), 6)
    clip = ask(pool, form(1.5, 17))
    assert clip.state == "waiting"
    assert clip_maker.make_next(pool, data_dir)
    done = made(pool, clip)
    assert (done.state, done.failure) == ("ready", None)
    path = data_dir / "media" / "clips" / f"{clip.id}.mp4"
    assert done.bytes == path.stat().st_size
    codec, width, height, duration = probed(path, "stream=codec_name,width,height:format=duration")[:4]
    assert (codec, width, height) == ("h264", "320", "290"), "a band of 50 px below the picture"
    assert float(duration) == pytest.approx(6.5 + clip_maker.CARD_S + 3, abs=0.25), "6.5 s, a card for the hole of 6 s, 3 s"
    assert max(grey(path, 7.5, "200:100:60:70")) > 180, "the card has words"
    assert sum(value < 40 for value in grey(path, 7.5, "320:20:0:40")) > 5_000, "on an empty ground"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name], "nothing half made is left"
    assert not clip_maker.make_next(pool, data_dir)


def test_the_name_is_over_the_picture_and_what_must_be_read_is_below_it(pool: Pool, data_dir: Path) -> None:
    first = film(pool, data_dir, CAMERA, START, 4)[0]
    clip = ask(pool, form(0, 4))
    assert clip_maker.make_next(pool, data_dir)
    path, bare = data_dir / "media" / "clips" / f"{clip.id}.mp4", data_dir / "media" / first.uri
    for name, crop in {"camera": "120:20:10:242", "clock": "140:20:170:242", "who": "220:20:10:264"}.items():
        band = grey(path, 1, crop)
        assert max(band) > 180, name
        assert sum(value < 60 for value in band) > len(band) / 2, "on an even ground"
    marked, plain = grey(path, 1, "320:240:0:0"), grey(bare, 1, "320:240:0:0")
    changed = sum(abs(one - other) > 12 for one, other in zip(marked, plain, strict=True))
    assert 300 < changed < len(plain) / 5, "there, and not in the way"


def test_pictures_that_change_their_size_are_fitted(pool: Pool, data_dir: Path) -> None:
    film(pool, data_dir, CAMERA, START, 4)
    film(pool, data_dir, CAMERA, START + timedelta(seconds=4), 4, size="640x360")
    clip = ask(pool, form(0, 8))
    assert clip_maker.make_next(pool, data_dir)
    assert made(pool, clip).state == "ready"
    width, height, duration = probed(data_dir / "media" / "clips" / f"{clip.id}.mp4", "stream=width,height:format=duration")[:3]
    assert (width, height, round(float(duration))) == ("320", "290", 8)


def test_without_a_recording_or_a_file_it_says_why(pool: Pool, data_dir: Path) -> None:
    clip = ask(pool, form(0, 4))
    assert clip_maker.make_next(pool, data_dir)
    assert (made(pool, clip).state, made(pool, clip).failure) == ("failed", "no_recording")
    for segment in film(pool, data_dir, CAMERA, START, 4):
        (data_dir / "media" / segment.uri).unlink()
    clip = ask(pool, form(0, 4))
    assert clip_maker.make_next(pool, data_dir)
    assert made(pool, clip).failure == "file_missing"


def test_what_is_no_video_fails_and_leaves_nothing(pool: Pool, data_dir: Path) -> None:
    for segment in film(pool, data_dir, CAMERA, START, 4):
        (data_dir / "media" / segment.uri).write_bytes(b"this is no video" * 500)
    clip = ask(pool, form(0, 4))
    assert clip_maker.make_next(pool, data_dir)
    assert made(pool, clip).failure == "encoder"
    assert list((data_dir / "media" / "clips").iterdir()) == []


def test_a_full_disk_is_named(pool: Pool, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film(pool, data_dir, CAMERA, START, 2)
    clip = ask(pool, form(0, 2))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    assert clip_maker.make_next(pool, data_dir)
    assert made(pool, clip).failure == "no_room"


def test_a_worker_that_stops_leaves_the_clip_to_the_next_one(pool: Pool, data_dir: Path) -> None:
    film(pool, data_dir, CAMERA, START, 8)
    clip, stop = ask(pool, form(0, 8)), threading.Event()
    stop.set()
    assert not clip_maker.make_next(pool, data_dir, stop)
    assert made(pool, clip).state == "making"
    with writing(pool) as conn:
        assert clips.again(conn) == 1
    assert clip_maker.make_next(pool, data_dir)
    assert made(pool, clip).state == "ready"


def test_a_clip_is_the_askers_and_a_shift_leaders_and_expires_after_a_week(pool: Pool, data_dir: Path) -> None:
    film(pool, data_dir, CAMERA, START, 2)
    clip = ask(pool, form(0, 2))
    with reading(pool) as conn, pytest.raises(ConflictError, match="waiting"):
        clips.file_of(conn, data_dir, caller().reader, clip.id)
    clip_maker.make_next(pool, data_dir)
    with reading(pool) as conn:
        for who in (caller(), caller(Role.SHIFT_LEADER, 8)):
            assert clips.file_of(conn, data_dir, who.reader, clip.id)[1].is_file()
            assert [one.id for one in clips.clips(conn, who.reader)] == [clip.id]
        with pytest.raises(NotFoundError):
            clips.file_of(conn, data_dir, caller(account_id=9).reader, clip.id)
        assert clips.clips(conn, caller(account_id=9).reader) == []
    with writing(pool) as conn:
        assert clips.expire(conn, data_dir, datetime.now(UTC) + timedelta(days=6)) == 0
        assert clips.expire(conn, data_dir, datetime.now(UTC) + timedelta(days=8)) == 1
    assert made(pool, clip).state == "expired"
    with reading(pool) as conn, pytest.raises(ConflictError, match="expired"):
        clips.file_of(conn, data_dir, caller().reader, clip.id)


@pytest.mark.parametrize(
    "wrong", [form(0, 0), form(0, 1_801), form(3_000, 4_200), form(0, 5, "no"), form(0, 5, "x" * 201), form(0, 5, "nul\0nul")]
)
def test_what_cannot_be_made_is_refused(pool: Pool, wrong: ClipForm) -> None:
    with pytest.raises(InvalidInputError):
        ask(pool, wrong)


def test_nobody_fills_the_list(pool: Pool) -> None:
    for _ in range(clips.MOST_WAITING):
        ask(pool, form(0, 5))
    with pytest.raises(ConflictError):
        ask(pool, form(0, 5))
    ask(pool, form(0, 5), caller(account_id=8))
