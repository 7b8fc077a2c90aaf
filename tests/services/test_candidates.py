"""Who is to be sent, and why, with ways that can be worked out by hand."""

import json
from datetime import timedelta

import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotFoundError
from services import eta
from services.candidates import STRAIGHT, candidates, ranking
from services.rights import Reader, Role
from services.routing.engine import Engine
from services.routing.store import RoadStore
from services.scoring import Verdict
from tests.services.crossing import EVENT, GRID, NOW, ROAD_LAT, WALK_M_S, roads, streets, worker
from tests.services.crossing import engine as engine_of
from tests.town import DISPATCHER, NORTH_EAST

__all__ = ["roads", "streets"]
Streets = tuple[Conn, Engine]


def metres(conn: Conn, west: float, east: float, lat: float = ROAD_LAT) -> float:
    row = conn.execute(
        "SELECT ST_Distance(ST_MakePoint(%s, %s)::geography, ST_MakePoint(%s, %s)::geography)", [west, lat, east, lat]
    ).fetchone()
    assert row is not None
    return float(row[0])


def test_a_walker_along_one_road_takes_its_length_at_walking_speed(streets: Streets) -> None:
    conn, engine = streets
    worker(conn, 501, 113.5245)
    (found,) = candidates(conn, DISPATCHER, EVENT, "worker", 5, now=NOW, engine=engine)
    way_m = metres(conn, 113.5205, 113.5245)
    assert found.road_distance_m == pytest.approx(way_m, rel=0.002)
    assert found.raw_travel_time_s == pytest.approx(way_m / WALK_M_S, rel=0.002)
    assert found.travel_time_s == found.raw_travel_time_s
    assert (found.rank, found.id, found.layer, found.mode, found.engine) == (1, 501, "workers", "walk", "scipy")
    assert found.title == "孙**"
    assert found.eta_low_s is not None
    assert found.eta_high_s is not None
    assert found.travel_time_s is not None
    assert found.eta_low_s < found.travel_time_s < found.eta_high_s


def test_the_way_counts_and_not_the_straight_line(streets: Streets) -> None:
    conn, engine = streets
    # one is 640 m away as the crow flies, but 1 km and more from a street across; the other is 826 m away along the road
    near, far = worker(conn, 501, 113.5251, ROAD_LAT + 0.004), worker(conn, 502, 113.5285)
    found = candidates(conn, DISPATCHER, EVENT, "worker", 5, now=NOW, engine=engine)
    assert [(one.id, one.straight_rank) for one in found] == [(far, 2), (near, 1)]


def test_every_term_is_shown_and_the_score_is_their_sum(streets: Streets) -> None:
    conn, engine = streets
    conn.execute("UPDATE hall.event_class SET kind_group = 'vendor' WHERE code = 'E1'")
    worker(conn, 501, 113.5225, skills=("市容执法",), load=2, status="busy", grid=GRID, at=NOW - timedelta(minutes=12))
    (found,) = candidates(conn, DISPATCHER, EVENT, "worker", 5, now=NOW, engine=engine)
    assert {name: value for name, value in found.terms.items() if name != "travel"} == {
        "skill": -5.0,
        "own_grid": -3.0,
        "load": 8.0,
        "busy": 6.0,
        "position_age": 3.0,
    }
    assert found.score == pytest.approx(sum(found.terms.values()), abs=0.02)
    assert found.travel_time_s is not None
    assert found.terms["travel"] == pytest.approx(found.travel_time_s / 60, abs=0.01)
    said = {reason.key: (reason.value, reason.verdict) for reason in found.reasons}
    assert said["skill"] == ("市容执法", Verdict.GOOD)
    assert said["own_grid"] == (GRID, Verdict.GOOD)
    assert said["load"] == (2, Verdict.BAD)
    assert said["position_age"] == (720, Verdict.BAD)
    assert said["busy"] == (None, Verdict.BAD)


def test_weights_are_data(streets: Streets) -> None:
    conn, engine = streets
    near, free = worker(conn, 501, 113.5215, load=1), worker(conn, 502, 113.5225)
    assert [one.id for one in candidates(conn, DISPATCHER, EVENT, "worker", 5, now=NOW, engine=engine)] == [free, near]
    conn.execute("INSERT INTO hall.fact (key, value) VALUES ('dispatch_weights', '{\"load\": 0.5, \"unknown\": 9}')")
    found = ranking(conn, DISPATCHER, EVENT, "worker", 5, now=NOW, engine=engine)
    assert [one.id for one in found.candidates] == [near, free]
    assert found.weights.load == 0.5


