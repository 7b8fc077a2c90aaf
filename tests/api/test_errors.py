"""Every error of every path is a problem document."""

import pytest
from flask import Flask

from api import errors
from geodata.errors import HallError, SourceUnavailableError
from tests.api.conftest import App


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/ogc/nothing/here", 404),
        ("PUT", "/nowhere", 404),
        ("POST", "/api/v1/search", 405),
        ("DELETE", "/ogc/collections", 405),
        ("GET", "/api/v1/layers/unknown", 404),
        ("GET", "/api/v1/layers/buildings/999", 404),
        ("GET", "/api/v1/layers/buildings/abc", 404),
        ("GET", "/api/v1/layers/buildings?limit=0", 400),
        ("GET", "/api/v1/layers/buildings?limit=1001", 400),
        ("GET", "/api/v1/layers/buildings?limit=x", 400),
        ("GET", "/api/v1/layers/buildings?limit=1&limit=2", 400),
        ("GET", "/api/v1/layers/buildings?bbox=1,2,3", 400),
        ("GET", "/api/v1/layers/buildings?bbox=2,2,1,1", 400),
        ("GET", "/api/v1/layers/buildings?colour=red", 400),
        ("GET", "/api/v1/layers/people?name=x' OR 1=1 --", 400),
        ("GET", "/api/v1/select", 400),
        ("GET", "/api/v1/select?lon=113&lat=22&radius_m=1000000", 400),
        ("GET", "/api/v1/select?lon=nan&lat=22&radius_m=10", 400),
        ("GET", "/api/v1/search", 400),
        ("GET", f"/api/v1/search?q={'x' * 61}", 400),
        ("GET", "/api/v1/export/buildings.exe", 400),
        ("GET", "/api/v1/export/buildings.csv?crs=mars", 400),
        ("GET", "/api/v1/me?x=1", 400),
        ("GET", "/ogc/collections/unknown/items", 404),
        ("GET", "/ogc/collections/buildings/items/999", 404),
        ("GET", "/ogc/collections/buildings/items?limit=abc", 400),
        ("GET", "/ogc/collections/buildings/items?f=csv", 400),
        ("GET", "/ogc/collections/buildings/items?colour=red", 400),
        ("GET", "/ogc/collections/buildings/items?sortby=name", 400),
        ("GET", "/ogc/collections/buildings/items?filter=floors>2", 400),
        ("GET", "/ogc/collections/buildings/items?after=x", 400),
        ("GET", "/ogc/collections/buildings/items/1%27", 400),
    ],
)
def test_bad_requests_get_a_clear_answer(app: App, method: str, path: str, status: int) -> None:
    answer = app.client("dispatcher").open(path, method=method)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    problem = answer.get_json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:hallmap:problem:")
    assert problem["title"]
    assert status != 400 or problem["detail"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "body:"),
        (b"[]", "body:"),
        (b"{}", "geometry:"),
        (b'{"type": "Polygon", "coordinates": [[[0,0],[1,1],[1,0],[0,1],[0,0]]]}', "crosses itself"),
        (b'{"type": "Point", "coordinates": [113.5, 22.1]}', "radius_m"),
        (b'{"type": "Polygon", "coordinates": "x"}', "body:"),
        (b'{"type": "Point", "coordinates": [113.5, 22.1], "radius_m": 1e9}', "20"),
        (b'{"type": "Point", "coordinates": [113.5, 22.1], "radius_m": 50, "filters": {"buildings": {"name": "x"}}}', "filtered by"),
    ],
)
def test_a_bad_shape_is_refused_with_its_reason(app: App, body: bytes, why: str) -> None:
    answer = app.client("dispatcher").post("/api/v1/select", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert why in answer.get_json()["detail"]


def test_the_method_that_would_work_is_named(app: App) -> None:
    assert app.client("dispatcher").delete("/api/v1/search?q=x").headers["Allow"] == "GET"


def test_a_body_must_be_json_and_not_too_large(app: App) -> None:
    client = app.client("dispatcher")
    assert client.post("/api/v1/select", data=b"x", content_type="text/plain").status_code == 415
    large = client.post("/api/v1/select", data=b" " * (20 * 2**20 + 1), content_type="application/json")
    assert (large.status_code, large.content_type) == (413, "application/problem+json")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/me",
        "/api/v1/layers/district",
        "/api/v1/select",
        "/api/v1/search?q=x",
        "/ogc/",
        "/ogc/collections",
        "/api/v1/export/people.csv",
        "/api/v1/audit",
        "/api/v1/accounts",
        "/api/v1/events",
        "/api/v1/rooms/121",
    ],
)
def test_without_sign_in_there_is_nothing(app: App, path: str) -> None:
    answer = app.client().get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_what_failed_inside_stays_inside() -> None:
    server = Flask("broken")
    errors.register(server)

    @server.get("/fails")
    def fails() -> str:
        raise ValueError("secret host name")

    @server.get("/away")
    def away() -> str:
        raise SourceUnavailableError("connection to secret host failed")

    client = server.test_client()
    assert (client.get("/fails").status_code, client.get("/away").status_code) == (500, 503)
    assert "secret" not in client.get("/fails").text + client.get("/away").text
    assert client.get("/away").headers["Retry-After"] == "5"


def test_every_error_class_has_a_status() -> None:
    assert all(issubclass(kind, HallError) for kind in errors.STATUS)
    assert list(errors.STATUS)[-1] is HallError
