"""Figures, times and distances as a reader wants to see them. Local time begins here; below it there is none."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from callbacks.words import Words
from geodata.source import Kind
from layers.base import Field
from services.features import Value

ZONE = ZoneInfo("Asia/Shanghai")
NONE = "—"
LIST_MARK = ","


def number(value: float | None, digits: int = 0) -> str:
    """Write a number with thousands separators; trailing zeros behind the point are left out."""
    if value is None:
        return NONE
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def percent(part: float, whole: float) -> str:
    """Write a share with one digit: `14.2 %`."""
    return f"{100 * part / whole:.1f} %" if whole else NONE


def distance(metres: float, words: Words) -> str:
    """Write metres up to two kilometres, kilometres above."""
    if metres < 2_000:
        return words("unit.metres", number=number(metres))
    return words("unit.kilometres", number=number(metres / 1_000, 1))


def area(square_metres: float, words: Words) -> str:
    """Write square metres up to a hundred thousand, square kilometres above."""
    if square_metres < 100_000:
        return words("unit.square_metres", number=number(square_metres))
    return words("unit.square_kilometres", number=number(square_metres / 1e6, 2))


def local(at: datetime) -> datetime:
    """Return the instant in the district's time."""
    return at.astimezone(ZONE)


def day(value: date) -> str:
    """Write a day."""
    return value.isoformat()


def instant(at: datetime, now: datetime, words: Words) -> str:
    """Write an instant as short as the reader needs it: time only today, without the year this year."""
    there, here = local(at), local(now)
    if there.date() == here.date():
        return f"{there:%H:%M}"
    if there.year == here.year:
        return words("time.this_year", month=there.month, day=there.day, time=f"{there:%H:%M}", name=f"{there:%b}")
    return f"{there:%Y-%m-%d %H:%M}"


def exact(at: datetime) -> str:
    """Write an instant to the second."""
    return f"{local(at):%Y-%m-%d %H:%M:%S}"


def age(at: datetime, now: datetime, words: Words) -> str:
    """Write how long ago something was: 28 seconds, 3 minutes, 5 hours, 2 days."""
    seconds = max(0.0, (now - at).total_seconds())
    for key, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length:
            return words(f"ago.{key}", number=int(seconds // length))
    return words("ago.seconds", number=int(seconds))


def span(length: timedelta, words: Words) -> str:
    """Write a length of time in its two largest units: 51 minutes, 5 hours 10 minutes, 3 days 4 hours."""
    minutes = int(abs(length.total_seconds()) // 60)
    days, hours = minutes // 1_440, minutes // 60 % 24
    if days:
        return words("span.days", days=days, hours=hours) if hours else words("span.whole_days", days=days)
    if hours:
        return words("span.hours", hours=hours, minutes=minutes % 60) if minutes % 60 else words("span.whole_hours", hours=hours)
    return words("span.minutes", minutes=minutes) if minutes else words("span.moment")


def left(deadline: datetime, now: datetime, words: Words) -> str:
    """Write how much time is left, or by how much it was exceeded."""
    if timedelta(0) < now - deadline < timedelta(minutes=1):
        return words("time.due")
    return words("time.over" if deadline < now else "time.left", span=span(deadline - now, words))


def shown(field: Field, value: Value, words: Words, now: datetime) -> str:
    """Write a value as its field declares it."""
    if value is None or value == "":
        return NONE
    if field.choices:
        text = field.choices.get(str(value).lower() if isinstance(value, bool) else str(value))
        return words.of(text) if text else str(value)
    if isinstance(value, datetime):
        return instant(value, now, words)
    if isinstance(value, date):
        return day(value)
    return _measured(field, value, words) if isinstance(value, int | float) else str(value).replace(LIST_MARK, words("list.comma"))


def _measured(field: Field, value: float, words: Words) -> str:
    if field.unit == "m²":
        return area(value, words)
    if field.unit == "m":
        return words("unit.metres", number=number(value, 1))
    whole = field.kind is Kind.INT
    text = str(value) if whole and field.name.endswith("year") else number(value, 0 if whole else 1)
    return f"{text} {field.unit}".strip()


def years(born: date, now: datetime) -> int:
    """Return the age in full years."""
    here = local(now).date()
    return here.year - born.year - ((here.month, here.day) < (born.month, born.day))


def midnight(now: datetime) -> datetime:
    """Return the beginning of the local day, in UTC."""
    return local(now).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
