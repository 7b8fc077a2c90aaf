"""Screens of the hall over HTTP: who steers, who only watches, what a wall is told, and how peace becomes an emergency and ends with a report."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from api.create import create
from geodata import credentials
from geodata.db import open_pool
from geodata.settings import Settings
from layers.registry import LAYERS
from services import screens
from services.account_book import AccountBook
from services.mirror_store import MirrorStore
from services.rights import Role
from tests import district, loop
from tests.api.conftest import App
from tests.town import database

SCREENS, MODE = "/api/v1/screens", "/api/v1/mode"
BEAT = {"client": "c1", "up_s": 12.5, "width": 1920, "height": 1080, "scene": "events", "heap_mb": 41.5, "nodes": 900, "sockets": 1}
STEER = {"leader", "dispatcher", "shift_leader", "system_admin"}
SET_UP = {"shift_leader", "system_admin"}
SWITCH = {"leader", "shift_leader"}
WATCH = {role.value for role in screens.MAY_WATCH}
WALL = ("/api/v1/today", "/api/v1/wall/events", "/api/v1/wall/frames", "/api/v1/wall/grids", "/api/v1/wall/force", "/api/v1/wall/sensing")
PERSONAL = (*district.NAMES, *district.PHONES, *district.ID_NUMBERS, *district.ADDRESSES)
ROLES = [role.value for role in Role]


@pytest.fixture(scope="module")
def app(worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The stage with a token for every role, and one dispatcher of the second street."""
    for url in database(f"hall_test_{worker_name}_screens", loop.fill):
        made = {}
        with psycopg.connect(url) as conn:
            accounts = {role.value: (role, "") for role in Role} | {"elsewhere": (Role.SHIFT_LEADER, district.STREETS[1])}
            for number, (username, (role, scope)) in enumerate(accounts.items(), 2_000):
                conn.execute(
                    "INSERT INTO hall.account (id, username, display_name, role, scope) OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s, %s)",
                    [number, username, f"{username}账号", role, scope],
                )
                made[username], digest = credentials.new_token()
                conn.execute("INSERT INTO hall.token (digest, account_id, note) VALUES (%s, %s, 'test')", [digest, number])
        settings = Settings.from_env({"DATABASE_URL": url, "DATA_DIR": str(tmp_path_factory.mktemp("screens"))})
        pool = open_pool(url)
        store, book = MirrorStore(pool, LAYERS, settings.data_dir, grace_s=0.0), AccountBook(pool)
        server = Flask("hallmap")
        interfaces = create(server, pool, store, book, settings)
        book.refresh()
        yield App(server, interfaces, pool, store, book, made)
        pool.close()


@pytest.fixture
def tidy(app: App) -> Iterator[App]:
    yield app
    with app.pool.connection() as conn:
        for table in ("screen", "screen_heartbeat", "hall_mode", "wall_acknowledgement"):
            conn.execute(f"DELETE FROM hall.{table}")
        conn.execute("DELETE FROM hall.screen_programme WHERE id > 1")
        conn.execute("UPDATE hall.event SET level = 4")


def add(app: App, name: str = "main", **more: Any) -> int:
    answer = app.client("shift_leader").post(SCREENS, json={"name": name, "title": "主屏", **more})
    assert answer.status_code == 201, answer.text
    return int(answer.get_json()["id"])


@pytest.mark.parametrize("role", ROLES)
def test_each_role_steers_sets_up_and_watches_as_far_as_it_may(tidy: App, role: str) -> None:
    screen, client = add(tidy), tidy.client(role)
    assert client.get(SCREENS).status_code == (200 if role in STEER else 403)
    assert client.patch(f"{SCREENS}/{screen}", json={"scene": "grids"}).status_code == (200 if role in STEER else 403)
    assert client.patch(f"{SCREENS}/{screen}", json={"title": "新名"}).status_code == (200 if role in SET_UP else 403)
    assert client.post(SCREENS, json={"name": "second", "title": "副屏"}).status_code == (201 if role in SET_UP else 403)
    steps = [{"scene": "overview", "seconds": 30}]
    assert client.post("/api/v1/programmes", json={"name": f"夜间{role}", "steps": steps}).status_code == (201 if role in SET_UP else 403)
    assert client.post(f"{SCREENS}/main/beat", json=BEAT).status_code == (200 if role in WATCH else 403)
    for path in WALL:
        assert client.get(path).status_code == (200 if role in WATCH else 403), path
    assert client.get(MODE).status_code == (200 if role in WATCH | {"system_admin"} else 403)
    assert client.delete(f"{SCREENS}/{screen}").status_code == (204 if role in SET_UP else 403)


