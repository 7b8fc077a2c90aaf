"""Cases as Open311 GeoReport v2 knows them: services are our event classes, requests are our cases."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotFoundError
from services import mappings
from services.rights import Reader, Role

SOURCE = "citizen_app"
MAX_REQUESTS = 1_000
SPAN = timedelta(days=90)
"""Requests of a longer span are not given at once, as the standard says."""
MAY_READ = frozenset(
    {Role.CITIZEN, Role.LEADER, Role.DISPATCHER, Role.ACCEPTOR, Role.SHIFT_LEADER, Role.DEPARTMENT, Role.WORKER, Role.WALL}
)

STRANGER = Reader(0, "", "", Role.CITIZEN, "")
"""Somebody without an account who knows the number of a request."""

SERVICES = """
    SELECT c.code AS service_code, c.name AS service_name, coalesce(s.name, '') AS sub_name, c.major,
           coalesce((SELECT string_agg(st.condition, '；' ORDER BY st.position) FROM hall.case_standard st
                     WHERE st.class_code = c.code AND st.enabled), '') AS description
    FROM hall.event_class c LEFT JOIN hall.event_sub_class s ON s.code = c.sub_code
    WHERE c.enabled AND (%(code)s::text IS NULL OR c.code = %(code)s) ORDER BY c.code LIMIT 5000
"""
# A citizen reads the own requests; a stranger who knows the number of one that came this way reads how it stands, without text and place.
REQUESTS = """
    SELECT e.case_no AS service_request_id, e.closed_at IS NULL AS open, e.state, c.name AS service_name, e.class_code AS service_code,
           CASE WHEN NOT %(stranger)s THEN e.description END AS description, d.name AS agency_responsible,
           e.reported_at AS requested_at, greatest(e.step_started_at, e.closed_at, e.reported_at) AS updated_at, e.deadline_at AS expected_at,
           CASE WHEN %(stranger)s THEN '' ELSE e.place_text END AS address, CASE WHEN NOT %(stranger)s THEN ST_Y(e.geom) END AS lat,
           CASE WHEN NOT %(stranger)s THEN ST_X(e.geom) END AS long,
           (SELECT r.reply FROM hall.source_record r WHERE r.event_id = e.id AND r.account_id = %(account)s AND r.reply IS NOT NULL
            ORDER BY r.replied_at DESC LIMIT 1) AS reply,
           (SELECT a.id FROM hall.attachment a WHERE a.event_id = e.id AND a.account_id = %(account)s ORDER BY a.id LIMIT 1) AS photo
    FROM hall.event e JOIN hall.event_class c ON c.code = e.class_code LEFT JOIN hall.department d ON d.id = e.lead_department
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM hall.source_record r WHERE r.event_id = e.id AND r.account_id = %(account)s) AS mine) AS own
    WHERE e.grid_code LIKE %(scope)s AND (NOT %(citizen)s OR own.mine OR (%(stranger)s AND e.source = %(source)s))
      AND (%(ids)s::text[] IS NULL OR e.case_no = ANY(%(ids)s))
      AND (%(codes)s::text[] IS NULL OR e.class_code = ANY(%(codes)s))
      AND (%(open)s::boolean IS NULL OR (e.closed_at IS NULL) = %(open)s)
      AND (%(ids)s::text[] IS NOT NULL OR e.reported_at BETWEEN %(start)s AND %(end)s)
    ORDER BY e.reported_at DESC, e.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""
CASE = """
    SELECT e.case_no FROM hall.source_record r LEFT JOIN hall.event e ON e.id = r.event_id
    WHERE r.id = %(id)s AND (r.account_id = %(account)s OR NOT %(citizen)s) AND coalesce(e.grid_code, nullif(r.grid_code, ''), left(%(scope)s, 6)) LIKE %(scope)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A class of events that can be reported."""

    service_code: str
    service_name: str
    sub_name: str
    major: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRequest:
    """A case as it is told to the public."""

    service_request_id: str
    open: bool
    state: str
    service_name: str
    service_code: str
    description: str | None
    agency_responsible: str | None
    requested_at: datetime
    updated_at: datetime
    expected_at: datetime | None
    address: str
    lat: float | None
    long: float | None
    reply: str | None
    photo: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which requests to give; None leaves a test out."""

    ids: Sequence[str] | None = None
    codes: Sequence[str] | None = None
    open: bool | None = None
    start: datetime | None = None
    end: datetime | None = None
    limit: int = MAX_REQUESTS
    offset: int = 0


@cache
def notices() -> Mapping[str, str]:
    """Return what a reporter is told: `filed`, or by what is still needed."""
    path = Path(mappings.__file__).parent / "open311.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["notices"]
    return found


def services(conn: Conn, code: str | None = None) -> list[Service]:
    """Return the classes that can be reported; of a code, that one.

    Raises:
        NotFoundError: there is no class of that code.
    """
    with conn.cursor(row_factory=class_row(Service)) as cursor:
        found = cursor.execute(SERVICES, {"code": code}).fetchall()
    if code is not None and not found:
        raise NotFoundError(f"service_code {code[:20]}")
    return found


def requests(conn: Conn, reader: Reader, wanted: Wanted, now: datetime) -> list[ServiceRequest]:
    """Return cases of the reader's area, the newest first; a citizen's own only. Without ids at most 90 days of them.

    Raises:
        NotFoundError: the reader's role follows no cases, or single ids are unknown.
        InvalidInputError: the span is turned round.
    """
    if reader.role not in MAY_READ:
        raise NotFoundError("no requests for this account")
    end = wanted.end or (min(now, wanted.start + SPAN) if wanted.start else now)
    start = wanted.start or end - SPAN
    if start > end:
        raise InvalidInputError("start_date is after end_date")
    params = {
        "account": reader.account_id,
        "citizen": reader.role is Role.CITIZEN,
        "stranger": reader == STRANGER,
        "source": SOURCE,
        "scope": f"{reader.scope}%",
        "ids": list(wanted.ids) if wanted.ids is not None else None,
        "codes": list(wanted.codes) if wanted.codes is not None else None,
        "open": wanted.open,
        "start": max(start, end - SPAN),
        "end": end,
        "limit": wanted.limit,
        "offset": wanted.offset,
    }
    with conn.cursor(row_factory=class_row(ServiceRequest)) as cursor:
        return cursor.execute(REQUESTS, params).fetchall()


def case_of_token(conn: Conn, reader: Reader, record_id: int) -> str | None:
    """Return the case number of a report, None while it waits for a person.

    Raises:
        NotFoundError: there is no such report of this reader.
    """
    params = {"id": record_id, "account": reader.account_id, "citizen": reader.role is Role.CITIZEN, "scope": f"{reader.scope}%"}
    row = conn.execute(CASE, params).fetchone() if reader.role in MAY_READ else None
    if row is None:
        raise NotFoundError(f"token {record_id}")
    return None if row[0] is None else str(row[0])
