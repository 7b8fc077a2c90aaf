"""Recordings over HTTP: replay, timelines, clips, holds, saved choices, the record of access; every role at every one of them at once."""

import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from geodata.db import writing
from geodata.secret_key import secret_key
from geodata.settings import Settings
from services import clip_maker, recordings
from services.rights import Role
from services.video_rights import Mode
from services.video_tokens import Signer
from tests.api.conftest import App
from tests.footage import empty_store, film, segment

CAMERA, OTHER_STREET = 61, 62
EVENT, OTHER_EVENT = 101, 102
NOW = datetime.now(UTC)
START = NOW.replace(microsecond=0) - timedelta(minutes=10)

ROLES = [str(role) for role in Role]
RIGHTS: Mapping[str, str] = {
    "live": "leader dispatcher shift_leader acceptor",
    "ptz": "shift_leader",
    "stop": "shift_leader",
    "replay": "leader dispatcher shift_leader",
    "timeline": "leader dispatcher shift_leader",
    "ask a clip": "dispatcher shift_leader",
    "clips": "leader dispatcher shift_leader acceptor department worker wall",
    "event": "leader dispatcher shift_leader acceptor department worker wall",
    "hold": "leader dispatcher shift_leader",
    "holds": "leader dispatcher shift_leader acceptor department worker wall",
    "access": "shift_leader audit_admin",
    "storage": "leader shift_leader system_admin",
    "sets": "leader dispatcher shift_leader acceptor department worker wall",
    "save a set": "leader dispatcher shift_leader acceptor department worker",
    "share a set": "leader dispatcher shift_leader",
}
"""Interface → roles that may, over a camera of the police in the worker's own street."""


WITHOUT_PICTURE = frozenset({"live", "ptz", "stop"})
"""What the camera of the tests, which has no source, answers with a conflict to those who may."""


@pytest.fixture
def store(app: App) -> Iterator[App]:
    with empty_store(app.pool):
        yield app


