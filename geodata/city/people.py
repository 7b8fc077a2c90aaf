"""Households in rooms and the people in them: ages that fit together, numbers that can be nobody's."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geodata.city.codes import citizen_ids, phones
from geodata.city.draws import Rng, choose, positions_in_groups
from geodata.city.ground import Bools, Floats, Ground, Ints
from geodata.city.names import HOMES_ELSEWHERE, people_names
from geodata.city.rooms import Rooms
from geodata.city.sample import Sample
from geodata.city.spots import located
from geodata.city.streets import Streets
from geodata.city.texts import Rows, joined, picked, where

SIZE_SHARES = (0.24, 0.32, 0.24, 0.13, 0.05, 0.02)
"""Of households with 1, 2 … 6 people: 2.49 on average."""
OLDEST = 99.0
YEAR_DAYS = 365.2425
HEAD, SPOUSE, CHILD, PARENT, OTHER = range(5)
RELATIONS = ("head", "spouse", "child", "parent", "other")
RESIDENCES = ("registered", "floating", "permanent", "foreign", "left_behind")
OWNERS, TENANTS = (0.84, 0.03, 0.115, 0.007, 0.008), (0.17, 0.70, 0.12, 0.01, 0.0)
"""Shares of RESIDENCES among households that own and that rent."""
NATIONS = ("01", "11", "15", "06", "08", "03", "13", "02", "05", "10")
"""GB/T 3304: 汉 满 土家 苗 壮 回 瑶 蒙古 维吾尔 朝鲜"""
NATION_SHARES = (96.5, 0.6, 0.7, 0.6, 0.6, 0.4, 0.3, 0.15, 0.1, 0.05)
EDUCATIONS = ("10", "20", "30", "40", "60", "70", "80", "90")
"""GB/T 4658 main groups: 研究生 本科 专科 中职 高中 初中 小学 其他"""
EDUCATION_SHARES = ((22, (4, 27, 22, 8, 24, 12, 2, 1)), (40, (3, 18, 20, 9, 21, 23, 5, 1)), (60, (1, 5, 8, 6, 20, 34, 22, 4)))
"""From that age on."""
WORKS = (
    "商业服务业人员",
    "生产制造人员",
    "专业技术人员",
    "办事人员",
    "企事业单位负责人",
    "建筑施工人员",
    "交通运输人员",
    "自由职业",
    "待业",
)
WORK_SHARES = (33, 16, 15, 14, 3, 6, 5, 5, 3)
CARES = ("elder_alone", "disabled", "low_income")
ALONE_FROM, ALONE_SHARE, DISABLED_SHARE, LOW_INCOME_SHARE = 65.0, 0.6, 0.018, 0.012


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """Who lives with whom: household (from 0), place in it, age in years, relation, sex."""

    household: Ints
    alone: Bools
    age: Floats
    relation: Ints
    male: Bools


def household_sizes(sample: Sample, people: int) -> Ints:
    """Sizes of as many households as that many people make."""
    rng = sample.stream("households")
    size = 1 + choose(rng, SIZE_SHARES, people)
    count = int(np.searchsorted(np.cumsum(size), people)) + 1
    size = size[:count]
    size[-1] -= size.sum() - people
    return size


def build_people(sample: Sample, rooms: Rooms, sizes: Ints) -> tuple[Rows, Rows]:
    """Rows of hall.household and hall.person: one household in each room of `rooms.homes`."""
    ground, today, rng = sample.ground, sample.today, sample.stream("people")
    room = rooms.homes
    home = rooms.building[room]
    grid_code = picked(ground.grids.code, ground.buildings.grid[home])
    households: Rows = {"id": np.arange(1, len(sizes) + 1), "room_id": room + 1, "size": sizes, "grid_code": grid_code}
    family = _families(rng, sizes, rooms.rented[room])
    count = len(family.age)
    index = family.household
    born = today - 1 - np.floor(family.age * YEAR_DAYS).astype(np.int64)
    residence = _residences(rng, rooms.rented[room])[index]
    building = home[index]
    people: Rows = {
        "id": np.arange(1, count + 1),
        "id_no": citizen_ids(born, family.male),
        "name": people_names(rng, family.male),
        "sex": np.where(family.male, 1, 2),
        "birth_date": born,
        "phone": where((family.age < 10) | ((family.age > 84) & (rng.random(count) < 0.4)), None, phones(np.arange(count))),
        "nation": picked(NATIONS, choose(rng, NATION_SHARES, count)),
        "pop_type": picked(RESIDENCES, residence),
        "education": _educations(rng, family.age),
        "occupation": _occupations(rng, family.age),
        "hukou_address": _registered_at(rng, sample.streets, rooms, room[index], residence),
        "care": _cares(rng, family),
        "household_id": index + 1,
        "relation": picked(RELATIONS, family.relation),
        "room_id": room[index] + 1,
        "building_id": ground.buildings.id[building],
        "registered_on": np.maximum(today - rng.integers(10, 3600, count), np.minimum(born + 30, today)),
        **located(ground, _scattered(rng, ground, building), ground.buildings.grid[building]),
    }
    return households, people


def _families(rng: Rng, sizes: Ints, rented: Bools) -> _Family:
    households = len(sizes)
    heads = np.where(rented, 19 + 50 * rng.beta(1.6, 3.0, households), 23 + 71 * rng.beta(2.0, 3.1, households))
    household = np.repeat(np.arange(households), sizes)
    place = positions_in_groups(sizes)
    count = len(place)
    head = heads[household]
    child, parent = head - rng.uniform(22, 39, count), head + rng.uniform(21, 34, count)
    can_child, can_parent = child > 0, parent < OLDEST
    lone_parent = (place == 1) & (rng.random(count) < np.where(sizes[household] == 2, 0.25, 0.08))
    relation = np.full(count, OTHER)
    relation[(place >= 2) & can_parent] = PARENT
    relation[((place == 2) | (place == 3)) & can_child & ((rng.random(count) < 0.85) | ~can_parent)] = CHILD
    relation[place == 1] = SPOUSE
    relation[lone_parent & can_child] = CHILD
    relation[place == 0] = HEAD
    near_head = head + rng.normal(0, 3.5, count)
    near_head = np.where((near_head > 19) & (near_head < OLDEST), near_head, head)
    age = np.select([relation == HEAD, relation == SPOUSE, relation == CHILD, relation == PARENT], [head, near_head, child, parent],
                    rng.uniform(16, 80, count))  # fmt: skip
    male = rng.random(count) < np.where(relation == HEAD, 0.6, 0.49)
    spouse = np.flatnonzero(relation == SPOUSE)
    male[spouse] = ~male[spouse - 1]
    return _Family(household=household, alone=sizes[household] == 1, age=age, relation=relation, male=male)


def _residences(rng: Rng, rented: Bools) -> Ints:
    return np.where(rented, choose(rng, TENANTS, len(rented)), choose(rng, OWNERS, len(rented)))


def _educations(rng: Rng, age: Floats) -> pa.Array:
    count = len(age)
    grown = np.full(count, EDUCATIONS.index("90"))
    for least, shares in EDUCATION_SHARES:
        grown = np.where(age >= least, choose(rng, shares, count), grown)
    young = np.select([age < 6, age < 12.5, age < 15.5, age < 18.5], [-1, EDUCATIONS.index("80"), EDUCATIONS.index("70"), EDUCATIONS.index("60")],
                      EDUCATIONS.index("20"))  # fmt: skip
    return picked(EDUCATIONS, np.where(age < EDUCATION_SHARES[0][0], young, grown))


def _occupations(rng: Rng, age: Floats) -> pa.Array:
    words = (*WORKS, "学龄前", "学生", "退休")
    child, pupil, retired = len(WORKS), len(WORKS) + 1, len(WORKS) + 2
    studies = (age < 18) | ((age < 22.5) & (rng.random(len(age)) < 0.55))
    rests = (age > 63) | ((age > 55) & (rng.random(len(age)) < 0.5))
    return picked(words, np.select([age < 6, studies, rests], [child, pupil, retired], choose(rng, WORK_SHARES, len(age))))


def _cares(rng: Rng, family: _Family) -> pa.Array:
    chance = rng.random(len(family.age))
    alone = family.alone & (family.age >= ALONE_FROM) & (chance < ALONE_SHARE)
    rest = rng.random(len(family.age))
    care = np.select([alone, rest < DISABLED_SHARE, rest < DISABLED_SHARE + LOW_INCOME_SHARE], [0, 1, 2], -1)
    return picked(CARES, care)


def _registered_at(rng: Rng, streets: Streets, rooms: Rooms, room: Ints, residence: Ints) -> pa.Array:
    """Home for the registered, a city elsewhere for the others, nothing for foreigners."""
    here = joined(picked(streets.address, rooms.building[room]), rooms.label.take(pa.array(room)))
    there = picked(HOMES_ELSEWHERE, rng.integers(0, len(HOMES_ELSEWHERE), len(room)))
    at_home = (residence == RESIDENCES.index("registered")) | (residence == RESIDENCES.index("left_behind"))
    return where(residence == RESIDENCES.index("foreign"), None, where(at_home, here, there))


def _scattered(rng: Rng, ground: Ground, building: Ints) -> npt.NDArray[np.float64]:
    """A point at each building, spread a little by its size so that homes do not lie on one pixel."""
    spread = np.clip(np.sqrt(ground.buildings.area_m2[building]) / 8, 0.3, 4.0)[:, None]
    offset = np.clip(rng.normal(0, 1, (len(building), 2)), -2, 2)
    return np.asarray(ground.buildings.point[building] + offset * spread, np.float64)
