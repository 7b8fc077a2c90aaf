"""One file into one class: what is written, what is refused, what is doubted."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import MultiPolygon, Point, Polygon, box

from geodata import crs
from geodata.db import Conn
from geodata.errors import InvalidInputError, SetupError, UnknownLayerError
from geodata.imports.run import Order, run_import
from tests.geodata.imports.conftest import Import, one

Written = Callable[..., Path]
EAST_GATE = {"编号": "a1", "名称": "东门", "归属": "城管", "经度": 113.541, "纬度": 22.191}
RESIDENT = {"身份证号": "11010519491231002X", "姓名": "张三丰", "经度": 113.5425, "纬度": 22.1925}


def camera(number: int, **values: object) -> dict[str, object]:
    return {"编号": f"a{number}", "名称": f"点{number}", "归属": "公安", "经度": 113.541 + number / 1e5, "纬度": 22.191, **values}


def problems(report: Path) -> list[str]:
    return report.read_text(encoding="utf-8-sig").splitlines()[1:]


def test_a_camera_lands_in_its_grid_with_a_local_number(hall: Conn, load: Import, written: Written) -> None:
    summary = load(written([EAST_GATE]), "cameras")
    row = hall.execute(
        "SELECT name, owner, gb_id, grid_code, fov_deg, online, flags, ST_X(geom), source_id FROM hall.camera WHERE source_id = 'a1'"
    ).fetchone()
    assert row == ("东门", "city", "99000000081329000001", "990000001001001", 360.0, False, [], pytest.approx(113.541), "a1")
    assert (summary.read, summary.counts.new, summary.bad, summary.counts.numbered) == (1, 1, 0, 1)


def test_importing_twice_changes_nothing_not_even_the_revision(hall: Conn, load: Import, written: Written) -> None:
    file = written([camera(n) for n in range(5)])
    load(file, "cameras")
    before = hall.execute("SELECT * FROM hall.layer_revision ORDER BY layer").fetchall()
    numbers = hall.execute("SELECT id, gb_id FROM hall.camera ORDER BY id").fetchall()
    counts = load(file, "cameras").counts
    assert (counts.new, counts.updated, counts.unchanged) == (0, 0, 5)
    assert hall.execute("SELECT * FROM hall.layer_revision ORDER BY layer").fetchall() == before
    assert hall.execute("SELECT id, gb_id FROM hall.camera ORDER BY id").fetchall() == numbers


def test_a_changed_row_is_updated_and_keeps_what_the_file_does_not_say(hall: Conn, load: Import, written: Written) -> None:
    load(written([{**EAST_GATE, "可视距离": 80}]), "cameras")
    counts = load(written([{**EAST_GATE, "名称": "东大门"}]), "cameras").counts
    assert (counts.new, counts.updated) == (0, 1)
    row = hall.execute("SELECT name, view_range_m FROM hall.camera WHERE source_id = 'a1'").fetchone()
    assert row == ("东大门", 80.0)


def test_two_suppliers_may_number_alike(hall: Conn, load: Import, written: Written) -> None:
    load(written([EAST_GATE]), "cameras", supplier="公安")
    assert load(written([EAST_GATE]), "cameras", supplier="城管").counts.new == 1
    assert one(hall, "SELECT count(*) FROM hall.camera WHERE source_id IN ('公安:a1', '城管:a1')") == 2


def test_a_row_is_found_again_by_its_national_code(hall: Conn, load: Import, written: Written) -> None:
    """Camera 61 of the district has this code and no supplier's id."""
    load(written([{**EAST_GATE, "国标编码": "99000001001320000001"}]), "cameras")
    assert hall.execute("SELECT name, source_id FROM hall.camera WHERE id = 61").fetchone() == ("东门", "a1")