def test_whoever_cannot_be_counted_on_comes_last_with_the_reason_and_spoils_nothing(streets: Streets) -> None:
    conn, engine = streets
    good = worker(conn, 501, 113.5395)
    old = worker(conn, 502, 113.5206, at=NOW - timedelta(days=2))
    ahead = worker(conn, 503, 113.5207, at=NOW + timedelta(hours=2))
    off = worker(conn, 504, 113.5208, 22.0970)
    nowhere = worker(conn, 508, 0.0, 0.0)
    away = worker(conn, 505, 114.3)
    worker(conn, 506, 113.5206, status="off_duty")
    sent = worker(conn, 507, 113.5209)
    conn.execute("INSERT INTO hall.task (event_id, kind, worker_id, sent_at) VALUES (%s, 'worker', %s, %s)", [EVENT, sent, NOW])
    found = ranking(conn, DISPATCHER, EVENT, "worker", 50, now=NOW, engine=engine)
    assert {one.id: one.trouble for one in found.candidates} == {
        good: None,
        old: "stale",
        ahead: "stale",
        off: "off_road",
        away: "far",
        nowhere: "far",
        sent: "assigned",
    }
    assert found.candidates[0].id == good
    assert (found.considered, found.usable) == (7, 1)
    for one in found.candidates[1:]:
        assert (one.travel_time_s, one.score) == (None, None)
        assert one.reasons[0].key == one.trouble
        assert one.reasons[0].verdict is Verdict.BAD


def test_an_island_is_said_to_be_unreachable(streets: Streets, roads: RoadStore) -> None:
    conn, _ = streets
    conn.execute("DELETE FROM hall.road_edge WHERE way_id >= 100")
    worker(conn, 501, 113.5245), worker(conn, 502, 113.5245, ROAD_LAT + 0.02)
    found = candidates(conn, DISPATCHER, EVENT, "worker", 50, now=NOW, engine=engine_of(roads, conn))
    assert [(one.id, one.trouble) for one in found] == [(501, None), (502, "unreachable")]


def test_a_rider_takes_a_third_of_the_time(streets: Streets) -> None:
    conn, engine = streets
    worker(conn, 501, 113.5245), worker(conn, 502, 113.5245, skills=("电动车",))
    rider, walker = candidates(conn, DISPATCHER, EVENT, "worker", 5, now=NOW, engine=engine)
    assert (rider.id, rider.mode, walker.mode) == (502, "ride", "walk")
    assert rider.travel_time_s is not None
    assert walker.travel_time_s == pytest.approx(3 * rider.travel_time_s, abs=0.2)


def test_vehicles_drive(streets: Streets) -> None:
    conn, engine = streets
    conn.execute(
        """INSERT INTO hall.vehicle (id, plate, kind, sub_kind, team, driver, phone, status, reported_at, grid_code, geom)
           VALUES (601, '澳A00001', 'enforcement', '巡逻', '大队', '猪八戒', '11066666666', 'free', %s, '990000003001001',
                   ST_SetSRID(ST_MakePoint(113.5245, 22.1005), 4326))""",
        [NOW],
    )
    (found,) = candidates(conn, DISPATCHER, EVENT, "vehicle", 5, now=NOW, engine=engine)
    assert found.raw_travel_time_s == pytest.approx(metres(conn, 113.5205, 113.5245) / 30 * 3.6, rel=0.002)
    assert (found.kind, found.layer, found.mode, found.title, found.skill_match) == ("vehicle", "vehicles", "drive", "澳A00001", True)


def test_a_team_stands_for_its_free_members(streets: Streets) -> None:
    conn, engine = streets
    for number, team, status in (
        (501, "一队", "free"),
        (502, "二队", "free"),
        (503, "二队", "free"),
        (504, "二队", "busy"),
        (505, "三队", "busy"),
    ):
        worker(conn, number, 113.5200 + number / 1e5, team=team, status=status)
    found = candidates(conn, DISPATCHER, EVENT, "team", 5, now=NOW, engine=engine)
    assert [(one.title, one.id, one.members) for one in found] == [("二队", 502, [502, 503]), ("一队", 501, [501])]
    assert found[0].terms["helpers"] == -1.0
    assert found[0].score == pytest.approx(sum(found[0].terms.values()), abs=0.02)


