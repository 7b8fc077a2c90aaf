"""A small town on a lattice, so that every count can be worked out by hand.

The district is 0.04 degrees wide and high, from 113.50 E 22.10 N. It has 2 x 2 streets, in each 2 x 2 base grids, 8 x 8 buildings of
0.0004 degrees with 25 people each (every fourth floating), 3 rooms each, 20 x 10 cameras (every tenth offline), 300 events (every tenth
open), 30 workers (every third busy), and 10 roads of 4 edges.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from geodata.db import Conn, Pool, open_pool
from geodata.migrate import migrate
from layers.registry import LAYERS
from services.mirror_store import MirrorStore
from services.rights import Reader, Role

WEST, SOUTH, SIDE = 113.50, 22.10, 0.04
DISPATCHER = Reader(1, "dispatcher", "派遣员", Role.DISPATCHER, "")
NORTH_EAST = Reader(2, "department", "部门", Role.WORKER, "990000004")
"""Bound to the street in the north-east."""

AREA_OF = """
    CREATE FUNCTION pg_temp.area_of(lon float8, lat float8) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT '99000000' || (1 + floor((lon - 113.50) / 0.02)::int + 2 * floor((lat - 22.10) / 0.02)::int) || '00100'
               || (1 + floor((lon - 113.50) / 0.01)::int % 2 + 2 * (floor((lat - 22.10) / 0.01)::int % 2))
    $$;
    CREATE FUNCTION pg_temp.at(lon float8, lat float8) RETURNS geometry LANGUAGE sql IMMUTABLE AS $$
        SELECT ST_SetSRID(ST_MakePoint(lon, lat), 4326)
    $$;
"""
AREAS = """
    INSERT INTO hall.area (level, code, name, kind, people, households, area_m2, geom)
    SELECT level, CASE WHEN level = 'district' THEN '990000'
                       WHEN level = 'street' THEN left(pg_temp.area_of(west + 0.001, south + 0.001), 9)
                       ELSE pg_temp.area_of(west + 0.001, south + 0.001) END,
           word || row_number() OVER (PARTITION BY level ORDER BY south, west), CASE WHEN west < 113.519 THEN 'inner' ELSE 'outer' END,
           people, people / 3, ST_Area(box::geography), ST_Multi(box)
    FROM (VALUES ('district', '城区', 1, 1600), ('street', '街道', 2, 400), ('base_grid', '网格', 4, 100)) AS kind (level, word, parts, people),
         LATERAL generate_series(0, parts - 1) AS i, LATERAL generate_series(0, parts - 1) AS j,
         LATERAL (SELECT 113.50 + i * 0.04 / parts AS west, 22.10 + j * 0.04 / parts AS south) AS corner,
         LATERAL (SELECT ST_MakeEnvelope(west, south, west + 0.04 / parts, south + 0.04 / parts, 4326) AS box) AS shape
