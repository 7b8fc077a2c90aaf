"""The machine interfaces over a district of two streets, without a socket: Flask's own client talks to the application."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.create import Interfaces, create
from geodata.db import Pool, open_pool
from geodata.settings import Settings
from layers.registry import LAYERS
from services.account_book import AccountBook
from services.mirror_store import MirrorStore


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
