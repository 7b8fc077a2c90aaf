"""The phone's interfaces: each account for its own worker, and for nobody else's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from services.rights import Role
from tests.api.conftest import App


@pytest.fixture(scope="module", autouse=True)
def stands_for(app: App) -> Iterator[None]:
    """The district's worker account stands for worker 71; afterwards everything is as it was."""
    with app.pool.connection() as conn:
        conn.execute("UPDATE hall.account SET worker_id = 71 WHERE username = 'worker'")
        conn.execute("UPDATE hall.account SET worker_id = 72 WHERE username = 'dispatcher'")
        before = conn.execute("SELECT reported_at, geom FROM hall.worker_position WHERE worker_id = 71").fetchone()
    yield
    assert before
    with app.pool.connection() as conn:
        conn.execute("UPDATE hall.account SET worker_id = NULL")
        conn.execute("UPDATE hall.worker_position SET reported_at = %s, geom = %s, accuracy_m = NULL WHERE worker_id = 71", before)
        conn.execute("DELETE FROM hall.track_point")
        conn.execute("DELETE FROM hall.position_consent")


def fix(seconds_ago: float) -> dict[str, object]:
    at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return {"at": at.isoformat(), "lon": 113.5425, "lat": 22.1925, "accuracy_m": 6}


def test_positions_need_consent_and_move_the_own_worker_only(app: App) -> None:
    batch = {"positions": [fix(5)]}
    assert app.client("worker").post("/api/v1/positions", json=batch).status_code == 403
    agreed = app.client("worker").put("/api/v1/me/worker", json={"share_position": True})
    assert agreed.status_code == 200
    assert agreed.get_json()["worker"]["sharing_since"]
    taken = app.client("worker").post("/api/v1/positions", json=batch)
    assert (taken.status_code, taken.get_json()["accepted"]) == (200, 1)
    assert app.client("worker").post("/api/v1/positions", json=batch).get_json()["known"] == 1
    with app.pool.connection() as conn:
        rows = dict(conn.execute("SELECT worker_id, count(*) FROM hall.track_point GROUP BY 1").fetchall())
    assert rows == {71: 1}
    own = app.client("worker").get("/api/v1/me/worker").get_json()["worker"]
    assert (own["id"], own["lon"]) == (71, 113.5425)
    assert app.client("worker").put("/api/v1/me/worker", json={"share_position": False}).get_json()["worker"]["sharing_since"] is None


@pytest.mark.parametrize("role", [role.value for role in Role if role is not Role.WORKER])
def test_other_roles_stand_for_nobody(app: App, role: str) -> None:
    assert app.client(role).get("/api/v1/me/worker").get_json()["worker"] is None
    assert app.client(role).put("/api/v1/me/worker", json={"on_duty": False}).status_code == 403
    assert app.client(role).post("/api/v1/positions", json={"positions": [fix(5)]}).status_code == 403


def test_what_is_no_batch_is_refused(app: App) -> None:
    body: object
    for body in (
        {},
        {"positions": []},
        {"positions": [{"lon": 1, "lat": 2}]},
        {"positions": [{**fix(1), "at": "2026-11-23T08:00:00"}]},
        {"positions": [{**fix(1), "worker_id": 72}]},
    ):
        assert app.client("worker").post("/api/v1/positions", json=body).status_code == 400
    assert app.client("worker").put("/api/v1/me/worker", json={}).status_code == 400


def test_strangers_see_the_page_and_nothing_else(app: App) -> None:
    client = app.server.test_client()
    for path in ("/api/v1/me/worker", "/api/v1/tasks?mine=1"):
        assert client.get(path).status_code == 401
    assert client.post("/api/v1/positions", json={"positions": [fix(1)]}).status_code == 401
