"""Figures of other departments: handed in by program or file, each row judged by itself. What is handed in again changes nothing."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from geodata.indicators.catalogue import Indicator, catalogue
from services import audit
from services.audit import Act, Caller
from services.indicators import periods
from services.indicators.warnings import own_department
from services.rights import Reader, Role
from services.worktime import LOCAL

MAY_SUBMIT = frozenset({Role.SHIFT_LEADER, Role.DEPARTMENT})
"""Who hands figures in: a department those of its own systems, the shift leader all."""
MAX_ROWS = 5_000
MOST = 1e15
EARLIEST = 2000
FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "hour": (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2})(?::00(?::00)?)?"), "2026-11-23T08"),
    "day": (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?"), "2026-11-23"),
    "week": (re.compile(r"(\d{4})-?W(\d{1,2})"), "2026-W48"),
    "month": (re.compile(r"(\d{4})-(\d{1,2})(?:-0?1(?:[T ]00:00(?::00)?)?)?"), "2026-11"),
    "quarter": (re.compile(r"(\d{4})-?Q([1-4])"), "2026-Q4"),
    "year": (re.compile(r"(\d{4})(?:\.0)?"), "2026"),
}

AREAS = "SELECT code, level FROM hall.area WHERE level IN ('district', 'street') ORDER BY code LIMIT 200"
UPSERT = """
    INSERT INTO hall.indicator_value (code, area, period, value, quality, data_time, account_id)
    VALUES (%(code)s, %(area)s, %(period)s, %(value)s, 'external', %(now)s, %(account_id)s)
    ON CONFLICT (code, area, period) DO UPDATE SET value = excluded.value, data_time = excluded.data_time, account_id = excluded.account_id
    WHERE indicator_value.value IS DISTINCT FROM excluded.value
    RETURNING (xmax = 0) AS created
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """What became of one row, counted from 1. `status`: created | corrected | unchanged | refused; `error` is a word, `detail` says it in full."""

    row: int
    status: str
    code: str = ""
    area: str = ""
    period: str = ""
    error: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorsTaken:
    """What became of all rows."""

    created: int
    corrected: int
    unchanged: int
    refused: int
    rows: Sequence[RowOutcome]


class _RefusedError(Exception):
    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail)
        self.error = error


@dataclass(frozen=True, slots=True)
class _Desk:
    """What rows are judged by."""

    reader: Reader
    department: str | None
    areas: Mapping[str, str]
    """Code → level."""
    district: str | None
    now: datetime


def submit(conn: Conn, caller: Caller, rows: Sequence[Mapping[str, Any]]) -> IndicatorsTaken:
    """Take figures in: `code`, `area` (absent: the district), `period` and `value` of each. Bad rows are refused one by one.

    Raises:
        NotAllowedError: the role hands no figures in.
        InvalidInputError: there is no row, or more than 5,000.
    """
    reader = caller.reader
    if reader.role not in MAY_SUBMIT:
        raise NotAllowedError(f"{reader.role} hands in no figures of indicators")
    if not 1 <= len(rows) <= MAX_ROWS:
        raise InvalidInputError(f"values: 1 to {MAX_ROWS} rows")
    known = dict(conn.execute(AREAS).fetchall())
    district = next((code for code, level in known.items() if level == "district"), None)
    desk = _Desk(reader, own_department(conn, reader), known, district, caller.now)
    seen: set[tuple[str, str, datetime]] = set()
    outcomes = [_take(conn, desk, seen, number, row) for number, row in enumerate(rows, 1)]
    count = {status: sum(one.status == status for one in outcomes) for status in ("created", "corrected", "unchanged", "refused")}
    if count["created"] or count["corrected"]:
        audit.record(conn, caller, Act(action="indicator_values", object="indicators", detail=count))
    return IndicatorsTaken(**count, rows=outcomes)


def may_submit(reader: Reader, department: str | None, one: Indicator) -> bool:
    """Whether the reader, of a department by its code, hands in this indicator."""
    if one.feed is None or reader.role not in MAY_SUBMIT:
        return False
    return reader.role is Role.SHIFT_LEADER or catalogue().feeds[one.feed].department == department


