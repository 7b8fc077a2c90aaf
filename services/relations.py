"""Which rows belong to a row, as queries: `%(id)s` is the owner, `%(code)s` its area code, `%(scope)s` the reader's code prefix.

Each gives the ids of one related class in the order in which they are shown, and beside each how many there are in all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Related:
    """A kind of relation: its name, the class of the related rows, and the query."""

    name: str
    layer: str
    query: str


# building -> rooms -> people is indexed, people -> grid is not: a grid's residents are found through its buildings
# the residents come first and are put in order then: the planner would walk all persons by room to find twenty in order
RESIDENTS_OF_BUILDING = """
    WITH resident AS MATERIALIZED (
        SELECT id, room_id, household_id, relation, birth_date FROM hall.person
        WHERE building_id = %(id)s AND starts_with(grid_code, %(scope)s)
    )
    SELECT id, count(*) OVER () FROM resident
    ORDER BY room_id, household_id, relation <> 'head', birth_date, id LIMIT %(limit)s
"""
ORGANIZATIONS_OF_BUILDING = """
    SELECT id, count(*) OVER () FROM hall.organization
    WHERE building_id = %(id)s AND starts_with(grid_code, %(scope)s)
    ORDER BY is_key DESC, employees DESC NULLS LAST, id LIMIT %(limit)s
"""
EVENTS_OF_BUILDING = """
    SELECT id, count(*) OVER () FROM hall.event
    WHERE building_id = %(id)s AND starts_with(grid_code, %(scope)s)
    ORDER BY closed_at IS NOT NULL, reported_at DESC, id LIMIT %(limit)s
"""
SENSORS_OF_BUILDING = """
    SELECT id, count(*) OVER () FROM hall.sensor
    WHERE building_id = %(id)s AND starts_with(grid_code, %(scope)s)
    ORDER BY status <> 'alarm', kind, id LIMIT %(limit)s
"""
HOUSEHOLD_OF_PERSON = """
    SELECT other.id, count(*) OVER ()
    FROM hall.person AS person
    JOIN hall.person AS other ON other.room_id = person.room_id AND other.household_id = person.household_id AND other.id <> person.id
    WHERE person.id = %(id)s AND starts_with(other.grid_code, %(scope)s)
    ORDER BY other.relation <> 'head', other.birth_date, other.id LIMIT %(limit)s
"""
ROOM_OF_PERSON = """
    SELECT other.id, count(*) OVER ()
    FROM hall.person AS person
    JOIN hall.person AS other ON other.room_id = person.room_id AND other.id <> person.id
    WHERE person.id = %(id)s AND starts_with(other.grid_code, %(scope)s)
    ORDER BY other.household_id, other.birth_date, other.id LIMIT %(limit)s
"""
SENSORS_OF_PART = """
    SELECT id, count(*) OVER () FROM hall.sensor
    WHERE part_id = %(id)s AND starts_with(grid_code, %(scope)s) ORDER BY kind, id LIMIT %(limit)s
"""
OPEN_EVENTS_OF_WORKER = """
    SELECT id, count(*) OVER () FROM hall.event
    WHERE closed_at IS NULL AND worker_id = %(id)s AND starts_with(grid_code, %(scope)s)
    ORDER BY deadline_at, id LIMIT %(limit)s
"""
DUPLICATES_OF_EVENT = """
    SELECT id, count(*) OVER () FROM hall.event
    WHERE dup_of = %(id)s AND starts_with(grid_code, %(scope)s) ORDER BY reported_at, id LIMIT %(limit)s
"""
BUILDINGS_OF_AREA = """
    SELECT id, count(*) OVER () FROM hall.building
    WHERE grid_code LIKE %(code)s || '%%' AND starts_with(grid_code, %(scope)s) ORDER BY people DESC, id LIMIT %(limit)s
"""
RESIDENTS_OF_AREA = """
    SELECT person.id, count(*) OVER ()
    FROM hall.building JOIN hall.person ON person.building_id = building.id
    WHERE building.grid_code LIKE %(code)s || '%%' AND starts_with(person.grid_code, %(scope)s)
    ORDER BY building.id, person.room_id, person.id LIMIT %(limit)s
"""
ORGANIZATIONS_OF_AREA = """
    SELECT organization.id, count(*) OVER ()
    FROM hall.building JOIN hall.organization ON organization.building_id = building.id
    WHERE building.grid_code LIKE %(code)s || '%%' AND starts_with(organization.grid_code, %(scope)s)
    ORDER BY organization.is_key DESC, organization.employees DESC NULLS LAST, organization.id LIMIT %(limit)s
"""
OPEN_EVENTS_OF_AREA = """
    SELECT id, count(*) OVER () FROM hall.event
    WHERE closed_at IS NULL AND starts_with(grid_code, %(code)s) AND starts_with(grid_code, %(scope)s)
    ORDER BY level = 0, level, deadline_at, id LIMIT %(limit)s
"""
WORKERS_OF_AREA = """
    SELECT id, count(*) OVER () FROM hall.worker
    WHERE starts_with(grid_code, %(code)s) AND starts_with(grid_code, %(scope)s) ORDER BY status, worker_no LIMIT %(limit)s
"""
AREAS_BELOW = """
    SELECT id, count(*) OVER () FROM hall.area
    WHERE parent_code = %(code)s AND level = %(below)s AND starts_with(code, %(scope)s) ORDER BY code LIMIT %(limit)s
"""
OPEN_EVENTS_IN_AREA = """
    SELECT event.id, count(*) OVER ()
    FROM hall.area JOIN hall.event ON event.closed_at IS NULL AND ST_Covers(area.geom, event.geom)
    WHERE area.id = %(id)s AND starts_with(event.grid_code, %(scope)s)
    ORDER BY event.level = 0, event.level, event.deadline_at, event.id LIMIT %(limit)s
"""

_AREA = (Related("open_events", "open_events", OPEN_EVENTS_OF_AREA), Related("workers", "workers", WORKERS_OF_AREA))
RELATIONS: Mapping[str, tuple[Related, ...]] = MappingProxyType(
    {
        "buildings": (
            Related("residents", "people", RESIDENTS_OF_BUILDING),
            Related("organizations", "organizations", ORGANIZATIONS_OF_BUILDING),
            Related("events", "events", EVENTS_OF_BUILDING),
            Related("sensors", "sensors", SENSORS_OF_BUILDING),
        ),
        "people": (Related("household", "people", HOUSEHOLD_OF_PERSON), Related("room_mates", "people", ROOM_OF_PERSON)),
        "parts": (Related("sensors", "sensors", SENSORS_OF_PART),),
        "workers": (Related("open_events", "open_events", OPEN_EVENTS_OF_WORKER),),
        "events": (Related("duplicates", "events", DUPLICATES_OF_EVENT),),
        "open_events": (Related("duplicates", "events", DUPLICATES_OF_EVENT),),
        "district": (Related("streets", "streets", AREAS_BELOW), *_AREA),
        "streets": (Related("communities", "communities", AREAS_BELOW), *_AREA),
        "communities": (Related("grids", "base_grids", AREAS_BELOW), *_AREA),
        "city_management_grids": (Related("open_events", "open_events", OPEN_EVENTS_IN_AREA),),
        "base_grids": (
            *_AREA,
            Related("buildings", "buildings", BUILDINGS_OF_AREA),
            Related("residents", "people", RESIDENTS_OF_AREA),
            Related("organizations", "organizations", ORGANIZATIONS_OF_AREA),
        ),
    }
)
"""By the key of the owner's layer. A layer that is not named here still has its areas and what its own fields point at."""
