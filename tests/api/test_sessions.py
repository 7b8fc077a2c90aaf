"""Signing in and out over HTTP, the cookie's lifetimes, the kiosk, and requests that another site sent."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from api import sessions
from api.identity import COOKIE, IDLE_S, LIFETIME_S, Identity
from geodata.credentials import hash_password, token_digest
from services.rights import Role
from tests import district
from tests.api.conftest import App
from tests.district import PASSWORD


@pytest.fixture
def browser(app: App) -> FlaskClient:
    """A client with a signed-in dispatcher's cookie."""
    client = app.client()
    assert client.post("/api/v1/session", json={"username": "dispatcher", "password": PASSWORD}).status_code == 200
    return client


@pytest.fixture
def victim(app: App) -> str:
    """An account that may be locked without disturbing another test."""
    with app.pool.connection() as conn:
        conn.execute(
            """INSERT INTO hall.account (username, display_name, role, scope, password_hash) VALUES ('victim', 'v', 'dispatcher', '', %s)
               ON CONFLICT (username) DO UPDATE SET failures = 0, locked_until = NULL""",
            [hash_password(PASSWORD)],
        )
    app.book.refresh()
    return "victim"


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    assert found
    return str(found.value)


def headers(value: str) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"localhost"), (b"cookie", f"theme=dark; {COOKIE}={value}; other=1".encode())]


def test_json_signs_in_and_tells_what_the_account_may_do(app: App) -> None:
    answer = app.client().post("/api/v1/session", json={"username": "worker", "password": PASSWORD})
    assert answer.status_code == 200
    me = answer.get_json()
    assert (me["role"], me["scope"], me["may_export"], me["may_unmask"]) == ("worker", district.STREETS[0], False, True)


def test_the_cookie_is_closed_to_scripts_and_other_sites(app: App) -> None:
    answer = app.client().post("/api/v1/session", json={"username": "dispatcher", "password": PASSWORD})
    crumbs = answer.headers["Set-Cookie"]
    assert "HttpOnly" in crumbs
    assert "SameSite=Lax" in crumbs
    assert "Secure" not in crumbs
    assert "Expires" not in crumbs
    https = app.client().post(
        "/api/v1/session",
        json={"username": "dispatcher", "password": PASSWORD},
        headers={"X-Forwarded-Proto": "https"},
    )
    assert "Secure" in https.headers["Set-Cookie"]


def test_one_function_knows_the_reader_of_cookies_and_tokens(app: App, browser: FlaskClient) -> None:
    identity = app.interfaces.identity
    by_cookie = identity.reader_of(headers(cookie(browser)))
    by_token = identity.reader_of([(b"authorization", f"Bearer {app.tokens['dispatcher']}".encode())])
    assert by_cookie == by_token
    assert by_cookie
    assert by_cookie.role is Role.DISPATCHER
    assert identity.reader_of([]) is None
    assert identity.reader_of([(b"authorization", b"Bearer hall_wrong")]) is None
    assert identity.reader_of([(b"authorization", b"Basic ZGlzcGF0Y2hlcjp4")]) is None
    assert identity.reader_of(headers(cookie(browser)[:-1] + "A")) is None