def period_of(cycle: str, text: str) -> datetime:
    """Return the instant at which a written period begins, as `2026-11`, `2026-Q4`, `2026-W48`, `2026-11-23`.

    Raises:
        InvalidInputError: it is no period of the cycle; the message shows how one looks.
    """
    form, example = FORMS[cycle]
    found = form.fullmatch(text.strip())
    parts = [int(part) for part in found.groups()] if found else [0, 0]
    try:
        if cycle == "week":
            local = datetime.fromisocalendar(parts[0], parts[1], 1)
        elif cycle == "quarter":
            local = datetime(parts[0], parts[1] * 3 - 2, 1)  # noqa: DTZ001 - the zone follows
        else:
            local = datetime(*[*parts, 1, 1][: max(3, len(parts))])  # type: ignore[arg-type] # noqa: DTZ001 - as above
    except ValueError:
        raise InvalidInputError(f"period: a {cycle} is written as {example}") from None
    return local.replace(tzinfo=LOCAL).astimezone(UTC)


def written(cycle: str, period: datetime) -> str:
    """Write a period as `period_of` reads it."""
    local = period.astimezone(LOCAL)
    if cycle == "week":
        year, week, _ = local.isocalendar()
        return f"{year}-W{week:02d}"
    if cycle == "quarter":
        return f"{local.year}-Q{(local.month + 2) // 3}"
    return local.strftime({"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}[cycle])


def _take(conn: Conn, desk: _Desk, seen: set[tuple[str, str, datetime]], number: int, row: Mapping[str, Any]) -> RowOutcome:
    named = {name: str(row.get(name) or "")[:40] for name in ("code", "area", "period")}
    try:
        one = _indicator(desk, row.get("code"))
        area = _area(desk, one, row.get("area"))
        period = _period(desk, one, row.get("period"))
        value = _value(one, row.get("value"))
        key = (one.code, area, period)
        _once(seen, key)
    except _RefusedError as refusal:
        return RowOutcome(row=number, status="refused", error=refusal.error, detail=str(refusal), **named)
    values = {
        "code": one.code,
        "area": area,
        "period": period,
        "value": value,
        "now": desk.now,
        "account_id": desk.reader.account_id or None,
    }
    found = conn.execute(UPSERT, values).fetchone()
    status = "unchanged" if found is None else "created" if found[0] else "corrected"
    return RowOutcome(row=number, status=status, code=one.code, area=area, period=written(one.cycle, period))


def _once(seen: set[tuple[str, str, datetime]], key: tuple[str, str, datetime]) -> None:
    if key in seen:
        raise _RefusedError("repeated", "an earlier row of the same message has this indicator, area and period")
    seen.add(key)


def _indicator(desk: _Desk, code: object) -> Indicator:
    one = catalogue().indicators.get(code) if isinstance(code, str) else None
    if one is None:
        raise _RefusedError("unknown_indicator", f"code={str(code)[:40]!r}: no such indicator")
    if one.feed is None:
        raise _RefusedError("own_indicator", f"{one.code} is computed from the product's own rows")
    if not may_submit(desk.reader, desk.department, one):
        raise _RefusedError("not_yours", f"{one.code} is handed in by another department")
    return one


def _area(desk: _Desk, one: Indicator, given: object) -> str:
    code = str(given).strip().removesuffix(".0") if given is not None and given != "" else desk.district
    if code is None or code not in desk.areas or not code.startswith(desk.reader.scope):
        raise _RefusedError("unknown_area", f"area={str(given)[:40]!r}: the code of the district or of a street of yours")
    if desk.areas[code] == "street" and not one.streets:
        raise _RefusedError("district_only", f"{one.code} is for the district alone")
    return code


def _period(desk: _Desk, one: Indicator, given: object) -> datetime:
    text = given.isoformat() if isinstance(given, datetime) else str(given if given is not None else "")
    try:
        period = period_of(one.cycle, text)
    except InvalidInputError as error:
        raise _RefusedError("bad_period", str(error)) from None
    if period > desk.now + timedelta(minutes=5):
        raise _RefusedError("future_period", f"period={text[:40]}: has not begun yet")
    if period < datetime(EARLIEST, 1, 1, tzinfo=UTC):
        raise _RefusedError("bad_period", f"period={text[:40]}: before {EARLIEST}")
    return periods.start(one.cycle, period)


def _value(one: Indicator, given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise _RefusedError("bad_value", f"value={str(given)[:40]!r}: a number is needed")
    try:
        value = float(given.strip().replace(",", "").removesuffix("%") if isinstance(given, str) else given)
    except (ValueError, OverflowError):
        raise _RefusedError("bad_value", f"value={str(given)[:40]!r}: a number is needed") from None
    if not math.isfinite(value) or abs(value) > MOST:
        raise _RefusedError("bad_value", f"value={str(given)[:40]!r}: a finite number is needed")
    low, high = one.low if one.low is not None else -MOST, one.high if one.high is not None else MOST
    if not low <= value <= high:
        raise _RefusedError("out_of_range", f"value={value:g} {one.unit}: {one.code} lies between {low:g} and {high:g}")
    return value
