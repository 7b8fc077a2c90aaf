"""What services know of a layer. `layers.base.Layer` fits it, so the layers are handed down as they are."""

from collections.abc import Hashable, Iterable
from typing import Protocol

from geodata.source import Source
from services.rights import Reader

POINT, LINE, POLYGON = "point", "line", "polygon"


class Element(Hashable, Protocol):
    """An element class: its view, and the roles that its columns play. See `layers.base.Layer` for each."""

    @property
    def key(self) -> str:
        """Name in addresses and files."""
        ...

    @property
    def source(self) -> Source:
        """View and columns that may be read."""
        ...

    @property
    def geometry(self) -> str:
        """point, line or polygon."""
        ...

    @property
    def headline(self) -> str:
        """Column that names a row."""
        ...

    @property
    def subline(self) -> tuple[str, ...]:
        """Columns shown after the name."""
        ...

    @property
    def tile(self) -> tuple[str, ...]:
        """Columns written into tiles."""
        ...

    @property
    def filters(self) -> tuple[str, ...]:
        """Columns that may be filtered."""
        ...

    @property
    def breakdown(self) -> str:
        """Coded column by which a selection is broken down, or ""."""
        ...

    @property
    def search(self) -> tuple[str, ...]:
        """Columns found by any part of their text."""
        ...

    @property
    def exact(self) -> tuple[str, ...]:
        """Personal columns found only by their whole value."""
        ...

    @property
    def min_zoom(self) -> int:
        """First zoom with tiles."""
        ...

    @property
    def cells_to(self) -> int:
        """Last zoom at which rows are counted in cells."""
        ...

    @property
    def live(self) -> bool:
        """Few rows that change all the time: mirrored in memory, not seeded."""
        ...

    @property
    def roles(self) -> frozenset[str]:
        """Who may see it."""
        ...


def visible(elements: Iterable[Element], reader: Reader) -> list[Element]:
    """Keep the element classes that the reader's role may see, in their order."""
    return [element for element in elements if reader.role in element.roles]


def drawn_as_points(element: Element, z: int) -> bool:
    """Tell whether tiles of this zoom show positions (single or counted in cells) rather than lines and areas."""
    return element.geometry == POINT or z <= element.cells_to
