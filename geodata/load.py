"""Bulk rows into the database: numpy columns -> Arrow -> CSV -> COPY, geometry as hex EWKB."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import shapely
from psycopg import sql

from geodata.db import Conn
from geodata.errors import InvalidInputError

Array: TypeAlias = npt.NDArray[Any]
Column: TypeAlias = Array | pa.Array
ROWS_A_BLOCK = 50_000
HEX = np.frombuffer(b"".join(b"%02X" % value for value in range(256)), "<u2")
POINT_4326 = np.dtype([("order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("lon", "<f8"), ("lat", "<f8")])
EWKB_POINT = 0x20000001

# Rows that are there already are taken out first: a statement that changes nothing would still raise the layer's revision.
SAME_ROWS = sql.SQL("DELETE FROM staged USING {target} AS old WHERE {same_key} AND ROW({old}) IS NOT DISTINCT FROM ROW({new})")
UPSERT = sql.SQL(
    "INSERT INTO {target} ({names}) SELECT {names} FROM staged ORDER BY row_no ON CONFLICT ({key}) DO UPDATE SET {assignments}"
)


def copy_frame(conn: Conn, table: str, columns: Mapping[str, Column], *, freeze: bool = False) -> int:
    """Append rows to `table` ("schema.name") with one COPY; return their number.

    Arrays of one length, a row per index. Text may be a fixed-width array (str or bytes) or objects (str | None); NaN, NaT, None and
    masked values become NULL, the empty string stays one. `datetime64[D]` is a date, finer units are instants in UTC. `text[]` columns
    take PostgreSQL literals ("{}", "{a,b}"). Geometry: `point_hex` or `geometry_hex`.

    `freeze` saves a later rewrite; PostgreSQL allows it only when the table was created or truncated in this transaction.

    Raises:
        InvalidInputError: columns of different length.
    """
    frame = pa.table({name: as_arrow(values) for name, values in _same_length(columns).items()})
    options = sql.SQL("FORMAT csv, FREEZE") if freeze else sql.SQL("FORMAT csv")
    command = sql.SQL("COPY {} ({}) FROM STDIN ({})").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, columns)), options
    )
    with conn.cursor() as cursor, cursor.copy(command) as copy:
        for start in range(0, frame.num_rows, ROWS_A_BLOCK):
            block = pa.BufferOutputStream()
            pyarrow.csv.write_csv(frame.slice(start, ROWS_A_BLOCK), block, pyarrow.csv.WriteOptions(include_header=False))
            copy.write(memoryview(block.getvalue()))
    return int(frame.num_rows)


def as_column(values: Sequence[Any]) -> Column:
    """Values as `copy_frame` wants them; lists become array literals."""
    if any(isinstance(value, list) for value in values):
        return np.array([_array(value) if isinstance(value, list) else None for value in values], object)
    out = np.full(len(values), None, object)
    out[:] = values
    return out if any(value is not None for value in values) else np.ma.MaskedArray(np.zeros(len(values), np.int8), mask=True)


def _array(items: Sequence[str]) -> str:
    quoted = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"


def upsert_frame(conn: Conn, table: str, columns: Mapping[str, Column], key: Sequence[str]) -> int:
    """Insert rows, or update those that exist under the unique `key` and differ; other columns keep what they hold.

    Works through a temporary table that ends with the transaction. Rows keep their order, so that new ids ascend with it.
    Returns the number of rows inserted or changed.
    """
    target = sql.Identifier(*table.split("."))
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    conn.execute("DROP TABLE IF EXISTS pg_temp.staged")
    conn.execute(sql.SQL("CREATE TEMP TABLE staged ON COMMIT DROP AS SELECT {}, 0 AS row_no FROM {} WITH NO DATA").format(names, target))
    count = len(next(iter(columns.values())))
    copy_frame(conn, "staged", {**columns, "row_no": np.arange(count)})
    others = [name for name in columns if name not in key]
    parts = {
        "target": target,
        "names": names,
        "key": sql.SQL(", ").join(map(sql.Identifier, key)),
        "same_key": sql.SQL(" AND ").join(sql.SQL("old.{0} = staged.{0}").format(sql.Identifier(name)) for name in key),
        "old": sql.SQL(", ").join(sql.Identifier("old", name) for name in others),
        "new": sql.SQL(", ").join(sql.Identifier("staged", name) for name in others),
        "assignments": sql.SQL(", ").join(sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in others),
    }
    changed = count - conn.execute(SAME_ROWS.format(**parts)).rowcount
    if changed:
        conn.execute(UPSERT.format(**parts))
    conn.execute("DROP TABLE pg_temp.staged")
    return changed


def point_hex(lon: npt.ArrayLike, lat: npt.ArrayLike) -> pa.Array:
    """Points in 4326, longitude first, as hex EWKB made without a loop."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    record = np.empty(len(x), POINT_4326)
    record["order"], record["type"], record["srid"], record["lon"], record["lat"] = 1, EWKB_POINT, 4326, x, y
    digits = HEX[np.frombuffer(record.tobytes(), np.uint8)]
    width = 2 * POINT_4326.itemsize
    offsets = np.arange(len(x) + 1, dtype=np.int64) * width
    return pa.Array.from_buffers(pa.large_string(), len(x), [None, pa.py_buffer(offsets), pa.py_buffer(digits)])


def geometry_hex(geometries: Array) -> Array:
    """Any shapely geometries in 4326 as hex EWKB; None stays None."""
    tagged = shapely.set_srid(geometries, 4326)
    return np.asarray(shapely.to_wkb(tagged, hex=True, include_srid=True), object)


def multi_polygons(geometries: Array) -> Array:
    """Polygons wrapped as multipolygons, as the area and building tables want them."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    return np.asarray(shapely.multipolygons(parts, indices=owner), object)


def as_arrow(values: Column) -> pa.Array:
    """One column as Arrow, with the conversions that `copy_frame` promises."""
    if isinstance(values, pa.Array):
        return values
    if isinstance(values, np.ma.MaskedArray):
        return pa.array(values.data, mask=np.ma.getmaskarray(values), from_pandas=True)
    if values.dtype.kind == "S":
        return pa.array(values).cast(pa.string())
    if values.dtype.kind == "M" and np.datetime_data(values.dtype)[0] != "D":
        return pa.array(values.astype("datetime64[us]"), pa.timestamp("us", tz="UTC"), from_pandas=True)
    return pa.array(values, from_pandas=True)


def _same_length(columns: Mapping[str, Column]) -> Mapping[str, Column]:
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidInputError(f"columns of different length: {lengths}")
    return columns
