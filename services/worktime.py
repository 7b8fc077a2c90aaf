"""Working time: which hours of which days count, and how far it is from one instant to another in them.

Public holidays and make-up days (调休) come from `geodata.holidays`; an administrator's days go before them. Years that are not known there
have only their weekends: `covers` says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.holidays import KNOWN_YEARS, public_day

LOCAL: Final = ZoneInfo("Asia/Shanghai")
HOUR_S: Final = 3600.0
DAY_S: Final = 86_400.0
MOST_DAYS: Final = 3_660
"""A deadline further away is a slip of the pen, and so is a calendar without a working hour in it."""
FACT = "SELECT value FROM hall.fact WHERE key = 'working_time'"
DAYS = "SELECT day, working, note FROM hall.work_day ORDER BY day LIMIT 10000"

Interval = tuple[datetime, datetime]


class Unit(StrEnum):
    """What a limit is counted in."""

    URGENT_HOUR = "urgent_hour"
    """紧急工作时: every hour of every day."""
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    NATURAL_DAY = "natural_day"
    """24 hours, whatever day it is."""


CONTINUOUS = frozenset({Unit.URGENT_HOUR, Unit.NATURAL_DAY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The hours of a working day. `spans` are minutes from midnight, in order and apart; `day_hours` is what one 工作日 amounts to."""

    spans: tuple[tuple[int, int], ...] = ((8 * 60, 12 * 60), (14 * 60, 18 * 60))
    day_hours: float = 8.0

    def __post_init__(self) -> None:
        flat = [minute for span in self.spans for minute in span]
        if not flat or flat != sorted(set(flat)) or flat[0] < 0 or flat[-1] > 24 * 60:
            raise InvalidInputError("hours: spans of a day in order, none over another, as 08:00-12:00, 14:00-18:00")
        if not 0 < self.day_hours <= 24:
            raise InvalidInputError("day_hours: more than 0 and at most 24")

    def plain(self) -> dict[str, Any]:
        """As it is kept under the fact `working_time`."""
        return {"hours": [[written(start), written(end)] for start, end in self.spans], "day_hours": self.day_hours}


