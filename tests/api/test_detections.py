"""Findings of analysis over HTTP: who may do what, once and for all, and nothing that a stranger sends breaks it."""

import base64
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
from services import counting
from services.account_book import AccountBook
from services.mirror_store import MirrorStore
from services.rights import Role
from tests import district, loop
from tests.api.conftest import App
from tests.findings import CAMERA, OTHER_CAMERA, add_classes, picture
from tests.town import database

PATH = "/api/v1/detections"
MAY_DECIDE = {"acceptor", "dispatcher", "shift_leader"}
MAY_READ = MAY_DECIDE | {"leader"}


@pytest.fixture(scope="module")
def app(worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    for url in database(f"hall_test_{worker_name}_found", loop.fill):
        made = {}
        with psycopg.connect(url) as conn:
            add_classes(conn)
            conn.execute("SELECT setval(pg_get_serial_sequence('hall.source_record', 'id'), 1000)")
            conn.execute("SELECT setval(pg_get_serial_sequence('hall.event', 'id'), 1000)")
            accounts = {role.value: (role, "") for role in Role} | {"elsewhere": (Role.DISPATCHER, district.STREETS[1])}
            for number, (username, (role, scope)) in enumerate(accounts.items(), 2_000):
                made[username], digest = credentials.new_token()
                conn.execute(
                    """INSERT INTO hall.account (id, username, display_name, role, scope) OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s, %s)""",
                    [number, username, username, role.value, scope],
                )
                conn.execute("INSERT INTO hall.token (digest, account_id, note) VALUES (%s, %s, 'test')", [digest, number])
        settings = Settings.from_env({"DATABASE_URL": url, "DATA_DIR": str(tmp_path_factory.mktemp("found"))})
        pool = open_pool(url)
        store, book = MirrorStore(pool, LAYERS, settings.data_dir, grace_s=0.0), AccountBook(pool)
        server = Flask("hallmap")
        interfaces = create(server, pool, store, book, settings)
        store.refresh()
        book.refresh()
        yield App(server, interfaces, pool, store, book, made)
        pool.close()


@pytest.fixture(autouse=True)
def nothing_waits(app: App) -> None:
    with app.pool.connection() as conn:
        conn.execute("DELETE FROM hall.detection")


def tell(app: App, number: str = "1", who: str = "acceptor", **more: Any) -> Any:
    given = {"analyser": "lab", "external_no": number, "kind": "vendor", "at": datetime.now(UTC).isoformat(), "confidence": 0.8}
    given |= {} if "gb_id" in more else {"camera_id": CAMERA}
    return app.client(who).post(PATH, json=given | more)


def snapshot() -> str:
    return base64.b64encode(picture()).decode()


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_every_interface_follows_the_role(app: App, role: str) -> None:
    known = tell(app, "known", snapshot=snapshot()).get_json()["id"]
    client = app.client(role)
    asked = {
        "read": [client.get(PATH), client.get(f"{PATH}/{known}"), client.get(f"{PATH}/{known}/snapshot?size=thumb")],
        "decide": [
            tell(app, "other", role, kind="pile"),
            client.post(f"{PATH}/{known}/review", json={"verdict": "reject", "reason": "误报"}),
        ],
    }
    for allowed, answers in ((role in MAY_READ, asked["read"]), (role in MAY_DECIDE, asked["decide"])):
        for answer in answers:
            assert (answer.status_code < 300) is allowed, answer.get_data(as_text=True)
            assert allowed or (answer.status_code, answer.mimetype) == (403, "application/problem+json")


def test_without_a_token_nothing_is_told(app: App) -> None:
    for answer in (app.client().get(PATH), app.client().post(PATH, json={}), app.client().get(f"{PATH}/1/snapshot")):
        assert answer.status_code == 401


def test_a_finding_is_created_once_and_repetitions_are_counted(app: App) -> None:
    assert (tell(app, "1").status_code, tell(app, "1").status_code) == (201, 200)
    assert tell(app, "2").get_json()["repeated"] is True
    listed = app.client("dispatcher").get(f"{PATH}?state=new").get_json()
    assert ([one["repeats"] for one in listed["detections"]], listed["waiting"]) == ([1], {"vendor": 1})


def test_another_area_sees_and_decides_nothing(app: App) -> None:
    here = tell(app, "1", snapshot=snapshot()).get_json()["id"]
    client = app.client("elsewhere")
    assert client.get(PATH).get_json() == {"detections": [], "waiting": {}}
    assert tell(app, "2", "elsewhere").status_code == 404
    assert tell(app, "3", "elsewhere", camera_id=OTHER_CAMERA).status_code == 201
    for answer in (
        client.get(f"{PATH}/{here}"),
        client.get(f"{PATH}/{here}/snapshot"),
        client.post(f"{PATH}/{here}/review", json={"verdict": "accept"}),
        client.post(f"{PATH}/{here}/unmask", json={"reason": "核查车主信息"}),
    ):
        assert answer.status_code == 404


def test_from_the_finding_to_the_case(app: App) -> None:
    found = tell(app, "1", kind="crowd", count=18, snapshot=snapshot(), box=[0.1, 0.1, 0.5, 0.5]).get_json()["id"]
    shown = app.client("dispatcher").get(f"{PATH}/{found}").get_json()
    assert (shown["detection"]["count"], shown["detection"]["box"]) == (18, [0.1, 0.1, 0.5, 0.5])
    done = app.client("dispatcher").post(f"{PATH}/{found}/review", json={"verdict": "accept"}).get_json()
    case = app.client("dispatcher").get(f"/api/v1/events/{done['event_id']}")
    assert (done["state"], case.status_code) == ("accepted", 200)
    assert "约18人" in case.get_data(as_text=True)
    late = app.client("acceptor").post(f"{PATH}/{found}/review", json={"verdict": "reject", "reason": "误报"})
    assert late.status_code == 409
    assert app.audit("detection_accept")[-1][:2] == ("dispatcher", True)


def test_a_finding_is_merged_into_an_open_case(app: App) -> None:
    found = tell(app, "1", kind="road_occupation", snapshot=snapshot()).get_json()["id"]
    wanted = {"verdict": "merge", "event_id": loop.EVENT}
    done = app.client("shift_leader").post(f"{PATH}/{found}/review", json=wanted)
    assert (done.get_json()["state"], done.get_json()["event_id"]) == ("merged", loop.EVENT)


def test_who_looks_at_the_large_picture_has_watched_the_camera(app: App) -> None:
    found = tell(app, "1", snapshot=snapshot()).get_json()["id"]
    with app.pool.connection() as conn:
        conn.execute("DELETE FROM hall.camera_access")
    assert app.client("dispatcher").get(f"{PATH}/{found}/snapshot?size=thumb").mimetype == "image/jpeg"
    assert app.client("dispatcher").get(f"{PATH}/{found}/snapshot").status_code == 200
    with app.pool.connection() as conn:
        rows = conn.execute("SELECT username, camera_id, mode, allowed, purpose FROM hall.camera_access").fetchall()
    assert rows == [("dispatcher", CAMERA, "snapshot", True, "inspection")]


def test_plates_are_masked_everywhere_and_unmasked_for_a_reason(app: App) -> None:
    found = tell(app, "1", kind="plate", plate="湘A12345").get_json()["id"]
    for path in (PATH, f"{PATH}/{found}"):
        text = app.client("leader").get(path).get_data(as_text=True)
        assert "湘A**345" in text
        assert "湘A12345" not in text
    path = f"{PATH}/{found}/unmask"
    assert app.client("dispatcher").post(path, json={"reason": "?"}).status_code == 400
    assert app.client("dispatcher").post(path, json={"reason": "核查违停车主"}).get_json() == {"plate": "湘A12345"}
    assert app.audit("unmask")[-1] == ("dispatcher", True, "核查违停车主")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"kind": "<script>"}, 400),
        ({"camera_id": "61"}, 400),
        ({"camera_id": 2**70}, 400),
        ({"camera_id": 999_999}, 404),
        ({"gb_id": "x" * 21}, 400),
        ({"gb_id": "no such"}, 404),
        ({"confidence": 7}, 400),
        ({"at": "yesterday"}, 400),
        ({"at": "2026-11-23T08:00:00"}, 400),
        ({"at": "0001-01-01T00:00:00Z"}, 400),
        ({"box": [0, 0, 1]}, 400),
        ({"box": [0, 0, 2, 2]}, 400),
        ({"count": 10**9}, 400),
        ({"snapshot": "no base64!"}, 400),
        ({"snapshot": "aGVsbG8="}, 400),
        ({"attachment_id": 987_654}, 400),
        ({"external_no": "a\0b"}, 400),
        ({"external_no": ""}, 400),
        ({"surprise": 1}, 400),
    ],
)
def test_garbage_is_refused_with_the_field(app: App, given: dict[str, Any], status: int) -> None:
    answer = tell(app, **given)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.get_data(as_text=True)
    assert app.client("dispatcher").get(PATH).get_json()["detections"] == []


