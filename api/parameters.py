"""Query parameters: one value says how a parameter is read, refused and described, so that the three cannot drift apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from werkzeug.datastructures import MultiDict

from geodata.errors import InvalidInputError
from geodata.grid import BBox

T = TypeVar("T")
Schema = Mapping[str, object]
Arguments = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Parameter(Generic[T]):
    """One parameter. `read` turns its text into a value and raises InvalidInputError without naming the parameter."""

    name: str
    parse: Callable[[str], T]
    schema: Schema
    description: str
    default: T | None = None
    required: bool = False

    def optional(self, arguments: Arguments) -> T | None:
        """Return the value, the default, or None when it is absent.

        Raises:
            InvalidInputError: it is given twice, or cannot be read; the message names it.
        """
        given = arguments.getlist(self.name)
        if len(given) > 1:
            raise InvalidInputError(f"{self.name}: given {len(given)} times")
        if not given or not given[0]:
            if self.required:
                raise InvalidInputError(f"{self.name}: is missing")
            return self.default
        try:
            return self.parse(given[0])
        except (ValueError, InvalidInputError) as error:
            raise InvalidInputError(f"{self.name}={given[0][:80]!r}: {error}") from None

    def read(self, arguments: Arguments) -> T:
        """Return the value or the default.

        Raises:
            InvalidInputError: it is absent and has no default, or as in `optional`.
        """
        value = self.optional(arguments)
        if value is None:
            raise InvalidInputError(f"{self.name}: is missing")
        return value


def integer(name: str, low: int, high: int, description: str, default: int | None = None) -> Parameter[int]:
    """Describe a whole number within bounds."""

    def parse(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise InvalidInputError(f"must be {low} to {high}")
        return value

    schema: dict[str, object] = {"type": "integer", "minimum": low, "maximum": high}
    return Parameter(name, parse, schema if default is None else schema | {"default": default}, description, default)


def number(name: str, low: float, high: float, description: str, *, required: bool = False) -> Parameter[float]:
    """Describe a number within bounds."""

    def parse(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise InvalidInputError(f"must be {low:g} to {high:g}")
        return value

    return Parameter(name, parse, {"type": "number", "minimum": low, "maximum": high}, description, required=required)


def text(name: str, longest: int, description: str, *, required: bool = False) -> Parameter[str]:
    """Describe a text of bounded length."""

    def parse(value: str) -> str:
        if len(value) > longest:
            raise InvalidInputError(f"must be at most {longest} characters")
        return value

    return Parameter(name, parse, {"type": "string", "maxLength": longest}, description, required=required)


def one_of(name: str, choices: tuple[str, ...], description: str, default: str | None = None) -> Parameter[str]:
    """Describe a choice."""

    def parse(value: str) -> str:
        if value not in choices:
            raise InvalidInputError(f"must be one of {', '.join(choices)}")
        return value

    schema: dict[str, object] = {"type": "string", "enum": list(choices)}
    return Parameter(name, parse, schema if default is None else schema | {"default": default}, description, default)


def instant(name: str, description: str) -> Parameter[datetime]:
    """Describe an RFC 3339 instant; one without an offset is refused."""

    def parse(value: str) -> datetime:
        at = datetime.fromisoformat(value.replace(" ", "+"))
        if at.tzinfo is None:
            raise InvalidInputError("must carry an offset, as in 2026-11-23T08:00:00Z")
        return at

    return Parameter(name, parse, {"type": "string", "format": "date-time"}, description)


LIMIT = integer("limit", 1, 1000, "How many rows at most.", 100)
OFFSET = integer("offset", 0, 1_000_000, "How many rows to pass over; the `next` link goes on by key and is faster.", 0)
BBOX: Parameter[BBox] = Parameter(
    "bbox",
    BBox.parse,
    {"type": "string", "pattern": "^[^,]+(,[^,]+){3}$"},
    "west,south,east,north in degrees of WGS 84.",
)
LON = number("lon", -180, 180, "Longitude in degrees of WGS 84.", required=True)
LAT = number("lat", -90, 90, "Latitude in degrees of WGS 84.", required=True)
