"""`python -m services.simulate`: the sample city lives at a chosen speed. For demonstration, load and soak; everything it makes is marked synthetic.

Speed shortens waiting and travelling; instants are always those of the real clock, so a case never comes from the future. The hour of the
day, which decides how much happens, runs with the speed.
"""

import argparse
import logging
import os
import random
import resource
import signal
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import FrameType

import psycopg

from geodata.db import Pool, open_pool, reading, writing
from geodata.errors import HallError, SetupError, SourceUnavailableError
from geodata.settings import Settings
from services.rights import Role
from services.routing.store import RoadStore
from services.simulation import reports, trips
from services.simulation.crews import Crews
from services.simulation.robots import Robots
from services.simulation.staff import Staff

log = logging.getLogger(__name__)

FIRST_S = 10.0
"""The first report comes so soon, that everybody sees the city live."""
TICK_S, CREWS_S, MOVE_S, STAFF_S = 0.5, 3.0, 5.0, 10.0
MOST_AT_ONCE = 50
RETRY_S = 3.0
GENTLE_PER_DAY = 100.0
UNTOUCHED = timedelta(hours=2)
"""In the demo, robots take over what nobody has touched for so long, or the city would fill up overnight."""
OPEN = "SELECT count(*) FROM hall.event WHERE closed_at IS NULL"
UNFINISHED = "SELECT count(*) FROM hall.task WHERE finished_at IS NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the city lives."""

    speed: float = 1.0
    events_per_day: float = GENTLE_PER_DAY
    """Reports on a working day of the simulated clock."""
    seed: int | None = None
    patience: timedelta | None = UNTOUCHED
    """Robots act at the desk on simulated cases that waited longer; None: never."""
    first_s: float = FIRST_S


@dataclass(slots=True, kw_only=True)
class Tally:
    """What has happened so far."""

    reports: int = 0
    waiting: int = 0
    """Reports that became no case by themselves."""
    errors: int = 0


class Simulation:
    """One thread; what the database refuses is tried again later."""

    def __init__(self, pool: Pool, options: Options) -> None:
        self._pool, self._options = pool, options
        self._chance = random.Random(options.seed)  # noqa: S311 - a simulation
        self.tally = Tally()
        self._robots: Robots | None = None
        self._crews: Crews | None = None
        self._staff: Staff | None = None

    def run(self, stop: threading.Event) -> None:
        """Live until `stop` is set."""
        started = datetime.now(UTC)
        due = {"report": started + timedelta(seconds=self._options.first_s), "crews": started, "move": started, "staff": started}
        while not stop.wait(TICK_S / max(1.0, min(5.0, self._options.speed))):
            try:
                self._tick(started, due)
            except (SourceUnavailableError, psycopg.Error) as error:
                self.tally.errors += not isinstance(error, SourceUnavailableError)
                log.warning("the city stands still: %s", error)
                stop.wait(RETRY_S)

    def _tick(self, started: datetime, due: dict[str, datetime]) -> None:
        now = datetime.now(UTC)
        self._prepare()
        assert self._crews is not None
        clock = started + (now - started) * self._options.speed
        for _ in range(MOST_AT_ONCE):
            if now < due["report"]:
                break
            self._report(now, clock)
            due["report"] += timedelta(seconds=reports.pause_s(self._chance, clock, self._options.events_per_day) / self._options.speed)
        else:
            due["report"] = now
        if now >= due["crews"]:
            due["crews"] = now + timedelta(seconds=CREWS_S / max(1.0, min(6.0, self._options.speed)))
            self._crews.work(now)
        if now >= due["move"]:
            due["move"] = now + timedelta(seconds=MOVE_S / max(1.0, min(3.0, self._options.speed)))
            for step in (trips.move_workers, trips.move_vehicles, trips.settle):
                with writing(self._pool) as conn:
                    step(conn, now)
        if self._staff and now >= due["staff"]:
            due["staff"] = now + timedelta(seconds=STAFF_S / max(1.0, min(20.0, self._options.speed)))
            self._staff.work(now)

    def _prepare(self) -> None:
        if self._robots:
            return
        with writing(self._pool) as conn:
            self._robots = Robots(conn)
        roads = RoadStore(self._pool)
        self._crews = Crews(self._pool, roads, self._robots, self._options.speed)
        if self._options.patience is not None:
            self._staff = Staff(self._pool, roads, self._robots, self._options.patience)

    def _report(self, now: datetime, clock: datetime) -> None:
        assert self._robots is not None
        try:
            with writing(self._pool) as conn:
                received = reports.report(conn, self._robots.desk(Role.ACCEPTOR, now), self._chance, clock)
        except SourceUnavailableError:
            raise
        except HallError as error:
            self.tally.errors += 1
            log.warning("a report is refused: %s", error)
            return
        if received:
            self.tally.reports += 1
            self.tally.waiting += received.event_id is None

    def line(self) -> str:
        """Say in one line what happened and what is left."""
        with reading(self._pool) as conn:
            cases, unfinished = (int(conn.execute(query).fetchone()[0]) for query in (OPEN, UNFINISHED))  # type: ignore[index]
        crews, staff = self._crews, self._staff
        done = f"{crews.acts if crews else 0} answers, {staff.acts if staff else 0} acts of the desk"
        refused = (crews.refused if crews else 0) + (staff.refused if staff else 0)
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        tally = self.tally
        return (
            f"{tally.reports} reports ({tally.waiting} wait for a person), {done}, {refused} refused, {tally.errors} errors;"
            f" {cases} open cases, {unfinished} open tasks; {memory_mb:.0f} MB"
        )


