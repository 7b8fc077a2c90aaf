"""Warnings of indicators: raised when a rule is broken, sent to who answers for it, acknowledged and handled by people, closed when it is normal again.

There is one at most for an indicator and an area at a time. One that gets worse opens again, whatever was done about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from geodata.indicators.catalogue import Indicator, catalogue
from services import audit, outbox
from services.audit import Act, Caller
from services.indicators.areas import MAY_READ, IndicatorArea
from services.indicators.standing import IndicatorFigure, build
from services.rights import Reader, Role

STATES = ("open", "acknowledged", "handled", "closed")
LEVELS = ("yellow", "red")
SYSTEM = "系统"
MAX_ROWS = 500
LEAST_NOTE, MOST_NOTE = 2, 400
MAY_HANDLE = frozenset({Role.SHIFT_LEADER, Role.LEADER})
"""Who acts on every warning of his area; a department acts on its own."""

PLACES = "SELECT code, name, level FROM hall.area WHERE level IN ('district', 'street') ORDER BY code LIMIT 200"
PHONES = "SELECT code, phone FROM hall.department WHERE enabled AND phone IS NOT NULL AND phone <> '' LIMIT 1000"
STANDING = "SELECT id, code, area, level, state FROM hall.indicator_warning WHERE state <> 'closed' ORDER BY id LIMIT 10000 FOR UPDATE"
RAISE = """
    INSERT INTO hall.indicator_warning (code, area, level, rule, value, reference, period, receiver, department, raised_at, changed_at)
    VALUES (%(code)s, %(area)s, %(level)s, %(rule)s, %(value)s, %(reference)s, %(period)s, %(receiver)s, %(department)s, %(now)s, %(now)s)
    RETURNING id
"""
CHANGE = """
    UPDATE hall.indicator_warning SET level = %(level)s, value = %(value)s, reference = %(reference)s, period = %(period)s,
        state = CASE WHEN %(worse)s THEN 'open' ELSE state END,
        changed_at = CASE WHEN level <> %(level)s THEN %(now)s ELSE changed_at END
    WHERE id = %(id)s
"""
CLOSE = "UPDATE hall.indicator_warning SET state = 'closed', closed_at = %(now)s, changed_at = %(now)s WHERE id = %(id)s"
SET_STATE = "UPDATE hall.indicator_warning SET state = %(state)s, changed_at = %(now)s WHERE id = %(id)s"
STEP = """
    INSERT INTO hall.indicator_step (warning_id, at, action, level, value, account_id, actor, note)
    VALUES (%(id)s, %(now)s, %(action)s, %(level)s, %(value)s, %(account_id)s, %(actor)s, %(note)s)
"""
_COLUMNS = """
    w.id, w.code, w.area, a.name AS area_name, w.level, w.rule, w.value, w.reference, w.period, w.state, w.receiver, w.department,
    d.name AS department_name, w.raised_at, w.changed_at, w.closed_at
"""
_FROM = """
    FROM hall.indicator_warning w LEFT JOIN hall.area a ON a.code = w.area AND a.level IN ('district', 'street')
    LEFT JOIN hall.department d ON d.code = w.department
"""
LIST = f"""
    SELECT {_COLUMNS} {_FROM}
    WHERE starts_with(w.area, %(scope)s) AND (%(state)s::text IS NULL OR w.state = %(state)s) AND (%(all)s OR w.state <> 'closed')
      AND (%(code)s::text IS NULL OR w.code = %(code)s) AND (%(before)s::bigint IS NULL OR w.id < %(before)s)
    ORDER BY w.id DESC LIMIT %(limit)s
