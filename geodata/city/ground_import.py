"""`python -m geodata import osm FILE`: an extract becomes the ground of the hall, in one transaction."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
import pyproj
import shapely

from geodata import crs
from geodata.arrays import objects, projected
from geodata.city.buildings import describe
from geodata.city.division import Division, Mapped, divide_land
from geodata.city.division_file import VERSION, find_division, keep_division
from geodata.city.ground_store import Stored, store_ground
from geodata.db import Conn
from geodata.osm.boundaries import administration
from geodata.osm.edges import network
from geodata.osm.extract import Extract, read_extract
from geodata.osm.footprints import footprints
from geodata.osm.places import places
from geodata.progress import QUIET, Progress, to_terminal

HELP = "import an OpenStreetMap extract: roads, buildings, places, areas, grids"
STALE_CITY = """
    SELECT EXISTS (SELECT FROM hall.fact AS city JOIN hall.fact AS ground ON ground.key = 'ground'
                   WHERE city.key = 'sample' AND city.value->>'ground' <> ground.value->>'digest')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came in."""

    edges: int
    places: int
    buildings: int
    grids: int
    communities: int
    streets: int
    city_grids: int
    households: float
    stored: Stored


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help=".osm.pbf or .osm")


def run(options: argparse.Namespace, database_url: str, data_dir: Path) -> None:
    """Import as the options say and print what came in.

    Raises:
        HallError: nothing was imported; the message says why.
    """
    with psycopg.connect(database_url) as conn:
        done = import_osm(conn, options.file, data_dir, to_terminal())
        stale = conn.execute(STALE_CITY).fetchone() == (True,)
    print(
        f"{options.file.name}: {done.edges:,} road edges, {done.buildings:,} buildings, {done.places:,} places, {done.streets} streets, "
        f"{done.communities} communities, {done.grids} base grids, {done.city_grids} city-management grids"
    )
    if stale:
        print("the sample city was made on another extract: run `python -m geodata demo` to make it anew")


def import_osm(conn: Conn, path: Path, data_dir: Path, progress: Progress = QUIET) -> Imported:
    """Read an extract and bring the tables in line with it, in the caller's transaction; a second time changes nothing.

    Rows of an earlier extract go, rows of other sources stay. The division of the land is kept below `data_dir`, since it takes longest.

    Raises:
        InvalidInputError: the file is missing, damaged, no OSM extract, or empty. Nothing is written then.
    """
    with progress.step(f"read {path.name}") as step:
        extract = read_extract(path)
        step.note = f"{len(extract.ways):,} ways, {len(extract.areas):,} areas"
    with progress.step("roads, places, buildings") as step:
        mapped = describe_extract(extract)
        step.note = f"{len(mapped.network.line):,} edges, {len(mapped.places.name):,} places, {len(mapped.buildings.point):,} buildings"
    division = find_division(extract.digest, data_dir)
    if division is None:
        division = divide_land(mapped, progress)
        keep_division(division, extract.digest, data_dir)
    households = _households_inside(mapped, division)
    facts: dict[str, object] = {
        "digest": extract.digest,
        "file": path.name,
        "epsg": mapped.epsg,
        "households": round(households, 1),
        "version": VERSION,
    }
    stored = store_ground(conn, mapped, division, facts, progress)
    return Imported(
        edges=len(mapped.network.line),
        places=len(mapped.places.name),
        buildings=len(mapped.buildings.point),
        grids=len(division.grid),
        communities=len(division.community_name),
        streets=len(division.street_name),
        city_grids=int(division.grid_city_grid.max()) + 1,
        households=households,
        stored=stored,
    )


def describe_extract(extract: Extract) -> Mapped:
    """Derive everything that the tables and the division of the land need; nothing is written."""
    mapped_buildings, roads, places_here = footprints(extract.areas), network(extract.ways), places(extract.points, extract.areas)
    seats = shapely.point_on_surface(mapped_buildings.polygon)
    if not len(seats):
        seats = shapely.line_interpolate_point(roads.line, 0.5, normalized=True)
    epsg = crs.utm(*shapely.get_coordinates(objects(seats)).T)
    to_metres = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
    polygon = projected(mapped_buildings.polygon, to_metres)
    return Mapped(
        extract=extract,
        network=roads,
        places=places_here,
        buildings=describe(mapped_buildings, polygon, extract.areas, places_here),
        administration=administration(extract.boundaries, objects(seats), extract.points),
        epsg=epsg,
        to_metres=to_metres,
    )


def _households_inside(mapped: Mapped, division: Division) -> float:
    building, _ = shapely.STRtree(mapped.metres(division.grid)).query(mapped.buildings.point, predicate="intersects")
    return float(mapped.buildings.households[np.unique(building)].sum())
