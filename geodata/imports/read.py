"""Files as sheets: named columns of cells, row numbers as the file's owner counts them, and geometries where the format has them."""

import csv
import gzip
import itertools
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openpyxl
import openpyxl.utils.exceptions
import pyogrio
import pyogrio.errors
import pyogrio.raw
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from geodata.errors import InvalidInputError
from geodata.imports.fields import Cell

Shapes = npt.NDArray[np.object_]
VECTOR = (".geojson", ".json", ".gpkg", ".shp", ".zip")
DELIMITERS = (",", "\t", ";", "|")
ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be imported."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds. All columns have one length, as have `rows` and `shapes`."""

    columns: dict[str, list[Cell]]
    rows: list[int]
    """Row in a spreadsheet (the header is row 1), or number of the feature from 1."""
    shapes: Shapes | None = None
    """Geometries in the file's own coordinate system; None for tables."""
    crs: str = ""
    """The coordinate system that the file states: EPSG:n, or WKT where it has no code; empty when it states none."""
    problems: list[Problem] = field(default_factory=list)
    """Rows that could not be read at all."""


def read_sheet(path: Path, *, encoding: str = "", part: str = "") -> Sheet:
    """Read a file by its extension.

    Args:
        path: .geojson, .gpkg, .shp (or .zip of one), .csv, .txt, .tsv (also .gz), .xlsx.
        encoding: of text in .csv and .shp; found out when empty.
        part: sheet of a workbook or layer of a GeoPackage; the only or first one when empty.

    Raises:
        InvalidInputError: the file is missing, of another kind, cannot be decoded, or has no rows.
    """
    if not path.is_file():
        raise InvalidInputError(f"{path}: there is no such file")
    if not path.stat().st_size:
        raise InvalidInputError(f"{path}: the file is empty")
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".csv", ".txt", ".tsv")):
        sheet = _read_csv(path, encoding)
    elif name.endswith((".xlsx", ".xlsm")):
        sheet = _read_workbook(path, part)
    elif name.endswith(VECTOR):
        sheet = _read_vector(path, encoding, part)
    else:
        raise InvalidInputError(f"{path}: give a .geojson, .gpkg, .shp, .zip, .csv, .tsv or .xlsx file")
    if not sheet.rows and not sheet.problems:
        raise InvalidInputError(f"{path}: there are no rows")
    return sheet


def _read_csv(path: Path, encoding: str) -> Sheet:
    content = _decoded(path, encoding)
    lines = content.splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=_delimiter(lines), strict=True)
    try:
        return _table(path, list(reader), exact=True)
    except csv.Error as error:
        raise InvalidInputError(f"{path}: line {reader.line_num} is no CSV: {error}") from None


def _decoded(path: Path, encoding: str) -> str:
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix.lower() == ".gz" else path.read_bytes()
    except (gzip.BadGzipFile, EOFError):
        raise InvalidInputError(f"{path}: the compressed file is damaged") from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = encoding or "utf-16"
    for name in (encoding,) if encoding else ENCODINGS:
        try:
            content = raw.decode(name)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise InvalidInputError(f"there is no encoding {name!r}") from None
        if "\x00" in content:
            raise InvalidInputError(f"{path}: this is no text")
        return content
    raise InvalidInputError(f"{path}: the text is not in {encoding or 'UTF-8 or GB18030'}: give --encoding")


def _delimiter(lines: Sequence[str]) -> str:
    head = next((line for line in lines if line.strip()), "")
    return max(DELIMITERS, key=lambda sign: len(next(csv.reader([head], delimiter=sign), [])))


def _read_workbook(path: Path, part: str) -> Sheet:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, openpyxl.utils.exceptions.InvalidFileException, KeyError, ValueError):
        raise InvalidInputError(f"{path}: this is no .xlsx workbook (save an old .xls as .xlsx)") from None
    try:
        if part and part not in book.sheetnames:
            raise InvalidInputError(f"{path}: there is no sheet {part!r}; there are {', '.join(book.sheetnames)}")
        page = book[part or book.sheetnames[0]]
        return _table(path, [list(line) for line in page.iter_rows(values_only=True)], exact=False)
    finally:
        book.close()


