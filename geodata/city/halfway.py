"""Lines half way between neighbouring buildings: where a block without inner roads may be divided."""

import numpy as np
import shapely
from scipy.spatial import Voronoi

from geodata.arrays import Floats, Geometries, Ints, objects

STEP_M = 4.0
"""Distance of the points that stand for a footprint."""
SHRINK_M = 0.3
"""Footprints that share a wall are drawn apart by twice this."""
SMALLEST_M2 = 4.0
TOLERANCE_M = 1.5
FAR_M = 20_000.0


def halfway_lines(faces: Geometries, footprints: Geometries, face_of: Ints) -> Geometries:
    """Lines within each face, each half way between two of its buildings.

    One Voronoi diagram does all faces: each is moved FAR_M away from the others, so that only buildings of one face are neighbours.

    Args:
        faces: the blocks to divide.
        footprints: buildings; a face with fewer than two gets no line.
        face_of: index of the face for each building.
    """
    xy, owner = _outlines(shapely.intersection(footprints, faces[face_of]))
    if len(np.unique(owner)) < 2:
        return np.empty(0, np.object_)
    centre = shapely.get_coordinates(shapely.centroid(faces))
    face = face_of[owner]
    column = int(np.ceil(np.sqrt(len(faces))))
    place = np.column_stack([np.arange(len(faces)) % column, np.arange(len(faces)) // column]) * FAR_M
    start, end, ridge_face = _ridges(xy - centre[face] + place[face], owner, face)
    move = (centre - place)[ridge_face]
    return _clipped(start + move, end + move, ridge_face, faces)


def _outlines(footprints: Geometries) -> tuple[Floats, Ints]:
    """Points along each footprint, no two buildings at one place."""
    area = shapely.area(footprints)
    shrunk = shapely.buffer(footprints, -SHRINK_M, quad_segs=1, join_style="mitre")
    chosen = np.where(shapely.is_empty(shrunk), footprints, shrunk)
    chosen[area < SMALLEST_M2] = shapely.Polygon()
    xy, owner = shapely.get_coordinates(shapely.segmentize(shapely.boundary(chosen), STEP_M), return_index=True)
    xy, first = np.unique(xy.round(2), axis=0, return_index=True)
    return xy, np.asarray(owner[first], np.int64)


def _ridges(xy: Floats, owner: Ints, face: Ints) -> tuple[Floats, Floats, Ints]:
    """Edges of the diagram between two buildings of one face."""
    low, high = xy.min(axis=0) - 2 * FAR_M, xy.max(axis=0) + 2 * FAR_M
    corners = np.array([low, high, (low[0], high[1]), (high[0], low[1])])
    diagram = Voronoi(np.vstack([xy, corners]))
    owner, face = np.r_[owner, -1, -2, -3, -4], np.r_[face, -1, -1, -1, -1]
    p, q = diagram.ridge_points.T
    vertices = np.asarray(diagram.ridge_vertices)
    keep = (owner[p] != owner[q]) & (face[p] == face[q]) & (face[p] >= 0) & (vertices >= 0).all(axis=1)
    ends = diagram.vertices[vertices[keep]]
    return ends[:, 0], ends[:, 1], face[p[keep]]


def _clipped(start: Floats, end: Floats, face: Ints, faces: Geometries) -> Geometries:
    """Edges joined to lines, smoothed, and cut to their face."""
    pieces = objects(shapely.linestrings(np.stack([start, end], axis=1)))
    order = np.argsort(face, kind="stable")
    chosen, count = np.unique(face, return_counts=True)
    merged = shapely.line_merge(shapely.multilinestrings(pieces[order], indices=np.repeat(np.arange(len(chosen)), count)))
    lines, index = shapely.get_parts(merged, return_index=True)
    lines = shapely.intersection(shapely.simplify(lines, TOLERANCE_M), faces[chosen[index]])
    parts = shapely.get_parts(lines)
    return objects(parts[(shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING) & (shapely.length(parts) > 0)])