def test_without_a_session_nothing_is_told(app: App) -> None:
    for path in (SCREENS, MODE, f"{SCREENS}/main/orders", *WALL):
        assert app.client().get(path).status_code == 401, path


@pytest.mark.parametrize("role", sorted(WATCH))
def test_nothing_personal_stands_on_a_wall_whoever_opens_it(app: App, role: str) -> None:
    for path in (*WALL, f"/api/v1/wall/emergency/{loop.EVENT}", MODE):
        text = app.client(role).get(path).text
        assert not [value for value in PERSONAL if value in text], path


def test_a_wall_of_one_street_shows_this_street(app: App) -> None:
    client = app.client("elsewhere")
    found = client.get("/api/v1/wall/events").get_json()
    assert {one["id"] for one in found["points"]} == {loop.NEIGHBOUR}
    assert {one["code"] for one in client.get("/api/v1/wall/grids").get_json()["grids"]} == {district.GRIDS[1]}
    assert {one["code"] for one in client.get("/api/v1/today").get_json()["streets"]} == {district.STREETS[1]}
    assert client.get(f"/api/v1/wall/emergency/{loop.EVENT}").status_code == 404
    assert client.post(f"/api/v1/wall/events/{loop.EVENT}/acknowledge").status_code == 404


def test_a_screen_hears_what_the_controller_chose_and_is_heard(tidy: App) -> None:
    screen, controller, wall = add(tidy, size="5760x1080", wall_width_m=14.4, distance_m=10), tidy.client("dispatcher"), tidy.client("wall")
    orders = wall.post(f"{SCREENS}/main/beat", json=BEAT).get_json()
    assert (orders["screen"]["size"], orders["screen"]["scene"], orders["mode"]["mode"]) == ("5760x1080", None, "peace")
    assert [step["scene"] for step in orders["programme"]["steps"]] == list(screens.SCENES)
    assert controller.patch(f"{SCREENS}/{screen}", json={"scene": "force", "paused": True}).get_json()["scene"] == "force"
    again = wall.post(f"{SCREENS}/main/beat", json=BEAT | {"stale": ["events"], "heap_mb": 42}).get_json()
    assert (again["screen"]["scene"], again["screen"]["paused"]) == ("force", True)
    (listed,) = controller.get(SCREENS).get_json()["items"]
    assert listed["alive"]
    (page,) = listed["pages"]
    assert (page["client"], page["heap_mb"], page["stale"], page["scene"]) == ("c1", 42.0, ["events"], "events")
    assert controller.patch(f"{SCREENS}/{screen}", json={"scene": None, "reload": True}).get_json()["reload"] == 1
    with tidy.pool.connection() as conn:
        conn.execute("UPDATE hall.screen_heartbeat SET at = at - interval '21 seconds'")
    assert not controller.get(SCREENS).get_json()["items"][0]["alive"]


def test_a_screen_that_nobody_entered_runs_on_the_first_programme_and_is_listed(tidy: App) -> None:
    orders = tidy.client("wall").post(f"{SCREENS}/lobby/beat", json=BEAT).get_json()
    assert (orders["screen"], orders["programme"]["name"]) == (None, "日常")
    (listed,) = tidy.client("leader").get(SCREENS).get_json()["items"]
    assert (listed["name"], listed["screen"], listed["alive"]) == ("lobby", None, True)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Main", "title": "x"},
        {"name": "../x", "title": "x"},
        {"name": "a" * 41, "title": "x"},
        {"name": "ok", "title": " "},
        {"name": "ok", "title": "x", "size": "19x10"},
        {"name": "ok", "title": "x", "size": "wide"},
        {"name": "ok", "title": "x", "size": "99999x1080"},
        {"name": "ok", "title": "x", "wall_width_m": 0},
        {"name": "ok", "title": "x", "programme_id": 999},
        {"name": "ok", "title": "x", "scene": "weather"},
        {"name": "ok"},
    ],
)
def test_a_screen_that_cannot_be_is_refused(tidy: App, body: dict[str, Any]) -> None:
    answer = tidy.client("system_admin").post(SCREENS, json=body)
    assert answer.status_code == 400, answer.text
    assert answer.get_json()["detail"]


@pytest.mark.parametrize(
    "change",
    [{"client": ""}, {"client": "a b"}, {"width": 0}, {"scene": "x"}, {"look": "x"}, {"heap_mb": -1}, {"stale": ["x"] * 21}, {"up_s": -1}],
)
def test_a_heartbeat_that_cannot_be_is_refused(tidy: App, change: dict[str, Any]) -> None:
    assert tidy.client("wall").post(f"{SCREENS}/main/beat", json=BEAT | change).status_code == 400


