"""Administrative areas of an extract: which level makes the streets, and what the whole is called."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.arrays import Geometries
from geodata.osm.extract import Boundary, Features
from geodata.osm.names import display_name

STREET_LEVELS = range(4, 12)
"""admin_level of what may be a street (sub-district): provinces and everything finer."""
LEAST_COVER = 0.6
"""A level must hold this share of the buildings, else the extract has no areas of its own."""
DEEPER_MAY_LOSE = 0.1
"""A deeper level is taken although it holds this share fewer buildings than the best one."""
WHOLE_COVER = 0.95
UNNAMED_DISTRICT = "示范区"
UNNAMED_STREET = "示范街道"
PLACE_ORDER = ("city", "town", "municipality", "borough", "suburb", "village")


@dataclass(frozen=True, slots=True)
class Outline:
    """A named area in 4326, sea included."""

    name: str
    area: BaseGeometry


@dataclass(frozen=True, slots=True)
class Administration:
    """The district's name and its streets; the district is their union."""

    name: str
    streets: tuple[Outline, ...]


def administration(boundaries: Sequence[Boundary], seats: Geometries, places: Features) -> Administration:
    """Pick the deepest admin level that holds the `seats` (a point per building, or per road), else one district round all seats.

    An extract usually holds pieces of the neighbours: their rings are open, or only their inner rings are here, so they give no area.
    """
    outlines = [(item.level, Outline(display_name(item.tags), outline(item))) for item in boundaries]
    outlines = [(level, item) for level, item in outlines if not item.area.is_empty]
    streets = _streets(outlines, seats)
    if not streets:
        name = _best_place(places)
        return Administration(name or UNNAMED_DISTRICT, (Outline(name or UNNAMED_STREET, hull(seats)),))
    whole = shapely.union_all([street.area for street in streets])
    larger = [item for _, item in outlines if item.name and _holds(item.area, whole) and item not in streets]
    names = [item.name for item in sorted(larger, key=lambda item: item.area.area)]
    return Administration(next(iter(names), "") or _best_place(places) or UNNAMED_DISTRICT, tuple(streets))


def outline(boundary: Boundary) -> BaseGeometry:
    """The area of a relation from the member ways that are here: closed outer rings without the inner ones.

    A relation that reaches outside the extract keeps the pieces whose rings are complete; the others are dropped.
    """
    return _rings(boundary.outer).difference(_rings(boundary.inner))


def hull(seats: Geometries) -> BaseGeometry:
    """The convex hull of all seats with a margin of some 50 m."""
    margin_degrees = 0.0005
    return shapely.MultiPoint(seats.tolist()).convex_hull.buffer(margin_degrees, join_style="mitre")


def _rings(lines: Geometries) -> BaseGeometry:
    if not len(lines):
        return shapely.Polygon()
    faces = shapely.polygonize(shapely.get_parts(shapely.union_all(lines)))
    return shapely.union_all(shapely.get_parts(faces))


def _streets(outlines: Iterable[tuple[int, Outline]], seats: Geometries) -> list[Outline]:
    levels: dict[int, list[Outline]] = {}
    for level, item in outlines:
        if level in STREET_LEVELS:
            levels.setdefault(level, []).append(item)
    cover = {level: _share_inside(items, seats) for level, items in levels.items()}
    best = max(cover.values(), default=0.0)
    if best < LEAST_COVER:
        return []
    deepest = max(level for level, share in cover.items() if share >= best - DEEPER_MAY_LOSE)
    return [item for item in levels[deepest] if _share_inside([item], seats) > 0]


def _share_inside(items: Sequence[Outline], seats: Geometries) -> float:
    found, _ = shapely.STRtree([item.area for item in items]).query(seats, predicate="intersects")
    return len(np.unique(found)) / max(len(seats), 1)


def _holds(area: BaseGeometry, part: BaseGeometry) -> bool:
    return bool(shapely.intersection(area, part).area >= WHOLE_COVER * part.area)


def _best_place(places: Features) -> str:
    ranked = [(PLACE_ORDER.index(tags["place"]), display_name(tags)) for tags in places.tags if tags.get("place") in PLACE_ORDER]
    return min((item for item in ranked if item[1]), default=(0, ""))[1]
