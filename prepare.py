"""Everything between an empty database and a served map; each step is skipped when its result is there and still fits."""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

import psycopg

from geodata import fonts
from geodata.basemap import pipeline as basemap
from geodata.characters import read_characters, read_fixed_characters
from geodata.city import accounts, refresh, video
from geodata.city import patrols as city_patrols
from geodata.city.generate import SEED, generate
from geodata.city.ground_import import import_osm
from geodata.city.ground_read import read_ground
from geodata.db import Conn, Pool, open_pool, writing
from geodata.dictionary import load as dictionary
from geodata.errors import SetupError
from geodata.migrate import migrate
from geodata.osm.extract import digest_of
from geodata.progress import QUIET, Progress, to_terminal
from geodata.settings import IMAGERY, Settings
from geodata.workflow import defaults as workflow
from layers.registry import LAYERS
from services import patrols, seeding

FACT = "SELECT value FROM hall.fact WHERE key = %s"


@dataclass(frozen=True, slots=True)
class Ready:
    """What is served, for the line on the terminal."""

    settings: Settings
    accounts: Path | None

    def message(self) -> str:
        """Where to look and how to sign in."""
        lines = [f"Hallmap is at http://{self.settings.host}:{self.settings.port}"]
        if self.accounts:
            known: dict[str, dict[str, str]] = json.loads(self.accounts.read_text(encoding="utf-8"))
            lines.append(f"Demo accounts ({self.accounts}):")
            lines += [f"  {name:<20} {account['username']:<20} {account['password']}" for name, account in known.items()]
        return "\n".join(lines)


def prepare(settings: Settings, progress: Progress | None = None) -> Ready:
    """Migrate, import the extract, load the event dictionary, generate the sample city, draw the base map, cut the fonts, make tiles ready.

    Raises:
        SetupError: something cannot be had; what was done before stays and is not done again.
        InvalidInputError: the extract cannot be read.
    """
    progress = progress or to_terminal()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        migrate(settings.database_url)
        with _another_core() as core:
            with psycopg.connect(settings.database_url) as conn:
                changed = _ground(conn, settings, progress)
                base_map = core.submit(_basemap, settings, quiet=progress is QUIET)
                changed = dictionary.load(conn) or changed
                workflow.load(conn)
                changed = _sample(conn, settings, progress) or changed
                written = accounts.write(conn, settings.data_dir) if settings.demo else None
                if settings.demo:
                    video.choose(conn, datetime.now(UTC))
                    (settings.data_dir / IMAGERY).mkdir(exist_ok=True)  # the worker draws a picture into it
                conn.commit()
                base_map.result()
                if changed or not fonts.fit(read_fixed_characters(conn), settings.data_dir):
                    fonts.build(read_characters(conn), settings.data_dir, progress)
            with open_pool(settings.database_url, most=4) as pool:
                seeding.seed(pool, LAYERS, settings.data_dir, progress)
                _patrols(pool, settings, datetime.now(UTC))
    except psycopg.OperationalError as error:
        raise SetupError(f"database: {str(error).strip()}") from error
    return Ready(settings, written)


@contextmanager
def _another_core() -> Iterator[ProcessPoolExecutor]:
    """A process beside this one; when the block fails, what it was doing is left."""
    # not forked: the caller may hold connections and threads
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        try:
            yield processes
        except BaseException:
            for child in active_children():
                child.terminate()
            raise


def _ground(conn: Conn, settings: Settings, progress: Progress) -> bool:
    if not settings.osm.exists():
        raise SetupError(f"OSM={settings.osm}: there is no such file")
    known = _fact(conn, "ground")
    if known and known["digest"] == digest_of(settings.osm):
        return False
    import_osm(conn, settings.osm, settings.data_dir, progress)
    conn.commit()
    return True


def _sample(conn: Conn, settings: Settings, progress: Progress) -> bool:
    """Generate the sample city, or bring the one that is there to the present; an installation with own data has none."""
    if not settings.demo:
        return False
    now = datetime.now(UTC)
    known, ground = _fact(conn, "sample"), _fact(conn, "ground")
    if known and ground and (known["scale"], known["ground"]) == (settings.scale, ground["digest"]):
        refresh.refresh(conn, now)
        video.write(conn)  # cities that were made before their cameras had pictures
        return False
    hour = now.replace(minute=0, second=0, microsecond=0)
    generate(conn, read_ground(conn), scale=settings.scale, seed=SEED, now=hour, progress=progress)
    refresh.refresh(conn, now)
    conn.commit()
    return True


def _patrols(pool: Pool, settings: Settings, now: datetime) -> None:
    """Count the tracks that are there; a sample city gets the patrols of the months before as well."""
    with writing(pool) as conn:
        patrols.read_tracks(conn, now)
        if settings.demo:
            city_patrols.write(conn)


def _basemap(settings: Settings, *, quiet: bool) -> None:
    """Draw the base map and cut the fonts that it and the command map need; the others follow when the data is there."""
    progress = QUIET if quiet else to_terminal()
    with psycopg.connect(settings.database_url) as conn:
        known, ground = _fact(conn, "basemap"), _fact(conn, "ground")
        if ground and known == {"digest": ground["digest"]} and (settings.data_dir / basemap.ARCHIVE).exists():
            return
        basemap.build(conn, settings.data_dir, progress)
        conn.execute(
            "INSERT INTO hall.fact AS f (key, value) VALUES ('basemap', %s)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = now()",
            (json.dumps({"digest": ground["digest"] if ground else ""}),),
        )
        conn.commit()
        fonts.build(replace(read_fixed_characters(conn), parts=frozenset()), settings.data_dir, progress, processes=1)


def _fact(conn: Conn, key: str) -> dict[str, Any] | None:
    row = conn.execute(FACT, (key,)).fetchone()
    return dict(row[0]) if row else None
