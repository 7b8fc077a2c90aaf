"""Street view and flights over HTTP: roles, scope, pictures, and bodies that strangers send."""

import pytest
from PIL import Image

from geodata import panoramas as pictures
from services.panoramas import MAY_LOOK
from services.rights import Role
from tests import district
from tests.api.conftest import App

PLACE = f"lon={district.LONS[0]}&lat={district.LAT}"
FLIGHT = {
    "name": "试飞",
    "stops": [
        {"lon": 113.54, "lat": 22.19, "zoom": 15, "pitch": 50},
        {"lon": 113.55, "lat": 22.19, "zoom": 16, "bearing": 90, "seconds": 4},
    ],
}


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_street_pictures_follow_the_role(app: App, role: str) -> None:
    client = app.client(role)
    allowed = Role(role) in MAY_LOOK
    nearest = client.get(f"/api/v1/panoramas/nearest?{PLACE}")
    one = client.get("/api/v1/panoramas/131")
    shot = client.get("/api/v1/panoramas/131/picture?size=half")
    if not allowed:
        assert [answer.status_code for answer in (nearest, one, shot)] == [403, 403, 403]
        return
    assert (nearest.status_code, one.status_code) == (200, 200)
    assert nearest.get_json()["id"] == 131
    assert shot.status_code == 404, "the file is not there"
    assert "import it again" in shot.get_json()["detail"]


def test_a_street_sees_its_own_panoramas(app: App) -> None:
    worker = app.client("worker")
    assert worker.get("/api/v1/panoramas/131").status_code == 200
    assert worker.get("/api/v1/panoramas/132").status_code == 404
    assert worker.get("/api/v1/panoramas/132/picture").status_code == 404


def test_strangers_get_nothing(app: App) -> None:
    for path in ("/api/v1/panoramas/131", f"/api/v1/panoramas/nearest?{PLACE}", "/api/v1/panoramas/131/picture", "/api/v1/fly-paths"):
        assert app.client().get(path).status_code == 401


def test_questions_that_make_no_sense_are_refused_by_name(app: App) -> None:
    client = app.client("dispatcher")
    for query, said in (("lat=1", "lon"), ("lon=x&lat=1", "lon"), (f"{PLACE}&within_m=0", "within_m"), (f"{PLACE}&size=1", "size")):
        answer = client.get(f"/api/v1/panoramas/nearest?{query}")
        assert answer.status_code == 400
        assert said in answer.get_json()["detail"]
    assert client.get("/api/v1/panoramas/131/picture?size=huge").status_code == 400
    assert client.get("/api/v1/panoramas/99999999999999999999").status_code == 404


def test_flights_are_saved_listed_and_deleted(app: App) -> None:
    client = app.client("dispatcher")
    made = client.post("/api/v1/fly-paths", json=FLIGHT)
    assert made.status_code == 201
    path = made.get_json()
    assert [stop["seconds"] for stop in path["stops"]] == [6.0, 4.0]
    assert [item["name"] for item in client.get("/api/v1/fly-paths").get_json()["items"]] == ["试飞"]
    assert app.client("leader").get("/api/v1/fly-paths").get_json()["items"] == []
    assert app.client("leader").delete(f"/api/v1/fly-paths/{path['id']}").status_code == 404
    assert client.delete(f"/api/v1/fly-paths/{path['id']}").status_code == 204
    assert client.get(f"/api/v1/fly-paths/{path['id']}").status_code == 404


def test_bodies_of_strangers(app: App) -> None:
    client = app.client("dispatcher")
    bodies: tuple[object, ...] = (
        {}, {"name": "x"}, FLIGHT | {"stops": "no"}, FLIGHT | {"stops": FLIGHT["stops"][:1]}, FLIGHT | {"name": "x" * 99}, FLIGHT | {"more": 1},
        FLIGHT | {"stops": [{"lon": 400, "lat": 0, "zoom": 3}] * 2}, [],
    )  # fmt: skip
    for body in bodies:
        answer = client.post("/api/v1/fly-paths", json=body)
        assert answer.status_code == 400, body
    assert app.client("wall").post("/api/v1/fly-paths", json=FLIGHT).status_code == 403
    assert app.client("worker").post("/api/v1/fly-paths", json=FLIGHT | {"shared": True}).status_code == 403


def test_a_picture_comes_in_the_size_that_is_asked_for(app: App) -> None:
    folder = app.store._data_dir / pictures.FOLDER
    for size in ("full", "preview"):
        path = folder / pictures.path_of("1" * 64, size)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 32), "navy").save(path)
    client = app.client("dispatcher")
    for size in ("full", "half", "preview"):
        answer = client.get(f"/api/v1/panoramas/131/picture?size={size}&v=1111", buffered=True)
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg"), size
        assert "private" in answer.headers["Cache-Control"]
        again = client.get(f"/api/v1/panoramas/131/picture?size={size}", headers={"If-None-Match": answer.headers["ETag"]}, buffered=True)
        assert again.status_code == 304
