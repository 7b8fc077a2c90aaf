"""What an address of the page /analysis/ asks for, and addresses that ask for something else: every figure on the page is a link."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self
from urllib.parse import parse_qsl, urlencode

from werkzeug.datastructures import MultiDict

from api import history_filters
from callbacks import formats
from geodata.errors import InvalidInputError
from services.history import Filters, History
from services.incidence_presets import BY_KEY

PATH: Final = "/analysis/"
VIEWS: Final = ("problems", "areas", "hours", "trend", "road_damage", "garbage_bins", "performance", "cases")
DAYS: Final = (7, 30, 90, 365)
USUAL_DAYS: Final = 30
LONGEST_DAYS: Final = 1100
FILTERS: Final = tuple(parameter.name for parameter in history_filters.FILTERS if parameter.name not in {"start", "end"})
KEPT: Final = frozenset({"view", "days", "from", "to", "preset", *FILTERS})
"""What stays when only the view changes."""
LONGEST: Final = 4_000


@dataclass(frozen=True, slots=True)
class Address:
    """The query of the page's address."""

    query: Mapping[str, str]

    @classmethod
    def read(cls, search: str | None) -> Self:
        """Read `?…`; of what is given twice the last one counts."""
        return cls({name: value for name, value in parse_qsl((search or "")[:LONGEST].removeprefix("?")) if value})

    def get(self, name: str, usual: str = "") -> str:
        """Return one value."""
        return self.query.get(name, usual)

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Return one of the choices; the first when another or none is asked for."""
        return value if (value := self.get(name)) in choices else choices[0]

    def number(self, name: str, low: int, high: int, usual: int) -> int:
        """Return a whole number within bounds, or the usual one."""
        text = self.get(name)
        return min(max(int(text), low), high) if text.isascii() and text.isdigit() and len(text) < 10 else usual

    def to(self, **changed: str | int | None) -> str:
        """Return the address with other values; None takes one out. Pages begin anew unless a page is asked for."""
        query = {**self.query, "page": None, **changed}
        return f"{PATH}?{urlencode({name: str(value) for name, value in query.items() if value is not None}, safe=',')}"

    def to_view(self, view: str, **changed: str | int | None) -> str:
        """Return the address of another view with the same filters."""
        return Address({name: value for name, value in self.query.items() if name in KEPT}).to(view=view, **changed)

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """Return the asked period: `from` to `to`, local days both of which belong to it, or the last `days` with today.

        Raises:
            InvalidInputError: no such day, or the last day is before the first.
        """
        if self.get("from") or self.get("to"):
            first, last = (_day(self.get(name) or formats.local(now).date().isoformat()) for name in ("from", "to"))
            if not timedelta(0) <= last - first <= timedelta(days=LONGEST_DAYS):
                raise InvalidInputError(f"from={first}, to={last}: the last day must follow the first, by at most {LONGEST_DAYS} days")
            return _midnight(first), _midnight(last + timedelta(days=1))
        days = self.number("days", 1, LONGEST_DAYS, USUAL_DAYS)
        return _midnight(formats.local(now).date() - timedelta(days=days - 1)), now

    def filters(self, history: History, now: datetime, *, preset: str = "") -> Filters:
        """Return what the address lets through, in its period.

        Raises:
            InvalidInputError: a value that no case could have.
        """
        start, end = self.window(now)
        asked = history_filters.filters(MultiDict({name: self.query[name] for name in FILTERS if name in self.query}))
        wanted = replace(asked, start=start, end=end)
        known = BY_KEY.get(preset or self.get("preset"))
        return known.within(history, wanted) if known else wanted

    def api(self, path: str, now: datetime, **more: str | int | None) -> str:
        """Return the address of the same question to the machine interface."""
        start, end = self.window(now)
        heeded = ("area",) if path == "performance" else (*FILTERS, "preset")
        query: dict[str, object] = {name: self.query[name] for name in heeded if name in self.query}
        query |= {"start": start.isoformat(), "end": end.isoformat(), **more}
        return f"/api/v1/{path}?{urlencode({name: value for name, value in query.items() if value is not None}, safe=',')}"

    def drill(self, parameter: str, key: str, **changed: str | int | None) -> str:
        """Return the address narrowed to one key of a dimension."""
        return self.to(**{parameter: key, **changed})


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"{text[:20]!r} is no day, as in 2026-11-23") from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), formats.ZONE).astimezone(UTC)
