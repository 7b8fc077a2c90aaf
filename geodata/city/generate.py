"""The sample city: every element class that OpenStreetMap cannot know, generated on the ground and loaded in one transaction."""

import datetime as dt
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from psycopg.types.json import Jsonb

from geodata.bulk import Refill, refilled
from geodata.city import key_places, reports, video
from geodata.city.areas import recount
from geodata.city.cameras import build_cameras
from geodata.city.draws import shared_out
from geodata.city.duties import Duties
from geodata.city.event_places import Scene
from geodata.city.event_rows import build_events, grids_of, step_columns
from geodata.city.event_steps import draw_steps
from geodata.city.events import Cases, draw_history, draw_today
from geodata.city.force import BY_CAR, CREW_ON_FOOT, ON_FOOT, Workforce, build_vehicles, build_workers, vehicle_homes
from geodata.city.ground import Ground, Ints
from geodata.city.open_cases import draw_open, handlers, tasks
from geodata.city.organizations import build_organizations, seat_organizations
from geodata.city.parts import build_part_classes, build_parts
from geodata.city.people import build_people, household_sizes
from geodata.city.resources import build_resources
from geodata.city.rooms import build_rooms
from geodata.city.sample import Sample
from geodata.city.sensors import build_sensors
from geodata.city.streets import read_streets
from geodata.city.texts import Rows
from geodata.city.tracks import LONG_STEPS, MIDDLE_STEPS, SHORT_STEPS, track_rows, walk
from geodata.db import Conn
from geodata.dictionary import load as dictionary
from geodata.errors import InvalidInputError
from geodata.load import copy_frame
from geodata.progress import QUIET, Progress

SEED = 20_260_220
PEOPLE, ORGANIZATIONS, EVENTS = 746_300, 132_900, 380_000
"""KF-30 and KF-27: the size at scale 1.0 of a district with HOUSEHOLDS; smaller grounds get less, larger ones no more."""
HOUSEHOLDS, NEARLY = 298_500, 0.995
SMALLEST, LARGEST = 0.02, 1.0
LONG_TRACKS_FROM = 0.5
TABLES = (
    "hall.room", "hall.household", "hall.person", "hall.organization", "hall.part_class", "hall.part", "hall.sensor", "hall.camera",
    "hall.worker", "hall.worker_position", "hall.track_point", "hall.vehicle", "hall.vehicle_track_point", "hall.resource",
    "hall.patrol", "hall.patrol_read",
    "hall.event",
)  # fmt: skip
COUNT_IN_BUILDINGS = """
    UPDATE hall.building AS b
    SET units = c.units, rooms = c.rooms, people = c.people, organizations = c.organizations
    FROM unnest(%(id)s::bigint[], %(units)s::int[], %(rooms)s::int[], %(people)s::int[], %(organizations)s::int[])
        AS c (id, units, rooms, people, organizations)
    WHERE b.id = c.id AND (b.units, b.rooms, b.people, b.organizations) IS DISTINCT FROM (c.units, c.rooms, c.people, c.organizations)
"""
REMEMBER = """
    WITH clock AS (DELETE FROM hall.fact WHERE key = 'sample_clock')
    INSERT INTO hall.fact (key, value) VALUES ('sample', %(value)s || jsonb_build_object('made_at', clock_timestamp()))
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, changed_at = now()
"""


@dataclass(frozen=True, slots=True)
class _Loader:
    """Takes the rows of whole tables; they load in another thread while those of the next class are made."""

    conn: Conn
    refill: Refill
    threads: ThreadPoolExecutor
    counts: dict[str, int]
    loads: list[Future[None]]

    def put(self, table: str, *parts: Rows) -> None:
        """Load all rows of a table and restore its indexes."""
        self.loads.append(self.threads.submit(self._load, table, parts))

    def wait(self) -> None:
        """Wait for everything; the first failure is raised."""
        for load in self.loads:
            load.result()

    def _load(self, table: str, parts: tuple[Rows, ...]) -> None:
        self.counts[table] = sum(copy_frame(self.conn, table, rows, freeze=True) for rows in parts)
        self.refill.restore(table)


