"""Asking for an issue: what is wished for, which period that is, and its place in the row of issues."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from services import audit
from services.audit import Act, Caller
from services.briefs import catalogue, compose, periods
from services.briefs.book import MAY_DRAFT
from services.briefs.catalogue import BriefType, CaseFilter
from services.briefs.periods import SCHEDULED, Cycle, Period
from services.rights import in_scope
from services.worktime import LOCAL

EXISTING = "SELECT id FROM hall.brief WHERE type_code = %(type)s AND area_code = %(area)s AND period_key = %(key)s"
NUMBERED = "SELECT pg_advisory_xact_lock(hashtextextended(%(type)s || '/' || %(area)s, 31))"
INSERT = """
    INSERT INTO hall.brief (type_code, area_code, period_key, period_start, period_end, year, issue, title, label, event_id, parameters, asked_by, asked_at)
    SELECT %(type)s, %(area)s, %(key)s, %(start)s, %(end)s, %(year)s,
           1 + coalesce(max(issue), 0), %(title)s, %(label)s, %(event_id)s, %(parameters)s, %(account)s, %(now)s
    FROM hall.brief WHERE type_code = %(type)s AND area_code = %(area)s AND year = %(year)s
    RETURNING id
"""
REPORTED = "SELECT reported_at FROM hall.event WHERE id = %s AND starts_with(grid_code, %s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A brief that somebody asks for: `day` for kinds with a schedule, `start` and `end` for special ones, `event_id` for those about a case."""

    type: str
    area: str
    day: date | None = None
    start: datetime | None = None
    end: datetime | None = None
    event_id: int | None = None
    filter: CaseFilter | None = None


def ask(conn: Conn, caller: Caller, wish: Wish) -> tuple[int, bool]:
    """Ask for an issue; the worker makes it. Returns its id, and whether it is new: the same wish twice is one issue.

    Raises:
        NotAllowedError: the role asks for no briefs.
        InvalidInputError: a field is missing or does not fit the kind.
        NotFoundError: no such kind, area or case for this reader.
    """
    reader = caller.reader
    if reader.role not in MAY_DRAFT:
        raise NotAllowedError(f"{reader.role} does not ask for briefs")
    kinds = catalogue.stored(conn)
    if wish.type not in kinds:
        raise NotFoundError(f"no brief type {wish.type[:40]!r}")
    kind = kinds[wish.type][0]
    if not in_scope(reader, wish.area):
        raise NotFoundError(f"no area {wish.area[:15]!r}")
    place = compose.area(conn, wish.area)
    if place.level not in kind.levels and kind.cycle is not Cycle.SPECIAL:
        raise InvalidInputError(f"area: {kind.code} is made for {', '.join(kind.levels)}")
    if wish.filter is not None and kind.cycle is not Cycle.SPECIAL:
        raise InvalidInputError("filter: only for briefs over a span of one's choice")
    period = _period(conn, kind, wish, caller.now)
    parameters = {"filter": msgspec.to_builtins(wish.filter)} if wish.filter else {}
    found = register(
        conn, kind, place, period, caller.now, account_id=reader.account_id or None, event_id=wish.event_id, parameters=parameters
    )
    audit.record(
        conn,
        caller,
        Act(action="brief_ask", object=f"briefs/{found[0]}", detail={"type": kind.code, "area": wish.area, "period": period.key}),
    )
    return found


def _period(conn: Conn, kind: BriefType, wish: Wish, now: datetime) -> Period:
    if kind.cycle in SCHEDULED:
        if wish.day is None:
            raise InvalidInputError("day: a day of the period is needed")
        if not date(2000, 1, 1) <= wish.day <= now.astimezone(LOCAL).date():
            raise InvalidInputError(f"day={wish.day}: between 2000 and today")
        period = periods.of_day(kind.cycle, wish.day)
        if period.window.start >= now:
            raise InvalidInputError(f"day={wish.day}: the period has not begun")
        return period
    if kind.cycle is Cycle.SPECIAL:
        if wish.start is None or wish.end is None:
            raise InvalidInputError("start, end: are missing")
        if wish.start >= now:
            raise InvalidInputError("start: lies ahead")
        period = periods.span(wish.start, wish.end)
        if wish.filter is None:
            return period
        digest = hashlib.sha256(msgspec.json.encode(wish.filter)).hexdigest()[:8]
        return replace(period, key=f"{period.key}#{digest}")
    if wish.event_id is None or kind.occasion == "mode_changed":
        raise InvalidInputError("event_id: is missing" if kind.occasion != "mode_changed" else "type: is made by the change of mode alone")
    row = conn.execute(REPORTED, [wish.event_id, wish.area]).fetchone()
    if row is None:
        raise NotFoundError(f"no case {wish.event_id} in {wish.area}")
    return periods.happening(f"event:{wish.event_id}", row[0], now)


def register(
    conn: Conn,
    kind: BriefType,
    place: compose.Area,
    period: Period,
    now: datetime,
    *,
    account_id: int | None = None,
    event_id: int | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> tuple[int, bool]:
    """Enter an issue to be made, with the next number of its year. Returns its id, and whether it is new."""
    values = {
        "type": kind.code,
        "area": place.code,
        "key": period.key,
        "start": period.window.start,
        "end": period.window.end,
        "year": period.year,
        "title": f"{place.name}{kind.name}",
        "label": period.label,
        "event_id": event_id,
        "parameters": Jsonb(dict(parameters or {})),
        "account": account_id,
        "now": now,
    }
    conn.execute(NUMBERED, values)
    row = conn.execute(EXISTING, values).fetchone()
    if row is not None:
        return int(row[0]), False
    made = conn.execute(INSERT, values).fetchone()
    return (int(made[0]) if made else 0), True
