"""Accounts in whose name simulated people act. Nobody can sign in with them: they have neither password nor token."""

from datetime import datetime

from geodata.db import Conn
from services.audit import Caller
from services.rights import Reader, Role

WORKER, DESK = "simulated_worker", "simulated_desk"
KEEP = """
    INSERT INTO hall.account (username, display_name, role, scope) VALUES (%s, %s, %s, '') ON CONFLICT (username) DO NOTHING
"""
IDS = "SELECT username, id FROM hall.account WHERE username = ANY(%s)"
# in the transaction of one act: the account stands for whoever acts
STAND_FOR = "UPDATE hall.account SET worker_id = %(worker_id)s WHERE username = %(username)s AND worker_id IS DISTINCT FROM %(worker_id)s"


class Robots:
    """The two accounts, made when they are not there."""

    def __init__(self, conn: Conn) -> None:
        for username, name, role in ((WORKER, "模拟网格员", Role.WORKER), (DESK, "模拟值班", Role.SHIFT_LEADER)):
            conn.execute(KEEP, [username, name, role.value])
        self._ids: dict[str, int] = dict(conn.execute(IDS, [[WORKER, DESK]]).fetchall())

    def worker(self, conn: Conn, worker_id: int, now: datetime) -> Caller:
        """Act as one worker, in this transaction."""
        conn.execute(STAND_FOR, {"username": WORKER, "worker_id": worker_id})
        return self._caller(WORKER, "模拟网格员", Role.WORKER, now)

    def desk(self, role: Role, now: datetime) -> Caller:
        """Act as somebody at the desk."""
        return self._caller(DESK, "模拟值班", role, now)

    def _caller(self, username: str, name: str, role: Role, now: datetime) -> Caller:
        return Caller(reader=Reader(self._ids[username], username, name, role, ""), address=None, now=now)
