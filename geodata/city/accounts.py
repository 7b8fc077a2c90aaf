"""Accounts of demo mode: one a role, with random secrets that are written for the operator into `demo-accounts.json` and nowhere else."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from geodata.credentials import fresh_password, hash_password, new_token, token_digest
from geodata.db import Conn
from geodata.errors import SetupError

FILE = "demo-accounts.json"
NOTE = "demo"
AREAS = """
    SELECT (SELECT code FROM hall.area WHERE level = 'district' ORDER BY code LIMIT 1),
           ARRAY(SELECT code FROM hall.area WHERE level = 'street' ORDER BY code LIMIT 2)
"""
KNOWN = """
    SELECT a.id, EXISTS (SELECT FROM hall.token t WHERE t.account_id = a.id AND t.digest = %(digest)s)
    FROM hall.account a WHERE a.username = %(username)s
"""
ADD = """
    INSERT INTO hall.account (username, display_name, role, scope, password_hash)
    VALUES (%(username)s, %(display_name)s, %(role)s, %(scope)s, %(hash)s)
    RETURNING id
"""
RENEW = """
    UPDATE hall.account SET password_hash = %(hash)s, active = true, failures = 0, locked_until = NULL, epoch = epoch + 1 WHERE id = %(id)s
"""
RESCOPE = (
    "UPDATE hall.account SET role = %(role)s, scope = %(scope)s WHERE id = %(id)s AND (role, scope) IS DISTINCT FROM (%(role)s, %(scope)s)"
)
# A demo worker is one of the street who has work or at least is on duty; the demo department is the one with the most rules. Once chosen they stay
# as long as they exist.
STAND_FOR = """
    UPDATE hall.account AS a
    SET worker_id = CASE WHEN a.role = 'worker' THEN coalesce(
            (SELECT w.id FROM hall.worker w WHERE w.id = a.worker_id AND starts_with(w.grid_code, a.scope)),
            (SELECT w.id FROM hall.worker w WHERE w.role = 'grid_worker' AND starts_with(w.grid_code, a.scope)
             ORDER BY w.status NOT IN ('busy', 'free'), w.load DESC, w.id LIMIT 1)) END,
        department_id = CASE WHEN a.role = 'department' THEN coalesce(
            (SELECT d.id FROM hall.department d WHERE d.id = a.department_id AND d.enabled),
            (SELECT d.id FROM hall.department d WHERE d.enabled AND d.kind = 'bureau'
             ORDER BY (SELECT count(*) FROM hall.duty_rule r WHERE r.lead_department = d.id) DESC, d.id LIMIT 1)) END
    WHERE a.id = %(id)s AND a.role IN ('worker', 'department')
"""
FORGET_TOKENS = "DELETE FROM hall.token WHERE account_id = %(id)s AND note = %(note)s"
ADD_TOKEN = "INSERT INTO hall.token (digest, account_id, note) VALUES (%(digest)s, %(id)s, %(note)s)"  # noqa: S105 - SQL, no secret


@dataclass(frozen=True, slots=True)
class Demo:
    """An account to have: its name is also its key in the file. `street` 0 or 1: its scope is that street, else the district."""

    username: str
    display_name: str
    role: str
    street: int | None = None


ACCOUNTS = (
    Demo("dispatcher", "派遣员", "dispatcher"),
    Demo("leader", "分管领导", "leader"),
    Demo("wall", "指挥大屏", "wall"),
    Demo("worker", "网格员", "worker", 0),
    Demo("worker_other_street", "网格员（邻街）", "worker", 1),
    Demo("acceptor", "受理员", "acceptor"),
    Demo("shift_leader", "值班长", "shift_leader"),
    Demo("department", "专业部门", "department"),
    Demo("system_admin", "系统管理员", "system_admin"),
    Demo("security_admin", "安全管理员", "security_admin"),
    Demo("audit_admin", "审计管理员", "audit_admin"),
)


def write(conn: Conn, data_dir: Path) -> Path:
    """See that the demo accounts exist and that the file tells their secrets; return its path.

    Secrets are made once: those in the file are kept, and an account that has its token keeps its password, too. The file can be read by
    its owner alone. Works in the caller's transaction.

    Raises:
        SetupError: no district was imported yet, or the file is damaged.
    """
    row = conn.execute(AREAS).fetchone()
    if row is None or row[0] is None:
        raise SetupError("no district yet: run `python -m geodata import osm FILE` first")
    district, streets = str(row[0]), [str(code) for code in row[1]] or [str(row[0])]
    path = data_dir / FILE
    known = _read(path)
    kept = {account.username: known.get(account.username) or _secrets(account.username) for account in ACCOUNTS}
    for account in ACCOUNTS:
        scope = district if account.street is None else streets[min(account.street, len(streets) - 1)]
        _store(conn, account, scope, kept[account.username])
    if kept != known:
        _write(path, kept)
    return path


def _store(conn: Conn, account: Demo, scope: str, secret: dict[str, str]) -> None:
    values: dict[str, object] = {
        "username": account.username,
        "display_name": account.display_name,
        "role": account.role,
        "scope": scope,
        "digest": token_digest(secret["token"]),
        "note": NOTE,
    }
    row = conn.execute(KNOWN, values).fetchone()
    if row is None:
        added = conn.execute(ADD, values | {"hash": hash_password(secret["password"])}).fetchone()
        values["id"] = added and added[0]
        conn.execute(ADD_TOKEN, values)
        conn.execute(STAND_FOR, values)
        return
    values["id"] = row[0]
    conn.execute(RESCOPE, values)
    conn.execute(STAND_FOR, values)
    if not row[1]:
        conn.execute(RENEW, values | {"hash": hash_password(secret["password"])})
        conn.execute(FORGET_TOKENS, values)
        conn.execute(ADD_TOKEN, values)


def _secrets(username: str) -> dict[str, str]:
    return {"username": username, "password": fresh_password(username), "token": new_token()[0]}


def _read(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): {key: str(account[key]) for key in ("username", "password", "token")} for name, account in known.items()}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise SetupError(f"{path} cannot be read; delete it to get new demo accounts") from error


def _write(path: Path, accounts: dict[str, dict[str, str]]) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(accounts, file, indent=2)
        file.write("\n")
    fresh.replace(path)
