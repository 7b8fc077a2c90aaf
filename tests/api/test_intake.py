"""Reports, photos, source records and Open311 through the interfaces: rights, hostile input, once and for all."""

import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import psycopg
import pytest
from flask import Flask
from georeport import GeoReport
from PIL import Image
from werkzeug.serving import make_server

from api.create import create
from api.native_intake import NativeIntake
from geodata import credentials
from geodata.db import open_pool
from geodata.settings import Settings
from layers.registry import LAYERS
from services import replies
from services.account_book import AccountBook
from services.audit import Caller
from services.mirror_store import MirrorStore
from services.rights import Reader, Role
from tests import district, quarter
from tests.api.conftest import App
from tests.town import database

EVENTS, RECORDS = "/api/v1/events", "/api/v1/source-records"
LAMP: dict[str, Any] = {"source": "hotline12345", "class_code": "T201", "place_text": "长街9号", "description": "路灯不亮", "reporter": "赵一二",
                        "reporter_phone": "11055556666"}  # fmt: skip


@pytest.fixture(scope="module")
def app(worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    for url in database(f"hall_test_{worker_name}_intake_api", quarter.fill):
        made = {}
        with psycopg.connect(url) as conn:
            accounts = {role.value: (role, "") for role in Role} | {"worker": (Role.WORKER, district.STREETS[0])}
            for username, (role, scope) in (accounts | {"elsewhere": (Role.DISPATCHER, district.STREETS[1])}).items():
                made[username], digest = credentials.new_token()
                conn.execute(
                    """WITH account AS (INSERT INTO hall.account (username, display_name, role, scope) VALUES (%s, %s, %s, %s) RETURNING id)
                       INSERT INTO hall.token (digest, account_id, note) SELECT %s, id, 'test' FROM account""",
                    [username, username, role.value, scope, digest],
                )
        settings = Settings.from_env({"DATABASE_URL": url, "DATA_DIR": str(tmp_path_factory.mktemp("intake"))})
        pool = open_pool(url)
        store, book = MirrorStore(pool, LAYERS, settings.data_dir, grace_s=0.0), AccountBook(pool)
        server = Flask("hallmap")
        interfaces = create(server, pool, store, book, settings)
        store.refresh()
        book.refresh()
        yield App(server, interfaces, pool, store, book, made)
        pool.close()


def post(app: App, who: str = "acceptor", **given: object) -> tuple[int, dict[str, Any]]:
    answer = app.client(who).post(EVENTS, json=LAMP | given)
    return answer.status_code, answer.get_json()


def photo(size: tuple[int, int] = (640, 480), kind: str = "JPEG", exif: bytes = b"") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "orange").save(out, kind, **({"exif": exif} if exif else {}))
    return out.getvalue()


def test_a_report_is_one_case_however_often_it_comes(app: App) -> None:
    status, first = post(app, external_no="P1")
    assert (status, first["created"], first["needs"]) == (201, True, None)
    status, again = post(app, external_no="P1")
    assert (status, again["id"], again["known"]) == (200, first["id"], True)
    shown = app.client("dispatcher").get(f"{EVENTS}/{first['id']}")
    assert shown.status_code == 200
    assert not any(clear in shown.text for clear in ("赵一二", "11055556666"))
    with app.pool.connection() as conn:
        assert conn.execute("SELECT count(*) FROM hall.source_record WHERE external_no = 'P1'").fetchone() == (1,)


def test_what_waits_is_answered_with_202_and_completed_by_a_person(app: App) -> None:
    status, kept = post(app, external_no="P2", place_text="广州市天河区")
    assert (status, kept["id"], kept["needs"], kept["elsewhere"]) == (202, None, "place", "广州市")
    path = f"{RECORDS}/{kept['record_id']}"
    seen = app.client("dispatcher").get(path).get_json()
    assert (seen["record"]["state"], seen["record"]["reporter"], seen["raw"]["place_text"]) == ("waiting", "赵**", "广州市天河区")
    assert "赵一二" not in app.client("dispatcher").get(path).text
    assert app.client("citizen").get(path).status_code == 403
    assert app.client("elsewhere").get(path).status_code == 404
    done = app.client("acceptor").post(f"{path}/complete", json={"lon": 113.543, "lat": 22.193, "crs_checked": True, "place_text": "路边"})
    assert (done.status_code, done.get_json()["created"]) == (201, True)
    assert app.client("acceptor").post(f"{path}/complete", json={}).status_code == 400


