"""`python -m geodata export history --to FOLDER`: all cases as GeoParquet, a file for each month of China, for programs that work on many machines.

Columns: id, class_code, sub_code, major, source, level, state, grid_code, building_id, lead_department (0: none), reported_at, deadline_at,
closed_at (UTC), h3_7 to h3_10 (0 when the place is only known to an area), geometry (WKB, WGS 84). Nothing personal and no text.
"""

import datetime as dt
import itertools
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h3
import psycopg
import shapely
from psycopg.types.json import Jsonb

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.progress import QUIET, Progress

RESOLUTIONS = (7, 8, 9, 10)
VAGUE = ("area", "district")
FILE = "cases.parquet"
PREFIX = "month="
ROWS_A_BATCH = 20_000
NAMES = (
    "id", "class_code", "sub_code", "major", "source", "level", "state", "grid_code", "building_id", "lead_department",
    "reported_at", "deadline_at", "closed_at",
)  # fmt: skip
ROWS = """
    SELECT to_char(e.reported_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS month, ST_X(e.geom), ST_Y(e.geom), e."precision",
           e.id, e.class_code, coalesce(c.sub_code, ''), c.major, e.source, e.level, e.state, e.grid_code, coalesce(e.building_id, 0),
           coalesce(e.lead_department, 0), e.reported_at, e.deadline_at, e.closed_at
    FROM hall.event AS e JOIN hall.event_class AS c ON c.code = e.class_code
    WHERE NOT ST_IsEmpty(e.geom)
    ORDER BY e.reported_at, e.id
"""
TRACE = "INSERT INTO hall.audit (username, action, object, success, detail) VALUES ('command line', 'export', 'history.parquet', true, %s)"


def export(conn: Conn, folder: Path, progress: Progress = QUIET) -> int:
    """Write all cases and return how many there are. What the folder held of an earlier export is replaced at the end.

    Raises:
        InvalidInputError: the folder holds something else, or cannot be written to.
    """
    strange = [entry.name for entry in folder.iterdir() if not entry.name.startswith(PREFIX)] if folder.is_dir() else []
    if strange or folder.is_file():
        raise InvalidInputError(f"{folder}: holds {strange[0] if strange else 'a file'}; name a folder of its own")
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        with progress.step("export history") as step:
            count = 0
            for month, rows in itertools.groupby(_rows(conn), key=lambda row: str(row[0])):
                count += _write(part / f"{PREFIX}{month}", list(rows))
            step.note = f"{count:,} cases"
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    except OSError as error:
        raise InvalidInputError(f"{folder}: {error.strerror}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    conn.execute(TRACE, (Jsonb({"rows": count}),))
    return count


def run(database_url: str, folder: Path, progress: Progress) -> None:
    """Export and print how many there are. Errors as `export`."""
    with psycopg.connect(database_url) as conn:
        count = export(conn, folder, progress)
    print(f"{folder}: {count:,} cases")


def _rows(conn: Conn) -> Iterator[Sequence[Any]]:
    with conn.cursor(name="history") as cursor:
        cursor.itersize = ROWS_A_BATCH
        cursor.execute(ROWS)
        yield from cursor


def _write(folder: Path, rows: Sequence[Sequence[Any]]) -> int:
    import geopandas as gpd  # noqa: PLC0415 - a second, and only this needs it

    lon, lat = [row[1] for row in rows], [row[2] for row in rows]
    known = [row[3] not in VAGUE for row in rows]
    columns: dict[str, Any] = {name: [row[4 + place] for row in rows] for place, name in enumerate(NAMES)}
    columns["closed_at"] = [at or None for at in columns["closed_at"]]
    find = h3.api.basic_int.latlng_to_cell
    for resolution in RESOLUTIONS:
        columns[f"h3_{resolution}"] = [find(y, x, resolution) if there else 0 for x, y, there in zip(lon, lat, known, strict=True)]
    frame = gpd.GeoDataFrame(columns, geometry=shapely.points(lon, lat), crs="EPSG:4326")
    for name in ("reported_at", "deadline_at", "closed_at"):
        frame[name] = frame[name].astype("datetime64[us, UTC]")
    frame = frame.astype({f"h3_{resolution}": "uint64" for resolution in RESOLUTIONS} | {"level": "int8"})
    folder.mkdir()
    frame.to_parquet(folder / FILE, index=False)
    return len(rows)


def months_of(path: Path) -> tuple[dt.datetime, dt.datetime]:
    """Return the instants between which the cases of an exported file were reported, from the name of its folder."""
    year, month = (int(part) for part in path.parent.name.removeprefix(PREFIX).split("-"))
    zone = dt.timezone(dt.timedelta(hours=8))
    start = dt.datetime(year, month, 1, tzinfo=zone)
    return start, dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
