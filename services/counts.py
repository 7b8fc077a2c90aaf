"""How many rows a layer has: in all, after filters, and in view."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from geodata.grid import BBox
from geodata.source import Condition
from services.element import Element
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
    store: MirrorStore, reader: Reader, elements: Iterable[Element], *, bbox: BBox | None = None,
    conditions: Mapping[str, Sequence[Condition]] | None = None,
) -> dict[str, Count]:
    """Count every class that the reader may see, by layer key. Layers that are still being prepared are absent."""
    raise NotImplementedError
