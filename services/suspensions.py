"""Suspensions that last longer than was said: the lead department is told once, or the dispatchers where none leads, and the log says so."""

import logging
import threading
from datetime import UTC, datetime

import psycopg

from geodata.db import Conn, Pool, writing
from geodata.errors import SourceUnavailableError
from services import case_store, outbox
from services.audit import Caller
from services.case_store import Entry
from services.rights import Reader, Role

log = logging.getLogger(__name__)

PAUSE_S = 60.0
AT_ONCE = 50
ACTION = "suspension_over"
SYSTEM = Reader(0, "system", "系统", Role.SYSTEM_ADMIN, "")
"""Who stands in the log for what nobody did."""
DISPATCHERS = "role/dispatcher"

# of each suspended case the last suspension, unless it was told of since
OVER = """
    SELECT e.id, last.until, d.id, d.phone
    FROM hall.event e
    CROSS JOIN LATERAL (SELECT seq, (detail ->> 'until')::timestamptz AS until FROM hall.case_log
                        WHERE event_id = e.id AND action = 'suspend' ORDER BY seq DESC LIMIT 1) AS last
    LEFT JOIN hall.department d ON d.id = e.lead_department AND d.enabled
    WHERE e.state = 'suspended' AND e.closed_at IS NULL AND last.until <= %(now)s
      AND NOT EXISTS (SELECT FROM hall.case_log l WHERE l.event_id = e.id AND l.seq > last.seq AND l.action = %(action)s)
    ORDER BY e.id LIMIT %(limit)s FOR UPDATE OF e SKIP LOCKED
"""


def remind(conn: Conn, now: datetime, *, limit: int = AT_ONCE) -> int:
    """Tell of suspensions that should have ended, each once; return how many."""
    found = conn.execute(OVER, {"now": now, "action": ACTION, "limit": limit}).fetchall()
    rows = case_store.lock(conn, [row[0] for row in found])
    caller = Caller(reader=SYSTEM, address=None, now=now)
    for event_id, until, department_id, phone in found:
        row = rows[event_id]
        channel, recipient = ("sms", phone) if phone else ("webhook", f"department/{department_id}" if department_id else DISPATCHERS)
        body = {"template": ACTION, "case_no": row.case_no, "title": row.title, "place": row.place_text, "until": until.isoformat()}
        outbox.put(conn, channel, recipient, body, now, event_id=event_id)
        detail = {"until": until.isoformat(), "told": f"department/{department_id}" if department_id else DISPATCHERS}
        case_store.save(conn, caller, row, Entry(action=ACTION, from_state=row.state, detail=detail))
    return len(found)


def remind_forever(stop: threading.Event, pool: Pool) -> None:
    """Look once a minute until `stop` is set; while the database is away, wait for it."""
    while not stop.wait(PAUSE_S):
        try:
            with writing(pool) as conn:
                remind(conn, datetime.now(UTC))
        except (SourceUnavailableError, psycopg.Error) as error:
            log.warning("suspensions are not looked at: %s", error)
