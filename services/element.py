"""What services know of a layer. `layers.base.Layer` fits it, so the layers are handed down as they are."""

from collections.abc import Iterable
from typing import Protocol

from geodata.source import Source
from services.rights import Reader

POINT, LINE, POLYGON = "point", "line", "polygon"


class Element(Protocol):
    """An element class: its view, and the roles that its columns play. See `layers.base.Layer` for each."""

    @property
    def key(self) -> str: ...
    @property
    def source(self) -> Source: ...
    @property
    def geometry(self) -> str: ...
    @property
    def headline(self) -> str: ...
    @property
    def subline(self) -> tuple[str, ...]: ...
    @property
    def tile(self) -> tuple[str, ...]: ...
    @property
    def filters(self) -> tuple[str, ...]: ...
    @property
    def breakdown(self) -> str: ...
    @property
    def search(self) -> tuple[str, ...]: ...
    @property
    def exact(self) -> tuple[str, ...]: ...
    @property
    def min_zoom(self) -> int: ...
    @property
    def cells_to(self) -> int: ...
    @property
    def live(self) -> bool: ...
    @property
    def roles(self) -> frozenset[str]: ...


def visible(elements: Iterable[Element], reader: Reader) -> list[Element]:
    """Keep the element classes that the reader's role may see, in their order."""
    return [element for element in elements if reader.role in element.roles]


def drawn_as_points(element: Element, z: int) -> bool:
    """Tell whether tiles of this zoom show positions (single or counted in cells) rather than lines and areas."""
    return element.geometry == POINT or z <= element.cells_to
