"""What lies in a circle, a polygon or along a line: counts, breakdowns and the nearest rows of every class."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.grid import LonLat
from geodata.source import Condition
from services import features
from services.cover import Covering
from services.element import Element, visible
from services.features import Row
from services.mirror import Mirror
from services.mirror_store import HOLDS_ROOMS, MirrorStore
from services.morton import Ints
from services.rights import Reader
from services.shapes import Shape, flattened

MAX_ITEMS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A selected row and its straight distance from the middle of the shape to its position, in metres."""

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
    store: MirrorStore,
    conn: Conn,
    reader: Reader,
    elements: Iterable[Element],
    shape: Shape,
    *,
    limit: int = 20,
    conditions: Mapping[str, Sequence[Condition]] | None = None,
) -> Selection:
    """Look for everything of `elements` within `shape`, in the reader's scope. Classes that the reader may not see are absent.

    Points count when they lie within, areas and lines when they touch. `conditions` filter single layers by key; `limit`
    bounds the items of each class (0 to 500).

    Raises:
        InvalidInputError: limit out of range, or a condition on a column that the layer does not filter by.
        SourceUnavailableError: a layer is still being prepared.
    """
    if not 0 <= limit <= MAX_ITEMS:
        raise InvalidInputError(f"limit={limit} is outside 0..{MAX_ITEMS}")
    area = flattened(shape)
    covering, middle = Covering(area), area.middle()
    found: list[tuple[Element, Mirror, Ints]] = []
    for element in visible(elements, reader):
        mirror = store.mirror(element.key)
        found.append((element, mirror, mirror.within(covering, (conditions or {}).get(element.key, ()), reader.scope)))
    items = _items(conn, reader, found, middle, limit)
    classes = {}
    for element, mirror, rows in found:
        breakdowns = {name: mirror.breakdown(name, rows) for name in _coded(element, mirror)} if len(rows) else {}
        classes[element.key] = ClassSelection(
            count=len(rows),
            breakdown=breakdowns.get(element.breakdown, {}),
            breakdowns=breakdowns,
            items=items[element.key],
        )
    buildings = next((mirror.ids[rows] for element, mirror, rows in found if element.key == HOLDS_ROOMS), None)
    rooms = store.rooms.of(buildings) if buildings is not None else {}
    return Selection(area_m2=area.area_m2(), lon=middle.lon, lat=middle.lat, classes=classes, rooms=rooms)


def _coded(element: Element, mirror: Mirror) -> list[str]:
    names = dict.fromkeys((*([element.breakdown] if element.breakdown else []), *element.filters))
    return [name for name in names if name in mirror.coded]


def _items(
    conn: Conn,
    reader: Reader,
    found: Sequence[tuple[Element, Mirror, Ints]],
    middle: LonLat,
    limit: int,
) -> dict[str, tuple[Item, ...]]:
    """Read the rows of each class that are nearest to the middle. A row deleted since its mirror was made is absent."""
    distance_m: dict[str, dict[int, float]] = {}
    for element, mirror, rows in found:
        nearest, distances = mirror.nearest(rows, middle, limit)
        distance_m[element.key] = dict(zip(mirror.ids[nearest].tolist(), distances.tolist(), strict=True))
    read = features.by_ids_of_all(conn, reader, [(element, list(distance_m[element.key])) for element, _, _ in found])
    return {key: tuple(Item(row=row, distance_m=distance_m[key][row.id]) for row in rows) for key, rows in read.items()}
