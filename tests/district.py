"""A district of two streets that a reader can check by hand: every class has one row in each street, told apart by its id.

Ids of the first street end in 1, ids of the second street in 2. Personal values are unlike any other text, so that a leak is found by
looking for them.
"""

from collections.abc import Iterator

import psycopg
import pytest
from argon2 import PasswordHasher

from geodata import credentials
from geodata.db import Conn
from services.rights import Role
from tests.town import database

DISTRICT = "990000"
STREETS = ("990000001", "990000002")
GRIDS = ("990000001001001", "990000002001001")
LONS = (113.5425, 113.5475)
LAT = 22.1925
NAMES = ("赵壹贰", "钱叁肆")
PHONES = ("11000000001", "11000000002")
ID_NUMBERS = ("990000198001010018", "990000199002020029")
ADDRESSES = ("远方省远方市旧街一号", "远方省远方市旧街二号")
PASSWORD = "Hall-Map-2026"
ACCOUNTS = {role.value: (role, "") for role in Role} | {"worker": (Role.WORKER, STREETS[0])}

AREAS = """
    INSERT INTO hall.area (id, level, code, parent_code, name, people, households, area_m2, geom)
    SELECT %(id)s, %(level)s, %(code)s, %(parent)s, %(name)s, 1, 1, 250000,
           ST_Multi(ST_MakeEnvelope(%(west)s, 22.19, %(east)s, 22.195, 4326))
"""
ROWS = (
    """INSERT INTO hall.building (id, source_id, code, name, address, use_type, floors, height_m, height_source, area_m2, rooms, people,
                                 organizations, grid_code, geom)
       VALUES (10 + %(n)s, 'w' || %(n)s, %(grid)s || 'B0001', '楼宇' || %(n)s, '新街' || %(n)s || '号', 'residential', 2, 6, 'levels', 400, 4, 1,
               1, %(grid)s, ST_Multi(ST_MakeEnvelope(%(lon)s - 0.0001, %(lat)s - 0.0001, %(lon)s + 0.0001, %(lat)s + 0.0001, 4326)))""",
    """INSERT INTO hall.room (id, building_id, unit_no, floor_no, room_no, state, area_m2, grid_code)
       SELECT 100 * %(n)s + floor * 10 + door, 10 + %(n)s, 1, floor, floor || '0' || door,
              CASE WHEN floor = 1 THEN 'shop' WHEN door = 1 THEN 'own' ELSE 'vacant' END, 50, %(grid)s
       FROM generate_series(1, 2) AS floor, generate_series(1, 2) AS door""",
    """INSERT INTO hall.household (id, room_id, size, grid_code) VALUES (20 + %(n)s, 100 * %(n)s + 21, 1, %(grid)s)""",
    """INSERT INTO hall.person (id, id_no, name, sex, birth_date, phone, pop_type, hukou_address, care, household_id, relation, room_id,
                               building_id, grid_code, geom)
       VALUES (20 + %(n)s, %(id_no)s, %(name)s, 1, '1940-03-04', %(phone)s, 'registered', %(address)s, 'elder_alone', 20 + %(n)s, 'head',
               100 * %(n)s + 21, 10 + %(n)s, %(grid)s, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326))""",
    """INSERT INTO hall.organization (id, uscc, name, org_type, industry, legal_rep, phone, address, building_id, room_id, grid_code, geom)
       VALUES (30 + %(n)s, '9199000000000000' || %(n)s || 'X', '商铺' || %(n)s, 'self_employed', 'F', %(name)s, %(phone)s, '新街' || %(n)s || '号',
               10 + %(n)s, 100 * %(n)s + 11, %(grid)s, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326))""",
    """INSERT INTO hall.part (id, obj_id, class_code, name, state, grid_code, geom)
       VALUES (40 + %(n)s, '990000010100000' || %(n)s, '0101', '井盖' || %(n)s, 'intact', %(grid)s,
               ST_SetSRID(ST_MakePoint(%(lon)s + 0.0002, %(lat)s), 4326))""",
    """INSERT INTO hall.sensor (id, code, name, kind, status, part_id, building_id, reported_at, grid_code, geom)
       VALUES (50 + %(n)s, 'S' || %(n)s, '井盖传感' || %(n)s, 'manhole', 'normal', 40 + %(n)s, 10 + %(n)s, '2026-11-23T00:00:00Z', %(grid)s,
               ST_SetSRID(ST_MakePoint(%(lon)s + 0.0002, %(lat)s), 4326))""",
    """INSERT INTO hall.camera (id, gb_id, name, owner, place_type, ptz_type, azimuth_deg, fov_deg, view_range_m, online, grid_code, geom)
       VALUES (60 + %(n)s, '9900000100132000000' || %(n)s, '路口' || %(n)s, 'police', 'junction', 1, 90, 60, 50, true, %(grid)s,
               ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s + 0.0002), 4326))""",
    """INSERT INTO hall.camera_coverage (grid_code, open_m2, seen_m2, cameras, made_at)
       VALUES (%(grid)s, 200000, 10000 * %(n)s, 1, '2026-11-23T00:00:00Z')""",
    """INSERT INTO hall.panorama (id, source, external_no, name, road, taken_at, heading_deg, heading_from, sha256, width, height, restricted,
                                 grid_code, geom)
       VALUES (130 + %(n)s, 'city', 'p' || %(n)s || '.jpg', '街景' || %(n)s, '新街' || %(n)s, '2026-11-01T00:00:00Z', 90, 'file',
               repeat(%(n)s::text, 64), 4096, 2048, false, %(grid)s, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s + 0.0001), 4326))""",
    """INSERT INTO hall.worker (id, worker_no, name, phone, role, status, grid_code)
       VALUES (70 + %(n)s, 'W00' || %(n)s, %(name)s, %(phone)s, 'grid_worker', 'free', %(grid)s)""",
    """INSERT INTO hall.worker_position (worker_id, reported_at, status, geom)
       VALUES (70 + %(n)s, '2026-11-23T00:00:00Z', 'free', ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s - 0.0002), 4326))""",
    """INSERT INTO hall.vehicle (id, plate, kind, driver, phone, status, reported_at, grid_code, geom)
       VALUES (80 + %(n)s, '澳A0000' || %(n)s, 'sanitation', %(name)s, %(phone)s, 'free', '2026-11-23T00:00:00Z', %(grid)s,
               ST_SetSRID(ST_MakePoint(%(lon)s - 0.0002, %(lat)s), 4326))""",
    """INSERT INTO hall.resource (id, kind, name, contact, phone, grid_code, geom)
       VALUES (90 + %(n)s, 'shelter', '避难所' || %(n)s, %(name)s, %(phone)s, %(grid)s, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326))""",
    """INSERT INTO hall.event (id, case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at,
                              reporter, reporter_phone, place_text, building_id, worker_id, grid_code, geom)
       VALUES (100 + %(n)s, '990000202611230000' || %(n)s, '占道经营' || %(n)s, '0101', 'city', 4, 'citizen', 'filed', '2026-11-22T00:00:00Z',
               '2026-11-24T00:00:00Z', '2026-11-22T00:00:00Z', %(name)s, %(phone)s, '新街' || %(n)s || '号门前', 10 + %(n)s, 70 + %(n)s, %(grid)s,
               ST_SetSRID(ST_MakePoint(%(lon)s + 0.0001, %(lat)s), 4326))""",
    """INSERT INTO hall.place (id, osm_ref, class, name, name_raw, phone, grid_code, geom)
       VALUES (110 + %(n)s, 'n' || %(n)s, 'park', '公园' || %(n)s, '公園' || %(n)s, %(phone)s, %(grid)s, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326))""",
    """INSERT INTO hall.road_node (id, geom) SELECT 10 * %(n)s + step, ST_SetSRID(ST_MakePoint(%(lon)s + step * 0.001, %(lat)s), 4326)
       FROM generate_series(0, 1) AS step""",
    """INSERT INTO hall.road_edge (id, way_id, part, source, target, highway, name, speed_kmh, forward, backward, drive, bridge, tunnel, layer,
                                  length_m, grid_code, geom)
       VALUES (120 + %(n)s, %(n)s, 0, 10 * %(n)s, 10 * %(n)s + 1, 'residential', '新街' || %(n)s, 30, true, true, true, false, false, 0, 103,
               %(grid)s, ST_SetSRID(ST_MakeLine(ST_MakePoint(%(lon)s, %(lat)s), ST_MakePoint(%(lon)s + 0.001, %(lat)s)), 4326))""",
)


