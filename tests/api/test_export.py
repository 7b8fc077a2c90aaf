"""Files to take away: what stands in them, in which coordinates, and who may have them."""

import csv
import io
import json
import sqlite3
import subprocess
from pathlib import Path

import numpy as np
import pytest

from geodata.crs import from_wgs84
from services import exports
from tests import district
from tests.api.conftest import App


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_csv_has_a_mark_for_spreadsheets_and_chinese_heads_and_words(app: App) -> None:
    answer = app.client("dispatcher").get("/api/v1/export/buildings.csv")
    assert answer.get_data().startswith(b"\xef\xbb\xbf")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="buildings.csv"'
    assert answer.headers["Hallmap-Rows"] == "2"
    (first, _) = rows(answer.text)
    assert (first["id"], first["名称"], first["用途"], first["高度 (m)"]) == ("11", "楼宇1", "住宅", "6.0")


def test_csv_speaks_english_when_asked(app: App) -> None:
    (first, _) = rows(app.client("dispatcher").get("/api/v1/export/buildings.csv?lang=en").text)
    assert (first["Name"], first["Use"]) == ("楼宇1", "Residential")


def test_a_cell_never_begins_a_formula(app: App) -> None:
    with app.pool.connection() as conn:
        conn.execute("UPDATE hall.camera SET name = '=cmd()', address = '@x' WHERE id = 61")
    (first, _) = rows(app.client("dispatcher").get("/api/v1/export/cameras.csv").text)
    with app.pool.connection() as conn:
        conn.execute("UPDATE hall.camera SET name = '路口1', address = NULL WHERE id = 61")
    assert (first["名称"], first["地址"]) == ("'=cmd()", "'@x")


def test_filters_box_and_shape_narrow_an_export(app: App) -> None:
    client = app.client("dispatcher")
    assert rows(client.get("/api/v1/export/buildings.csv?use_type=office").text) == []
    assert [row["id"] for row in rows(client.get("/api/v1/export/people.csv?bbox=113.542,22.192,113.543,22.193").text)] == ["21"]
    circle = {"type": "Point", "coordinates": [113.5475, 22.1925], "radius_m": 50}
    assert [row["id"] for row in rows(client.post("/api/v1/export/people.csv", json=circle).text)] == ["22"]


@pytest.mark.parametrize("crs", ["4490", "4547", "3857", "gcj02", "bd09"])
def test_positions_come_in_the_system_asked_for(app: App, crs: str) -> None:
    features = json.loads(app.client("dispatcher").get(f"/api/v1/export/cameras.geojson?crs={crs}").text)["features"]
    x, y = from_wgs84(np.array([113.5425]), np.array([22.1927]), crs)
    assert features[0]["geometry"]["coordinates"] == pytest.approx([x[0], y[0]], abs=1e-6)


def test_geojson_keeps_values_and_shapes(app: App) -> None:
    (first, _) = json.loads(app.client("dispatcher").get("/api/v1/export/buildings.geojson").text)["features"]
    assert (first["id"], first["geometry"]["type"], first["properties"]["floors"]) == (11, "MultiPolygon", 2)


@pytest.mark.parametrize(("crs", "srs"), [("4326", 4326), ("4547", 4547), ("gcj02", 0)])
def test_gdal_reads_the_geopackage(app: App, tmp_path: Path, crs: str, srs: int) -> None:
    path = tmp_path / "buildings.gpkg"
    path.write_bytes(app.client("dispatcher").get(f"/api/v1/export/buildings.gpkg?crs={crs}").get_data())
    told = subprocess.run(["ogrinfo", "-so", "-al", str(path)], capture_output=True, text=True, check=True).stdout
    assert "Feature Count: 2" in told
    assert "height_m: Real" in told
    assert "floors: Integer64" in told
    assert srs == 0 or f'ID["EPSG",{srs}]' in told
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT srs_id FROM gpkg_contents").fetchone() == (srs,)
    database.close()


def test_a_geopackage_keeps_times_truths_and_chinese(app: App, tmp_path: Path) -> None:
    path = tmp_path / "events.gpkg"
    path.write_bytes(app.client("dispatcher").get("/api/v1/export/events.gpkg").get_data())
    told = subprocess.run(["ogrinfo", "-al", str(path)], capture_output=True, text=True, check=True).stdout
    assert "reported_at (DateTime) = 2026/11/22 00:00:00+00" in told
    assert "open (Integer(Boolean)) = 1" in told
    assert "占道经营1" in told


@pytest.mark.parametrize("suffix", ["csv", "geojson", "gpkg"])
def test_people_leave_masked_and_the_export_is_recorded(app: App, suffix: str) -> None:
    content = app.client("dispatcher").get(f"/api/v1/export/people.{suffix}").get_data()
    for value in (*district.NAMES, *district.PHONES, *district.ID_NUMBERS, *district.ADDRESSES):
        assert value.encode() not in content
    assert app.audit("export")[-1][:2] == ("dispatcher", True)


@pytest.mark.parametrize("username", ["wall", "worker", "acceptor"])
def test_roles_without_the_right_get_none_and_the_attempt_is_recorded(app: App, username: str) -> None:
    assert app.client(username).get("/api/v1/export/buildings.csv").status_code == 403
    assert app.audit("export")[-1][:2] == (username, False)


def test_too_many_rows_are_refused_whole(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_ROWS", 1)
    answer = app.client("dispatcher").get("/api/v1/export/buildings.csv")
    assert answer.status_code == 400
    assert "more than 1 rows" in answer.get_json()["detail"]


def test_the_text_the_open_and_the_overdue_cases_of_a_list_are_exported_as_the_list_shows_them(app: App) -> None:
    client = app.client("dispatcher")

    def numbers(query: str) -> list[str]:
        answer = client.get(f"/api/v1/export/events.csv?{query}")
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in rows(answer.text)]

    with app.pool.connection() as conn:
        title = conn.execute("SELECT title FROM hall.event WHERE id = 101").fetchone()
        everything, still_open, late = (
            [str(row[0]) for row in conn.execute(f"SELECT id FROM hall.event WHERE {test} ORDER BY id")]
            for test in ("true", "closed_at IS NULL", "closed_at IS NULL AND deadline_at < now()")
        )
    assert title is not None
    assert numbers("") == everything
    assert numbers("open=true") == still_open
    assert numbers("open=false") == everything
    assert numbers("overdue=true") == late
    assert "101" in numbers(f"text={title[0][:2]}")
    assert numbers("text=nothing+is+called+so") == []
    assert client.get("/api/v1/export/buildings.csv?overdue=true").status_code == 400
    assert client.get("/api/v1/export/buildings.csv?text=" + "x" * 81).status_code == 400
