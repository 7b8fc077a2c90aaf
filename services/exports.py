"""Rows of a layer as a file: CSV for spreadsheets, GeoJSON, GeoPackage. Masked as everywhere, bounded, and audited."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import shapely

from geodata import crs as systems
from geodata.crs import Array
from geodata.db import Conn
from geodata.errors import InvalidInputError, NotAllowedError
from geodata.geopackage import Table
from geodata.grid import BBox
from geodata.source import Condition
from services import export_files, features
from services.audit import Act, Caller, record
from services.element import POINT, Element
from services.export_files import Batch, Columns, Head
from services.rights import MAY_EXPORT, Reader, Treatment, treatment
from services.shapes import Circle, Corridor, Shape

MAX_ROWS = 200_000
BATCH = 2_000


class Format(StrEnum):
    """Kinds of files, by their suffix."""

    CSV = "csv"
    GEOJSON = "geojson"
    GPKG = "gpkg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to export and how. `crs` is any EPSG code, gcj02 or bd09."""

    format: Format
    title: str
    heads: Sequence[Head]
    places: tuple[str, str] = ("x", "y")
    """Names of the two columns that hold the position in a CSV file."""
    conditions: Sequence[Condition] = ()
    text: str = ""
    """Part of any column that the layer is searched by."""
    bbox: BBox | None = None
    shape: Shape | None = None
    crs: str = systems.WGS84


def export(conn: Conn, caller: Caller, element: Element, wanted: Wanted, path: Path) -> int:
    """Write the reader's rows to `path` and record it. Returns how many there are.

    Call it inside `services.audit.attempt`, which records a refusal as well.

    Raises:
        NotAllowedError: the reader's role may not see this layer, or may not export.
        InvalidInputError: more than 200,000 rows, an unknown coordinate system, or a condition that the layer does not filter by.
    """
    reader = caller.reader
    if reader.role not in element.roles or reader.role not in MAY_EXPORT:
        raise NotAllowedError(f"{reader.role} exports no {element.key}")
    system, columns = systems.describe(wanted.crs), _columns(reader, element, wanted.heads)
    batches = _batches(conn, reader, element, wanted, system.name)
    match wanted.format:
        case Format.CSV:
            count = export_files.write_csv(path, columns, batches, wanted.places, system)
        case Format.GEOJSON:
            count = export_files.write_geojson(path, columns, batches, system.name)
        case Format.GPKG:
            kinds = [(head.name, kind) for head, kind in columns]
            table = Table(name=element.key, title=wanted.title, columns=kinds, crs=system.name, changed_at=caller.now)
            count = export_files.write_geopackage(path, table, columns, batches)
    detail = {
        "rows": count,
        "crs": system.name,
        "filters": [str(condition) for condition in wanted.conditions],
        "text": wanted.text,
        "where": _where(wanted),
    }
    record(conn, caller, Act(action="export", object=f"{element.key}.{wanted.format}", detail=detail))
    return count


def _columns(reader: Reader, element: Element, heads: Sequence[Head]) -> Columns:
    promised = [(head, element.source.column(head.name)) for head in heads]
    return [(head, column.kind) for head, column in promised if treatment(reader, column) is not Treatment.HIDDEN]


def _batches(conn: Conn, reader: Reader, element: Element, wanted: Wanted, crs: str) -> Iterator[Batch]:
    too_many = InvalidInputError(f"more than {MAX_ROWS:,} rows: filter them, or select a smaller area")
    # without a shape they are counted first, so that nobody waits for rows that are thrown away
    if not wanted.shape and features.count(conn, reader, element, wanted.conditions, text=wanted.text, bbox=wanted.bbox) > MAX_ROWS:
        raise too_many
    rows = features.iterate(
        conn, reader, element, wanted.conditions, text=wanted.text, bbox=wanted.bbox, shape=wanted.shape, limit=MAX_ROWS + 1
    )
    seen = 0
    for batch in iter(lambda: list(itertools.islice(rows, BATCH)), []):
        seen += len(batch)
        if seen > MAX_ROWS:
            raise too_many
        x, y = systems.from_wgs84(np.array([row.lon for row in batch]), np.array([row.lat for row in batch]), crs)
        if element.geometry == POINT:
            geometries = np.asarray(shapely.points(x, y))
        else:
            geometries = shapely.transform(shapely.from_geojson([row.geometry or "" for row in batch]), _mover(crs))
        if not np.isfinite(shapely.get_coordinates(geometries)).all():
            raise InvalidInputError(f"crs: some positions lie outside of what {crs} can express")
        yield Batch(batch, x, y, geometries)


def _mover(crs: str) -> Callable[[Array], Array]:
    return lambda places: np.column_stack(systems.from_wgs84(places[:, 0], places[:, 1], crs))


def _where(wanted: Wanted) -> str:
    match wanted.shape:
        case None:
            return str(wanted.bbox or "")
        case Circle() as circle:
            return str(circle)
        case Corridor() as corridor:
            return f"{corridor.buffer_m:g} m along {shapely.to_wkt(corridor.line, rounding_precision=5)[:500]}"
        case region:
            return str(shapely.to_wkt(region.polygon, rounding_precision=5))[:500]
