"""Messages wait for their gateway: written with the act, sent until they arrive, never lost."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from geodata.db import Conn
from geodata.errors import SetupError
from services import outbox
from services.outbox import Gateways, Message

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
BODY = {"template": "task", "case_no": "9900002026112300001", "title": "占道经营", "place": "新街1号", "order": "请速往。"}


class Memory:
    """A gateway that fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.taken: list[Message] = []

    def send(self, message: Message) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("no line")
        self.taken.append(message)


def row(conn: Conn) -> tuple[Any, ...]:
    found = conn.execute("SELECT sent_at, tries, error, next_try_at FROM hall.outbox").fetchone()
    assert found
    return tuple(found)


def test_a_message_is_sent_once(conn: Conn) -> None:
    gateway = Memory()
    outbox.put(conn, "sms", "11000000001", BODY, NOW)
    for _ in range(2):
        outbox.deliver(conn, Gateways({"sms": gateway}), NOW)
    assert [message.recipient for message in gateway.taken] == ["11000000001"]
    assert row(conn)[:3] == (NOW, 1, None)


def test_a_failed_one_is_tried_again_later_and_later(conn: Conn) -> None:
    gateway, now, waits = Memory(failures=5), NOW, []
    outbox.put(conn, "sms", "1", BODY, now)
    for _ in range(5):
        outbox.deliver(conn, Gateways({"sms": gateway}), now)
        again = row(conn)[3]
        waits.append((again - now).total_seconds())
        assert outbox.deliver(conn, Gateways({"sms": gateway}), again - timedelta(seconds=1)) == 0
        now = again
    assert waits == [15, 30, 60, 120, 240]
    assert row(conn)[2] == "no line"
    outbox.deliver(conn, Gateways({"sms": gateway}), now)
    assert (len(gateway.taken), row(conn)[1]) == (1, 6)


def test_without_a_gateway_messages_stay_and_say_so(conn: Conn) -> None:
    outbox.put(conn, "sms", "1", BODY, NOW)
    outbox.deliver(conn, outbox.gateways("", ""), NOW)
    assert row(conn)[:3] == (None, 0, "no gateway")
    gateway = Memory()
    outbox.deliver(conn, Gateways({"sms": gateway}), NOW + timedelta(minutes=10))
    assert len(gateway.taken) == 1


def test_the_words_come_from_the_template() -> None:
    assert outbox.text(BODY) == "【指挥中心】案件9900002026112300001 占道经营，地点：新街1号。请速往。请尽快签收。"
    assert outbox.text({"template": "cancelled", "case_no": "1", "title": None}) == "【指挥中心】案件1 的任务已撤回，无需前往。"


def test_an_address_must_be_one() -> None:
    with pytest.raises(SetupError):
        outbox.gateways("file:///etc/passwd", "")


@pytest.fixture
def heard() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A gateway over HTTP, and what it heard; every second message is refused."""
    got: list[dict[str, Any]] = []
    calls = iter(range(1_000))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            refused = next(calls) % 2 == 0
            if not refused:
                got.append(content)
            self.send_response(503 if refused else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/sms", got
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_gateway_over_http_gets_json_and_a_refusal_is_no_loss(conn: Conn, heard: tuple[str, list[dict[str, Any]]]) -> None:
    url, got = heard
    outbox.put(conn, "sms", "11000000001", BODY, NOW, event_id=7)
    outbox.put(conn, "webhook", url, {"reply": "已清理"}, NOW)
    for minute in range(3):
        outbox.deliver(conn, outbox.gateways(url, ""), NOW + timedelta(minutes=minute))
    assert sorted(item["text"] for item in got) == sorted([outbox.text(BODY), "已清理"])
    assert {item["to"] for item in got} == {"11000000001", url}
    assert conn.execute("SELECT count(*) FROM hall.outbox WHERE sent_at IS NULL").fetchone() == (0,)
