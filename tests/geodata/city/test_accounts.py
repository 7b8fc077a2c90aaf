"""Demo accounts: secrets made once, told to one file, stored as digests."""

import json
import stat
from pathlib import Path

import pytest

from geodata.city import accounts
from geodata.credentials import check_password, password_matches, token_digest
from geodata.db import Conn
from geodata.errors import SetupError

KEYS = {"dispatcher", "leader", "wall", "worker", "worker_other_street", "system_admin", "security_admin", "audit_admin"}


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing is slow on purpose; one test hashes in earnest."""
    monkeypatch.setattr(accounts, "hash_password", lambda password: f"hash of {password}")


def stored(conn: Conn) -> dict[str, tuple[str, str, str]]:
    return {name: rest for name, *rest in conn.execute("SELECT username, role, scope, password_hash FROM hall.account").fetchall()}


def test_each_role_has_an_account_and_the_file_is_for_its_owner_alone(toy_conn: Conn, tmp_path: Path) -> None:
    path = accounts.write(toy_conn, tmp_path)
    known = json.loads(path.read_text())
    assert path.name == "demo-accounts.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert known.keys() >= KEYS
    assert all(account.keys() == {"username", "password", "token"} for account in known.values())
    for account in known.values():
        check_password(account["password"], account["username"])


def test_workers_see_their_street_and_the_others_the_district(toy_conn: Conn, tmp_path: Path) -> None:
    accounts.write(toy_conn, tmp_path)
    rows = stored(toy_conn)
    assert rows["worker"][:2] == ["worker", "990000001"]
    assert rows["worker_other_street"][:2] == ["worker", "990000002"]
    assert rows["wall"][:2] == ["wall", "990000"]
    assert {row[1] for name, row in rows.items() if not name.startswith("worker")} == {"990000"}


def test_only_digests_are_stored(toy_conn: Conn, tmp_path: Path) -> None:
    known = json.loads(accounts.write(toy_conn, tmp_path).read_text())
    digests = {bytes(digest) for (digest,) in toy_conn.execute("SELECT digest FROM hall.token").fetchall()}
    assert digests == {token_digest(account["token"]) for account in known.values()}


def test_a_second_time_keeps_secrets_and_passwords(toy_conn: Conn, tmp_path: Path) -> None:
    first = accounts.write(toy_conn, tmp_path).read_text()
    rows = stored(toy_conn)
    assert accounts.write(toy_conn, tmp_path).read_text() == first
    assert stored(toy_conn) == rows


def test_a_lost_file_ends_the_old_secrets(toy_conn: Conn, tmp_path: Path) -> None:
    path = accounts.write(toy_conn, tmp_path)
    old = json.loads(path.read_text())
    path.unlink()
    new = json.loads(accounts.write(toy_conn, tmp_path).read_text())
    digests = {bytes(digest) for (digest,) in toy_conn.execute("SELECT digest FROM hall.token").fetchall()}
    assert token_digest(old["leader"]["token"]) not in digests
    assert token_digest(new["leader"]["token"]) in digests
    assert stored(toy_conn)["leader"][2] == f"hash of {new['leader']['password']}"


def test_a_new_database_gets_the_secrets_of_the_file(toy_conn: Conn, tmp_path: Path) -> None:
    first = accounts.write(toy_conn, tmp_path).read_text()
    toy_conn.execute("DELETE FROM hall.account")
    assert accounts.write(toy_conn, tmp_path).read_text() == first
    assert len(stored(toy_conn)) == len(json.loads(first))


def test_a_damaged_file_is_named(toy_conn: Conn, tmp_path: Path) -> None:
    (tmp_path / accounts.FILE).write_text('{"leader": 5}')
    with pytest.raises(SetupError, match=r"demo-accounts\.json"):
        accounts.write(toy_conn, tmp_path)


def test_without_a_district_there_are_no_accounts(conn: Conn, tmp_path: Path) -> None:
    with pytest.raises(SetupError):
        accounts.write(conn, tmp_path)
    assert not (tmp_path / accounts.FILE).exists()


def test_passwords_are_hashed_with_argon2(toy_conn: Conn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(accounts, "ACCOUNTS", accounts.ACCOUNTS[:1])
    known = json.loads(accounts.write(toy_conn, tmp_path).read_text())
    row = stored(toy_conn)["dispatcher"]
    assert row[2].startswith("$argon2id$")
    assert password_matches(row[2], known["dispatcher"]["password"])


def test_worker_and_department_stand_for_somebody(toy_conn: Conn, tmp_path: Path) -> None:
    toy_conn.execute("INSERT INTO hall.department (id, code, name, kind) OVERRIDING SYSTEM VALUE VALUES (905, 'd905', '城管局', 'bureau')")
    toy_conn.execute("INSERT INTO hall.duty_rule (subject, lead_department) SELECT 'x' || n, 905 FROM generate_series(1, 1000) AS n")
    accounts.write(toy_conn, tmp_path)
    stand_for = """
        SELECT a.username, starts_with(w.grid_code, a.scope), w.role, a.department_id
        FROM hall.account a LEFT JOIN hall.worker w ON w.id = a.worker_id ORDER BY a.username
    """
    known = {name: rest for name, *rest in toy_conn.execute(stand_for)}
    assert known["worker"] == known["worker_other_street"] == [True, "grid_worker", None]
    assert known["department"] == [None, None, 905]
    assert all(rest == [None, None, None] for name, rest in known.items() if name not in {"worker", "worker_other_street", "department"})
    before = toy_conn.execute(stand_for).fetchall()
    accounts.write(toy_conn, tmp_path)
    assert toy_conn.execute(stand_for).fetchall() == before
