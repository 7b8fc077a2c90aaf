"""Build the base map at import time: thematic tables in the schema base, then every tile of the frame into one archive."""

from dataclasses import dataclass
from pathlib import Path

import shapely
from psycopg import sql
from shapely.geometry.base import BaseGeometry

from geodata.basemap.archive import write_archive
from geodata.basemap.land import land_faces
from geodata.basemap.names import name_features
from geodata.basemap.road_labels import place_road_labels
from geodata.db import Conn
from geodata.errors import SetupError
from geodata.progress import QUIET, Progress

ARCHIVE = Path("tiles") / "base.mbtiles"
"""Below DATA_DIR."""
MARGIN_M = 4_000
"""How far the frame reaches beyond the area of authority, in projected metres."""
MERCATOR = 3857
TABLES = ("name", "land", "coast", "surface", "road", "track", "building", "label", "house", "road_label")

# The area of authority: the district, else everything that is mapped (without the few ways that run far beyond it).
AUTHORITY = """
    SELECT ST_AsBinary(coalesce(
        (SELECT ST_Union(ST_Buffer(geom_3857, 1)) FROM hall.area WHERE level = 'district'),
        (SELECT ST_Transform(ST_MakeEnvelope(
                    percentile_cont(0.01) WITHIN GROUP (ORDER BY ST_XMin(geom)), percentile_cont(0.01) WITHIN GROUP (ORDER BY ST_YMin(geom)),
                    percentile_cont(0.99) WITHIN GROUP (ORDER BY ST_XMax(geom)), percentile_cont(0.99) WITHIN GROUP (ORDER BY ST_YMax(geom)),
                    4326), 3857)
         FROM base.feature WHERE tags ?| ARRAY['building', 'highway'])))
"""
COAST = """
    SELECT ST_AsBinary(ST_Transform(geom, 3857)) FROM base.feature
    WHERE GeometryType(geom) = 'LINESTRING' AND tags->>'natural' = 'coastline'
"""
LAND = "INSERT INTO base.land (k, geom) SELECT %s, ST_Subdivide(ST_GeomFromWKB(%s, 3857), 128)"
SHORE = """
    INSERT INTO base.coast (k, geom)
    SELECT EXISTS (SELECT 1 FROM base.land WHERE k = 1 AND ST_DWithin(land.geom, line.geom, 60))::int, line.geom
    FROM (SELECT ST_Subdivide(ST_GeomFromWKB(%s, 3857), 64) AS geom) AS line
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basemap:
    """What a build made."""

    archive: Path
    version: str
    """Digest of the tiles: part of their ETag."""
    tiles: int
    labels: int
    chinese: bool
    """Labels are Chinese; else the given names are used."""


def build(conn: Conn, data_dir: Path, progress: Progress = QUIET) -> Basemap:
    """Fill the tables of the schema base from base.feature and hall.area, and seed all tiles of zoom 8 to 16.

    Runs in the caller's transaction and empties the tables first; the archive is replaced at the end, in one move. An extract without a
    coast is all land; without a district, everything mapped is drawn in full.

    Raises:
        SetupError: base.feature is empty.
    """
    frame, authority = _frame(conn)
    conn.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(sql.Identifier("base", name) for name in TABLES)))
    # spatial functions look so costly to the planner that it would compile queries on tables of this size
    conn.execute("SET LOCAL jit = off")
    conn.execute("SET LOCAL statement_timeout = 0")
    with progress.step("base map: land and surfaces") as step:
        step.note = f"{_build_ground(conn, frame, authority):,} shapes"
    with progress.step("base map: roads and buildings") as step:
        step.note = f"{_run(conn, 'ways') + _run(conn, 'buildings'):,} rows"
    with progress.step("base map: labels") as step:
        chinese = name_features(conn)
        labels = _run(conn, "labels") + place_road_labels(conn)
        step.note = f"{labels:,} names"
    with progress.step("base map: tiles") as step:
        for name in TABLES:
            conn.execute(sql.SQL("ANALYZE {}").format(sql.Identifier("base", name)))
        archive = data_dir / ARCHIVE
        written = write_archive(conn, archive, frame)
        step.note = f"{written.tiles:,} tiles, {written.size_bytes / 1e6:.1f} MB"
    return Basemap(archive=archive, version=written.version, tiles=written.tiles, labels=labels, chinese=chinese)


def _frame(conn: Conn) -> tuple[shapely.Polygon, BaseGeometry]:
    """The box that is drawn and the area of authority in it, both in 3857."""
    row = conn.execute(AUTHORITY).fetchone()
    if row is None or row[0] is None:
        raise SetupError("there is nothing to draw a base map from: import an extract first (python -m geodata import osm FILE)")
    authority = shapely.from_wkb(row[0])
    west, south, east, north = authority.bounds
    return shapely.box(west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M), authority


def _build_ground(conn: Conn, frame: shapely.Polygon, authority: BaseGeometry) -> int:
    coast = [shapely.from_wkb(row[0]) for row in conn.execute(COAST)]
    ground = land_faces(coast, frame, authority)
    with conn.cursor() as cursor:
        cursor.executemany(LAND, [(1, piece.wkb) for piece in ground.inside] + [(0, piece.wkb) for piece in ground.outside])
        cursor.executemany(SHORE, [(line.wkb,) for line in ground.shore])
    return _run(conn, "ground")


def _run(conn: Conn, theme: str) -> int:
    """Run the statements of one theme; the number of rows that its inserts made."""
    rows = 0
    with conn.cursor() as cursor:
        cursor.execute(Path(__file__).with_name(f"{theme}.sql").read_bytes())
        while True:
            if (cursor.statusmessage or "").startswith("INSERT"):
                rows += cursor.rowcount
            if not cursor.nextset():
                return rows
