"""The list of the cameras' health: counts, states, area and role."""

from datetime import UTC, datetime

import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from services.rights import Reader, Role
from services.video_health import HealthQuery, health

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CAMERA = """
    INSERT INTO hall.camera (id, gb_id, name, owner, place_type, ptz_type, azimuth_deg, fov_deg, view_range_m, online, is_key, grid_code, geom)
    VALUES (%s, %s, %s, 'city', 'road', 3, 90, 60, 60, %s, false, %s, ST_SetSRID(ST_MakePoint(113.54, 22.19), 4326))
"""
LOOK = "INSERT INTO hall.camera_health (camera_id, checked_at, online, failure, codec, quality) VALUES (%s, %s, %s, %s, %s, %s)"


def reader(role: Role = Role.DISPATCHER, scope: str = "") -> Reader:
    return Reader(1, "one", "One", role, scope)


@pytest.fixture
def cameras(conn: Conn) -> Conn:
    """A good one, a black one and one that gives no stream in the first street; one that is offline in the second, never looked at."""
    for number, online, grid in ((1, True, "990101001"), (2, True, "990101001"), (3, True, "990101001"), (4, False, "990101002")):
        conn.execute(CAMERA, [number, f"99000000081321{number:06d}", f"中山路 0{number}", online, f"{grid}001001"])
    conn.execute(LOOK, [1, NOW, True, None, "h264", "good"])
    conn.execute(LOOK, [2, NOW, True, None, "h264", "black"])
    conn.execute(LOOK, [3, NOW, True, "no_video", None, None])
    return conn


def test_every_state_is_counted_whatever_state_is_asked_for(cameras: Conn) -> None:
    found = health(cameras, reader(), HealthQuery(state="black"))
    assert found.counts == {"good": 1, "black": 1, "failing": 1, "offline": 1}
    assert [one.id for one in found.items] == [2]


def test_only_the_readers_area_is_told(cameras: Conn) -> None:
    found = health(cameras, reader(scope="990101002"), HealthQuery())
    assert found.counts == {"offline": 1}
    assert [one.id for one in found.items] == [4]


def test_a_text_finds_a_name_and_is_no_pattern(cameras: Conn) -> None:
    assert [one.id for one in health(cameras, reader(), HealthQuery(text="路 03")).items] == [3]
    assert health(cameras, reader(), HealthQuery(text="%")).items == []


def test_the_list_goes_on_after_the_last_row(cameras: Conn) -> None:
    first = health(cameras, reader(), HealthQuery(limit=3)).items
    rest = health(cameras, reader(), HealthQuery(limit=3, after_id=first[-1].id)).items
    assert [one.id for one in [*first, *rest]] == [1, 2, 3, 4]


@pytest.mark.parametrize("role", [Role.CITIZEN, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN])
def test_who_sees_no_cameras_reads_nothing(cameras: Conn, role: Role) -> None:
    with pytest.raises(NotAllowedError):
        health(cameras, reader(role), HealthQuery())


@pytest.mark.parametrize("query", [HealthQuery(state="dirty"), HealthQuery(limit=0), HealthQuery(text="x" * 81), HealthQuery(text="a\0b")])
def test_nonsense_is_refused(cameras: Conn, query: HealthQuery) -> None:
    with pytest.raises(InvalidInputError):
        health(cameras, reader(), query)
