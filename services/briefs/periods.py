"""Periods of briefs: days, nights, weeks, months and quarters of China, and spans that somebody asked for. Pure functions of the clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from geodata.errors import InvalidInputError
from services.worktime import LOCAL

LONGEST = timedelta(days=3_660)
NIGHT_FROM, NIGHT_TO = time(20), time(8)
TREND_OF = {"daily": 14, "nightly": 14, "weekly": 12, "monthly": 13, "quarterly": 8}
"""So many periods stand in a trend, the present one included."""


class Cycle(StrEnum):
    """How often a kind of brief comes out."""

    DAILY = "daily"
    NIGHTLY = "nightly"
    """The hours from 20:00 to 08:00."""
    WEEKLY = "weekly"
    """Monday to Sunday."""
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    SPECIAL = "special"
    """When somebody asks for it."""
    EVENT = "event"
    """When something happens."""


SCHEDULED = (Cycle.DAILY, Cycle.NIGHTLY, Cycle.WEEKLY, Cycle.MONTHLY, Cycle.QUARTERLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `start` until before `end`, in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What one issue is about. `key` tells it apart from all others of its kind, `label` is how China writes it."""

    cycle: Cycle
    key: str
    window: Window
    before: Window
    """The period before, or the same length before a span."""
    label: str
    before_word: str
    """What the comparison is with: 前一日, 前一周, …"""
    year_before: Window | None = None
    """The same period of the year before; weeks and days are 52 weeks back, so that weekdays agree."""

    @property
    def year(self) -> int:
        """The year in China that it begins in."""
        return self.window.start.astimezone(LOCAL).year


def due(cycle: Cycle, now: datetime, at: time) -> Period:
    """Return the last period that is over and whose brief is due: `at` is the time of day in China at which it comes out.

    Raises:
        InvalidInputError: the cycle has no schedule.
    """
    local, at = now.astimezone(LOCAL), _out(cycle, at)
    day = local.date() if local.time().replace(tzinfo=None) >= at else local.date() - timedelta(days=1)
    match cycle:
        case Cycle.DAILY | Cycle.NIGHTLY:
            return of_day(cycle, day - timedelta(days=1))
        case Cycle.WEEKLY:
            return of_day(cycle, day - timedelta(days=day.weekday() + 1))
        case Cycle.MONTHLY:
            return of_day(cycle, day.replace(day=1) - timedelta(days=1))
        case Cycle.QUARTERLY:
            return of_day(cycle, _quarter(day) - timedelta(days=1))
        case _:
            raise InvalidInputError(f"{cycle} has no schedule")


def next_due(cycle: Cycle, now: datetime, at: time) -> datetime:
    """Return when the next one comes out."""
    here = due(cycle, now, at)
    following = of_day(cycle, here.window.end.astimezone(LOCAL).date())
    end = following.window.end.astimezone(LOCAL)
    return datetime.combine(end.date(), _out(cycle, at), LOCAL).astimezone(UTC)


def _out(cycle: Cycle, at: time) -> time:
    """When an issue comes out: never before its night is over."""
    return max(at, NIGHT_TO) if cycle is Cycle.NIGHTLY else at


def of_day(cycle: Cycle, day: date) -> Period:
    """Return the period that holds a day; for nights, the one that begins on it."""
    match cycle:
        case Cycle.DAILY:
            return _daily(day)
        case Cycle.NIGHTLY:
            return _nightly(day)
        case Cycle.WEEKLY:
            return _weekly(day - timedelta(days=day.weekday()))
        case Cycle.MONTHLY:
            return _monthly(day.replace(day=1))
        case Cycle.QUARTERLY:
            return _quarterly(_quarter(day))
        case _:
            raise InvalidInputError(f"{cycle} has no schedule")


def span(start: datetime, end: datetime) -> Period:
    """Return the span that somebody asked for, compared with as long a time before it.

    Raises:
        InvalidInputError: it ends before it begins, or is longer than ten years.
    """
    if start >= end or end - start > LONGEST:
        raise InvalidInputError("start, end: the beginning lies before the end, ten years at most")
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    first, last = start.astimezone(LOCAL), end.astimezone(LOCAL)
    whole_days = first.time() == time() and last.time() == time()
    if whole_days:
        final = last.date() - timedelta(days=1)
        key = f"{first.date()}..{final}"
        label = chinese_day(first.date()) if final == first.date() else f"{chinese_day(first.date())}至{_shorter(first.date(), final)}"
    else:
        key = f"{first:%Y-%m-%dT%H:%M}..{last:%Y-%m-%dT%H:%M}"
        label = f"{chinese_instant(start)}至{chinese_instant(end)}"
    return Period(
        cycle=Cycle.SPECIAL,
        key=key,
        window=Window(start=start, end=end),
        before=Window(start=start - (end - start), end=start),
        label=label,
        before_word="前一同长时段",
    )