def test_names_are_taken_once_and_used_programmes_stay(tidy: App) -> None:
    screen, client = add(tidy), tidy.client("shift_leader")
    assert client.post(SCREENS, json={"name": "main", "title": "又一块"}).status_code == 409
    steps = [{"scene": "grids", "seconds": 20}]
    programme = client.post("/api/v1/programmes", json={"name": "网格", "steps": steps}).get_json()["id"]
    assert client.post("/api/v1/programmes", json={"name": "网格", "steps": steps}).status_code == 409
    assert client.patch(f"{SCREENS}/{screen}", json={"programme_id": programme}).status_code == 200
    assert client.delete(f"/api/v1/programmes/{programme}").status_code == 409
    for bad in ([], [{"scene": "x", "seconds": 20}], [{"scene": "grids", "seconds": 1}]):
        assert client.put(f"/api/v1/programmes/{programme}", json={"name": "网格", "steps": bad}).status_code == 400
    with tidy.pool.connection() as conn:
        (shared, own) = (
            conn.execute(
                "INSERT INTO hall.fly_path (name, stops, loops, shared, changed_at) VALUES (%s, %s::jsonb, false, %s, now()) RETURNING id",
                [f"飞行{number}", '[{"seconds": 0}, {"seconds": 8}, {"seconds": 4.5}]', number == 1],
            ).fetchone()[0]  # type: ignore[index]
            for number in (1, 2)
        )
    told = client.get(SCREENS).get_json()
    assert told["flights"] == [{"id": shared, "name": "飞行1", "seconds": 12.5, "loops": False}]
    assert "video" not in told["mapped"]
    for option in ({"flight": own}, {"flight": 0}, {"compare": "moon"}, {"compare": "imagery", "flight": shared}):
        bad = [{"scene": "grids", "seconds": 20, **option}]
        assert client.put(f"/api/v1/programmes/{programme}", json={"name": "网格", "steps": bad}).status_code == 400, option
    assert (
        client.put(
            f"/api/v1/programmes/{programme}", json={"name": "网格", "steps": [{"scene": "video", "seconds": 20, "compare": "imagery"}]}
        ).status_code
        == 400
    )
    steps = [{"scene": "grids", "seconds": 20, "flight": shared}, {"scene": "events", "seconds": 20, "compare": "tilted"}]
    assert client.put(f"/api/v1/programmes/{programme}", json={"name": "网格", "steps": steps}).status_code == 200
    orders = tidy.client("wall").get(f"{SCREENS}/main/orders").get_json()
    assert [(step["flight"], step["compare"]) for step in orders["programme"]["steps"]] == [(shared, None), (None, "tilted")]
    assert client.put("/api/v1/programmes/999", json={"name": "无", "steps": steps}).status_code == 404
    client.patch(f"{SCREENS}/{screen}", json={"programme_id": 1})
    assert client.delete(f"/api/v1/programmes/{programme}").status_code == 204
    assert client.delete("/api/v1/programmes/1").status_code == 409


@pytest.mark.parametrize("role", ROLES)
def test_only_leaders_and_shift_leaders_switch_the_hall(tidy: App, role: str) -> None:
    wanted = {"mode": "emergency", "event_id": loop.EVENT, "reason": "燃气泄漏"}
    assert tidy.client(role).post(MODE, json=wanted).status_code == (200 if role in SWITCH else 403)
    assert tidy.audit("hall_mode")[-1][1] is (role in SWITCH)


