"""GDAL, and with it QGIS, reads every layer over HTTP."""

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from layers.base import Layer
from layers.registry import LAYERS
from tests.api.conftest import App
from tests.serving import free_port


@pytest.fixture(scope="module")
def url(app: App) -> Iterator[str]:
    """The application on a port of its own."""
    port = free_port()
    server = make_server("127.0.0.1", port, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    thread.join()
    server.server_close()


def gdal(app: App, username: str, *command: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"GDAL_HTTP_HEADERS": f"Authorization: Bearer {app.tokens[username]}" if username else ""}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.key)
def test_ogrinfo_reads_every_layer(app: App, url: str, layer: Layer) -> None:
    told = gdal(app, "leader", "ogrinfo", "-al", "-so", "-oo", "PAGE_SIZE=1000", f"OAPIF:{url}/ogc", layer.key)
    assert (told.returncode, told.stderr) == (0, "")
    assert f"Layer name: {layer.key}" in told.stdout
    assert f"Feature Count: {1 if layer.key == 'district' else 2}" in told.stdout
    for field in layer.fields:
        assert f"\n{field.name}: " in told.stdout


def test_ogr2ogr_takes_every_layer_into_one_file(app: App, url: str, tmp_path: Path) -> None:
    path = tmp_path / "all.gpkg"
    done = gdal(app, "leader", "ogr2ogr", "-f", "GPKG", str(path), f"OAPIF:{url}/ogc", "-oo", "PAGE_SIZE=1")
    assert (done.returncode, done.stderr) == (0, "")
    told = subprocess.run(["ogrinfo", "-so", "-al", str(path)], capture_output=True, text=True, check=True).stdout
    assert told.count("Layer name: ") == len(LAYERS)
    assert told.count("Feature Count: 2") == len(LAYERS) - 1


def test_box_and_filter_reach_the_server(app: App, url: str) -> None:
    boxed = gdal(app, "leader", "ogrinfo", "-al", "-spat", "113.542", "22.192", "113.543", "22.193", f"OAPIF:{url}/ogc", "buildings")
    assert "OGRFeature(buildings):11" in boxed.stdout
    assert "OGRFeature(buildings):12" not in boxed.stdout
    filtered = gdal(app, "leader", "ogrinfo", "-al", "-where", "use_type='residential'", f"OAPIF:{url}/ogc", "buildings")
    assert "Feature Count: 2" in filtered.stdout


def test_a_worker_gets_his_street(app: App, url: str) -> None:
    told = gdal(app, "worker", "ogrinfo", "-al", f"OAPIF:{url}/ogc", "people")
    assert "OGRFeature(people):21" in told.stdout
    assert "OGRFeature(people):22" not in told.stdout


def test_without_a_token_nothing_opens(app: App, url: str) -> None:
    assert gdal(app, "", "ogrinfo", f"OAPIF:{url}/ogc").returncode != 0
