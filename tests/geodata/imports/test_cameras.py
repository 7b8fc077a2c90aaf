"""Lists of cameras with their streams; a position that a person has set."""

from collections.abc import Callable
from pathlib import Path

from geodata.db import Conn
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