def test_an_emergency_begins_for_a_case_and_ends_with_a_report(tidy: App) -> None:
    leader, wall = tidy.client("leader"), tidy.client("wall")
    with tidy.pool.connection() as conn:
        conn.execute("UPDATE hall.event SET level = 1 WHERE id = %s", [loop.EVENT])
    assert [one["id"] for one in wall.get(MODE).get_json()["proposals"]] == [loop.EVENT]
    for bad in (
        {"mode": "emergency", "reason": "燃气泄漏"},
        {"mode": "peace", "event_id": loop.EVENT, "reason": "结束"},
        {"mode": "war", "reason": "结束"},
        {"mode": "emergency", "event_id": loop.EVENT, "reason": " "},
    ):
        assert leader.post(MODE, json=bad).status_code == 400
    assert leader.post(MODE, json={"mode": "emergency", "event_id": 999, "reason": "燃气泄漏"}).status_code == 404
    assert leader.post(MODE, json={"mode": "peace", "reason": "没有开始"}).status_code == 409
    begun = leader.post(MODE, json={"mode": "emergency", "event_id": loop.EVENT, "reason": "燃气泄漏"}).get_json()
    assert (begun["mode"], begun["event"]["id"], begun["started_by"], begun["proposals"]) == ("emergency", loop.EVENT, "leader账号", [])
    # a second one waits, and whoever has nothing to do with its area learns no more than that it lasts
    assert leader.post(MODE, json={"mode": "emergency", "event_id": loop.NEIGHBOUR, "reason": "又一起"}).status_code == 409
    elsewhere = tidy.client("elsewhere").get(MODE).get_json()
    assert (elsewhere["mode"], elsewhere["event"], elsewhere["reason"]) == ("emergency", None, "")
    assert tidy.client("elsewhere").post(MODE, json={"mode": "peace", "reason": "不归我管"}).status_code == 403
    with tidy.pool.connection() as conn:
        for number, (metres, capacity, state) in enumerate(
            [(900, 300, "open"), (400, None, "open"), (500, 80, "closed"), (4_000, 80, "open")]
        ):
            conn.execute(
                """INSERT INTO hall.resource (id, kind, name, capacity, state, grid_code, geom)
                   SELECT %s, 'shelter', 'S' || %s, %s, %s, grid_code, ST_Project(geom::geography, %s, 0)::geometry FROM hall.event WHERE id = %s""",
                [9_000 + number, number, capacity, state, metres, loop.EVENT],
            )
    told = wall.get(f"/api/v1/wall/emergency/{loop.EVENT}").get_json()
    with tidy.pool.connection() as conn:
        conn.execute("DELETE FROM hall.resource WHERE id >= 9000")
    assert (told["people_cordon"], told["people_influence"], len(told["houses"])) == (1, 1, 1)
    near = [(one["name"], one["capacity"], one["distance_m"]) for one in told["shelters"] if one["name"].startswith("S")]
    assert near == [("S1", None, 400), ("S0", 300, 900)]
    assert [one["distance_m"] for one in told["shelters"]] == sorted(one["distance_m"] for one in told["shelters"])
    assert leader.post(MODE, json={"mode": "peace", "reason": "已止漏，人员返回"}).get_json()["mode"] == "peace"
    (past,) = leader.get(f"{MODE}/history").get_json()["items"]
    report = past["report"]
    assert (report["note"], report["title"], report["acts"], past["reason"]) == ("已止漏，人员返回", "占道经营1", 0, "燃气泄漏")
    assert report["duration_s"] >= 0
    assert tidy.client("elsewhere").get(f"{MODE}/history").get_json()["items"] == []
    assert [row[2] for row in tidy.audit("hall_mode") if row[1]][-2:] == ["燃气泄漏", "已止漏，人员返回"]


def test_a_gravest_case_alarms_the_walls_until_somebody_acknowledges(tidy: App) -> None:
    wall, now = tidy.client("wall"), datetime.now(UTC)
    with tidy.pool.connection() as conn:
        conn.execute(
            "UPDATE hall.event SET level = 1, reported_at = %s, deadline_at = %s WHERE id = %s",
            [now, now + timedelta(minutes=30), loop.EVENT],
        )
    (major,) = wall.get("/api/v1/wall/events").get_json()["majors"]
    assert (major["id"], major["alarm"], major["overdue"]) == (loop.EVENT, True, False)
    assert tidy.client("acceptor").post(f"/api/v1/wall/events/{loop.EVENT}/acknowledge").status_code == 403
    (proposed,) = wall.get(MODE).get_json()["proposals"]
    assert (proposed["acknowledged_at"], proposed["acknowledged_by"]) == (None, "")
    assert tidy.client("dispatcher").post(f"/api/v1/wall/events/{loop.EVENT}/acknowledge").status_code == 204
    (proposed,) = wall.get(MODE).get_json()["proposals"]
    assert proposed["acknowledged_at"]
    assert proposed["acknowledged_by"] == "dispatcher账号"
    assert tidy.client("leader").post(f"/api/v1/wall/events/{loop.EVENT}/acknowledge").status_code == 204
    assert not wall.get("/api/v1/wall/events").get_json()["majors"][0]["alarm"]


def test_parts_of_the_city_are_cut_where_both_are_drawn_largest(app: App) -> None:
    found = app.client("wall").get("/api/v1/wall/frames").get_json()
    assert [part["streets"] for part in found["parts"]] == [[district.STREETS[0]], [district.STREETS[1]]]
    with app.pool.connection() as conn:
        conn.execute(
            "INSERT INTO hall.fact (key, value) VALUES ('wall_frames', %s::jsonb)",
            [
                f'[{{"zh": "东", "en": "East", "streets": ["{district.STREETS[1]}"]}}, {{"zh": "西", "en": "West", "streets": ["{district.STREETS[0]}"]}}]'
            ],
        )
    assert [part["names"]["zh"] for part in app.client("wall").get("/api/v1/wall/frames").get_json()["parts"]] == ["东", "西"]
