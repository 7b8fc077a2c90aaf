"""Substring search over one searched column of a layer: a long text with one line a row, and a filter of the character pairs in it."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from services.morton import Ints

CANDIDATES = 512
"""Places looked at before the best are chosen."""
_WINDOW = 4 << 20
"""Bytes searched at a time: other threads get their turn in between."""
_BLOCK = 1 << 16
"""Characters hashed at a time, so that the work stays in the processor's cache."""
_PAIR_BITS = 20
_MULTIPLIERS = (0x9E3779B1, 0x85EBCA6B)

Span = tuple[int, int]
"""Rows from the first up to, but without, the second."""


class Rank(IntEnum):
    """How the text was found in a value."""

    WHOLE = 0
    BEGINNING = 1
    INSIDE = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A row and how well it fits."""

    row: int
    rank: Rank


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

    @classmethod
    def of(cls, values: Sequence[str]) -> "Text":
        """Take in the values of all rows; those without a value are empty."""
        lines = "\n".join((*values, "")).lower()
        if not unicodedata.is_normalized("NFKC", lines):
            lines = unicodedata.normalize("NFKC", lines)
        while "  " in lines:
            lines = lines.replace("  ", " ")
        data = ("\n" + lines).encode()
        starts = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1
        present = np.zeros(1 << _PAIR_BITS, np.bool_)
        for first in range(0, len(lines), _BLOCK):
            present[_hashes(lines[first : first + _BLOCK + 1])] = True
        return cls(data, starts.astype(np.uint32), np.packbits(present))

    def find(self, needle: str, spans: Sequence[Span]) -> Iterator[Place]:
        """Yield rows of `spans` whose value holds `needle` (folded): whole values, then beginnings, then the rest.

        A row comes once for each place, so perhaps again.
        """
        inside = needle.encode()
        if not inside:
            return
        found = list(islice(self._positions(inside, spans), CANDIDATES))
        if len(found) < CANDIDATES:
            yield from sorted(self._places(found, 0, len(inside)), key=lambda place: place.rank)
            return
        # too many to be sure that the best are among them: look for those by themselves
        beginnings = list(islice(self._positions(b"\n" + inside, spans), CANDIDATES))
        if len(beginnings) == CANDIDATES:
            yield from self._places(islice(self._positions(b"\n" + inside + b"\n", spans), CANDIDATES), 1, len(inside))
        yield from sorted(self._places(beginnings, 1, len(inside)), key=lambda place: place.rank)
        yield from self._places(self._positions(inside, spans), 0, len(inside))

    def may_hold(self, needle: str) -> bool:
        """Tell whether `needle` (folded) may occur at all: a no is certain and costs next to nothing."""
        hashes = _hashes(needle)
        return bool(((self.pairs[hashes >> 3] >> (7 - (hashes & 7)).astype(np.uint8)) & 1).all())

    def _places(self, positions: Iterable[int], skip: int, length: int) -> Iterator[Place]:
        for position in positions:
            start = position + skip
            begins, ends = self.data[start - 1 : start] == b"\n", self.data[start + length : start + length + 1] == b"\n"
            rank = Rank.INSIDE if not begins else Rank.WHOLE if ends else Rank.BEGINNING
            yield Place(int(self.starts.searchsorted(np.uint32(start), "right")) - 1, rank)

    def _positions(self, needle: bytes, spans: Sequence[Span]) -> Iterator[int]:
        for first, last in spans:
            # the line feed before the first row belongs to it
            start, end = int(self.starts[first]) - 1, int(self.starts[last])
            while start < end:
                found = self.data.find(needle, start, min(end, start + _WINDOW + len(needle) - 1))
                if found < 0:
                    start += _WINDOW
                else:
                    yield found
                    start = found + 1


def _hashes(text: str) -> NDArray[np.uint32]:
    """Hash every character and every pair of neighbours."""
    characters = np.frombuffer(text.encode("utf-32-le"), "<u4")
    single = characters * np.uint32(_MULTIPLIERS[0])
    pairs = single[:-1] ^ characters[1:] * np.uint32(_MULTIPLIERS[1])
    return np.concatenate((single, pairs)) >> np.uint32(32 - _PAIR_BITS)
