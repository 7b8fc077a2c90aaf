"""A platform's catalogue into ours, twice and changed, in a district of two grids."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from geodata import crs
from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from services import camera_catalogue, camera_placing, camera_tree, video_sources
from services.audit import Caller
from services.camera_catalogue import Report
from services.camera_placing import Placing
from services.catalogue_entry import Entry
from services.rights import Reader, Role
from services.video_sources import SourceForm

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
GRIDS = ("990000001001001", "990000002001001")
ADMIN = Caller(reader=Reader(3, "system_admin", "管理员", Role.SYSTEM_ADMIN, ""), address=None, now=NOW)
DISPATCHER = Caller(reader=Reader(1, "dispatcher", "派遣员", Role.DISPATCHER, ""), address=None, now=NOW)
AREA = """
    INSERT INTO hall.area (level, code, name, area_m2, geom)
    VALUES (%s, %s, '样例区', 1, ST_Multi(ST_MakeEnvelope(%s, 22.18, %s, 22.2, 4326)))
"""
GROUP, TEAM = "99000001082150000001", "99000001082160000001"


def camera(number: int, **changed: Any) -> Entry:
    entry = Entry(
        gb_id=f"9900000108132000{number:04d}",
        kind="camera",
        name=f"点位{number}",
        parent_gb_id=TEAM,
        ref=str(number),
        lon=113.541 + number * 0.001,
        lat=22.19,
        online=True,
    )
    return replace(entry, **changed)


NODES = (Entry(gb_id=GROUP, kind="group", name="公安"), Entry(gb_id=TEAM, kind="organization", name="一中队", parent_gb_id=GROUP))
ALL = (*NODES, *(camera(number) for number in range(1, 7)))


@pytest.fixture
def district(conn: Conn) -> Iterator[Conn]:
    """Two grids with the border at 113.545, a source in WGS 84 and one in GCJ-02."""
    for level, code, west, east in (
        ("base_grid", GRIDS[0], 113.54, 113.545),
        ("base_grid", GRIDS[1], 113.545, 113.55),
        ("district", "990000", 113.54, 113.55),
    ):
        conn.execute(AREA, [level, code, west, east])
    conn.execute("INSERT INTO hall.video_source (id, key, kind, name) VALUES (1, 'one', 'wvp', '一所'), (2, 'two', 'wvp', '二所')")
    conn.execute("SELECT setval(pg_get_serial_sequence('hall.video_source', 'id'), 100)")
    yield conn
    conn.rollback()


def store(conn: Conn, *entries: Entry, source: int = 1, later: int = 0) -> Report:
    return camera_catalogue.store(conn, source, entries or ALL, NOW + timedelta(minutes=later))


def row(conn: Conn, number: int, columns: str = "flags") -> Any:
    query = f"SELECT {columns} FROM hall.camera WHERE gb_id = %s"
    found = conn.execute(query, [camera(number).gb_id]).fetchone()
    assert found
    return found if "," in columns else found[0]


def revision(conn: Conn) -> int:
    found = conn.execute("SELECT revision FROM hall.layer_revision WHERE layer = 'cameras'").fetchone()
    return int(found[0]) if found else 0


def test_cameras_come_in_with_tree_grid_and_owner(district: Conn) -> None:
    report = store(district)
    assert (report.cameras, report.new, report.updated, report.unchanged, report.nodes) == (6, 6, 0, 0, 2)
    assert row(district, 1, "name, owner, stream_ref, geom_source, grid_code") == ("点位1", "city", "1", "platform", GRIDS[0])
    assert row(district, 6, "grid_code") == GRIDS[1]
    tree = {node.name: (node.parent, node.count) for node in camera_tree.tree(district, DISPATCHER.reader) if node.kind != "owner"}
    assert tree["一中队"][1] == tree["公安"][1] == 6


def test_the_same_catalogue_again_changes_nothing_and_moves_no_revision(district: Conn) -> None:
    store(district)
    before = revision(district)
    report = store(district, later=60)
    assert (report.new, report.updated, report.unchanged, report.missing) == (0, 0, 6, 0)
    assert revision(district) == before


def test_what_changed_is_brought_up_and_nothing_else(district: Conn) -> None:
    store(district)
    report = store(district, *NODES, *(camera(n) for n in range(1, 5)), camera(5, name="改名"), camera(6, online=False))
    assert (report.updated, report.unchanged) == (2, 4)
    assert row(district, 5, "name, online") == ("改名", True)
    assert row(district, 6, "online, changed_at") == (False, NOW)


def test_a_position_set_by_hand_stays_and_everything_else_follows(district: Conn) -> None:
    store(district)
    camera_placing.place(district, ADMIN, int(row(district, 1, "id")), Placing(lon=113.5481, lat=22.1911))
    moved = camera(1, lon=113.5425, lat=22.1905, name="新名")
    store(district, *NODES, moved, *(camera(n) for n in range(2, 7)))
    assert row(district, 1, "round(ST_X(geom)::numeric, 4)::float8, grid_code, geom_source, name") == (113.5481, GRIDS[1], "hand", "新名")
    zero = store(district, *NODES, camera(1, lon=0.0, lat=0.0), *(camera(n) for n in range(2, 7)))
    assert zero.doubtful["zero"] == 1
    assert row(district, 1) == []


def test_doubtful_positions_and_ids_are_flagged_and_cleared_again(district: Conn) -> None:
    odd = (
        camera(1, lon=0.0, lat=0.0),
        camera(2, lon=None, lat=None),
        camera(3, lon=114.0),
        camera(4, lon=camera(5).lon),
        camera(5),
        camera(6, lon=22.19, lat=113.547),
        camera(7, gb_id="12345678901234567890"),
    )
    report = store(district, *odd)
    assert report.doubtful == {
        "zero": 1,
        "no_position": 1,
        "outside_district": 1,
        "duplicate_position": 2,
        "swapped": 1,
        "wrong_id": 1,
    }
    assert [row(district, n) for n in range(1, 7)] == [
        ["zero"],
        ["no_position"],
        ["outside_district"],
        ["duplicate_position"],
        ["duplicate_position"],
        ["swapped"],
    ]
    assert row(district, 1, "grid_code") == "990000"
    assert row(district, 6, "grid_code") == GRIDS[1]
    store(district)
    assert [row(district, n) for n in range(1, 7)] == [[]] * 6


def test_a_position_that_is_lost_leaves_the_camera_where_it_was(district: Conn) -> None:
    store(district)
    store(district, *NODES, camera(1, lon=None, lat=None), camera(2, lon=0.0, lat=0.0), *(camera(n) for n in range(3, 7)))
    assert row(district, 1, "flags, round(ST_X(geom)::numeric, 4)::float8") == (["no_position"], 113.542)
    assert row(district, 2, "flags, round(ST_X(geom)::numeric, 4)::float8") == (["zero"], 113.543)


def test_positions_are_converted_as_the_source_is_set(district: Conn) -> None:
    video_sources.change(district, ADMIN, 2, crs="gcj02")
    lon, lat = crs.from_wgs84(np.array([113.5433]), np.array([22.1922]), "gcj02")
    store(district, camera(1, lon=float(lon[0]), lat=float(lat[0]), parent_gb_id=None), source=2)
    place = row(district, 1, "ST_X(geom), ST_Y(geom)")
    assert place == (pytest.approx(113.5433, abs=2e-7), pytest.approx(22.1922, abs=2e-7))


def test_what_is_gone_is_marked_and_comes_back(district: Conn) -> None:
    store(district)
    assert store(district, *ALL[:-1]).missing == 1
    assert row(district, 6, "flags, online") == (["missing"], False)
    assert store(district, *ALL[:-1]).missing == 0
    assert store(district).updated == 1
    assert row(district, 6, "flags, online") == ([], True)


def test_a_catalogue_that_is_too_short_to_be_true_changes_nothing(district: Conn) -> None:
    store(district)
    with pytest.raises(InvalidInputError, match="2 cameras where 6 are known"):
        store(district, camera(1), camera(2))
    with pytest.raises(InvalidInputError):
        camera_catalogue.store(district, 1, [], NOW)
    with pytest.raises(NotFoundError):
        store(district, source=99)


def test_what_is_told_twice_or_belongs_to_another_source_is_left_out(district: Conn) -> None:
    store(district)
    report = store(district, camera(1, name="别人的"), camera(8), camera(8, name="again"), source=2)
    assert (report.cameras, report.new) == (1, 1)
    assert sorted(report.refused) == [f"{camera(1).gb_id}: belongs to another source", f"{camera(8).gb_id}: told twice"]
    assert row(district, 1, "name, video_source_id") == ("点位1", 1)


def test_a_camera_from_a_file_is_taken_over_by_its_id(district: Conn) -> None:
    district.execute(
        "INSERT INTO hall.camera (id, gb_id, name, owner, place_type, ptz_type, azimuth_deg, fov_deg, view_range_m, online, grid_code, flags, geom)"
        " VALUES (7, %s, '旧', 'traffic', 'junction', 1, 12, 60, 90, true, %s, '{own}', ST_SetSRID(ST_MakePoint(113.5411, 22.19), 4326))",
        [camera(1).gb_id, GRIDS[0]],
    )
    assert (store(district).new, row(district, 1, "id, owner, azimuth_deg, stream_ref, flags")) == (5, (7, "traffic", 12, "1", ["own"]))


def test_divisions_that_only_cameras_name_become_nodes_and_circles_are_cut(district: Conn) -> None:
    loop = (
        Entry(gb_id=GROUP, kind="group", name="a", parent_gb_id=TEAM),
        Entry(gb_id=TEAM, kind="organization", name="b", parent_gb_id=GROUP),
    )
    store(district, *loop, camera(1), camera(2, parent_gb_id=None, civil_code="990000"), camera(3, parent_gb_id="99000002"))
    kinds = dict(district.execute("SELECT gb_id, kind FROM hall.camera_group WHERE source_id = 1").fetchall())
    assert kinds == {GROUP: "group", TEAM: "organization", "990000": "division", "99000002": "division"}
    assert len([node for node in camera_tree.tree(district, DISPATCHER.reader) if node.group_id]) == 3


def test_a_failure_stands_with_the_source_until_it_goes_well(district: Conn) -> None:
    camera_catalogue.failed(district, 1, "the platform did not answer in time", NOW)
    one = video_sources.sources(district, ADMIN.reader)[0]
    assert (one.failure, one.synced_at) == ("the platform did not answer in time", None)
    store(district)
    one = video_sources.sources(district, ADMIN.reader)[0]
    assert (one.failure, one.synced_at, one.cameras) == (None, NOW, 6)
    assert one.report is not None
    assert one.report["new"] == 6


def test_catalogues_are_due_when_asked_for_never_read_or_old(district: Conn) -> None:
    assert camera_catalogue.due(district, NOW, minutes=60) == [1, 2]
    store(district)
    store(district, camera(9), source=2, later=30)
    assert camera_catalogue.due(district, NOW + timedelta(minutes=59), minutes=60) == []
    assert camera_catalogue.due(district, NOW + timedelta(minutes=61), minutes=60) == [1]
    video_sources.ask_sync(district, replace(ADMIN, now=NOW + timedelta(minutes=40)), 2)
    assert camera_catalogue.due(district, NOW + timedelta(minutes=41), minutes=60) == [2]


def test_only_the_system_administrator_sets_sources_up_and_secrets_stay_out_of_the_address(district: Conn) -> None:
    form = SourceForm(key="three", kind="zlmediakit", name="三所", base_url="http://10.0.0.3", crs="gcj02")
    with pytest.raises(NotAllowedError):
        video_sources.add(district, DISPATCHER, form)
    with pytest.raises(NotAllowedError):
        video_sources.sources(district, DISPATCHER.reader)
    added = video_sources.add(district, ADMIN, form)
    assert (added.crs, added.cameras) == ("gcj02", 0)
    assert not hasattr(added, "base_url")
    with pytest.raises(ConflictError):
        video_sources.add(district, ADMIN, form)
    wrong: tuple[dict[str, Any], ...] = (
        {"key": "Three"},
        {"key": "1x"},
        {"kind": "sample"},
        {"crs": "epsg"},
        {"name": " "},
        {"base_url": "http://user:secret@10.0.0.3"},
        {"base_url": "file:///etc"},
    )
    for change in wrong:
        with pytest.raises(InvalidInputError):
            video_sources.add(district, ADMIN, replace(form, **({"key": "four"} | change)))
    video_sources.change(district, ADMIN, added.id, enabled=False)
    with pytest.raises(ConflictError):
        video_sources.ask_sync(district, ADMIN, added.id)
