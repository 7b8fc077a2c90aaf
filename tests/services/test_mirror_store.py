"""Mirrors follow the revisions, and outlive a database that is away."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from geodata.db import Pool, open_pool
from geodata.errors import SourceUnavailableError, UnknownLayerError
from layers import registry
from layers.registry import LAYERS
from services import mirror_store, seeding
from services.mirror_store import MirrorStore
from tests.town import database


@pytest.fixture(scope="module")
def own_url(worker_name: str) -> Iterator[str]:
    """A town that may be changed."""
    yield from database(f"hall_test_{worker_name}_store")


@pytest.fixture
def pool(own_url: str) -> Iterator[Pool]:
    pool = open_pool(own_url)
    yield pool
    pool.close()


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(statement)


def test_a_live_layer_is_loaded_again_when_its_revision_moves(
    own_url: str, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror_store, "SHARE", 0)
    store = MirrorStore(pool, LAYERS, tmp_path, grace_s=0.0)
    store.refresh()
    before, changes = store.mirror("workers"), store.changes
    store.refresh()
    assert store.mirror("workers") is before
    assert store.changes == changes
    run(own_url, "UPDATE hall.worker SET status = 'off_duty' WHERE id = 1")
    store.refresh()
    after = store.mirror("workers")
    assert after is not before
    assert after.breakdown("status", after.all())["off_duty"] == 1
    assert after.revision.token != before.revision.token


def test_a_live_layer_is_not_loaded_more_often_than_it_is_worth(
    own_url: str, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror_store, "SHARE", 1_000_000)
    store = MirrorStore(pool, LAYERS, tmp_path, grace_s=0.0)
    store.refresh()
    before = store.mirror("workers")
    run(own_url, "UPDATE hall.worker SET load = 1 WHERE id = 2")
    store.refresh()
    assert store.mirror("workers") is before


def test_a_big_layer_keeps_its_old_state_until_the_new_one_is_complete(own_url: str, pool: Pool, tmp_path: Path) -> None:
    store = MirrorStore(pool, LAYERS, tmp_path)
    seeding.seed_layer(pool, registry.get("cameras"), tmp_path)
    store.refresh()
    before = store.served("cameras")
    assert before.archive is not None
    run(own_url, "DELETE FROM hall.camera WHERE id = 200")
    store.refresh()
    assert store.served("cameras") is before
    state = next(state for state in store.states() if state.key == "cameras")
    assert state.revision is not None
    assert state.newest is not None
    assert state.revision.token != state.newest.token
    seeding.seed_layer(pool, registry.get("cameras"), tmp_path)
    store.refresh()
    assert len(store.mirror("cameras")) == 199
    assert store.mirror("cameras").revision == state.newest
    # the removed files of the old state are still open, and answer
    assert len(before.mirror) == 200
    assert before.mirror.count() == 200
    assert len(list((tmp_path / "mirrors" / "cameras").iterdir())) == 1


def test_without_a_worker_process_a_big_layer_is_loaded_after_a_while(pool: Pool, tmp_path: Path) -> None:
    patient = MirrorStore(pool, LAYERS, tmp_path)
    patient.refresh()
    with pytest.raises(SourceUnavailableError, match="being prepared"):
        patient.mirror("people")
    assert len(patient.mirror("workers")) == 30
    alone = MirrorStore(pool, LAYERS, tmp_path, grace_s=0.0)
    alone.refresh()
    assert len(alone.mirror("people")) == 1_600


def test_a_database_that_is_away_leaves_everything_as_it_was(own_url: str, tmp_path: Path) -> None:
    pool = open_pool(own_url)
    store = MirrorStore(pool, LAYERS, tmp_path, grace_s=0.0)
    assert store.answered_at is None
    store.refresh()
    answered_at = store.answered_at
    pool.close()
    lost = MirrorStore(pool, LAYERS, tmp_path)
    for one in (store, lost):
        with pytest.raises(SourceUnavailableError):
            one.refresh()
    assert store.answered_at == answered_at
    assert len(store.mirror("people")) == 1_600


def test_the_thread_looks_by_itself_and_stops(pool: Pool, tmp_path: Path) -> None:
    store = MirrorStore(pool, LAYERS, tmp_path, grace_s=0.0)
    store.start()
    store.stop()
    assert len(store.mirror("workers")) == 30


def test_a_stranger_is_an_unknown_layer(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(UnknownLayerError):
        MirrorStore(pool, LAYERS, tmp_path).served("moons")


def test_damaged_files_leave_the_layer_to_the_process_itself(pool: Pool, tmp_path: Path) -> None:
    seeding.seed_layer(pool, registry.get("cameras"), tmp_path)
    (folder,) = (tmp_path / "mirrors" / "cameras").iterdir()
    (folder / "tiles.mbtiles").write_bytes(b"this is no database, but it is long enough to look like one" * 50)
    store = MirrorStore(pool, LAYERS, tmp_path, grace_s=0.0)
    store.refresh()
    assert len(store.mirror("cameras")) > 100
    assert store.served("cameras").archive is None


def test_a_database_without_tables_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_store, "PAUSE_S", 0.05)
    admin = make_conninfo(os.environ["DATABASE_URL"], dbname="postgres")
    pool = open_pool(admin)
    store = MirrorStore(pool, LAYERS, tmp_path, grace_s=0.0)
    store.start()
    time.sleep(0.3)
    assert store._thread is not None
    assert store._thread.is_alive()
    store.stop()
    pool.close()
