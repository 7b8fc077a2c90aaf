"""Bulk rows: what a column becomes, and updates that touch only what changed."""

import numpy as np
import pytest
import shapely

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.load import copy_frame, geometry_hex, multi_polygons, point_hex, upsert_frame

TABLE = "CREATE TEMP TABLE thing (id bigint PRIMARY KEY, name text, size real, at timestamptz, born date, tags text[], good boolean, other text)"


def rows(conn: Conn) -> list[tuple[object, ...]]:
    return conn.execute("SELECT id, name, size, at::text, born::text, tags, good FROM thing ORDER BY id").fetchall()


@pytest.fixture
def table(conn: Conn) -> Conn:
    conn.execute("SET timezone TO 'UTC'")
    conn.execute(TABLE)
    return conn


def test_every_kind_of_column_arrives(table: Conn) -> None:
    columns = {
        "id": np.array([1, 2]),
        "name": np.array(['逗号, "引号"', ""], object),
        "size": np.array([1.5, np.nan]),
        "at": np.array(["2026-11-23T04:05:06", "NaT"], "datetime64[s]"),
        "born": np.array(["1980-02-29", "NaT"], "datetime64[D]"),
        "tags": np.array(["{}", "{a,b}"]),
        "good": np.array([True, False]),
    }
    assert copy_frame(table, "thing", columns, freeze=True) == 2
    assert rows(table) == [
        (1, '逗号, "引号"', 1.5, "2026-11-23 04:05:06+00", "1980-02-29", [], True),
        (2, "", None, None, None, ["a", "b"], False),
    ]


def test_none_and_masked_values_are_null(table: Conn) -> None:
    sizes = np.ma.masked_array([1.0, 2.0], [False, True])
    copy_frame(table, "thing", {"id": np.array([1, 2]), "name": np.array(["a", None], object), "size": sizes})
    assert [(row[1], row[2]) for row in rows(table)] == [("a", 1.0), (None, None)]


def test_columns_of_different_length_are_refused(table: Conn) -> None:
    with pytest.raises(InvalidInputError, match="different length"):
        copy_frame(table, "thing", {"id": np.array([1, 2]), "name": np.array(["a"])})


def test_an_update_keeps_other_columns_and_counts_what_changed(table: Conn) -> None:
    first = {"id": np.array([1, 2]), "name": np.array(["a", "b"], object), "size": np.array([1.0, np.nan])}
    assert upsert_frame(table, "thing", first, ["id"]) == 2
    table.execute("UPDATE thing SET other = 'kept'")
    assert upsert_frame(table, "thing", first, ["id"]) == 0
    second = {"id": np.array([2, 3]), "name": np.array(["B", "c"], object), "size": np.array([np.nan, 3.0])}
    assert upsert_frame(table, "thing", second, ["id"]) == 2
    assert table.execute("SELECT id, name, other FROM thing ORDER BY id").fetchall() == [(1, "a", "kept"), (2, "B", "kept"), (3, "c", None)]


def test_geometry_arrives_in_4326(table: Conn) -> None:
    table.execute("CREATE TEMP TABLE place (spot geometry(Point, 4326), area geometry(MultiPolygon, 4326))")
    square = np.array([shapely.box(113.5, 22.1, 113.6, 22.2)], object)
    copy_frame(table, "place", {"spot": point_hex([113.55], [22.19]), "area": geometry_hex(multi_polygons(square))})
    found = table.execute("SELECT ST_AsText(spot), ST_AsText(area) FROM place").fetchone()
    assert found == ("POINT(113.55 22.19)", "MULTIPOLYGON(((113.6 22.1,113.6 22.2,113.5 22.2,113.5 22.1,113.6 22.1)))")
