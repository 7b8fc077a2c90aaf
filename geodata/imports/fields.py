"""The vocabulary in which an importable class is declared: one frozen value a class, from which all of its import follows."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from geodata.source import Kind

Cell = str | int | float | bool | dt.date | dt.datetime | None
"""A value as a file gives it."""
Value = str | int | float | bool | dt.date | dt.datetime | list[str] | None
"""A value as the database takes it."""
Row = dict[str, Value]

SMALL, WHOLE = 32_767, 2_147_483_647
"""Largest values of the database's smallint and integer columns."""


class Shape(StrEnum):
    """What a row of the class looks like on the map."""

    POINT = "point"
    POLYGON = "polygon"


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the target table and how it is found and read in a file."""

    name: str
    aliases: str = ""
    """Further headers, separated by blanks; compared without case, blanks and signs."""
    kind: Kind = Kind.TEXT
    required: bool = False
    default: Value = None
    """Stands where the file says nothing."""
    words: Mapping[str, str] = field(default_factory=dict)
    """CODE: the allowed values, each with the words that mean it, separated by |."""
    catalogue: str = ""
    """CODE: the table of the hall schema whose `code` (or `name`) is allowed."""
    check: Callable[[str], str] | None = None
    """Returns the value in its standard writing; an InvalidInputError makes the row bad."""
    low: float | None = None
    high: float | None = None
    many: bool = False
    """A list: text[] in the table."""
    personal: bool = False
    """Masked in reports."""
    filled_from: tuple[str, ...] = ()
    """Fields from which `ImportClass.complete` fills it where the file does not give it."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """How a row gets the class's code when the file has none: a prefix and the next free number."""

    prefix: Callable[[Row], str]
    digits: int


@dataclass(frozen=True, slots=True)
class Unique:
    """A further column that only one row may hold, among those where `only` has this value."""

    column: str
    only: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Copied:
    """A column that repeats the catalogue's column of the same name, for the code in column `by`."""

    column: str
    catalogue: str
    by: str


@dataclass(frozen=True, slots=True)
class SecondTable:
    """A table that holds some of the class's columns, one row for each row that has a position."""

    table: str
    key: str
    """Its column that holds the first table's id."""
    columns: tuple[str, ...]
    shared: tuple[str, ...] = ()
    """Columns that both tables hold."""


def nothing_to_complete(_row: Row) -> None:
    """For classes whose columns all come from the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportClass:
    """An element class that a district brings its own data for. `key` is the layer's key."""

    key: str
    table: str
    """Name in the hall schema."""
    shape: Shape
    fields: tuple[Field, ...]
    natural_key: str
    """Column with the class's national or own code; unique."""
    source_column: str = "source_id"
    """Column with the supplier's own id; unique. Empty: the class has none."""
    source_prefix: str = ""
    """Put before the supplier's ids, where the column also holds ids of another origin."""
    numbering: Numbering | None = None
    unique: Unique | None = None
    apart: bool = False
    """Two rows at exactly one position are doubtful."""
    in_building: bool = False
    """Rows belong to the building whose footprint holds them, or that they name."""
    position_required: bool = True
    constants: Mapping[str, Value] = field(default_factory=dict)
    complete: Callable[[Row], None] = nothing_to_complete
    """Fills and cross-checks one row; may raise InvalidInputError, and put doubts into `row["flags"]`."""
    flags: bool = True
    """The table has a `flags` column."""
    second: SecondTable | None = None
    copied: tuple[Copied, ...] = ()
    by_hand: str = ""
    """Column that says `hand` of a row whose position a person has set: no file moves it. Empty: the class has none."""

    @property
    def is_area(self) -> bool:
        """Areas carry a code themselves; everything else lies in one."""
        return self.table == "area"

    def named(self, name: str) -> Field | None:
        """Return the field of this name, if there is one."""
        return next((item for item in self.fields if item.name == name), None)
