"""Cases and tasks over HTTP: acts, conflicts, what is missing, and what another street or role gets to know."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.create import create
from geodata.credentials import new_token
from geodata.db import Pool, open_pool
from geodata.settings import Settings
from layers.registry import LAYERS
from services.account_book import AccountBook
from services.mirror_store import MirrorStore
from tests import district, loop
from tests.loop import EVENT, NEIGHBOUR, STANDARD

ONE = f"/api/v1/events/{EVENT}"


@dataclass(frozen=True)
class Desk:
    """The application over the stage of tests/loop.py."""

    server: Flask
    pool: Pool
    tokens: dict[str, str]

    def client(self, name: str) -> FlaskClient:
        client = self.server.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.tokens[name]}"
        return client

    def get(self, name: str, path: str) -> tuple[int, Any]:
        answer = self.client(name).get(path)
        return answer.status_code, answer.get_json()

    def act(self, name: str, action: str, path: str = ONE, **fields: Any) -> tuple[int, Any]:
        fields.setdefault("version", self.get("shift_leader", path)[1].get("version", 0))
        answer = self.client(name).post(f"{path}/actions", json={"action": action, **fields})
        return answer.status_code, answer.get_json()

    def answer(self, name: str, task: int, action: str, **fields: Any) -> tuple[int, Any]:
        answer = self.client(name).post(f"/api/v1/tasks/{task}/actions", json={"action": action, **fields})
        return answer.status_code, answer.get_json()


@pytest.fixture
def desk(stage_url: str, tmp_path: Path) -> Iterator[Desk]:
    tokens: dict[str, str] = {}
    with psycopg.connect(stage_url) as conn:
        for name, reader in loop.READERS.items():
            tokens[name], digest = new_token()
            conn.execute("INSERT INTO hall.token (digest, account_id, note) VALUES (%s, %s, 'test')", [digest, reader.account_id])
    settings = Settings.from_env({"DATABASE_URL": stage_url, "DATA_DIR": str(tmp_path)})
    pool = open_pool(stage_url)
    store, book = MirrorStore(pool, LAYERS, settings.data_dir, grace_s=0.0), AccountBook(pool)
    server = Flask("hallmap")
    create(server, pool, store, book, settings)
    book.refresh()
    yield Desk(server, pool, tokens)
    pool.close()


def test_the_loop_over_http_from_report_to_evaluation(desk: Desk) -> None:
    assert desk.act("acceptor", "accept")[0] == 200
    status, case = desk.act("dispatcher", "file", standard_id=STANDARD)
    assert (status, case["state"], case["remaining"]["lamp"]) == (200, "filed", "green")
    expected = next(item for item in desk.get("dispatcher", ONE)[1]["possible"] if item["expected"])
    assert (expected["action"], expected["requires"]) == ("dispatch", ["receiver"])
    status, case = desk.act("dispatcher", "dispatch", workers=[71, 73], lead=73, order_text="请速往")
    lead, helper = case["tasks"]
    assert [(task["worker_id"], task["lead"]) for task in (lead, helper)] == [(73, True), (71, False)]
    assert desk.get("worker", "/api/v1/tasks?mine=1")[1]["items"][0]["order_text"] == "请速往"
    assert desk.answer("worker", helper["id"], "finish", opinion="已配合")[0] == 200
    for action in ("deliver", "accept", "arrive"):
        assert desk.answer("second_worker", lead["id"], action, client_id=f"p-{action}")[0] == 200
    for _ in range(2):
        status, task = desk.answer("second_worker", lead["id"], "finish", client_id="p-9", opinion="已清理")
        assert (status, task["case_state"]) == (200, "checking")
    for name, action, fields in (("acceptor", "check", {}), ("shift_leader", "close", {}), ("shift_leader", "evaluate", {"score": 95})):
        status, case = desk.act(name, action, **fields)
        assert status == 200
    assert (case["state"], case["people"]["solved"], [step["state"] for step in case["steps"]]) == ("evaluated", "孙**", ["done"] * 7)
    with desk.pool.connection() as conn:
        assert loop.problems(conn) == []


def test_who_comes_second_gets_409_with_the_present_version(desk: Desk) -> None:
    assert desk.act("acceptor", "accept", version=0)[0] == 200
    status, problem = desk.act("dispatcher", "file", version=0, standard_id=STANDARD)
    assert (status, problem["version"], problem["type"]) == (409, 1, "urn:hallmap:problem:conflict")
    assert "accept by acceptor账号" in problem["detail"]


def test_what_is_missing_is_400_and_named(desk: Desk) -> None:
    assert desk.act("dispatcher", "file") == (
        400,
        {"type": "urn:hallmap:problem:invalid-input", "title": "A value cannot be used", "status": 400, "detail": "missing: standard_id"},
    )
    assert desk.act("dispatcher", "file", nonsense=1)[0] == 400
    assert desk.client("dispatcher").post(f"{ONE}/actions", json={"action": "accept"}).status_code == 400
    assert desk.act("dispatcher", "dispatch", workers=[71], lead=73)[0] == 400


def test_a_refusal_is_in_the_audit_trail(desk: Desk) -> None:
    assert desk.act("leader", "accept", version=0)[0] == 403
    with desk.pool.connection() as conn:
        rows = conn.execute("SELECT username, action, object, success FROM hall.audit").fetchall()
    assert rows == [("loop_leader", "case_accept", f"events/{EVENT}", False)]


@pytest.mark.parametrize("name", list(loop.ACCOUNTS))
def test_each_role_reads_the_cases_that_are_for_it(desk: Desk, name: str) -> None:
    role = loop.READERS[name].role.value
    outside = role in {"citizen", "system_admin", "security_admin", "audit_admin"}
    own = {"worker": [EVENT], "worker_other_street": [NEIGHBOUR], "second_worker": [], "street_dispatcher": [NEIGHBOUR]}
    everything = [] if role == "department" else [EVENT, NEIGHBOUR]
    for event_id in (EVENT, NEIGHBOUR):
        status, body = desk.get(name, f"/api/v1/events/{event_id}")
        assert status == (403 if outside else 200 if event_id in own.get(name, everything) else 404)
        for secret in (*district.NAMES, *district.PHONES, "李柒捌", "11000000009"):
            assert secret not in str(body)
    assert desk.get(name, "/api/v1/workflow?state=filed")[0] == (403 if outside else 200)
    assert desk.get(name, "/api/v1/tasks")[0] == (403 if outside or role == "wall" else 200)


def test_the_table_tells_who_may_do_what(desk: Desk) -> None:
    body = desk.get("dispatcher", "/api/v1/workflow?state=filed")[1]
    assert body["steps"][0] == "report"
    dispatch = next(row for row in body["transitions"] if row["action"] == "dispatch")
    assert (dispatch["to_state"], dispatch["roles"], dispatch["requires"]) == ("dispatched", ["dispatcher", "shift_leader"], ["receiver"])


def test_the_description_knows_the_new_paths(desk: Desk) -> None:
    document = desk.get("dispatcher", "/api/openapi.json")[1]
    assert {"/api/v1/events/{id}", "/api/v1/events/{id}/actions", "/api/v1/tasks", "/api/v1/tasks/{id}/actions", "/api/v1/workflow"} <= set(
        document["paths"]
    )
    names = set(document["components"]["schemas"])
    assert {"Case", "ActRequest", "Task", "TaskReceipt", "WorkflowView"} <= names


def test_whom_a_program_sends_without_a_prediction_is_promised_what_the_list_shows(desk: Desk) -> None:
    with desk.pool.connection() as conn:
        conn.execute("UPDATE hall.worker_position SET reported_at = CASE worker_id WHEN 71 THEN now() ELSE now() - interval '1 day' END")
    assert desk.act("dispatcher", "file", standard_id=STANDARD)[0] == 200
    listed = {one["id"]: one for one in desk.get("dispatcher", f"{ONE}/candidates")[1]["candidates"]}
    assert listed[71]["travel_time_s"] > 0
    # whose position is of yesterday is promised nothing, and who brings a prediction keeps it
    orders = [{"kind": "worker", "id": 71, "lead": True}, {"kind": "worker", "id": 73}]
    assert desk.act("dispatcher", "dispatch", orders=orders)[0] == 200
    with desk.pool.connection() as conn:
        rows = conn.execute("SELECT worker_id, engine, raw_s::float8, predicted_s::float8 FROM hall.task ORDER BY worker_id").fetchall()
    told = listed[71]
    assert rows == [(71, told["engine"], pytest.approx(told["raw_travel_time_s"], abs=0.2), pytest.approx(told["travel_time_s"], abs=0.2)),
                    (73, None, None, None)]  # fmt: skip
