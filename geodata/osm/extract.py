"""Read an OSM extract (.osm.pbf, .osm) into plain columns, in memory: nothing is written here."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium
import shapely

from geodata.arrays import Bools, Geometries, objects
from geodata.errors import InvalidInputError

LINE_KEYS = ("highway", "railway", "waterway", "aeroway", "man_made", "natural")
AREA_KEYS = (
    "building",
    "building:part",
    "natural",
    "water",
    "waterway",
    "landuse",
    "leisure",
    "place",
    "amenity",
    "aeroway",
    "man_made",
    "tourism",
    "shop",
    "office",
    "healthcare",
    "craft",
    "historic",
    "railway",
    "public_transport",
    "emergency",
    "military",
    "power",
    "club",
)
POINT_KEYS = (*AREA_KEYS, "highway", "barrier")
SQUARES = frozenset({"pedestrian", "footway", "service"})


@dataclass(frozen=True, slots=True)
class Way:
    """A way that people or cars use, in its order of drawing."""

    id: int
    nodes: list[int]
    lonlat: list[tuple[float, float]]
    tags: dict[str, str]


@dataclass(slots=True)
class Features:
    """Columns of one kind of geometry in 4326; ref is n123, w123 or r123."""

    ref: list[str] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    geometry: Geometries = field(default_factory=lambda: np.empty(0, np.object_))

    def __len__(self) -> int:
        return len(self.ref)

    def where(self, wanted: Bools) -> "Features":
        """The rows where `wanted` is true."""
        index = np.flatnonzero(wanted)
        return Features([self.ref[i] for i in index], [self.tags[i] for i in index], self.geometry[index])


@dataclass(frozen=True, slots=True)
class Boundary:
    """An administrative relation with those of its member ways that the extract holds."""

    id: int
    level: int
    tags: dict[str, str]
    members: int
    """Ways that the relation names, here or not."""
    outer: Geometries
    inner: Geometries


@dataclass(slots=True)
class Extract:
    """All that the import takes from a file."""

    digest: str
    ways: list[Way] = field(default_factory=list)
    points: Features = field(default_factory=Features)
    lines: Features = field(default_factory=Features)
    areas: Features = field(default_factory=Features)
    boundaries: list[Boundary] = field(default_factory=list)
    unreadable: int = 0
    """Areas whose rings could not be closed."""


def digest_of(path: Path) -> str:
    """SHA-256 of the file.

    Raises:
        InvalidInputError: there is no such file, or it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}") from error


def read_extract(path: Path) -> Extract:
    """Read roads, points, lines, areas and administrative boundaries.

    Raises:
        InvalidInputError: no such file, not OSM, damaged, or without a single road or building.
    """
    extract = Extract(digest_of(path))
    try:
        _read_features(path, extract)
        extract.boundaries = list(_read_boundaries(path))
    except (RuntimeError, ValueError, OSError) as error:
        raise InvalidInputError(f"{path.name} cannot be read as an OSM extract (.osm.pbf or .osm): {error}") from error
    if not extract.ways and not any("building" in tags for tags in extract.areas.tags):
        raise InvalidInputError(f"{path.name} holds neither roads nor buildings")
    return extract


def _read_features(path: Path, extract: Extract) -> None:
    factory = osmium.geom.WKBFactory()
    wanted = osmium.filter.KeyFilter(*dict.fromkeys((*LINE_KEYS, *POINT_KEYS)))
    point_xy: list[tuple[float, float]] = []
    line_xy: list[list[tuple[float, float]]] = []
    area_wkb: list[bytes] = []
    for item in osmium.FileProcessor(str(path)).with_areas().with_filter(wanted):
        if isinstance(item, osmium.osm.Way) and not any(key in item.tags for key in LINE_KEYS):
            continue
        tags = dict(item.tags)
        if isinstance(item, osmium.osm.Node):
            extract.points.ref.append(f"n{item.id}")
            extract.points.tags.append(tags)
            point_xy.append((item.lon, item.lat))
        elif isinstance(item, osmium.osm.Way):
            _read_way(item, tags, extract, line_xy)
        elif isinstance(item, osmium.osm.Area) and _is_area(tags):
            try:
                area_wkb.append(bytes.fromhex(factory.create_multipolygon(item)))
            except RuntimeError:
                extract.unreadable += 1
                continue
            extract.areas.ref.append(f"{'w' if item.from_way() else 'r'}{item.orig_id()}")
            extract.areas.tags.append(tags)
    extract.points.geometry = objects(shapely.points(np.asarray(point_xy, float).reshape(-1, 2)))
    extract.lines.geometry = lines_of(line_xy)
    extract.areas.geometry = _valid(objects(shapely.from_wkb(area_wkb)))


def _read_way(item: osmium.osm.Way, tags: dict[str, str], extract: Extract, line_xy: list[list[tuple[float, float]]]) -> None:
    nodes = [(node.ref, (node.lon, node.lat)) for node in item.nodes if node.location.valid()]
    if len(nodes) < 2:
        return
    lonlat = [position for _, position in nodes]
    extract.lines.ref.append(f"w{item.id}")
    extract.lines.tags.append(tags)
    line_xy.append(lonlat)
    if "highway" in tags and tags.get("area") != "yes":
        extract.ways.append(Way(item.id, [ref for ref, _ in nodes], lonlat, tags))


def _is_area(tags: dict[str, str]) -> bool:
    """Closed ways come as areas whatever they are: a roundabout is none, a square is."""
    if any(key in tags for key in AREA_KEYS):
        return True
    return tags.get("area") == "yes" or tags.get("highway") in SQUARES


def _read_boundaries(path: Path) -> Iterator[Boundary]:
    relations = []
    for item in osmium.FileProcessor(str(path), osmium.osm.RELATION):
        tags = dict(item.tags)
        level = tags.get("admin_level", "")
        if not isinstance(item, osmium.osm.Relation) or tags.get("boundary") != "administrative" or tags.get("type") == "multilinestring":
            continue
        if level.isdigit():
            relations.append((item.id, int(level), tags, [(member.ref, member.role) for member in item.members if member.type == "w"]))
    line = _member_lines(path, {ref for *_, members in relations for ref, _ in members})
    for number, admin_level, tags, members in relations:
        inner = [line[ref] for ref, role in members if role == "inner" and ref in line]
        outer = [line[ref] for ref, role in members if role != "inner" and ref in line]
        yield Boundary(number, admin_level, tags, len(members), lines_of(outer), lines_of(inner))


def _member_lines(path: Path, ways: set[int]) -> dict[int, list[tuple[float, float]]]:
    found: dict[int, list[tuple[float, float]]] = {}
    if not ways:
        return found
    reader = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    for item in reader.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(osmium.filter.IdFilter(ways)):
        if isinstance(item, osmium.osm.Way):
            lonlat = [(node.lon, node.lat) for node in item.nodes if node.location.valid()]
            if len(lonlat) > 1:
                found[item.id] = lonlat
    return found


def lines_of(pieces: list[list[tuple[float, float]]]) -> Geometries:
    """Many lines at once."""
    if not pieces:
        return np.empty(0, np.object_)
    owner = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
    return objects(shapely.linestrings(np.asarray([xy for piece in pieces for xy in piece], float), indices=owner))


def _valid(geometry: Geometries) -> Geometries:
    broken = ~shapely.is_valid(geometry)
    geometry[broken] = shapely.make_valid(geometry[broken], method="structure", keep_collapsed=False)
    return geometry
