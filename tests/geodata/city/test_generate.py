"""The toy city in the database: repeatable, complete, all or nothing."""

import datetime as dt
from dataclasses import fields, replace

import numpy as np
import psycopg
import pytest

from geodata.city import generate as generator
from geodata.city.generate import TABLES, generate
from geodata.city.ground import Buildings, Ground
from geodata.city.texts import Rows
from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.load import copy_frame
from tests.geodata.city.conftest import NOON, SEED

DIGEST = "SELECT md5(string_agg(t::text, '' ORDER BY t.id)) FROM hall.{} AS t"
REVISIONS = "SELECT layer, revision FROM hall.layer_revision"
SHAPE = """
    SELECT array_agg(line ORDER BY line) FROM (
        SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'hall'
        UNION ALL SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'hall'::regnamespace
        UNION ALL SELECT tgrelid::regclass || tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal) AS shape
"""


def digests(conn: Conn) -> dict[str, str]:
    return {name: conn.execute(DIGEST.format(name)).fetchone()[0] for name in ("room", "person", "organization", "part", "camera", "event")}


def test_the_same_seed_and_present_give_the_same_rows_and_touch_no_layer_needlessly(toy_conn: Conn, ground: Ground) -> None:
    before, revisions = digests(toy_conn), dict(toy_conn.execute(REVISIONS).fetchall())
    generate(toy_conn, ground, scale=0.02, seed=SEED, now=NOON)
    assert digests(toy_conn) == before
    after = dict(toy_conn.execute(REVISIONS).fetchall())
    # key places among the organizations are marked by a statement of their own
    raised = {layer: after[layer] - revisions[layer] for layer in ("people", "organizations", "cameras", "parts", "events")}
    assert raised == {"people": 1, "organizations": 2, "cameras": 1, "parts": 1, "events": 1}


def test_the_scale_decides_about_people_organizations_and_events(toy_conn: Conn) -> None:
    counts = [toy_conn.execute(f"SELECT count(*) FROM hall.{name}").fetchone()[0] for name in ("person", "organization", "event")]
    assert counts == [14_926, 2_658, 7_600]


def test_indexes_keys_and_triggers_are_as_before(toy_conn: Conn, conn: Conn) -> None:
    assert toy_conn.execute(SHAPE).fetchone() == conn.execute(SHAPE).fetchone()


def test_buildings_and_areas_count_what_is_in_them(toy_conn: Conn) -> None:
    building = """
        SELECT sum(abs(b.people - (SELECT count(*) FROM hall.person p WHERE p.building_id = b.id))
             + abs(b.rooms - (SELECT count(*) FROM hall.room r WHERE r.building_id = b.id))
             + abs(b.organizations - (SELECT count(*) FROM hall.organization o WHERE o.building_id = b.id))),
            sum(b.people), max(b.units) FROM hall.building b
    """
    assert toy_conn.execute(building).fetchone()[:2] == (0, 14_926)
    assert toy_conn.execute("SELECT people FROM hall.area WHERE level = 'district'").fetchone() == (14_926,)


def test_nobody_lives_in_an_empty_room_and_no_firm_in_a_home(toy_conn: Conn) -> None:
    homes = "SELECT DISTINCT r.state FROM hall.household h JOIN hall.room r ON r.id = h.room_id ORDER BY 1"
    work = "SELECT DISTINCT r.state FROM hall.organization o JOIN hall.room r ON r.id = o.room_id ORDER BY 1"
    assert toy_conn.execute(homes).fetchall() == [("own",), ("rent",)]
    assert toy_conn.execute(work).fetchall() == [("office",), ("shop",)]


def test_every_row_lies_in_the_grid_it_names(toy_conn: Conn) -> None:
    for table in ("event", "part", "camera", "sensor", "resource"):
        wrong = f"""
            SELECT count(*) FROM hall.{table} t JOIN hall.area a ON a.code = t.grid_code
            WHERE ST_Distance(a.geom::geography, t.geom::geography) > 30
        """
        assert toy_conn.execute(wrong).fetchone() == (0,), table


def test_the_fact_tells_what_was_made(toy_conn: Conn) -> None:
    fact = toy_conn.execute("SELECT value FROM hall.fact WHERE key = 'sample'").fetchone()[0]
    assert {key: fact[key] for key in ("scale", "seed", "now", "events", "ground")} == {
        "scale": 0.02, "seed": SEED, "now": "2026-11-23T04:00:00+00:00", "events": 7600, "ground": "toy",
    }  # fmt: skip
    assert dt.datetime.fromisoformat(fact["made_at"])


def test_a_failure_half_way_leaves_everything_as_it_was(toy_url: str, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(toy_url) as conn:
        before = digests(conn), conn.execute(SHAPE).fetchone()

    def broken(conn: Conn, table: str, rows: Rows, *, freeze: bool = False) -> int:
        if table == "hall.event":
            rows = rows | {"level": np.full(len(rows["level"]), 9)}
        return copy_frame(conn, table, rows, freeze=freeze)

    monkeypatch.setattr(generator, "copy_frame", broken)
    with pytest.raises(psycopg.errors.CheckViolation), psycopg.connect(toy_url) as conn:
        generate(conn, ground, scale=0.02, seed=SEED + 1, now=NOON)
    with psycopg.connect(toy_url) as conn:
        assert (digests(conn), conn.execute(SHAPE).fetchone()) == before


@pytest.mark.parametrize(("scale", "now"), [(0.01, NOON), (1.5, NOON), (0.02, NOON.replace(tzinfo=None))])
def test_a_wrong_scale_or_a_present_without_zone_is_refused(toy_conn: Conn, ground: Ground, scale: float, now: dt.datetime) -> None:
    with pytest.raises(InvalidInputError):
        generate(toy_conn, ground, scale=scale, seed=SEED, now=now)
    assert toy_conn.execute("SELECT count(*) > 0 FROM hall.person").fetchone() == (True,)


def test_a_small_place_gets_a_small_city(toy_conn: Conn, ground: Ground) -> None:
    # a tenth of the households of the seeds' district
    assert generate(toy_conn, replace(ground, households=29_850.0), scale=0.2, seed=SEED, now=NOON)["hall.person"] == 14_926
    assert toy_conn.execute("SELECT value FROM hall.fact WHERE key = 'population_scale'").fetchone() == (0.2,)


def test_a_ground_without_houses_gets_everything_that_needs_none(toy_conn: Conn, ground: Ground) -> None:
    bare = replace(
        ground,
        buildings=Buildings(**{field.name: getattr(ground.buildings, field.name)[:0] for field in fields(Buildings)}),
        households=0.0,
    )
    counts = generate(toy_conn, bare, scale=0.02, seed=SEED, now=NOON)
    assert toy_conn.execute("SELECT count(*) FROM hall.person").fetchone() == (0,)
    assert min(counts[f"hall.{name}"] for name in ("part", "camera", "sensor", "worker", "vehicle", "resource", "event")) > 0
    assert toy_conn.execute("SELECT count(*) FROM hall.event WHERE building_id IS NOT NULL").fetchone() == (0,)


def test_all_tables_of_the_sample_have_rows(toy_conn: Conn) -> None:
    # patrols are counted from the tracks afterwards
    counted = {"hall.patrol", "hall.patrol_read"}
    assert [
        table for table in TABLES if table not in counted and toy_conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    ] == []
