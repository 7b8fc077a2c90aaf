"""周边, counted by hand in the town."""

import pytest

from geodata.errors import InvalidInputError, NotFoundError
from geodata.grid import LonLat
from layers.registry import LAYERS
from services.nearby import CLASSES, Group, Nearby, Wanted, nearby
from services.rights import Reader, Role
from services.routing.engine import Mode
from tests.services.crossing import NOW, roads, streets
from tests.services.test_candidates import Streets
from tests.town import DISPATCHER, NORTH_EAST, Town

__all__ = ["roads", "streets"]
PLACE = LonLat(113.5225, 22.1225)
"""In the middle of building 37, one of 8 x 8 that stand 516 m apart east and 554 m north."""


def around(town: Town, streets: Streets, wanted: Wanted, reader: Reader = DISPATCHER) -> Nearby:
    conn, engine = streets
    return nearby(town.store, conn, reader, LAYERS, wanted, now=NOW, engine=engine)


def group(found: Nearby, key: str) -> Group:
    return next(one for one in found.groups if one.key == key)


def test_cameras_and_people_of_the_affected_building_are_counted(town: Town, streets: Streets) -> None:
    found = around(town, streets, Wanted(place=PLACE, radius_m=100))
    assert found.affected is not None
    assert (found.affected.buildings, found.affected.people, found.affected.by_building) == (1, 25, True)
    # every fourth person is floating: 25 * 36 = 900 people before, then 901 to 925
    assert found.affected.categories["pop_type"] == {"registered": 19, "floating": 6}
    assert "care" not in found.affected.categories
    assert {one.key for one in found.groups} == {known.key for known in CLASSES}


def test_the_camera_that_sees_the_place_comes_first(town: Town, streets: Streets) -> None:
    # cameras stand 206 m apart east and 443 m north; within 300 m are those of one row and, of the next, none
    cameras = group(around(town, streets, Wanted(place=LonLat(113.5150, 22.1216), radius_m=300)), "cameras")
    assert cameras.count == 3
    assert [round(item.distance_m) for item in cameras.items] == sorted(round(item.distance_m) for item in cameras.items)
    # a dome looks everywhere within its 80 m; the second stands 206 m away
    assert [item.sees for item in cameras.items] == [item.distance_m <= 80 for item in cameras.items]


def test_a_camera_whose_view_a_building_cuts_does_not_see_the_place(town: Town, streets: Streets) -> None:
    conn, _ = streets
    wanted = Wanted(place=LonLat(113.5150, 22.1216), radius_m=300)
    before = group(around(town, streets, wanted), "cameras").items[0]
    assert before.sees
    elsewhere = "SELECT id, '', 1, ST_Multi(ST_Buffer(ST_Translate(geom, 0.01, 0.01), 0.001)) FROM hall.camera WHERE id = %s"
    with conn.transaction(force_rollback=True):
        conn.execute(f"INSERT INTO hall.camera_view (camera_id, stamp, area_m2, geom) {elsewhere}", [before.row.id])
        after = {item.row.id: item.sees for item in group(around(town, streets, wanted), "cameras").items}
    assert after[before.row.id] is False


def test_workers_come_by_travel_time(town: Town, streets: Streets) -> None:
    workers = group(around(town, streets, Wanted(place=PLACE, radius_m=1000)), "workers")
    assert workers.count >= 3
    times = [item.travel_time_s for item in workers.items if item.travel_time_s is not None]
    assert times
    assert times == sorted(times)
    assert {item.row.fields["name"] for item in workers.items} == {"钱**"}


def test_minutes_of_travel_are_an_area_too(town: Town, streets: Streets) -> None:
    near, far = (around(town, streets, Wanted(place=PLACE, minutes=minutes, mode=Mode.WALK, limit=0)) for minutes in (5, 15))
    assert near.affected is not None
    assert far.affected is not None
    assert near.area_m2 < far.area_m2
    assert near.affected.people <= far.affected.people
    assert group(near, "workers").count <= group(far, "workers").count
    assert all(not one.items for one in far.groups)


def test_many_people_are_counted_by_where_people_live(town: Town, streets: Streets, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Wanted(place=PLACE, radius_m=700, limit=0)
    one_by_one = around(town, streets, wanted).affected
    monkeypatch.setattr("services.nearby.MAX_PEOPLE", 124)
    by_place = around(town, streets, wanted).affected
    assert one_by_one is not None
    assert by_place is not None
    assert (one_by_one.by_building, by_place.by_building) == (True, False)
    assert one_by_one.buildings == by_place.buildings == 5
    assert one_by_one.people == by_place.people == 125


def test_a_reader_sees_around_only_what_is_his(town: Town, streets: Streets) -> None:
    wanted = Wanted(place=LonLat(113.5200, 22.1200), radius_m=600)
    everything, own = around(town, streets, wanted), around(town, streets, wanted, NORTH_EAST)
    assert group(own, "cameras").count < group(everything, "cameras").count
    for one in own.groups:
        assert all(str(item.row.fields["grid_code"]).startswith("990000004") for item in one.items)
    citizen = around(town, streets, wanted, Reader(9, "x", "x", Role.CITIZEN, ""))
    assert citizen.affected is None
    assert {one.layer for one in citizen.groups} == {"resources"}
    department = around(town, streets, wanted, Reader(9, "x", "x", Role.DEPARTMENT, ""))
    assert department.affected is None


def test_only_chosen_classes_come(town: Town, streets: Streets) -> None:
    found = around(town, streets, Wanted(place=PLACE, radius_m=500, classes=("cameras", "hydrants")))
    assert [one.key for one in found.groups] == ["cameras", "hydrants"]


def test_minutes_need_a_road(town: Town, streets: Streets) -> None:
    conn, _ = streets
    with pytest.raises(NotFoundError):
        around(town, streets, Wanted(place=LonLat(113.7, 22.3), minutes=5))
    with pytest.raises(NotFoundError):
        nearby(town.store, conn, DISPATCHER, LAYERS, Wanted(place=PLACE, minutes=5), now=NOW, engine=None)
    assert group(nearby(town.store, conn, DISPATCHER, LAYERS, Wanted(place=PLACE, radius_m=900), now=NOW, engine=None), "workers").items


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"radius_m": 5},
        {"radius_m": 9000},
        {"minutes": 0},
        {"minutes": 31},
        {"radius_m": 50, "minutes": 5},
        {"radius_m": 50, "limit": 201},
    ],
)
def test_what_cannot_be_asked_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError):
        Wanted(place=PLACE, **values)  # type: ignore[arg-type] # wrong on purpose


def test_a_class_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        Wanted(place=PLACE, radius_m=50, classes=("dragons",))
