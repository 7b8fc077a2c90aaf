"""An extract in the database: what comes in, what a second import leaves alone, what a broken file changes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from geodata.city.areas import recount
from geodata.city.ground_import import Imported, import_osm
from geodata.city.ground_read import read_ground
from geodata.db import Conn
from geodata.errors import InvalidInputError, SetupError
from tests.geodata.osm.writer import SOUTH, STEP, WEST, Drawing, tower, town

Import = Callable[[Drawing], Imported]
HOUSEHOLDS_A_TOWER = 33.4 * 33.2 * 20 / 91
"""33.4 m by 33.2 m of floor on 20 floors, 91 m2 a household."""
TABLES = ("area", "road_node", "road_edge", "place", "building")


@pytest.fixture
def take_in(conn: Conn, tmp_path: Path) -> Import:
    """Import a drawn town."""

    def run(drawing: Drawing) -> Imported:
        return import_osm(conn, drawing.write(tmp_path / "town.osm"), tmp_path)

    return run


def counts(conn: Conn) -> dict[str, int]:
    return {table: one(conn, f"SELECT count(*) FROM hall.{table}") for table in TABLES} | {
        "feature": one(conn, "SELECT count(*) FROM base.feature")
    }


def one(conn: Conn, query: str) -> int:
    row = conn.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def rows(conn: Conn, query: str) -> list[tuple[object, ...]]:
    return conn.execute(query).fetchall()


def test_a_town_comes_in_whole(conn: Conn, take_in: Import) -> None:
    done = take_in(town())
    assert counts(conn) == {
        "area": 1 + 2 + done.communities + done.grids + done.city_grids,
        "road_node": 36,
        "road_edge": 60,
        "place": 2,
        "building": 101,
        "feature": 12 + 101 + 2,
    }
    assert done.households == pytest.approx(100 * HOUSEHOLDS_A_TOWER, rel=0.02)
    assert (done.streets, done.city_grids) == (2, 2)
    assert done.grids == round(done.households / 607.2)


def test_codes_nest_and_grids_cover_the_district(conn: Conn, take_in: Import) -> None:
    take_in(town())
    assert rows(conn, "SELECT code, name FROM hall.area WHERE level IN ('district', 'street') ORDER BY code") == [
        ("990000", "示范区"),
        ("990000001", "青石街道"),
        ("990000002", "白塔街道"),
    ]
    orphans = """SELECT count(*) FROM hall.area a WHERE level <> 'district'
                 AND NOT EXISTS (SELECT FROM hall.area p WHERE p.code = a.parent_code AND starts_with(a.code, p.code))"""
    assert one(conn, orphans) == 0
    gap = """SELECT abs(sum(ST_Area(geom)) FILTER (WHERE level = 'base_grid') - sum(ST_Area(geom)) FILTER (WHERE level = 'district'))
             / sum(ST_Area(geom)) FILTER (WHERE level = 'district') < 1e-9 FROM hall.area"""
    assert rows(conn, gap) == [(True,)]
    assert rows(conn, "SELECT min(code), max(code) FROM hall.area WHERE level = 'city_grid'") == [("990000901", "990000902")]


def test_grids_know_their_norm_and_duties(conn: Conn, take_in: Import) -> None:
    take_in(town())
    assert rows(
        conn, "SELECT DISTINCT kind, norm_people_min, norm_people_max, cardinality(duties) FROM hall.area WHERE level = 'base_grid'"
    ) == [("inner", 1000, 1500, 5)]
    assert one(conn, "SELECT count(*) FROM hall.area WHERE name = '梅园社区'") == 1
    assert one(conn, "SELECT count(*) FROM hall.area WHERE name = '梅园社区001网格'") == 1


def test_every_building_has_one_grid_a_code_and_an_address(conn: Conn, take_in: Import) -> None:
    take_in(town())
    known = rows(conn, "SELECT DISTINCT use_type, floors, height_m, height_source FROM hall.building")
    assert known == [("residential", 20, 62.0, "levels")]
    assert one(conn, "SELECT count(*) FROM hall.building b JOIN hall.area a ON a.code = b.grid_code AND a.level = 'base_grid'") == 101
    assert one(conn, "SELECT count(*) FROM hall.building WHERE code ~ ('^' || grid_code || 'B[0-9]{4}$')") == 101
    assert one(conn, "SELECT count(*) FROM hall.building WHERE address ~ '^(第.街|梅.路)$'") == 100
    assert rows(conn, "SELECT flags, homes FROM hall.building WHERE flags <> '{}'") == [(["outside_district"], 0.0)]


def test_twice_in_a_row_changes_nothing(conn: Conn, take_in: Import) -> None:
    take_in(town())
    before, revisions = counts(conn), rows(conn, "SELECT layer, revision FROM hall.layer_revision ORDER BY 1")
    ids = rows(conn, "SELECT id, source_id FROM hall.building ORDER BY 1")
    done = take_in(town())
    assert counts(conn) == before
    assert not any(done.stored.changed.values())
    assert not any(done.stored.deleted.values())
    assert rows(conn, "SELECT id, source_id FROM hall.building ORDER BY 1") == ids
    assert rows(conn, "SELECT layer, revision FROM hall.layer_revision ORDER BY 1") == revisions


def test_other_data_is_left_alone(conn: Conn, take_in: Import) -> None:
    take_in(town())
    conn.execute("""INSERT INTO hall.building (source_id, code, use_type, floors, height_m, height_source, area_m2, grid_code, geom)
                    SELECT 'own-1', grid_code || 'X0001', 'office', 2, 6, 'surveyed', 80, grid_code, geom FROM hall.building LIMIT 1""")
    conn.execute("UPDATE hall.building SET people = 7, rooms = 3, property_company = '梅园物业' WHERE source_id = 'w14'")
    conn.execute("UPDATE hall.area SET people = 9")
    take_in(town(floors=21))
    assert rows(conn, "SELECT floors, people, rooms, property_company FROM hall.building WHERE source_id = 'w14'") == [
        (21, 7, 3, "梅园物业")
    ]
    assert one(conn, "SELECT count(*) FROM hall.building WHERE source_id = 'own-1'") == 1


def test_areas_of_another_source_are_kept_and_buildings_go_into_them(conn: Conn, take_in: Import) -> None:
    conn.execute("""INSERT INTO hall.area (level, code, name, area_m2, source, geom)
                    VALUES ('base_grid', '430105001001001', '自有网格', 1, 'import',
                            ST_Multi(ST_MakeEnvelope(9.9, 0.4, 10.1, 0.6, 4326)))""")
    take_in(town())
    assert rows(conn, "SELECT code FROM hall.area WHERE level = 'base_grid'") == [("430105001001001",)]
    assert rows(conn, "SELECT DISTINCT grid_code FROM hall.building") == [("430105001001001",)]


def test_areas_of_another_source_displace_only_what_they_cover(conn: Conn, take_in: Import) -> None:
    done = take_in(town())
    corner = rows(conn, "SELECT code FROM hall.area WHERE level = 'base_grid' ORDER BY code LIMIT 1")[0][0]
    conn.execute("UPDATE hall.area SET source = 'import', name = '自有网格', people = 5 WHERE code = %s", (corner,))
    take_in(town(floors=21))
    assert one(conn, "SELECT count(*) FROM hall.area WHERE level = 'base_grid'") >= done.grids
    assert rows(conn, "SELECT name, people FROM hall.area WHERE source = 'import'") == [("自有网格", 5)]


def test_another_extract_takes_the_place_of_the_first(conn: Conn, take_in: Import) -> None:
    take_in(town())
    hamlet = Drawing()
    hamlet.way([(20.0, 0.5), (20.01, 0.5)], highway="residential", name="乡道")
    tower(hamlet, 20.004, 0.5002, 2)
    done = take_in(hamlet)
    assert counts(conn) == {"area": 5, "road_node": 2, "road_edge": 1, "place": 0, "building": 1, "feature": 2}
    assert done.stored.deleted["hall.building"] == 101
    assert rows(conn, "SELECT code FROM hall.building") == [("990000001001001B0001",)]


def test_roads_without_a_building_still_make_a_district(conn: Conn, take_in: Import) -> None:
    drawing = Drawing()
    for line in range(5):
        drawing.way([(WEST + step * STEP, SOUTH + line * STEP) for step in range(5)], highway="residential")
        drawing.way([(WEST + line * STEP, SOUTH + step * STEP) for step in range(5)], highway="residential")
    done = take_in(drawing)
    assert (done.edges, done.buildings, done.streets, done.households) == (40, 0, 1, 0.0)
    assert done.grids >= 1


def test_a_broken_file_changes_nothing(conn: Conn, take_in: Import, tmp_path: Path) -> None:
    take_in(town())
    before = counts(conn)
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"\x00\x00\x00\x0d nonsense")
    with pytest.raises(InvalidInputError, match=r"broken\.osm\.pbf"):
        import_osm(conn, broken, tmp_path)
    assert counts(conn) == before


def test_the_ground_is_read_back_in_metres(conn: Conn, take_in: Import) -> None:
    done = take_in(town())
    ground = read_ground(conn)
    assert ground.crs.to_epsg() == 32632
    assert (len(ground.grids.code), len(ground.communities.code), len(ground.streets.code)) == (done.grids, done.communities, 2)
    assert ground.households == pytest.approx(done.households, rel=0.001)
    assert ground.buildings.inside.sum() == 100
    assert ground.buildings.area_m2.mean() == pytest.approx(33.4 * 33.2, rel=0.01)
    assert ground.grids.code[ground.buildings.grid].tolist() == [
        row[0] for row in rows(conn, "SELECT grid_code FROM hall.building ORDER BY id")
    ]
    assert ground.grid_of(ground.buildings.point).tolist() == ground.buildings.grid.tolist()
    assert [ground.communities.code[parent] for parent in ground.grids.parent] == [code[:12] for code in ground.grids.code]
    assert ground.roads.inside.all()
    assert ground.roads.length_m.sum() == pytest.approx(60 * 111, rel=0.01)
    assert sorted(ground.places.place_class) == ["quarter", "school"]


def test_without_an_import_there_is_no_ground(conn: Conn) -> None:
    with pytest.raises(SetupError, match="import osm"):
        read_ground(conn)


def test_areas_count_what_is_in_them(conn: Conn, take_in: Import) -> None:
    take_in(town())
    grid = rows(conn, "SELECT min(grid_code) FROM hall.building WHERE grid_code LIKE '990000002%'")[0][0]
    conn.execute(
        """INSERT INTO hall.person (id, id_no, name, sex, birth_date, pop_type, grid_code, geom)
                    SELECT n, n::text, '某', 1, '1980-01-01', 'registered', %s, ST_SetSRID(ST_MakePoint(10, 0.5), 4326)
                    FROM generate_series(1, 900) AS n""",
        (grid,),
    )
    conn.execute("INSERT INTO hall.household (id, room_id, size, grid_code) SELECT n, n, 3, %s FROM generate_series(1, 300) AS n", (grid,))
    recount(conn)
    counted = "SELECT level, households, people FROM hall.area WHERE people > 0 ORDER BY length(code), code"
    assert [(level, households, people) for level, households, people in rows(conn, counted)] == [
        ("district", 300, 900),
        *([(level, 300, 900) for level in ("street", "city_grid")]),
        ("community", 300, 900),
        ("base_grid", 300, 900),
    ]
    assert one(conn, "SELECT sum(buildings) FROM hall.area WHERE level = 'base_grid'") == 101
    assert one(conn, "SELECT buildings FROM hall.area WHERE level = 'district'") == 101


@pytest.mark.parametrize(
    ("people", "scale", "flag"),
    [
        (799, 1.0, "under"),
        (800, 1.0, "ok"),
        (1800, 1.0, "ok"),
        (1801, 1.0, "over"),
        (160, 0.2, "ok"),
        (159, 0.2, "under"),
        (361, 0.2, "over"),
    ],
)
def test_a_grid_is_flagged_a_fifth_beyond_its_norm(conn: Conn, people: int, scale: float, flag: str) -> None:
    recount(conn, scale=scale)
    assert rows(conn, f"SELECT hall.size_flag({people}, 1000, 1500)") == [(flag,)]