def _table(path: Path, lines: Sequence[list[Any]], *, exact: bool) -> Sheet:
    """Take the first line with two filled cells as the header (titles stand above it in many workbooks)."""
    filled = [sum(1 for cell in line if not _blank(cell)) for line in lines]
    start = next((index for index, count in enumerate(filled) if count > 1), next((i for i, count in enumerate(filled) if count), None))
    if start is None:
        raise InvalidInputError(f"{path}: the file is empty")
    width = max(index + 1 for index, cell in enumerate(lines[start]) if not _blank(cell))
    header = _headers(path, lines[start][:width])
    rows: list[int] = []
    problems: list[Problem] = []
    kept: list[list[Any]] = []
    for number, line in enumerate(itertools.islice(lines, start + 1, None), start + 2):
        if not filled[number - 1]:
            continue
        if any(not _blank(cell) for cell in line[width:]) or (exact and len(line) < width):
            problems.append(Problem(number, "", "", f"has {len(line)} cells, the header has {width}"))
            continue
        rows.append(number)
        kept.append(line[:width] + [None] * (width - len(line)))
    columns = dict(zip(header, map(list, zip(*kept, strict=True)), strict=True)) if kept else {name: [] for name in header}
    return Sheet(columns, rows, problems=problems)


def _headers(path: Path, cells: Sequence[Any]) -> list[str]:
    names = [str(cell).strip() if not _blank(cell) else f"column {index}" for index, cell in enumerate(cells, 1)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInputError(f"{path}: the header names {', '.join(map(repr, twice))} twice")
    return names


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _read_vector(path: Path, encoding: str, part: str) -> Sheet:
    source = f"/vsizip/{path}" if path.suffix.lower() == ".zip" else str(path)
    if path.suffix.lower() == ".gz":
        source = f"/vsigzip/{path}"
    try:
        layer = _layer(path, [str(name) for name in pyogrio.list_layers(source)[:, 0]], part)
        if path.suffix.lower() in (".shp", ".zip"):
            return _with_text(source, layer, encoding)
        meta, table = pyogrio.raw.read_arrow(source, layer=layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InvalidInputError(f"{path}: cannot be read: {error}") from None
    place = meta["geometry_name"] or "wkb_geometry"
    columns = {name: _cells(table.column(name).to_pylist()) for name in table.column_names if name != place}
    shapes = shapely.from_wkb(np.array(table.column(place).to_pylist(), object), on_invalid="ignore")
    return Sheet(columns, list(range(1, table.num_rows + 1)), shapes, _epsg(meta["crs"]))


def _layer(path: Path, names: Sequence[str], part: str) -> str:
    if part and part not in names:
        raise InvalidInputError(f"{path}: there is no layer {part!r}; there are {', '.join(names)}")
    if not part and len(names) > 1:
        raise InvalidInputError(f"{path}: there are several layers, name one with --part: {', '.join(names)}")
    if not names:
        raise InvalidInputError(f"{path}: there is no layer in it")
    return part or names[0]


def _with_text(source: str, layer: str, encoding: str) -> Sheet:
    """Read a shapefile, whose text is in whatever encoding its maker had."""
    stated = Path(source).with_suffix(".cpg")
    stated_names = [stated.read_text("ascii", errors="replace").strip()] if stated.is_file() else []
    for name in (encoding,) if encoding else (*stated_names, "UTF-8", "GB18030"):
        try:
            meta, _, wkb, arrays = pyogrio.raw.read(source, layer=layer, encoding=name)
            break
        except (UnicodeDecodeError, LookupError):
            continue
    else:
        raise InvalidInputError(f"{source}: the text is not in {encoding or 'UTF-8 or GB18030'}: give --encoding")
    columns = {str(name): _cells(values.tolist()) for name, values in zip(meta["fields"], arrays, strict=True)}
    return Sheet(columns, list(range(1, len(wkb) + 1)), shapely.from_wkb(wkb, on_invalid="ignore"), _epsg(meta["crs"]))


def _cells(values: Iterable[Any]) -> list[Cell]:
    """Lists and objects of a GeoJSON file become text; everything else stays."""
    return ["、".join(map(str, value)) if isinstance(value, list) else str(value) if isinstance(value, dict) else value for value in values]


def _epsg(crs: str | None) -> str:
    """The EPSG code of what GDAL found; text of a system without a code stays as it is."""
    if not crs or crs.startswith("EPSG:"):
        return crs or ""
    try:
        code = CRS.from_user_input(crs).to_epsg(min_confidence=70)
    except CRSError:
        return ""
    return f"EPSG:{code}" if code else crs