def test_a_wrong_token_is_not_mended_by_a_good_cookie(browser: FlaskClient) -> None:
    assert browser.get("/api/v1/me").status_code == 200
    assert browser.get("/api/v1/me", headers={"Authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.parametrize(("after_s", "known"), [(0, True), (IDLE_S - 60, True), (IDLE_S + 60, False)])
def test_a_session_ends_when_nobody_is_there(app: App, browser: FlaskClient, after_s: int, *, known: bool) -> None:
    started_s = datetime.now(UTC).timestamp()
    later = Identity(app.server, app.book, clock=lambda: started_s + after_s)
    assert (later.reader_of(headers(cookie(browser))) is not None) is known


@pytest.mark.parametrize(
    "automatic", [(b"x-idle-s", b"%d"), (b"sec-fetch-dest", b"image"), (b"sec-fetch-dest", b"script")], ids=["said", "picture", "script"]
)
def test_a_page_that_refreshes_itself_keeps_no_session_alive(app: App, browser: FlaskClient, automatic: tuple[bytes, bytes]) -> None:
    started_s = datetime.now(UTC).timestamp()
    clock = [started_s]
    identity, crumbs = Identity(app.server, app.book, clock=lambda: clock[0]), headers(cookie(browser))
    name, value = automatic
    for minute in range(5, IDLE_S // 60, 5):
        clock[0] = started_s + 60 * minute
        assert identity.reader_of([*crumbs, (name, value.replace(b"%d", b"%d" % (60 * minute)))])
        assert identity.reader_of(crumbs, active=False)
    clock[0] = started_s + IDLE_S + 60
    assert identity.reader_of([*crumbs, (name, value.replace(b"%d", b"%d" % (IDLE_S + 60)))]) is None


def test_what_a_page_says_of_its_reader_is_not_believed_blindly(app: App, browser: FlaskClient) -> None:
    identity, crumbs = app.interfaces.identity, headers(cookie(browser))
    for said in (b"", b"-5", b"nan", b"often"):
        assert identity.reader_of([*crumbs, (b"x-idle-s", said)])


def test_a_session_in_use_lasts_twelve_hours(app: App, browser: FlaskClient) -> None:
    clock = [datetime.now(UTC).timestamp()]
    identity, crumbs = Identity(app.server, app.book, clock=lambda: clock[0]), headers(cookie(browser))
    for _ in range(LIFETIME_S // 1_200 - 1):
        clock[0] += 1_200
        assert identity.reader_of(crumbs)
    clock[0] += 1_260
    assert identity.reader_of(crumbs) is None


def test_signing_out_kills_the_cookie_itself(app: App, browser: FlaskClient) -> None:
    stolen = cookie(browser)
    assert browser.delete("/api/v1/session").status_code == 204
    assert browser.get("/api/v1/me").status_code == 401
    thief = app.client()
    thief.set_cookie(COOKIE, stolen)
    assert thief.get("/api/v1/me").status_code == 401
    assert app.audit("sign_out")[-1] == ("dispatcher", True, None)


def test_ending_all_sessions_reaches_native_paths_too(app: App, victim: str) -> None:
    client = app.client()
    client.post("/api/v1/session", json={"username": victim, "password": PASSWORD})
    crumbs = headers(cookie(client))
    assert app.interfaces.identity.reader_of(crumbs)
    with app.pool.connection() as conn:
        conn.execute("UPDATE hall.account SET epoch = epoch + 1 WHERE username = %s", [victim])
    app.book.refresh()
    assert app.interfaces.identity.reader_of(crumbs) is None


def test_five_failures_lock_and_the_answer_says_until_when(app: App, victim: str) -> None:
    client = app.client()
    wrong = {"username": victim, "password": "wrong"}
    answers = [client.post("/api/v1/session", json=wrong) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 5
    assert answers[0].get_json()["detail"] == "wrong username or password"
    assert answers[-1].get_json()["detail"].startswith("locked until 20")
    assert client.post("/api/v1/session", json={"username": victim, "password": PASSWORD}).status_code == 401
    assert [(name, success) for name, success, _ in app.audit("sign_in")][-6:] == [(victim, False)] * 6


def test_a_form_goes_on_to_its_page_and_never_to_another_site(app: App) -> None:
    form = {"username": "dispatcher", "password": PASSWORD}
    for wanted, reached in (("/list?x=1", "/list?x=1"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("/\\evil.example", "/")):
        answer = app.client().post("/api/v1/session", data=form | {"next": wanted})
        assert (answer.status_code, answer.headers["Location"]) == (303, reached)


def test_a_form_that_fails_comes_back_to_the_sign_in_page(app: App) -> None:
    answer = app.client().post("/api/v1/session", data={"username": "nobody", "password": "x", "next": "/list"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?refused=wrong&next=%2Flist")


def test_an_address_that_guesses_is_slowed_down(app: App) -> None:
    client = app.client()
    client.environ_base["REMOTE_ADDR"] = "10.9.9.9"
    answers = [client.post("/api/v1/session", json={"username": "nobody", "password": "x"}).status_code for _ in range(31)]
    assert answers == [401] * 30 + [429]
    assert client.post("/api/v1/session", json={"username": "nobody", "password": "x"}).get_json()["status"] == 429
    form = client.post("/api/v1/session", data={"username": "nobody", "password": "x"})
    assert form.headers["Location"].startswith("/login?refused=busy")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({}, 200),
    ],
)
def test_a_change_must_come_from_our_own_pages(browser: FlaskClient, sent: dict[str, str], status: int) -> None:
    answer = browser.post("/api/v1/select", json={"type": "Point", "coordinates": [113.5425, 22.1925], "radius_m": 50}, headers=sent)
    assert answer.status_code == status


def test_a_token_needs_no_origin(app: App) -> None:
    answer = app.client("dispatcher").post(
        "/api/v1/select",
        json={"type": "Point", "coordinates": [113.5425, 22.1925], "radius_m": 50},
        headers={"Origin": "http://evil.example"},
    )
    assert answer.status_code == 200


def test_a_stranger_is_sent_to_the_sign_in_page_and_back(app: App) -> None:
    answer = app.client().get("/list?state=filed")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=%2Flist%3Fstate%3Dfiled")


def test_the_wall_exchanges_its_token_for_a_session_that_dies_with_it(app: App) -> None:
    client = app.client()
    answer = client.get(f"/wall?token={app.tokens['wall']}&scene=night")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/wall?scene=night")
    crumbs = headers(cookie(client))
    in_weeks = Identity(app.server, app.book, clock=(datetime.now(UTC) + timedelta(days=60)).timestamp)
    reader = in_weeks.reader_of(crumbs)
    assert reader
    assert reader.role is Role.WALL
    assert app.audit("kiosk_open")[-1] == ("wall", True, None)
    digest = token_digest(app.tokens["wall"])
    with app.pool.connection() as conn:
        row = conn.execute("DELETE FROM hall.token WHERE digest = %s RETURNING account_id, note", [digest]).fetchone()
    app.book.refresh()
    assert app.interfaces.identity.reader_of(crumbs) is None
    with app.pool.connection() as conn:
        conn.execute("INSERT INTO hall.token (digest, account_id, note) VALUES (%s, %s, %s)", [digest, *(row or ())])
    app.book.refresh()


def test_no_other_token_opens_a_kiosk(app: App) -> None:
    assert app.client().get(f"/wall?token={app.tokens['leader']}").status_code == 403
    assert app.client().get("/wall?token=hall_wrong").status_code == 401
    assert app.audit("kiosk_open")[-1][:2] == ("leader", False)


def test_the_cookie_of_somebody_at_work_is_written_anew(app: App, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Set-Cookie" not in browser.get("/api/v1/me").headers
    monkeypatch.setattr(sessions, "REWRITE_S", -1)
    assert COOKIE in browser.get("/api/v1/me").headers["Set-Cookie"]
    assert "Set-Cookie" not in browser.get("/api/v1/me", headers={"X-Idle-S": "600"}).headers
    assert "Set-Cookie" not in browser.get("/api/v1/me", headers={"Sec-Fetch-Dest": "image"}).headers


def test_a_known_cookie_or_token_costs_microseconds(app: App, browser: FlaskClient) -> None:
    identity, crumbs = app.interfaces.identity, headers(cookie(browser))
    token = [(b"authorization", f"Bearer {app.tokens['dispatcher']}".encode())]
    for asked in (crumbs, token):
        started = time.process_time()
        for _ in range(2_000):
            identity.reader_of(asked)
        # some 5 µs when nothing else runs
        assert (time.process_time() - started) / 2_000 < 100e-6
