"""Organizations (法人单位): the named places of the map first, then invented shops and firms in the buildings."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geodata.city.codes import credit_codes, phones
from geodata.city.draws import Rng, choose, positions_in_groups
from geodata.city.ground import Bools, Buildings, Floats, Ground, Ints
from geodata.city.names import firm_names, people_names
from geodata.city.rooms import Rooms
from geodata.city.sample import Sample
from geodata.city.spots import located
from geodata.city.texts import Rows, joined, picked, where
from geodata.city.trades import OFFICES, PLACES, REGISTRARS, SHOPS, TRADES, WHOLE_BUILDING, Trade

NEAR_BUILDING_M = 25.0
"""A mapped place this near to a building is in it."""
PHONES_FROM = 10_000_000
TRADE_M2 = {"residential": 0.05, "mixed": 0.12, "commercial": 0.5, "office": 0.6, "industrial": 0.25, "public": 0.03, "other": 0.0}
"""Share of the floor space at which organizations sit."""
MOST_TRADE_M2 = 25_000.0
ORG_TYPES = tuple(REGISTRARS)
STATES, STATE_SHARES = ("active", "cancelled", "revoked"), (93, 6, 1)
RISKS = ("red", "orange", "yellow", "blue")
RISK_SHARES, RISKY_SHARES = (0.05, 0.6, 9, 90), (1.2, 7, 34, 58)
KEY_EMPLOYEES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """Where every organization sits: mapped places first, then the invented ones, these by building."""

    place: Ints
    """Index into the ground's places, -1 for invented ones."""
    building: Ints
    """Index into the ground's buildings, -1 for places in the open."""
    takes_room: Bools
    rooms_wanted: Ints
    """Per building: organizations that take a room there."""


def seat_organizations(sample: Sample, count: int) -> Seats:
    """Share `count` organizations out over places and buildings, by the floor space that trades there."""
    rng = sample.stream("seats")
    places, buildings = sample.ground.places, sample.ground.buildings
    known = np.array([key in PLACES for key in places.place_class], bool) & places.inside
    place = np.flatnonzero(known)[:count]
    near = np.full(len(place), -1)
    if len(place):
        found, building = shapely.STRtree(buildings.polygon).query_nearest(
            shapely.points(places.point[place]), max_distance=NEAR_BUILDING_M, all_matches=False
        )
        near[found] = building
    whole = np.array([places.place_class[index] in WHOLE_BUILDING for index in place], bool)
    invented = np.sort(choose(rng, _trade_m2(buildings), count - len(place)))
    building = np.concatenate([near, invented])
    takes_room = np.concatenate([~whole & (near >= 0), np.ones(len(invented), bool)])
    wanted = np.bincount(building[takes_room], minlength=len(buildings.id))
    return Seats(place=np.concatenate([place, np.full(len(invented), -1)]), building=building, takes_room=takes_room, rooms_wanted=wanted)


def build_organizations(sample: Sample, rooms: Rooms, seats: Seats) -> Rows:
    """Rows of hall.organization."""
    ground, rng = sample.ground, sample.stream("organizations")
    count = len(seats.building)
    room = _rooms_taken(rng, rooms, seats)
    trade, words = _trades(ground, rng, rooms, seats, room)
    org_type = np.array([word.org_type for word in words], object)[trade]
    risky = np.array([word.risky for word in words], bool)[trade]
    employees = np.ceil(rng.lognormal(np.where(org_type == "self_employed", 0.8, 2.1), 0.8, count)).astype(np.int64)
    risk = np.where(risky, choose(rng, RISKY_SHARES, count), choose(rng, RISK_SHARES, count))
    code = np.array([REGISTRARS[value] for value in org_type], np.uint8)
    grid = np.where(seats.building >= 0, ground.buildings.grid[seats.building], ground.places.grid[seats.place])
    large = (employees >= KEY_EMPLOYEES) & risky
    return {
        "id": np.arange(1, count + 1),
        "uscc": credit_codes(code[:, 0], code[:, 1]),
        "name": _names(ground, rng, seats, picked([word.suffix for word in words], trade)),
        "org_type": pa.array(org_type, pa.string()),
        "industry": picked([word.industry for word in words], trade),
        "state": picked(STATES, np.where(seats.place >= 0, 0, choose(rng, STATE_SHARES, count))),
        "risk": picked(RISKS, risk),
        "legal_rep": people_names(rng, rng.random(count) < 0.62),
        "phone": phones(np.arange(count) + PHONES_FROM),
        "address": _addresses(sample, rooms, seats, room),
        "employees": employees,
        "is_key": (risk == 0) | ((risk == 1) & large),
        "building_id": np.ma.masked_array(ground.buildings.id[seats.building], seats.building < 0),
        "room_id": np.ma.masked_array(room + 1, room < 0),
        **located(ground, _points(ground, rng, seats), grid),
    }