def test_repetitions_are_listed_with_reasons(app: App) -> None:
    first, second = (post(app, external_no=number, place_text="第一小学")[1] for number in ("P3", "P4"))
    assert first["id"] in [item["event_id"] for item in second["duplicates"]]
    path = f"{EVENTS}/{second['id']}/duplicates"
    found = app.client("worker").get(path).get_json()["duplicates"]
    assert found[0]["event_id"] == first["id"]
    assert {reason["key"] for reason in found[0]["reasons"]} >= {"distance_m", "minutes", "kind", "text"}
    assert app.client("elsewhere").get(path).status_code == 404
    assert app.client("system_admin").get(path).status_code == 403


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"source": "mars"}, 400),
        ({"lon": "x", "lat": 1}, 400),
        ({"lon": 113.5}, 400),
        ({"lon": 1e300, "lat": 1}, 400),
        ({"level": 9}, 400),
        ({"description": "长" * 5_001}, 400),
        ({"description": "长" * 5_000_000}, 413),
        ({"title": ["x"]}, 400),
        ({"unknown": 1}, 400),
        ({"attachments": list(range(21))}, 400),
        ({"reported_at": "yesterday"}, 400),
        ({"external_no": "x" * 65}, 400),
        ({"place_text": "'; DROP TABLE hall.event; --"}, 202),
        ({"place_text": "<script>alert(1)</script>"}, 202),
        ({"description": "\u202e\u0007 a\tb\n" * 20}, 201),
    ],
)
def test_hostile_reports(app: App, given: dict[str, object], status: int) -> None:
    answer = app.client("acceptor").post(EVENTS, json=LAMP | given)
    assert answer.status_code == status
    if status >= 400:
        assert answer.content_type == "application/problem+json"
        assert answer.get_json()["detail"]


def test_five_megabytes_of_text_are_refused_with_the_limit(app: App) -> None:
    detail = app.client("acceptor").post(EVENTS, json=LAMP | {"description": "x" * 5_000_000}).get_json()["detail"]
    assert "5000" in detail
    assert "description" in detail


@pytest.mark.parametrize(
    ("who", "source", "status"),
    [
        ("citizen", "citizen_app", 201),
        ("citizen", "hotline12345", 403),
        ("worker", "grid_patrol", 201),
        ("worker", "leader", 403),
        ("wall", "sensor", 403),
        ("system_admin", "other", 403),
        ("", "other", 401),
    ],
)
def test_who_may_report(app: App, who: str, source: str, status: int) -> None:
    assert app.client(who).post(EVENTS, json=LAMP | {"source": source}).status_code == status


def test_inbound_orders_are_taken_in_once_and_bad_ones_told(app: App) -> None:
    order = {"工单编号": "GD1", "诉求内容": "路灯不亮", "小类代码": "T201", "事发地址": "长街9号"}
    client = app.client("acceptor")
    for created in (True, False):
        answer = client.post(
            "/api/v1/inbound/hotline12345", json={"orders": [order, {"诉求内容": "无号"}, {**order, "工单编号": "GD2"}]}
        ).get_json()
        first, bad, second = answer["orders"]
        assert (first["external_no"], first["received"]["created"], second["received"]["created"]) == ("GD1", created, created)
        assert "工单编号" in bad["error"]
    case = {"taskNum": "D1", "eventDesc": "路灯不亮", "subTypeCode": "T201", "coordinateX": 113.543, "coordinateY": 22.193}
    assert client.post("/api/v1/inbound/city_dcm", json=case).get_json()["orders"][0]["received"]["created"]
    assert client.post("/api/v1/inbound/mars", json=case).status_code == 404
    assert client.post("/api/v1/inbound/city_dcm", json=[1]).status_code == 400
    assert app.client("citizen").post("/api/v1/inbound/city_dcm", json=case).status_code == 403