"""
ROWS = (
    """INSERT INTO hall.building (id, source_id, code, name, address, use_type, floors, height_m, height_source, area_m2, rooms, people, grid_code, geom)
       SELECT n, 'w' || n, 'B' || n, '楼' || n, '中山路' || n || '号', CASE WHEN i % 2 = 0 THEN 'residential' ELSE 'office' END, 1 + j, 3 * (1 + j),
              'levels', 1800, 3, 25, pg_temp.area_of(lon, lat), ST_Multi(ST_MakeEnvelope(lon - 0.0002, lat - 0.0002, lon + 0.0002, lat + 0.0002, 4326))
       FROM generate_series(0, 7) AS i, generate_series(0, 7) AS j,
            LATERAL (SELECT 1 + i + 8 * j AS n, 113.5025 + i * 0.005 AS lon, 22.1025 + j * 0.005 AS lat) AS place""",
    """INSERT INTO hall.room (id, building_id, unit_no, floor_no, room_no, state, grid_code)
       SELECT 3 * b.id + k, b.id, 1, k, k || '01', (ARRAY['own', 'rent', 'vacant'])[k], b.grid_code FROM hall.building AS b, generate_series(1, 3) AS k""",
    """INSERT INTO hall.person (id, id_no, name, sex, birth_date, phone, pop_type, hukou_address, care, building_id, grid_code, geom)
       SELECT n, '9900001980' || lpad(n::text, 8, '0'), (ARRAY['王', '李', '张'])[1 + n % 3] || '小' || (ARRAY['明', '红'])[1 + n % 2], 1 + n % 2,
              '1980-01-01', '110' || lpad(n::text, 8, '0'), CASE WHEN n % 4 = 0 THEN 'floating' ELSE 'registered' END, '远方省远方市' || n || '号', NULL,
              b.id, b.grid_code, pg_temp.at(ST_X(c) + (k % 5 - 2) * 0.00005, ST_Y(c) + (k / 5 - 2) * 0.00005)
       FROM hall.building AS b, generate_series(0, 24) AS k, LATERAL (SELECT 25 * (b.id - 1) + k + 1 AS n, ST_Centroid(b.geom) AS c) AS place""",
    """INSERT INTO hall.camera (id, gb_id, name, owner, place_type, ptz_type, azimuth_deg, fov_deg, view_range_m, online, address, grid_code, geom)
       SELECT n, '9900000000132' || lpad(n::text, 7, '0'), 'Cam-' || n, 'police', 'junction', 1, n % 360, 60, 80, n % 10 <> 0, '中山路',
              pg_temp.area_of(lon, lat), pg_temp.at(lon, lat)
       FROM generate_series(0, 19) AS i, generate_series(0, 9) AS j,
            LATERAL (SELECT 1 + i + 20 * j AS n, 113.501 + i * 0.002 AS lon, 22.1015 + j * 0.004 AS lat) AS place""",
    """INSERT INTO hall.event_class (code, name, major) VALUES ('E1', '占道经营', 'city')""",
    """INSERT INTO hall.event (id, case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, closed_at,
                              reporter, reporter_phone, place_text, grid_code, geom)
       SELECT n, '9900002026' || lpad(n::text, 9, '0'), '占道经营' || n, 'E1', 'city', n % 5, 'citizen', CASE WHEN n % 10 = 0 THEN 'filed' ELSE 'closed' END,
              at, at + interval '2 days', at, CASE WHEN n % 10 = 0 THEN NULL ELSE at + interval '1 day' END, '赵某某', '11099999999', '中山路',
              pg_temp.area_of(lon, lat), pg_temp.at(lon, lat)
       FROM generate_series(1, 300) AS n,
            LATERAL (SELECT timestamptz '2026-01-01 00:00Z' + n * interval '1 hour' AS at, 113.501 + (n % 20) * 0.00195 AS lon, 22.101 + (n / 20) * 0.0025 AS lat) AS p""",
    """INSERT INTO hall.worker (id, worker_no, name, phone, role, team, status, grid_code)
       SELECT n, 'W' || lpad(n::text, 3, '0'), '钱大力', '11088888888', 'sanitation', '一队', CASE WHEN n % 3 = 0 THEN 'busy' ELSE 'free' END,
              pg_temp.area_of(113.5013 + n * 0.001, 22.1013 + n * 0.001)
       FROM generate_series(1, 30) AS n""",
    """INSERT INTO hall.worker_position (worker_id, reported_at, status, geom)
       SELECT id, '2026-11-23 00:00Z', status, pg_temp.at(113.5013 + id * 0.001, 22.1013 + id * 0.001) FROM hall.worker""",
    """INSERT INTO hall.road_node (id, geom) SELECT 100 * r + e, pg_temp.at(113.50 + e * 0.01, 22.1005 + r * 0.004)
       FROM generate_series(0, 9) AS r, generate_series(0, 4) AS e""",
    """INSERT INTO hall.road_edge (way_id, part, source, target, highway, name, speed_kmh, forward, backward, drive, bridge, tunnel, layer, length_m,
                                  grid_code, geom)
       SELECT r, e, a.id, b.id, 'residential', (ARRAY['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'])[1 + r] || '马路', 30, true, true, true,
              false, false, 0, ST_Length(line::geography), pg_temp.area_of(113.501 + e * 0.01, 22.1005 + r * 0.004), line
       FROM generate_series(0, 9) AS r, generate_series(0, 3) AS e,
            LATERAL (SELECT * FROM hall.road_node WHERE id = 100 * r + e) AS a, LATERAL (SELECT * FROM hall.road_node WHERE id = 100 * r + e + 1) AS b,
            LATERAL (SELECT ST_MakeLine(a.geom, b.geom) AS line) AS drawn""",
)


@dataclass(frozen=True)
class Town:
    """The town's database and the mirrors over it."""

    url: str
    pool: Pool
    store: MirrorStore
    data_dir: Path


def fill(conn: Conn) -> None:
    """Write the town into a migrated, empty database."""
    with conn.cursor() as cursor:
        cursor.execute(AREA_OF)
        cursor.execute(AREAS)
        for statement in ROWS:
            cursor.execute(statement)


def database(name: str, fill: Callable[[Conn], None] = fill) -> Iterator[str]:
    """Make a database of its own, filled with the town or something else, and remove it in the end."""
    admin, place = os.environ["DATABASE_URL"], sql.Identifier(name)
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(place))
        conn.execute(sql.SQL("CREATE DATABASE {}").format(place))
    url = make_conninfo(admin, dbname=name)
    migrate(url)
    with psycopg.connect(url) as conn:
        fill(conn)
    yield url
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(place))


@pytest.fixture(scope="session")
def town_url(worker_name: str) -> Iterator[str]:
    """URL of the town's database; tests that write into it change it back."""
    yield from database(f"hall_test_{worker_name}_town")


@pytest.fixture(scope="session")
def town(town_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town with its mirrors loaded straight from the views."""
    data_dir = tmp_path_factory.mktemp("town")
    pool = open_pool(town_url)
    store = MirrorStore(pool, LAYERS, data_dir, grace_s=0.0)
    store.refresh()
    yield Town(town_url, pool, store, data_dir)
    pool.close()


@pytest.fixture
def town_conn(town_url: str) -> Iterator[Conn]:
    """Connection to the town inside a transaction that is rolled back."""
    with psycopg.connect(town_url) as connection:
        yield connection
        connection.rollback()