"""
ONE = f"SELECT {_COLUMNS} {_FROM} WHERE w.id = %(id)s AND starts_with(w.area, %(scope)s)"
LOCK = "SELECT id FROM hall.indicator_warning WHERE id = %s FOR UPDATE"
STEPS = "SELECT at, action, level, value, actor, note FROM hall.indicator_step WHERE warning_id = %s ORDER BY id LIMIT 500"
OWN_DEPARTMENT = "SELECT d.code FROM hall.account a JOIN hall.department d ON d.id = a.department_id WHERE a.id = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A warning. `reference`: the limit that was passed, or what the value was compared with."""

    id: int
    code: str
    area: str
    area_name: str | None
    level: str
    rule: str
    value: float
    reference: float | None
    period: datetime
    state: str
    receiver: str
    department: str | None
    department_name: str | None
    raised_at: datetime
    changed_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningStep:
    """What happened to a warning."""

    at: datetime
    action: str
    level: str
    value: float | None
    actor: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What an evaluation did, as ids of warnings."""

    raised: list[int]
    changed: list[int]
    closed: list[int]


def evaluate(conn: Conn, now: datetime) -> Changes:
    """Judge the present figures of all areas: raise, change and close warnings. Figures that are not there change nothing."""
    standing = {(row[1], row[2]): row for row in conn.execute(STANDING).fetchall()}
    phones = dict(conn.execute(PHONES).fetchall())
    with conn.cursor(row_factory=class_row(IndicatorArea)) as cursor:
        places = cursor.execute(PLACES).fetchall()
    every = list(catalogue().indicators.values())
    desk = _Desk(conn, now, Changes(raised=[], changed=[], closed=[]), phones)
    for place in places:
        wanted = every if place.level == "district" else [one for one in every if one.every and one.streets]
        for figure in build(conn, wanted, place, now):
            _settle(desk, figure, standing.get((figure.code, place.code)))
    return desk.made


def listed(
    conn: Conn, reader: Reader, *, state: str | None = None, code: str | None = None, before: int | None = None, limit: int = 100
) -> list[Warned]:
    """Return warnings of the reader's area, the newest first; without a state those that are not closed.

    Raises:
        NotAllowedError: the role sees no indicators.
        InvalidInputError: no such state, or the limit cannot be.
    """
    _may_read(reader)
    if state is not None and state not in {*STATES, "all"}:
        raise InvalidInputError(f"state: one of {', '.join(STATES)}, all")
    if not 1 <= limit <= MAX_ROWS:
        raise InvalidInputError(f"limit={limit}: 1 to {MAX_ROWS}")
    values = {
        "scope": reader.scope,
        "state": None if state == "all" else state,
        "all": state is not None,
        "code": code,
        "before": before,
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Warned)) as cursor:
        return cursor.execute(LIST, values).fetchall()


def one(conn: Conn, reader: Reader, warning_id: int) -> tuple[Warned, list[WarningStep]]:
    """Return a warning and what happened to it.

    Raises:
        NotAllowedError: the role sees no indicators.
        NotFoundError: there is none of this number in the reader's area.
    """
    _may_read(reader)
    with conn.cursor(row_factory=class_row(Warned)) as cursor:
        found = cursor.execute(ONE, {"id": warning_id, "scope": reader.scope}).fetchone()
    if found is None:
        raise NotFoundError(f"warning {warning_id}")
    with conn.cursor(row_factory=class_row(WarningStep)) as steps:
        return found, steps.execute(STEPS, [warning_id]).fetchall()


def may_act(conn: Conn, reader: Reader, warned: Warned) -> bool:
    """Whether the reader is one of those who answer for the warning: its receiver, who leads the shift or the hall, the department."""
    if reader.role in MAY_HANDLE or reader.role.value == warned.receiver:
        return True
    return reader.role is Role.DEPARTMENT and warned.department is not None and own_department(conn, reader) == warned.department


def own_department(conn: Conn, reader: Reader) -> str | None:
    """Return the code of the account's department."""
    row = conn.execute(OWN_DEPARTMENT, [reader.account_id]).fetchone()
    return row[0] if row else None


def acknowledge(conn: Conn, caller: Caller, warning_id: int) -> Warned:
    """Say that the warning was seen. Said twice it is said once.

    Raises:
        NotAllowedError, NotFoundError: as `one`; the reader does not answer for it.
        ConflictError: it was handled or closed before.
    """
    warned = _taken(conn, caller, warning_id)
    if warned.state == "acknowledged":
        return warned
    if warned.state != "open":
        raise ConflictError(f"the warning is {warned.state}")
    return _act(conn, caller, warned, ("acknowledge", "acknowledged"))


