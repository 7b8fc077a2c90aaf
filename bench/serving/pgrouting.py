"""pgRouting over the same streets, with its own positions and its own search: what our times are checked against."""

from dataclasses import dataclass

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray

from services.morton import Floats
from services.routing.network import Graph, Network

Lines = NDArray[np.object_]

TABLE = """
    CREATE EXTENSION IF NOT EXISTS pgrouting;
    CREATE SCHEMA IF NOT EXISTS bench;
    DROP TABLE IF EXISTS bench.street;
    CREATE TABLE bench.street (id bigint PRIMARY KEY, source bigint, target bigint, cost float8, reverse_cost float8, sound boolean,
                               geom geometry(LineString, 4326), flat geometry(LineString));
"""
COPY = "COPY bench.street (id, source, target, cost, reverse_cost, sound, geom) FROM STDIN"
INDEX = """
    UPDATE bench.street SET flat = ST_Transform(geom, {srid});
    CREATE INDEX ON bench.street USING gist (flat) WHERE sound;
    CREATE INDEX ON bench.street (source);
    CREATE INDEX ON bench.street (target);
    ANALYZE bench.street;
"""
SNAP = """
    SELECT near.id, ST_LineLocatePoint(near.flat, place.flat)
    FROM unnest(%(lons)s::float8[], %(lats)s::float8[]) WITH ORDINALITY AS given (lon, lat, n),
         LATERAL (SELECT ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), %(srid)s) AS flat) AS place,
         LATERAL (SELECT id, flat FROM bench.street WHERE sound ORDER BY flat <-> place.flat LIMIT 1) AS near
    ORDER BY n
"""
EDGES = "SELECT id, source, target, reverse_cost AS cost, cost AS reverse_cost FROM bench.street"
"""Turned round: one search from the target answers for all sources."""
POINTS = "SELECT * FROM (VALUES {rows}) AS point (pid, edge_id, fraction)"
COSTS = "SELECT end_pid, agg_cost FROM pgr_withPointsCost(%s, %s, -1, %s::bigint[], directed => true)"


@dataclass(frozen=True, slots=True)
class Streets:
    """The table of streets and the metric system that positions are found in."""

    conn: psycopg.Connection
    srid: int

    def to_one(self, lon: float, lat: float, lons: Floats, lats: Floats) -> Floats:
        """Return seconds from sources to one target; NaN where there is no way."""
        values = {"lons": [lon, *lons.tolist()], "lats": [lat, *lats.tolist()], "srid": self.srid}
        snapped = self.conn.execute(SNAP, values).fetchall()
        rows = ", ".join(f"({n}::bigint, {edge}::bigint, {_inner(share)}::float8)" for n, (edge, share) in enumerate(snapped, 1))
        ends = [-n for n in range(2, len(snapped) + 1)]
        found = np.full(len(lons), np.nan)
        for end, cost in self.conn.execute(COSTS, [EDGES, POINTS.format(rows=rows), ends]):
            found[-end - 2] = cost
        return found


def offered(conn: psycopg.Connection) -> bool:
    """Tell whether the server has pgRouting."""
    return conn.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pgrouting'").fetchone() is not None


def load(conn: psycopg.Connection, network: Network, graph: Graph, srid: int) -> Streets:
    """Write a graph into the database."""
    conn.execute(TABLE)
    sound = np.zeros(len(graph), bool)
    sound[graph._sound] = True  # noqa: SLF001 - the same rule on both sides
    shapes: Lines = shapely.set_srid(network.roads.lines[graph.edge], 4326)
    texts = shapely.to_wkb(shapes, hex=True, include_srid=True)
    with conn.cursor().copy(COPY) as out:
        for piece in range(len(graph)):
            cost = graph.seconds[piece] if graph.forward[piece] else -1.0
            back = graph.seconds[piece] if graph.backward[piece] else -1.0
            out.write_row((piece, int(graph.u[piece]), int(graph.v[piece]), float(cost), float(back), bool(sound[piece]), texts[piece]))
    conn.execute(INDEX.format(srid=srid))
    conn.commit()
    return Streets(conn, srid)


def _inner(share: float) -> float:
    """pgRouting takes points within an edge only."""
    return min(max(float(share), 1e-6), 1 - 1e-6)