def fill(conn: Conn) -> None:
    """Write the district into a migrated, empty database."""
    with conn.cursor() as cursor:
        cursor.execute("INSERT INTO hall.part_class (code, name, major) VALUES ('0101', '上水井盖', '01')")
        cursor.execute("INSERT INTO hall.event_class (code, name, major) VALUES ('0101', '占道经营', 'city')")
        _areas(conn)
        for n, lon in enumerate(LONS, 1):
            values = {
                "n": n,
                "grid": GRIDS[n - 1],
                "lon": lon,
                "lat": LAT,
                "name": NAMES[n - 1],
                "phone": PHONES[n - 1],
                "id_no": ID_NUMBERS[n - 1],
                "address": ADDRESSES[n - 1],
            }
            for statement in ROWS:
                cursor.execute(statement, values)


def _areas(conn: Conn) -> None:
    areas: list[tuple[int, str, str, str | None, str, float, float]] = [(1, "district", DISTRICT, None, "样例城区", 113.54, 113.55)]
    for n, (west, east) in enumerate(((113.54, 113.545), (113.545, 113.55)), 1):
        street = STREETS[n - 1]
        areas += [
            (200 + n, "street", street, DISTRICT, f"街道{n}", west, east),
            (300 + n, "community", f"{street}001", street, f"社区{n}", west, east),
            (400 + n, "base_grid", GRIDS[n - 1], f"{street}001", f"网格{n}", west, east),
            (500 + n, "city_grid", f"99000090{n}", DISTRICT, f"城管网格{n}", west, east),
        ]
    for area_id, level, code, parent, name, west, east in areas:
        values = {"id": area_id, "level": level, "code": code, "parent": parent, "name": name, "west": west, "east": east}
        conn.execute(AREAS, values)


