"""Search in one searched column of a layer: a long text with one line a row, an order by beginnings, a filter of character pairs."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from services.cover import Mask
from services.morton import Ints

_WINDOW = 4 << 20
"""Bytes searched at a time: other threads get their turn in between."""
_BLOCK = 1 << 16
"""Characters hashed at a time, so that the work stays in the processor's cache."""
_KEY = 8
_PAIR_BITS = 20
_MULTIPLIERS = (0x9E3779B1, 0x85EBCA6B)

Span = tuple[int, int]
"""Rows from the first up to, but without, the second."""


class Rank(IntEnum):
    """How the text was found in a value."""

    WHOLE = 0
    BEGINNING = 1
    INSIDE = 2


def folded(text: str) -> str:
    """Return text as it is compared: one width, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """One searched column: `data` is a line feed, then every folded value with a line feed after it."""

    data: bytes | mmap
    starts: NDArray[np.uint32]
    """Where each row's value begins, and the end of the last one."""
    pairs: NDArray[np.uint8]
    """Bits by hash of the characters and pairs of neighbours that occur anywhere."""
    order: NDArray[np.uint32]
    """Rows in the order of the first eight bytes of their value."""
    keys: NDArray[np.uint64]
    """These bytes in that order, as numbers."""

    @classmethod
    def of(cls, values: Sequence[str]) -> "Text":
        """Take in the values of all rows; those without a value are empty."""
        lines = "\n".join((*values, "")).lower()
        if not unicodedata.is_normalized("NFKC", lines):
            lines = unicodedata.normalize("NFKC", lines)
        while "  " in lines:
            lines = lines.replace("  ", " ")
        data = ("\n" + lines).encode()
        starts = (np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1).astype(np.uint32)
        present = np.zeros(1 << _PAIR_BITS, np.bool_)
        for first in range(0, len(lines), _BLOCK):
            present[_hashes(lines[first : first + _BLOCK + 1])] = True
        keys = _keys(data, starts)
        order = np.argsort(keys, kind="stable")
        return cls(data, starts, np.packbits(present), order.astype(np.uint32), keys[order])

    def may_hold(self, needle: str) -> bool:
        """Tell whether `needle` (folded) may occur at all: a no is certain and costs next to nothing."""
        hashes = _hashes(needle)
        return bool(((self.pairs[hashes >> 3] >> (7 - (hashes & 7)).astype(np.uint8)) & 1).all())

    def beginning_with(self, needle: str) -> tuple[Ints, Mask]:
        """Return all rows whose value begins with `needle` (folded), and for which of them that is the whole value."""
        wanted = needle.encode()
        low, high = (int.from_bytes(wanted[:_KEY].ljust(_KEY, fill)) for fill in (b"\x00", b"\xff"))
        first, last = self.keys.searchsorted(np.uint64(low)), self.keys.searchsorted(np.uint64(high), "right")
        rows = self.order[first:last].astype(np.int64)
        data = np.frombuffer(self.data, np.uint8)
        rows = rows[self.starts[rows + 1] - self.starts[rows] > len(wanted)]
        for place, byte in enumerate(wanted[_KEY:], _KEY):
            rows = rows[data[self.starts[rows] + np.uint32(place)] == byte]
        return rows, data[self.starts[rows] + np.uint32(len(wanted))] == ord("\n")

    def holding(self, needle: str, spans: Sequence[Span]) -> Iterator[int]:
        """Yield rows of `spans` with `needle` (folded) anywhere in their value; once for each place, so perhaps again."""
        wanted = needle.encode()
        for first, last in spans:
            start, end = int(self.starts[first]), int(self.starts[last])
            while start < end:
                found = self.data.find(wanted, start, min(end, start + _WINDOW + len(wanted) - 1))
                if found < 0:
                    start += _WINDOW
                else:
                    yield int(self.starts.searchsorted(np.uint32(found), "right")) - 1
                    start = found + 1


def _keys(data: bytes, starts: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Read the first eight bytes of every value as a number; shorter values are filled up with zeros."""
    begins, lengths = starts[:-1], np.diff(starts) - 1
    padded = np.frombuffer(data + bytes(_KEY), np.uint8)
    keys = np.zeros(len(begins), np.uint64)
    for place in range(_KEY):
        byte = np.where(lengths > place, padded[begins + np.uint32(place)], 0)
        keys = keys << np.uint64(8) | byte.astype(np.uint64)
    return keys


def _hashes(text: str) -> NDArray[np.uint32]:
    """Hash every character and every pair of neighbours."""
    characters = np.frombuffer(text.encode("utf-32-le"), "<u4")
    single = characters * np.uint32(_MULTIPLIERS[0])
    pairs = single[:-1] ^ characters[1:] * np.uint32(_MULTIPLIERS[1])
    return np.concatenate((single, pairs)) >> np.uint32(32 - _PAIR_BITS)
