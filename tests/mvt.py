"""Read ids, tags and points of a vector tile (Mapbox Vector Tile 2.1), independently of the code that writes them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

TILE_LAYER, LAYER_NAME, LAYER_FEATURE, LAYER_KEY, LAYER_VALUE, FEATURE_ID, FEATURE_TAGS, FEATURE_GEOMETRY = 3, 1, 2, 3, 4, 1, 2, 4
VARINT, FIXED_64, BYTES, FIXED_32 = 0, 1, 2, 5
Tag = str | int | float | bool


@dataclass(frozen=True)
class Feature:
    """One feature; of its geometry only where it begins, in tile units: of a point that is all."""

    id: int | None
    tags: dict[str, Tag]
    begins: tuple[int, int] = (0, 0)


def layers(tile: bytes) -> dict[str, list[Feature]]:
    """Return the features of each layer of a tile."""
    return dict(_layer(content) for number, content in _fields(tile) if number == TILE_LAYER and isinstance(content, bytes))


def _layer(layer: bytes) -> tuple[str, list[Feature]]:
    parts: dict[int, list[bytes]] = {}
    for number, content in _fields(layer):
        if isinstance(content, bytes):
            parts.setdefault(number, []).append(content)
    keys = [key.decode() for key in parts.get(LAYER_KEY, [])]
    values = [_value(value) for value in parts.get(LAYER_VALUE, [])]
    return parts[LAYER_NAME][0].decode(), [_feature(content, keys, values) for content in parts.get(LAYER_FEATURE, [])]


def _feature(feature: bytes, keys: list[str], values: list[Tag]) -> Feature:
    own_id, tags, begins = None, {}, (0, 0)
    for number, content in _fields(feature):
        if number == FEATURE_ID and isinstance(content, int):
            own_id = content
        elif number == FEATURE_TAGS and isinstance(content, bytes):
            numbers = list(_varints(content))
            tags = {keys[key]: values[value] for key, value in zip(numbers[::2], numbers[1::2], strict=True)}
        elif number == FEATURE_GEOMETRY and isinstance(content, bytes):
            _, x, y, *_ = _varints(content)
            begins = _signed(x), _signed(y)
    return Feature(own_id, tags, begins)


def _signed(zigzag: int) -> int:
    return (zigzag >> 1) ^ -(zigzag & 1)


def _value(value: bytes) -> Tag:
    ((number, content),) = _fields(value)
    match number, content:
        case 1, bytes():
            return content.decode()
        case 2, bytes():
            return float(struct.unpack("<f", content)[0])
        case 3, bytes():
            return float(struct.unpack("<d", content)[0])
        case 6, int():
            return _signed(content)
        case 7, int():
            return bool(content)
    assert isinstance(content, int)
    return content


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        head, at = _varint(message, at)
        number, kind = head >> 3, head & 7
        if kind == VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        size = {FIXED_64: 8, FIXED_32: 4}.get(kind)
        if size is None:
            assert kind == BYTES
            size, at = _varint(message, at)
        yield number, message[at : at + size]
        at += size


def _varints(content: bytes) -> Iterator[int]:
    at = 0
    while at < len(content):
        value, at = _varint(content, at)
        yield value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
