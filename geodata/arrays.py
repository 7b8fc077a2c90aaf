"""Names for the kinds of numpy columns, and geometry columns from one plane to another."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Texts: TypeAlias = npt.NDArray[np.object_]
"""str | None"""
Geometries: TypeAlias = npt.NDArray[np.object_]


def objects(values: object) -> npt.NDArray[np.object_]:
    """A column of texts or geometries; a list is taken item by item."""
    return np.asarray(values, np.object_)


def sums(group: Ints, values: npt.ArrayLike, count: int) -> Floats:
    """The sum of `values` for each group 0..count-1."""
    return np.asarray(np.bincount(group, np.asarray(values, np.float64), count), np.float64)


def projected(geometries: Geometries, transformer: pyproj.Transformer) -> Geometries:
    """Geometries in the transformer's target system. Neighbours that share vertices still do."""

    def move(xy: Floats) -> Floats:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return objects(shapely.transform(geometries, move))
