"""How many rooms of each state the buildings have, in memory: a selection adds up thousands of buildings at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import class_row

from geodata.db import Conn
from services.morton import Ints

OF_BUILDINGS = """
    SELECT building_id, state, count(*)::integer AS rooms FROM hall.room
    GROUP BY building_id, state ORDER BY building_id LIMIT 10000000
"""


@dataclass(frozen=True, slots=True)
class _Counted:
    building_id: int
    state: str
    rooms: int


@dataclass(frozen=True, slots=True, eq=False)
class RoomCounts:
    """Rooms by building and state."""

    states: tuple[str, ...]
    buildings: Ints
    """Ids of the buildings that have rooms, ascending."""
    counts: NDArray[np.int32]
    """A row a building, a column a state."""

    def of(self, buildings: Ints) -> dict[str, int]:
        """Add up the rooms of some buildings by state, the most frequent first; states without rooms are absent."""
        if not len(self.buildings):
            return {}
        places = np.minimum(self.buildings.searchsorted(buildings), len(self.buildings) - 1)
        sums = self.counts[places[self.buildings[places] == buildings]].sum(axis=0)
        return {self.states[state]: int(sums[state]) for state in np.argsort(-sums, kind="stable") if sums[state]}


NO_ROOMS = RoomCounts((), np.zeros(0, np.int64), np.zeros((0, 0), np.int32))


def read(conn: Conn) -> RoomCounts:
    """Count the rooms of all buildings."""
    with conn.cursor(row_factory=class_row(_Counted)) as cursor:
        found: Sequence[_Counted] = cursor.execute(OF_BUILDINGS).fetchall()
    if not found:
        return NO_ROOMS
    states = sorted({one.state for one in found})
    buildings, places = np.unique(np.array([one.building_id for one in found], np.int64), return_inverse=True)
    counts = np.zeros((len(buildings), len(states)), np.int32)
    counts[places, [states.index(one.state) for one in found]] = [one.rooms for one in found]
    return RoomCounts(tuple(states), buildings, counts)
