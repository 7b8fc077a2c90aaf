"""The past over HTTP: windows, roles, scope, and that a look at ways is written down."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import psycopg
import pytest

from tests.conftest import City
from tests.serving import Served

NOW = datetime.now(UTC).replace(microsecond=0)


def window(hours: float, ago_h: float = 0) -> str:
    end = NOW - timedelta(hours=ago_h)
    return urlencode({"start": (end - timedelta(hours=hours)).isoformat(), "end": end.isoformat()})


def get(server: Served, city: City, name: str, path: str) -> httpx.Response:
    return httpx.get(server.url + path, headers=city.token(name), timeout=60)


def test_a_day_has_cases_with_their_states_and_nothing_of_the_reporter(server: Served, city: City) -> None:
    answer = get(server, city, "dispatcher", f"/api/v1/replay?{window(48)}")
    assert answer.status_code == 200, answer.text
    cases = answer.json()["cases"]
    assert cases
    for case in cases:
        times = [mark["at"] for mark in case["marks"]]
        assert case["marks"][0]["state"] == "reported"
        assert times == sorted(times)
        assert not {"reporter", "reporter_phone"} & set(case)


def test_a_street_reads_its_own_past(server: Served, city: City) -> None:
    everything = {case["id"] for case in get(server, city, "dispatcher", f"/api/v1/replay?{window(168)}").json()["cases"]}
    own = {case["id"] for case in get(server, city, "worker", f"/api/v1/replay?{window(168)}").json()["cases"]}
    other = {case["id"] for case in get(server, city, "worker_other_street", f"/api/v1/replay?{window(168)}").json()["cases"]}
    assert own < everything
    assert other < everything
    assert not own & other
    with psycopg.connect(city.url) as conn:
        row = conn.execute("SELECT scope FROM hall.account WHERE username = %s", [city.accounts["worker"]["username"]]).fetchone()
        assert row
        codes = [code for (code,) in conn.execute("SELECT grid_code FROM hall.event WHERE id = ANY(%s)", [list(own)])]
    assert all(code.startswith(row[0]) for code in codes)


@pytest.mark.parametrize(
    ("name", "cases", "ways"), [("leader", 200, 200), ("wall", 200, 403), ("worker", 200, 403), ("system_admin", 403, 403)]
)
def test_roles(server: Served, city: City, name: str, cases: int, ways: int) -> None:
    assert get(server, city, name, f"/api/v1/replay?{window(2)}").status_code == cases
    assert get(server, city, name, f"/api/v1/replay/tracks?{window(2)}").status_code == ways


def test_strangers_are_refused(server: Served) -> None:
    assert httpx.get(f"{server.url}/api/v1/replay?{window(2)}").status_code == 401


@pytest.mark.parametrize(
    ("path", "hours"),
    [("replay", None), ("replay?start=yesterday&end=today", None), ("replay", 24 * 40), ("replay/tracks", 3), ("replay", -1)],
)
def test_windows_that_cannot_be_say_why(server: Served, city: City, path: str, hours: float | None) -> None:
    path = f"/api/v1/{path}" if hours is None else f"/api/v1/{path}?{window(hours)}"
    answer = get(server, city, "dispatcher", path)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "start" in answer.json()["detail"]


def test_a_look_at_ways_is_in_the_audit_trail(server: Served, city: City) -> None:
    assert get(server, city, "dispatcher", f"/api/v1/replay/tracks?{window(1)}").status_code == 200
    with psycopg.connect(city.url) as conn:
        row = conn.execute("SELECT username, success FROM hall.audit WHERE action = 'replay_tracks' ORDER BY id DESC LIMIT 1").fetchone()
    assert row == (city.accounts["dispatcher"]["username"], True)
