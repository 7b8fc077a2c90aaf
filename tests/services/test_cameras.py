"""Choosing cameras in a street of six that stand 100 m apart, told apart by their ids 1 to 6."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.grid import LonLat
from services import camera_placing, camera_tree, cameras
from services.audit import Caller
from services.camera_placing import Placing
from services.cameras import Wanted
from services.geodesy import GEOD
from services.rights import Reader, Role
from services.shapes import parse

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
WEST, LAT = 113.54, 22.19
STEP_DEG = 0.00097
GRIDS = ("990000001001001", "990000002001001")
DISPATCHER = Reader(1, "dispatcher", "派遣员", Role.DISPATCHER, "")
WORKER = Reader(2, "worker", "网格员", Role.WORKER, GRIDS[0][:9])
ADMIN = Caller(reader=Reader(3, "system_admin", "管理员", Role.SYSTEM_ADMIN, ""), address=None, now=NOW)

AREA = """
    INSERT INTO hall.area (level, code, name, area_m2, geom)
    VALUES ('base_grid', %s, '网格', 1, ST_Multi(ST_MakeEnvelope(%s, 22.18, %s, 22.2, 4326)))
"""
CAMERA = """
    INSERT INTO hall.camera (id, gb_id, name, owner, place_type, ptz_type, azimuth_deg, fov_deg, view_range_m, online, grid_code, group_id, geom)
    VALUES (%(id)s, '9900000108132000000' || %(id)s, '点位' || %(id)s, %(owner)s, 'road', 3, 90, 60, 50, %(id)s <> 2, %(grid)s, %(group)s,
            ST_SetSRID(ST_MakePoint(%(lon)s, 22.19), 4326))
"""
GROUP = "INSERT INTO hall.camera_group (id, gb_id, parent_id, kind, name) VALUES (%s, %s, %s, %s, %s)"
VIEW = """
    INSERT INTO hall.camera_view (camera_id, stamp, area_m2, geom)
    SELECT id, '', 1, ST_Buffer(geom::geography, 60)::geometry FROM hall.camera WHERE id = ANY(%s)
