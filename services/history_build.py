"""Writing the columns of the case history: one binary COPY, a sort, and for new cases their H3 cells and the road they lie at."""

import json
import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h3
import numpy as np
import shapely
from psycopg import sql
from psycopg.rows import class_row

from geodata import crs
from geodata.arrays import Bools, Floats, Ints
from geodata.db import Conn, Pool, reading
from services import revisions, scope
from services.history import (
    ARRAYS,
    FOLDER,
    RESOLUTIONS,
    UNCOUNTED,
    Cells,
    ClassRow,
    Facets,
    History,
    Numbers,
    Places,
    Unsigned,
    how_of,
    load,
)
from services.newest import META, PART, newest_folder

log = logging.getLogger(__name__)

FORMAT = 2
"""Raised when the columns are written differently, so that those of an older product are not served."""
LAYERS = ("events", revisions.SETTINGS)
"""The dictionary's names and kinds of classes are columns as well."""
ROAD_LAYERS = ("roads",)
ROAD_M = 40.0
VAGUE = ("area", "district")
"""Precisions of a place that is no place."""
TIMEOUT = "SET LOCAL statement_timeout = '300s'"
_PRIVATE = 0o700

CLASSES = "SELECT code, name, sub_code AS sub, major FROM hall.event_class ORDER BY code"
VALUES = """
    SELECT array(SELECT DISTINCT source FROM hall.event ORDER BY 1), array(SELECT DISTINCT state FROM hall.event ORDER BY 1),
           array(SELECT DISTINCT grid_code FROM hall.event ORDER BY 1)
"""
INSTANTS = ("deadline", "closed", "filed", "dispatched", "handled", "checked")
"""Columns of instants, each of a field of the case that may be empty."""
ROWS = """
    COPY (
        SELECT source_row.id::bigint,
               (class.place - 1)::bigint, (source.place - 1)::bigint, (state.place - 1)::bigint, (area.place - 1)::bigint,
               source_row.level::bigint,
               floor(extract(epoch FROM source_row.reported_at))::bigint, {deadline}, {closed},
               {filed}, {dispatched}, {handled}, {checked},
               coalesce(source_row.lead_department, 0)::bigint, coalesce(source_row.building_id, 0)::bigint,
               (source_row."precision" = ANY({vague}))::int::bigint,
               ST_X(source_row.geom), ST_Y(source_row.geom)
        FROM hall.event AS source_row
        JOIN unnest({classes}::text[]) WITH ORDINALITY AS class (code, place) ON class.code = source_row.class_code
        JOIN unnest({sources}::text[]) WITH ORDINALITY AS source (code, place) ON source.code = source_row.source
        JOIN unnest({states}::text[]) WITH ORDINALITY AS state (code, place) ON state.code = source_row.state
        JOIN unnest({grids}::text[]) WITH ORDINALITY AS area (code, place) ON area.code = source_row.grid_code
        WHERE NOT ST_IsEmpty(source_row.geom)
    ) TO STDOUT (FORMAT binary)
"""
INTS = (
    "id",
    "class",
    "source",
    "state",
    "area",
    "level",
    "reported",
    "deadline",
    "closed",
    "filed",
    "dispatched",
    "handled",
    "checked",
    "department",
    "building",
    "vague",
)
FLOATS = ("lon", "lat")
RECORD = np.dtype(
    [
        ("fields", ">i2"),
        *((f"{part}{name}", kind) for name in INTS for part, kind in (("length.", ">i4"), ("", ">i8"))),
        *((f"{part}{name}", kind) for name in FLOATS for part, kind in (("length.", ">i4"), ("", ">f8"))),
    ]
)
HEAD, TAIL = 19, 2
"""Bytes round the records of a binary COPY: signature, flags and extension; the end mark."""
ROADS = "SELECT name, ST_AsBinary(geom) FROM hall.road_edge WHERE name IS NOT NULL AND NOT tunnel ORDER BY id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was written, or found to be the newest already."""

    folder: Path
    rows: int
    duration_s: float