def run_forever(stop: threading.Event, pool: Pool, options: Options) -> None:
    """Let the city live until `stop` is set."""
    Simulation(pool, options).run(stop)


def main(arguments: list[str]) -> int:
    """Return 1 when anything failed."""
    options, minutes, soak = _options(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    stop = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    settings = Settings.from_env(os.environ)
    if not settings.database_url:
        raise SetupError("DATABASE_URL is not set")
    with open_pool(settings.database_url, most=4) as pool:
        simulation = Simulation(pool, options)
        thread = threading.Thread(target=simulation.run, args=(stop,), name="simulation")
        thread.start()
        ends_s = time.monotonic() + 60 * minutes if minutes else float("inf")
        while not stop.wait(min(60.0 if soak else 10.0, max(0.0, ends_s - time.monotonic()))) and time.monotonic() < ends_s:
            print(simulation.line(), flush=True)
        stop.set()
        thread.join()
        print(simulation.line(), flush=True)
    return 1 if simulation.tally.errors else 0


def _options(arguments: list[str]) -> tuple[Options, float, bool]:
    parser = argparse.ArgumentParser(prog="python -m services.simulate", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--speed", type=float, default=1.0, help="times the real clock (default 1)")
    parser.add_argument("--events-per-day", type=float, default=350.0, help="reports on a working day of the simulated clock (default 350)")
    parser.add_argument("--seed", type=int, help="repeat the same draws")
    parser.add_argument("--staff", action="store_true", help="robots sit at the desk as well: file, dispatch, check, close, evaluate")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after so long (default: never)")
    parser.add_argument(
        "--soak", action="store_true", help="a line a minute for long runs, with --staff and speed 60 unless said otherwise"
    )
    given = parser.parse_args(arguments)
    speed = 60.0 if given.soak and given.speed == 1.0 else given.speed
    staff = given.staff or given.soak
    patience = timedelta(seconds=30 / min(speed, 30.0)) if staff else None
    return (
        Options(speed=speed, events_per_day=given.events_per_day, seed=given.seed, patience=patience, first_s=1.0),
        given.minutes,
        given.soak,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
