"""Sensing devices (物联传感): on parts of the street, in tall buildings, with a reading and its limit."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely

from geodata.city.codes import DIVISION
from geodata.city.draws import Rng, choose, running_numbers
from geodata.city.ground import Floats, Ground, Ints
from geodata.city.parts import Parts
from geodata.city.sample import Sample
from geodata.city.spots import located, taken
from geodata.city.texts import Rows, joined, padded, picked

SENSORS = 3_000
STATES, STATE_SHARES = ("normal", "alarm", "offline"), (95.2, 1.3, 3.5)
TALL_FLOORS = 8
ALARM_AT = (1.03, 1.4)
"""A reading in alarm, in parts of its limit."""


@dataclass(frozen=True, slots=True)
class Device:
    """A kind of sensor: what it measures, in which unit, its limit, the usual range in parts of the limit, and where it sits."""

    kind: str
    word: str
    share: float
    metric: str
    unit: str
    limit: float
    usual: tuple[float, float]
    owner: str
    on_parts: tuple[str, ...] = ()
    """Classes of parts that carry it; none: in tall buildings."""


DEVICES = (
    Device("manhole", "井盖监测", 0.22, "倾角", "°", 15.0, (0.0, 0.2), "区城市管理局", ("0102", "0103")),
    Device("lamp", "路灯监测", 0.18, "电流", "A", 2.5, (0.4, 0.8), "路灯管理所", ("0118",)),
    Device("bin_level", "满溢监测", 0.12, "满溢度", "%", 85.0, (0.1, 0.9), "环境卫生所", ("0305",)),
    Device("smoke", "烟感", 0.14, "烟雾浓度", "dB/m", 0.5, (0.0, 0.25), "区消防救援大队"),
    Device("elevator", "电梯监测", 0.12, "轿厢振动", "cm/s²", 25.0, (0.2, 0.6), "区市场监督管理局"),
    Device("ponding", "积水监测", 0.06, "水深", "cm", 15.0, (0.0, 0.2), "区水务局", ("0104",)),
    Device("gas", "燃气监测", 0.05, "甲烷浓度", "%LEL", 20.0, (0.0, 0.2), "燃气有限公司", ("0111",)),
    Device("noise", "噪声监测", 0.04, "等效声级", "dB(A)", 70.0, (0.7, 0.96), "区生态环境分局", ("0118", "0117")),
    Device("air", "空气微站", 0.03, "PM2.5", "µg/m³", 75.0, (0.25, 0.8), "区生态环境分局", ("0118", "0117")),
    Device("water_level", "水位监测", 0.02, "水位", "m", 3.2, (0.4, 0.8), "区水务局", ("0103",)),
    Device("traffic", "流量监测", 0.02, "饱和度", "%", 95.0, (0.2, 0.85), "公安分局交警大队", ("0210", "0209")),
)


def build_sensors(sample: Sample, parts: Parts) -> Rows:
    """Rows of hall.sensor."""
    ground, streets, now, rng = sample.ground, sample.streets, sample.now, sample.stream("sensors")
    count = sample.thinned(SENSORS)
    housed = ground.buildings.inside.any()
    kind = np.sort(choose(rng, [device.share * bool(housed or device.on_parts) for device in DEVICES], count))
    part, building = _hosts(ground, rng, parts, kind)
    on_part = part >= 0
    xy = np.where(on_part[:, None], parts.xy[part], taken(ground.buildings.point, building))
    state = choose(rng, STATE_SHARES, count)
    limit = np.array([device.limit for device in DEVICES])[kind]
    age_s = np.where(state == STATES.index("offline"), rng.integers(3_600, 5 * 86_400, count), rng.integers(2, 240, count))
    site = np.where(on_part, streets.of_road[_nearest_road(ground, xy)], taken(streets.label, building))
    _, site_no = np.unique(site.astype(str), return_inverse=True)
    serial = padded(running_numbers(site_no * len(DEVICES) + kind) + 1, 2)
    return {
        "id": np.arange(1, count + 1),
        "code": joined(f"S{DIVISION}", padded(kind + 1, 2), padded(np.arange(1, count + 1), 6)),
        "name": joined(pa.array(site, pa.string()), " ", picked([device.word for device in DEVICES], kind), serial),
        "kind": picked([device.kind for device in DEVICES], kind),
        "status": picked(STATES, state),
        "metric": picked([device.metric for device in DEVICES], kind),
        "unit": picked([device.unit for device in DEVICES], kind),
        "value": (limit * _level(rng, kind, state)).round(2),
        "limit_value": limit,
        "reported_at": now - age_s.astype("timedelta64[s]"),
        "part_id": np.ma.masked_array(part + 1, ~on_part),
        "building_id": np.ma.masked_array(taken(ground.buildings.id, building), on_part),
        "owner_dept": picked([device.owner for device in DEVICES], kind),
        "installed_on": sample.today - rng.integers(30, 1500, count),
        **located(ground, xy),
    }


def _hosts(ground: Ground, rng: Rng, parts: Parts, kind: Ints) -> tuple[Ints, Ints]:
    """Part and building of every sensor, as indices; -1 for none."""
    part, building = np.full(len(kind), -1), np.full(len(kind), -1)
    tall = np.flatnonzero((ground.buildings.floors >= TALL_FLOORS) & ground.buildings.inside)
    homes = tall if len(tall) else np.arange(len(ground.buildings.id))
    for index, device in enumerate(DEVICES):
        mine = np.flatnonzero(kind == index)
        able = np.flatnonzero(np.isin(parts.code, list(device.on_parts)))
        if len(able):
            part[mine] = rng.choice(able, len(mine), replace=len(able) < len(mine))
        else:
            building[mine] = rng.choice(homes, len(mine)) if len(homes) else -1
    return part, building


def _level(rng: Rng, kind: Ints, state: Ints) -> Floats:
    """Reading in parts of the limit."""
    low, high = (np.array([device.usual[side] for device in DEVICES])[kind] for side in (0, 1))
    alarm_low, alarm_high = ALARM_AT
    chance = rng.random(len(kind))
    usual = low + (high - low) * chance
    return np.asarray(np.where(state == STATES.index("alarm"), alarm_low + (alarm_high - alarm_low) * chance, usual))


def _nearest_road(ground: Ground, xy: Floats) -> Ints:
    return np.asarray(shapely.STRtree(ground.roads.line).nearest(shapely.points(xy)), np.int64)