@pytest.mark.parametrize("sent", [b"", b"[]", b"{", b"\xff\xfe", b'{"verdict": "accept"}'])
def test_a_body_that_is_no_finding_is_refused(app: App, sent: bytes) -> None:
    assert app.client("acceptor").post(PATH, data=sent, content_type="application/json").status_code == 400
    assert app.client("acceptor").post(PATH, data=sent, content_type="text/plain").status_code == 415


def test_a_photo_that_was_added_before_may_be_named(app: App) -> None:
    added = app.client("acceptor").post("/api/v1/attachments", data=picture("teal"), content_type="image/jpeg").get_json()["id"]
    assert tell(app, "1", "dispatcher", attachment_id=added).status_code == 400
    assert tell(app, "1", attachment_id=added).status_code == 201


def test_the_list_goes_on_behind_the_last_line(app: App) -> None:
    begin = datetime.now(UTC) - timedelta(days=2)
    for number in range(5):
        tell(app, str(number), at=(begin + timedelta(hours=number)).isoformat())
    first = app.client("leader").get(f"{PATH}?limit=3").get_json()["detections"]
    rest = app.client("leader").get(f"{PATH}?limit=3&before={first[-1]['id']}").get_json()["detections"]
    assert [one["external_no"] for one in first + rest] == ["4", "3", "2", "1", "0"]
    assert app.client("leader").get(f"{PATH}?state=old").status_code == 400