def generate(
    conn: Conn, ground: Ground, *, scale: float = 1.0, seed: int = SEED, now: dt.datetime, progress: Progress = QUIET
) -> dict[str, int]:
    """Replace everything that stands on the ground by a sample city; return the number of rows per table.

    The same ground, scale, seed and `now` give the same rows. Works in the transaction of `conn`, which the caller commits: before that
    nothing is changed for anybody, and readers of these tables wait.

    Args:
        conn: an open connection, not in autocommit mode.
        ground: read from the same database.
        scale: 0.02 to 1.0 of the district's people, organizations and events; other things thin out more slowly.
        seed: of all draws.
        now: the present of the sample, aware: tracks end and the clocks of open cases run at this moment.
        progress: told about every step.

    Raises:
        InvalidInputError: the scale is out of range, `now` is naive, or the connection is in autocommit mode.
    """
    if not SMALLEST <= scale <= LARGEST:
        raise InvalidInputError(f"scale {scale} is outside {SMALLEST}..{LARGEST}")
    if now.tzinfo is None or conn.autocommit:
        raise InvalidInputError("the present needs a time zone, and the connection a transaction")
    instant = np.datetime64(now.astimezone(dt.UTC).replace(tzinfo=None), "s")
    sample = Sample(
        ground=ground,
        streets=read_streets(ground),
        scale=scale * _at_most_whole(ground.households / HOUSEHOLDS or 1.0),
        seed=seed,
        now=instant,
    )
    pictures = video.source(conn)
    dictionary.load(conn)  # cases refer to its classes, which are not the sample's own
    duties = Duties.read(conn, ground.grids.code)
    with refilled(conn, TABLES) as refill, ThreadPoolExecutor(max_workers=1) as threads:
        loader = _Loader(conn, refill, threads, {}, [])
        with progress.step("people, rooms, organizations") as step:
            in_buildings = _in_buildings(sample, loader)
            step.note = f"{in_buildings['people'].sum():,} people in {in_buildings['rooms'].sum():,} rooms"
        with progress.step("parts, cameras, sensors, resources"):
            _in_streets(sample, loader, pictures)
        with progress.step("events, workers, vehicles"):
            _on_duty(sample, loader, duties)
        with progress.step("rest of the rows and indexes") as step:
            loader.wait()
            step.note = f"{sum(loader.counts.values()):,} rows"
    loader.counts["hall.source_record"] = reports.write(conn, now)
    key_places.mark(conn, key_places.wanted(sample))
    video.plan(conn, pictures)
    conn.execute(COUNT_IN_BUILDINGS, {name: values.tolist() for name, values in in_buildings.items()})
    value = {
        "scale": scale,
        "seed": seed,
        "now": now.astimezone(dt.UTC).isoformat(),
        "ground": ground.digest,
        "events": loader.counts["hall.event"],
    }
    conn.execute(REMEMBER, {"value": Jsonb(value)})
    recount(conn, scale=scale * _at_most_whole(HOUSEHOLDS / max(ground.households, 1.0)))
    return loader.counts


def _at_most_whole(part: float) -> float:
    """`part`, but 1.0 from nearly 1 upwards."""
    return 1.0 if part > NEARLY else part


def _in_buildings(sample: Sample, loader: _Loader) -> dict[str, Ints]:
    """Rooms, households, people, organizations; returns their numbers per building. Nothing where nobody can live."""
    buildings = sample.ground.buildings
    if not buildings.households.any():
        return {name: np.zeros(0, np.int64) for name in ("id", "units", "rooms", "people", "organizations")}
    seats = seat_organizations(sample, sample.share(ORGANIZATIONS))
    sizes = household_sizes(sample, sample.share(PEOPLE))
    homes = shared_out(sample.stream("homes"), buildings.households, len(sizes))
    rooms = build_rooms(sample, homes, seats.rooms_wanted)
    loader.put("hall.room", rooms.rows)
    households, people = build_people(sample, rooms, sizes)
    loader.put("hall.household", households)
    loader.put("hall.person", people)
    loader.put("hall.organization", build_organizations(sample, rooms, seats))
    count = len(buildings.id)
    return {
        "id": buildings.id,
        "units": rooms.units,
        "rooms": np.bincount(rooms.building, minlength=count),
        "people": np.bincount(rooms.building[rooms.homes], weights=sizes, minlength=count).astype(np.int64),
        "organizations": np.bincount(seats.building[seats.building >= 0], minlength=count),
    }


def _in_streets(sample: Sample, loader: _Loader, pictures: int) -> None:
    parts = build_parts(sample)
    loader.put("hall.part_class", build_part_classes())
    loader.put("hall.part", parts.rows)
    loader.put("hall.camera", build_cameras(sample, pictures))
    loader.put("hall.sensor", build_sensors(sample, parts))
    loader.put("hall.resource", build_resources(sample))


def _on_duty(sample: Sample, loader: _Loader, duties: Duties) -> None:
    force = Workforce.plan(sample)
    cases = _cases(sample)
    grid = grids_of(sample.ground, cases)
    handler = handlers(sample, force, cases, grid)
    steps = draw_steps(sample, duties, cases, grid)
    loader.put("hall.event", build_events(sample, force, cases, grid, handler) | step_columns(cases, steps, duties))
    length = LONG_STEPS if sample.scale >= LONG_TRACKS_FROM else MIDDLE_STEPS
    mine = force.is_grid_worker()
    walks = (
        walk(sample, "grid workers", force.home_xy[mine], ON_FOOT, length),
        walk(sample, "crews", force.home_xy[~mine], CREW_ON_FOOT, SHORT_STEPS),
    )
    workers, positions = build_workers(sample, force, tasks(cases, handler, len(force.role)), walks)
    loader.put("hall.worker", workers)
    loader.put("hall.worker_position", positions)
    ids = np.arange(1, len(force.role) + 1)
    loader.put(
        "hall.track_point", *(track_rows(sample, walked, ids[who], "worker_id") for walked, who in zip(walks, (mine, ~mine), strict=True))
    )
    kind, home_xy, home_grid = vehicle_homes(sample)
    tour = walk(sample, "vehicles", home_xy, BY_CAR, SHORT_STEPS)
    loader.put("hall.vehicle", build_vehicles(sample, kind, home_grid, tour))
    loader.put("hall.vehicle_track_point", track_rows(sample, tour, np.arange(1, len(kind) + 1), "vehicle_id"))


def _cases(sample: Sample) -> Cases:
    """All events in order of report: the open ones, those closed today, and as much history as is left of the number."""
    scene = Scene.of(sample.ground)
    still_open = draw_open(sample, scene)
    history = draw_history(sample, scene, sample.share(EVENTS) - len(still_open.level))
    today = draw_today(sample, scene, history)
    return Cases.joined([history.without_oldest(len(today.level)), today, still_open]).by_time()