def test_bad_rows_are_listed_and_the_rest_is_written(hall: Conn, load: Import, written: Written, report: Path) -> None:
    rows = [
        camera(1),
        camera(2, 归属="火星"),
        camera(3, 纬度="x"),
        camera(4, 名称=""),
        camera(5, 经度="", 纬度=""),
        camera(1),
        camera(7),
        camera(8),
    ]
    summary = load(written(rows), "cameras", max_bad=0.7)
    assert (summary.read, summary.counts.new, summary.bad) == (8, 3, 5)
    assert one(hall, "SELECT count(*) FROM hall.camera WHERE source_id LIKE 'a%%'") == 3
    assert problems(report) == [
        '3,归属,火星,"is not one of: city, community, environment, fire, police, safety, social, traffic"',
        "4,纬度,x,is no number",
        "5,名称,,is empty",
        "6,position,,is empty",
        "7,编号,a1,stands already in row 2",
    ]


def test_a_file_with_too_many_bad_rows_is_refused_whole(hall: Conn, load: Import, written: Written, report: Path) -> None:
    rows = [camera(n, 归属="火星" if n < 2 else "公安") for n in range(20)]
    with pytest.raises(
        InvalidInputError, match=r"2 of 20 rows are bad, more than 5.0%: nothing was imported. 归属 is not one of: .* [(]2x[)]"
    ):
        load(written(rows), "cameras", max_bad=0.05)
    assert one(hall, "SELECT count(*) FROM hall.camera") == 2
    assert len(problems(report)) == 2
    assert load(written(rows), "cameras", max_bad=0.1).counts.new == 18


def test_an_older_report_goes_when_all_rows_are_good(load: Import, written: Written, report: Path) -> None:
    report.write_text("old")
    assert load(written([EAST_GATE]), "cameras").report is None
    assert not report.exists()


def test_positions_outside_at_zero_exchanged_and_repeated_are_flagged_not_dropped(hall: Conn, load: Import, written: Written) -> None:
    rows = [
        camera(1, 经度=113.6),
        camera(2, 经度=0, 纬度=0),
        camera(3, 经度=22.192, 纬度=113.546),
        camera(4, 经度=113.541, 纬度=22.1921),
        camera(5, 经度=113.541, 纬度=22.1921),
    ]
    summary = load(written(rows), "cameras")
    flags = dict(hall.execute("SELECT source_id, array_to_string(flags, ',') FROM hall.camera WHERE source_id IS NOT NULL").fetchall())
    assert flags == {
        "a1": "outside_district",
        "a2": "zero,outside_district",
        "a3": "swapped",
        "a4": "duplicate_position",
        "a5": "duplicate_position",
    }
    grids = dict(hall.execute("SELECT source_id, grid_code FROM hall.camera WHERE source_id IS NOT NULL").fetchall())
    assert grids["a1"] == "990000002001001"  # the nearest one: 113.6 lies east of the district
    assert hall.execute("SELECT ST_X(geom), ST_Y(geom) FROM hall.camera WHERE source_id = 'a3'").fetchone() == (113.546, 22.192)
    assert summary.flags == {"outside_district": 2, "zero": 1, "swapped": 1, "duplicate_position": 2}


@pytest.mark.parametrize("system", ["gcj02", "bd09", "4490", "4547", "3857"])
def test_positions_of_any_system_come_to_the_same_place(hall: Conn, load: Import, written: Written, system: str) -> None:
    x, y = crs.from_wgs84(np.array([113.541]), np.array([22.191]), system)
    summary = load(written([{**EAST_GATE, "经度": float(x[0]), "纬度": float(y[0])}]), "cameras", crs=system)
    lon, lat = hall.execute("SELECT ST_X(geom), ST_Y(geom) FROM hall.camera WHERE source_id = 'a1'").fetchone() or (0, 0)
    assert (lon, lat) == (pytest.approx(113.541, abs=1e-8), pytest.approx(22.191, abs=1e-8))
    assert summary.round_trip_m < 1e-4


def test_metres_taken_for_degrees_are_refused(load: Import, written: Written) -> None:
    with pytest.raises(InvalidInputError, match="are no degrees: give their system with --crs"):
        load(written([{**EAST_GATE, "经度": 452_000, "纬度": 2_454_000}]), "cameras")


def test_unknown_layers_and_systems_are_refused(load: Import, written: Written) -> None:
    with pytest.raises(UnknownLayerError, match="cameras"):
        load(written([EAST_GATE]), "drones")
    with pytest.raises(InvalidInputError, match="no coordinate system EPSG:99999"):
        load(written([EAST_GATE]), "cameras", crs="99999")


