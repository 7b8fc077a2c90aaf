"""Lists of cameras with their streams; a position that a person has set."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError
from tests.geodata.imports.conftest import Import, one

Written = Callable[..., Path]
ROW = {"国标编码": "99000001081320000077", "名称": "东门", "归属": "公安", "lon": 113.5431, "lat": 22.1921}


def test_a_list_may_name_streams_and_the_source_is_made_for_them(load: Import, written: Written, hall: Conn) -> None:
    rows = [
        ROW | {"取流地址": "rtsp://10.0.0.5/main", "子码流": "rtsp://10.0.0.5/sub", "云台": "是", "用途": "秩序"},
        ROW | {"国标编码": "99000001081320000078", "取流地址": "live/two", "子码流": "", "云台": "", "用途": ""},
        ROW | {"国标编码": "99000001081320000079", "取流地址": "http://10.0.0.5/x", "子码流": "", "云台": "", "用途": ""},
    ]
    summary = load(written(rows), "cameras")
    assert (summary.counts.new, summary.bad) == (2, 1)
    query = (
        "SELECT c.stream_ref, c.sub_ref, c.ptz, c.purpose, c.geom_source, s.kind FROM hall.camera c"
        " LEFT JOIN hall.video_source s ON s.id = c.video_source_id WHERE gb_id = %s"
    )
    found = [hall.execute(query, [row["国标编码"]]).fetchone() for row in rows[:2]]
    assert found[0] == ("rtsp://10.0.0.5/main", "rtsp://10.0.0.5/sub", True, "秩序", "file", "rtsp")
    assert found[1] == ("live/two", None, False, None, "file", None)
    assert load(written(rows), "cameras").counts.unchanged == 2


def test_no_file_moves_what_a_person_has_set(load: Import, written: Written, hall: Conn) -> None:
    load(written([ROW]), "cameras")
    hall.execute(
        "UPDATE hall.camera SET geom = ST_SetSRID(ST_MakePoint(113.5475, 22.192), 4326), geom_source = 'hand',"
        " grid_code = '990000002001001' WHERE gb_id = %s",
        [ROW["国标编码"]],
    )
    counts = load(written([ROW | {"名称": "东大门", "lon": 0, "lat": 0}]), "cameras").counts
    assert (counts.updated, counts.new) == (1, 0)
    place = "SELECT name || ' ' || round(ST_X(geom)::numeric, 4) || ' ' || grid_code || ' ' || geom_source || ' ' || flags::text FROM hall.camera WHERE gb_id = %s"
    assert one(hall, place, ROW["国标编码"]) == "东大门 113.5475 990000002001001 hand {}"
    assert load(written([ROW | {"名称": "东大门"}]), "cameras").counts.unchanged == 1


TREE = """
    SELECT g.name, g.kind, p.name, count(c.id) FROM hall.camera_group AS g
        LEFT JOIN hall.camera_group AS p ON p.id = g.parent_id LEFT JOIN hall.camera AS c ON c.group_id = g.id
    GROUP BY g.id, p.name ORDER BY g.gb_id
"""
GROUP_OF = "SELECT g.name FROM hall.camera AS c JOIN hall.camera_group AS g ON g.id = c.group_id WHERE c.gb_id = %s"


def listed(*groups: str) -> list[dict[str, object]]:
    return [ROW | {"国标编码": f"990000010813200000{70 + n}", "业务分组": group} for n, group in enumerate(groups)]


def test_groups_that_a_list_names_are_made_once(load: Import, written: Written, hall: Conn) -> None:
    rows = listed("治安", "交通/卡口", "交通／卡口", "交通", "")
    assert load(written(rows), "cameras").counts.new == 5
    first = hall.execute(TREE).fetchall()
    assert first == [("治安", "group", None, 1), ("交通", "group", None, 1), ("卡口", "organization", "交通", 2)]
    codes = [row[0] for row in hall.execute("SELECT gb_id FROM hall.camera_group ORDER BY gb_id")]
    assert codes == ["99000000002159000001", "99000000002159000002", "99000000002169000003"]
    assert load(written(rows), "cameras").counts.unchanged == 5
    assert hall.execute(TREE).fetchall() == first
    moved = load(written([rows[0] | {"业务分组": "交通/路口"}, *rows[1:]]), "cameras").counts
    assert (moved.updated, moved.unchanged) == (1, 4)
    assert one(hall, GROUP_OF, rows[0]["国标编码"]) == "路口"
    plain = [{name: value for name, value in row.items() if name != "业务分组"} for row in rows]
    assert load(written(plain), "cameras").counts.unchanged == 5
    assert one(hall, GROUP_OF, rows[1]["国标编码"]) == "卡口"


def test_a_workbook_names_groups_and_a_known_code_is_that_group(load: Import, hall: Conn, tmp_path: Path) -> None:
    hall.execute("INSERT INTO hall.camera_group (gb_id, kind, name) VALUES ('99000001002150000001', 'group', '一期')")
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows = listed("99000001002150000001", "99000001002150000009", "二期")
    for cells in (list(rows[0]), *(list(row.values()) for row in rows)):
        sheet.append(cells)
    book.save(tmp_path / "own.xlsx")
    assert load(tmp_path / "own.xlsx", "cameras").counts.new == 3
    assert [one(hall, GROUP_OF, row["国标编码"]) for row in rows] == ["一期", "99000001002150000009", "二期"]
    assert one(hall, "SELECT count(*) FROM hall.camera_group WHERE gb_id = '99000001002150000009'") == 1
    assert load(tmp_path / "own.xlsx", "cameras").counts.unchanged == 3


def test_the_tree_of_a_platform_goes_before_that_of_a_list(load: Import, written: Written, hall: Conn) -> None:
    rows = listed("治安", "治安")
    load(written(rows), "cameras")
    hall.execute("INSERT INTO hall.video_source (id, key, kind, name) VALUES (7, 'wvp', 'wvp', '平台')")
    hall.execute("INSERT INTO hall.camera_group (id, source_id, gb_id, kind, name) VALUES (77, 7, '990000', 'division', '平台区划')")
    hall.execute("UPDATE hall.camera SET group_id = 77 WHERE gb_id = %s", [rows[0]["国标编码"]])
    assert load(written(rows), "cameras").counts.unchanged == 2
    assert [one(hall, GROUP_OF, row["国标编码"]) for row in rows] == ["平台区划", "治安"]


def test_a_group_of_too_many_levels_makes_the_row_bad(load: Import, written: Written, hall: Conn) -> None:
    summary = load(written(listed("治安", "一/二/三/四/五/六/七")), "cameras")
    assert (summary.counts.new, summary.bad) == (1, 1)
    with pytest.raises(InvalidInputError, match="rows are bad"):
        load(written(listed("/", "/")), "cameras")
    assert one(hall, "SELECT count(*) FROM hall.camera_group") == 1
