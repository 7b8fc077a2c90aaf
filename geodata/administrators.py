"""The first three administrators of an installation without demo accounts: whoever may use the database makes them, nobody else can."""

import argparse
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from geodata.credentials import fresh_password, hash_password
from geodata.db import Conn
from geodata.errors import InvalidInputError

HELP = "make the three administrators that are missing, and tell their passwords once"
ROLES = {"system_admin": "系统管理员", "security_admin": "安全管理员", "audit_admin": "审计管理员"}
HOLDER = "SELECT id, username FROM hall.account WHERE role = %s AND active ORDER BY id LIMIT 1"
ADD = "INSERT INTO hall.account (username, display_name, role, scope, password_hash) VALUES (%s, %s, %s, '', %s) RETURNING id"
RENEW = """
    UPDATE hall.account SET password_hash = %s, failures = 0, locked_until = NULL, epoch = epoch + 1 WHERE id = %s
"""
TRACE = "INSERT INTO hall.audit (username, action, object, success, detail) VALUES ('command line', %s, %s, true, %s)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--renew", choices=ROLES, metavar="ROLE", help=f"give the holder of this role a new password: {', '.join(ROLES)}")


def run(options: argparse.Namespace, database_url: str, _data_dir: Path) -> None:
    """Make or renew, and print names and passwords."""
    with psycopg.connect(database_url) as conn:
        made = renew(conn, options.renew) if options.renew else create(conn)
    for username, password in made.items():
        print(f"{username}  {password}")
    print(
        "Change these passwords after the first sign-in: they are not stored in the clear." if made else "All three administrators exist."
    )


def create(conn: Conn) -> dict[str, str]:
    """Make an account for each administrator's role that nobody holds; return passwords by username."""
    made = {}
    for role, title in ROLES.items():
        if conn.execute(HOLDER, [role]).fetchone() is None:
            made[role] = password = fresh_password(role)
            row = conn.execute(ADD, [role, title, role, hash_password(password)]).fetchone()
            conn.execute(TRACE, ["account_create", f"accounts/{row[0] if row else ''}", Jsonb({"role": role})])
    return made


def renew(conn: Conn, role: str) -> dict[str, str]:
    """Give the first holder of the role a new password, which ends their sessions; return it by username.

    Raises:
        InvalidInputError: nobody holds the role.
    """
    row = conn.execute(HOLDER, [role]).fetchone()
    if row is None:
        raise InvalidInputError(f"nobody holds {role}: run `python -m geodata administrators` without --renew")
    password = fresh_password(str(row[1]))
    conn.execute(RENEW, [hash_password(password), row[0]])
    conn.execute(TRACE, ["password_reset", f"accounts/{row[0]}", Jsonb({"role": role})])
    return {str(row[1]): password}
