"""Write small OSM files by hand: a town whose streets, houses and households a reader can count."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

WEST, SOUTH, STEP = 10.0, 0.5, 0.001
"""Near the equator 0.001 degrees are 111 m either way."""
BLOCKS = 5


@dataclass
class Drawing:
    """An OSM file under construction; ids count from 1."""

    nodes: list[str] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)
    relations: list[str] = field(default_factory=list)
    at: dict[tuple[float, float], int] = field(default_factory=dict)

    def node(self, lon: float, lat: float, **tags: str) -> int:
        """The node at this place; the same one when asked twice without tags."""
        place = (round(lon, 7), round(lat, 7))
        if place in self.at and not tags:
            return self.at[place]
        number = len(self.nodes) + 1
        self.nodes.append(f'<node id="{number}" version="1" lon="{place[0]}" lat="{place[1]}">{_tags(tags)}</node>')
        self.at.setdefault(place, number)
        return number

    def way(self, points: Sequence[tuple[float, float]], **tags: str) -> int:
        """A way through these places."""
        refs = "".join(f'<nd ref="{self.node(*point)}"/>' for point in points)
        self.ways.append(f'<way id="{len(self.ways) + 1}" version="1">{refs}{_tags(tags)}</way>')
        return len(self.ways)

    def box(self, west: float, south: float, east: float, north: float, **tags: str) -> int:
        """A closed way round a rectangle."""
        return self.way([(west, south), (east, south), (east, north), (west, north), (west, south)], **tags)

    def relation(self, members: Sequence[tuple[int, str]], **tags: str) -> int:
        """A relation of ways with roles."""
        listed = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
        self.relations.append(f'<relation id="{len(self.relations) + 1}" version="1">{listed}{_tags(tags)}</relation>')
        return len(self.relations)

    def write(self, path: Path) -> Path:
        """Write the file and return its path."""
        body = "\n".join([*self.nodes, *self.ways, *self.relations])
        path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n{body}\n</osm>\n', encoding="utf-8")
        return path


def town(floors: int = 20) -> Drawing:
    """Five by five blocks with four towers of 0.0003 x 0.0003 degrees (33 m) each, in two streets (sub-districts): 青石街道 and 白塔街道.

    6 + 6 streets with 36 crossings make 60 edges. A tower outside stands 600 m north.
    """
    drawing = Drawing()
    size = BLOCKS * STEP
    for line in range(BLOCKS + 1):
        offset = line * STEP
        east_west = [(WEST + step * STEP, SOUTH + offset) for step in range(BLOCKS + 1)]
        north_south = [(WEST + offset, SOUTH + step * STEP) for step in range(BLOCKS + 1)]
        drawing.way(east_west, highway="residential", name=f"第{'零一二三四五'[line]}街")
        drawing.way(north_south, highway="tertiary", name=f"梅{'零一二三四五'[line]}路")
    for column in range(2 * BLOCKS):
        for row in range(2 * BLOCKS):
            west, south = WEST + (column + 0.2) * STEP / 2, SOUTH + (row + 0.2) * STEP / 2
            tower(drawing, west, south, floors)
    tower(drawing, WEST, SOUTH + size + 0.005, floors)
    edge, middle = WEST - 0.0002, WEST + 2.5 * STEP
    for name, west, east in (("青石街道", edge, middle), ("白塔街道", middle, WEST + size + 0.0002)):
        ring = drawing.box(west, SOUTH - 0.0002, east, SOUTH + size + 0.0002)
        drawing.relation([(ring, "outer")], type="boundary", boundary="administrative", admin_level="8", name=name)
    drawing.node(WEST + 0.0005, SOUTH + 0.0005, place="quarter", name="梅園")
    drawing.node(WEST + 0.0035, SOUTH + 0.0035, amenity="school", name="第一小學 Escola Primária")
    return drawing


def tower(drawing: Drawing, west: float, south: float, floors: int) -> int:
    """A block of flats of 33 by 33 metres."""
    tags = {"building": "apartments", "building:levels": str(floors)}
    return drawing.box(west, south, west + 0.0003, south + 0.0003, **tags)


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
