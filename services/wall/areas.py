"""The areas that the maps of a wall show, and what places are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geodata.db import Conn
from geodata.grid import BBox, LonLat
from services.rights import Reader
from services.screens import require_watch

STREETS = """
    SELECT code, name, ST_XMin(geom) AS west, ST_YMin(geom) AS south, ST_XMax(geom) AS east, ST_YMax(geom) AS north, area_m2
    FROM hall.area WHERE level = 'street' AND (starts_with(code, %(scope)s) OR starts_with(%(scope)s, code)) ORDER BY code LIMIT 500
"""
NAMED = "SELECT value FROM hall.fact WHERE key = 'wall_frames'"
PLACES = """
    SELECT asked.n, community.name
    FROM unnest(%(lons)s::float8[], %(lats)s::float8[]) WITH ORDINALITY AS asked (lon, lat, n)
    CROSS JOIN LATERAL (
        SELECT name FROM hall.area WHERE level = 'community'
        ORDER BY geom <-> ST_SetSRID(ST_MakePoint(asked.lon, asked.lat), 4326) LIMIT 1) AS community
    ORDER BY asked.n LIMIT 200
"""
# Grids by code: a shape that is drawn small needs few corners.
GRIDS = """
    SELECT code, ST_AsGeoJSON(ST_SimplifyPreserveTopology(geom, 0.00008), 5) FROM hall.area
    WHERE level = 'base_grid' AND starts_with(code, %(scope)s) ORDER BY code LIMIT 5000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A part of the city that has a map of its own on a wide wall."""

    names: Mapping[str, str]
    """By language; empty where only the streets have names."""
    first: str
    """Name of its first street."""
    streets: Sequence[str]
    bbox: BBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The whole area, and how it is cut in two where it is taller than the frame is."""

    whole: BBox | None
    parts: Sequence[Frame]


def frames(conn: Conn, reader: Reader) -> Frames:
    """Return the reader's area as one box, and as two where it has at least two streets.

    The cut is the one that lets both parts be drawn largest side by side; hall.fact `wall_frames` (`[{"zh", "en", "streets"}, …]`) overrules it.
    """
    require_watch(reader)
    rows = conn.execute(STREETS, {"scope": reader.scope}).fetchall()
    boxes = {code: BBox(*box) for code, _, *box, _ in rows}
    names = {code: name for code, name, *_ in rows}
    if not boxes:
        return Frames(whole=None, parts=())
    fact = conn.execute(NAMED).fetchone()
    parts = []
    for one in fact[0] if fact else ():
        own = [code for code in one.get("streets", ()) if code in boxes]
        if own:
            parts.append(
                Frame(
                    names={"zh": one.get("zh", ""), "en": one.get("en", "")},
                    first=names[own[0]],
                    streets=own,
                    bbox=_around([boxes[code] for code in own]),
                )
            )
    if len({code for part in parts for code in part.streets}) < len(boxes):
        parts = [Frame(names={}, first=names[own[0]], streets=own, bbox=_around([boxes[code] for code in own])) for own in _cut(boxes)]
    return Frames(whole=_around(list(boxes.values())), parts=parts if len(parts) > 1 else ())


def places(conn: Conn, positions: Sequence[LonLat]) -> list[str]:
    """Return the name of the community at, or nearest to, each position. Names of areas are open."""
    found = dict(conn.execute(PLACES, {"lons": [one.lon for one in positions], "lats": [one.lat for one in positions]}).fetchall())
    return [str(found.get(n, "")) for n in range(1, len(positions) + 1)]


def grids(conn: Conn, reader: Reader) -> list[tuple[str, str]]:
    """Return code and outline (GeoJSON) of the base grids of the reader's area."""
    require_watch(reader)
    return [(str(code), str(shape)) for code, shape in conn.execute(GRIDS, {"scope": reader.scope})]


def _around(boxes: Sequence[BBox]) -> BBox:
    return BBox(
        min(box.west for box in boxes), min(box.south for box in boxes), max(box.east for box in boxes), max(box.north for box in boxes)
    )


def _cut(boxes: Mapping[str, BBox]) -> list[list[str]]:
    """Cut along the longer side, so that the longer of both parts is as short as it can be."""
    whole = _around(list(boxes.values()))
    tall = whole.north - whole.south >= (whole.east - whole.west) * 0.93
    order = sorted(boxes, key=lambda code: -(boxes[code].north + boxes[code].south) if tall else boxes[code].west + boxes[code].east)
    best: tuple[float, list[list[str]]] = (float("inf"), [])
    for at in range(1, len(order)):
        halves = [order[:at], order[at:]]
        sides = [_around([boxes[code] for code in half]) for half in halves]
        longest = max(side.north - side.south if tall else side.east - side.west for side in sides)
        best = min(best, (longest, halves))
    return best[1]