def text(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def ask(app: App, role: str, what: str, camera: int = CAMERA, event: int = EVENT) -> Any:
    """Use one interface as one role."""
    client = app.client(role)
    window = {"start": text(0), "end": text(60)}
    match what:
        case "live":
            return client.post(f"/api/v1/cameras/{camera}/live", json={"purpose": "duty"})
        case "ptz" | "stop":
            return client.post(f"/api/v1/cameras/{camera}/ptz", json={"action": "left" if what == "ptz" else "stop"})
        case "replay":
            return client.post(f"/api/v1/cameras/{camera}/replay", json=window | {"purpose": "event", "event_id": event})
        case "timeline":
            return client.get(f"/api/v1/cameras/{camera}/timeline", query_string=window)
        case "ask a clip":
            return client.post(f"/api/v1/cameras/{camera}/clips", json=window | {"reason": "事故取证"})
        case "hold":
            return client.post(f"/api/v1/events/{event}/holds", json=window | {"camera_ids": [camera], "reason": "事故取证"})
        case "save a set" | "share a set":
            form = {"kind": "group", "name": f"常用{role}", "camera_ids": [camera], "shared": what.startswith("share")}
            return client.post("/api/v1/camera-sets", json=form)
        case _:
            paths = {
                "clips": "/api/v1/clips",
                "event": f"/api/v1/events/{event}/video",
                "holds": f"/api/v1/events/{event}/holds",
                "access": "/api/v1/video/access",
                "storage": "/api/v1/video/storage",
                "sets": "/api/v1/camera-sets",
            }
            return client.get(paths[what])


@pytest.mark.parametrize("role", ROLES)
def test_every_interface_follows_the_role(store: App, role: str) -> None:
    for what, allowed in RIGHTS.items():
        answer = ask(store, role, what)
        right = answer.status_code < 300 or (answer.status_code == 409 and what in WITHOUT_PICTURE)
        assert right is (role in allowed.split()), f"{what}: {answer.status_code} {answer.get_data(as_text=True)}"
        if answer.status_code >= 300:
            assert right or answer.status_code == 403, what
            assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("what", ["live", "ptz", "stop", "replay", "timeline", "ask a clip", "hold"])
def test_a_camera_of_another_street_is_not_there(store: App, what: str) -> None:
    with writing(store.pool) as conn:
        conn.execute("UPDATE hall.account SET scope = '990000001' WHERE username = 'shift_leader'")
    store.book.refresh()
    try:
        assert ask(store, "shift_leader", what).status_code < (410 if what in WITHOUT_PICTURE else 300)
        assert ask(store, "shift_leader", what, camera=OTHER_STREET).status_code == 404
        assert ask(store, "shift_leader", "event", event=OTHER_EVENT).status_code == 404
        assert ask(store, "shift_leader", "holds", event=OTHER_EVENT).status_code == 404
        seen = {one["id"] for one in ask(store, "shift_leader", "event").get_json()["cameras"]}
        assert OTHER_STREET not in seen
    finally:
        with writing(store.pool) as conn:
            conn.execute("UPDATE hall.account SET scope = '' WHERE username = 'shift_leader'")
        store.book.refresh()


def test_a_refusal_names_the_right_and_stands_on_record(store: App) -> None:
    answer = ask(store, "acceptor", "replay")
    assert answer.get_json()["detail"] == "right missing: replay on cameras of police (acceptor)"
    (row,) = store.client("audit_admin").get("/api/v1/video/access?allowed=false").get_json()["items"]
    assert (row["username"], row["camera_id"], row["mode"], row["allowed"], row["purpose"]) == (
        "acceptor",
        CAMERA,
        "replay",
        False,
        "event",
    )


def test_a_replay_tells_its_timeline_and_opens_by_a_token_only(store: App) -> None:
    with writing(store.pool) as conn:
        recordings.store(conn, [segment(CAMERA, START + timedelta(seconds=second)) for second in (-2, 2, 20, 24)])
    answer = ask(store, "dispatcher", "replay").get_json()
    begin = START.timestamp()
    assert answer["timeline"] == [[begin, begin + 6], [begin + 20, begin + 28]]
    assert answer["watermark"].split()[-2] == "dispatcher"
    token = answer["playlist"].split("/")[3]
    key = secret_key(Settings.from_env({"DATA_DIR": str(data_dir(store))}))
    grant = Signer(key).open(token, datetime.now(UTC), Mode.REPLAY)
    assert (grant.camera_id, grant.username, grant.start) == (CAMERA, "dispatcher", START)
    row = store.client("audit_admin").get(f"/api/v1/video/access?camera_id={CAMERA}&mode=replay").get_json()["items"][0]
    assert (row["id"], row["event_id"], row["purpose"]) == (grant.access_id, EVENT, "event")
    assert "rtsp" not in str(answer)


def data_dir(app: App) -> Path:
    return app.store._data_dir


def test_a_timeline_has_intervals_with_their_source_and_what_is_held(store: App) -> None:
    with writing(store.pool) as conn:
        recordings.store(conn, [segment(CAMERA, START), segment(CAMERA, START + timedelta(seconds=10))])
    ask(store, "dispatcher", "hold")
    answer = (
        store.client("dispatcher").get(f"/api/v1/cameras/{CAMERA}/timeline", query_string={"start": text(-60), "end": text(60)}).get_json()
    )
    assert {key: answer[key] for key in ("camera_id", "retention_days", "archive")} == {
        "camera_id": CAMERA,
        "retention_days": 30,
        "archive": "own",
    }
    spans = [(one["start"], one["end"], one["source"]) for one in answer["intervals"]]
    assert spans == [(z(0), z(4), "own"), (z(10), z(14), "own")]
    assert answer["held"] == [{"start": z(0), "end": z(60), "event_id": EVENT}]


def z(seconds: float) -> str:
    return text(seconds).replace("+00:00", "Z")


def test_a_clip_is_asked_for_made_and_downloaded_on_record(store: App, tmp_path: Path) -> None:
    place = data_dir(store)
    film(store.pool, place, CAMERA, START, 6)
    window = {"start": text(1), "end": text(5), "reason": "移交公安", "event_id": EVENT}
    asked = store.client("dispatcher").post(f"/api/v1/cameras/{CAMERA}/clips", json=window)
    assert (asked.status_code, asked.get_json()["state"]) == (202, "waiting")
    clip = asked.get_json()["id"]
    client = store.client("dispatcher")
    assert client.get(f"/api/v1/clips/{clip}/file").status_code == 409
    assert clip_maker.make_next(store.pool, place)
    told = client.get(f"/api/v1/clips/{clip}").get_json()
    assert (told["state"], told["camera_name"], told["reason"]) == ("ready", "路口1", "移交公安")
    with client.get(f"/api/v1/clips/{clip}/file") as answer:
        assert (answer.status_code, answer.mimetype, answer.get_data()[4:8]) == (200, "video/mp4", b"ftyp")
        assert "attachment" in answer.headers["Content-Disposition"]
    with client.get(f"/api/v1/clips/{clip}/file", headers={"Range": "bytes=0-99"}) as part:
        assert (part.status_code, len(part.get_data())) == (206, 100)
    rows = store.client("audit_admin").get("/api/v1/video/access?mode=download&allowed=true").get_json()["items"]
    assert {row["purpose"] for row in rows} == {"移交公安"}
    assert len(rows) >= 3
    assert store.client("leader").get(f"/api/v1/clips/{clip}").status_code == 404
    assert store.client("shift_leader").get(f"/api/v1/clips/{clip}").status_code == 200
    assert store.client("dispatcher").get("/api/v1/clips").get_json()["items"][0]["id"] == clip


def test_the_pictures_of_an_event_are_one_question(store: App) -> None:
    with writing(store.pool) as conn:
        conn.execute("UPDATE hall.event SET reported_at = %s WHERE id = %s", [START, EVENT])
        recordings.store(conn, [segment(CAMERA, START - timedelta(seconds=10), 30)])
    answer = ask(store, "dispatcher", "event").get_json()
    assert (answer["start"], answer["end"]) == (z(-30), z(60))
    first = answer["cameras"][0]
    assert (first["id"], first["live"], first["replay"]) == (CAMERA, True, True)
    assert first["intervals"] == [{"start": z(-10), "end": z(20), "source": "own"}]
    assert first["distance_m"] < 120
    watched = ask(store, "acceptor", "event").get_json()["cameras"][0]
    assert (watched["live"], watched["replay"], watched["intervals"]) == (True, False, [])


def test_a_hold_is_listed_and_released_with_a_reason(store: App) -> None:
    (made,) = ask(store, "dispatcher", "hold").get_json()["items"]
    client = store.client("dispatcher")
    assert [one["id"] for one in client.get(f"/api/v1/events/{EVENT}/holds").get_json()["items"]] == [made["id"]]
    assert client.delete(f"/api/v1/holds/{made['id']}", json={"reason": " "}).status_code == 400
    assert store.client("leader").delete(f"/api/v1/holds/{made['id']}", json={"reason": "不再需要"}).status_code == 403
    assert client.delete(f"/api/v1/holds/{made['id']}", json={"reason": "不再需要"}).status_code == 204
    assert client.delete(f"/api/v1/holds/{made['id']}", json={"reason": "不再需要"}).status_code == 409
    assert [(who, success) for who, success, _ in store.audit("recording_release")] == [("leader", False), ("dispatcher", True)]


def test_a_saved_choice_is_ones_own_until_it_is_shared(store: App) -> None:
    client = store.client("dispatcher")
    form = {"kind": "patrol", "name": "夜间轮巡", "camera_ids": [CAMERA, OTHER_STREET, CAMERA], "tiles": 9, "dwell_s": 30}
    made = client.post("/api/v1/camera-sets", json=form).get_json()
    assert (made["camera_ids"], made["tiles"], made["own"]) == ([CAMERA, OTHER_STREET], 9, True)
    path = f"/api/v1/camera-sets/{made['id']}"
    assert store.client("leader").get(path).status_code == 404
    again = client.post("/api/v1/camera-sets", json=form | {"shared": True, "tiles": 4}).get_json()
    assert (again["id"], again["tiles"]) == (made["id"], 4)
    seen = store.client("worker").get(path).get_json()
    assert (seen["camera_ids"], seen["own"], seen["username"]) == ([CAMERA], False, "dispatcher"), "a worker has only those of his street"
    assert client.get("/api/v1/camera-sets?kind=group").get_json()["items"] == []
    assert store.client("worker").delete(path).status_code == 404
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "wall"},
        {"name": "  "},
        {"name": "x" * 41},
        {"tiles": 5},
        {"dwell_s": 4},
        {"camera_ids": []},
        {"camera_ids": [2**63]},
        {"camera_ids": [999]},
        {"colour": "red"},
        {"name": "a\0b"},
    ],
    ids=str,
)
def test_a_choice_that_makes_no_sense_is_refused(store: App, wrong: Mapping[str, object]) -> None:
    form = {"kind": "group", "name": "常用", "camera_ids": [CAMERA], "tiles": 4, "dwell_s": 20, **wrong}
    assert store.client("dispatcher").post("/api/v1/camera-sets", json=form).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", f"/api/v1/cameras/{CAMERA}/replay", {"start": "2026-11-23T08:00:00", "end": "2026-11-23T09:00:00Z"}, 400),
        ("POST", f"/api/v1/cameras/{CAMERA}/replay", {"start": "2026-11-23T08:00:00Z", "end": "2026-11-23T08:00:00Z"}, 400),
        ("POST", f"/api/v1/cameras/{CAMERA}/replay", {"start": "2026-11-21T08:00:00Z", "end": "2026-11-23T08:00:00Z"}, 400),
        ("POST", f"/api/v1/cameras/{CAMERA}/replay", {"start": "x", "end": 5}, 400),
        ("POST", "/api/v1/cameras/99999999999999999999999/replay", {"start": "2026-11-23T08:00:00Z", "end": "2026-11-23T09:00:00Z"}, 404),
        (
            "POST",
            f"/api/v1/cameras/{CAMERA}/clips",
            {"start": "2026-11-23T08:00:00Z", "end": "2026-11-23T09:00:00Z", "reason": "取证取证"},
            400,
        ),
        (
            "POST",
            f"/api/v1/cameras/{CAMERA}/clips",
            {"start": "2099-11-23T08:00:00Z", "end": "2099-11-23T08:10:00Z", "reason": "取证取证"},
            400,
        ),
        ("GET", f"/api/v1/cameras/{CAMERA}/timeline", None, 400),
        ("GET", f"/api/v1/cameras/{CAMERA}/timeline?start=2026-11-01T00:00:00Z&end=2026-11-23T00:00:00Z", None, 400),
        ("GET", "/api/v1/events/99999999999999999999999/video", None, 404),
        ("GET", f"/api/v1/events/{EVENT}/video?limit=17", None, 400),
        ("GET", "/api/v1/clips/99999999999999999999999", None, 404),
        ("GET", "/api/v1/clips/5/file", None, 404),
        ("DELETE", "/api/v1/holds/99999999999999999999999", {"reason": "不再需要"}, 404),
        ("GET", "/api/v1/camera-sets?kind=all", None, 400),
    ],
)
def test_hostile_input_gets_a_clear_answer(store: App, method: str, path: str, body: Any, status: int) -> None:
    answer = store.client("dispatcher").open(path, method=method, json=body)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_nobody_who_is_not_signed_in_gets_anything(store: App) -> None:
    for path in ("/api/v1/clips", f"/api/v1/events/{EVENT}/video", "/api/v1/camera-sets", "/api/v1/video/access", "/api/v1/video/storage"):
        assert store.client().get(path).status_code == 401


def test_a_platform_that_cannot_be_asked_takes_nothing_of_what_is_known_away(store: App, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(store.pool) as conn:
        conn.execute("INSERT INTO hall.video_source (id, key, kind, name) VALUES (902, 'far', 'wvp', 'x')")
        conn.execute("UPDATE hall.camera SET video_source_id = 902, stream_ref = 'a/b' WHERE id = %s", [CAMERA])
        recordings.store(conn, [segment(CAMERA, START)])

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    try:
        answer = ask(store, "dispatcher", "timeline").get_json()
    finally:
        with writing(store.pool) as conn:
            conn.execute("UPDATE hall.camera SET video_source_id = NULL, stream_ref = NULL WHERE id = %s", [CAMERA])
            conn.execute("DELETE FROM hall.video_source WHERE id = 902")
    assert answer["archive"] == "unreachable"
    assert len(answer["intervals"]) == 1
