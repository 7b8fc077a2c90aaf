"""The machine interfaces over a district of two streets, without a socket: Flask's own client talks to the application."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from psycopg.conninfo import make_conninfo

from api.create import Interfaces, create
from geodata import credentials
from geodata.db import Pool, open_pool
from geodata.migrate import migrate
from geodata.settings import Settings
from layers.registry import LAYERS
from services.account_book import AccountBook
from services.mirror_store import MirrorStore
from services.rights import Role
from tests import district

PASSWORD = "Hall-Map-2026"
ACCOUNTS = {role.value: (role, "") for role in Role} | {"worker": (Role.WORKER, district.STREETS[0])}


@dataclass(frozen=True)
class App:
    """The application and what stands behind it. `tokens` are by username; usernames are the roles."""

    server: Flask
    interfaces: Interfaces
    pool: Pool
    store: MirrorStore
    book: AccountBook
    tokens: dict[str, str]

    def client(self, username: str = "") -> FlaskClient:
        """Return a client that sends this account's token, or none."""
        client = self.server.test_client()
        if username:
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.tokens[username]}"
        return client

    def audit(self, action: str) -> list[tuple[str, bool, str | None]]:
        """Return username, success and reason of the acts of a kind, oldest first."""
        with self.pool.connection() as conn:
            rows = conn.execute("SELECT username, success, reason FROM hall.audit WHERE action = %s ORDER BY id", [action])
            return [(row[0], row[1], row[2]) for row in rows]


@pytest.fixture(scope="session")
def district_url(worker_name: str) -> Iterator[str]:
    """URL of a database with the district of tests/district.py and one account of every role."""
    admin, name = os.environ["DATABASE_URL"], sql.Identifier(f"hall_test_{worker_name}_district")
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        conn.execute(sql.SQL("CREATE DATABASE {}").format(name))
    url = make_conninfo(admin, dbname=f"hall_test_{worker_name}_district")
    migrate(url)
    with psycopg.connect(url) as conn:
        district.fill(conn)
    yield url
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """The real cost of a hash is 0.1 s and 64 MiB on purpose."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credentials, "_hasher", quick)
        patch.setattr(credentials, "NO_PASSWORD", quick.hash("nobody"))
        yield


@pytest.fixture(scope="session")
def tokens(district_url: str, quick_hashes: None) -> dict[str, str]:
    """One account of every role, the worker bound to the first street; the token of each by username."""
    made = {}
    password_hash = credentials.hash_password(PASSWORD)
    with psycopg.connect(district_url) as conn:
        for username, (role, scope) in ACCOUNTS.items():
            made[username], digest = credentials.new_token()
            conn.execute(
                """WITH account AS (INSERT INTO hall.account (username, display_name, role, scope, password_hash)
                                    VALUES (%s, %s, %s, %s, %s) RETURNING id)
                   INSERT INTO hall.token (digest, account_id, note) SELECT %s, id, 'test' FROM account""",
                [username, username, role.value, scope, password_hash, digest],
            )
    return made


@pytest.fixture(scope="session")
def app(district_url: str, tokens: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The application over the district, its mirrors loaded straight from the views."""
    settings = Settings.from_env({"DATABASE_URL": district_url, "DATA_DIR": str(tmp_path_factory.mktemp("api"))})
    pool = open_pool(district_url)
    store, book = MirrorStore(pool, LAYERS, settings.data_dir, grace_s=0.0), AccountBook(pool)
    server = Flask("hallmap")
    interfaces = create(server, pool, store, book, settings)
    store.refresh()
    book.refresh()
    yield App(server, interfaces, pool, store, book, tokens)
    pool.close()


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)
