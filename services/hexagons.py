"""Outlines of H3 cells, longitude first."""

from collections.abc import Sequence

import h3


def ring(cell: str) -> list[tuple[float, float]]:
    """Return the outline of an H3 cell, longitude first, closed."""
    corners = [(round(lon, 6), round(lat, 6)) for lat, lon in h3.cell_to_boundary(cell)]
    return [*corners, corners[0]]


def outlines(cells: Sequence[str]) -> list[list[list[tuple[float, float]]]]:
    """Return the outlines of groups of neighbouring H3 cells: for each group its rings, the outer one first, longitude first, closed."""
    if not cells:
        return []
    shape = h3.cells_to_h3shape(list(cells), tight=False)
    groups = []
    for polygon in shape:
        rings = [polygon.outer, *polygon.holes]
        groups.append([[(round(lon, 6), round(lat, 6)) for lat, lon in (*one, one[0])] for one in rings])
    return groups
