"""A base map of one square kilometre, drawn from rows that a reader can check by hand."""

import gzip
import json
import sqlite3
from pathlib import Path
from typing import Any

import pyogrio
import pytest

from geodata.basemap import Basemap, build
from geodata.basemap.archive import FIELDS
from geodata.db import Conn
from geodata.errors import SetupError

# About 1.03 km x 1.11 km; its middle lies in tile 16/53438/28630.
WEST, SOUTH, EAST, NORTH = 113.54, 22.19, 113.55, 22.20
FEATURE = "INSERT INTO base.feature (ref, tags, geom) VALUES (%s, %s, ST_GeomFromText(%s, 4326))"
DISTRICT = """
    INSERT INTO hall.area (level, code, name, area_m2, geom)
    VALUES ('district', '990000', '区', 1, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)))
"""


def square(lon: float, lat: float, side: float = 0.0004) -> str:
    """A polygon with its south-west corner at this place; 0.0004 degrees are some 40 m."""
    return f"POLYGON(({lon} {lat},{lon + side} {lat},{lon + side} {lat + side},{lon} {lat + side},{lon} {lat}))"


FEATURES = [
    ("w1", {"highway": "primary", "name": "孫逸仙大馬路 Avenida Dr. Sun Yat-Sen"}, "LINESTRING(113.5401 22.195,113.5499 22.195)"),
    ("w2", {"highway": "residential", "name": "小街"}, "LINESTRING(113.545 22.1951,113.545 22.1995)"),
    ("w3", {"highway": "footway", "footway": "sidewalk"}, "LINESTRING(113.5401 22.1952,113.5499 22.1952)"),
    ("w4", {"highway": "secondary", "name": "邻区路"}, "LINESTRING(113.56 22.195,113.57 22.195)"),
    ("w10", {"building": "yes", "height": "30", "name": "大廈 Edificio"}, square(113.5420, 22.1930)),
    ("w11", {"building": "yes", "building:levels": "10"}, square(113.5426, 22.1930)),
    ("w12", {"building": "yes"}, square(113.5423, 22.1936)),
    ("w13", {"building": "yes", "height": "50"}, square(113.5600, 22.1930)),
    ("w14", {"building": "yes", "height": "20"}, square(113.5440, 22.1930, 0.001)),
    ("w15", {"building:part": "yes", "height": "80"}, square(113.5440, 22.1930, 0.0009)),
    ("w20", {"leisure": "park", "name": "公園"}, square(113.5470, 22.1970, 0.001)),
    ("n1", {"leisure": "park", "name": "公園 Parque"}, "POINT(113.5475 22.1975)"),
    ("n2", {"place": "quarter", "name": "新橋"}, "POINT(113.5455 22.1985)"),
    ("n3", {"amenity": "hospital", "name": "Hospital only"}, "POINT(113.5415 22.1985)"),
    ("n4", {"amenity": "school", "name": "邻区学校"}, "POINT(113.565 22.195)"),
    ("w30", {"natural": "water"}, square(113.5480, 22.1910, 0.001)),
    ("n5", {"addr:housenumber": "12-14"}, "POINT(113.5432 22.1933)"),
    ("n6", {"addr:housenumber": "S/N"}, "POINT(113.5434 22.1933)"),
]


def fill(conn: Conn, features: list[tuple[str, dict[str, str], str]]) -> None:
    for ref, tags, text in features:
        conn.execute(FEATURE, (ref, json.dumps(tags), text))


@pytest.fixture
def basemap(conn: Conn, tmp_path: Path) -> Basemap:
    conn.execute(DISTRICT, (WEST, SOUTH, EAST, NORTH))
    fill(conn, FEATURES)
    return build(conn, tmp_path)


def tiles(basemap: Basemap, z: int) -> list[bytes]:
    with sqlite3.connect(basemap.archive) as archive:
        rows = archive.execute("SELECT tile_data FROM tiles WHERE zoom_level = ?", (z,)).fetchall()
    return [gzip.decompress(row[0]) for row in rows]


def layers_of(tile: bytes) -> list[str]:
    return [str(name) for name, _ in pyogrio.list_layers(tile)]


def everything(basemap: Basemap, z: int, layer: str) -> list[dict[str, Any]]:
    """Properties of all features of one tile layer at one zoom, as GDAL reads them."""
    found: list[dict[str, Any]] = []
    for tile in tiles(basemap, z):
        if layer in layers_of(tile):
            found += pyogrio.read_dataframe(tile, layer=layer, read_geometry=False).to_dict("records")
    return found