def happening(key: str, start: datetime, now: datetime) -> Period:
    """Return the period of a brief about something that happened: from its beginning until now."""
    start, end = start.astimezone(UTC), max(now, start + timedelta(seconds=1)).astimezone(UTC)
    return Period(
        cycle=Cycle.EVENT,
        key=key,
        window=Window(start=start, end=end),
        before=Window(start=start - (end - start), end=start),
        label=chinese_instant(start),
        before_word="",
    )


def trend(period: Period) -> list[Period]:
    """Return the periods up to this one, the oldest first; a span stands alone."""
    chain = [period]
    while len(chain) < TREND_OF.get(period.cycle, 1):
        first = chain[0].window.start.astimezone(LOCAL).date()
        back = timedelta(days=1)
        chain.insert(0, of_day(period.cycle, first - back))
    return chain


def days(window: Window) -> list[Window]:
    """Return the days of China that a window touches, cut to it."""
    found, day = [], window.start.astimezone(LOCAL).date()
    while (begins := _midnight(day)) < window.end:
        found.append(Window(start=max(begins, window.start), end=min(_midnight(day + timedelta(days=1)), window.end)))
        day += timedelta(days=1)
    return found


def chinese_day(day: date) -> str:
    """Write a day."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_instant(at: datetime) -> str:
    """Write an instant to the minute."""
    local = at.astimezone(LOCAL)
    return f"{chinese_day(local.date())}{local:%H:%M}"


def _shorter(first: date, last: date) -> str:
    if first.year != last.year:
        return chinese_day(last)
    return f"{last.day}日" if first.month == last.month else f"{last.month}月{last.day}日"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL).astimezone(UTC)


def _between(first: date, after: date) -> Window:
    return Window(start=_midnight(first), end=_midnight(after))


def _moved(window: Window, by: timedelta) -> Window:
    return Window(start=window.start + by, end=window.end + by)


def _daily(day: date) -> Period:
    window = _between(day, day + timedelta(days=1))
    return Period(
        cycle=Cycle.DAILY,
        key=day.isoformat(),
        window=window,
        before=_moved(window, timedelta(days=-1)),
        year_before=_moved(window, timedelta(weeks=-52)),
        label=chinese_day(day),
        before_word="前一日",
    )


def _nightly(day: date) -> Period:
    start = datetime.combine(day, NIGHT_FROM, LOCAL).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), NIGHT_TO, LOCAL).astimezone(UTC)
    window = Window(start=start, end=end)
    return Period(
        cycle=Cycle.NIGHTLY,
        key=f"{day.isoformat()}N",
        window=window,
        before=_moved(window, timedelta(days=-1)),
        year_before=_moved(window, timedelta(weeks=-52)),
        label=f"{chinese_day(day)}20时至次日8时",
        before_word="前一夜",
    )


def _weekly(monday: date) -> Period:
    window = _between(monday, monday + timedelta(days=7))
    year, week, _ = monday.isocalendar()
    return Period(
        cycle=Cycle.WEEKLY,
        key=f"{year}-W{week:02}",
        window=window,
        before=_moved(window, timedelta(weeks=-1)),
        year_before=_moved(window, timedelta(weeks=-52)),
        label=f"{chinese_day(monday)}至{_shorter(monday, monday + timedelta(days=6))}",
        before_word="前一周",
    )


def _monthly(first: date) -> Period:
    before = (first - timedelta(days=1)).replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    last_year = first.replace(year=first.year - 1)
    return Period(
        cycle=Cycle.MONTHLY,
        key=f"{first:%Y-%m}",
        window=_between(first, after),
        before=_between(before, first),
        year_before=_between(last_year, (last_year + timedelta(days=31)).replace(day=1)),
        label=f"{first.year}年{first.month}月",
        before_word="上月",
    )


def _quarter(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _quarterly(first: date) -> Period:
    before = _quarter(first - timedelta(days=1))
    after = _quarter(first + timedelta(days=95))
    last_year, number = first.replace(year=first.year - 1), (first.month - 1) // 3 + 1
    return Period(
        cycle=Cycle.QUARTERLY,
        key=f"{first.year}-Q{number}",
        window=_between(first, after),
        before=_between(before, first),
        year_before=_between(last_year, _quarter(last_year + timedelta(days=95))),
        label=f"{first.year}年第{'一二三四'[number - 1]}季度",
        before_word="上季度",
    )
