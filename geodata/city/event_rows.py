"""Events as rows of hall.event: numbers, words, people."""

import numpy as np
import pyarrow as pa
import shapely

from geodata.city.codes import case_numbers, phones
from geodata.city.duties import Duties
from geodata.city.event_classes import EVENT_CLASSES
from geodata.city.event_steps import Steps
from geodata.city.events import SOURCES, STATES, Cases
from geodata.city.force import WORKER_PHONES, Workforce
from geodata.city.ground import Ground, Ints, Texts
from geodata.city.names import people_names
from geodata.city.sample import UTC_TO_LOCAL, Sample
from geodata.city.spots import located, middles, taken
from geodata.city.streets import Streets
from geodata.city.texts import Rows, filled, joined, picked, where

NEAR_M = 60.0
"""A named building this near to the middle of a street helps to find the place."""
REPORTER_PHONES = 30_000_000
IDS_FROM = 1_000_000
"""Events are numbered from here on; ids up to it are kept for copies that `refresh` makes of them."""


def grids_of(ground: Ground, cases: Cases) -> Ints:
    """Index of the base grid of every event: that of its building, else the one that holds its point."""
    out = taken(ground.buildings.grid, cases.sites.building).copy()
    street = np.flatnonzero(cases.sites.building < 0)
    out[street] = ground.grid_of(cases.sites.xy[street])
    return out


def build_events(sample: Sample, force: Workforce, cases: Cases, grid: Ints, handler: Ints) -> Rows:
    """Rows of hall.event; `cases` are in order of report, ids follow that order."""
    ground, streets, rng = sample.ground, sample.streets, sample.stream("event words")
    count = len(cases.level)
    road, building = cases.sites.road, cases.sites.building
    in_street = road >= 0
    site = where(in_street, picked(streets.of_road, road), picked(streets.label, building))
    notes, note = _notes(cases, rng.random(count))
    reporter, phone = _reporters(rng, force, cases, grid)
    return {
        "id": IDS_FROM + np.arange(1, count + 1),
        "case_no": case_numbers((cases.reported + UTC_TO_LOCAL).astype("datetime64[D]")),
        "title": joined(site, " ", picked([item.name for item in EVENT_CLASSES], cases.event_class)),
        "description": picked(notes, note),
        "class_code": picked([item.code for item in EVENT_CLASSES], cases.event_class),
        "major": picked([item.major for item in EVENT_CLASSES], cases.event_class),
        "level": cases.level,
        "source": picked(SOURCES, cases.source),
        "state": picked(STATES, cases.state),
        "reported_at": cases.reported,
        "deadline_at": cases.deadline,
        "step_started_at": cases.step_started,
        "closed_at": cases.closed,
        "reporter": reporter,
        "reporter_phone": phone,
        "place_text": where(in_street, picked(_street_texts(ground, streets), road), picked(streets.address, building)),
        "building_id": np.ma.masked_array(taken(ground.buildings.id, building), building < 0),
        "worker_id": np.ma.masked_array(handler + 1, handler < 0),
        "dup_of": np.ma.masked_array(IDS_FROM + cases.origin + 1, cases.origin < 0),
        **located(ground, cases.sites.xy, grid),
    }


def step_columns(cases: Cases, steps: Steps, duties: Duties) -> Rows:
    """The columns of hall.event that tell of the steps of a case and of who answered for it."""
    own = (cases.source == SOURCES.index("grid_self")) & ~np.isnat(cases.closed)
    by_street = np.isin(steps.lead, duties.of_streets)
    return {
        **steps.times(),
        "lead_department": np.ma.masked_array(steps.lead, steps.lead < 0),
        "handling_level": picked(("district", "street", "grid"), np.where(own, 2, by_street.astype(np.int64))),
        "self_handled": own,
        "reworks": steps.reworks,
        "returns": steps.returns,
        "extensions": steps.extensions,
    }


def _notes(cases: Cases, chance: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[list[str], Ints]:
    """All descriptions, and the index of the one of each event."""
    sizes = np.array([len(item.notes) for item in EVENT_CLASSES])
    first = np.cumsum(sizes) - sizes
    return [note for item in EVENT_CLASSES for note in item.notes], first[cases.event_class] + (chance * sizes[cases.event_class]).astype(
        np.int64
    )


def _reporters(rng: np.random.Generator, force: Workforce, cases: Cases, grid: Ints) -> tuple[pa.Array, pa.Array]:
    """The grid's worker for what the grid found, somebody for hotline and citizens, nobody for machines and other platforms."""
    count = len(grid)
    from_grid = np.isin(cases.source, [SOURCES.index("grid_self"), SOURCES.index("grid_patrol")])
    from_people = np.isin(cases.source, [SOURCES.index("hotline12345"), SOURCES.index("citizen")])
    somebody = np.flatnonzero(from_people)
    place = np.full(count, -1)
    place[somebody] = np.arange(len(somebody))
    names = picked(people_names(rng, rng.random(len(somebody)) < 0.5), place)
    numbers = picked(phones(np.arange(len(somebody)) + REPORTER_PHONES), place)
    return where(from_grid, picked(force.name, grid), names), where(
        from_grid, picked(phones(np.arange(len(force.role)) + 1 + WORKER_PHONES), grid), numbers
    )


def _street_texts(ground: Ground, streets: Streets) -> Texts:
    """Per road: 水坑尾街（近豪发大厦), or the street alone where no named building is near."""
    named = np.flatnonzero([bool(name) for name in ground.buildings.name])
    near = pa.nulls(len(streets.of_road), pa.string())
    if len(named):
        points = np.asarray(shapely.points(middles(ground.roads.line)), object)
        found, building = shapely.STRtree(ground.buildings.polygon[named]).query_nearest(points, max_distance=NEAR_M, all_matches=False)
        index = np.full(len(points), -1)
        index[found] = named[building]
        near = joined("（近", picked(streets.label, index), "）")
    return np.asarray(joined(pa.array(streets.of_road, pa.string()), filled(near, "")).to_numpy(zero_copy_only=False), object)