def make(pool: Pool, data_dir: Path) -> Made:
    """Write the columns at the newest revision of the cases, unless they are there.

    What was there before is removed; whoever still has it open keeps it.

    Raises:
        SourceUnavailableError: the database does not answer; the columns before stay.
    """
    started = time.perf_counter()
    with reading(pool) as conn:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        conn.execute(TIMEOUT)
        token = _token(revisions.token(conn, LAYERS))
        folder = data_dir / FOLDER / token
        before = _before(data_dir)
        if before is not None and before.revision == token:
            return Made(folder=folder, rows=len(before), duration_s=time.perf_counter() - started)
        history, road_token = _read(conn, token, before, data_dir)
    write(history, data_dir, road_token)
    return Made(folder=folder, rows=len(history), duration_s=time.perf_counter() - started)


def write(history: History, data_dir: Path, road_token: str = "") -> Path:
    """Save columns as DATA_DIR/history/<revision> and remove all others."""
    folder = data_dir / FOLDER / history.revision
    part = folder.with_name(folder.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=_PRIVATE, parents=True)
    arrays: dict[str, Any] = {name: getattr(history, name) for name in ARRAYS}
    arrays |= {f"cells{resolution}": history.cells[resolution] for resolution in RESOLUTIONS}
    arrays |= {f"place{resolution}": history.place[resolution] for resolution in RESOLUTIONS}
    arrays |= {f"places{resolution}.cell": history.places[resolution].cell for resolution in RESOLUTIONS}
    arrays |= {f"places{resolution}.grid": history.places[resolution].grid for resolution in RESOLUTIONS}
    arrays |= {f"facet.{field.name}": getattr(history.facets, field.name) for field in fields(Facets)}
    for name, array in arrays.items():
        np.save(part / f"{name}.npy", array, allow_pickle=False)
    meta = {
        "revision": history.revision,
        "at": history.at.isoformat(),
        "classes": [asdict(row) for row in history.class_rows],
        "sources": history.sources,
        "states": history.states,
        "roads": history.roads,
        "grids": history.grids,
        "road_token": road_token,
    }
    (part / META).write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    for other in folder.parent.iterdir():
        if other != folder and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)
    return folder


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cases:
    """What becomes a history: cases in any order, codes as places in their lists. `build` adds the rest."""

    class_rows: tuple[ClassRow, ...]
    sources: tuple[str, ...]
    states: tuple[str, ...]
    grids: tuple[str, ...]
    columns: Mapping[str, Any]
    """By name in INTS and FLOATS; `class`, `source`, `state` and `area` are places in the lists above, `vague` is 0 or 1."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Placed:
    """Where cases lie: H3 indexes by resolution (0: nowhere) and the nearest named road (-1: none)."""

    cells: Mapping[int, Cells]
    road: Numbers
    roads: tuple[str, ...]


def build(cases: Cases, placed: Placed, *, revision: str, at: datetime) -> History:
    """Sort cases by class and time, and number what filters test."""
    columns = cases.columns
    order = np.lexsort((columns["id"], columns["reported"], columns["class"]))

    def column(name: str, kind: Any = np.int64) -> Any:
        return np.ascontiguousarray(columns[name][order]).astype(kind, copy=False)

    area, reported = column("area", np.int32), column("reported")
    source, level, state = column("source", np.int8), column("level", np.int8), column("state", np.int8)
    facets, facet = _facets(how_of(reported), source, level, state)
    cells: dict[int, Cells] = {}
    places: dict[int, Places] = {}
    place: dict[int, Unsigned] = {}
    for resolution in RESOLUTIONS:
        known, spots = np.unique(placed.cells[resolution][order], return_inverse=True)
        nowhere = 1 if len(known) and int(known[0]) == 0 else 0
        cells[resolution] = known[nowhere:]
        pairs, numbers = np.unique(spots * (len(cases.grids) + 1) + area, return_inverse=True)
        pair_cell, pair_grid = np.divmod(pairs, len(cases.grids) + 1)
        places[resolution] = Places(cell=(pair_cell - nowhere).astype(np.int32), grid=pair_grid.astype(np.int32))
        place[resolution] = numbers.astype(np.uint32)
    uncounted = [place for place, code in enumerate(cases.states) if code in UNCOUNTED]
    return History(
        revision=revision,
        at=at,
        classes=tuple(row.code for row in cases.class_rows),
        class_rows=cases.class_rows,
        starts=np.searchsorted(column("class"), np.arange(len(cases.class_rows) + 1)).astype(np.int64),
        sources=cases.sources,
        states=cases.states,
        roads=placed.roads,
        grids=cases.grids,
        cells=cells,
        facets=facets,
        reported=reported,
        id=column("id"),
        source=source,
        level=level,
        state=state,
        grid=np.array([*map(scope.number, cases.grids), -1], np.int64)[area],
        grid_no=area,
        cell=placed.cells[max(RESOLUTIONS)][order],
        lon=column("lon", np.float64),
        lat=column("lat", np.float64),
        deadline=column("deadline"),
        closed=column("closed"),
        counted=~np.isin(state, uncounted),
        department=column("department", np.int32),
        building=column("building"),
        road=placed.road[order],
        filed=column("filed"),
        dispatched=column("dispatched"),
        handled=column("handled"),
        checked=column("checked"),
        facet=facet,
        places=places,
        place=place,
    )


def cells_of(lon: Floats, lat: Floats, resolution: int) -> Cells:
    """Return the H3 cells that hold positions."""
    find = h3.api.basic_int.latlng_to_cell
    return np.fromiter((find(y, x, resolution) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)), np.uint64, len(lon))


def _facets(how: Ints, source: Any, level: Any, state: Any) -> tuple[Facets, Unsigned]:
    key = ((how * 128 + source) * 8 + level) * 64 + state
    known, facet = np.unique(key, return_inverse=True)
    facets = Facets(
        how=(known // (128 * 8 * 64)).astype(np.uint8),
        source=(known // (8 * 64) % 128).astype(np.int8),
        level=(known // 64 % 8).astype(np.int8),
        state=(known % 64).astype(np.int8),
    )
    return facets, facet.astype(np.uint32)


def _token(state: str) -> str:
    """Revision of the cases as a folder name."""
    return f"{FORMAT}-" + "".join(sign if sign.isalnum() else "-" for sign in state)


def _before(data_dir: Path) -> History | None:
    folder = newest_folder(data_dir / FOLDER)
    if folder is None:
        return None
    try:
        return load(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s cannot be read, all cases are placed anew: %s", folder, error)
        return None


def _read(conn: Conn, token: str, before: History | None, data_dir: Path) -> tuple[History, str]:
    at = datetime.now(UTC)
    cases = _cases(conn)
    road_token = revisions.token(conn, ROAD_LAYERS)
    if before is not None and _road_token(data_dir, before) != road_token:
        before = None
    return build(cases, _placed(conn, cases, before), revision=token, at=at), road_token


def _road_token(data_dir: Path, history: History) -> str:
    meta = json.loads((data_dir / FOLDER / history.revision / META).read_text(encoding="utf-8"))
    return str(meta.get("road_token", ""))


def _cases(conn: Conn) -> Cases:
    with conn.cursor(row_factory=class_row(ClassRow)) as cursor:
        class_rows = tuple(cursor.execute(CLASSES).fetchall())
    found = conn.execute(VALUES).fetchone()
    assert found is not None
    sources, states, grids = (tuple(values) for values in found)
    query = sql.SQL(ROWS).format(
        vague=sql.Literal(list(VAGUE)),
        classes=sql.Literal([row.code for row in class_rows]),
        sources=sql.Literal(list(sources)),
        states=sql.Literal(list(states)),
        grids=sql.Literal(list(grids)),
        **{name: _instant(f"{name}_at") for name in INSTANTS},
    )
    with conn.cursor() as cursor, cursor.copy(query) as copy:
        blob = b"".join(bytes(piece) for piece in copy)
    records = np.frombuffer(blob, RECORD, offset=HEAD, count=(len(blob) - HEAD - TAIL) // RECORD.itemsize)
    columns: dict[str, Any] = {name: records[name].astype(np.int64) for name in INTS}
    columns |= {name: records[name].astype(np.float64) for name in FLOATS}
    return Cases(class_rows=class_rows, sources=sources, states=states, grids=grids, columns=columns)


def _instant(column: str) -> sql.Composed:
    return sql.SQL("coalesce(floor(extract(epoch FROM {})), 0)::bigint").format(sql.Identifier("source_row", column))


def _placed(conn: Conn, cases: Cases, before: History | None) -> Placed:
    """Find where cases lie; those that lay there before are taken over."""
    columns = cases.columns
    number = len(columns["id"])
    cells = {resolution: np.zeros(number, np.uint64) for resolution in RESOLUTIONS}
    road = np.full(number, -1, np.int32)
    roads: tuple[str, ...] = before.roads if before else ()
    new = np.ones(number, np.bool_)
    if before is not None and len(before):
        rows, same = _taken_over(columns, before)
        new = ~same
        for resolution in RESOLUTIONS:
            known = np.append(before.cells[resolution], np.uint64(0))
            cells[resolution][same] = known[before.spots(rows, resolution)]
        road[same] = before.road[rows]
    new &= columns["vague"] == 0
    if new.any():
        lon, lat = columns["lon"][new], columns["lat"][new]
        for resolution in RESOLUTIONS:
            cells[resolution][new] = cells_of(lon, lat, resolution)
        # names are in one order as long as the roads are the same
        roads, road[new] = _nearest_roads(conn, lon, lat)
    road[columns["vague"] == 1] = -1
    for resolution in RESOLUTIONS:
        cells[resolution][columns["vague"] == 1] = 0
    return Placed(cells=cells, road=road, roads=roads)


def _taken_over(columns: Mapping[str, Any], before: History) -> tuple[Ints, Bools]:
    """Return the rows of the history before for the cases that are in it at the same place, and which cases these are."""
    order = np.argsort(before.id)
    ids = before.id[order]
    places = np.minimum(np.searchsorted(ids, columns["id"]), len(ids) - 1)
    rows = order[places]
    spot = before.spots(rows, max(RESOLUTIONS)) >= 0
    same = (before.id[rows] == columns["id"]) & (before.lon[rows] == columns["lon"]) & (before.lat[rows] == columns["lat"]) & spot
    return rows[same], same


def _nearest_roads(conn: Conn, lon: Floats, lat: Floats) -> tuple[tuple[str, ...], Numbers]:
    """Return the names of all roads, and for each position the place in them of the nearest within 40 m, or -1."""
    with conn.cursor(binary=True) as cursor:
        edges: Sequence[tuple[str, bytes]] = cursor.execute(ROADS).fetchall()
    names = tuple(sorted({name for name, _ in edges}))
    found = np.full(len(lon), -1, np.int32)
    if not edges:
        return names, found
    place = {name: number for number, name in enumerate(names)}
    metric = f"EPSG:{crs.utm(lon, lat)}"
    lines = shapely.from_wkb([shape for _, shape in edges])
    lines = shapely.transform(lines, lambda xy: np.column_stack(crs.from_wgs84(xy[:, 0], xy[:, 1], metric)))
    tree = shapely.STRtree(lines)
    points = shapely.points(*crs.from_wgs84(lon, lat, metric))
    which, nearest = tree.query_nearest(points, max_distance=ROAD_M, all_matches=False)
    found[which] = np.array([place[name] for name, _ in edges], np.int32)[nearest]
    return names, found
