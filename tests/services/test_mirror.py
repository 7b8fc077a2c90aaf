"""The mirror of a layer answers what its view would."""

import gzip

import numpy as np
import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.grid import BBox, LonLat, Tile
from geodata.source import Condition
from layers import registry
from services import mirror_build, mirror_files, morton
from services.cover import Covering, Points
from services.mirror import MAX_FEATURES, Mirror
from services.revisions import NEVER, Revision, edition
from tests import mvt
from tests.town import NORTH_EAST, Town

WHOLE = Tile(10, 834, 447)
"""Holds the town."""
CLOSE = Tile(16, 53430, 28640)
FLOATING = (Condition("pop_type", values=("floating",)),)


def build(conn: Conn, key: str) -> Mirror:
    return mirror_build.build(conn, registry.get(key), Revision(1, NEVER, edition(registry.get(key))))


@pytest.fixture(scope="module")
def people(town: Town) -> Mirror:
    return town.store.mirror("people")


def features(mirror: Mirror, tile: Tile, *conditions: Condition, area: str = "") -> list[mvt.Feature]:
    return mvt.layers(mirror.tile(tile, conditions, area)).get(mirror.key, [])


def total(cells: list[mvt.Feature]) -> int:
    return sum(int(cell.tags["n"]) for cell in cells)


def test_far_out_rows_are_counted_in_cells(people: Mirror) -> None:
    cells = features(people, WHOLE)
    assert total(cells) == 1_600
    assert len(cells) <= 32 * 32
    assert all(cell.id is None for cell in cells if cell.tags["n"] != 1)


def test_close_by_every_row_has_its_id_and_attributes(town: Town, town_conn: Conn) -> None:
    cameras = town.store.mirror("cameras")
    found = features(cameras, Tile(14, 13358, 7159))
    rows = town_conn.execute("""
        SELECT id, online, azimuth_deg, fov_deg, view_range_m FROM hall.camera
        WHERE ST_Intersects(ST_Transform(geom, 3857), ST_TileEnvelope(14, 13358, 7159)) ORDER BY id
    """).fetchall()
    assert len(rows) > 10
    got = sorted((f.id, f.tags["online"], f.tags["azimuth_deg"], f.tags["fov_deg"], f.tags["view_range_m"]) for f in found)
    assert got == rows


def test_points_lie_where_postgis_puts_them(town: Town, town_conn: Conn) -> None:
    tile = Tile(14, 13358, 7159)
    rows = town_conn.execute("""
        SELECT id, ST_X(p), ST_Y(p) FROM hall.camera,
               LATERAL (SELECT ST_AsMVTGeom(ST_Transform(geom, 3857), ST_TileEnvelope(14, 13358, 7159), 4096, 0, true) AS p) AS placed
        WHERE p IS NOT NULL
    """).fetchall()
    expected = {row_id: (x, y) for row_id, x, y in rows}
    for feature in features(town.store.mirror("cameras"), tile):
        assert feature.id is not None
        x, y = expected[feature.id]
        # PostGIS rounds to the nearest unit, we cut off
        assert abs(feature.begins[0] - x) <= 1
        assert abs(feature.begins[1] - y) <= 1


def test_a_filter_and_an_area_leave_only_their_rows(people: Mirror) -> None:
    assert total(features(people, WHOLE, *FLOATING)) == 400
    assert total(features(people, WHOLE, area=NORTH_EAST.scope)) == 400
    assert total(features(people, WHOLE, *FLOATING, area=NORTH_EAST.scope)) == 100
    assert total(features(people, WHOLE, Condition("pop_type", values=("foreign",)))) == 0
    assert total(features(people, WHOLE, Condition("sex", values=("1", "2")))) == 1_600


def test_times_are_filtered_by_seconds_since_1970(town: Town) -> None:
    events = town.store.mirror("events")
    # one event an hour from 01:00 on the first of January: 24 until midnight
    midnight = 1_767_225_600.0
    assert events.count((Condition("reported_at", low=midnight, high=midnight + 24 * 3600),)) == 24
    assert events.count((Condition("reported_at", low=midnight + 300 * 3600),)) == 1


@pytest.mark.parametrize(
    "condition",
    [
        Condition("name", values=("x",)),
        Condition("pop_type; DROP TABLE hall.person", values=("x",)),
        Condition("pop_type", low=1.0),
    ],
)
def test_what_is_not_mirrored_cannot_be_filtered_by(people: Mirror, condition: Condition) -> None:
    with pytest.raises(InvalidInputError):
        people.tile(WHOLE, (condition,))


def test_a_number_that_is_none_is_refused(town: Town) -> None:
    with pytest.raises(InvalidInputError, match="takes numbers"):
        town.store.mirror("buildings").count((Condition("floors", values=("many",)),))


def test_an_sql_text_is_just_an_unknown_value(people: Mirror) -> None:
    assert people.count((Condition("pop_type", values=("' OR 1=1 --",)),)) == 0