def _trade_m2(buildings: Buildings) -> Floats:
    share = np.array([TRADE_M2[use] for use in buildings.use_type])
    used = np.minimum(buildings.area_m2 * np.minimum(buildings.floors, 40) * share, MOST_TRADE_M2)
    return np.where(buildings.inside & (share > 0), used + 4, 0)


def _rooms_taken(rng: Rng, rooms: Rooms, seats: Seats) -> Ints:
    """Index of the room of every organization, -1 without one: first one organization a room, then any of the building's."""
    out = np.full(len(seats.building), -1)
    mine = np.flatnonzero(seats.takes_room)
    mine = mine[np.argsort(seats.building[mine], kind="stable")]
    owner = seats.building[mine]
    rooms_of = np.bincount(rooms.building[rooms.premises], minlength=len(seats.rooms_wanted))
    first = np.cumsum(rooms_of) - rooms_of
    nth = positions_in_groups(seats.rooms_wanted)
    shared = (rng.random(len(mine)) * rooms_of[owner]).astype(np.int64)
    out[mine] = rooms.premises[first[owner] + np.where(nth < rooms_of[owner], nth, shared)]
    return out


def _trades(ground: Ground, rng: Rng, rooms: Rooms, seats: Seats, room: Ints) -> tuple[Ints, tuple[Trade, ...]]:
    """Trade of every organization as an index, and the trades: shops in shops, firms in offices, what is mapped as it is."""
    count = len(room)
    state = np.asarray(pa.array(rooms.rows["state"]).to_numpy(zero_copy_only=False), object)
    in_shop = (room >= 0) & (state[room] == "shop")
    shop = choose(rng, [trade.weight for trade in SHOPS], count)
    office = choose(rng, [trade.weight for trade in OFFICES], count) + len(SHOPS)
    trade = np.where(in_shop, shop, office)
    keys = tuple(PLACES)
    order = {key: len(TRADES) + index for index, key in enumerate(keys)}
    mapped = seats.place >= 0
    trade[mapped] = [order[ground.places.place_class[index]] for index in seats.place[mapped]]
    return trade, (*TRADES, *(PLACES[key] for key in keys))


def _names(ground: Ground, rng: Rng, seats: Seats, suffix: pa.Array) -> pa.Array:
    invented = joined(firm_names(rng, len(suffix)), suffix)
    return where(seats.place >= 0, picked(ground.places.name, seats.place), invented)


def _addresses(sample: Sample, rooms: Rooms, seats: Seats, room: Ints) -> pa.Array:
    building = picked(sample.streets.address, seats.building)
    with_room = joined(building, rooms.label.take(pa.array(room, mask=room < 0)))
    mapped = picked(np.array([text or None for text in sample.ground.places.address], object), seats.place)
    return pc.coalesce(mapped, with_room, building)


def _points(ground: Ground, rng: Rng, seats: Seats) -> npt.NDArray[np.float64]:
    spread = np.clip(np.sqrt(ground.buildings.area_m2[seats.building]) / 6, 0.5, 8.0)[:, None]
    offset = np.clip(rng.normal(0, 1, (len(seats.building), 2)), -2, 2) * spread
    invented = ground.buildings.point[seats.building] + offset
    return np.where(seats.place[:, None] >= 0, ground.places.point[seats.place], invented)
