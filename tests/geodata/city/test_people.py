"""Rooms, households and people of the toy district: 39 of 64 houses have homes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geodata.city.draws import shared_out
from geodata.city.organizations import Seats, build_organizations, seat_organizations
from geodata.city.people import build_people, household_sizes
from geodata.city.rooms import Rooms, build_rooms
from geodata.city.sample import Sample
from tests.geodata.city.frames import frame

PEOPLE, ORGANIZATIONS = 3000, 400


@pytest.fixture(scope="module")
def sizes(sample: Sample) -> np.ndarray:
    return household_sizes(sample, PEOPLE)


@pytest.fixture(scope="module")
def seats(sample: Sample) -> Seats:
    return seat_organizations(sample, ORGANIZATIONS)


@pytest.fixture(scope="module")
def homes(sample: Sample, sizes: np.ndarray) -> np.ndarray:
    return shared_out(sample.stream("homes"), sample.ground.buildings.households, len(sizes))


@pytest.fixture(scope="module")
def rooms(sample: Sample, homes: np.ndarray, seats: Seats) -> Rooms:
    return build_rooms(sample, homes, seats.rooms_wanted)


@pytest.fixture(scope="module")
def people(sample: Sample, rooms: Rooms, sizes: np.ndarray) -> pd.DataFrame:
    return frame(build_people(sample, rooms, sizes)[1])


@pytest.fixture(scope="module")
def organizations(sample: Sample, rooms: Rooms, seats: Seats) -> pd.DataFrame:
    return frame(build_organizations(sample, rooms, seats))


def test_households_have_one_to_six_members_and_two_and_a_half_on_average(sizes: np.ndarray) -> None:
    assert sizes.sum() == PEOPLE
    assert sizes.min() >= 1
    assert sizes.max() <= 6
    assert abs(sizes.mean() - 2.49) < 0.1


def test_no_two_rooms_of_a_house_have_the_same_door(rooms: Rooms) -> None:
    doors = frame(rooms.rows)[["building_id", "unit_no", "room_no"]]
    assert not doors.duplicated().any()


def test_rooms_lie_on_the_floors_of_their_house_and_stairwell(sample: Sample, rooms: Rooms) -> None:
    doors = frame(rooms.rows)
    assert (doors.floor_no.to_numpy() <= sample.ground.buildings.floors[rooms.building]).all()
    assert (doors.unit_no.to_numpy() <= rooms.units[rooms.building]).all()
    assert (doors.room_no.str[:-2].astype(int) == doors.floor_no).all()
    assert doors.groupby(["building_id", "unit_no", "floor_no"]).size().max() <= 7


def test_shops_lie_below_homes_and_offices(rooms: Rooms) -> None:
    doors = frame(rooms.rows)
    shops = doors[doors.state == "shop"].groupby("building_id").floor_no.max()
    others = doors[doors.state != "shop"].groupby("building_id").floor_no.min()
    both = shops.to_frame("shop").join(others.to_frame("other"), how="inner")
    assert len(both) > 10
    assert (both.shop < both.other).all()


def test_every_household_has_a_home_and_only_let_rooms_have_a_lease(rooms: Rooms, homes: np.ndarray) -> None:
    doors = frame(rooms.rows)
    taken = doors[doors.state.isin(["own", "rent"])]
    assert len(taken) == homes.sum() == len(rooms.homes)
    assert (doors[doors.lease_until.notna()].state == "rent").all()
    assert doors[doors.state == "rent"].lease_until.notna().all()
    assert (doors.state == "vacant").sum() > 0


def test_people_live_where_their_household_lives(rooms: Rooms, people: pd.DataFrame, sizes: np.ndarray) -> None:
    assert len(people) == PEOPLE
    per_household = people.groupby("household_id")
    assert (per_household.room_id.min() == per_household.room_id.max()).all()
    assert (per_household.size().to_numpy() == sizes).all()
    assert set(people.room_id - 1) == set(rooms.homes)


def test_every_household_has_one_grown_up_head(people: pd.DataFrame) -> None:
    heads = people[people.relation == "head"]
    assert (heads.groupby("household_id").size() == 1).all()
    assert heads.household_id.nunique() == people.household_id.nunique()
    born = pd.to_datetime(heads.birth_date)
    assert born.max() <= pd.Timestamp("2026-11-23") - pd.DateOffset(years=18)


def test_children_are_at_least_twenty_one_years_younger_than_the_head(people: pd.DataFrame) -> None:
    born = people.assign(born=pd.to_datetime(people.birth_date)).set_index("household_id")
    heads = born[born.relation == "head"].born
    children = born[born.relation == "child"].born
    assert len(children) > 300
    assert ((children - heads.loc[children.index]).dt.days > 21 * 365).all()


def test_spouses_are_of_the_other_sex(people: pd.DataFrame) -> None:
    sex = people.set_index("household_id")
    spouses = sex[sex.relation == "spouse"].sex
    assert (spouses + sex[sex.relation == "head"].sex.loc[spouses.index] == 3).all()


def test_ages_do_not_pile_up_on_a_limit(people: pd.DataFrame) -> None:
    assert people.groupby(["birth_date", "sex"]).size().max() <= 5


def test_numbers_and_phones_belong_to_one_person_only(people: pd.DataFrame) -> None:
    assert people.id_no.is_unique
    assert people.phone.dropna().is_unique
    assert people.phone.isna().any()


def test_another_seed_gives_other_people(sample: Sample, rooms: Rooms, sizes: np.ndarray, people: pd.DataFrame) -> None:
    again = frame(build_people(sample, rooms, sizes)[1])
    other = frame(build_people(replace(sample, seed=sample.seed + 1), rooms, sizes)[1])
    assert again.equals(people)
    assert (other.name != people.name).mean() > 0.9


def test_mapped_places_come_first_and_whole_institutions_take_no_room(organizations: pd.DataFrame) -> None:
    first = organizations.iloc[:7]
    assert first.name.tolist() == ["第一小学", "中心医院", "警署", "消防站", "第一百货", "南街茶餐厅", "区政府"]
    assert first.org_type.tolist() == ["school", "hospital", "government", "government", "self_employed", "self_employed", "government"]
    assert first.room_id.isna().tolist() == [True, True, True, True, False, False, True]


def test_shops_are_in_shops_and_firms_in_offices(rooms: Rooms, organizations: pd.DataFrame) -> None:
    assert len(organizations) == ORGANIZATIONS
    invented = organizations.iloc[7:]
    state = frame(rooms.rows).set_index("id").state
    used = state.loc[invented.room_id.astype(int)]
    assert set(used) == {"shop", "office"}
    shops = invented[(used == "shop").to_numpy()]
    assert set(shops.org_type) <= {"self_employed", "enterprise", "hospital"}
    assert not shops.name.str.endswith("有限公司").any()
    assert set(state[state.isin(["shop", "office"])].index) == set(organizations.room_id.dropna().astype(int))