def test_numbers_are_filtered_by_value_or_range(town: Town) -> None:
    buildings = town.store.mirror("buildings")
    # 8 rows of 8 buildings with 1 to 8 floors
    assert buildings.count((Condition("floors", values=("3", "5")),)) == 16
    assert buildings.count((Condition("floors", low=7.0),)) == 16
    assert buildings.count((Condition("floors", low=2.0, high=3.0), Condition("use_type", values=("office",)))) == 8


def test_rows_are_counted_in_view(people: Mirror) -> None:
    view = Covering(BBox(113.50, 22.10, 113.51, 22.12))
    # two columns of four buildings; nothing of it lies in the north-east
    assert people.count(view=view) == 200
    assert people.count((Condition("pop_type", values=("floating", "registered")),), view=view) == 200
    assert people.count(FLOATING, view=view) + people.count((Condition("pop_type", values=("registered",)),), view=view) == 200
    assert people.count(area=NORTH_EAST.scope, view=view) == 0


def test_a_breakdown_adds_up_with_the_most_frequent_first(people: Mirror) -> None:
    assert list(people.breakdown("pop_type", people.all()).items()) == [("registered", 1_200), ("floating", 400)]


def test_a_tile_with_too_many_rows_is_counted_in_fine_cells() -> None:
    count = MAX_FEATURES + 1
    rng = np.random.default_rng(3)
    box = CLOSE.bounds()
    lon, lat = rng.uniform(box.west + 1e-6, box.east - 1e-6, count), rng.uniform(box.south + 1e-6, box.north - 1e-6, count)
    code = morton.codes(lon, lat)
    order = np.argsort(code)
    mirror = Mirror(
        key="many",
        revision=Revision(1, NEVER),
        cells_to=0,
        tile_fields=(),
        kinds={},
        ids=np.arange(count),
        points=Points(code[order], lon[order], lat[order]),
        grid=np.zeros(count, np.int64),
        coded={},
        numbers={},
        texts={},
    )
    cells = features(mirror, CLOSE)
    assert total(cells) == count
    assert len(cells) <= 64 * 64
    assert {cell.id is None for cell in cells if cell.tags["n"] == 1} <= {False}
    # one row fewer, and all are drawn
    fewer = Covering(BBox(box.west, box.south, float(np.sort(lon)[-2]), box.north)).rows(mirror.points)
    assert len(fewer) == MAX_FEATURES


def test_people_are_found_by_a_part_of_their_name(people: Mirror) -> None:
    # of 1,600 every third is called 王 and every second 明: every sixth both
    assert len(people.find("王小明", 2_000)) == 266
    assert len(people.find("小", 300)) == 300


def test_the_nearest_come_first_among_equals(town: Town) -> None:
    cameras = town.store.mirror("cameras")
    near = LonLat(113.501, 22.1015)
    assert cameras.ids[cameras.find("cam-1", 3, near=near)].tolist() == [1, 10, 11]
    assert cameras.ids[cameras.find("cam-1", 1)].tolist() == [1]


def test_names_in_another_area_are_not_found(town: Town) -> None:
    cameras = town.store.mirror("cameras")
    assert len(cameras.find("cam", 500, NORTH_EAST.scope)) == 50
    assert len(cameras.find("cam-1", 500, "990000009")) == 0


def test_a_saved_mirror_is_the_same(town: Town, town_conn: Conn) -> None:
    for key in ("people", "roads", "events", "district"):
        built = build(town_conn, key)
        with mirror_files.saving(built, town.data_dir):
            pass
        loaded = mirror_files.load(mirror_files.place(town.data_dir, key, built.revision))
        assert loaded.revision == built.revision
        for tile in (WHOLE, CLOSE, Tile(14, 13358, 7159)):
            assert loaded.tile(tile) == built.tile(tile)
        assert loaded.find("小", 5).tolist() == built.find("小", 5).tolist()
        mirror_files.tidy(town.data_dir, key, town.data_dir)


def test_a_layer_without_rows_is_an_empty_mirror(conn: Conn, town: Town) -> None:
    for key in ("people", "buildings", "roads"):
        empty = build(conn, key)
        with mirror_files.saving(empty, town.data_dir):
            pass
        loaded = mirror_files.load(mirror_files.place(town.data_dir, key, empty.revision))
        for mirror in (empty, loaded):
            assert (len(mirror), mirror.tile(WHOLE), mirror.count(), len(mirror.find("a1", 5))) == (0, b"", 0, 0)
            assert len(mirror.within(Covering(BBox(113, 22, 114, 23)))) == 0
        mirror_files.tidy(town.data_dir, key, town.data_dir)


def test_tiles_stay_small(people: Mirror) -> None:
    assert max(len(gzip.compress(people.tile(tile))) for tile in (WHOLE, CLOSE)) < 100_000
