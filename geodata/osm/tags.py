"""What the tags of one feature say: numbers with units, speed, directions, who may drive."""

from collections.abc import Mapping

Tags = Mapping[str, str]

SPEED_KMH = {
    "motorway": 90,
    "motorway_link": 45,
    "trunk": 70,
    "trunk_link": 40,
    "primary": 60,
    "primary_link": 30,
    "secondary": 50,
    "secondary_link": 25,
    "tertiary": 40,
    "tertiary_link": 20,
    "unclassified": 25,
    "residential": 25,
    "living_street": 10,
    "service": 15,
    "busway": 30,
    "road": 25,
}
"""Ways for cars, with the speed assumed where none is mapped. Lower than the legal limit: lights and traffic are in it."""
WALKING_KMH = 5.0
WALKWAYS = frozenset({"pedestrian", "footway", "path", "steps", "track", "cycleway", "corridor", "bridleway"})
CLOSED_TO_PUBLIC = frozenset({"no", "private", "agricultural", "forestry", "emergency", "military", "customers", "delivery"})
KM_PER_MILE = 1.609344
METRES_PER_FOOT = 0.3048
MOST_SPEED_KMH = 130


def number(text: str | None) -> float | None:
    """Read the first number of a tag as metres or a count: "12", "12 m", "12;14", "39 ft". None when there is none, or not in 0..999."""
    if not text:
        return None
    head = text.replace(",", ".").split(";")[0].strip()
    factor = METRES_PER_FOOT if head.endswith(("ft", "'")) else 1.0
    try:
        value = float(head.rstrip(" mft'"))
    except ValueError:
        return None
    return value * factor if 0 <= value < 1000 else None


def whole_number(text: str | None) -> int:
    """Read a tag such as `layer`, which may be negative; 0 when it is no number."""
    try:
        return int(float((text or "0").split(";")[0]))
    except (ValueError, OverflowError):
        return 0


def speed_kmh(tags: Tags, highway: str) -> float:
    """Mapped limit, else the usual speed of the class."""
    words = tags.get("maxspeed", "").split()
    if words and words[0].isdigit():
        limit = int(words[0]) * (KM_PER_MILE if "mph" in words else 1.0)
        if WALKING_KMH <= limit <= MOST_SPEED_KMH:
            return limit
    return float(SPEED_KMH.get(highway, WALKING_KMH))


def directions(tags: Tags, highway: str) -> tuple[bool, bool]:
    """Whether the way may be driven along, and against, the order of its nodes."""
    one_way = tags.get("oneway")
    if one_way == "-1":
        return False, True
    if one_way in ("yes", "1", "true"):
        return True, False
    implied = tags.get("junction") in ("roundabout", "circular") or highway in ("motorway", "motorway_link")
    return True, not (implied and one_way is None)


def open_to_cars(tags: Tags, highway: str) -> bool:
    """Whether a car may use the way at all; the most specific access tag decides."""
    if highway not in SPEED_KMH or highway == "busway":
        return False
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            return tags[key] not in CLOSED_TO_PUBLIC
    return True


def is_set(tags: Tags, key: str) -> bool:
    """Whether the tag is there and not "no": bridge, tunnel, building and the like."""
    return tags.get(key, "no") != "no"
