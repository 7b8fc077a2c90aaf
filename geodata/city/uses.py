"""What a building is used for, and how much of it people live in, judged from tags, names, places in it and zones around it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from geodata.arrays import Bools, Floats, Geometries, objects
from geodata.osm.extract import Features
from geodata.osm.footprints import Footprints
from geodata.osm.tags import Tags

KINDS: Mapping[str, str] = {
    kind: use
    for use, kinds in {
        "residential": "apartments residential house detached dormitory terrace semidetached_house bungalow farm houseboat cabin",
        "mixed": "mixed",
        "commercial": "commercial retail supermarket kiosk hotel restaurant shop mall casino",
        "office": "office",
        "industrial": "industrial warehouse storage_tank factory manufacture works hangar silo",
        "public": "school university college kindergarten hospital church chapel cathedral temple mosque shrine monastery civic public "
        "government train_station transportation station stadium sports_hall museum fire_station police toilets pavilion castle",
        "other": "roof construction ruins stable shed hut garage garages greenhouse glasshouse barn parking farm_auxiliary service bridge "
        "pier tent carport bunker greenhouse_horticulture grandstand collapsed",
    }.items()
    for kind in kinds.split()
}
"""Value of the building key to use; any other value says nothing, as `yes` does."""
KEYS: tuple[tuple[str, str, frozenset[str]], ...] = (
    (
        "public",
        "amenity",
        frozenset(
            {
                "school",
                "kindergarten",
                "college",
                "university",
                "hospital",
                "clinic",
                "place_of_worship",
                "police",
                "fire_station",
                "townhall",
                "courthouse",
                "library",
                "community_centre",
                "social_facility",
                "theatre",
                "arts_centre",
                "toilets",
                "post_office",
                "prison",
                "ferry_terminal",
                "bus_station",
                "administration",
                "monastery",
            }
        ),
    ),
    (
        "commercial",
        "amenity",
        frozenset(
            {"restaurant", "cafe", "fast_food", "bar", "casino", "cinema", "marketplace", "bank", "fuel", "pharmacy", "accommodation"}
        ),
    ),
    ("other", "amenity", frozenset({"parking", "shelter", "waste_transfer_station"})),
    ("public", "tourism", frozenset({"museum", "gallery", "attraction", "zoo"})),
    ("commercial", "tourism", frozenset({"hotel", "hostel", "guest_house"})),
    ("commercial", "shop", frozenset()),
    ("public", "office", frozenset({"government", "diplomatic"})),
    ("office", "office", frozenset()),
    ("industrial", "man_made", frozenset()),
    ("industrial", "power", frozenset()),
    ("public", "leisure", frozenset()),
    ("public", "aeroway", frozenset()),
    ("public", "railway", frozenset()),
    ("public", "historic", frozenset()),
    ("public", "healthcare", frozenset()),
    ("public", "military", frozenset()),
)
"""Use, key, values (none: any value)."""
NAMES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("commercial", re.compile("酒店|宾馆|娱乐场|赌场|商场|购物|百货|Hotel|Hôtel|Casino|Shopping")),
    ("industrial", re.compile("工业|仓库|厂|变电|电力|物流|Indústria")),
    (
        "public",
        re.compile(
            "学校|中学|小学|幼稚园|幼儿园|大学|学院|书院|医院|卫生中心|教堂|庙|寺|博物馆|政府|警|消防|码头|体育|市政|图书馆|法院|邮政|公厕|"
            "Escola|School|Schule|École|Ecole|Igreja|Kirche|Chapelle|Museu|Musée|Museum"
        ),
    ),
    ("other", re.compile("停车场|Parking")),
    ("office", re.compile("写字楼|办公|商务|商业中心|Tower$")),
)
ZONES: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("industrial", "landuse", frozenset({"industrial", "railway", "port", "landfill"})),
    ("other", "landuse", frozenset({"construction", "farmyard", "allotments"})),
    ("public", "landuse", frozenset({"military", "education", "religious"})),
    ("commercial", "landuse", frozenset({"commercial", "retail"})),
    ("public", "amenity", frozenset({"school", "university", "college", "hospital", "prison", "kindergarten", "monastery"})),
    ("public", "aeroway", frozenset({"aerodrome"})),
    ("commercial", "tourism", frozenset({"hotel", "theme_park"})),
    ("public", "tourism", frozenset({"zoo"})),
)
"""Areas that tell what plain buildings within them are."""
TRADE = frozenset({"shop", "food", "bank", "hotel", "office"})
HOME_SHARE: Mapping[str, float] = {"residential": 1.0, "mixed": 0.85}
PLAIN_HOME_SHARE = 0.85
"""Of a building that nothing is known about: some of them are no homes."""
ZONE_HOME_SHARE = 0.05
LARGE_M2 = 5000.0
LARGE_HOME_SHARE = 0.15
"""A plain building over LARGE_M2 is more often a mall or a depot."""
SMALLEST_HOME_M2 = 25.0


@dataclass(frozen=True, slots=True)
class Uses:
    """One row a building."""

    use_type: Geometries
    home_share: Floats
    """0..1 of the floor space."""


def uses(buildings: Footprints, area_m2: Floats, points: Geometries, zones: Features, trade: Geometries) -> Uses:
    """Judge every building.

    Args:
        buildings: as mapped.
        area_m2: footprints.
        points: a point within each building, 4326.
        zones: areas of the extract; those of ZONES are looked at.
        trade: points of shops, restaurants, banks, hotels and offices: a home with one inside is mixed.
    """
    told = objects([_told(kind, tags, name) for kind, tags, name in zip(buildings.kind, buildings.tags, buildings.name, strict=True)])
    plain = np.array([use is None for use in told], bool)
    use = np.where(plain, "residential", told)
    share = np.where(plain, PLAIN_HOME_SHARE, [HOME_SHARE.get(value, 0.0) for value in use])
    share[plain & (area_m2 > LARGE_M2)] = LARGE_HOME_SHARE
    holder, _ = shapely.STRtree(trade).query(buildings.polygon, predicate="intersects")
    with_trade = np.zeros(len(buildings), bool)
    with_trade[holder] = True
    use[(use == "residential") & (with_trade | (plain & (area_m2 > LARGE_M2)))] = "mixed"
    for zone_use, found in _in_zones(points, zones):
        hit = found & plain
        use[hit], share[hit] = zone_use, PLAIN_HOME_SHARE * ZONE_HOME_SHARE
    small = area_m2 < SMALLEST_HOME_M2
    share[small] = 0.0
    use[small & plain] = "other"
    return Uses(use, share)


def _told(kind: str, tags: Tags, name: str) -> str | None:
    """The use that the building itself names, None when it says nothing."""
    if kind in KINDS:
        return KINDS[kind]
    for use, key, values in KEYS:
        if key in tags and (not values or tags[key] in values):
            return use
    return next((use for use, pattern in NAMES if pattern.search(name)), None)


def _in_zones(points: Geometries, zones: Features) -> list[tuple[str, Bools]]:
    """Per use, which points lie in a zone of it."""
    tree = shapely.STRtree(points)
    out = []
    for use in dict.fromkeys(use for use, _, _ in ZONES):
        wanted = [(key, values) for zone_use, key, values in ZONES if zone_use == use]
        chosen = np.array([any(tags.get(key) in values for key, values in wanted) and "building" not in tags for tags in zones.tags], bool)
        found = np.zeros(len(points), bool)
        _, index = tree.query(zones.geometry[chosen], predicate="intersects")
        found[index] = True
        out.append((use, found))
    return out
