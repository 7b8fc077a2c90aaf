"""How many rows a layer has: in all, after filters, and in view."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from geodata.errors import SourceUnavailableError
from geodata.grid import BBox
from geodata.source import Condition
from services.cover import Covering
from services.element import Element, visible
from services.mirror_store import MirrorStore
from services.rights import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Rows in the reader's scope. An area or line counts by one position on it."""

    total: int
    matching: int
    """Of those, the ones that the layer's filter lets through."""
    in_view: int
    """Of those, the ones in the box; all when there is no box."""


def counts(
    store: MirrorStore,
    reader: Reader,
    elements: Iterable[Element],
    *,
    bbox: BBox | None = None,
    conditions: Mapping[str, Sequence[Condition]] | None = None,
) -> dict[str, Count]:
    """Count every class that the reader may see, by layer key. Layers that are still being prepared are absent.

    Raises:
        InvalidInputError: a condition on a column that the layer does not filter by.
    """
    found = {}
    view = Covering(bbox) if bbox else None
    for element in visible(elements, reader):
        try:
            mirror = store.mirror(element.key)
        except SourceUnavailableError:
            continue
        chosen = (conditions or {}).get(element.key, ())
        total = mirror.count(area=reader.scope)
        matching = mirror.count(chosen, reader.scope) if chosen else total
        found[element.key] = Count(
            total=total,
            matching=matching,
            in_view=mirror.count(chosen, reader.scope, view) if view else matching,
        )
    return found
