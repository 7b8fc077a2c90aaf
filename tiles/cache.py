"""Ready answers in the memory of one process. Only the event loop touches them, so there is no lock.

Several hosts need nothing common here: what they would share, the seeded tiles, is already shared as files; the rest is cheap to make.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from tiles.answers import Content

MAX_BYTES = 128 << 20
_OVERHEAD = 1_000
"""Bytes of headers and keys beside a body."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A content, and the object that it was made of, which is served under `name`: with another one in its place the content counts no more."""

    name: str
    content: Content
    source: object | None
    """None is never kept."""


class Cache:
    """The answers asked for last, up to 128 MB."""

    def __init__(self, most: int = MAX_BYTES) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._size = 0

    def get(self, key: Hashable) -> Kept | None:
        """Return what is kept under a key."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def put(self, key: Hashable, kept: Kept) -> None:
        """Keep an answer; the ones not asked for longest make room."""
        before = self._kept.pop(key, None)
        self._size += _weight(kept) - (_weight(before) if before else 0)
        self._kept[key] = kept
        while self._size > self._most:
            self._size -= _weight(self._kept.popitem(last=False)[1])


def _weight(kept: Kept) -> int:
    return len(kept.content.whole.body) + _OVERHEAD
