"""The leaders' cockpit: figures agree with one another and with the lists, rights hold in every tile, and what fails fails alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg_pool import ConnectionPool

from geodata.city import cameras, key_places
from geodata.db import Conn, open_pool
from geodata.errors import InvalidInputError, NotAllowedError
from services import cockpit, heartbeat, key_points, major_events, system_health
from services.cockpit import Sources, Tile
from services.ground import GroundStore
from services.history import HistoryStore
from services.key_points import PlaceQuery
from services.rights import Reader, Role
from services.system_health import FAILING, OK, QUIET, Gateway
from services.today import today
from services.volumes import volumes
from tests import district
from tests.serving import free_port
from tests.town import DISPATCHER

NOW = datetime(2026, 11, 23, 6, 40, tzinfo=UTC)
"""14:40 local, a Monday."""
LEADER = replace(DISPATCHER, role=Role.LEADER, scope="")
FIRST = replace(LEADER, scope=district.STREETS[0])
CASE = """
    INSERT INTO hall.event (id, case_no, title, class_code, major, level, source, state, reported_at, deadline_at, step_started_at, closed_at,
                            reporter, reporter_phone, place_text, grid_code, geom)
    VALUES (%(id)s, 'n' || %(id)s, '案件' || %(id)s, '0101', %(major)s, %(level)s, 'citizen', %(state)s, %(at)s, %(due)s, %(at)s, %(closed)s,
            %(name)s, %(phone)s, '新街', %(grid)s, ST_SetSRID(ST_MakePoint(%(lon)s, 22.1925), 4326))
"""
TASK = """
    INSERT INTO hall.task (event_id, kind, worker_id, state, sent_at, predicted_s, finished_at)
    VALUES (%s, 'worker', %s, %s, %s, 300, %s)