def test_polygons_are_no_cameras_and_points_no_buildings(load: Import, tmp_path: Path) -> None:
    gpd.GeoDataFrame({"id": [1], "name": ["a"], "owner": ["city"]}, geometry=[box(0, 0, 1, 1)], crs=4326).to_file(tmp_path / "own.geojson")
    with pytest.raises(InvalidInputError, match="holds Polygon geometries, not points"):
        load(tmp_path / "own.geojson", "cameras")
    gpd.GeoDataFrame({"id": [1]}, geometry=[Point(0, 0)], crs=4326).to_file(tmp_path / "points.geojson")
    with pytest.raises(InvalidInputError, match="holds Point geometries, not polygons"):
        load(tmp_path / "points.geojson", "buildings")


def test_a_shapefile_without_system_is_refused(load: Import, tmp_path: Path) -> None:
    gpd.GeoDataFrame({"id": [1]}, geometry=[box(0, 0, 1, 1)], crs=4326).to_file(tmp_path / "own.shp")
    (tmp_path / "own.prj").unlink()
    with pytest.raises(InvalidInputError, match="states no coordinate system: give it with --crs"):
        load(tmp_path / "own.shp", "buildings")


def test_offset_degrees_do_not_fit_a_file_in_metres(load: Import, tmp_path: Path) -> None:
    gpd.GeoDataFrame({"id": [1]}, geometry=[box(452_000, 2_454_000, 452_010, 2_454_010)], crs=4547).to_file(tmp_path / "own.gpkg")
    with pytest.raises(InvalidInputError, match="not in degrees: --crs gcj02 does not fit"):
        load(tmp_path / "own.gpkg", "buildings", crs="gcj02")


def test_a_district_without_areas_is_told_to_bring_them_first(conn: Conn, written: Written, tmp_path: Path) -> None:
    conn.execute("SELECT 1")
    with pytest.raises(SetupError, match="import the district's streets, communities or grids first"):
        run_import(conn, Order(file=written([EAST_GATE]), layer="cameras", report=tmp_path / "bad.csv"))


def test_a_footprint_gets_its_code_height_and_area(hall: Conn, load: Import, tmp_path: Path) -> None:
    side = 0.0002
    square, bow = (
        box(113.541, 22.191, 113.541 + side, 22.191 + side),
        Polygon([(113.546, 22.191), (113.547, 22.192), (113.547, 22.191), (113.546, 22.192)]),
    )
    frame = gpd.GeoDataFrame(
        {"编号": ["b1", "b2"], "层数": [6, None], "用途": ["住宅", "写字楼"]}, geometry=[square, MultiPolygon([bow])], crs=4326
    )
    frame.to_file(tmp_path / "own.gpkg")
    summary = load(tmp_path / "own.gpkg", "buildings")
    rows = hall.execute(
        "SELECT code, use_type, floors, height_m, height_source, area_m2, flags FROM hall.building WHERE source_id IN ('own/b1', 'own/b2') ORDER BY source_id"
    ).fetchall()
    assert rows[0] == ("990000001001001B0002", "residential", 6, 18.0, "levels", pytest.approx(20.62 * 22.15, rel=0.01), [])
    assert rows[1][:5] == ("990000002001001B0002", "office", 1, 3.0, "estimated")
    assert rows[1][6] == ["repaired"]
    assert summary.flags == {"repaired": 1}


def test_a_resident_gets_birth_sex_and_building_and_is_counted(hall: Conn, load: Import, written: Written) -> None:
    """Building 11 of the district stands round 113.5425, 22.1925 and has one resident already."""
    load(written([RESIDENT]), "people")
    row = hall.execute("SELECT sex, birth_date::text, pop_type, building_id FROM hall.person WHERE name = '张三丰'").fetchone()
    assert row == (2, "1949-12-31", "registered", 11)
    assert one(hall, "SELECT people FROM hall.building WHERE id = 11") == 2
    assert hall.execute("SELECT level, people FROM hall.area WHERE people = 2 ORDER BY level").fetchall() == [
        ("base_grid", 2),
        ("city_grid", 2),
        ("community", 2),
        ("street", 2),
    ]
    assert one(hall, "SELECT people FROM hall.area WHERE level = 'district'") == 3