STANDARD_HOURS: Final = Hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the calendar, and why it is worked or not."""

    day: date
    working: bool
    reason: str
    """weekday | weekend | holiday | make_up | own: the last is an administrator's."""
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """Working time of one place. A value: it does not change when the settings do."""

    hours: Hours = STANDARD_HOURS
    own: Mapping[date, tuple[bool, str]] = field(default_factory=dict)
    """Days that an administrator decided: worked or not, and a note."""
    zone: ZoneInfo = LOCAL
    _worked: dict[date, tuple[Interval, ...]] = field(default_factory=dict, repr=False, compare=False)

    def covers(self, day: date) -> bool:
        """Tell whether public holidays of this year are known; if not, only weekends and own days are."""
        return day.year in KNOWN_YEARS

    def day(self, day: date) -> Day:
        """Return what kind of day this is."""
        if day in self.own:
            working, note = self.own[day]
            return Day(day=day, working=working, reason="own", note=note)
        known = public_day(day)
        return Day(day=day, working=known.working, reason=known.reason, note=known.occasion)

    def intervals(self, start: datetime, end: datetime) -> list[Interval]:
        """Return the working intervals between two instants, in UTC and in order.

        Raises:
            InvalidInputError: an instant has no time zone, or the two lie too far apart.
        """
        start, end = _instant(start), _instant(end)
        if end - start > timedelta(days=MOST_DAYS):
            raise InvalidInputError(f"at most {MOST_DAYS} days")
        out: list[Interval] = []
        for day in _days(start.astimezone(self.zone).date(), end.astimezone(self.zone).date()):
            for opens, closes in self._of(day):
                begins, ends = max(opens, start), min(closes, end)
                if begins < ends:
                    out.append((begins, ends))
        return out

    def seconds(self, value: Decimal | float, unit: str) -> float:
        """Return a limit in seconds of its own clock.

        Raises:
            InvalidInputError: there is no such unit.
        """
        return float(value) * _UNIT_S.get(_unit(unit), self.hours.day_hours * HOUR_S)

    def add(self, start: datetime, value: Decimal | float, unit: str) -> datetime:
        """Return when a limit that begins at `start` is over, in UTC: the first instant by which that much has passed; backwards, if negative.

        Raises:
            InvalidInputError: no such unit, an instant without a time zone, or nothing of this working time within ten years.
        """
        return self.after(start, self.seconds(value, unit), unit)

    def after(self, start: datetime, seconds: float, unit: str) -> datetime:
        """As `add`, counted in seconds of the unit's clock."""
        start, kind = _instant(start), _unit(unit)
        if kind in CONTINUOUS or not seconds:
            try:
                return start + timedelta(seconds=seconds)
            except (OverflowError, ValueError):
                raise InvalidInputError("this limit ends beyond the calendar") from None
        left = abs(seconds)
        for begins, ends in self._from(start, backwards=seconds < 0):
            length = (ends - begins).total_seconds()
            if left <= length:
                return ends - timedelta(seconds=left) if seconds < 0 else begins + timedelta(seconds=left)
            left -= length
        raise InvalidInputError(f"no end of this limit within {MOST_DAYS} days")

    def between(self, start: datetime, end: datetime, unit: str) -> float:
        """Return how much of the unit's clock passes from `start` to `end`, in seconds; negative when `end` lies before `start`.

        Raises:
            InvalidInputError: no such unit, an instant without a time zone, or the two lie too far apart.
        """
        start, end, kind = _instant(start), _instant(end), _unit(unit)
        if kind in CONTINUOUS:
            return (end - start).total_seconds()
        if end < start:
            return -self.between(end, start, unit)
        return sum((ends - begins).total_seconds() for begins, ends in self.intervals(start, end))

    def _of(self, day: date) -> tuple[Interval, ...]:
        """Working intervals of a local day. Hours that a change of clocks leaves out or doubles are as long as they really are."""
        known = self._worked.get(day)
        if known is None:
            known = self._worked[day] = tuple(self._spans(day)) if self.day(day).working else ()
        return known

    def _spans(self, day: date) -> Iterator[Interval]:
        midnight = datetime.combine(day, time())
        for first, last in self.hours.spans:
            begins, ends = ((midnight + timedelta(minutes=minute)).replace(tzinfo=self.zone).astimezone(UTC) for minute in (first, last))
            if begins < ends:
                yield begins, ends

    def _from(self, start: datetime, *, backwards: bool) -> Iterator[Interval]:
        first = start.astimezone(self.zone).date()
        step = timedelta(days=-1 if backwards else 1)
        for number in range(MOST_DAYS + 1):
            try:
                found = self._of(first + number * step)
            except OverflowError:
                return
            for opens, closes in reversed(found) if backwards else found:
                begins, ends = (opens, min(closes, start)) if backwards else (max(opens, start), closes)
                if begins < ends:
                    yield begins, ends


_UNIT_S: Final[Mapping[Unit, float]] = MappingProxyType({Unit.URGENT_HOUR: HOUR_S, Unit.WORK_HOUR: HOUR_S, Unit.NATURAL_DAY: DAY_S})


def load(conn: Conn) -> WorkCalendar:
    """Read the hours and the administrator's days."""
    row = conn.execute(FACT).fetchone()
    own = {day: (working, note or "") for day, working, note in conn.execute(DAYS)}
    return WorkCalendar(hours=hours(row[0]) if row else STANDARD_HOURS, own=own)


def hours(value: Mapping[str, Any]) -> Hours:
    """Read `{"hours": [["08:00", "12:00"], …], "day_hours": 8}`.

    Raises:
        InvalidInputError: it cannot be read, or the spans overlap.
    """
    try:
        spans = tuple((_minutes(start), _minutes(end)) for start, end in value["hours"])
        return Hours(spans=spans, day_hours=float(value.get("day_hours", 8.0)))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"hours: {error}") from None


def written(minute: int) -> str:
    """Write minutes from midnight as a time of day; the end of the day is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _minutes(text: str) -> int:
    hour, minute = (int(part) for part in text.strip().split(":"))
    if not (0 <= hour <= 24 and 0 <= minute < 60 and hour * 60 + minute <= 24 * 60):
        raise ValueError(f"{text} is no time of day")
    return hour * 60 + minute


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _instant(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise InvalidInputError("an instant needs its time zone")
    return at.astimezone(UTC)


def _unit(unit: str) -> Unit:
    try:
        return Unit(unit)
    except ValueError:
        raise InvalidInputError(f"limit_unit: one of {', '.join(Unit)}") from None
