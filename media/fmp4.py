"""Fragmented MP4 as ffmpeg writes it to a pipe: the beginning, which says what the picture is, and then one fragment a frame."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from media.h264 import size_of

LARGEST_BOX = 32 * 2**20
SEQUENCE_PARAMETERS = 7
"""NAL unit type of H.264's sequence parameters, which hold the size of the picture."""
PICTURE_PARAMETERS = 8
INSIDE = {b"moov": 8, b"trak": 8, b"mdia": 8, b"minf": 8, b"stbl": 8, b"stsd": 16, b"avc1": 86}
"""Boxes that hold boxes, and where the first of these begins."""
NOT_KEY = 0x10000
"""sample_is_non_sync_sample of a sample's flags."""


class NotVideoError(Exception):
    """What comes is no fragmented MP4 with a picture in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Init:
    """What a player must get before the first fragment."""

    data: bytes = field(repr=False)
    codec: str
    """h264, hevc, or the four letters of another one."""
    mime_codec: str
    """As browsers want it: avc1.42c01f."""
    width: int
    height: int
    timescale: int
    parameters: bytes = field(repr=False)
    """H.264's first sequence parameters, to notice a change of size."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One frame."""

    data: bytes
    key: bool
    time: int
    """Decode time in units of the timescale."""
    parameters: bytes
    """Sequence parameters in a key frame, empty when it holds none."""
    picture_parameters: bytes
    """Those of the picture that go with them."""


async def fragments(reader: asyncio.StreamReader) -> AsyncIterator[Init | Fragment]:
    """Go through a stream as it comes; it ends where the stream ends.

    Raises:
        NotVideoError: the bytes are none of ours.
    """
    head, moof = b"", b""
    while True:
        try:
            kind, box = await _box(reader)
        except asyncio.IncompleteReadError:
            return
        if kind == b"ftyp":
            head = box
        elif kind == b"moov":
            yield read_init(head + box)
        elif kind == b"moof":
            moof = box
        elif kind == b"mdat" and moof:
            key, time = _timing(moof)
            yield Fragment(moof + box, key, time, *(_parameters(box) if key else (b"", b"")))
            moof = b""


async def _box(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    header = await reader.readexactly(8)
    size, kind = struct.unpack(">I4s", header)
    if not 8 <= size <= LARGEST_BOX:
        raise NotVideoError(f"a box of {size} bytes")
    return kind, header + await reader.readexactly(size - 8)


def read_init(data: bytes) -> Init:
    """Read what the beginning says of its first picture track.

    Raises:
        NotVideoError: there is none.
    """
    try:
        entry_kind, entry = next(_entries(data))
        width, height = struct.unpack_from(">HH", entry, 32)
        scale_at = data.index(b"mdhd") + 4
        timescale = struct.unpack_from(">I", data, scale_at + (20 if data[scale_at] else 12))[0]
    except (StopIteration, ValueError, struct.error):
        raise NotVideoError("no picture track") from None
    codec, mime, parameters = {b"avc1": "h264", b"hev1": "hevc", b"hvc1": "hevc"}.get(entry_kind, entry_kind.decode("latin-1")), "", b""
    if entry_kind == b"avc1" and (at := entry.find(b"avcC")) >= 0:
        configuration = entry[at + 4 :]
        mime = "avc1." + configuration[1:4].hex()
        length = int.from_bytes(configuration[6:8], "big")
        parameters = configuration[8 : 8 + length]
    elif codec == "hevc":
        mime = "hvc1.1.6.L120.90"
    return Init(data=data, codec=codec, mime_codec=mime, width=width, height=height, timescale=timescale or 1, parameters=parameters)


def _entries(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Go through the sample descriptions of the picture tracks."""
    at = 0
    while (at := data.find(b"stsd", at)) >= 0:
        size, kind = struct.unpack_from(">I4s", data, at + 12)
        entry = data[at + 12 : at + 12 + size]
        # a picture's description is 78 bytes and more, with its size in it
        if kind not in {b"mp4a", b"tx3g"} and len(entry) >= 86:
            yield kind, entry
        at += 4


def _timing(moof: bytes) -> tuple[bool, int]:
    """Return whether the fragment's first frame is a key frame, and its decode time."""
    try:
        at = moof.index(b"tfhd") + 4
        present = int.from_bytes(moof[at + 1 : at + 4], "big")
        default = at + 8 + 8 * (present & 1) + 4 * (present >> 1 & 1) + 4 * (present >> 3 & 1) + 4 * (present >> 4 & 1)
        flags = int.from_bytes(moof[default : default + 4], "big") if present & 0x20 else NOT_KEY
        at = moof.index(b"trun") + 4
        present = int.from_bytes(moof[at + 1 : at + 4], "big")
        first = at + 8 + 4 * (present & 1)
        if present & 4:
            flags = int.from_bytes(moof[first : first + 4], "big")
        elif present & 0x400:
            each = first + 4 * (present >> 8 & 1) + 4 * (present >> 9 & 1)
            flags = int.from_bytes(moof[each : each + 4], "big")
        at = moof.index(b"tfdt") + 4
        time = int.from_bytes(moof[at + 4 : at + (12 if moof[at] else 8)], "big")
    except ValueError:
        raise NotVideoError("a fragment without its tables") from None
    return not flags & NOT_KEY, time


def _parameters(mdat: bytes) -> tuple[bytes, bytes]:
    """Return the parameters that stand before a key frame's picture, if any (units with four bytes of length): sequence, picture."""
    found = {SEQUENCE_PARAMETERS: b"", PICTURE_PARAMETERS: b""}
    at = 8
    while at + 5 <= len(mdat):
        length = int.from_bytes(mdat[at : at + 4], "big")
        kind = mdat[at + 4] & 31
        if kind in found:
            found[kind] = found[kind] or mdat[at + 4 : at + 4 + length]
        if kind in {1, 5} or not length:
            break
        at += 4 + length
    return (found[SEQUENCE_PARAMETERS], found[PICTURE_PARAMETERS]) if all(found.values()) else (b"", b"")


def changed(init: Init, parameters: bytes, picture_parameters: bytes) -> Init:
    """Return the beginning of the same stream after the camera has changed its picture.

    Raises:
        NotVideoError: the parameters cannot be read.
    """
    try:
        width, height = size_of(parameters)
        path = _path(init.data, b"avcC")
    except (ValueError, struct.error) as error:
        raise NotVideoError(str(error)) from None
    at, size = path[-1]
    configuration = b"\x01" + parameters[1:4] + b"\xff\xe1" + len(parameters).to_bytes(2, "big") + parameters
    configuration += b"\x01" + len(picture_parameters).to_bytes(2, "big") + picture_parameters
    box = struct.pack(">I4s", len(configuration) + 8, b"avcC") + configuration
    data = bytearray(init.data[:at] + box + init.data[at + size :])
    for outer, outer_size in path[:-1]:
        struct.pack_into(">I", data, outer, outer_size + len(box) - size)
    struct.pack_into(">HH", data, path[-2][0] + 32, width, height)
    return read_init(bytes(data))


def _path(data: bytes, wanted: bytes) -> list[tuple[int, int]]:
    """Return position and size of the boxes that lead to the first one of a kind, the outermost first."""
    path: list[tuple[int, int]] = []
    at, end = 0, len(data)
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if not 8 <= size <= end - at:
            break
        if kind == wanted:
            return [*path, (at, size)]
        if kind in INSIDE and wanted in data[at : at + size]:
            path.append((at, size))
            at, end = at + INSIDE[kind], at + size
        else:
            at += size
    raise ValueError(f"no {wanted.decode()}")
