"""Ready or not, and how old the data is; numbers for Prometheus; the accounts while the database is away."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from api.create import create
from geodata.db import open_pool
from geodata.errors import SourceUnavailableError
from geodata.settings import Settings
from layers.registry import LAYERS
from services.account_book import AccountBook
from services.mirror_store import MirrorStore
from tests.api.conftest import App

NOWHERE = "postgresql:///nothing?host=/nonexistent&connect_timeout=1"


def test_ready_says_how_old_every_layer_is(app: App) -> None:
    answer = app.client().get("/healthz")
    health = answer.get_json()
    assert (answer.status_code, health["status"], health["database"]) == (200, "ready", True)
    assert set(health["layers"]) == {layer.key for layer in LAYERS}
    people = health["layers"]["people"]
    assert (people["ready"], people["rows"]) == (True, 2)
    assert people["age_s"] >= 0


def test_without_its_database_it_is_not_ready(tmp_path: Path) -> None:
    away = open_pool(NOWHERE, most=1)
    away.timeout = 0.2
    server, settings = Flask("away"), Settings.from_env({"DATABASE_URL": NOWHERE, "DATA_DIR": str(tmp_path)})
    create(server, away, MirrorStore(away, LAYERS, tmp_path), AccountBook(away), settings)
    answer = server.test_client().get("/healthz")
    refused = server.test_client().get("/api/v1/me", headers={"Authorization": "Bearer x"})
    away.close()
    assert (answer.status_code, answer.get_json()["status"], answer.get_json()["database"]) == (503, "unavailable", False)
    assert (refused.status_code, refused.get_json()["type"]) == (503, "urn:hallmap:problem:source-unavailable")


def test_metrics_count_answers_by_route(app: App) -> None:
    client = app.client("dispatcher")
    client.get("/api/v1/layers/buildings")
    text = client.get("/metrics").text
    assert 'hall_requests_total{kind="api.get_api_v1_layers_layer",status="200"}' in text
    assert 'hall_layer_rows{layer="people"} 2.0' in text
    assert "process_resident_memory_bytes" in text


def test_the_accounts_are_kept_for_a_while_when_the_database_is_away(app: App) -> None:
    clock = [0.0]
    book = AccountBook(app.pool, kept_s=600, clock=lambda: clock[0])
    with pytest.raises(SourceUnavailableError):
        book.by_token(app.tokens["leader"], datetime.now(UTC))
    book.refresh()
    clock[0] = 600
    reader = book.by_token(app.tokens["leader"], datetime.now(UTC))
    assert reader
    assert reader.username == "leader"
    clock[0] = 601
    with pytest.raises(SourceUnavailableError):
        book.by_token(app.tokens["leader"], datetime.now(UTC))


def test_a_failed_refresh_leaves_the_book_as_it_was(app: App) -> None:
    book = AccountBook(app.pool)
    book.refresh()
    away = open_pool(NOWHERE, most=1)
    away.timeout = 0.2
    book._pool = away
    with pytest.raises(SourceUnavailableError):
        book.refresh()
    away.close()
    assert book.by_token(app.tokens["leader"], datetime.now(UTC))


def test_the_thread_notices_a_change_when_it_is_told(app: App) -> None:
    book = AccountBook(app.pool)
    book.start()
    try:
        with app.pool.connection() as conn:
            conn.execute("UPDATE hall.account SET display_name = 'neu', epoch = epoch WHERE username = 'citizen'")
        book.mark_stale()
        for _ in range(100):
            if book.known() and (reader := book.by_token(app.tokens["citizen"], datetime.now(UTC))) and reader.display_name == "neu":
                return
            book._stopped.wait(0.02)
        pytest.fail("the change was not noticed")
    finally:
        book.stop()
