"""The vocabulary in which a layer is declared. A layer is one frozen value; it has no code of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from geodata.errors import InvalidInputError
from geodata.source import Column, Condition, Kind, Mask, Sensitivity, Source

STAFF = frozenset({"leader", "dispatcher", "acceptor", "shift_leader", "department", "worker", "wall"})
ADMINISTRATORS = frozenset({"system_admin", "security_admin", "audit_admin"})
EVERYBODY = STAFF | ADMINISTRATORS | {"citizen"}


@dataclass(frozen=True, slots=True)
class Text:
    """A word in both languages of the interface."""

    zh: str
    en: str


class Group(StrEnum):
    """Heading of the layer panel under which a layer stands."""

    EVENTS = "events"
    FORCE = "force"
    SENSING = "sensing"
    BASE = "base"
    AREAS = "areas"


GROUPS: Mapping[Group, Text] = MappingProxyType(
    {
        Group.EVENTS: Text("事件", "Events"),
        Group.FORCE: Text("处置力量", "Response"),
        Group.SENSING: Text("感知", "Sensing"),
        Group.BASE: Text("基础", "Base"),
        Group.AREAS: Text("区划", "Areas"),
    }
)


class Geometry(StrEnum):
    """Kind of geometry of a layer's rows."""

    POINT = "point"
    LINE = "line"
    POLYGON = "polygon"


class Form(StrEnum):
    """How features are drawn when single features are drawn at all (below that: cells with counts)."""

    AREA = "area"
    """Outline and label; the fill carries the choropleth when zoomed out."""
    FOOTPRINT = "footprint"
    LINE = "line"
    DOT = "dot"
    """A dot that becomes an icon on a disc from zoom 17."""
    UNIT = "unit"
    """A person or vehicle: icon on a dark disc at every zoom, outline by state."""
    PIN = "pin"
    """An event: disc by level, icon by class, ring by remaining time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of the view, as it is named, protected and shown."""

    name: str
    title: Text
    kind: Kind = Kind.TEXT
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    mask: Mask | None = None
    unit: str = ""
    choices: Mapping[str, Text] = field(default_factory=dict)
    """Words for the values of a CODE field."""
    link: str = ""
    """Key of the layer whose row this id points at."""
    named_by: str = ""
    """Field that holds the word for the values of a CODE field without words of its own."""

    def column(self) -> Column:
        """Return what the services need to know of it."""
        return Column(self.name, self.kind, self.sensitivity, self.mask)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """Fields that give a camera's view: direction clockwise from north, opening angle (degrees) and range (metres)."""

    azimuth_deg: str
    angle_deg: str
    range_m: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a layer looks; colours are for the dark theme, the light theme darkens them."""

    form: Form
    icon: str
    """Name in the icon set (Tabler, outline)."""
    colour: str
    by: str = ""
    """CODE or BOOL field whose value picks the colour from `palette`."""
    palette: Mapping[str, str] = field(default_factory=dict)
    icon_by: str = ""
    icons: Mapping[str, str] = field(default_factory=dict)
    sector: Sector | None = None
    label: str = ""
    """Field written beside the feature when there is room."""


class Tone(StrEnum):
    """How loudly something is said."""

    WARN = "warn"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Which rows of a layer are out of order: their number stands in colour beside the layer's own."""

    title: Text
    tone: Tone
    test: tuple[Condition, ...] = ()
    past: str = ""
    """TIME field that lies in the past."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """An element class on the map. Everything about it follows from this value and its view."""

    key: str
    title: Text
    group: Group
    geometry: Geometry
    view: str
    fields: tuple[Field, ...]
    headline: str
    """Field that names a row in lists and panels."""
    subline: tuple[str, ...] = ()
    """Fields shown after the name in lists and on hover."""
    look: Look
    tile: tuple[str, ...] = ()
    """Fields written into tiles; none of them personal."""
    filters: tuple[str, ...] = ()
    """Fields that may be filtered: CODE and BOOL by value, numbers and times by range."""
    breakdown: str = ""
    """CODE or BOOL field by which a selection is broken down."""
    search: tuple[str, ...] = ()
    """Fields found by any part of their text."""
    exact: tuple[str, ...] = ()
    """Personal fields found only by their whole value (ID number, phone)."""
    min_zoom: int = 8
    cells_to: int = 0
    """Up to this tile zoom, rows are counted in cells instead of drawn."""
    live: bool = False
    """Few rows that change all the time: served from memory, not seeded."""
    refresh_s: int = 60
    alert: Alert | None = None
    roles: frozenset[str] = STAFF
    shown: bool = False
    """Switched on in a fresh view."""
    source: Source = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", Source(self.view, tuple(item.column() for item in self.fields)))
        look = (self.look.by, self.look.icon_by, self.look.label)
        named = [self.headline, *self.subline, *self.tile, *self.filters, *self.search, *self.exact, self.breakdown, *look]
        if self.look.sector:
            named += [self.look.sector.azimuth_deg, self.look.sector.angle_deg, self.look.sector.range_m]
        if self.alert:
            named += [self.alert.past, *(condition.column for condition in self.alert.test)]
        self.source.require([name for name in named if name])
        for name in (*self.tile, *self.filters, self.breakdown, *look):
            if name and self.source.column(name).sensitivity > Sensitivity.INTERNAL:
                raise InvalidInputError(f"{self.key}.{name} is personal: it may not be in tiles, filters or breakdowns")

    def named(self, name: str) -> Field:
        """Return the declared field.

        Raises:
            InvalidInputError: there is none of this name.
        """
        for item in self.fields:
            if item.name == name:
                return item
        raise InvalidInputError(f"{self.key} has no field {name!r}")
