"""One box over all classes: any part of a name, code or address; personal numbers only whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from geodata.db import Conn
from geodata.grid import BBox, LonLat
from services.element import Element
from services.features import Value
from services.mirror_store import MirrorStore
from services.rights import Reader

MAX_TEXT = 60
MAX_HITS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One row found. Streets stand once, however many edges they have."""

    layer: str
    id: int
    headline: Value
    subline: tuple[Value, ...]
    """Values of the layer's subline fields."""
    lon: float
    lat: float
    bbox: BBox | None
    """Of areas and lines; a point has none."""
    matched: Mapping[str, tuple[int, int]]
    """Field → start and end of the found text in it; masked fields never tell where they matched."""
    fields: Mapping[str, Value]
    """The searched fields as the reader may see them, for the line that shows why this was found."""
    length_m: float | None = None
    """Of a street: all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Hits of one class, best first: whole value, then beginning, then inside; nearest first among equals."""

    layer: str
    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Classes with hits, in drawing order reversed (the topmost layer first)."""

    text: str
    classes: tuple[Found, ...]
    looked_up: tuple[str, ...] = ()
    """Personal columns that were asked for a whole value, as `people.id_no`: the caller writes the audit row."""


def search(
    store: MirrorStore, conn: Conn, reader: Reader, elements: Iterable[Element], text: str, *, limit: int = 8, near: LonLat | None = None,
) -> Results:
    """Find `text` in every class that the reader may see, within the reader's scope; at most `limit` hits a class.

    Case and width do not matter. Text of one Latin letter or digit finds nothing.

    Raises:
        InvalidInputError: the text is empty or longer than 60 characters, or limit is not in 1..100.
    """
    raise NotImplementedError