def test_a_place_is_found_within_the_area(app: App) -> None:
    assert app.client("dispatcher").get("/api/v1/geocode?q=长街9号").get_json()["places"][0]["precision"] == "building"
    assert app.client("elsewhere").get("/api/v1/geocode?q=长街9号").get_json()["places"] == []
    assert app.client("system_admin").get("/api/v1/geocode?q=长街9号").status_code == 403
    assert app.client("dispatcher").get("/api/v1/geocode?q=").status_code == 400


def test_a_photo_is_written_anew_and_seen_by_those_who_see_the_case(app: App) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0132] = "SecretCamera", "2026:11:23 08:00:00"
    sent = photo((3000, 2000), exif=exif.tobytes())
    answer = app.client("acceptor").post("/api/v1/attachments?kind=near", data=sent, content_type="image/jpeg")
    kept = answer.get_json()
    assert (answer.status_code, kept["width"], kept["taken_at"]) == (201, 2560, "2026-11-23T00:00:00Z")
    path = f"/api/v1/attachments/{kept['id']}"
    assert app.client("dispatcher").get(path).status_code == 404, "of no case yet"
    assert post(app, external_no="P5", attachments=[kept["id"]])[0] == 201
    full, thumb = app.client("worker").get(path), app.client("worker").get(f"{path}?size=thumb")
    assert (full.status_code, full.mimetype) == (200, "image/jpeg")
    assert b"SecretCamera" not in full.data
    assert len(thumb.data) < len(full.data)
    assert [app.client(who).get(path).status_code for who in ("elsewhere", "citizen", "system_admin", "")] == [404, 404, 404, 401]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_kind_of_image_becomes_a_jpeg(app: App, kind: str) -> None:
    data = {"file": (io.BytesIO(photo((300, 200), kind)), f"a.{kind}"), "kind": "before"}
    answer = app.client("worker").post("/api/v1/attachments", data=data)
    assert (answer.status_code, answer.get_json()["kind"], answer.get_json()["media_type"]) == (201, "before", "image/jpeg")


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", b"\xff\xd8\xff\xe0" + b"\0" * 500, b"<svg onload='alert(1)'/>", photo()[:300], b"GIF89a" + b"\xff" * 50]
)
def test_a_photo_that_is_none_is_refused(app: App, content: bytes) -> None:
    answer = app.client("acceptor").post("/api/v1/attachments", data=content, content_type="image/jpeg")
    assert answer.status_code == 400
    assert "image" in answer.get_json()["detail"]


def test_a_bomb_and_a_huge_file_are_refused(app: App) -> None:
    bomb = app.client("acceptor").post("/api/v1/attachments", data=photo((9000, 9000), "PNG"), content_type="image/png")
    assert bomb.status_code == 400
    told = {"CONTENT_LENGTH": "200000000"}
    huge = app.client("acceptor").post("/api/v1/attachments", data=b"\xff\xd8", content_type="image/jpeg", environ_overrides=told)
    assert (huge.status_code, "20 MB" in huge.get_json()["detail"]) == (413, True)
    assert app.client("acceptor").post("/api/v1/attachments", data=b"x", content_type="text/html").status_code == 415
    assert app.client("wall").post("/api/v1/attachments", data=photo(), content_type="image/jpeg").status_code == 403
    assert app.client("acceptor").post("/api/v1/attachments?event_id=999999", data=photo(), content_type="image/jpeg").status_code == 404


