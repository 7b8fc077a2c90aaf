"""Who can be sent: one grid worker a base grid, other teams, and vehicles, each at the end of a walk through the streets."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from geodata.city.codes import phones, plates
from geodata.city.draws import Rng, choose, running_numbers
from geodata.city.ground import Bools, Floats, Ground, Ints, Texts
from geodata.city.names import people_names
from geodata.city.sample import Sample
from geodata.city.spots import located, middles
from geodata.city.texts import Rows, joined, padded, picked, where
from geodata.city.tracks import Gait, Walk

GRID_WORKER = "grid_worker"
CREWS = {"enforcement": 80, "sanitation": 60, "maintenance": 40, "emergency": 20}
"""People of each role at scale 1.0, next to the grid workers."""
LETTERS = {GRID_WORKER: "W", "enforcement": "Z", "sanitation": "H", "maintenance": "Y", "emergency": "J"}
TEAMS = {"enforcement": "综合执法队", "sanitation": "环卫作业队", "maintenance": "市政养护队", "emergency": "应急救援队"}
SKILLS = {
    GRID_WORKER: ("巡查采集", "矛盾调解", "走访服务", "消防检查", "急救"),
    "enforcement": ("市容执法", "违建查处", "停车执法", "现场取证", "无人机"),
    "sanitation": ("清扫保洁", "垃圾清运", "高压冲洗", "消杀"),
    "maintenance": ("道路修补", "井盖更换", "路灯维修", "排水疏通", "高空作业"),
    "emergency": ("消防", "急救", "水域救援", "破拆", "危化品处置"),
}
IDLE_STATES, IDLE_SHARES = ("free", "off_grid", "off_duty"), (87, 5, 8)
OFF_DUTY_S, OFF_GRID_S = (2 * 3600, 9 * 3600), (600, 2400)
"""How long ago those reported last."""
REPORTS_WITHIN_S = 15
WORKER_PHONES, DRIVER_PHONES = 20_000_000, 21_000_000
ON_FOOT, CREW_ON_FOOT, BY_CAR = Gait(1.15, 220.0, drives=False), Gait(1.25, 500.0, drives=False), Gait(6.0, 1500.0, drives=True)


@dataclass(frozen=True, slots=True)
class VehicleKind:
    """A kind of vehicle: how many at scale 1.0, what it does, whose it is, and the mark on its terminal."""

    kind: str
    count: int
    uses: tuple[str, ...]
    team: str


VEHICLES = (
    VehicleKind("sanitation", 90, ("洒水", "清扫", "清运", "高压冲洗"), "环境卫生所"),
    VehicleKind("enforcement", 40, ("巡逻", "拖车", "指挥"), "综合执法大队"),
    VehicleKind("muck", 80, ("渣土运输",), "渣土运输公司"),
    VehicleKind("emergency", 30, ("抢险", "排水泵车", "救护", "照明"), "应急救援队"),
)
VEHICLE_STATES, VEHICLE_SHARES = ("free", "busy", "lost", "off_duty"), (58, 30, 4, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workforce:
    """Workers before their tasks and positions are known; a worker's id is the index + 1. Grid workers come first, in order of grids."""

    role: Texts
    name: pa.Array
    home_xy: Floats
    home_grid: Ints
    """Index into the ground's grids; for crews the grid in which their home lies, they belong to its community."""

    @classmethod
    def plan(cls, sample: Sample) -> Self:
        """One worker a base grid, and crews at buildings where people live."""
        ground, rng = sample.ground, sample.stream("workers")
        grids = len(ground.grids.code)
        counts = {role: sample.thinned(full) for role, full in CREWS.items()}
        buildings = ground.buildings
        home_xy, home_grid = _homes(ground, rng, np.sqrt(buildings.households) + 0.1, sum(counts.values()))
        centres = shapely.get_coordinates(shapely.point_on_surface(ground.grids.polygon))
        role = np.repeat(np.array([GRID_WORKER, *counts], object), [grids, *counts.values()])
        return cls(
            role=role,
            name=people_names(rng, rng.random(len(role)) < 0.6),
            home_xy=np.vstack([centres, home_xy]),
            home_grid=np.concatenate([np.arange(grids), home_grid]),
        )

    def is_grid_worker(self) -> Bools:
        """Per worker."""
        return np.asarray(self.role == GRID_WORKER, np.bool_)


