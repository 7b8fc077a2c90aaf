"""Points of interest, stations and place names, each with one class of the places layer (layers/places.py)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from geodata.arrays import Geometries, Ints
from geodata.osm.extract import Features
from geodata.osm.names import chinese_part, display_name, raw_name, to_simplified
from geodata.osm.tags import Tags

ANY = frozenset({"*"})
RULES: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("police", "amenity", frozenset({"police"})),
    ("fire_station", "amenity", frozenset({"fire_station"})),
    ("toilet", "amenity", frozenset({"toilets"})),
    ("parking", "amenity", frozenset({"parking"})),
    (
        "school",
        "amenity",
        frozenset({"school", "kindergarten", "college", "university", "childcare", "language_school", "music_school", "driving_school"}),
    ),
    ("hospital", "amenity", frozenset({"hospital", "clinic", "doctors", "dentist"})),
    (
        "hospital",
        "healthcare",
        frozenset({"hospital", "clinic", "doctor", "doctors", "dentist", "centre", "yes", "laboratory", "rehabilitation", "nurse"}),
    ),
    ("hospital", "emergency", frozenset({"ambulance_station"})),
    ("government", "amenity", frozenset({"townhall", "courthouse", "administration", "public_building", "prison", "embassy"})),
    ("government", "office", frozenset({"government", "diplomatic", "administrative"})),
    ("station", "railway", frozenset({"station", "halt", "tram_stop"})),
    ("station", "amenity", frozenset({"bus_station", "ferry_terminal"})),
    ("station", "aeroway", frozenset({"aerodrome", "terminal"})),
    ("bus_stop", "highway", frozenset({"bus_stop"})),
    ("hotel", "tourism", frozenset({"hotel", "hostel", "guest_house", "motel", "apartment"})),
    ("hotel", "amenity", frozenset({"accommodation"})),
    ("food", "amenity", frozenset({"restaurant", "cafe", "fast_food", "bar", "pub", "food_court", "ice_cream", "biergarten"})),
    ("bank", "amenity", frozenset({"bank", "bureau_de_change"})),
    ("worship", "amenity", frozenset({"place_of_worship", "monastery"})),
    (
        "culture",
        "amenity",
        frozenset(
            {
                "library",
                "theatre",
                "cinema",
                "arts_centre",
                "community_centre",
                "casino",
                "events_venue",
                "exhibition_centre",
                "nightclub",
                "sport",
                "conference_centre",
            }
        ),
    ),
    ("culture", "tourism", frozenset({"museum", "gallery", "attraction", "zoo", "theme_park", "artwork", "viewpoint", "aquarium"})),
    ("shop", "shop", ANY),
    ("shop", "amenity", frozenset({"marketplace", "pharmacy", "fuel", "car_wash", "car_rental", "charging_station"})),
    ("park", "leisure", frozenset({"park", "garden", "playground", "nature_reserve", "common", "dog_park"})),
    (
        "culture",
        "leisure",
        frozenset(
            {
                "sports_centre",
                "stadium",
                "fitness_centre",
                "swimming_pool",
                "pitch",
                "sports_hall",
                "marina",
                "golf_course",
                "resort",
                "amusement_arcade",
                "bowling_alley",
                "track",
            }
        ),
    ),
    ("culture", "historic", ANY),
    ("office", "office", ANY),
    (
        "quarter",
        "place",
        frozenset(
            {
                "city",
                "town",
                "borough",
                "suburb",
                "quarter",
                "neighbourhood",
                "village",
                "hamlet",
                "locality",
                "island",
                "square",
                "city_block",
                "isolated_dwelling",
            }
        ),
    ),
    ("quarter", "landuse", frozenset({"residential"})),
    ("station", "public_transport", frozenset({"station"})),
    ("bus_stop", "public_transport", frozenset({"platform"})),
    ("other", "emergency", frozenset({"fire_hydrant", "assembly_point", "defibrillator"})),
    (
        "other",
        "amenity",
        frozenset(
            {
                "social_facility",
                "post_office",
                "grave_yard",
                "crematorium",
                "animal_shelter",
                "waste_transfer_station",
                "studio",
                "veterinary",
                "shelter",
                "recycling",
                "printing",
                "fountain",
                "training",
                "research_institute",
                "internet_cafe",
            }
        ),
    ),
    ("other", "man_made", frozenset({"works", "wastewater_plant", "water_works", "pier", "tower", "lighthouse", "bridge"})),
    ("other", "natural", frozenset({"peak", "beach", "bay", "water"})),
    ("other", "craft", ANY),
    ("other", "club", ANY),
    ("other", "healthcare", ANY),
)
"""Class, key, values: the first that fits decides."""
RULES_BY_KEY: Mapping[str, tuple[tuple[int, str, frozenset[str]], ...]] = {
    key: tuple((rank, place_class, values) for rank, (place_class, own, values) in enumerate(RULES) if own == key)
    for key in {key for _, key, _ in RULES}
}
NAMES_OF_UNNAMED: Mapping[tuple[str, str], str] = {
    ("amenity", "toilets"): "公厕",
    ("amenity", "parking"): "停车场",
    ("amenity", "police"): "警务点",
    ("amenity", "fire_station"): "消防站",
    ("emergency", "fire_hydrant"): "消火栓",
}
"""What matters in an emergency is a place even without a name; of the rest only named ones are."""
NOT_PUBLIC = frozenset({"no", "private"})
HOUSE_NUMBER_WORD = re.compile("[号號]")


@dataclass(frozen=True, slots=True)
class PlaceRows:
    """Columns of hall.place; positions in 4326."""

    osm_ref: list[str]
    place_class: list[str]
    name: list[str]
    name_raw: list[str]
    address: list[str | None]
    phone: list[str | None]
    tags: list[dict[str, str]]
    point: Geometries


def places(points: Features, areas: Features) -> PlaceRows:
    """Collect every named feature that has a class, points first; areas stand as a point within them."""
    rows = PlaceRows([], [], [], [], [], [], [], np.empty(0, np.object_))
    kept = [_collect(points, rows), _collect(areas, rows)]
    position = np.concatenate([points.geometry[kept[0]], shapely.point_on_surface(areas.geometry[kept[1]])])
    return PlaceRows(rows.osm_ref, rows.place_class, rows.name, rows.name_raw, rows.address, rows.phone, rows.tags, position)


def class_of(tags: Tags) -> str | None:
    """The class of a feature, None when it is no place."""
    best, best_rank = None, len(RULES)
    for key in RULES_BY_KEY.keys() & tags.keys():
        value = tags[key]
        for rank, place_class, values in RULES_BY_KEY[key]:
            if rank < best_rank and value != "no" and (values is ANY or value in values):
                best, best_rank = place_class, rank
    return best


def address_of(tags: Tags) -> str | None:
    """Street and number as one Chinese line, from the feature's own tags."""
    street = street_name(tags.get("addr:street", ""))
    house = to_simplified(tags.get("addr:housenumber", "").strip())
    return street + with_number_word(street, house) if street else None