def test_each_source_is_answered_once_and_told_where_it_can_be(app: App) -> None:
    records = [post(app, external_no=f"R{number}", source=source)[1] for number, source in enumerate(("hotline12345", "city_dcm"))]
    master = records[0]["id"]
    with app.pool.connection() as conn:
        conn.execute("UPDATE hall.source_record SET event_id = %s WHERE id = %s", [master, records[1]["record_id"]])
        conn.execute("UPDATE hall.intake_channel SET webhook = 'http://platform.invalid/replies' WHERE source = 'city_dcm'")
        closer = Caller(reader=Reader(1, "d", "派遣员", Role.DISPATCHER, ""), address=None, now=datetime.now(UTC))
        assert replies.on_close(conn, closer, master, "路灯已修复") == 1
        assert replies.on_close(conn, closer, master, "路灯已修复") == 0
        sent = conn.execute(
            "SELECT recipient, body ->> 'external_no', body ->> 'reply' FROM hall.outbox WHERE event_id = %s", [master]
        ).fetchall()
    assert sent == [("http://platform.invalid/replies", "R1", "路灯已修复")]
    listed = app.client("dispatcher").get(f"{RECORDS}?event={master}").get_json()["records"]
    assert {row["external_no"]: (row["state"], row["merged"]) for row in listed} == {"R0": ("open", False), "R1": ("answered", True)}
    path = f"{RECORDS}/{records[0]['record_id']}/reply"
    assert app.client("leader").post(path, json={"reply": "好"}).status_code == 403
    assert app.client("elsewhere").post(path, json={"reply": "好"}).status_code == 404
    assert app.client("acceptor").post(path, json={"reply": ""}).status_code == 400
    assert app.client("acceptor").post(path, json={"reply": "已电话答复"}).get_json()["state"] == "answered"
    assert app.client("acceptor").post(path, json={"reply": "再次"}).status_code == 409
    counts = {row["source"]: row for row in app.client("leader").get(f"{RECORDS}/counts").get_json()["sources"]}
    assert counts["city_dcm"]["merged"] == 1
    assert counts["city_dcm"]["answered"] == 1


@pytest.mark.parametrize("path", [RECORDS, f"{RECORDS}/counts", f"{RECORDS}/1"])
def test_records_are_for_the_hall_only(app: App, path: str) -> None:
    assert [app.client(who).get(path).status_code for who in ("citizen", "worker", "wall", "department", "system_admin", "")] == [
        403
    ] * 5 + [401]


def test_a_secret_reporter_stays_secret(app: App) -> None:
    _, kept = post(app, external_no="S1", secret=True, description="举报人赵一二，电话11055556666")
    text = app.client("leader").get(f"{RECORDS}/{kept['record_id']}").text
    assert "赵" not in text
    assert "5555" not in text


@pytest.fixture(scope="module")
def address(app: App) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/open311/v2"
    server.shutdown()
    thread.join()


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_stock_client_lists_services_and_follows_a_request(app: App, address: str, form: str) -> None:
    client = GeoReport(address, output_format=form)
    services = {row["service_code"]: row for row in client.get_service_list()}
    assert services["T201"]["service_name"] == "路灯不亮"
    assert set(services["T201"]) == {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}
    assert client.get_service_definition("T201")["service_code"] == "T201"
    given = {
        "api_key": app.tokens["citizen"],
        "service_code": "T201",
        "address_string": "长街9号",
        "description": "灯坏了",
        "first_name": "二",
    }
    filed = app.client().post(f"/open311/v2/requests.{form}", data=given)
    assert filed.status_code == 201
    row = filed.get_json()[0] if form == "json" else {node.tag: node.text for node in ET.fromstring(filed.data)[0]}
    followed = client.get_service_request(row["service_request_id"])
    assert (followed["status"], followed["service_code"], followed["description"]) == ("open", "T201", None)
    assert client.get_service_requests(service_request_id=row["service_request_id"])


