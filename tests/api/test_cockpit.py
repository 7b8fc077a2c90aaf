"""The cockpit over HTTP: who gets which tiles, and what is refused."""

from collections.abc import Iterator

import pytest

from geodata.db import writing
from services.cockpit import MAY_READ, TILES
from services.rights import Role
from tests.api.conftest import App
from tests.district import NAMES, PHONES

PATHS = ("/api/v1/cockpit?tiles=places,videos", "/api/v1/key-places", "/api/v1/key-videos")


@pytest.fixture
def key(app: App) -> Iterator[None]:
    """Every camera and resource of the district is a key point while a test runs."""
    with writing(app.pool) as conn:
        conn.execute("UPDATE hall.camera SET is_key = true")
        conn.execute("UPDATE hall.resource SET is_key = true")
    yield
    with writing(app.pool) as conn:
        conn.execute("UPDATE hall.camera SET is_key = false")
        conn.execute("UPDATE hall.resource SET is_key = false")


@pytest.mark.parametrize("role", list(Role))
def test_only_those_who_lead_get_it(app: App, role: Role) -> None:
    wanted = 200 if role in MAY_READ else 403
    assert [app.client(role.value).get(path).status_code for path in PATHS] == [wanted] * len(PATHS)


def test_nobody_gets_it_without_a_session(app: App) -> None:
    assert {app.client().get(path).status_code for path in PATHS} == {401}


def test_all_tiles_come_with_their_time(app: App) -> None:
    answer = app.client("leader").get("/api/v1/cockpit").get_json()
    assert list(answer["tiles"]) == list(TILES)
    assert all(tile["at"] for tile in answer["tiles"].values())
    assert answer["tiles"]["abnormal"]["data"]["total"] == 197
    assert sum(len(one["cells"]) for one in answer["tiles"]["domains"]["data"]["items"]) == 197
    assert len(answer["tiles"]["domains"]["data"]["items"]) == 9


def test_key_points_carry_no_contacts(app: App, key: None) -> None:
    text = "".join(app.client("leader").get(path).get_data(as_text=True) for path in PATHS)
    assert "避难所1" in text
    assert not any(secret in text for secret in (*NAMES, *PHONES, "stream_ref"))


@pytest.mark.parametrize(
    "query", ["cockpit?tiles=secrets", "cockpit?x=1", "key-places?category=people", "key-places?limit=0", "key-places?q=" + "a" * 51]
)
def test_nonsense_is_refused(app: App, query: str) -> None:
    answer = app.client("leader").get(f"/api/v1/{query}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
