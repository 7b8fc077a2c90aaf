"""Street pictures within the reader's rights, and the ways from one to the next; flights that are one's own or shared."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.grid import LonLat
from services import fly_paths, panoramas
from services.audit import Caller
from services.fly_paths import Stop
from services.rights import Reader, Role
from tests import district

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
HERE = LonLat(district.LONS[0], district.LAT)
ADD = """
    INSERT INTO hall.panorama (id, source, external_no, name, heading_deg, heading_from, sha256, width, height, restricted, grid_code, geom)
    VALUES (%(id)s, 'test', %(id)s::text, 'p' || %(id)s, 0, 'list', repeat('a', 64), 4096, 2048, %(restricted)s, %(grid)s,
            ST_Project(ST_MakePoint(%(lon)s, %(lat)s)::geography, %(metres)s, radians(%(bearing)s))::geometry)
"""


def reader(role: Role = Role.DISPATCHER, scope: str = "", account: int = 1) -> Reader:
    return Reader(account, role.value, role.value, role, scope)


@pytest.fixture
def street(conn: Conn) -> Conn:
    district.fill(conn)
    conn.execute("DELETE FROM hall.panorama")
    for number, (metres, bearing, restricted) in enumerate(
        [(0, 0, False), (20, 90, False), (40, 92, False), (25, 270, False), (30, 0, True), (500, 180, False)], 1
    ):
        values = {
            "id": number,
            "metres": metres,
            "bearing": bearing,
            "restricted": restricted,
            "grid": district.GRIDS[0],
            "lon": HERE.lon,
            "lat": HERE.lat,
        }
        conn.execute(ADD, values)
    return conn


def test_the_nearest_one_comes_with_one_neighbour_a_direction(street: Conn) -> None:
    found = panoramas.nearest(street, reader(), HERE)
    assert (found.panorama.id, found.distance_m) == (1, 0)
    assert [(one.id, round(one.bearing_deg), round(one.distance_m)) for one in found.neighbours] == [(2, 90, 20), (4, 270, 25)]
    led = panoramas.one(street, reader(Role.SHIFT_LEADER), 1)
    assert [one.id for one in led.neighbours] == [2, 4, 5], "who leads a shift is led to the restricted one, too"


@pytest.mark.parametrize("role", list(Role))
def test_who_may_look(street: Conn, role: Role) -> None:
    if role in panoramas.MAY_LOOK:
        assert panoramas.one(street, reader(role), 1).panorama.id == 1
        return
    with pytest.raises(NotAllowedError):
        panoramas.one(street, reader(role), 1)
    with pytest.raises(NotAllowedError):
        panoramas.nearest(street, reader(role), HERE)


def test_scope_and_restriction(street: Conn) -> None:
    with pytest.raises(NotFoundError):
        panoramas.one(street, reader(scope=district.STREETS[1]), 1)
    with pytest.raises(NotFoundError):
        panoramas.nearest(street, reader(scope=district.STREETS[1]), HERE)
    with pytest.raises(NotAllowedError, match="restricted"):
        panoramas.one(street, reader(), 5)
    assert panoramas.one(street, reader(Role.LEADER), 5).panorama.restricted


def test_what_is_not_there(street: Conn, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="within 150 m"):
        panoramas.nearest(street, reader(), LonLat(113.6, 22.3))
    with pytest.raises(InvalidInputError):
        panoramas.nearest(street, reader(), HERE, 5_000)
    for number in (0, -1, 2**70, 99):
        with pytest.raises(NotFoundError):
            panoramas.one(street, reader(), number)
    with pytest.raises(NotFoundError, match="import it again"):
        panoramas.picture(street, tmp_path, reader(), 1, "full")
    with pytest.raises(InvalidInputError):
        panoramas.picture(street, tmp_path, reader(), 1, "../full")


def test_directions_are_compass_directions() -> None:
    for bearing, (east, north) in {0.0: (0, 1), 90.0: (1, 0), 180.0: (0, -1), 270.0: (-1, 0)}.items():
        found, metres = panoramas.direction(HERE, LonLat(HERE.lon + east * 1e-4, HERE.lat + north * 1e-4))
        assert found == pytest.approx(bearing, abs=0.01)
        assert metres == pytest.approx(11.12 if north else 10.3, abs=0.05)


STOPS = [Stop(lon=113.54, lat=22.19, zoom=15, pitch=60, bearing=0, seconds=0), Stop(lon=113.55, lat=22.19, zoom=16, pitch=60, bearing=90)]


@pytest.fixture
def accounts(conn: Conn) -> dict[str, Caller]:
    made = {}
    for role, name in ((Role.DISPATCHER, "one"), (Role.WORKER, "two"), (Role.SHIFT_LEADER, "three")):
        row = conn.execute(
            "INSERT INTO hall.account (username, display_name, role, scope) VALUES (%s, %s, %s, '') RETURNING id",
            [f"fly_{name}", name, role.value],
        ).fetchone()
        assert row is not None
        made[name] = Caller(reader=reader(role, account=row[0]), address=None, now=NOW)
    return made


def test_a_flight_is_its_owners_until_it_is_shared(conn: Conn, accounts: dict[str, Caller]) -> None:
    saved = fly_paths.save(conn, accounts["one"], " 环飞 ", STOPS, loops=True)
    assert (saved.name, saved.own, saved.loops, list(saved.stops)) == ("环飞", True, True, STOPS)
    assert fly_paths.paths(conn, accounts["two"].reader) == []
    with pytest.raises(NotFoundError):
        fly_paths.one(conn, accounts["two"].reader, saved.id)
    again = fly_paths.save(conn, accounts["one"], "环飞", STOPS[::-1], shared=True)
    assert again.id == saved.id
    assert [path.own for path in fly_paths.paths(conn, reader(Role.WALL, account=0))] == [False]
    with pytest.raises(NotFoundError):
        fly_paths.delete(conn, accounts["two"], saved.id)
    fly_paths.delete(conn, accounts["three"], saved.id)
    assert fly_paths.paths(conn, accounts["one"].reader) == []


def test_flights_that_cannot_be(conn: Conn, accounts: dict[str, Caller]) -> None:
    with pytest.raises(NotAllowedError):
        fly_paths.save(conn, accounts["two"], "x", STOPS, shared=True)
    with pytest.raises(NotAllowedError):
        fly_paths.paths(conn, reader(Role.SYSTEM_ADMIN))
    for stops in (
        [],
        STOPS[:1],
        STOPS * 31,
        [STOPS[0], Stop(lon=113, lat=22, zoom=40)],
        [STOPS[0], Stop(lon=float("nan"), lat=22, zoom=15)],
    ):
        with pytest.raises(InvalidInputError):
            fly_paths.save(conn, accounts["one"], "x", stops)
    for name in ("", "  ", "x" * 41, "a\0b"):
        with pytest.raises(InvalidInputError):
            fly_paths.save(conn, accounts["one"], name, STOPS)
