"""The live socket of a running server: rights, replay, endings, and clients that cannot keep up."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from geodata.credentials import hash_password, new_token
from services.rights import Role
from tests import district, town
from tests.serving import serve

HEARD_S = 5.0
QUIET_S = 0.7
ACCOUNTS = {
    "dispatcher": (Role.DISPATCHER, ""),
    "first": (Role.WORKER, district.STREETS[0]),
    "second": (Role.WORKER, district.STREETS[1]),
    "system": (Role.SYSTEM_ADMIN, ""),
    "mover": (Role.DISPATCHER, district.STREETS[0]),
    "leaver": (Role.DISPATCHER, ""),
}
OPEN = "SELECT id FROM hall.event WHERE closed_at IS NULL AND grid_code = %s ORDER BY id LIMIT 1"


@dataclass(frozen=True)
class Live:
    """A server over a district of its own."""

    url: str
    database_url: str
    tokens: dict[str, str]

    @asynccontextmanager
    async def socket(self, name: str = "", since: int | None = None, **headers: str) -> AsyncIterator[ClientConnection]:
        own = headers | ({"Authorization": f"Bearer {self.tokens[name]}"} if name else {})
        address = self.url.replace("http", "ws") + "/live" + ("" if since is None else f"?since={since}")
        async with websockets.connect(address, additional_headers=own) as socket:
            yield socket

    def write(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            conn.execute(statement, values)  # type: ignore[arg-type]

    def case(self, street: int) -> int:
        with psycopg.connect(self.database_url) as conn:
            found = conn.execute(OPEN, [district.GRIDS[street]]).fetchone()
            assert found
            return int(found[0])

    def touch(self, *cases: int) -> None:
        self.write("UPDATE hall.event SET step_started_at = step_started_at + interval '1 s' WHERE id = ANY(%s)", list(cases))


@pytest.fixture(scope="module")
def live(worker_name: str, tmp_path_factory: pytest.TempPathFactory, quick_hashes: None) -> Iterator[Live]:
    folder: Path = tmp_path_factory.mktemp("live")
    for url in town.database(f"hall_test_{worker_name}_live", district.fill):
        tokens = {}
        with psycopg.connect(url) as conn:
            for name, (role, scope) in ACCOUNTS.items():
                tokens[name], digest = new_token()
                conn.execute(
                    """WITH account AS (INSERT INTO hall.account (username, display_name, role, scope, password_hash) VALUES (%s, 'x', %s, %s, %s)
                                        RETURNING id)
                       INSERT INTO hall.token (digest, account_id, note) SELECT %s, id, 'test' FROM account""",
                    [name, role.value, scope, hash_password(district.PASSWORD), digest],
                )
        with serve({"DATABASE_URL": url, "DATA_DIR": str(folder), "DEMO": "0"}, healthy=False) as served:
            yield Live(served.url, url, tokens)


def run(talk: Callable[[], Any]) -> None:
    asyncio.run(talk())


async def heard(socket: ClientConnection, kind: str = "change", within_s: float = HEARD_S) -> dict[str, Any]:
    """The next message of a kind."""
    async with asyncio.timeout(within_s):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] == kind:
                return message


async def silent(socket: ClientConnection) -> bool:
    try:
        await heard(socket, within_s=QUIET_S)
    except TimeoutError:
        return True
    return False


async def closing_code(socket: ClientConnection) -> int:
    async with asyncio.timeout(HEARD_S):
        await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code


def test_a_change_reaches_those_who_may_know_it_and_nobody_else(live: Live) -> None:
    async def talk() -> None:
        async with (
            live.socket("dispatcher") as all_,
            live.socket("first") as own,
            live.socket("second") as other,
            live.socket("system") as office,
        ):
            for socket in (all_, own, other, office):
                assert (await heard(socket, "hello"))["last"] >= 0
            case = live.case(0)
            await asyncio.to_thread(live.touch, case)
            for socket in (all_, own):
                message = await heard(socket)
                assert (message["layer"], message["row_id"], message["kind"]) == ("open_events", case, "update")
                assert message["feature"]["id"] == case
                text = json.dumps(message, ensure_ascii=False)
                assert not any(value in text for value in (*district.NAMES, *district.PHONES))
            assert await silent(other)
            assert await silent(office)

    run(talk)


def test_hello_tells_the_revisions_that_the_reader_may_see(live: Live) -> None:
    async def talk() -> None:
        async with live.socket("dispatcher") as all_, live.socket("system") as office:
            assert "open_events" in (await heard(all_, "hello"))["revisions"]
            assert "open_events" not in (await heard(office, "hello"))["revisions"]

    run(talk)


def test_a_new_revision_is_told_after_the_change(live: Live) -> None:
    async def talk() -> None:
        async with live.socket("dispatcher") as socket:
            before = (await heard(socket, "hello"))["revisions"].get("open_events")
            await asyncio.to_thread(live.touch, live.case(0))
            message = await heard(socket, "revision", 10)
            while message["layer"] != "open_events":
                message = await heard(socket, "revision", 10)
            assert message["revision"] != before

    run(talk)


def test_who_comes_back_gets_what_was_missed_once_and_in_order(live: Live) -> None:
    async def talk() -> None:
        async with live.socket("dispatcher") as socket:
            last = (await heard(socket, "hello"))["last"]
        cases = [live.case(0), live.case(1)] * 3
        for case in cases:
            await asyncio.to_thread(live.touch, case)
        async with live.socket("dispatcher", since=last) as socket:
            assert (await heard(socket, "hello"))["last"] == last
            missed = [await heard(socket) for _ in cases]
            assert [message["row_id"] for message in missed] == cases
            assert [message["id"] for message in missed] == sorted({message["id"] for message in missed})
            assert await silent(socket)
        async with live.socket("first", since=last) as socket:
            assert [(await heard(socket))["row_id"] for _ in range(3)] == [live.case(0)] * 3
            assert await silent(socket)

    run(talk)


@pytest.mark.parametrize("since", [10**15, 0])
def test_a_place_that_is_not_known_leads_to_reading_anew(live: Live, since: int) -> None:
    live.touch(live.case(0))
    if since == 0:
        live.write("DELETE FROM hall.change WHERE id < (SELECT max(id) FROM hall.change)")

    async def talk() -> None:
        async with live.socket("dispatcher", since=since) as socket:
            message = await heard(socket, "resync")
            assert message["last"] > 0
            await asyncio.to_thread(live.touch, live.case(0))
            assert (await heard(socket))["id"] > message["last"]

    run(talk)


def test_a_closed_case_is_told_without_its_row(live: Live) -> None:
    async def talk() -> None:
        case = live.case(1)
        async with live.socket("second") as socket:
            await heard(socket, "hello")
            await asyncio.to_thread(live.write, "UPDATE hall.event SET closed_at = now() WHERE id = %s", case)
            assert (await heard(socket))["feature"] is None
            await asyncio.to_thread(live.write, "UPDATE hall.event SET closed_at = NULL WHERE id = %s", case)
            assert (await heard(socket))["feature"]["id"] == case

    run(talk)


def test_strangers_and_other_sites_are_told_why_they_are_sent_away(live: Live) -> None:
    async def talk() -> None:
        async with live.socket() as socket:
            assert await closing_code(socket) == 4401
        async with live.socket(Authorization="Bearer hall_wrong") as socket:
            assert await closing_code(socket) == 4401
        async with live.socket(Cookie="hall_session=x", Origin="http://evil.example") as socket:
            assert await closing_code(socket) == 4400

    run(talk)


def test_the_socket_ends_with_the_session(live: Live) -> None:
    async def talk() -> None:
        async with httpx.AsyncClient(base_url=live.url) as browser:
            await browser.post("/api/v1/session", json={"username": "leaver", "password": district.PASSWORD})
            crumbs = f"hall_session={browser.cookies['hall_session']}"
            async with live.socket(Cookie=crumbs, Origin=live.url) as socket:
                await heard(socket, "hello")
                await browser.delete("/api/v1/session")
                assert await closing_code(socket) == 4401

    run(talk)


def test_the_socket_ends_when_the_account_gets_other_rights(live: Live) -> None:
    async def talk() -> None:
        async with live.socket("mover") as socket:
            await heard(socket, "hello")
            await asyncio.to_thread(live.write, "UPDATE hall.account SET scope = %s WHERE username = 'mover'", district.STREETS[1])
            assert await closing_code(socket) == 4403
        async with live.socket("mover") as socket:
            await heard(socket, "hello")
            await asyncio.to_thread(live.touch, live.case(1))
            assert (await heard(socket))["row_id"] == live.case(1)

    run(talk)


def test_a_broken_listener_comes_back_and_has_missed_nothing(live: Live) -> None:
    async def talk() -> None:
        async with live.socket("dispatcher") as socket:
            await heard(socket, "hello")
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hallmap live' AND datname = current_database()"
            await asyncio.to_thread(live.write, end)
            await asyncio.to_thread(live.touch, live.case(0))
            assert (await heard(socket))["row_id"] == live.case(0)
            await asyncio.to_thread(live.touch, live.case(1))
            assert (await heard(socket))["row_id"] == live.case(1)

    run(talk)


def test_who_cannot_keep_up_is_told_to_read_anew_and_disturbs_nobody(live: Live) -> None:
    rounds, each = 12, 1_000
    flood = """
        WITH noted AS (INSERT INTO hall.change (layer, row_id, kind, grid_code) SELECT 'open_events', %s, 'update', %s FROM generate_series(1, %s) RETURNING id)
        SELECT pg_notify('hall_change', '') FROM noted LIMIT 1
    """

    async def talk() -> None:
        case = live.case(0)
        async with live.socket("dispatcher") as quick, live.socket("dispatcher") as slow:
            await heard(quick, "hello")
            for _ in range(rounds):
                await asyncio.to_thread(live.write, flood, case, district.GRIDS[0], each)
                for _ in range(each):
                    assert (await heard(quick, within_s=10))["row_id"] == case
            message = await heard(slow, "resync", 20)
            await asyncio.to_thread(live.touch, case)
            assert (await heard(slow))["id"] > message["last"]

    run(talk)


def test_a_plain_request_is_told_to_upgrade(live: Live) -> None:
    answer = httpx.get(f"{live.url}/live")
    assert answer.status_code == 426
    assert answer.headers["content-type"] == "application/problem+json"