@pytest.fixture(scope="session")
def district_url(worker_name: str) -> Iterator[str]:
    """URL of a database with the district of tests/district.py and one account of every role."""
    yield from database(f"hall_test_{worker_name}_district", fill)


@pytest.fixture(scope="session")
def quick_hashes() -> Iterator[None]:
    """The real cost of a hash is 0.1 s and 64 MiB on purpose."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credentials, "_hasher", quick)
        patch.setattr(credentials, "NO_PASSWORD", quick.hash("nobody"))
        yield


@pytest.fixture(scope="session")
def tokens(district_url: str, quick_hashes: None) -> dict[str, str]:
    """One account of every role, the worker bound to the first street; the token of each by username."""
    made = {}
    password_hash = credentials.hash_password(PASSWORD)
    with psycopg.connect(district_url) as conn:
        for username, (role, scope) in ACCOUNTS.items():
            made[username], digest = credentials.new_token()
            conn.execute(
                """WITH account AS (INSERT INTO hall.account (username, display_name, role, scope, password_hash)
                                    VALUES (%s, %s, %s, %s, %s) RETURNING id)
                   INSERT INTO hall.token (digest, account_id, note) SELECT %s, id, 'test' FROM account""",
                [username, username, role.value, scope, password_hash, digest],
            )
    return made
