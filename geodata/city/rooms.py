"""Rooms (户室) of buildings: stairwells, floors and doors, and what each room is used for."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geodata.city.draws import Rng, positions_in_groups, running_numbers
from geodata.city.ground import Buildings, Floats, Ints
from geodata.city.sample import Sample
from geodata.city.texts import Rows, joined, number, picked, where

EMPTY_PER_HOUSEHOLD = 0.08
RENTED = 0.30
DOORS_A_FLOOR = 5
"""Homes on one floor of one stairwell that the matrix of a building shows well."""
MOST_UNITS = 12
MOST_DOORS = 90
"""Door numbers have two digits."""
ORGANIZATIONS_A_ROOM = 1.5
SHOP_FLOORS = {"mixed": 1, "residential": 1, "commercial": 4}
FRONTAGE_M2 = {"mixed": 45.0, "residential": 90.0, "commercial": 60.0}
"""Footprint per shop on one floor."""
MOST_SHOPS_A_FLOOR = 30
HOME_M2, SHOP_M2, OFFICE_M2 = (25, 155, 2.0, 4.5), (12, 120, 1.3, 4.0), (20, 280, 1.3, 5.0)
"""Least, span, and the two parameters of a beta distribution."""
LEASE_DAYS = (-15, 720)
"""Leases end that many days from now: some have just run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The rows of hall.room, and what the other classes need to know of them. A room's id is its index + 1."""

    rows: Rows
    building: Ints
    """Index into the ground's buildings, per room; ascending."""
    units: Ints
    """Stairwells per building."""
    homes: Ints
    """Rooms with a household, ascending."""
    rented: npt.NDArray[np.bool_]
    """Per room: let to a household."""
    premises: Ints
    """Shops and offices, ascending."""
    label: pa.Array
    """Per room, as written in an address: 2203室, 3单元2203室."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """How many rooms of which use every building gets; all per building."""

    shops: Ints
    shop_floors: Ints
    offices: Ints
    homes: Ints
    spare: Ints
    units: Ints
    floors: Ints

    def upper(self) -> Ints:
        return self.offices + self.homes + self.spare


def build_rooms(sample: Sample, households: Ints, organizations: Ints) -> Rooms:
    """Lay rooms out for so many households and organizations per building.

    Shops lie on the ground floors, offices above them, homes above these.
    """
    ground, today, rng = sample.ground, sample.today, sample.stream("rooms")
    plan = _plan(ground.buildings, rng, households, organizations)
    building, floor, unit, door = _doors(plan)
    state = _states(rng, plan, building)
    vacant, rented = state == "vacant", state == "rent"
    count = len(building)
    lease = np.where(rented, today + rng.integers(*LEASE_DAYS, count), np.datetime64("NaT"))
    number_text = number(floor * 100 + door)
    several = plan.units[building] > 1
    rows: Rows = {
        "id": np.arange(1, count + 1),
        "building_id": ground.buildings.id[building],
        "unit_no": unit,
        "floor_no": floor,
        "room_no": number_text,
        "state": pa.array(state, pa.string()),
        "area_m2": _areas(rng, state),
        "lease_until": lease,
        "grid_code": picked(ground.grids.code, ground.buildings.grid[building]),
    }
    business = (state == "shop") | (state == "office")
    return Rooms(
        rows=rows,
        building=building,
        units=plan.units,
        homes=np.flatnonzero(~business & ~vacant),
        rented=rented,
        premises=np.flatnonzero(business),
        label=joined(where(several, joined(number(unit), "单元"), ""), number_text, "室"),
    )


def _plan(buildings: Buildings, rng: Rng, households: Ints, organizations: Ints) -> _Plan:
    spare = rng.binomial(households, EMPTY_PER_HOUSEHOLD)
    premises = np.ceil(organizations / ORGANIZATIONS_A_ROOM).astype(np.int64)
    shop_floors = np.minimum([SHOP_FLOORS.get(use, 0) for use in buildings.use_type], buildings.floors)
    shop_floors = np.minimum(shop_floors, np.where(households + spare > 0, buildings.floors - 1, buildings.floors))
    frontage = buildings.area_m2 / [FRONTAGE_M2.get(use, np.inf) for use in buildings.use_type]
    room_for_shops = shop_floors * np.clip(frontage, 1, MOST_SHOPS_A_FLOOR).astype(np.int64)
    shops = np.where((shop_floors == buildings.floors) & (shop_floors > 0), premises, np.minimum(premises, room_for_shops))
    shop_floors = np.where(shops > 0, shop_floors, 0)
    plan = _Plan(shops, shop_floors, premises - shops, households, spare, np.ones_like(shops), buildings.floors)
    upper_floors = np.maximum(buildings.floors - shop_floors, 1)
    units = np.clip(np.ceil(plan.upper() / (upper_floors * DOORS_A_FLOOR)), 1, MOST_UNITS)
    units = np.maximum(units, np.ceil(plan.upper() / (upper_floors * MOST_DOORS)))
    units = np.maximum(units, np.ceil(shops / (np.maximum(shop_floors, 1) * MOST_DOORS))).astype(np.int64)
    return _Plan(shops, shop_floors, premises - shops, households, spare, units, buildings.floors)


def _doors(plan: _Plan) -> tuple[Ints, Ints, Ints, Ints]:
    """Building, floor, unit and door of every room: per building shops first, then the others from below upwards."""
    upper = plan.upper()
    sizes = np.column_stack([plan.shops, upper]).ravel()
    section = np.repeat(np.arange(len(sizes)), sizes)
    building = section // 2
    above = section % 2 == 1
    nth = positions_in_groups(sizes)
    floors = np.where(above, np.maximum(plan.floors - plan.shop_floors, 1)[building], plan.shop_floors[building])
    units = plan.units[building]
    cell = np.asarray(nth * (floors * units) // sizes[section], np.int64)
    floor = cell // units + 1 + np.where(above, plan.shop_floors[building], 0)
    most_cells = int((plan.floors * plan.units).max(initial=1)) + 1
    door = running_numbers(section * most_cells + cell) + 1
    return building, floor, cell % units + 1, door


def _states(rng: Rng, plan: _Plan, building: Ints) -> npt.NDArray[np.object_]:
    """What each room is used for, in the order of `_doors`."""
    sizes = np.column_stack([plan.shops, plan.offices, plan.homes + plan.spare]).ravel()
    kind = np.repeat(np.arange(len(sizes)) % 3, sizes)
    state = np.array(["shop", "office", "own"], object)[kind]
    home = np.flatnonzero(kind == 2)
    owner = building[home]
    shuffled = home[np.lexsort((rng.random(len(home)), owner))]
    rank = positions_in_groups(plan.homes + plan.spare)
    state[shuffled[rank >= plan.homes[owner]]] = "vacant"
    own = np.flatnonzero(state == "own")
    state[own[rng.random(len(own)) < RENTED]] = "rent"
    return state


def _areas(rng: Rng, state: npt.NDArray[np.object_]) -> Floats:
    out = np.empty(len(state))
    for kinds, (least, span, a, b) in ((("own", "rent", "vacant"), HOME_M2), (("shop",), SHOP_M2), (("office",), OFFICE_M2)):
        mine = np.isin(state, kinds)
        out[mine] = least + span * rng.beta(a, b, int(mine.sum()))
    return out.round(1)
