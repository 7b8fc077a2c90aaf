"""What is read off streams and pictures without a camera: sizes, beginnings, quality."""

import asyncio
import subprocess
from pathlib import Path

import numpy as np
import pytest

from media.checks import quality
from media.fmp4 import Fragment, Init, NotVideoError, changed, fragments, read_init
from media.h264 import size_of
from media.live import framed

RNG = np.random.default_rng(4)


def encoded(path: Path, size: str, *more: str) -> list[Init | Fragment]:
    """Return what comes of a short stream, as from a camera."""
    source = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc=size={size}:rate=10:duration=1"]
    annex_b = subprocess.run([*source, "-c:v", "libx264", *more, "-f", "h264", "-"], check=True, capture_output=True).stdout
    raw = path / "x.h264"
    raw.write_bytes(annex_b)
    copy = ["ffmpeg", "-v", "error", "-f", "h264", "-i", str(raw), "-c", "copy", "-f", "mp4"]
    data = subprocess.run(
        [*copy, "-movflags", "frag_every_frame+empty_moov+default_base_moof", "-"], check=True, capture_output=True
    ).stdout

    async def read() -> list[Init | Fragment]:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return [item async for item in fragments(reader)]

    return asyncio.run(read())


@pytest.mark.parametrize("size", ["320x180", "640x360", "1920x1080", "702x574"])
@pytest.mark.parametrize("profile", [("-profile:v", "baseline", "-pix_fmt", "yuv420p"), ("-profile:v", "high444", "-pix_fmt", "yuv444p")])
def test_the_size_is_read_from_the_stream(tmp_path: Path, size: str, profile: tuple[str, ...]) -> None:
    init, *frames = encoded(tmp_path, size, *profile)
    assert isinstance(init, Init)
    width, height = map(int, size.split("x"))
    assert (init.width, init.height) == size_of(init.parameters) == (width, height)
    keys = [frame.key for frame in frames if isinstance(frame, Fragment)]
    assert keys[0]
    assert len(keys) == 10


def test_a_beginning_is_made_for_the_picture_that_the_stream_turned_to(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    small, *_ = encoded(tmp_path / "a", "320x180")
    large, first, *_ = encoded(tmp_path, "1280x720", "-profile:v", "baseline", "-pix_fmt", "yuv420p")
    assert isinstance(small, Init)
    assert isinstance(large, Init)
    assert isinstance(first, Fragment)
    turned = changed(small, first.parameters, first.picture_parameters)
    assert (turned.width, turned.height, turned.mime_codec) == (1280, 720, large.mime_codec)
    path = tmp_path / "turned.mp4"
    path.write_bytes(turned.data + first.data)
    probe = ["ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", str(path)]
    assert subprocess.run(probe, capture_output=True, text=True, check=True).stdout.strip() == "1280,720"


@pytest.mark.parametrize("noise", [b"", b"\x67", b"\x67\xff\xff\xff\xff", b"\x67" + b"\0" * 60])
def test_parameters_that_cannot_be_read_are_an_error_and_not_a_crash(noise: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        size_of(noise)


@pytest.mark.parametrize("noise", [b"", b"moov", b"stsd" * 50, b"\0" * 500])
def test_what_is_no_beginning_is_refused(noise: bytes) -> None:
    with pytest.raises(NotVideoError):
        read_init(noise)


def test_a_box_larger_than_any_picture_is_refused_before_it_is_read() -> None:
    async def read() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(b"\xff\xff\xff\xffmdat")
        async for _ in fragments(reader):
            pass

    with pytest.raises(NotVideoError):
        asyncio.run(read())


@pytest.mark.parametrize(("length", "header"), [(5, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)])
def test_messages_are_framed_as_the_protocol_says(length: int, header: int) -> None:
    message = framed(b"x" * length, 2)
    assert len(message) == length + header
    assert message[0] == 0x82


def scene() -> np.ndarray:
    """A street: areas of grey, edges, some noise."""
    picture = np.full((180, 320, 3), 110, np.uint8)
    for at in range(0, 320, 40):
        picture[40:150, at : at + 20] = 60 + at // 3
    return (picture + RNG.integers(0, 6, picture.shape)).astype(np.uint8)


def test_a_good_picture_is_good() -> None:
    assert quality(scene(), np.roll(scene(), 3, axis=1)) == "good"


def test_faults_of_the_picture_are_told_apart() -> None:
    picture = scene()
    clock = picture.copy()
    clock[:15, 10:90] = 255  # only the clock in the upper edge moved on
    tinted = (picture * np.array([1.0, 0.4, 0.4])).astype(np.uint8)
    hazy = np.repeat(np.linspace(90, 140, 320, dtype=np.uint8)[None, :, None], 180, axis=0).repeat(3, axis=2)
    assert quality(np.full((180, 320, 3), 8, np.uint8)) == "black"
    assert quality(picture, clock) == "frozen"
    assert quality(tinted) == "cast"
    assert quality(hazy) == "blurred"
