"""What a layer may read: a view of the hall schema, the columns it promises, and conditions on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from geodata.errors import InvalidInputError


class Kind(StrEnum):
    """Type of a column as readers see it."""

    TEXT = "text"
    CODE = "code"
    """A text with few distinct values: may be filtered, coloured and counted."""
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    DATE = "date"
    TIME = "time"


class Sensitivity(IntEnum):
    """How closely a column is kept. The reader's rights decide whether it comes clear, masked or not at all."""

    OPEN = 0
    INTERNAL = 1
    PERSONAL = 2
    """Masked for everybody; clear only one by one, with a reason, and audited."""
    RESTRICTED = 3
    """Left out unless the role is entitled to it."""


class Mask(StrEnum):
    """How a personal value is shown when it may not be shown in the clear."""

    NAME = "name"
    ID_NO = "id_no"
    PHONE = "phone"
    ADDRESS = "address"
    PLATE = "plate"


@dataclass(frozen=True, slots=True)
class Column:
    """One promised column of a view."""

    name: str
    kind: Kind = Kind.TEXT
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    mask: Mask | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A test on one column: one of `values`, or within `low`..`high` (inclusive; None is open). All conditions must hold."""

    column: str
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The view `hall.<view>` with integer `id`, `grid_code`, `geom` in 4326 and these columns.

    Areas and lines also have `geom_3857`, which tiles are cut from.
    """

    view: str
    columns: tuple[Column, ...]
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {column.name: column for column in self.columns})
        if len(self._by_name) != len(self.columns):
            raise InvalidInputError(f"{self.view} promises a column twice")

    def column(self, name: str) -> Column:
        """Return the promised column.

        Raises:
            InvalidInputError: the view does not promise it.
        """
        try:
            return self._by_name[name]
        except KeyError:
            raise InvalidInputError(f"{self.view} has no column {name!r}") from None

    def require(self, names: Sequence[str]) -> None:
        """Check that every name is promised.

        Raises:
            InvalidInputError: one is not.
        """
        for name in names:
            self.column(name)
