"""Where cases cluster more than chance does, as cells for the cockpit's map: from memory, without the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from services import hotspots
from services.ground import Ground
from services.hexagons import ring
from services.history import Filters, History
from services.rights import Reader

WINDOW = timedelta(days=30)
RESOLUTION = 8
"""Cells of 0.7 km²: the whole district is in view."""
MOST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class HotCell:
    """A cell with significantly many cases."""

    h3: str
    count: int
    z_score: float
    boundary: tuple[tuple[float, float], ...]
    """A closed ring of longitude, latitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotCells:
    """The hottest cells of the window."""

    start: datetime
    end: datetime
    data_time: datetime
    """When the cases were read."""
    days: int
    cells: tuple[HotCell, ...]


def hot_cells(history: History, ground: Ground, reader: Reader, now: datetime) -> HotCells:
    """Find them in the reader's area (Gi*, false discovery at 5 %), the hottest first."""
    filters = Filters(start=now - WINDOW, end=now)
    found = hotspots.hotspots(history, ground, reader, filters, resolution=RESOLUTION)
    places = np.flatnonzero(found.significant & (found.z_score > 0))
    ordered = places[np.argsort(-found.z_score[places], kind="stable")][:MOST]
    return HotCells(
        start=found.start,
        end=found.end,
        data_time=found.at,
        days=WINDOW.days,
        cells=tuple(
            HotCell(
                h3=(name := found.field.names[place]),
                count=int(found.count[place]),
                z_score=round(float(found.z_score[place]), 2),
                boundary=tuple(ring(name)),
            )
            for place in ordered.tolist()
        ),
    )