def test_a_name_stands_once_and_in_simplified_chinese(basemap: Basemap) -> None:
    names = [label["name"] for label in everything(basemap, 16, "label")]
    assert sorted(names) == ["公园", "大厦", "新桥"]


def test_road_names_are_the_chinese_head_of_the_mapped_name(basemap: Basemap) -> None:
    assert {label["name"] for label in everything(basemap, 16, "road_label")} == {"孙逸仙大马路", "小街"}


def test_minor_roads_come_closer_and_sidewalks_never(basemap: Basemap) -> None:
    assert {road["k"] for road in everything(basemap, 12, "road")} == {1}
    assert {road["k"] for road in everything(basemap, 16, "road")} == {1, 4}


def test_heights_are_mapped_counted_or_estimated(basemap: Basemap, conn: Conn) -> None:
    rows = conn.execute("SELECT height_m, estimated FROM base.building WHERE NOT part ORDER BY height_m LIMIT 10").fetchall()
    # 30 m mapped, 10 floors of 3.2 m, and the middle of both for the one that says nothing
    assert rows == [(30.0, False), (31.0, True), (32.0, False)]


def test_an_outline_gives_way_to_its_parts(basemap: Basemap) -> None:
    assert {building["h"] for building in everything(basemap, 16, "building")} == {30, 31, 32, 80}


def test_neighbours_are_not_drawn(basemap: Basemap) -> None:
    assert not [road for road in everything(basemap, 16, "road") if road["k"] == 2]
    assert {land["k"] for land in everything(basemap, 12, "land")} == {0, 1}


def test_house_numbers_only_where_there_is_a_number(basemap: Basemap) -> None:
    assert [house["n"] for house in everything(basemap, 16, "house")] == ["12-14"]
    assert not everything(basemap, 15, "house")


def test_tiles_hold_the_layers_that_the_archive_declares(basemap: Basemap) -> None:
    held = {name for tile in tiles(basemap, 16) for name in layers_of(tile)}
    assert {"land", "green", "water", "road", "building", "label", "road_label", "house"} <= held <= set(FIELDS)


def test_the_archive_says_what_it_is(basemap: Basemap) -> None:
    with sqlite3.connect(basemap.archive) as archive:
        facts = dict(archive.execute("SELECT name, value FROM metadata"))
    assert (facts["format"], facts["minzoom"], facts["maxzoom"], facts["version"]) == ("pbf", "8", "16", basemap.version)
    west, south, east, north = map(float, facts["bounds"].split(","))
    assert west < WEST < EAST < east
    assert south < SOUTH < NORTH < north


def test_building_twice_gives_the_same_tiles(basemap: Basemap, conn: Conn, tmp_path: Path) -> None:
    again = build(conn, tmp_path)
    assert (again.version, again.tiles, again.labels) == (basemap.version, basemap.tiles, basemap.labels)
    assert [file.name for file in again.archive.parent.iterdir()] == ["base.mbtiles"]


def test_without_chinese_names_the_given_ones_are_used(conn: Conn, tmp_path: Path) -> None:
    fill(
        conn,
        [
            ("w1", {"highway": "primary", "name": "Boulevard Albert 1er"}, "LINESTRING(7.41 43.73,7.43 43.74)"),
            ("n1", {"place": "quarter", "name": "La Condamine"}, "POINT(7.42 43.735)"),
            ("n2", {"place": "city", "name": "Monaco", "name:zh": "摩纳哥"}, "POINT(7.421 43.736)"),
            *((f"n{i}", {"amenity": "school", "name": f"École {i}"}, f"POINT(7.42{i} 43.73{i})") for i in range(3, 9)),
        ],
    )
    basemap = build(conn, tmp_path)
    assert not basemap.chinese
    assert {"La Condamine", "Monaco", "École 3"} <= {label["name"] for label in everything(basemap, 16, "label")}


def test_without_a_district_all_that_is_mapped_is_drawn_in_full(conn: Conn, tmp_path: Path) -> None:
    fill(conn, FEATURES)
    basemap = build(conn, tmp_path)
    assert 2 in {road["k"] for road in everything(basemap, 16, "road")}


def test_an_empty_database_says_what_to_do(conn: Conn, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="import osm"):
        build(conn, tmp_path)