"""


def lon(number: int) -> float:
    return WEST + STEP_DEG * number


@pytest.fixture
def street(conn: Conn) -> Iterator[Conn]:
    """Cameras 1 to 3 in the first street, 4 to 6 in the second; 1 and 4 of the police; 3 and 5 see 60 m around."""
    conn.execute(AREA, [GRIDS[0], WEST, lon(3) + 0.0005])
    conn.execute(AREA, [GRIDS[1], lon(3) + 0.0005, lon(7)])
    for row in ((1, "99000001082150000001", None, "group", "路口"), (2, "99000001082160000002", 1, "organization", "一中队")):
        conn.execute(GROUP, row)
    for number in range(1, 7):
        owner, group = ("police" if number in (1, 4) else "city"), {1: 1, 2: 2, 3: 2}.get(number)
        conn.execute(CAMERA, {"id": number, "owner": owner, "grid": GRIDS[number > 3], "group": group, "lon": lon(number)})
    conn.execute(VIEW, [[3, 5]])
    yield conn
    conn.rollback()


def ids(street: Conn, reader: Reader = DISPATCHER, **wanted: object) -> list[int]:
    return [one.id for one in cameras.choose(street, reader, Wanted(**wanted)).items]  # type: ignore[arg-type]


def test_a_circle_holds_what_is_near_the_nearest_first(street: Conn) -> None:
    found = cameras.choose(street, DISPATCHER, Wanted(place=LonLat(lon(2) + 0.0001, LAT), radius_m=150))
    assert [one.id for one in found.items] == [2, 3, 1]
    assert (found.count, found.online) == (3, 2)
    assert [one.sees for one in found.items] == [None, False, None]
    exact = GEOD.inv(lon(2) + 0.0001, LAT, lon(3), LAT)[2]
    assert found.items[1].distance_m == pytest.approx(exact, abs=0.06)


def test_distances_stay_true_over_twenty_kilometres(street: Conn) -> None:
    street.execute("UPDATE hall.camera SET geom = ST_SetSRID(ST_MakePoint(113.42, 22.31), 4326) WHERE id = 6")
    far = cameras.choose(street, DISPATCHER, Wanted(place=LonLat(WEST, LAT), radius_m=20_000)).items[-1]
    assert far.id == 6
    assert far.distance_m == pytest.approx(float(np.float64(GEOD.inv(WEST, LAT, 113.42, 22.31)[2])), abs=1)


def test_the_list_is_bounded_and_the_count_is_not(street: Conn) -> None:
    found = cameras.choose(street, DISPATCHER, Wanted(place=LonLat(lon(1), LAT), radius_m=5_000, limit=2))
    assert (found.count, len(found.items)) == (6, 2)
    nothing = cameras.choose(street, DISPATCHER, Wanted(place=LonLat(lon(1), LAT), radius_m=5_000, limit=0))
    assert (nothing.count, nothing.items) == (6, ())


def test_those_that_see_a_place_are_found_wherever_they_stand(street: Conn) -> None:
    between = LonLat(lon(3) - 0.0005, LAT)
    assert ids(street, place=between, sees=True) == [3]
    assert ids(street, place=between, sees=True, radius_m=10) == []


def test_a_polygon_holds_those_within_or_those_that_look_into_it(street: Conn) -> None:
    box = parse(
        {"type": "Polygon", "coordinates": [[[lon(1), 22.189], [lon(2.6), 22.189], [lon(2.6), 22.191], [lon(1), 22.191], [lon(1), 22.189]]]}
    )
    assert sorted(ids(street, shape=box)) == [1, 2]
    assert ids(street, shape=box, sees=True) == [3]


def test_a_route_tells_cameras_in_the_order_of_driving(street: Conn) -> None:
    route = [[lon(5.5), LAT], [lon(1.5), LAT]]
    found = cameras.choose(street, DISPATCHER, Wanted(shape=parse({"type": "LineString", "coordinates": route}, radius_m=20)))
    assert [one.id for one in found.items] == [5, 4, 3, 2]
    assert found.items[0].along == pytest.approx(0.125)


def test_an_event_puts_those_that_see_it_first(street: Conn) -> None:
    street.execute("INSERT INTO hall.event_class (code, name, major) VALUES ('0101', '占道', 'city')")
    street.execute(
        "INSERT INTO hall.event (id, case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, place_text, grid_code, geom)"
        " VALUES (9, '1', '占道', '0101', 'city', 4, 'citizen', 'filed', now(), now(), now(), '路边', %s, ST_SetSRID(ST_MakePoint(%s, 22.19), 4326))",
        [GRIDS[1], lon(4.45)],
    )
    assert ids(street, event_id=9) == [5, 4, 3]
    assert ids(street, event_id=9, sees=True) == [5]
    with pytest.raises(NotFoundError):
        ids(street, WORKER, event_id=9)


def test_a_node_of_the_tree_holds_all_below_it(street: Conn) -> None:
    assert ids(street, group_id=1) == [1, 2, 3]
    assert ids(street, group_id=2) == [2, 3]
    assert ids(street, group_id=99) == []


def test_a_list_comes_in_its_own_order_without_what_is_out_of_reach(street: Conn) -> None:
    assert ids(street, ids=(5, 1, 77)) == [5, 1]
    assert ids(street, WORKER, ids=(5, 1)) == [1]
    assert ids(street, owner="police") == [1, 4]
    assert ids(street, owner="police", area=GRIDS[1][:9]) == [4]


def test_a_worker_finds_cameras_of_his_street_only(street: Conn) -> None:
    assert ids(street, WORKER, place=LonLat(lon(3), LAT), radius_m=5_000) == [3, 2, 1]
    assert ids(street, WORKER, place=LonLat(lon(5), LAT), sees=True) == []


def test_what_the_role_may_do_stands_with_each_camera(street: Conn) -> None:
    by_id = {one.id: one.modes for one in cameras.choose(street, WORKER, Wanted()).items}
    assert by_id == {1: (), 2: ("live",), 3: ("live",)}
    assert cameras.choose(street, DISPATCHER, Wanted(ids=(2,))).items[0].modes == ("download", "live", "ptz", "replay")


@pytest.mark.parametrize("role", [Role.CITIZEN, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN])
def test_roles_without_cameras_are_refused(street: Conn, role: Role) -> None:
    reader = Reader(9, "x", "x", role, "")
    with pytest.raises(NotAllowedError):
        cameras.choose(street, reader, Wanted())
    with pytest.raises(NotAllowedError):
        camera_tree.tree(street, reader)


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": LonLat(0, 0)},
        {"place": LonLat(0, 0), "radius_m": 0.5},
        {"sees": True},
        {"ids": (0,)},
        {"limit": 501},
        {"group_id": 1, "set_id": 1},
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(street: Conn, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        ids(street, **wrong)


def test_the_tree_counts_what_hangs_below_and_leaves_out_what_is_empty(street: Conn) -> None:
    nodes = {node.key: (node.parent, node.count, node.online) for node in camera_tree.tree(street, DISPATCHER)}
    assert nodes["owner:police"] == (None, 2, 2)
    assert nodes["owner:city/990000001"] == ("owner:city", 2, 1)
    assert nodes["group:1"] == ("source:0", 3, 2)
    assert nodes["group:2"] == ("group:1", 2, 1)
    keys = {node.key for node in camera_tree.tree(street, WORKER)}
    assert "owner:city/990000002" not in keys


def test_a_position_set_by_hand_is_marked_and_moves_the_camera_into_its_grid(street: Conn) -> None:
    street.execute("UPDATE hall.camera SET flags = '{zero,gb_id}' WHERE id = 1")
    placed = camera_placing.place(street, ADMIN, 1, Placing(lon=lon(5), lat=22.1901, azimuth_deg=10))
    assert (placed.geom_source, placed.grid_code, placed.azimuth_deg, placed.fov_deg) == ("hand", GRIDS[1], 10, 60)
    row = street.execute("SELECT flags, grid_code, ST_Y(geom) FROM hall.camera WHERE id = 1").fetchone()
    assert row == (["gb_id"], GRIDS[1], 22.1901)
    audit = street.execute("SELECT object, detail->'azimuth_deg' FROM hall.audit WHERE action = 'place_camera'").fetchone()
    assert audit == ("cameras/1", [90, 10])


def test_turning_a_camera_leaves_its_position_to_the_platform(street: Conn) -> None:
    assert camera_placing.place(street, ADMIN, 1, Placing(azimuth_deg=10)).geom_source == "platform"


def test_only_the_system_administrator_places_cameras_and_only_within_the_district(street: Conn) -> None:
    with pytest.raises(NotAllowedError):
        camera_placing.place(street, Caller(reader=DISPATCHER, address=None, now=NOW), 1, Placing(azimuth_deg=10))
    with pytest.raises(NotFoundError):
        camera_placing.place(street, ADMIN, 99, Placing(azimuth_deg=10))
    with pytest.raises(InvalidInputError, match="no base grid"):
        camera_placing.place(street, ADMIN, 1, Placing(lon=0, lat=0))
    for wrong in ({"lon": 1.0}, {"azimuth_deg": 400.0}, {"fov_deg": 0.0}, {"clock_offset_ms": 10**9}, {"purpose": "x" * 201}):
        with pytest.raises(InvalidInputError):
            Placing(**wrong)  # type: ignore[arg-type]
