"""The ground as the generators see it: numpy columns in a metric plane, read from the database after an import."""

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely

from geodata.arrays import Bools, Floats, Geometries, Ints, Texts, objects

__all__ = ["Areas", "Bools", "Buildings", "Floats", "Geometries", "Ground", "Ints", "Places", "Roads", "Texts", "grid_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildings:
    """Every building, in order of id. Those outside the district are there too (`inside` False) but carry no households."""

    id: Ints
    code: Texts
    """Grid code + B + 4 digits."""
    name: Texts
    """str | None"""
    address: Texts
    """str | None"""
    polygon: Geometries
    """MultiPolygon, metres."""
    point: Floats
    """(n, 2) metres: a point that lies within the footprint."""
    use_type: Texts
    """residential | mixed | commercial | office | industrial | public | other"""
    floors: Ints
    """Above ground, at least 1."""
    height_m: Floats
    area_m2: Floats
    """Footprint."""
    home_share: Floats
    """0..1: part of the floor space that people live in."""
    households: Floats
    """Expected households at scale 1.0 (not whole numbers); their sum is `Ground.households`."""
    grid: Ints
    """Index into `Ground.grids`: the base grid that holds `point`, the nearest one when outside."""
    inside: Bools
    """Within the district's land."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roads:
    """Every edge of the network, in order of id: split wherever ways meet, so u and v are junctions or ends."""

    id: Ints
    u: Ints
    """Node id (OSM) where `line` begins."""
    v: Ints
    line: Geometries
    """LineString, metres, from u to v."""
    highway: Texts
    """OSM class, links included: primary, residential, service, footway, steps …"""
    name: Texts
    """str | None"""
    speed_kmh: Floats
    length_m: Floats
    """On the ellipsoid; use this one for distances, `shapely.length(line)` for positions along the line."""
    forward: Bools
    """May be travelled from u to v."""
    backward: Bools
    drive: Bools
    """Open to cars."""
    bridge: Bools
    tunnel: Bools
    width_m: Floats
    """NaN where not mapped."""
    grid: Ints
    """Index into `Ground.grids`: grid at the middle of the line, the nearest one over water or outside."""
    inside: Bools
    """The middle of the line lies within the district's land or 15 m of it: generate only along these, route over all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Named points of interest and place names, in order of id."""

    id: Ints
    place_class: Texts
    """Key of the classes in layers/places.py: school, hospital, police, fire_station, toilet, parking, food, shop, quarter …"""
    name: Texts
    """Simplified Chinese where the source has Chinese."""
    address: Texts
    phone: Texts
    tags: Texts
    """dict[str, str] as mapped."""
    point: Floats
    """(n, 2) metres."""
    grid: Ints
    """Index into `Ground.grids`."""
    inside: Bools
    """Within the district's land."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """One level of areas, in order of code."""

    id: Ints
    code: Texts
    name: Texts
    kind: Texts
    """inner | outer | rural"""
    parent: Ints
    """Index into the next higher level; -1 without one. Base grid -> community -> street -> district; city grid -> district."""
    polygon: Geometries
    """MultiPolygon, metres."""
    area_m2: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Everything that generation stands on. Coordinates are metres in `crs`, the UTM zone of the district, east first."""

    crs: pyproj.CRS
    district: Areas
    """One row."""
    streets: Areas
    communities: Areas
    grids: Areas
    """Base grids; together they cover the district's land without gap or overlap."""
    city_grids: Areas
    buildings: Buildings
    roads: Roads
    places: Places
    households: float
    """Households of the district at scale 1.0: 298,500 in the sample city."""
    to_lonlat: pyproj.Transformer
    """crs -> 4326: `lon, lat = ground.to_lonlat.transform(x, y)` (vectorised)."""
    to_metres: pyproj.Transformer
    """4326 -> crs: `x, y = ground.to_metres.transform(lon, lat)`."""
    grid_tree: shapely.STRtree
    """Over `grids.polygon`."""
    digest: str
    """SHA-256 of the extract: the same digest and seed give the same city."""

    def grid_of(self, xy: Floats) -> Ints:
        """Index of the base grid that holds each point (n, 2) in metres; points over water or on bridges take the nearest one.

        A point on a border takes the lower index.
        """
        return grid_at(self.grid_tree, objects(shapely.points(xy)))[0]


def grid_at(tree: shapely.STRtree, points: Geometries) -> tuple[Ints, Bools]:
    """Index of the polygon that holds each point, the nearest one for points outside; and whether it lies inside.

    A point on a border takes the lower index.
    """
    shapely.prepare(tree.geometries)  # three times as fast as the tree's own predicate, which prepares the points
    found, polygon = tree.query(points)
    holds = shapely.intersects(tree.geometries[polygon], points[found])
    found, polygon = found[holds], polygon[holds]
    order = np.argsort(-polygon, kind="stable")
    out = np.full(len(points), -1, np.int64)
    out[found[order]] = polygon[order]
    inside = out >= 0
    if not inside.all():
        out[~inside] = tree.nearest(points[~inside])
    return out, inside