def handle(conn: Conn, caller: Caller, warning_id: int, note: str) -> Warned:
    """Say what was done about it; it closes by itself when the figure is normal again.

    Raises:
        InvalidInputError: the note has not 2 to 400 characters.
        NotAllowedError, NotFoundError: as `one`; the reader does not answer for it.
        ConflictError: it is closed.
    """
    text = note.strip()
    if not LEAST_NOTE <= len(text) <= MOST_NOTE or "\0" in text:
        raise InvalidInputError(f"note: {LEAST_NOTE} to {MOST_NOTE} characters")
    warned = _taken(conn, caller, warning_id)
    if warned.state == "closed":
        raise ConflictError("the warning is closed")
    return _act(conn, caller, warned, ("handle", "handled"), text)


def _taken(conn: Conn, caller: Caller, warning_id: int) -> Warned:
    _may_read(caller.reader)
    conn.execute(LOCK, [warning_id])
    warned, _ = one(conn, caller.reader, warning_id)
    if not may_act(conn, caller.reader, warned):
        raise NotAllowedError(f"the warning is for {warned.receiver} and {warned.department or 'no department'}")
    return warned


def _act(conn: Conn, caller: Caller, warned: Warned, done: tuple[str, str], note: str | None = None) -> Warned:
    reader, (action, state) = caller.reader, done
    conn.execute(SET_STATE, {"id": warned.id, "state": state, "now": caller.now})
    actor = reader.display_name or reader.username
    step = WarningStep(at=caller.now, action=action, level=warned.level, value=warned.value, actor=actor, note=note)
    _step(conn, warned.id, step, reader.account_id)
    audit.record(conn, caller, Act(action=f"indicator_{action}", object=f"indicator_warnings/{warned.id}", reason=note))
    return one(conn, reader, warned.id)[0]


def _may_read(reader: Reader) -> None:
    if reader.role not in MAY_READ:
        raise NotAllowedError(f"{reader.role} sees no indicators")


@dataclass(frozen=True, slots=True)
class _Desk:
    conn: Conn
    now: datetime
    made: Changes
    phones: Mapping[str, str]


def _settle(desk: _Desk, figure: IndicatorFigure, before: Sequence[Any] | None) -> None:
    if figure.stale or figure.state == "none" or figure.value is None or figure.period is None:
        return
    if not figure.abnormal:
        if before is not None:
            desk.conn.execute(CLOSE, {"id": before[0], "now": desk.now})
            _step(
                desk.conn, before[0], WarningStep(at=desk.now, action="close", level=before[3], value=figure.value, actor=SYSTEM, note=None)
            )
            desk.made.closed.append(before[0])
        return
    entry: Indicator = catalogue().indicators[figure.code]
    values = {
        "code": figure.code,
        "area": figure.area,
        "level": figure.state,
        "rule": entry.rule.kind,
        "value": figure.value,
        "reference": figure.reference,
        "period": figure.period.astimezone(UTC),
        "receiver": figure.receiver,
        "department": figure.owner,
        "now": desk.now,
    }
    if before is None:
        row = desk.conn.execute(RAISE, values).fetchone()
        number = row[0] if row else 0
        desk.made.raised.append(number)
        _tell(desk, figure, number, "raise")
        return
    worse = LEVELS.index(figure.state) > LEVELS.index(before[3])
    desk.conn.execute(CHANGE, values | {"id": before[0], "worse": worse})
    if figure.state != before[3]:
        desk.made.changed.append(before[0])
        _tell(desk, figure, before[0], "rise" if worse else "ease")


def _tell(desk: _Desk, figure: IndicatorFigure, number: int, action: str) -> None:
    """Write the step down; what is new or worse goes to who answers for it."""
    step = WarningStep(at=desk.now, action=action, level=figure.state, value=figure.value, actor=SYSTEM, note=figure.why)
    _step(desk.conn, number, step)
    if action == "ease":
        return
    body = {"template": "indicator", "why": figure.why, "code": figure.code, "area": figure.area, "level": figure.state, "warning": number}
    outbox.put(desk.conn, "webhook", f"role/{figure.receiver}", body, desk.now)
    if figure.owner is not None and figure.owner in desk.phones:
        outbox.put(desk.conn, "sms", desk.phones[figure.owner], body, desk.now)


def _step(conn: Conn, warning_id: int, step: WarningStep, account_id: int | None = None) -> None:
    values = {
        "id": warning_id,
        "now": step.at,
        "action": step.action,
        "level": step.level,
        "value": step.value,
        "account_id": account_id,
        "actor": step.actor,
        "note": step.note,
    }
    conn.execute(STEP, values)
