"""Land from the coastlines of a regional extract: land lies on the left of the line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

Geometries = npt.NDArray[np.object_]

DIRECTION_M = 600
"""A coast that breaks off is carried on in the direction of its last metres."""
FAR_M = 500_000
SIDE_M = 0.3
"""How far beside a segment its two sides are looked at."""
OWN_ISLAND_M2 = 10e6
OWN_ISLAND_REACH_M = 2_000
"""Islands up to this size, mostly within this distance of the hull of the area of authority, are drawn as part of it: land is often won
from the sea before a boundary says so."""
LEAST_LAND = 0.3
"""With less of the area on land than this, the coastline is too broken to use."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Polygons inside and outside the area of authority, and the shore as it is mapped, all in 3857."""

    inside: Geometries
    outside: Geometries
    shore: Geometries


def land_faces(coast: Sequence[shapely.LineString], frame: shapely.Polygon, authority: BaseGeometry) -> Ground:
    """Split the frame into land and sea, and the land into inside and outside.

    Without a coast, or with one that would put most of the area of authority into the sea, everything is land.
    """
    merged = shapely.get_parts(shapely.line_merge(shapely.MultiLineString(list(coast)), directed=True))
    shore, lines = _within(merged, frame), _within(_carried_on(merged, frame), frame)
    faces = _land(lines, frame) if len(lines) else np.array([frame], object)
    covered = shapely.area(shapely.intersection(shapely.union_all(faces), authority)) if len(faces) else 0.0
    if covered < LEAST_LAND * authority.area:
        shore, faces = np.empty(0, object), np.array([frame], object)
    reach = authority.convex_hull.buffer(OWN_ISLAND_REACH_M)
    own = (shapely.area(faces) < OWN_ISLAND_M2) & (shapely.area(shapely.intersection(faces, reach)) > 0.5 * shapely.area(faces))
    inside = np.concatenate([faces[own], shapely.intersection(faces[~own], authority)])
    outside = shapely.difference(faces[~own], authority)
    return Ground(_polygons(inside), _polygons(outside), shore)


def _within(lines: Geometries, frame: shapely.Polygon) -> Geometries:
    parts = shapely.get_parts(shapely.intersection(lines, frame))
    return np.asarray(parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING], object)


def _carried_on(lines: Geometries, frame: shapely.Polygon) -> Geometries:
    """Where a coast breaks off inside the frame, it goes straight on until it leaves it."""
    whole = [line if line.is_ring else _carry_on(_carry_on(line, frame), frame) for line in lines]
    return np.array(whole, object) if whole else np.empty(0, object)


def _carry_on(line: shapely.LineString, frame: shapely.Polygon) -> shapely.LineString:
    """Lengthen the first end if it lies inside the frame; the line comes back reversed, so that a second call does the other end."""
    points = shapely.get_coordinates(line)[::-1]
    tip, back = points[-1], shapely.get_coordinates(line.interpolate(min(DIRECTION_M, line.length)))[0]
    length = math.hypot(*(tip - back))
    if length and frame.contains(shapely.Point(tip)):
        points = np.vstack([points, tip + (tip - back) / length * FAR_M])
    return shapely.LineString(points)


def _land(lines: Geometries, frame: shapely.Polygon) -> Geometries:
    """Faces that have more coast on their land side than on the other: broken pieces are outvoted."""
    noded = shapely.union_all([*lines, frame.exterior])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    starts, ends = _segments(lines)
    step = ends - starts
    length = np.hypot(step[:, 0], step[:, 1])
    keep = length > 0
    starts, ends, step, length = starts[keep], ends[keep], step[keep], length[keep]
    left = np.column_stack([-step[:, 1], step[:, 0]]) / length[:, None] * SIDE_M
    votes = np.zeros(len(faces))
    tree = shapely.STRtree(faces)
    for side, weight in ((left, length), (-left, -length)):
        segment, face = tree.query(shapely.points((starts + ends) / 2 + side), "within")
        np.add.at(votes, face, weight[segment])
    return np.asarray(faces[votes > 0], object)


def _segments(lines: Geometries) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    points, owner = shapely.get_coordinates(lines, return_index=True)
    same = owner[1:] == owner[:-1]
    return points[:-1][same], points[1:][same]


def _polygons(geometries: Geometries) -> Geometries:
    parts = shapely.get_parts(geometries[~shapely.is_empty(geometries)])
    return np.asarray(parts[(shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) > 1)], object)
