"""What lies in a circle, a polygon or along a line: counts, breakdowns and the nearest rows of every class."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from geodata.db import Conn
from geodata.source import Condition
from services.element import Element
from services.features import Row
from services.mirror_store import MirrorStore
from services.rights import Reader
from services.shapes import Shape

MAX_ITEMS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A selected row and its straight distance from the middle of the shape, in metres (0 inside an area)."""

    row: Row
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSelection:
    """What was found of one class. Values in `breakdown` come with their counts, the most frequent first."""

    count: int
    breakdown: Mapping[str, int]
    """By the layer's own `breakdown` field; empty when it has none."""
    breakdowns: Mapping[str, Mapping[str, int]]
    """By every coded filter of the layer: field → value → count."""
    items: tuple[Item, ...]
    """The nearest first, at most as many as asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Every class that the reader may see, by layer key, in drawing order."""

    area_m2: float
    lon: float
    lat: float
    classes: Mapping[str, ClassSelection]
    rooms: Mapping[str, int] = field(default_factory=dict)
    """Rooms of the selected buildings by state (own, rent, vacant, office, shop)."""


def select(
    store: MirrorStore, conn: Conn, reader: Reader, elements: Iterable[Element], shape: Shape, *, limit: int = 20,
    conditions: Mapping[str, Sequence[Condition]] | None = None,
) -> Selection:
    """Look for everything of `elements` within `shape`, in the reader's scope. Classes that the reader may not see are absent.

    Points count when they lie within, areas and lines when they touch. `conditions` filter single layers by key; `limit`
    bounds the items of each class (0 to 500).

    Raises:
        InvalidInputError: limit out of range, or a condition on a column that the layer does not filter by.
    """
    raise NotImplementedError
