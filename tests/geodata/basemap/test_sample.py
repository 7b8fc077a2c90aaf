"""The base map of the sample city keeps its budget and its script."""

import sqlite3

import pytest
from opencc import OpenCC

from geodata.basemap import ARCHIVE
from geodata.db import Conn
from tests.conftest import City

# kB gzipped of the largest tile; what a district costs on the wire at the first look
BUDGET_KB = {8: 10, 9: 10, 10: 10, 11: 20, 12: 30, 13: 50, 14: 90, 15: 90, 16: 70}


@pytest.mark.parametrize("zoom", BUDGET_KB)
def test_no_tile_is_over_its_budget(city: City, zoom: int) -> None:
    with sqlite3.connect(city.data_dir / ARCHIVE) as archive:
        (largest,) = archive.execute("SELECT max(length(tile_data)) FROM tiles WHERE zoom_level = ?", (zoom,)).fetchone()
    assert 0 < largest <= BUDGET_KB[zoom] * 1000


def test_names_are_in_one_script(city_conn: Conn) -> None:
    names = [row[0] for row in city_conn.execute("SELECT name FROM base.label UNION SELECT name FROM base.road_label")]
    assert len(names) > 5_000
    simplified = OpenCC("t2s")
    assert [name for name in names if simplified.convert(name) != name] == []


def test_a_name_stands_once_within_250_metres(city_conn: Conn) -> None:
    doubles = city_conn.execute("""
        SELECT a.name FROM base.label AS a JOIN base.label AS b ON a.name = b.name AND a.ctid < b.ctid AND ST_DWithin(a.geom, b.geom, 250)
    """).fetchall()
    assert doubles == []
