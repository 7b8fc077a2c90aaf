"""Accounts: who gets in, who is locked out, and which administrator may do what."""

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from geodata import credentials
from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services import accounts, administration, tokens
from services.accounts import Account, Refusal
from services.administration import Change
from services.audit import Caller
from services.rights import Role
from tests import district

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PASSWORD = "Zhang-2026-Map"
ADDRESS = "10.1.2.3"


def make(conn: Conn, username: str, role: Role, password: str | None = None) -> Account:
    row = conn.execute(
        "INSERT INTO hall.account (username, display_name, role, scope, password_hash) VALUES (%s, %s, %s, '', %s) RETURNING id",
        [username, username, role.value, credentials.hash_password(password) if password else None],
    ).fetchone()
    assert row
    return accounts.get(conn, row[0])


def caller(account: Account) -> Caller:
    return Caller(reader=account.reader(), address=ADDRESS, now=NOW)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cost of a hash is 0.1 s and 64 MiB on purpose."""
    monkeypatch.setattr(credentials, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def system(conn: Conn) -> Caller:
    return caller(make(conn, "system", Role.SYSTEM_ADMIN))


@pytest.fixture
def security(conn: Conn) -> Caller:
    return caller(make(conn, "security", Role.SECURITY_ADMIN))


def trail(conn: Conn, action: str) -> list[tuple[str | None, bool, str | None]]:
    return conn.execute("SELECT username, success, reason FROM hall.audit WHERE action = %s ORDER BY id", [action]).fetchall()


def test_the_right_password_signs_in_and_leaves_a_row(conn: Conn) -> None:
    account = make(conn, "zhang", Role.DISPATCHER, PASSWORD)
    result = accounts.sign_in(conn, "zhang", PASSWORD, NOW, ADDRESS)
    assert result.account
    assert result.account.id == account.id
    assert trail(conn, "sign_in") == [("zhang", True, None)]


def test_an_unknown_name_and_a_wrong_password_look_alike(conn: Conn) -> None:
    make(conn, "zhang", Role.DISPATCHER, PASSWORD)
    assert accounts.sign_in(conn, "zhang", "wrong", NOW, ADDRESS).refusal is Refusal.WRONG
    assert accounts.sign_in(conn, "nobody", "wrong", NOW, ADDRESS).refusal is Refusal.WRONG


def test_text_that_is_no_username_is_not_kept(conn: Conn) -> None:
    accounts.sign_in(conn, PASSWORD, "", NOW, ADDRESS)
    assert trail(conn, "sign_in") == [("?", False, "wrong")]


def test_the_fifth_failure_locks_for_a_quarter_of_an_hour(conn: Conn) -> None:
    make(conn, "zhang", Role.DISPATCHER, PASSWORD)
    refusals = [accounts.sign_in(conn, "zhang", "wrong", NOW, ADDRESS).refusal for _ in range(5)]
    assert refusals == [Refusal.WRONG] * 4 + [Refusal.LOCKED]
    late = accounts.sign_in(conn, "zhang", PASSWORD, NOW + timedelta(minutes=14, seconds=59), ADDRESS)
    assert late.refusal is Refusal.LOCKED
    assert late.locked_until == NOW + timedelta(minutes=15)
    assert accounts.sign_in(conn, "zhang", PASSWORD, NOW + timedelta(minutes=15), ADDRESS).account
    assert [success for _, success, _ in trail(conn, "sign_in")] == [False] * 6 + [True]


def test_a_success_forgets_earlier_failures(conn: Conn) -> None:
    make(conn, "zhang", Role.DISPATCHER, PASSWORD)
    for _ in range(2):
        for _ in range(4):
            accounts.sign_in(conn, "zhang", "wrong", NOW, ADDRESS)
        assert accounts.sign_in(conn, "zhang", PASSWORD, NOW, ADDRESS).account


def test_an_inactive_account_and_one_without_password_stay_out(conn: Conn) -> None:
    make(conn, "wall", Role.WALL)
    inactive = make(conn, "zhang", Role.DISPATCHER, PASSWORD)
    conn.execute("UPDATE hall.account SET active = false WHERE id = %s", [inactive.id])
    assert accounts.sign_in(conn, "wall", "", NOW, ADDRESS).refusal is Refusal.WRONG
    assert accounts.sign_in(conn, "zhang", PASSWORD, NOW, ADDRESS).refusal is Refusal.WRONG


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Short-1", "10 to 128 characters"),
        ("alllowercaseletters", "three of"),
        ("onlylower12345", "three of"),
        ("Zhang-2026-Map", "username"),
    ],
)
def test_weak_passwords_are_refused(conn: Conn, system: Caller, password: str, why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        administration.create_account(conn, system, "zhang", "张", password)


def test_a_new_account_reads_public_layers_only_until_it_is_given_a_role(conn: Conn, system: Caller, security: Caller) -> None:
    district.fill(conn)
    account = administration.create_account(conn, system, "zhang", "张三", "Hall-Map-2026")
    assert (account.role, account.scope) == ("citizen", "")
    with pytest.raises(NotAllowedError):
        administration.set_rights(conn, system, account.id, Role.DISPATCHER, "")
    changed = administration.set_rights(conn, security, account.id, Role.WORKER, district.STREETS[0])
    assert (changed.role, changed.scope) == ("worker", district.STREETS[0])


def test_the_security_administrator_creates_nobody(conn: Conn, security: Caller) -> None:
    with pytest.raises(NotAllowedError):
        administration.create_account(conn, security, "zhang", "张三", "Hall-Map-2026")


def test_a_username_is_taken_once(conn: Conn, system: Caller) -> None:
    administration.create_account(conn, system, "zhang", "张三", "Hall-Map-2026")
    with pytest.raises(InvalidInputError, match="taken"):
        administration.create_account(conn, system, "zhang", "张三", "Hall-Map-2026")


def test_nobody_changes_his_own_rights(conn: Conn, security: Caller) -> None:
    with pytest.raises(NotAllowedError, match="own"):
        administration.set_rights(conn, security, security.reader.account_id, Role.LEADER, "")


def test_an_administrator_does_not_become_another_one(conn: Conn, system: Caller, security: Caller) -> None:
    make(conn, "system2", Role.SYSTEM_ADMIN)
    with pytest.raises(NotAllowedError, match="another"):
        administration.set_rights(conn, security, system.reader.account_id, Role.AUDIT_ADMIN, "")


def test_the_last_administrator_of_a_kind_stays(conn: Conn, system: Caller, security: Caller) -> None:
    with pytest.raises(NotAllowedError, match="last"):
        administration.set_rights(conn, security, system.reader.account_id, Role.LEADER, "")
    with pytest.raises(NotAllowedError, match="last"):
        administration.change_account(conn, system, security.reader.account_id, Change(active=False))


@pytest.mark.parametrize("scope", ["99000000", "99a000", "990000009", "'; DROP TABLE hall.account; --"])
def test_a_scope_is_an_existing_area_code(conn: Conn, security: Caller, scope: str) -> None:
    district.fill(conn)
    account = make(conn, "zhang", Role.CITIZEN)
    with pytest.raises(InvalidInputError, match="scope"):
        administration.set_rights(conn, security, account.id, Role.WORKER, scope)


def test_deactivation_and_a_new_password_end_every_session(conn: Conn, system: Caller) -> None:
    account = make(conn, "zhang", Role.DISPATCHER, PASSWORD)
    renamed = administration.change_account(conn, system, account.id, Change(display_name="张三丰"))
    assert (renamed.display_name, renamed.epoch) == ("张三丰", account.epoch)
    assert administration.change_account(conn, system, account.id, Change(password="Hall-Map-2026")).epoch == account.epoch + 1
    assert administration.change_account(conn, system, account.id, Change(active=False)).epoch == account.epoch + 2


def test_unlocking_lets_the_owner_in_again(conn: Conn, system: Caller) -> None:
    account = make(conn, "zhang", Role.DISPATCHER, PASSWORD)
    for _ in range(5):
        accounts.sign_in(conn, "zhang", "wrong", NOW, ADDRESS)
    administration.change_account(conn, system, account.id, Change(unlock=True))
    assert accounts.sign_in(conn, "zhang", PASSWORD, NOW, ADDRESS).account


def test_the_own_password_is_changed_with_the_old_one(conn: Conn) -> None:
    account = make(conn, "zhang", Role.DISPATCHER, PASSWORD)
    with pytest.raises(NotAllowedError):
        accounts.change_own_password(conn, caller(account), "wrong", "Hall-Map-2026")
    assert accounts.change_own_password(conn, caller(account), PASSWORD, "Hall-Map-2026").epoch == account.epoch + 1
    assert accounts.sign_in(conn, "zhang", "Hall-Map-2026", NOW, ADDRESS).account


def test_a_token_is_told_once_and_stored_as_a_digest(conn: Conn, system: Caller) -> None:
    account = make(conn, "program", Role.DISPATCHER)
    token = tokens.create_token(conn, system, account.id, "12345 热线", timedelta(days=30))
    assert token.expires_at == NOW + timedelta(days=30)
    stored = conn.execute("SELECT digest FROM hall.token").fetchall()
    assert [bytes(row[0]) for row in stored] == [credentials.token_digest(token.text)]
    assert token.text not in str(conn.execute("SELECT * FROM hall.audit").fetchall())
    assert [known.id for known in tokens.tokens(conn, system, account.id)] == [token.id]
    tokens.revoke_token(conn, system, account.id, token.id)
    assert tokens.tokens(conn, system, account.id) == []
    with pytest.raises(NotFoundError):
        tokens.revoke_token(conn, system, account.id, token.id)


@pytest.mark.parametrize("days", [0, 401])
def test_a_token_lasts_at_most_400_days(conn: Conn, system: Caller, days: int) -> None:
    with pytest.raises(InvalidInputError, match="days"):
        tokens.create_token(conn, system, system.reader.account_id, "x", timedelta(days=days))


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}])
def test_nobody_else_sees_the_accounts(conn: Conn, role: Role) -> None:
    other = caller(make(conn, "other", role))
    with pytest.raises(NotAllowedError):
        administration.accounts(conn, other.reader)
    with pytest.raises(NotAllowedError):
        tokens.tokens(conn, other, other.reader.account_id)