def test_a_resident_without_position_stands_in_the_building_that_the_row_names(hall: Conn, load: Import, written: Written) -> None:
    row = {"身份证号": "11010519491231002X", "姓名": "张三丰", "楼栋编码": "990000002001001B0001"}
    load(written([row]), "people")
    assert hall.execute("SELECT building_id, grid_code FROM hall.person WHERE name = '张三丰'").fetchone() == (12, "990000002001001")
    with pytest.raises(InvalidInputError, match="there is no building with this code"):
        load(written([{**row, "楼栋编码": "x"}]), "people")


def test_personal_values_are_masked_in_the_report(load: Import, written: Written, report: Path) -> None:
    rows = [RESIDENT, {**RESIDENT, "身份证号": "110105194912310021"}]
    load(written(rows), "people")
    assert problems(report) == ["3,,,the check character of the ID number is wrong"]
    rows[1] = {**RESIDENT, "身份证号": "11010519491231002X"}
    load(written(rows), "people")
    assert problems(report) == ["3,身份证号,1****************X,stands already in row 2"]


def test_a_sex_that_contradicts_the_id_number_is_doubted(hall: Conn, load: Import, written: Written) -> None:
    load(written([{**RESIDENT, "性别": "男"}]), "people")
    assert hall.execute("SELECT sex, flags FROM hall.person WHERE name = '张三丰'").fetchone() == (1, ["id_mismatch"])


def test_foreigners_come_with_a_passport_and_a_birth_date(hall: Conn, load: Import, written: Written) -> None:
    row = {
        "证件号码": "E12345678",
        "姓名": "Ana",
        "人口类型": "境外",
        "出生日期": "1990-05-06",
        "性别": "女",
        "经度": 113.5425,
        "纬度": 22.1925,
    }
    load(written([row]), "people")
    assert hall.execute("SELECT id_no, sex, birth_date::text FROM hall.person WHERE name = 'Ana'").fetchone() == (
        "E12345678",
        2,
        "1990-05-06",
    )


def test_parts_get_the_next_number_of_their_class(hall: Conn, load: Import, written: Written) -> None:
    """Part 41 of the district is 9900000101000001, part 42 …02."""
    rows = [
        {"编号": "p1", "部件编码": "", "小类": "上水井盖", "名称": "井盖", "经度": 113.5411, "纬度": 22.191},
        {"编号": "p2", "部件编码": "9900000101000003", "小类": "", "名称": "井盖", "经度": 113.5412, "纬度": 22.191},
        {"编号": "p3", "部件编码": "", "小类": "0118", "名称": "路灯", "经度": 113.5413, "纬度": 22.191},
        {"编号": "p4", "部件编码": "9900000118000009", "小类": "0101", "名称": "路灯", "经度": 113.5414, "纬度": 22.191},
    ]
    summary = load(written(rows), "parts")
    found = dict(hall.execute("SELECT source_id, obj_id || ' ' || class_code FROM hall.part WHERE source_id IS NOT NULL").fetchall())
    assert found == {"p1": "9900000101000004 0101", "p2": "9900000101000003 0101", "p3": "9900000118000001 0118"}
    assert (summary.bad, summary.counts.numbered) == (1, 2)


def test_what_belongs_to_another_row_is_refused(load: Import, written: Written, report: Path) -> None:
    rows = [{**camera(n), "国标编码": code} for n, code in ((1, "43010500081326000001"), (2, "43010500081326000002"))]
    load(written(rows), "cameras")
    rows[1]["国标编码"] = "43010500081326000001"
    rows[0]["国标编码"] = ""
    load(written(rows), "cameras")
    assert problems(report) == ["3,gb_id,,belongs to another row already"]


def test_an_event_takes_the_major_class_of_its_class(hall: Conn, load: Import, written: Written) -> None:
    row = {
        "工单编号": "e1", "标题": "占道", "小类": "占道经营", "状态": "已办结", "来源": "12345热线", "上报时间": "2026-11-01 08:00", "结案时间": "2026-11-02 08:00",
        "经度": 113.541, "纬度": 22.191, "地址": "新街",
    }  # fmt: skip
    load(written([row]), "events")
    found = hall.execute(
        "SELECT case_no, class_code, major, level, source, state, deadline_at::date - reported_at::date, place_text FROM hall.event WHERE source_id = 'e1'"
    ).fetchone()
    assert found == ("9900002026110100001", "0101", "city", 0, "hotline12345", "closed", 7, "新街")
    for wrong in ({"结案时间": ""}, {"结案时间": "2026-10-01"}):
        with pytest.raises(InvalidInputError, match="1 of 1 rows are bad"):
            load(written([{**row, **wrong}]), "events")


