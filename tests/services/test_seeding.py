"""What is made ready per revision."""

import gzip
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from geodata.db import Pool, open_pool
from geodata.grid import Tile
from layers.base import Layer
from layers.registry import LAYERS
from services import mirror_files, seeding
from services.archive import Archive
from services.mirror_store import MirrorStore
from tests import mvt
from tests.town import Town, database
from tiles.data import Wanted


@pytest.fixture(scope="module")
def pool(worker_name: str) -> Iterator[Pool]:
    for url in database(f"hall_test_{worker_name}_seeding"):
        pool = open_pool(url)
        yield pool
        pool.close()


@pytest.fixture(scope="module")
def data_dir(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("seeded")
    seeding.seed(pool, LAYERS, data_dir)
    return data_dir


def archive_of(data_dir: Path, key: str) -> Archive:
    (folder,) = mirror_files.complete(data_dir, key)
    return Archive(folder / mirror_files.TILES)


def test_every_layer_that_is_not_live_is_ready(data_dir: Path) -> None:
    ready = {layer.key for layer in LAYERS if mirror_files.complete(data_dir, layer.key)}
    assert ready == {layer.key for layer in LAYERS if not layer.live}


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if not layer.live], ids=lambda layer: layer.key)
def test_archived_tiles_are_those_made_on_demand(town: Town, data_dir: Path, layer: Layer) -> None:
    archive, served = archive_of(data_dir, layer.key), town.store.served(layer.key)
    for tile in (Tile(10, 834, 447), Tile(12, 3339, 1789), Tile(13, 6679, 3579), Tile(14, 13358, 7159), Tile(16, 53433, 28637)):
        made = Wanted(layer, served, tile, (), "").made(town.pool)
        assert archive.holds(tile)
        stored = archive.get(tile)
        read = [mvt.layers(gzip.decompress(body)) if body else {} for body in (stored, made)]
        assert read[0] == read[1]


def test_tiles_of_the_district_are_answered_for_and_no_others(data_dir: Path) -> None:
    archive = archive_of(data_dir, "cameras")
    assert archive.holds(Tile(14, 13358, 7159))
    assert archive.get(Tile(14, 13357, 7161)) == b""
    assert not archive.holds(Tile(14, 0, 0))
    assert not archive.holds(Tile(17, 106866, 57274))


def test_nothing_is_done_twice(pool: Pool, data_dir: Path) -> None:
    assert seeding.seed(pool, LAYERS, data_dir) == []


def test_only_what_changed_is_made_again(pool: Pool, data_dir: Path) -> None:
    before = mirror_files.complete(data_dir, "resources")
    with pool.connection() as conn:
        conn.execute(
            "INSERT INTO hall.resource (id, kind, name, grid_code, geom) VALUES (1, 'toilet', '公厕', '990000001001001', ST_SetSRID(ST_MakePoint(113.505, 22.105), 4326))"
        )
    (done,) = seeding.seed(pool, LAYERS, data_dir)
    assert (done.key, done.rows) == ("resources", 1)
    assert done.tiles == 9
    assert 0 < done.largest < 300
    after = mirror_files.complete(data_dir, "resources")
    assert len(after) == 1
    assert after != before


def test_only_the_products_own_account_reads_the_files(data_dir: Path) -> None:
    (folder,) = mirror_files.complete(data_dir, "people")
    assert folder.stat().st_mode & 0o077 == 0


def test_an_unfinished_folder_is_never_served(pool: Pool, data_dir: Path, tmp_path: Path) -> None:
    mirror = MirrorStore(pool, LAYERS, tmp_path, grace_s=0.0)
    mirror.refresh()
    with pytest.raises(RuntimeError), mirror_files.saving(mirror.mirror("cameras"), tmp_path):
        raise RuntimeError("out of space")
    assert mirror_files.complete(tmp_path, "cameras") == []
    with mirror_files.saving(mirror.mirror("cameras"), tmp_path):
        pass
    assert len(mirror_files.complete(tmp_path, "cameras")) == 1


def test_two_processes_do_not_do_the_same_work(pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeding, "PAUSE_S", 0.05)
    stop = threading.Event()
    worker = threading.Thread(target=seeding.run_forever, args=(stop, pool, LAYERS, tmp_path))
    with psycopg.connect(pool.conninfo) as other:
        other.execute(seeding.TRY_LOCK, {"key": seeding.LOCK})
        worker.start()
        stop.wait(0.3)
        assert not (tmp_path / "mirrors").exists()
    for _ in range(200):
        if stop.wait(0.05) or all(mirror_files.complete(tmp_path, layer.key) for layer in LAYERS if not layer.live):
            break
    stop.set()
    worker.join()
    assert all(mirror_files.complete(tmp_path, layer.key) for layer in LAYERS if not layer.live)
