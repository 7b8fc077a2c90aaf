"""Messages to people outside: written in the transaction of the act that causes them, sent afterwards until they arrive.

A message may arrive twice when the process dies between sending and noting it; it never gets lost. Gateways are addresses that take a POST.
"""

import json
import logging
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.error import URLError
from urllib.parse import urlsplit

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

import geodata.workflow
from geodata.db import Conn, Pool, writing
from geodata.errors import SetupError, SourceUnavailableError

log = logging.getLogger(__name__)

TEMPLATES = Path(geodata.workflow.__file__).parent / "messages.json"
TIMEOUT_S = 8.0
PAUSE_S = 2.0
BATCH = 20
FIRST_RETRY_S, LONGEST_RETRY_S = 15, 3_600
NO_GATEWAY = "no gateway"
NO_GATEWAY_RETRY = timedelta(minutes=10)
MOST_TRIES = 30_000
"""Of the counter; the retries themselves never end."""

PUT = """
    INSERT INTO hall.outbox (channel, recipient, body, event_id, task_id, created_at, next_try_at)
    VALUES (%(channel)s, %(recipient)s, %(body)s, %(event_id)s, %(task_id)s, %(now)s, %(now)s)
"""
DUE = """
    SELECT id, channel, recipient, body, tries FROM hall.outbox
    WHERE sent_at IS NULL AND next_try_at <= %(now)s ORDER BY next_try_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
SENT = "UPDATE hall.outbox SET sent_at = %(now)s, tries = tries + 1, error = NULL WHERE id = %(id)s"
FAILED = "UPDATE hall.outbox SET tries = least(tries + %(tried)s, %(most)s), next_try_at = %(again)s, error = %(error)s WHERE id = %(id)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that waits."""

    id: int
    channel: str
    recipient: str
    body: Mapping[str, Any]
    tries: int


class Gateway(Protocol):
    """Takes messages of one channel; raises OSError when it does not."""

    def send(self, message: Message) -> None:
        """Hand the message on."""


@dataclass(frozen=True, slots=True)
class HttpGateway:
    """Posts JSON to an address: recipient, text, and the message's number, by which a receiver knows one that came twice."""

    url: str

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in {"http", "https"}:
            raise SetupError(f"{self.url}: a gateway is an http or https address")

    def send(self, message: Message) -> None:
        """Post the message.

        Raises:
            OSError: no answer in 8 s, or not one of the 2xx.
        """
        body = {"id": message.id, "channel": message.channel, "to": message.recipient, "text": text(message.body), "data": message.body}
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked when the gateway is made
            self.url, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json; charset=utf-8"}
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
            answer.read()


@dataclass(frozen=True, slots=True)
class Gateways:
    """The gateway of each channel that has one."""

    by_channel: Mapping[str, Gateway] = field(default_factory=dict)

    def of(self, message: Message) -> Gateway | None:
        """Return who takes a message: a webhook that is an address itself is its own gateway."""
        if message.channel == "webhook" and message.recipient.startswith(("http://", "https://")):
            return HttpGateway(message.recipient)
        return self.by_channel.get(message.channel)


def gateways(sms_url: str, webhook_url: str) -> Gateways:
    """Return the gateways of the settings; an empty address means that there is none."""
    addresses = {"sms": sms_url, "webhook": webhook_url}
    return Gateways({channel: HttpGateway(url) for channel, url in addresses.items() if url})


def put(
    conn: Conn,
    channel: str,
    recipient: str,
    body: Mapping[str, Any],
    now: datetime,
    *,
    event_id: int | None = None,
    task_id: int | None = None,
) -> None:
    """Write a message in the caller's transaction: it exists exactly if the act does. `body["template"]` names its words."""
    values = {
        "channel": channel,
        "recipient": recipient,
        "body": Jsonb(dict(body)),
        "now": now,
        "event_id": event_id,
        "task_id": task_id,
    }
    conn.execute(PUT, values)


def due(conn: Conn, now: datetime, limit: int = BATCH) -> list[Message]:
    """Take the messages that should be sent now; others that take some at the same time get different ones."""
    with conn.cursor(row_factory=class_row(Message)) as cursor:
        return cursor.execute(DUE, {"now": now, "limit": limit}).fetchall()


def deliver(conn: Conn, sender: Gateways, now: datetime, limit: int = BATCH) -> int:
    """Send what is due, note what came of it, and return how many were taken."""
    messages = due(conn, now, limit)
    for message in messages:
        gateway = sender.of(message)
        if gateway is None:
            _failed(conn, message, NO_GATEWAY, now + NO_GATEWAY_RETRY, tried=0)
            continue
        try:
            gateway.send(message)
        except (URLError, OSError, ValueError) as error:
            wait_s = min(FIRST_RETRY_S * 2 ** min(message.tries, 10), LONGEST_RETRY_S)
            _failed(conn, message, str(error)[:200], now + timedelta(seconds=wait_s), tried=1)
        else:
            conn.execute(SENT, {"id": message.id, "now": now})
    return len(messages)


def run_forever(stop: threading.Event, pool: Pool, sender: Gateways) -> None:
    """Send until `stop`; while the database is away, wait for it."""
    reachable = True
    while not stop.wait(PAUSE_S):
        try:
            taken = True
            while taken and not stop.is_set():
                # one a transaction: what was sent is noted before the next one is tried
                with writing(pool) as conn:
                    taken = deliver(conn, sender, datetime.now(UTC), limit=1) > 0
            reachable = True
        except (SourceUnavailableError, psycopg.Error) as error:
            if reachable:
                log.warning("messages wait: %s", error)
            reachable = False


def text(body: Mapping[str, Any]) -> str:
    """Return the words of a message."""
    template = _templates().get(str(body.get("template")), "{title}{reply}")
    return template.format_map(_Blanks({key: "" if value is None else str(value) for key, value in body.items()}))


class _Blanks(dict[str, str]):
    """A template may name what a message does not have."""

    def __missing__(self, key: str) -> str:
        return ""


@cache
def _templates() -> dict[str, str]:
    return {str(key): str(value) for key, value in json.loads(TEMPLATES.read_text(encoding="utf-8")).items()}


def _failed(conn: Conn, message: Message, error: str, again: datetime, *, tried: int) -> None:
    conn.execute(FAILED, {"id": message.id, "tried": tried, "most": MOST_TRIES, "again": again, "error": error})
