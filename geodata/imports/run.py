"""The import of one file, from reading to commit, and its account of itself."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from geodata import crs
from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.imports import classes
from geodata.imports.batch import REFERENCE, Batch
from geodata.imports.catalogues import load_catalogues
from geodata.imports.check import District, check
from geodata.imports.columns import Columns, match
from geodata.imports.fields import ImportClass
from geodata.imports.load import Counts, Stage
from geodata.imports.locate import Areas, Buildings
from geodata.imports.read import Problem, Sheet, read_sheet
from geodata.imports.recount import displace_provisional, move_into_grids, recount, settle_into_buildings
from geodata.imports.video import grouped, keep_platform_groups, link_streams
from geodata.progress import QUIET, Progress

MAX_BAD = 0.05
COUNTED = ("people", "organizations", "buildings", "base_grids", "communities", "streets", "district", "city_management_grids")
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to import, and how."""

    file: Path
    layer: str
    crs: str = ""
    """Coordinate system of the positions; empty: what the file states, else WGS 84."""
    mapped: Mapping[str, str] = field(default_factory=dict)
    """Field by column."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Value by field, for all rows."""
    source_id: str = ""
    """Column with the supplier's own ids."""
    supplier: str = ""
    """Put before these ids, where several suppliers number alike."""
    encoding: str = ""
    part: str = ""
    """Sheet of a workbook, layer of a GeoPackage."""
    max_bad: float = MAX_BAD
    """Share of bad rows from which on nothing is imported."""
    report: Path
    """Where bad rows are listed."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an import did."""

    read: int
    counts: Counts
    bad: int
    flags: Counter[str]
    round_trip_m: float
    system: crs.System
    columns: Columns
    report: Path | None


def run_import(conn: Conn, order: Order, progress: Progress = QUIET) -> Summary:
    """Import one file in one transaction: all of its good rows, or nothing.

    Raises:
        InvalidInputError: the file cannot be read as this class, or too many of its rows are bad; the message says what and where.
        UnknownLayerError: nothing can be imported as this layer.
        SetupError: the district has no areas yet.
    """
    importing = classes.get(order.layer)
    with progress.step(f"read {order.file.name}") as step:
        sheet = read_sheet(order.file, encoding=order.encoding, part=order.part)
        step.note = f"{len(sheet.rows):,} rows"
    system = _system(sheet, order)
    with refused_rows(order), conn.transaction():
        columns = match(
            importing,
            list(sheet.columns),
            mapped=order.mapped,
            constants=order.constants,
            source_id=order.source_id,
            degrees=crs.describe(system).geographic,
            has_shapes=sheet.shapes is not None,
        )
        with progress.step("check") as step:
            batch = check(importing, sheet, columns, _district(conn, importing, columns), system=system, supplier=order.supplier)
            step.note = f"{len(batch.lines):,} good, {batch.read - len(batch.lines):,} bad"
        _refuse_if_bad(batch, order)
        with progress.step(f"write {importing.key}") as step:
            counts = _written(conn, importing, batch, order)
            step.note = f"{counts.new:,} new, {counts.updated:,} updated"
        if importing.key == "cameras":
            link_streams(conn)
        if importing.key in COUNTED and counts.new + counts.updated:
            with progress.step("count again") as step:
                step.note = _settled(conn, importing)
    if counts.repeated_positions:
        batch.flags["duplicate_position"] = counts.repeated_positions
    bad = len({problem.row for problem in batch.problems})
    written = write_report(batch.problems, order.report)
    return Summary(batch.read, counts, bad, batch.flags, batch.round_trip_m, crs.describe(system), columns, written)


@contextmanager
def refused_rows(order: Order) -> Iterator[None]:
    """Say in one sentence what the database would not take; by then nothing is written.

    Raises:
        InvalidInputError: a value or a row was refused.
    """
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise InvalidInputError(f"{order.file}: the database refused a row, nothing was imported: {error.diag.message_primary}") from error


def write_report(problems: Sequence[Problem], path: Path) -> Path | None:
    """List bad rows as CSV that spreadsheets open; without any, an older report is removed.

    Raises:
        InvalidInputError: the file cannot be written.
    """
    try:
        if not problems:
            path.unlink(missing_ok=True)
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(("row", "column", "value", "reason"))
            writer.writerows(
                (item.row, item.column, _inert(item.value), item.reason) for item in sorted(problems, key=lambda item: item.row)
            )
    except OSError as error:
        raise InvalidInputError(f"the report {path} cannot be written: {error.strerror}") from None
    return path


def _system(sheet: Sheet, order: Order) -> str:
    stated = crs.describe(sheet.crs) if sheet.crs else None
    if order.crs:
        chosen = crs.describe(order.crs)
        if stated and not stated.geographic and chosen.geographic:
            raise InvalidInputError(f"the file's positions are in {stated.title}, not in degrees: --crs {order.crs} does not fit")
        return chosen.name
    if stated:
        return stated.name
    if sheet.shapes is not None:
        raise InvalidInputError(f"{order.file}: it states no coordinate system: give it with --crs")
    return crs.WGS84


def _district(conn: Conn, importing: ImportClass, columns: Columns) -> District:
    buildings = Buildings.load(conn) if importing.in_building or columns.given(REFERENCE) else None
    return District(Areas.load(conn), load_catalogues(conn, importing), buildings)


def _written(conn: Conn, importing: ImportClass, batch: Batch, order: Order) -> Counts:
    groups = importing.key == "cameras" and "group_id" in batch.decided
    if importing.key == "cameras":
        batch.values["group_id"] = grouped(conn, batch.values["group_id"])
    stage = Stage(conn, importing, batch)
    stage.fill()
    batch.problems += stage.match()
    _refuse_if_bad(batch, order)
    if groups:
        keep_platform_groups(conn)
    counts = stage.write()
    stage.close()
    return counts


def _settled(conn: Conn, importing: ImportClass) -> str:
    if importing.is_area:
        displace_provisional(conn, str(importing.constants["level"]))
    settled = settle_into_buildings(conn) if importing.key == "buildings" else 0
    moved = move_into_grids(conn) if importing.key == "base_grids" else 0
    recount(conn)
    return f"{settled:,} put into buildings" if settled else f"{moved:,} moved into grids" if moved else ""


def _refuse_if_bad(batch: Batch, order: Order) -> None:
    bad = len({problem.row for problem in batch.problems})
    if bad <= order.max_bad * batch.read:
        return
    write_report(batch.problems, order.report)
    kinds = Counter((item.column, item.reason) for item in batch.problems).most_common(SHOWN)
    first = "; ".join(f"{column or 'the row'} {reason} ({count:,}x)" for (column, reason), count in kinds)
    raise InvalidInputError(
        f"{order.file}: {bad:,} of {batch.read:,} rows are bad, more than {order.max_bad:.1%}: nothing was imported. {first}. "
        f"All of them: {order.report}"
    )


def _inert(value: str) -> str:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "@") or (value[:1] == "-" and not value[1:2].isdigit()) else value