def test_grid_workers_exchange_their_grids(hall: Conn, load: Import, written: Written) -> None:
    """Workers W001 and W002 of the district have grids 1 and 2."""
    rows = [
        {"工号": "W001", "姓名": "甲", "岗位": "网格员", "网格编码": "990000002001001"},
        {"工号": "W002", "姓名": "乙", "岗位": "网格员", "网格编码": "990000001001001"},
    ]
    assert load(written(rows), "workers").counts.updated == 2
    assert hall.execute("SELECT worker_no, grid_code FROM hall.worker ORDER BY 1").fetchall() == [
        ("W001", "990000002001001"),
        ("W002", "990000001001001"),
    ]
    assert one(hall, "SELECT count(*) FROM hall.worker_position") == 2


def test_one_grid_has_one_grid_worker(load: Import, written: Written, report: Path) -> None:
    rows = [
        {"工号": "W003", "姓名": "丙", "岗位": "网格员", "网格编码": "990000001001001"},
        {"工号": "W004", "姓名": "丁", "岗位": "执法", "网格编码": "990000001001001"},
        {"工号": "W005", "姓名": "戊", "岗位": "执法", "网格编码": "990000001001009"},
    ]
    summary = load(written(rows), "workers", max_bad=0.9)
    assert summary.counts.new == 1
    assert problems(report) == ["2,grid_code,,belongs to another row already", "4,网格编码,990000001001009,there is no area with this code"]


def test_a_worker_with_a_position_is_on_the_map(hall: Conn, load: Import, written: Written) -> None:
    row = {
        "工号": "W009",
        "姓名": "己",
        "岗位": "环卫工",
        "专长": "清扫、洒水",
        "状态": "空闲",
        "定位时间": "2026-11-23 08:00",
        "经度": 113.546,
        "纬度": 22.191,
    }
    load(written([row]), "workers")
    query = "SELECT grid_code, skills, status, reported_at::text FROM hall.layer_workers WHERE worker_no = 'W009'"
    assert hall.execute(query).fetchone() == ("990000002001001", "清扫,洒水", "free", "2026-11-23 00:00:00+00")
    assert load(written([{**row, "状态": "任务中"}]), "workers").counts.updated == 1
    assert (
        one(hall, "SELECT p.status FROM hall.worker_position p JOIN hall.worker w ON w.id = p.worker_id WHERE worker_no = 'W009'") == "busy"
    )
    assert load(written([{**row, "状态": "任务中"}]), "workers").counts.unchanged == 1


def test_vehicles_places_resources_sensors_and_organizations_come_too(hall: Conn, load: Import, written: Written) -> None:
    spot = {"经度": 113.541, "纬度": 22.191}
    load(written([{"车牌": "湘A·D1234", "类型": "渣土车", "定位时间": "2026-11-23 08:00", **spot}]), "vehicles", max_bad=1)
    assert load(written([{"车牌": "湘AD12345", "类型": "渣土车", "定位时间": "2026-11-23 08:00", **spot}]), "vehicles").counts.new == 1
    assert load(written([{"编号": "q", "类别": "公园", "名称": "人民公园", **spot}]), "places").counts.new == 1
    assert load(written([{"编号": "r", "类型": "避难所", "名称": "体育场", "容量": "1200", **spot}]), "resources").counts.new == 1
    assert load(written([{"设备编号": "s", "类型": "积水", "名称": "下穿", **spot}]), "sensors").counts.new == 1
    organization = {
        "统一社会信用代码": "91310230MA1K314J7C",
        "单位名称": "某某公司",
        "类型": "企业",
        "行业": "制造业",
        "经度": 113.5425,
        "纬度": 22.1925,
    }
    assert load(written([organization]), "organizations").counts.new == 1
    assert one(hall, "SELECT osm_ref FROM hall.place WHERE name = '人民公园'") == "own/q"
    assert one(hall, "SELECT synthetic FROM hall.resource WHERE source_id = 'r'") is False
    assert one(hall, "SELECT organizations FROM hall.building WHERE id = 11") == 2


