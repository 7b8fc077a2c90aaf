"""`python -m geodata export`: whole layers in files that other programs read."""

import csv
import json
from pathlib import Path

import pyogrio
import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError, UnknownLayerError
from geodata.export import export
from tests import district


@pytest.fixture
def hall(conn: Conn) -> Conn:
    district.fill(conn)
    return conn


def test_gdal_reads_a_geopackage_in_the_wanted_system(hall: Conn, tmp_path: Path) -> None:
    assert export(hall, "streets", tmp_path / "streets.gpkg", crs="4547") == 2
    found = pyogrio.read_info(tmp_path / "streets.gpkg")
    assert (found["features"], found["crs"]) == (2, "EPSG:4547")


def test_geojson_holds_the_columns_of_the_layer(hall: Conn, tmp_path: Path) -> None:
    export(hall, "people", tmp_path / "people.geojson")
    found = json.loads((tmp_path / "people.geojson").read_text(encoding="utf-8"))
    assert [feature["properties"]["name"] for feature in found["features"]] == list(district.NAMES)
    assert found["features"][0]["geometry"]["type"] == "Point"
    assert "crs" not in found


def test_csv_has_positions_as_x_and_y(hall: Conn, tmp_path: Path) -> None:
    export(hall, "people", tmp_path / "people.csv")
    with (tmp_path / "people.csv").open(encoding="utf-8-sig", newline="") as file:
        first = next(csv.DictReader(file))
    assert float(first["x"]) == pytest.approx(district.LONS[0], abs=0.01)


def test_an_export_leaves_a_trace(hall: Conn, tmp_path: Path) -> None:
    export(hall, "people", tmp_path / "people.csv")
    assert hall.execute("SELECT username, action, object FROM hall.audit").fetchall() == [("command line", "export", "people.csv")]


@pytest.mark.parametrize(
    ("wanted", "error", "reason"),
    [
        (("nothing", "a.csv", "4326"), UnknownLayerError, "there are: base_grids"),
        (("people", "a.txt", "4326"), InvalidInputError, "ending"),
        (("people", "a.csv", "1"), InvalidInputError, "1"),
        (("people", "no/such/folder.csv", "4326"), InvalidInputError, "No such file"),
    ],
)
def test_what_cannot_be_written_is_said(
    hall: Conn, tmp_path: Path, wanted: tuple[str, str, str], error: type[Exception], reason: str
) -> None:
    layer, name, crs = wanted
    with pytest.raises(error, match=reason):
        export(hall, layer, tmp_path / name, crs=crs)
    assert list(tmp_path.iterdir()) == []
