"""What a brief says, before it is drawn: sections of blocks. Kept as JSON; page, PDF and DOCX are drawn from it and from nothing else."""

from datetime import datetime

import msgspec

Cell = str | int | float | None


class Block(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Part of a section."""


class Paragraph(Block, frozen=True, kw_only=True, tag="paragraph"):
    """Sentences."""

    text: str


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One large number with what it is compared with."""

    name: str
    value: str
    note: str = ""
    tone: str = ""
    """good, bad, or nothing where neither is known."""


class Figures(Block, frozen=True, kw_only=True, tag="figures"):
    """A row of large numbers."""

    items: tuple[Figure, ...]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """Head of a column; numbers stand at the right."""

    name: str
    number: bool = False


class Table(Block, frozen=True, kw_only=True, tag="table"):
    """Rows under heads. `total` is a last row of sums."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: str = ""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Values of one line or group of bars, as many as the chart has labels; None is a gap."""

    name: str
    values: tuple[float | None, ...]


class Chart(Block, frozen=True, kw_only=True, tag="chart"):
    """A chart. `form`: bars (lying), columns (standing), line, matrix (series are rows, labels columns)."""

    form: str
    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    marked: int | None = None
    """The label that the brief is about."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A point on a map, in degrees. `level` 0 to 4."""

    lon: float
    lat: float
    level: int = 0
    label: str = ""


class Shade(msgspec.Struct, frozen=True, kw_only=True):
    """An area, by its code, with its value."""

    code: str
    name: str
    value: float


class Map(Block, frozen=True, kw_only=True, tag="map"):
    """A map picture of an area: shaded parts, points, a circle in metres around the first point."""

    title: str
    area: str
    shades: tuple[Shade, ...] = ()
    marks: tuple[Mark, ...] = ()
    unit: str = ""
    radius_m: float | None = None


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A section without figures: which query failed, why, since when."""

    query: str
    what: str
    since: datetime


AnyBlock = Paragraph | Figures | Table | Chart | Map


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the brief with a title."""

    title: str
    blocks: tuple[AnyBlock, ...] = ()
    trouble: Trouble | None = None


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A whole brief."""

    masthead: str
    """The kind, as it stands in red."""
    title: str
    issue: int
    year: int
    office: str
    area: str
    period: str
    data_at: datetime
    sections: tuple[Section, ...]
    receivers: tuple[str, ...] = ()
    basis: str = ""
    """What was counted and how, said at the end."""

    def pictures(self) -> list[Chart | Map]:
        """Return what is drawn, in the order of the text; pictures are numbered by it from 1."""
        return [block for section in self.sections for block in section.blocks if isinstance(block, Chart | Map)]