def build_workers(sample: Sample, force: Workforce, load: Ints, walks: tuple[Walk, Walk]) -> tuple[Rows, Rows]:
    """Rows of hall.worker and hall.worker_position.

    `load` is the number of open tasks per worker: who has one is busy. `walks` are those of the grid workers and of the crews.
    """
    ground, rng = sample.ground, sample.stream("worker states")
    count = len(force.role)
    ids = np.arange(1, count + 1)
    grid_worker = force.is_grid_worker()
    idle = picked(IDLE_STATES, choose(rng, IDLE_SHARES, count))
    status = where(load > 0, "busy", idle)
    community = ground.grids.parent[force.home_grid]
    letter = _index(force.role, tuple(LETTERS))
    workers: Rows = {
        "id": ids,
        "worker_no": joined(picked(tuple(LETTERS.values()), letter), padded(running_numbers(letter) + 1, 4)),
        "name": force.name,
        "phone": phones(ids + WORKER_PHONES),
        "role": force.role,
        "team": _teams(ground, force, community),
        "skills": _skills(rng, force.role),
        "status": status,
        "load": load,
        "grid_code": where(grid_worker, picked(ground.grids.code, force.home_grid), picked(ground.communities.code, community)),
    }
    heading, speed = (np.concatenate([getattr(walk, name)() for walk in walks]) for name in ("heading_deg", "speed_kmh"))
    state = np.asarray(status.to_numpy(zero_copy_only=False), object)
    ago = _ago_s(rng, state, ids)
    at_work = (state == "free") | (state == "busy")
    positions: Rows = {
        "worker_id": ids,
        "reported_at": sample.now - ago.astype("timedelta64[s]"),
        "speed_kmh": np.where(at_work, speed, 0).round(1),
        "heading_deg": heading.round(0),
        "battery_pct": rng.integers(18, 101, count),
        "status": status,
        "geom": located(ground, np.vstack([walk.xy[:, -1] for walk in walks]), force.home_grid)["geom"],
    }
    return workers, positions


def vehicle_homes(sample: Sample) -> tuple[Ints, Floats, Ints]:
    """Kind (index into VEHICLES), home (n, 2) in metres and its base grid of every vehicle."""
    rng = sample.stream("vehicles")
    kind = np.repeat(np.arange(len(VEHICLES)), [sample.thinned(item.count) for item in VEHICLES])
    return kind, *_homes(sample.ground, rng, np.sqrt(sample.ground.buildings.area_m2), len(kind))


def build_vehicles(sample: Sample, kind: Ints, home_grid: Ints, tour: Walk) -> Rows:
    """Rows of hall.vehicle."""
    ground, rng = sample.ground, sample.stream("vehicle states")
    count = len(kind)
    ids = np.arange(1, count + 1)
    state = np.array(VEHICLE_STATES, object)[choose(rng, VEHICLE_SHARES, count)]
    moves = (state == "free") | (state == "busy")
    uses = [use for item in VEHICLES for use in item.uses]
    sizes = np.array([len(item.uses) for item in VEHICLES])
    use = (np.cumsum(sizes) - sizes)[kind] + (rng.random(count) * sizes[kind]).astype(np.int64)
    return {
        "id": ids,
        "plate": plates(ids),
        "kind": picked([item.kind for item in VEHICLES], kind),
        "sub_kind": picked(uses, use),
        "team": picked([item.team for item in VEHICLES], kind),
        "driver": people_names(rng, rng.random(count) < 0.93),
        "phone": phones(ids + DRIVER_PHONES),
        "terminal_no": joined("0110", padded(ids * 7_919, 8)),
        "status": state,
        "reported_at": sample.now - _ago_s(rng, state, ids).astype("timedelta64[s]"),
        "speed_kmh": np.where(moves, tour.speed_kmh(), 0).round(1),
        "heading_deg": tour.heading_deg().round(0),
        **located(ground, tour.xy[:, -1], home_grid),
    }


def _homes(ground: Ground, rng: Rng, weight: Floats, count: int) -> tuple[Floats, Ints]:
    """Points (n, 2) and base grids: at buildings by their weight, along roads where there is no building."""
    buildings, roads = ground.buildings, ground.roads
    if buildings.inside.any():
        home = choose(rng, np.where(buildings.inside, weight, 0), count)
        return buildings.point[home], buildings.grid[home]
    road = choose(rng, roads.length_m, count)
    return middles(roads.line[road]), roads.grid[road]


def _ago_s(rng: Rng, state: npt.NDArray[np.object_], ids: Ints) -> Ints:
    """Seconds since the last report: as in the track while at work, long ago for others."""
    count = len(state)
    return np.select(
        [np.isin(state, ("off_duty", "lost")), state == "off_grid"],
        [rng.integers(*OFF_DUTY_S, count), rng.integers(*OFF_GRID_S, count)],
        ids % REPORTS_WITHIN_S,
    )


def _index(values: Texts, keys: tuple[str, ...]) -> Ints:
    place = {key: index for index, key in enumerate(keys)}
    return np.array([place[value] for value in values], np.int64)


def _teams(ground: Ground, force: Workforce, community: Ints) -> pa.Array:
    street = picked(ground.streets.name, ground.communities.parent[community])
    crew = joined(street, picked(("", *TEAMS.values()), _index(force.role, (GRID_WORKER, *TEAMS))))
    return where(force.is_grid_worker(), joined(picked(ground.communities.name, community), "网格站"), crew)


def _skills(rng: Rng, role: Texts) -> pa.Array:
    """One to three skills of the role as a PostgreSQL array literal."""
    words = []
    for value in role:
        known = SKILLS[value]
        words.append("{" + ",".join(known[index] for index in sorted(rng.permutation(len(known))[: rng.integers(1, 4)])) + "}")
    return pa.array(words)
