"""What is made of the rows: all of it once, and what the database kept from being made when it is back."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from geodata import panoramas
from geodata.city import orthophoto
from geodata.db import Pool, open_pool
from geodata.settings import IMAGERY, Settings
from services import derived
from services.ground import GroundStore
from services.history import HistoryStore
from tests.conftest import CITY, SCALE, admin_url, drop, recreate

SWITCH = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


@pytest.fixture(scope="module")
def database(worker_name: str) -> Iterator[str]:
    """Name of a city's database that can be shut without disturbing anybody."""
    name = f"hall_test_{worker_name}_derived"
    recreate(name, CITY)
    yield name
    drop(name)


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    """Those of a data folder in which nothing is made yet."""
    return Settings.from_env(
        {"DATABASE_URL": psycopg.conninfo.make_conninfo(admin_url(), dbname=database), "DATA_DIR": str(tmp_path), "SCALE": SCALE}
    )


@pytest.fixture
def pool(settings: Settings) -> Iterator[Pool]:
    with open_pool(settings.database_url, most=2) as opened:
        opened.timeout = 0.2
        yield opened


@contextmanager
def shut(database: str) -> Iterator[None]:
    """Nobody is let into the database."""
    with psycopg.connect(admin_url(), autocommit=True) as admin:
        admin.execute(SWITCH.format(sql.Identifier(database), sql.SQL("false")))
        admin.execute(END, [database])
        try:
            yield
        finally:
            admin.execute(SWITCH.format(sql.Identifier(database), sql.SQL("true")))


@contextmanager
def working(pool: Pool, settings: Settings) -> Iterator[None]:
    stop = threading.Event()
    worker = threading.Thread(target=derived.run_forever, args=(stop, pool, settings))
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()


def until(there: Callable[[], bool], seconds: float = 120) -> bool:
    ends = time.monotonic() + seconds
    while not there() and time.monotonic() < ends:
        time.sleep(0.05)
    return there()


def test_what_was_not_drawn_while_the_database_was_away_is_drawn_when_it_is_back(
    database: str, settings: Settings, pool: Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(derived, "PAUSE_S", 0.05)
    caplog.set_level(logging.WARNING, derived.log.name)
    picture = settings.data_dir / IMAGERY / orthophoto.FILE
    with shut(database), working(pool, settings):
        assert until(lambda: sum(record.name == derived.log.name for record in caplog.records) >= 2), "it is tried again"
        assert not picture.exists()
        with psycopg.connect(admin_url(), autocommit=True) as admin:
            admin.execute(SWITCH.format(sql.Identifier(database), sql.SQL("true")))
        assert until(picture.exists)
    assert len(HistoryStore(settings.data_dir).current())
    assert GroundStore(settings.data_dir).current().areas
    assert any(path.is_file() for path in (settings.data_dir / panoramas.FOLDER).rglob("*"))


def test_pictures_are_drawn_once_and_the_rest_is_brought_up(settings: Settings, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PAUSE_S": 0.01, "THROTTLE_S": 0.0, "SHARE": 0}.items():
        monkeypatch.setattr(derived, name, value)
    made: list[str] = []
    monkeypatch.setattr(derived.pictures, "draw", lambda *_, **__: made.append("pictures"))
    monkeypatch.setattr(derived.ground, "make", lambda *_: made.append("ground"))
    with working(pool, settings):
        assert until(lambda: made.count("ground") >= 3)
    assert made.count("pictures") == 1, "flights that somebody deleted meanwhile do not come back"


def test_without_sample_data_nothing_is_drawn(settings: Settings, pool: Pool) -> None:
    derived.make(pool, replace(settings, demo=False), datetime.now(UTC))
    assert len(HistoryStore(settings.data_dir).current())
    assert not (settings.data_dir / IMAGERY).exists()
