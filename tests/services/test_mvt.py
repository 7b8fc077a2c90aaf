"""Vector tiles written by us are read by others, and say what PostGIS would say."""

import numpy as np
from numpy.typing import NDArray

from geodata.db import Conn
from services import mvt
from tests import mvt as reader


def ints(*values: int) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def test_ids_points_and_tags_arrive() -> None:
    tags = [
        mvt.Tag("kind", ints(0, 1, -1), ["消火栓", "b"]),
        mvt.Tag("open", ints(1, 0, 1), [False, True]),
        mvt.Tag("n", ints(0, 1, 2), [7, -3, 1_767_225_600]),
        mvt.Tag("height", ints(-1, 0, 1), [2.5, 0.1]),
    ]
    tile = mvt.layer("rows", ints(1, 300, 2**40), ints(0, 4095, 17), ints(4095, 0, 5), tags)
    features = reader.layers(tile)["rows"]
    assert [(feature.id, feature.begins) for feature in features] == [(1, (0, 4095)), (300, (4095, 0)), (2**40, (17, 5))]
    assert [feature.tags for feature in features] == [
        {"kind": "消火栓", "open": True, "n": 7},
        {"kind": "b", "open": False, "n": -3, "height": 2.5},
        {"open": True, "n": 1_767_225_600, "height": 0.1},
    ]


def test_a_feature_may_have_no_id_and_no_tags() -> None:
    tile = mvt.layer("rows", ints(-1, 5), ints(1, 2), ints(1, 2), [mvt.Tag("a", ints(-1, 0), ["x"])])
    assert [(feature.id, feature.tags) for feature in reader.layers(tile)["rows"]] == [(None, {}), (5, {"a": "x"})]


def test_nothing_is_an_empty_tile() -> None:
    assert mvt.layer("rows", ints(), ints(), ints()) == b""


def test_postgis_writes_the_same_features(conn: Conn) -> None:
    row = conn.execute("""
        SELECT ST_AsMVT(q, 'rows', 4096, 'geom', 'id')
        FROM (SELECT 7 AS id, 'x' AS a, ST_MakePoint(12, 34) AS geom UNION ALL SELECT 8, NULL, ST_MakePoint(4095, 0)) AS q
    """).fetchone()
    assert row is not None
    ours = mvt.layer("rows", ints(7, 8), ints(12, 4095), ints(34, 0), [mvt.Tag("a", ints(0, -1), ["x"])])
    assert reader.layers(ours) == reader.layers(bytes(row[0]))
