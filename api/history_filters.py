"""The filters of the case history as query parameters: one way to write them for hotspots, rankings, trends, lists and exports."""

from collections.abc import Callable
from typing import Any

from api import parameters
from api.parameters import Arguments, Parameter, Schema
from geodata.errors import InvalidInputError
from services.history import Filters

MOST_VALUES, LONGEST = 200, 80
WORDS_SCHEMA: Schema = {"type": "string", "maxLength": MOST_VALUES * LONGEST}


def _words(text: str) -> frozenset[str]:
    values = [value.strip() for value in text.split(",")]
    if len(values) > MOST_VALUES or any(not 1 <= len(value) <= LONGEST for value in values):
        raise InvalidInputError(f"must be up to {MOST_VALUES} values of up to {LONGEST} characters, with commas between")
    return frozenset(values)


def _ranges(low: int, high: int) -> Callable[[str], frozenset[int]]:
    """Read `8-10,22`. A range may run over the end: hours 22-2 are 22, 23, 0, 1 and 2."""

    def parse(text: str) -> frozenset[int]:
        found: set[int] = set()
        for piece in text.split(",")[:MOST_VALUES]:
            first, _, last = piece.strip().partition("-")
            start, end = int(first), int(last or first)
            if not (low <= start <= high and low <= end <= high):
                raise InvalidInputError(f"must be {low} to {high}, as in {low + 1}-{low + 3},{high}")
            found.update(range(start, end + 1) if start <= end else (*range(start, high + 1), *range(low, end + 1)))
        return frozenset(found)

    return parse


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(value) for value in sorted(_words(text)))


def _area(text: str) -> str:
    return Filters(area=text).area


def _many(name: str, description: str) -> Parameter[frozenset[str]]:
    return Parameter(name, _words, WORDS_SCHEMA, description)


def _counts(name: str, description: str, parse: Callable[[str], frozenset[int]]) -> Parameter[frozenset[int]]:
    return Parameter(name, parse, WORDS_SCHEMA, description)


CLASS = _many("class", "Codes of minor classes, with commas between; any of them.")
SUB = _many("sub", "Codes of sub classes.")
MAJOR = _many("major", "Major classes.")
SOURCE = _many("source", "Sources.")
LEVEL = _counts("level", "Levels 0 to 4.", _ranges(0, 4))
STATE = _many("state", "States.")
AREA = Parameter("area", _area, {"type": "string", "pattern": r"^\d{1,15}$"}, "Area code or the beginning of one.")
START = parameters.instant("start", "Reported at this instant or later.")
END = parameters.instant("end", "Reported before this instant.")
HOURS = _counts("hours", "Hours of the day in China, as in 8-10,22; 22-2 runs over midnight.", _ranges(0, 23))
WEEKDAYS = _counts("weekdays", "Days of the week in China, 1 is Monday, as in 1-5.", _ranges(1, 7))
ROAD = _many("road", "Names of roads: within 40 m and nearer than any other.")
BUILDING = _counts("building", "Ids of buildings.", _numbers)
DEPARTMENT = _counts("department", "Ids of leading departments.", _numbers)
CELL = _many("cell", "H3 indexes of resolution 7 to 10.")
OVERDUE = parameters.one_of("overdue", ("true", "false"), "true: closed after the deadline, or open and past it; false: the others.")

FILTERS: tuple[Parameter[Any], ...] = (
    CLASS, SUB, MAJOR, SOURCE, LEVEL, STATE, AREA, START, END, HOURS, WEEKDAYS, ROAD, BUILDING, DEPARTMENT, CELL, OVERDUE,
)  # fmt: skip
"""To be declared by every route that reads them."""
NONE: frozenset[Any] = frozenset()


def filters(arguments: Arguments) -> Filters:
    """Read the filters of a request.

    Raises:
        InvalidInputError: a value that no case could have; the message names the parameter.
    """
    overdue = OVERDUE.optional(arguments)
    return Filters(
        classes=CLASS.optional(arguments) or NONE,
        subs=SUB.optional(arguments) or NONE,
        majors=MAJOR.optional(arguments) or NONE,
        sources=SOURCE.optional(arguments) or NONE,
        levels=LEVEL.optional(arguments) or NONE,
        states=STATE.optional(arguments) or NONE,
        area=AREA.optional(arguments) or "",
        start=START.optional(arguments),
        end=END.optional(arguments),
        hours=HOURS.optional(arguments) or NONE,
        weekdays=WEEKDAYS.optional(arguments) or NONE,
        roads=ROAD.optional(arguments) or NONE,
        buildings=BUILDING.optional(arguments) or NONE,
        departments=DEPARTMENT.optional(arguments) or NONE,
        cells=CELL.optional(arguments) or NONE,
        overdue=None if overdue is None else overdue == "true",
    )
