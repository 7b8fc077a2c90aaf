"""City parts (部件): furniture and covers along the streets, lights at junctions, and what the map has as places."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from geodata.city.codes import part_codes
from geodata.city.draws import Rng, choose, running_numbers
from geodata.city.ground import Bools, Floats, Ground, Ints, Texts
from geodata.city.part_classes import AT_JUNCTIONS, AT_PLACES, MAIN, PART_CLASSES, ROWS, Row, departments
from geodata.city.sample import Sample
from geodata.city.spots import Along, along, half_width_m, located, point_at
from geodata.city.streets import Streets
from geodata.city.texts import Rows, joined, padded, picked

LEAST_DENSITY = 0.2
PAVEMENT_M = 1.0
STATES, STATE_SHARES = ("intact", "damaged", "lost", "abandoned", "removed"), (95.5, 3, 0.5, 0.5, 0.5)
SOURCES, SOURCE_SHARES = ("survey", "map", "other"), (88, 9, 3)
ACCURACIES, ACCURACY_SHARES = ("A", "B", "C"), (30, 62, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The rows of hall.part, and where sensors can be fixed. A part's id is its index + 1."""

    rows: Rows
    xy: Floats
    code: Texts


@dataclass(frozen=True, slots=True)
class _Group:
    code: str
    xy: Floats
    heading_deg: Floats
    street: Texts


def build_part_classes() -> Rows:
    """Rows of hall.part_class."""
    codes = np.array(list(PART_CLASSES), object)
    return {"code": codes, "name": np.array(list(PART_CLASSES.values()), object), "major": np.array([code[:2] for code in codes], object)}


def build_parts(sample: Sample) -> Parts:
    """Rows of hall.part; some 70,000 at scale 1.0 in the sample city."""
    ground, streets, today, rng = sample.ground, sample.streets, sample.today, sample.stream("parts")
    density = max(LEAST_DENSITY, sample.scale**0.5)
    groups = [*_rows(ground, streets, rng, density), *_lights(ground, streets), *_places(ground, streets)]
    code = np.concatenate([np.full(len(group.xy), group.code, object) for group in groups])
    xy = np.vstack([group.xy for group in groups])
    street = np.concatenate([group.street for group in groups])
    keep = np.argsort(code, kind="stable")
    code, xy, street = code[keep], xy[keep], street[keep]
    heading = np.concatenate([group.heading_deg for group in groups])[keep]
    count = len(code)
    managers = {key: departments(key) for key in set(code)}
    installed = today - rng.integers(200, 5000, count)
    rows: Rows = {
        "id": np.arange(1, count + 1),
        "obj_id": part_codes(code),
        "class_code": code,
        "name": joined(
            pa.array(street, pa.string()), " ", pa.array([PART_CLASSES[key] for key in code]), padded(_numbers(street, code), 3)
        ),
        "state": picked(STATES, choose(rng, STATE_SHARES, count)),
        "manage_dept": np.array([managers[key][0] for key in code], object),
        "owner_dept": np.array([managers[key][1] for key in code], object),
        "maintain_dept": np.array([managers[key][2] for key in code], object),
        "data_source": picked(SOURCES, choose(rng, SOURCE_SHARES, count)),
        "accuracy": picked(ACCURACIES, choose(rng, ACCURACY_SHARES, count)),
        "heading_deg": heading.round(1),
        "installed_on": installed,
        "changed_on": np.minimum(installed + rng.integers(0, 2500, count), today),
        **located(ground, xy),
    }
    return Parts(rows=rows, xy=xy, code=code)


def _numbers(street: Texts, code: Texts) -> Ints:
    """Sequence of each part among those of its class in its street, from 1."""
    _, street_no = np.unique(street.astype(str), return_inverse=True)
    _, class_no = np.unique(code.astype(str), return_inverse=True)
    return running_numbers(street_no * len(PART_CLASSES) + class_no) + 1


def _rows(ground: Ground, streets: Streets, rng: Rng, density: float) -> list[_Group]:
    roads = ground.roads
    walls = shapely.STRtree(ground.buildings.polygon)
    half = half_width_m(ground)
    open_air = roads.drive & ~roads.tunnel & roads.inside
    groups = []
    for row in ROWS:
        use = np.flatnonzero(open_air & np.isin(roads.highway, list(row.roads)))
        side = _side_m(rng, row, half[use])
        points = along(roads.line[use], row.spacing_m / density, rng, side)
        xy = _out_of_buildings(ground, walls, use, points)
        groups.append(_Group(row.code, xy, points.heading_deg, streets.of_road[use[points.line]]))
    return groups


def _side_m(rng: Rng, row: Row, half: Floats) -> Floats:
    side = half * row.side + (np.sign(row.side) * PAVEMENT_M if abs(row.side) > 1 else 0.0)
    return side * rng.choice([-1.0, 1.0], len(half)) if abs(row.side) > 0.5 else side


def _out_of_buildings(ground: Ground, walls: shapely.STRtree, use: Ints, points: Along) -> Floats:
    """In a lane as narrow as that, things stand on its middle line."""
    xy = points.xy.copy()
    inside = np.unique(walls.query(shapely.points(xy), predicate="within")[0])
    own = ground.roads.line[use[points.line[inside]]]
    xy[inside] = point_at(own, shapely.line_locate_point(own, shapely.points(xy[inside])))
    return xy


def _lights(ground: Ground, streets: Streets) -> list[_Group]:
    """Traffic lights at junctions where at least three arms of main roads meet."""
    roads = ground.roads
    use = np.flatnonzero(roads.drive & ~roads.tunnel & ~roads.bridge & roads.inside & np.isin(roads.highway, list(MAIN)))
    node = np.concatenate([roads.u[use], roads.v[use]])
    first = np.tile(use, 2)
    at_end = np.repeat([False, True], len(use))
    _, index, arms = np.unique(node, return_index=True, return_counts=True)
    chosen = index[arms >= 3]
    line = roads.line[first[chosen]]
    xy = point_at(line, np.where(at_end[chosen], shapely.length(line), 0.0))
    return [_Group(AT_JUNCTIONS, xy, np.zeros(len(xy)), streets.of_road[first[chosen]])]


def _places(ground: Ground, streets: Streets) -> list[_Group]:
    places = ground.places
    groups = []
    for place_class, code in AT_PLACES.items():
        mine: Bools = (places.place_class == place_class) & places.inside
        xy = places.point[mine]
        groups.append(_Group(code, xy, np.full(len(xy), np.nan), _street_names(ground, streets, xy)))
    return groups


def _street_names(ground: Ground, streets: Streets, xy: Floats) -> npt.NDArray[np.object_]:
    return np.asarray(streets.of_road[shapely.STRtree(ground.roads.line).nearest(shapely.points(xy))], object)
