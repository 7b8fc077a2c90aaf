"""Changes of working time: by the system administrator, each with a line in the audit trail. Deadlines that are set already stay."""

from datetime import date

from psycopg.types.json import Jsonb

from geodata.db import Conn
from geodata.errors import NotFoundError
from services.accounts import require
from services.audit import Act, Caller, record
from services.dictionary_edit import checked_text
from services.rights import Role
from services.worktime import Hours

PUT_DAY = """
    INSERT INTO hall.work_day (day, working, note) VALUES (%s, %s, %s)
    ON CONFLICT (day) DO UPDATE SET working = excluded.working, note = excluded.note
"""
DELETE_DAY = "DELETE FROM hall.work_day WHERE day = %s RETURNING day"
PUT_HOURS = """
    INSERT INTO hall.fact (key, value) VALUES ('working_time', %s)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = now()
"""


def put_day(conn: Conn, caller: Caller, day: date, *, working: bool, note: str) -> None:
    """Decide that a day is worked or not, whatever the public calendar says.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        InvalidInputError: the note is too long.
    """
    require(caller, Role.SYSTEM_ADMIN)
    conn.execute(PUT_DAY, [day, working, checked_text("note", note, empty=True)])
    record(conn, caller, Act(action="calendar_change", object=f"calendar/{day}", detail={"working": working, "note": note}))


def delete_day(conn: Conn, caller: Caller, day: date) -> None:
    """Let the public calendar decide about a day again.

    Raises:
        NotAllowedError: the caller is not the system administrator.
        NotFoundError: nothing was decided about this day.
    """
    require(caller, Role.SYSTEM_ADMIN)
    if conn.execute(DELETE_DAY, [day]).fetchone() is None:
        raise NotFoundError(f"nothing was decided about {day}")
    record(conn, caller, Act(action="calendar_change", object=f"calendar/{day}", detail={"deleted": True}))


def put_hours(conn: Conn, caller: Caller, hours: Hours) -> None:
    """Set the hours of a working day.

    Raises:
        NotAllowedError: the caller is not the system administrator.
    """
    require(caller, Role.SYSTEM_ADMIN)
    conn.execute(PUT_HOURS, [Jsonb(hours.plain())])
    record(conn, caller, Act(action="calendar_change", object="calendar/hours", detail=hours.plain()))