def test_without_an_engine_times_are_guessed_and_say_so(streets: Streets) -> None:
    conn, _ = streets
    worker(conn, 501, 113.5245), worker(conn, 502, 113.5225)
    found = ranking(conn, DISPATCHER, EVENT, "worker", 5, now=NOW, engine=None)
    assert found.network is None
    assert [one.id for one in found.candidates] == [502, 501]
    first = found.candidates[0]
    assert (first.engine, first.road_distance_m, first.raw_travel_time_s) == (STRAIGHT, None, None)
    assert first.travel_time_s == pytest.approx(first.straight_distance_m * 1.3 / WALK_M_S, abs=0.1)
    assert "estimated" in {reason.key for reason in first.reasons}


def test_learned_times_are_beside_the_raw_ones(streets: Streets) -> None:
    conn, engine = streets
    worker(conn, 501, 113.5245)
    model = eta.Model(made_at=NOW, factors={("worker", ""): eta.Factor(jobs=99, factor=1.5, spread=0.1)})
    eta.keep(conn, model, NOW)
    found = ranking(conn, DISPATCHER, EVENT, "worker", 5, now=NOW, engine=engine)
    one = found.candidates[0]
    assert one.raw_travel_time_s is not None
    assert one.travel_time_s == pytest.approx(1.5 * one.raw_travel_time_s, abs=0.1)
    assert found.learned_at == NOW


def test_a_closure_leads_round(streets: Streets, roads: RoadStore) -> None:
    conn, engine = streets
    worker(conn, 501, 113.5245)
    row = conn.execute("SELECT id FROM hall.road_edge WHERE way_id = 0 AND part = 2").fetchone()
    assert row is not None
    before = candidates(conn, DISPATCHER, EVENT, "worker", 5, now=NOW, engine=engine)[0]
    conn.execute("INSERT INTO hall.road_closure (edge_id, reason, starts_at) VALUES (%s, '塌陷', %s)", [row[0], NOW])
    shut = roads.engine(conn, NOW)
    after = candidates(conn, DISPATCHER, EVENT, "worker", 5, now=NOW, engine=shut)[0]
    # both stand on the closed road itself, less than half of it apart
    assert after.travel_time_s == before.travel_time_s
    conn.execute("UPDATE hall.worker_position SET geom = ST_SetSRID(ST_MakePoint(113.5305, 22.1005), 4326) WHERE worker_id = 501")
    direct, round_ = (candidates(conn, DISPATCHER, EVENT, "worker", 5, now=NOW, engine=asked)[0] for asked in (engine, shut))
    assert direct.road_distance_m is not None
    assert round_.road_distance_m is not None
    # one street up, the parallel road along, one street down; and both stand 0.0005 degrees east of a street
    assert round_.road_distance_m == pytest.approx(direct.road_distance_m + 2 * metres_up(conn) + metres(conn, 113.52, 113.521), abs=5)


def metres_up(conn: Conn) -> float:
    row = conn.execute("SELECT ST_Distance(ST_MakePoint(113.52, 22.1005)::geography, ST_MakePoint(113.52, 22.1045)::geography)").fetchone()
    assert row is not None
    return float(row[0])


def test_only_cases_and_people_of_the_readers_area_come(streets: Streets) -> None:
    conn, engine = streets
    with pytest.raises(NotFoundError):
        candidates(conn, NORTH_EAST, EVENT, "worker", 5, now=NOW, engine=engine)
    row = conn.execute("SELECT min(id) FROM hall.event WHERE closed_at IS NULL AND starts_with(grid_code, '990000004')").fetchone()
    assert row is not None
    own, other = worker(conn, 501, 113.5305, 22.1245, grid="990000004001001"), worker(conn, 502, 113.5305, 22.1245)
    assert [one.id for one in candidates(conn, NORTH_EAST, row[0], "worker", 5, now=NOW, engine=engine)] == [own]
    both = candidates(conn, DISPATCHER, row[0], "worker", 5, now=NOW, engine=engine)
    assert {one.id for one in both} == {own, other}


def test_names_are_masked_and_phones_are_absent(streets: Streets) -> None:
    conn, engine = streets
    worker(conn, 501, 113.5245)
    for role in Role:
        found = ranking(conn, Reader(1, "x", "x", role, ""), EVENT, "worker", 5, now=NOW, engine=engine)
        told = json.dumps([str(one) for one in found.candidates], ensure_ascii=False)
        assert "悟空" not in told
        assert "11077777777" not in told


@pytest.mark.parametrize(("kind", "limit"), [("drone", 5), ("worker", 0), ("worker", 1001)])
def test_what_cannot_be_asked_is_refused(streets: Streets, kind: str, limit: int) -> None:
    conn, engine = streets
    with pytest.raises(InvalidInputError):
        candidates(conn, DISPATCHER, EVENT, kind, limit, now=NOW, engine=engine)
