"""What is known of a file's rows while they are checked, and the batch that comes out of it."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from geodata.errors import InvalidInputError
from geodata.imports.columns import Columns
from geodata.imports.fields import Cell, ImportClass, Row, Shape, Value
from geodata.imports.positions import Floats, Positions, Shapes
from geodata.imports.read import Problem, Sheet
from geodata.imports.values import is_empty, number

REFERENCE = "building"
"""The field that names a building; the table holds `building_id`."""


@dataclass(slots=True)
class Batch:
    """The rows of one file. `values`, `lines` and `shapes` hold the good ones, in the file's order."""

    values: dict[str, list[Value]]
    """By column of the target table, without the geometry."""
    lines: list[int]
    """Row numbers of the file."""
    shapes: Shapes
    decided: set[str]
    """Columns that the file decides: these are written into rows that exist already."""
    problems: list[Problem]
    read: int
    round_trip_m: float
    flags: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Reading:
    """Work in progress on one sheet: positions count from 0 within it."""

    importing: ImportClass
    sheet: Sheet
    columns: Columns
    system: str
    reasons: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    """Column and reason, by position."""

    def refuse(self, position: int, column: str, reason: str) -> None:
        """Set a row aside."""
        self.reasons.setdefault(position, []).append((column, reason))

    def cells(self, name: str) -> list[Cell] | None:
        """What the file or the user gives for a field; None when nothing does."""
        if name in self.columns.constants:
            return [self.columns.constants[name]] * len(self.sheet.rows)
        header = self.columns.of_field.get(name)
        return self.sheet.columns[header] if header is not None else None

    def numbers(self, name: str) -> Floats:
        """A column of coordinates; NaN where the cell is empty or no number."""
        out = np.full(len(self.sheet.rows), np.nan)
        for position, cell in enumerate(self.cells(name) or []):
            if not is_empty(cell):
                try:
                    out[position] = number(cell)
                except InvalidInputError as error:
                    self.refuse(position, name, str(error))
        return out


def finished(reading: Reading, rows: list[Row], positions: Positions) -> Batch:
    """Part the good rows from the bad ones."""
    sheet, importing = reading.sheet, reading.importing
    keys = [item for item in (importing.source_column, importing.natural_key) if item]
    good = []
    for position, row in enumerate(rows):
        if position not in reading.reasons and all(row.get(key) is None for key in keys):
            reading.refuse(position, keys[0], "is empty")
        if position not in reading.reasons:
            good.append(position)
    names = {item.name for item in importing.fields if item.name != REFERENCE} | set(importing.constants) | {"flags"}
    names |= {name for name in ("grid_code", "building_id", "area_m2", "code_prefix") if any(name in row for row in rows)}
    values = {name: [rows[position].get(name) for position in good] for name in sorted(names)}
    flags = Counter(flag for listed in values["flags"] if isinstance(listed, list) for flag in listed)
    return Batch(
        values,
        [sheet.rows[position] for position in good],
        positions.shapes[good],
        _decided(reading),
        sheet.problems + _problems(reading),
        len(sheet.rows) + len(sheet.problems),
        positions.round_trip_m,
        flags,
    )


def _decided(reading: Reading) -> set[str]:
    """Columns that follow from this file: given, filled from what is given, or from the position."""
    importing, given = reading.importing, reading.columns.given
    placed = reading.sheet.shapes is not None or any(given(name) for name in ("lon", "wkt", REFERENCE))
    decided = {item.name for item in importing.fields if given(item.name) or any(given(name) for name in item.filled_from)}
    decided |= set(importing.constants) | ({"flags"} if importing.flags else set())
    if placed:
        decided |= {"geom"} | ({"area_m2"} if importing.shape is Shape.POLYGON else set()) | (set() if importing.is_area else {"grid_code"})
        decided |= {"building_id"} if importing.in_building else set()
    return decided


def _problems(reading: Reading) -> list[Problem]:
    found = []
    for position, reasons in sorted(reading.reasons.items()):
        for name, reason in reasons:
            cells, item = reading.cells(name), reading.importing.named(name)
            cell = cells[position] if cells is not None else None
            value = "" if is_empty(cell) else str(cell)
            header = reading.columns.of_field.get(name, name)
            found.append(
                Problem(reading.sheet.rows[position], header, hidden(value) if item is not None and item.personal else value, reason)
            )
    return found


def hidden(value: str) -> str:
    """A personal value in a report: its ends only, so that the owner of the file finds it."""
    return f"{value[0]}{'*' * (len(value) - 2)}{value[-1]}" if len(value) > 4 else "*" * len(value)