def test_new_base_grids_take_over_what_lies_in_them(hall: Conn, load: Import, tmp_path: Path) -> None:
    """Street 1's grid is cut in two; its camera and its resident, at 113.5425 E, lie in the eastern part."""
    west = box(113.54, 22.19, 113.5422, 22.195)
    east = box(113.5422, 22.19, 113.545, 22.195)
    frame = gpd.GeoDataFrame(
        {"网格编码": ["990000001001001", "990000001001002"], "网格名称": ["西", "东"]}, geometry=[west, east], crs=4326
    )
    frame.to_file(tmp_path / "grids.geojson")
    counts = load(tmp_path / "grids.geojson", "base_grids").counts
    assert (counts.new, counts.updated) == (1, 1)
    assert one(hall, "SELECT grid_code FROM hall.camera WHERE id = 61") == "990000001001002"
    assert one(hall, "SELECT grid_code FROM hall.camera WHERE id = 62") == "990000002001001"
    figures = hall.execute(
        "SELECT code, parent_code, people FROM hall.area WHERE code LIKE '990000001001%%' AND level = 'base_grid' ORDER BY 1"
    ).fetchall()
    assert figures == [("990000001001001", "990000001001", 0), ("990000001001002", "990000001001", 1)]


def test_new_footprints_take_in_who_had_no_building(hall: Conn, load: Import, tmp_path: Path) -> None:
    hall.execute("UPDATE hall.person SET building_id = NULL, geom = ST_SetSRID(ST_MakePoint(113.5441, 22.1941), 4326) WHERE id = 21")
    gpd.GeoDataFrame({"id": ["n1"]}, geometry=[box(113.544, 22.194, 113.5442, 22.1942)], crs=4326).to_file(tmp_path / "own.geojson")
    load(tmp_path / "own.geojson", "buildings")
    assert one(hall, "SELECT b.source_id FROM hall.person p JOIN hall.building b ON b.id = p.building_id WHERE p.id = 21") == "own/n1"
    assert one(hall, "SELECT people FROM hall.building WHERE source_id = 'own/n1'") == 1


def test_an_empty_catalogue_is_filled_with_the_standards(hall: Conn, load: Import, written: Written) -> None:
    hall.execute("DELETE FROM hall.part")
    hall.execute("DELETE FROM hall.part_class")
    row = {"编号": "p1", "小类": "路灯", "名称": "路灯", "经度": 113.5411, "纬度": 22.191}
    load(written([row]), "parts")
    assert one(hall, "SELECT class_code FROM hall.part") == "0118"
    assert one(hall, "SELECT major FROM hall.part_class WHERE code = '0301'") == "03"


def test_own_grids_take_the_place_of_provisional_ones(hall: Conn, load: Import, tmp_path: Path) -> None:
    """One own grid over street 1: the grid derived from the map goes, and what stood in it follows."""
    frame = gpd.GeoDataFrame(
        {"网格编码": ["430105001001001"], "网格名称": ["甲"]}, geometry=[box(113.5401, 22.1901, 113.5449, 22.1949)], crs=4326
    )
    frame.to_file(tmp_path / "grids.geojson")
    hall.execute("UPDATE hall.camera SET geom = ST_SetSRID(ST_MakePoint(113.54001, 22.19001), 4326) WHERE id = 61")
    load(tmp_path / "grids.geojson", "base_grids")
    codes = [row[0] for row in hall.execute("SELECT code FROM hall.area WHERE level = 'base_grid' ORDER BY code").fetchall()]
    assert codes == ["430105001001001", "990000002001001"]
    assert one(hall, "SELECT grid_code FROM hall.person WHERE id = 21") == "430105001001001"
    assert one(hall, "SELECT grid_code FROM hall.camera WHERE id = 61") == "430105001001001"  # beside the new grid, which is the nearest
    assert load(tmp_path / "grids.geojson", "base_grids").counts.unchanged == 1
