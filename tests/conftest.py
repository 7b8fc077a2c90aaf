"""A real PostGIS for every test: an empty migrated database, and a small sample city with all its tiles.

Both are built once per run as templates and copied for each worker process, so tests may write. `DATABASE_URL` names the server; `make test` sets it.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

import prepare
from geodata.db import Conn, open_pool
from geodata.migrate import migrate
from geodata.settings import Settings
from layers.registry import LAYERS
from services import derived, seeding
from tests.district import district_url, quick_hashes, tokens
from tests.loop import stage_template, stage_url
from tests.serving import Served, serve
from tests.town import town, town_conn, town_url

__all__ = ["district_url", "quick_hashes", "stage_template", "stage_url", "tokens", "town", "town_conn", "town_url"]

SCALE = "0.02"
EMPTY, CITY, DATA = "hall_test_empty", "hall_test_city", "HALL_TEST_DATA"


@dataclass(frozen=True)
class City:
    """The sample city of this worker process: its database, its tile archives, its demo accounts."""

    url: str
    data_dir: Path
    accounts: dict[str, dict[str, str]]

    def environ(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url, "DATA_DIR": str(self.data_dir), "SCALE": SCALE, "DEMO": "1"}

    def token(self, name: str) -> dict[str, str]:
        """Header that signs a request as one of the demo accounts."""
        return {"Authorization": f"Bearer {self.accounts[name]['token']}"}


def admin_url() -> str:
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise pytest.UsageError("DATABASE_URL is not set: run `make test`")
    return url


def named(database: str) -> str:
    return make_conninfo(admin_url(), dbname=database)


def recreate(database: str, template: str = "template1") -> str:
    with psycopg.connect(admin_url(), autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(database), sql.Identifier(template)))
    return named(database)


def drop(database: str) -> None:
    with psycopg.connect(admin_url(), autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Build both templates once, before the worker processes start."""
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    migrate(recreate(EMPTY))
    data_dir = Path(tempfile.mkdtemp(prefix="hallmap-test-"))
    os.environ[DATA] = str(data_dir)
    environ = {"DATABASE_URL": recreate(CITY), "DATA_DIR": str(data_dir), "SCALE": SCALE}
    settings = Settings.from_env(environ)
    prepare.prepare(settings)
    with open_pool(settings.database_url, most=2) as pool:
        derived.make(pool, settings, datetime.now(UTC))
        seeding.seed(pool, LAYERS, data_dir)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    for database in (EMPTY, CITY):
        drop(database)
    shutil.rmtree(os.environ.pop(DATA), ignore_errors=True)


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    workerinput = getattr(request.config, "workerinput", {"workerid": "gw"})
    return str(workerinput["workerid"])


@pytest.fixture(scope="session")
def empty_url(worker_name: str) -> Iterator[str]:
    """URL of a migrated database without rows, this process's own."""
    yield recreate(f"hall_test_{worker_name}_empty", EMPTY)
    drop(f"hall_test_{worker_name}_empty")


@pytest.fixture
def conn(empty_url: str) -> Iterator[Conn]:
    """Connection to the empty database inside a transaction that is rolled back."""
    with psycopg.connect(empty_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="session")
def city(worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The small sample city, this process's own copy."""
    data_dir = tmp_path_factory.mktemp("city") / "data"
    shutil.copytree(os.environ[DATA], data_dir)
    accounts = json.loads((data_dir / "demo-accounts.json").read_text())
    yield City(recreate(f"hall_test_{worker_name}_city", CITY), data_dir, accounts)
    drop(f"hall_test_{worker_name}_city")


@pytest.fixture
def city_conn(city: City) -> Iterator[Conn]:
    """Connection to the sample city inside a transaction that is rolled back."""
    with psycopg.connect(city.url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="session")
def server(city: City) -> Iterator[Served]:
    """The whole product on a free port, over the sample city."""
    with serve(city.environ()) as served:
        yield served
