"""A sheet as a batch of rows ready to be written: values read, positions converted, rows placed, and everything bad set aside."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geodata.crs import area_m2
from geodata.errors import InvalidInputError
from geodata.imports.batch import REFERENCE, Batch, Reading, finished
from geodata.imports.columns import Columns
from geodata.imports.fields import Field, ImportClass, Row, Shape, Value
from geodata.imports.locate import Areas, Buildings
from geodata.imports.positions import (
    Positions,
    Shapes,
    expected_kind,
    from_points,
    from_polygons,
    points_of,
    polygons_of,
    refuse_other_units,
)
from geodata.imports.read import Sheet
from geodata.imports.values import is_empty, read_column, text


@dataclass(frozen=True, slots=True)
class District:
    """What rows are checked against."""

    areas: Areas
    catalogues: Mapping[str, Mapping[str, str]]
    """Names by code, by catalogue table."""
    buildings: Buildings | None = None
    """All buildings, where the class needs them."""


def check(importing: ImportClass, sheet: Sheet, columns: Columns, district: District, *, system: str, supplier: str = "") -> Batch:
    """Check all rows.

    Args:
        importing: the class.
        sheet: the file.
        columns: its columns matched with fields.
        district: what the rows are checked against.
        system: coordinate system of its positions.
        supplier: put before its own ids, so that two suppliers may number alike; may be empty.

    Raises:
        InvalidInputError: the file as a whole cannot be of this class.
        SetupError: there are no areas to place rows in.
    """
    reading = Reading(importing, sheet, columns, system)
    rows = [{**importing.constants} for _ in sheet.rows]
    for item in importing.fields:
        if item.name != REFERENCE:
            _fill(reading, rows, item, district)
    named = _named_buildings(reading, district.buildings)
    positions = _positions(reading, district, named)
    _place(reading, rows, positions, district, named)
    _complete(reading, rows, supplier)
    _refuse_repeats(reading, rows)
    return finished(reading, rows, positions)


def _fill(reading: Reading, rows: list[Row], item: Field, district: District) -> None:
    cells = reading.cells(item.name)
    given = reading.columns.constants.get(item.name)
    if cells is None or given is not None:
        value = item.default if given is None else _constant(item, given, district)
        for row in rows:
            row[item.name] = value
        return
    values, reasons = read_column(item, cells, district.catalogues)
    for row, value in zip(rows, values, strict=True):
        row[item.name] = value
    for position, reason in reasons.items():
        reading.refuse(position, item.name, reason)


def _constant(item: Field, given: str, district: District) -> Value:
    values, reasons = read_column(item, [given], district.catalogues)
    if reasons:
        raise InvalidInputError(f"--set {item.name}={given}: {reasons[0]}")
    return values[0]


def _named_buildings(reading: Reading, buildings: Buildings | None) -> npt.NDArray[np.int64]:
    """Index of the building that each row names; -1 where it names none."""
    out = np.full(len(reading.sheet.rows), -1, np.int64)
    if buildings is None:
        return out
    for position, cell in enumerate(reading.cells(REFERENCE) or []):
        if is_empty(cell):
            continue
        index = buildings.by_name.get(text(cell))
        if index is None:
            reading.refuse(position, REFERENCE, "there is no building with this code")
        else:
            out[position] = index
    return out


def _positions(reading: Reading, district: District, named: npt.NDArray[np.int64]) -> Positions:
    shapes = reading.sheet.shapes if reading.sheet.shapes is not None else _from_wkt(reading)
    if reading.importing.shape is Shape.POLYGON:
        if shapes is None:
            raise InvalidInputError("the file holds no polygons")
        kept = polygons_of(shapes)
        _refuse_kinds(reading, shapes, shapely.is_geometry(kept))
        positions = from_polygons(kept, reading.system)
    else:
        x, y = points_of(shapes) if shapes is not None else (reading.numbers("lon"), reading.numbers("lat"))
        if shapes is not None:
            _refuse_kinds(reading, shapes, np.isfinite(x))
        refuse_other_units(x, y, reading.system)
        positions = from_points(x, y, reading.system, district.areas.inside)
    for position, reason in positions.reasons.items():
        reading.refuse(position, "position", reason)
    if district.buildings is not None:
        _stand_at_buildings(positions, district.buildings, named)
    return positions


def _stand_at_buildings(positions: Positions, buildings: Buildings, named: npt.NDArray[np.int64]) -> None:
    here = np.isnan(positions.lon) & (named >= 0)
    if here.any():
        positions.lon[here], positions.lat[here] = buildings.lon[named[here]], buildings.lat[named[here]]
        positions.shapes[here] = shapely.points(positions.lon[here], positions.lat[here])


def _from_wkt(reading: Reading) -> Shapes | None:
    cells = reading.cells("wkt")
    if cells is None:
        return None
    out = np.full(len(cells), None, object)
    for position, cell in enumerate(cells):
        if not is_empty(cell):
            out[position] = shapely.from_wkt(str(cell), on_invalid="ignore")
            if out[position] is None:
                reading.refuse(position, "wkt", "is no WKT geometry")
    return out


def _refuse_kinds(reading: Reading, shapes: Shapes, usable: npt.NDArray[np.bool_]) -> None:
    for position, shape in enumerate(shapes):
        if shape is not None and not shape.is_empty and not usable[position]:
            reading.refuse(position, "position", f"is a {shape.geom_type}, not {expected_kind(reading.importing.shape)}")


def _place(reading: Reading, rows: list[Row], positions: Positions, district: District, named: npt.NDArray[np.int64]) -> None:
    importing, areas, buildings = reading.importing, district.areas, district.buildings
    flags: dict[str, npt.NDArray[np.bool_]] = dict(positions.flags)
    codes: npt.NDArray[np.object_] = np.full(len(rows), None, object)
    if not importing.is_area:
        codes, flags["outside_district"] = areas.locate(positions.lon, positions.lat)
    held = buildings.zones.holding(positions.lon, positions.lat) if buildings is not None else named
    known = areas.codes() if importing.named("grid_code") else set()
    for position, row in enumerate(rows):
        row["flags"] = [name for name, marked in flags.items() if marked[position]]
        placed = bool(np.isfinite(positions.lon[position]))
        if placed:
            row["lon"], row["lat"] = float(positions.lon[position]), float(positions.lat[position])
        elif importing.position_required and position not in reading.reasons:
            reading.refuse(position, "position", "is empty")
        if row.get("grid_code") is not None and row["grid_code"] not in known:
            reading.refuse(position, "grid_code", "there is no area with this code")
        if not importing.is_area:
            row["grid_code"] = row.get("grid_code") or codes[position]
        if importing.in_building and buildings is not None:
            index = named[position] if named[position] >= 0 else held[position]
            row["building_id"] = int(buildings.ids[index]) if index >= 0 else None
        if importing.shape is Shape.POLYGON and positions.shapes[position] is not None:
            row["area_m2"] = area_m2(positions.shapes[position])


def _complete(reading: Reading, rows: list[Row], supplier: str) -> None:
    importing = reading.importing
    before = importing.source_prefix + (f"{supplier}:" if supplier else "")
    for position, row in enumerate(rows):
        if position in reading.reasons:
            continue
        try:
            importing.complete(row)
            if importing.numbering:
                row["code_prefix"] = importing.numbering.prefix(row)
        except InvalidInputError as error:
            reading.refuse(position, "", str(error))
        if before and importing.source_column and row.get(importing.source_column) is not None:
            row[importing.source_column] = f"{before}{row[importing.source_column]}"


def _refuse_repeats(reading: Reading, rows: list[Row]) -> None:
    """Ids may stand once in a file; the first row with one counts."""
    importing = reading.importing
    unique = importing.unique
    for name in filter(None, (importing.source_column, importing.natural_key, unique.column if unique else "")):
        first: dict[Value, int] = {}
        for position, row in enumerate(rows):
            value = row.get(name)
            if position in reading.reasons or value is None or isinstance(value, list):
                continue
            if unique and name == unique.column and row.get(unique.only[0]) != unique.only[1]:
                continue
            if value in first:
                reading.refuse(position, name, f"stands already in row {reading.sheet.rows[first[value]]}")
            else:
                first[value] = position
