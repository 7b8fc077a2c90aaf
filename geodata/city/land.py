"""Land and sea from coastlines, and the faces that a set of lines cuts the plane into. Metres throughout."""

import numpy as np
import shapely

from geodata.arrays import Floats, Geometries, objects
from geodata.osm.extract import Features

PRECISION_M = 0.05
"""All lines are noded on this grid, so that neighbours share vertices exactly."""
PIER_M = 4.0
SMALLEST_LAND_M2 = 5000.0
BESIDE_COAST_M = 1.5


def faces(lines: Geometries) -> Geometries:
    """Node all lines together and return every face they enclose; the faces are a valid coverage."""
    noded = shapely.union_all(lines, grid_size=PRECISION_M)
    return objects(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))


def coastlines(lines: Features) -> Geometries:
    """The mapped coast, drawn with land on the left."""
    return objects(lines.geometry[np.array([tags.get("natural") == "coastline" for tags in lines.tags], bool)])


def land_within(frame: shapely.Geometry, coast: Geometries) -> shapely.Geometry:
    """Land of the frame: what is not on the right of a coastline, without piers and without rocks in the sea.

    Where no coast crosses the frame, all of it is land.
    """
    inside = shapely.intersection(coast, shapely.convex_hull(frame)) if len(coast) else coast
    inside = inside[~shapely.is_empty(inside)] if len(inside) else inside
    if not len(inside):
        return frame
    pieces = faces(np.concatenate([inside, shapely.get_parts(shapely.boundary(frame))]))
    dry = pieces[_wet_votes(pieces, coast) <= 0]
    land = shapely.intersection(shapely.coverage_union_all(dry), frame)
    land = shapely.buffer(shapely.buffer(land, -PIER_M), PIER_M)
    parts = shapely.get_parts(land)
    return shapely.union_all(parts[shapely.area(parts) > SMALLEST_LAND_M2])


def _wet_votes(pieces: Geometries, coast: Geometries) -> Floats:
    """Metres of coast that call a face water, less those that call it land."""
    xy, owner = shapely.get_coordinates(shapely.get_parts(coast), return_index=True)
    same = owner[1:] == owner[:-1]
    start, step = xy[:-1][same], np.diff(xy, axis=0)[same]
    length = np.hypot(*step.T)
    start, step, length = start[length > 0], step[length > 0], length[length > 0]
    right = np.column_stack([step[:, 1], -step[:, 0]]) / length[:, None]
    votes = np.zeros(len(pieces))
    tree = shapely.STRtree(pieces)
    for side in (BESIDE_COAST_M, -BESIDE_COAST_M):
        segment, face = tree.query(shapely.points(start + step / 2 + side * right), predicate="within")
        np.add.at(votes, face, np.sign(side) * length[segment])
    return votes