"""


@pytest.fixture
def conn(district_url: str) -> Iterator[Conn]:
    with psycopg.connect(district_url) as connection:
        connection.execute("DELETE FROM hall.case_log")
        connection.execute("DELETE FROM hall.source_record")
        connection.execute("DELETE FROM hall.task")
        connection.execute("DELETE FROM hall.event")
        connection.execute("UPDATE hall.resource SET is_key = true")
        connection.execute("UPDATE hall.organization SET key_place = true")
        connection.execute("UPDATE hall.camera SET is_key = true")
        yield connection
        connection.rollback()


@pytest.fixture
def sources(district_url: str, tmp_path: Path) -> Iterator[Sources]:
    pool = open_pool(district_url)
    yield sources_of(pool, tmp_path)
    pool.close()


def sources_of(pool: ConnectionPool[Any], folder: Path) -> Sources:
    gateway = Gateway(free_port())
    return Sources(pool=pool, own=lambda now: system_health.own([], gateway, now), history=HistoryStore(folder), ground=GroundStore(folder))


def add(conn: Conn, number: int, street: int = 0, **changed: Any) -> None:
    """One case of today, open and in time."""
    values = {
        "id": number, "major": "city", "level": 0, "state": "filed", "at": NOW - timedelta(hours=2), "due": NOW + timedelta(hours=2), "closed": None,
        "name": district.NAMES[street], "phone": district.PHONES[street], "grid": district.GRIDS[street], "lon": district.LONS[street],
    }  # fmt: skip
    conn.execute(CASE, values | changed)


def fill(conn: Conn) -> None:
    """A morning in two streets: eight cases, one of them merged, two overdue, three of level Ⅰ and Ⅱ of which one is closed."""
    add(conn, 901, level=1, at=NOW - timedelta(minutes=30))
    add(conn, 902, 1, level=2, major="emergency", due=NOW - timedelta(minutes=5))
    add(conn, 903, level=1, state="closed", closed=NOW - timedelta(minutes=1))
    add(conn, 904, major="governance")
    add(conn, 905, 1, major="safety", due=NOW - timedelta(hours=1))
    add(conn, 906, 1, major="dispute", state="merged", closed=NOW)
    add(conn, 907, major="service", at=NOW - timedelta(days=8))
    add(conn, 908, 1)


def read(conn: Conn, sources: Sources, reader: Reader = LEADER) -> dict[str, Tile]:
    return dict(cockpit.tiles(conn, sources, reader, NOW))


def test_figures_agree_with_the_wall_and_with_the_lists(conn: Conn, sources: Sources) -> None:
    fill(conn)
    found = read(conn, sources)
    figures, events, sums = found["figures"].data, found["events"].data, found["volumes"].data
    wall = today(conn, LEADER, NOW)
    assert (figures.accepted, figures.overdue, figures.open) == (wall.accepted, wall.overdue, wall.open) == (6, 2, 6)
    assert figures.accepted == sum(street.accepted for street in figures.streets) == figures.flow.accepted == sums.today
    assert figures.overdue == sum(street.overdue for street in figures.streets)
    listed = conn.execute("SELECT count(*) FROM hall.layer_open_events WHERE level IN (1, 2)").fetchone()
    assert events.total == len(events.items) == (listed or (None,))[0] == 2
    assert [event.id for event in events.items] == [901, 902]
    assert sum(event.overdue for event in events.items) == 1


def test_volumes_fall_into_four_groups_that_add_up(conn: Conn) -> None:
    fill(conn)
    found = volumes(conn, LEADER, NOW)
    assert {one.group: (one.total, one.today) for one in found.groups} == {
        "city": (3, 3),
        "governance": (1, 1),
        "safety": (1, 1),
        "other": (2, 1),
    }
    assert (found.total, found.last_30d, found.today) == (7, 7, 6)
    assert sum(one.share or 0 for one in found.groups) == pytest.approx(1)
    assert found.since == NOW - timedelta(days=8)


def test_a_case_of_local_midnight_is_of_the_new_day(conn: Conn) -> None:
    midnight = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    add(conn, 901, at=midnight - timedelta(seconds=1))
    add(conn, 902, at=midnight)
    assert volumes(conn, LEADER, midnight + timedelta(hours=1)).today == 1


def test_nothing_at_all_is_no_fault(conn: Conn, sources: Sources) -> None:
    conn.execute("UPDATE hall.camera SET is_key = false")
    conn.execute("UPDATE hall.resource SET is_key = false")
    conn.execute("UPDATE hall.organization SET key_place = false, is_key = false")
    found = read(conn, sources)
    assert {name for name, tile in found.items() if tile.error} == {"hotspots"}
    assert found["events"].data.items == ()
    assert (found["videos"].data.total, found["places"].data.total) == (0, 0)
    assert [one.share for one in found["volumes"].data.groups] == [None] * 4


def test_a_street_sees_its_own_and_nobody_sees_personal_values(conn: Conn, sources: Sources) -> None:
    fill(conn)
    conn.execute(TASK, [901, 71, "on_site", NOW - timedelta(minutes=20), None])
    whole, own = read(conn, sources), read(conn, sources, FIRST)
    assert (whole["figures"].data.accepted, own["figures"].data.accepted) == (6, 3)
    assert [event.id for event in own["events"].data.items] == [901]
    assert (whole["videos"].data.total, own["videos"].data.total) == (2, 1)
    assert (whole["places"].data.total, own["places"].data.total) == (4, 2)
    assert own["volumes"].data.total == 4
    text = msgspec.json.encode(whole).decode()
    for secret in (*district.NAMES, *district.PHONES, *district.ID_NUMBERS, *district.ADDRESSES):
        assert secret not in text


def test_roles_without_a_cockpit_are_refused(conn: Conn, sources: Sources) -> None:
    for role in Role:
        reader = replace(LEADER, role=role)
        if role in cockpit.MAY_READ:
            assert cockpit.cockpit(sources, reader, NOW, ["places"]).tiles["places"].error is None
            continue
        with pytest.raises(NotAllowedError):
            cockpit.cockpit(sources, reader, NOW)
        with pytest.raises(NotAllowedError):
            key_points.places(conn, reader, PlaceQuery())
        with pytest.raises(NotAllowedError):
            key_points.videos(conn, reader)


def test_a_source_that_fails_takes_one_tile(conn: Conn, sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(conn)

    def broken(asked: Any) -> object:
        return asked.conn.execute("SELECT * FROM hall.gone")

    monkeypatch.setattr(cockpit, "TILES", {**cockpit.TILES, "figures": broken})
    found = read(conn, sources)
    assert (found["figures"].error, found["figures"].data) == ("unavailable", None)
    assert found["events"].data.total == 2
    assert found["health"].data.connected > 0


def test_a_slow_source_takes_one_tile(conn: Conn, sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cockpit, "TILE_TIMEOUT_MS", 50)
    monkeypatch.setattr(
        cockpit, "TILES", {"figures": lambda asked: asked.conn.execute("SELECT pg_sleep(5)"), "places": cockpit.TILES["places"]}
    )
    found = dict(cockpit.tiles(conn, sources, LEADER, NOW, ["figures", "places"]))
    assert found["figures"].error == "unavailable"
    assert found["places"].data.total == 4


def test_without_a_database_the_health_says_so(tmp_path: Path) -> None:
    pool = open_pool(f"postgresql:///nowhere?host=127.0.0.1&port={free_port()}&user=nobody")
    try:
        found = cockpit.cockpit(sources_of(pool, tmp_path), LEADER, NOW, ["figures", "health", "hotspots"])
    finally:
        pool.close()
    assert (found.tiles["figures"].error, found.tiles["hotspots"].error) == ("unavailable", "unavailable")
    parts = {part.key: part.state for part in found.tiles["health"].data.parts}
    assert parts == {"database": FAILING, "media": FAILING, "web": OK, "tiles": OK}


def test_an_unknown_tile_is_refused(sources: Sources) -> None:
    with pytest.raises(InvalidInputError, match="figures"):
        cockpit.cockpit(sources, LEADER, NOW, ["figures", "x' OR 1=1"])


def test_major_events_say_who_is_on_the_way(conn: Conn) -> None:
    add(conn, 901, level=2, at=NOW - timedelta(minutes=30), grid=district.GRIDS[0])
    conn.execute(TASK, [901, 71, "accepted", NOW - timedelta(minutes=2), None])
    conn.execute(TASK, [901, 72, "done", NOW - timedelta(minutes=20), NOW])
    (event,) = major_events.running(conn, LEADER, NOW)
    assert (event.sent, event.under_way, event.on_site, event.done) == (2, 1, 0, 1)
    assert event.next_at == NOW + timedelta(minutes=3)
    assert (event.street, event.total) == ("街道1", 1)


def test_key_videos_near_a_major_event_come_first(conn: Conn) -> None:
    add(conn, 901, 1, level=1)
    found = key_points.videos(conn, LEADER, major_events.running(conn, LEADER, NOW))
    assert [(one.id, one.event_id) for one in found.items] == [(62, 901), (61, 901)]
    assert (found.items[0].distance_m or 0) < 30
    conn.execute("UPDATE hall.camera SET online = false WHERE id = 62")
    found = key_points.videos(conn, LEADER, major_events.running(conn, LEADER, NOW))
    assert [one.id for one in found.items] == [61, 62]
    assert (found.total, found.online) == (2, 1)


def test_key_places_are_found_by_kind_text_and_area(conn: Conn) -> None:
    whole = key_points.places(conn, LEADER, PlaceQuery())
    assert [(one.layer, one.id) for one in whole.items] == [
        ("organizations", 31),
        ("organizations", 32),
        ("resources", 91),
        ("resources", 92),
    ]
    assert key_points.places(conn, LEADER, PlaceQuery(category="shelter")).count == 2
    assert [one.id for one in key_points.places(conn, LEADER, PlaceQuery(text="商铺2")).items] == [32]
    assert [one.id for one in key_points.places(conn, LEADER, PlaceQuery(area=district.STREETS[1], category="shelter")).items] == [92]
    first = key_points.places(conn, LEADER, PlaceQuery(limit=1))
    assert (first.count, len(first.items)) == (4, 1)
    for nothing in ("%", "_", "' OR 1=1 --", "\\"):
        assert key_points.places(conn, LEADER, PlaceQuery(text=nothing)).count == 0


@pytest.mark.parametrize("wrong", [{"category": "x"}, {"text": "长" * 51}, {"text": "a\0"}, {"limit": 0}, {"limit": 5001}, {"offset": -1}])
def test_hostile_questions_for_places_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        PlaceQuery(**wrong)


def test_signs_of_life_tell_which_process_is_gone(conn: Conn) -> None:
    def state(seen: datetime) -> str:
        heartbeat.beat(conn, "worker", started_at=NOW - timedelta(days=1), now=seen)
        return next(part.state for part in system_health.stored(conn, LEADER, NOW) if part.key == "worker")

    assert {part.key: part.state for part in system_health.stored(conn, LEADER, NOW)}["worker"] == FAILING
    assert state(NOW - timedelta(seconds=20)) == OK
    assert state(NOW - timedelta(seconds=60)) == FAILING


def test_a_channel_is_told_when_it_is_connected_and_quiet_when_nothing_comes(conn: Conn) -> None:
    def channels() -> dict[str, str]:
        return {part.key: part.state for part in system_health.stored(conn, LEADER, NOW) if part.key.startswith("channel:")}

    assert channels() == {}
    record = "INSERT INTO hall.source_record (source, external_no, raw, received_at) VALUES (%s, %s, '{}', %s)"
    conn.execute(record, ["city_dcm", "a", NOW - timedelta(hours=1)])
    conn.execute(record, ["hotline12345", "b", NOW - timedelta(days=2)])
    assert channels() == {"channel:city_dcm": OK, "channel:hotline12345": QUIET}


def test_the_sample_marks_as_many_places_as_are_wanted(conn: Conn) -> None:
    conn.execute("UPDATE hall.organization SET key_place = false")
    assert key_places.mark(conn, 3) == 3
    assert key_points.place_sums(conn, LEADER).total == 3
    assert key_places.KEY_PLACES >= 3_000
    assert cameras.KEY == 236
