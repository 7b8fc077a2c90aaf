"""Administration over HTTP: three administrators, three parts."""

from datetime import UTC, datetime

import pytest

from geodata.errors import NotAllowedError
from services.audit import Act, Caller, attempt, record
from services.rights import Reader, Role
from tests import district
from tests.api.conftest import App


def created(app: App, username: str) -> int:
    body = {"username": username, "display_name": username, "password": "Hall-Map-2026"}
    answer = app.client("system_admin").post("/api/v1/accounts", json=body)
    assert answer.status_code == 201
    return int(answer.get_json()["id"])


def test_an_account_is_made_by_one_and_given_rights_by_another(app: App) -> None:
    account_id = created(app, "lin")
    client = app.client()
    me = client.post("/api/v1/session", json={"username": "lin", "password": "Hall-Map-2026"}).get_json()
    assert (me["role"], "people" in me["layers"]) == ("citizen", False)
    rights = {"role": "dispatcher", "scope": district.STREETS[1]}
    assert app.client("system_admin").put(f"/api/v1/accounts/{account_id}/rights", json=rights).status_code == 403
    assert app.client("security_admin").put(f"/api/v1/accounts/{account_id}/rights", json=rights).status_code == 200
    me = client.get("/api/v1/me").get_json()
    assert (me["role"], me["scope"], "people" in me["layers"]) == ("dispatcher", district.STREETS[1], True)
    assert [(name, success) for name, success, _ in app.audit("rights_change")][-2:] == [("system_admin", False), ("security_admin", True)]


def test_a_deactivated_account_is_out_at_once(app: App) -> None:
    account_id = created(app, "zhou")
    client = app.client()
    client.post("/api/v1/session", json={"username": "zhou", "password": "Hall-Map-2026"})
    assert client.get("/api/v1/me").status_code == 200
    changed = app.client("system_admin").patch(f"/api/v1/accounts/{account_id}", json={"active": False})
    assert changed.get_json()["active"] is False
    assert client.get("/api/v1/me").status_code == 401


def test_a_new_token_works_at_once_and_a_revoked_one_no_more(app: App) -> None:
    account_id = created(app, "hotline")
    made = app.client("system_admin").post(f"/api/v1/accounts/{account_id}/tokens", json={"note": "12345", "days": 30}).get_json()
    bearer = {"Authorization": f"Bearer {made['text']}"}
    assert app.client().get("/api/v1/me", headers=bearer).get_json()["username"] == "hotline"
    listed = app.client("security_admin").get(f"/api/v1/accounts/{account_id}/tokens").get_json()["items"]
    assert [(token["id"], token["note"], "text" in token) for token in listed] == [(made["id"], "12345", False)]
    assert app.client("security_admin").delete(f"/api/v1/accounts/{account_id}/tokens/{made['id']}").status_code == 204
    assert app.client().get("/api/v1/me", headers=bearer).status_code == 401


def test_the_own_password_is_changed_with_the_old_one_and_ends_the_session(app: App) -> None:
    created(app, "wu_")
    client = app.client()
    client.post("/api/v1/session", json={"username": "wu_", "password": "Hall-Map-2026"})
    assert client.put("/api/v1/me/password", json={"old": "wrong", "new": "Other-Map-2026"}).status_code == 403
    assert client.put("/api/v1/me/password", json={"old": "Hall-Map-2026", "new": "short"}).status_code == 400
    assert client.put("/api/v1/me/password", json={"old": "Hall-Map-2026", "new": "Other-Map-2026"}).status_code == 204
    assert client.get("/api/v1/me").status_code == 401


def test_sessions_are_ended_from_outside(app: App) -> None:
    account_id = created(app, "zheng")
    client = app.client()
    client.post("/api/v1/session", json={"username": "zheng", "password": "Hall-Map-2026"})
    assert app.client("security_admin").delete(f"/api/v1/accounts/{account_id}/sessions").status_code == 204
    assert client.get("/api/v1/me").status_code == 401


def test_accounts_and_trail_are_listed_in_pages(app: App) -> None:
    page = app.client("system_admin").get("/api/v1/accounts?limit=2").get_json()
    assert len(page["items"]) == 2
    assert page["links"][0]["href"] == "/api/v1/accounts?limit=2&offset=2"
    assert "password" not in app.client("system_admin").get("/api/v1/accounts?limit=1000").text
    app.client().post("/api/v1/session", json={"username": "nobody", "password": "x"})
    trail = app.client("audit_admin").get("/api/v1/audit?limit=1&success=false").get_json()
    assert (trail["items"][0]["action"], trail["items"][0]["username"]) == ("sign_in", "nobody")
    older = app.client("audit_admin").get(trail["links"][0]["href"]).get_json()
    assert not older["items"] or older["items"][0]["id"] < trail["items"][0]["id"]


@pytest.mark.parametrize("username", [role.value for role in Role if role is not Role.AUDIT_ADMIN])
def test_the_trail_is_for_the_audit_administrator_alone(app: App, username: str) -> None:
    assert app.client(username).get("/api/v1/audit").status_code == 403


@pytest.mark.parametrize("username", [role.value for role in Role if role not in {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}])
def test_the_accounts_are_for_two_administrators_alone(app: App, username: str) -> None:
    client = app.client(username)
    assert client.get("/api/v1/accounts").status_code == 403
    assert client.post("/api/v1/accounts", json={"username": "evil", "display_name": "evil"}).status_code == 403
    assert client.put("/api/v1/accounts/1/rights", json={"role": "leader", "scope": ""}).status_code == 403
    assert client.post("/api/v1/accounts/1/tokens", json={"note": "x"}).status_code == 403


def test_a_refusal_is_remembered_although_the_act_is_undone(app: App) -> None:
    caller = Caller(reader=Reader(1, "zhang", "张", Role.DISPATCHER, ""), address="10.1.2.3", now=datetime.now(UTC))

    def act() -> None:
        with attempt(app.pool, caller, "trial", "thing") as conn:
            record(conn, caller, Act(action="trial", object="thing"))
            raise NotAllowedError("no")

    with pytest.raises(NotAllowedError):
        act()
    assert app.audit("trial") == [("zhang", False, "no")]