def street_name(text: str) -> str:
    """A street as mapped in an address: its Chinese part, or the text where it has none."""
    return chinese_part(text) or to_simplified(text.strip())


def with_number_word(street: str, house: str) -> str:
    """The house number as it follows the street: 17号 after a Chinese name, ", 17" after another; "" without a number."""
    if not house:
        return ""
    if not chinese_part(street):
        return f", {house}"
    return house if HOUSE_NUMBER_WORD.search(house) else f"{house}号"


def _collect(features: Features, rows: PlaceRows) -> Ints:
    kept = []
    for index, tags in enumerate(features.tags):
        place_class = class_of(tags)
        if not place_class:
            continue
        name = display_name(tags) or _name_of_unnamed(tags)
        if not any(character.isalnum() for character in name):
            continue
        kept.append(index)
        rows.osm_ref.append(features.ref[index])
        rows.place_class.append(place_class)
        rows.name.append(name)
        rows.name_raw.append(raw_name(tags))
        rows.address.append(address_of(tags))
        rows.phone.append(tags.get("phone") or tags.get("contact:phone"))
        rows.tags.append(tags)
    return np.asarray(kept, np.int64)


def _name_of_unnamed(tags: Tags) -> str:
    if tags.get("access") in NOT_PUBLIC:
        return ""
    return next((name for (key, value), name in NAMES_OF_UNNAMED.items() if tags.get(key) == value), "")