def test_open311_keeps_to_the_rights(app: App) -> None:
    token = app.tokens
    given = {"service_code": "T201", "lat": "22.1930", "long": "113.5430", "description": "灯坏了", "phone": "11077778888"}
    filed = app.client().post("/open311/v2/requests.json", data=given | {"api_key": token["citizen"]}).get_json()[0]
    case_no = filed["service_request_id"]
    own = app.client().get(f"/open311/v2/requests/{case_no}.json?api_key={token['citizen']}").get_json()[0]
    assert (own["description"], own["lat"]) == ("灯坏了", pytest.approx(22.193))
    stranger = app.client().get(f"/open311/v2/requests/{case_no}.json").get_json()[0]
    assert (stranger["status"], stranger["description"], stranger["lat"], stranger["address"]) == ("open", None, None, "")
    assert app.client().get("/open311/v2/requests.json").status_code == 403
    assert app.client().get("/open311/v2/requests.json?api_key=wrong").status_code == 403
    mine = app.client().get(f"/open311/v2/requests.json?api_key={token['citizen']}").get_json()
    assert {row["service_code"] for row in mine} == {"T201"}
    hotline = post(app, external_no="O1")[1]["case_no"]
    assert hotline not in [row["service_request_id"] for row in mine]
    assert app.client().get(f"/open311/v2/requests/{hotline}.json").status_code == 404
    assert app.client().get(f"/open311/v2/requests/{case_no}.json?api_key={token['elsewhere']}").status_code == 404


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({}, 400),
        ({"service_code": "T201"}, 400),
        ({"service_code": "T201", "lat": "x", "long": "y"}, 400),
        ({"service_code": "T201", "lat": "nan", "long": "1"}, 400),
        ({"service_code": "T201", "address_string": "长" * 300}, 400),
        ({"service_code": "none", "address_string": "长街9号"}, 201),
        ({"service_code": "T201", "address_string": "某处"}, 201),
    ],
)
def test_open311_tells_errors_as_the_standard_has_them(app: App, data: dict[str, str], status: int) -> None:
    answer = app.client().post("/open311/v2/requests.json", data=data | {"api_key": app.tokens["citizen"]})
    assert answer.status_code == status
    row = answer.get_json()[0]
    assert set(row) == ({"code", "description"} if status == 400 else {"service_notice", "account_id", "token"})
    if status == 201:
        followed = app.client().get(f"/open311/v2/tokens/{row['token']}.json?api_key={app.tokens['citizen']}").get_json()[0]
        assert followed == {"token": row["token"]}
    root = ET.fromstring(app.client().get("/open311/v2/services/none.xml").data)
    assert (root.tag, root[0].tag, [node.tag for node in root[0]]) == ("errors", "error", ["code", "description"])
    assert app.client().get("/open311/v2/services.csv").status_code == 404
    assert app.client().get("/open311/v2/nothing").status_code == 404
    assert app.client().get("/open311/v2/discovery.json").get_json()["endpoints"][0]["url"].endswith("/open311/v2")


def test_the_native_path_answers_like_the_other(app: App) -> None:
    import asyncio
    import json

    native = NativeIntake(app.interfaces.intake, app.interfaces.identity, app.interfaces.metrics)

    async def ask(body: bytes, token: str, media: bytes = b"application/json") -> tuple[int, dict[str, Any]]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", media)]
        scope = {"type": "http", "method": "POST", "path": EVENTS, "query_string": b"", "headers": headers}
        assert native.takes(scope)
        await native(scope, receive, send)
        return sent[0]["status"], json.loads(sent[1]["body"])

    token = app.tokens["acceptor"]
    body = json.dumps(LAMP | {"external_no": "N1"}).encode()
    status, first = asyncio.run(ask(body, token))
    assert (status, first["created"]) == (201, True)
    assert asyncio.run(ask(body, token))[0] == 200
    assert post(app, external_no="N1")[1]["id"] == first["id"]
    assert asyncio.run(ask(body, "wrong"))[0] == 401
    assert asyncio.run(ask(body, app.tokens["wall"]))[0] == 403
    assert asyncio.run(ask(b"{", token))[0] == 400
    assert asyncio.run(ask(body, token, b"text/plain"))[0] == 415
    status, problem = asyncio.run(ask(b"x" * 600_000, token))
    assert (status, "512 KiB" in problem["detail"]) == (413, True)
