"""The division of the district's land: streets, communities, base grids and city-management grids, made once per extract."""

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely

from geodata.arrays import Floats, Geometries, Ints, objects, projected
from geodata.city import area_names
from geodata.city.blocks import Site, atoms
from geodata.city.buildings import BuildingRows
from geodata.city.grids import HOUSEHOLDS_PER_GRID, OUTER_HOUSEHOLDS_PER_GRID, Grids, counts_for, dissolve, grids_of
from geodata.city.land import coastlines, land_within
from geodata.osm.boundaries import Administration
from geodata.osm.edges import Network
from geodata.osm.extract import Extract
from geodata.osm.names import CHINESE
from geodata.osm.places import PlaceRows
from geodata.progress import Progress

DEGREES = 1e-7
"""Coordinates are kept on this grid, about a centimetre."""
INNER_HOUSEHOLDS_PER_HA = 40.0
"""A street (sub-district) that is settled less densely is an outer one (KF-21)."""
PARK_CLASSES = frozenset({"park"})
QUARTER_TAGS = frozenset({"suburb", "quarter", "neighbourhood", "village", "hamlet", "locality"})
ROADS_WITH_A_NAME = frozenset({"primary", "secondary", "tertiary", "residential", "unclassified", "living_street", "pedestrian"})
BAND_M = 250.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """Base grids in 4326 and how they nest. Each level is numbered from 0 in reading order: north to south, west to east."""

    district: str
    street_name: list[str]
    street_kind: list[str]
    """inner | outer"""
    community_name: list[str]
    community_street: Ints
    grid: Geometries
    """Polygon or MultiPolygon."""
    grid_community: Ints
    """Ascending."""
    grid_city_grid: Ints

    @property
    def grid_street(self) -> Ints:
        """Street of each base grid."""
        return self.community_street[self.grid_community]

    def level(self, group: Ints) -> Geometries:
        """Areas of a higher level, from the index that each base grid has there."""
        return dissolve(self.grid, group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What the import has read and described so far."""

    extract: Extract
    network: Network
    places: PlaceRows
    buildings: BuildingRows
    administration: Administration
    epsg: int
    """The metric plane: UTM."""
    to_metres: pyproj.Transformer

    def metres(self, geometries: Geometries) -> Geometries:
        """4326 to the metric plane."""
        return projected(geometries, self.to_metres)


def divide_land(mapped: Mapped, progress: Progress) -> Division:
    """Cut the district's land into blocks and gather them into nested grids. Some ten seconds for a city of 300,000 households."""
    streets = mapped.metres(objects([item.area for item in mapped.administration.streets]))
    land = land_within(shapely.union_all(streets), mapped.metres(coastlines(mapped.extract.lines)))
    street_land = shapely.intersection(streets, land)
    dry = shapely.area(street_land) > 0
    names = [item.name for item, keep in zip(mapped.administration.streets, dry, strict=True) if keep]
    households, kinds = _settlement(mapped.buildings, street_land[dry])
    outer = kinds == "outer"
    with progress.step("land: blocks") as step:
        pieces = atoms(_site(mapped, street_land[dry], households))
        step.note = f"{len(pieces.street):,} pieces in {len(names)} streets"
    with progress.step("land: grids") as step:
        grids = grids_of(pieces, counts_for(pieces, outer), outer)
        step.note = f"{len(grids.polygon)} base grids, {int(grids.city_grid.max()) + 1} city-management grids"
    return _named(mapped, _in_reading_order(grids, street_land[dry]), names, kinds, households)


def _settlement(buildings: BuildingRows, street_land: Geometries) -> tuple[Floats, Geometries]:
    """Households of each building, none outside the land; and the kind of each street by its density."""
    building, street = shapely.STRtree(street_land).query(buildings.point, predicate="intersects")
    households = np.zeros(len(buildings.point))
    households[building] = buildings.households[building]
    density = np.bincount(street, buildings.households[building], len(street_land)) / (shapely.area(street_land) / 1e4)
    return households, np.where(density < INNER_HOUSEHOLDS_PER_HA, "outer", "inner").astype(object)


def _site(mapped: Mapped, street_land: Geometries, households: Floats) -> Site:
    edges = mapped.network.edges
    surface = ~edges["bridge"].astype(bool) & ~edges["tunnel"].astype(bool)
    lakes = np.array([tags.get("natural") == "water" for tags in mapped.extract.areas.tags], bool)
    return Site(
        street_land=street_land,
        lakes=mapped.metres(mapped.extract.areas.geometry[lakes]),
        road_line=mapped.metres(mapped.network.line[surface]),
        road_class=objects(edges["highway"][surface]),
        footprint=mapped.buildings.polygon,
        building_point=mapped.buildings.point,
        households=households,
        households_per_grid=HOUSEHOLDS_PER_GRID if households.sum() else OUTER_HOUSEHOLDS_PER_GRID,
    )


def _in_reading_order(grids: Grids, street_land: Geometries) -> tuple[Grids, Ints]:
    """Number each level anew; also the place of each street in the new order."""
    street_at = _rank(reading_order(street_land, np.zeros(len(street_land), np.int64)))
    community = dissolve(grids.polygon, grids.community)
    _, first = np.unique(grids.community, return_index=True)
    community_at = _rank(reading_order(community, street_at[grids.street[first]]))
    own = community_at[grids.community]
    order = reading_order(grids.polygon, own)
    city = _rank(reading_order(dissolve(grids.polygon, grids.city_grid), np.zeros(int(grids.city_grid.max()) + 1, np.int64)))
    ordered = Grids(grids.polygon[order], own[order], street_at[grids.street][order], city[grids.city_grid][order])
    return ordered, street_at


def reading_order(polygons: Geometries, parent: Ints) -> Ints:
    """Indices by parent, then in rows from north to south, and from west to east within a row."""
    xy = shapely.get_coordinates(shapely.centroid(polygons))
    return np.asarray(np.lexsort((xy[:, 0], -np.round(xy[:, 1] / BAND_M), parent)), np.int64)


def _rank(order: Ints) -> Ints:
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _named(mapped: Mapped, numbered: tuple[Grids, Ints], names: list[str], kinds: Geometries, households: Floats) -> Division:
    grids, street_at = numbered
    order = np.argsort(street_at)
    street_name = [names[index] for index in order]
    _, first = np.unique(grids.community, return_index=True)
    chinese = bool(CHINESE.search("".join(street_name)))
    taken = {*street_name, mapped.administration.name}
    candidates = [item for item in _candidates(mapped, grids, households, chinese=chinese) if item.name not in taken]
    return Division(
        district=mapped.administration.name,
        street_name=street_name,
        street_kind=[str(kinds[index]) for index in order],
        community_name=area_names.community_names(candidates, grids.street[first], street_name),
        community_street=grids.street[first],
        grid=_in_degrees(grids.polygon, mapped.epsg),
        grid_community=grids.community,
        grid_city_grid=grids.city_grid,
    )


def _candidates(mapped: Mapped, grids: Grids, households: Floats, *, chinese: bool) -> list[area_names.Candidate]:
    tree = shapely.STRtree(grids.polygon)

    def community_of(points: Geometries) -> Ints:
        point, grid = tree.query(points, predicate="intersects")
        out = np.full(len(points), -1, np.int64)
        out[point] = grids.community[grid]
        return out

    places, edges = mapped.places, mapped.network.edges
    place_community = community_of(mapped.metres(places.point))
    quarter = np.array([tags.get("place") in QUARTER_TAGS for tags in places.tags], bool)
    estate = np.array([tags.get("landuse") == "residential" for tags in places.tags], bool) & ~quarter
    park = np.array([value in PARK_CLASSES for value in places.place_class], bool)
    out: list[area_names.Candidate] = []
    for chosen, rank in ((quarter, area_names.RANK_QUARTER), (estate, area_names.RANK_ESTATE), (park, area_names.RANK_PARK)):
        index = np.flatnonzero(chosen)
        own = [places.name[row] for row in index]
        out += area_names.quarter_names(own, place_community[index], np.zeros(len(index)), rank, chinese=chinese)
    out += area_names.building_names(mapped.buildings.mapped.name, community_of(mapped.buildings.point), households, chinese=chinese)
    surface = np.array([value in ROADS_WITH_A_NAME for value in edges["highway"]], bool) & ~edges["tunnel"].astype(bool)
    middle = shapely.line_interpolate_point(mapped.metres(mapped.network.line[surface]), 0.5, normalized=True)
    out += area_names.road_names(edges["name"][surface], community_of(middle), edges["length_m"][surface], chinese=chinese)
    return out


def _in_degrees(polygons: Geometries, epsg: int) -> Geometries:
    """Back to 4326, on the grid of DEGREES unless a very thin piece would break by that."""
    back = pyproj.Transformer.from_crs(epsg, 4326, always_xy=True)
    exact = projected(polygons, back)
    rounded = shapely.transform(exact, lambda xy: np.round(xy / DEGREES) * DEGREES)
    sound = shapely.is_valid(rounded).all() and shapely.coverage_is_valid(rounded)
    return objects(rounded if sound else exact)