def test_the_rota_is_chosen_by_the_hall_within_the_area(app: App) -> None:
    path, client = f"/api/v1/cameras/{CAMERA}/analysis", app.client("shift_leader")
    made = client.put(path, json={"alarm_at": 8, "clear_at": 5, "zone": [0, 0, 1, 0, 1, 1]})
    assert [(one["camera_id"], one["alarm_at"], one["every_s"]) for one in made.get_json()["cameras"]] == [(CAMERA, 8, 10)]
    for wrong in ({"alarm_at": 0}, {"clear_at": 20}, {"zone": [0, 0, 1]}, {"zone": [0, 0, 1, 0, 1, 9]}, {"every_s": 0}, {"kind": "x"}):
        assert client.put(path, json=wrong).status_code == 400, wrong
    assert app.client("elsewhere").put(path, json={}).status_code == 404
    assert app.client("elsewhere").get("/api/v1/analysis").get_json() == {"cameras": []}
    for role in ("leader", "acceptor", "worker", "system_admin", "citizen"):
        assert app.client(role).put(path, json={}).status_code == 403
        assert app.client(role).delete(path).status_code == 403
    with app.pool.connection() as conn:
        counting.counted(conn, CAMERA, datetime.now(UTC), 7)
    counted = f"/api/v1/cameras/{CAMERA}/counts"
    assert [one["people"] for one in app.client("leader").get(counted).get_json()["counts"]] == [7]
    assert app.client("elsewhere").get(counted).status_code == 404
    assert app.client("citizen").get(counted).status_code == 403
    assert client.delete(path).status_code == 204
    assert client.get("/api/v1/analysis").get_json() == {"cameras": []}
    assert app.audit("analysis_plan")[-1][:2] == ("shift_leader", True)
