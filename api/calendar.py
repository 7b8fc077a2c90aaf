"""Working time for programs. Every account reads it; the system administrator writes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from flask import request
from msgspec import Struct

from api import parameters
from api.context import Context
from api.identity import current_caller
from api.routes import Route, body
from geodata.db import reading
from geodata.errors import InvalidInputError
from services import audit, worktime, worktime_edit
from services.deadlines import deadline

LONGEST_DAYS = 400
BEFORE, AFTER = timedelta(days=30), timedelta(days=90)
START = parameters.instant("start", "From this instant (default: 30 days ago).")
END = parameters.instant("end", f"Until this instant (default: 120 days after `start`), at most {LONGEST_DAYS} days after it.")
FILED = parameters.instant("filed_at", "When the limit begins (default: now).")
VALUE = parameters.number("limit_value", 0, 1000, "How much.", required=True)
UNIT = parameters.one_of("limit_unit", tuple(worktime.Unit), "Of which clock.")


class DayBody(Struct, forbid_unknown_fields=True):
    """Whether a day is worked."""

    working: bool
    note: str = ""


class HoursBody(Struct, forbid_unknown_fields=True):
    """Hours of a working day as `[["08:00", "12:00"], ["14:00", "18:00"]]`, and the hours that one 工作日 amounts to."""

    hours: list[tuple[str, str]]
    day_hours: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """One day. `covered`: the public calendar of its year is known."""

    day: date
    working: bool
    reason: str
    note: str
    covered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarView:
    """Working time between two instants: the intervals in UTC, the days as they are counted locally."""

    zone: str
    hours: list[tuple[str, str]]
    day_hours: float
    start: datetime
    end: datetime
    intervals: list[worktime.Interval]
    days: list[DayView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a limit is over. `covered`: the public calendar of that year is known."""

    filed_at: datetime
    due_at: datetime
    covered: bool


class CalendarViews:
    """Views over working time."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def calendar(self) -> CalendarView:
        """Working time between two instants."""
        start = START.optional(request.args) or datetime.now(UTC) - BEFORE
        end = END.optional(request.args) or start + BEFORE + AFTER
        if not start < end <= start + timedelta(days=LONGEST_DAYS):
            raise InvalidInputError(f"end: after start, at most {LONGEST_DAYS} days")
        with reading(self._pool) as conn:
            known = worktime.load(conn)
        first, last = (at.astimezone(known.zone).date() for at in (start, end))
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return CalendarView(
            zone=str(known.zone),
            hours=[(worktime.written(opens), worktime.written(closes)) for opens, closes in known.hours.spans],
            day_hours=known.hours.day_hours,
            start=start.astimezone(UTC),
            end=end.astimezone(UTC),
            intervals=known.intervals(start, end),
            days=[_day(known, day) for day in days],
        )

    def due(self) -> Due:
        """When a limit is over."""
        filed = FILED.optional(request.args) or datetime.now(UTC)
        with reading(self._pool) as conn:
            known = worktime.load(conn)
        ends = deadline(known, filed, VALUE.read(request.args), UNIT.read(request.args))
        return Due(filed_at=filed.astimezone(UTC), due_at=ends, covered=known.covers(ends.astimezone(known.zone).date()))

    def put_day(self, day: str) -> DayView:
        """Decide about a day."""
        wanted, caller, at = body(DayBody), current_caller(), _date(day)
        with audit.attempt(self._pool, caller, "calendar_change", f"calendar/{at}") as conn:
            worktime_edit.put_day(conn, caller, at, working=wanted.working, note=wanted.note)
            return _day(worktime.load(conn), at)

    def delete_day(self, day: str) -> None:
        """Let the public calendar decide about a day again."""
        caller, at = current_caller(), _date(day)
        with audit.attempt(self._pool, caller, "calendar_change", f"calendar/{at}") as conn:
            worktime_edit.delete_day(conn, caller, at)

    def put_hours(self) -> None:
        """Set the hours of a working day."""
        wanted, caller = body(HoursBody), current_caller()
        with audit.attempt(self._pool, caller, "calendar_change", "calendar/hours") as conn:
            worktime_edit.put_hours(conn, caller, worktime.hours({"hours": wanted.hours, "day_hours": wanted.day_hours}))

    def routes(self) -> tuple[Route, ...]:
        """All operations."""
        day = "/api/v1/calendar/days/{day}"
        return (
            Route(
                method="GET",
                path="/api/v1/calendar",
                view=self.calendar,
                answer=CalendarView,
                parameters=(START, END),
                summary="Working time: intervals, and why each day is worked or not",
            ),
            Route(
                method="GET",
                path="/api/v1/calendar/due",
                view=self.due,
                answer=Due,
                parameters=(FILED, VALUE, UNIT),
                summary="When a limit that begins at an instant is over",
            ),
            Route(
                method="PUT",
                path=day,
                view=self.put_day,
                body=DayBody,
                answer=DayView,
                summary="Decide that a day is worked or not (system administrator)",
            ),
            Route(method="DELETE", path=day, view=self.delete_day, summary="Let the public calendar decide again (system administrator)"),
            Route(
                method="PUT",
                path="/api/v1/calendar/hours",
                view=self.put_hours,
                body=HoursBody,
                summary="Set the hours of a working day (system administrator)",
            ),
        )


def _day(known: worktime.WorkCalendar, day: date) -> DayView:
    found = known.day(day)
    return DayView(day=day, working=found.working, reason=found.reason, note=found.note, covered=known.covers(day))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError("day: as 2026-10-01") from None
