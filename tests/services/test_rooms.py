"""Rooms of selected buildings by state."""

import numpy as np

from geodata.db import Conn
from services import rooms
from tests.town import Town


def test_rooms_add_up_by_state_the_most_frequent_first(town_conn: Conn) -> None:
    # every building has an own, a rented and a vacant room
    town_conn.execute("UPDATE hall.room SET state = 'own' WHERE state = 'rent' AND building_id IN (1, 2)")
    counts = rooms.read(town_conn)
    assert counts.of(np.array([1, 2, 3])) == {"own": 5, "vacant": 3, "rent": 1}
    assert counts.of(np.array([1])) == {"own": 2, "vacant": 1}


def test_buildings_without_rooms_count_nothing(town_conn: Conn, conn: Conn) -> None:
    assert rooms.read(town_conn).of(np.array([0, 65, 10**12])) == {}
    assert rooms.read(town_conn).of(np.array([], np.int64)) == {}
    assert rooms.read(conn).of(np.array([1])) == {}


def test_a_changed_room_moves_the_buildings_revision(town: Town) -> None:
    with town.pool.connection() as conn:
        before = conn.execute("SELECT revision FROM hall.layer_revision WHERE layer = 'buildings'").fetchone()
        conn.execute("UPDATE hall.room SET area_m2 = 50 WHERE id = 4")
        after = conn.execute("SELECT revision FROM hall.layer_revision WHERE layer = 'buildings'").fetchone()
        conn.rollback()
    assert before is not None
    assert after is not None
    assert after[0] == before[0] + 1
