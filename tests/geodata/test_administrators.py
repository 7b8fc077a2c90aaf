"""Without demo accounts, the first three administrators come from the command line."""

import pytest

from geodata.administrators import ROLES, create, renew
from geodata.credentials import password_matches
from geodata.db import Conn
from geodata.errors import InvalidInputError


def test_all_three_are_made_once(conn: Conn) -> None:
    made = create(conn)
    assert set(made) == set(ROLES)
    for role, scope, password_hash in conn.execute("SELECT role, scope, password_hash FROM hall.account").fetchall():
        assert scope == ""
        assert password_matches(password_hash, made[role])
    assert create(conn) == {}
    assert conn.execute("SELECT count(*) FROM hall.audit WHERE action = 'account_create'").fetchone() == (3,)


def test_a_new_password_ends_the_old_sessions(conn: Conn) -> None:
    old = create(conn)["system_admin"]
    new = renew(conn, "system_admin")["system_admin"]
    row = conn.execute("SELECT password_hash, epoch FROM hall.account WHERE role = 'system_admin'").fetchone()
    assert row is not None
    assert password_matches(row[0], new)
    assert not password_matches(row[0], old)
    assert row[1] == 2


def test_nobody_is_renewed_where_nobody_is(conn: Conn) -> None:
    with pytest.raises(InvalidInputError, match="nobody holds audit_admin"):
        renew(conn, "audit_admin")
