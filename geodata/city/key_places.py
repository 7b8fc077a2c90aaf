"""Which places of the sample city are key places: its mapped hospitals, schools, stations and stores, then organizations in order of concern."""

from geodata.city.sample import Sample
from geodata.db import Conn

KEY_PLACES = 3_120
"""HA-22: 3,000 and more, at scale 1.0."""

COUNT = "SELECT count(*) FROM hall.resource WHERE is_key"
# A school or hospital of the map is a resource and an organization: it counts once, as the resource.
MARK = """
    WITH ranked AS (
        SELECT id, row_number() OVER (ORDER BY concern, employees DESC NULLS LAST, id) AS place
        FROM (SELECT o.id, o.employees,
                     CASE WHEN o.is_key THEN 0 WHEN o.org_type = 'government' THEN 1 WHEN o.org_type = 'school' THEN 2
                          WHEN o.org_type = 'hospital' THEN 3 WHEN o.org_type = 'institution' THEN 4 WHEN o.risk IN ('red', 'orange') THEN 5
                          ELSE 6 END AS concern
              FROM hall.organization AS o
              WHERE o.is_key OR (o.state = 'active' AND NOT EXISTS (
                  SELECT FROM hall.resource AS r WHERE r.is_key AND r.name = o.name))) AS those
    )
    UPDATE hall.organization AS o SET key_place = true FROM ranked WHERE ranked.id = o.id AND ranked.place <= %(wanted)s
"""


def mark(conn: Conn, wanted: int) -> int:
    """Put organizations on the list of key places until there are `wanted` with the resources on it; return how many places are on it.

    Key units of work safety are always on it, so that there may be more.
    """
    row = conn.execute(COUNT).fetchone()
    resources = int(row[0]) if row else 0
    return resources + conn.execute(MARK, {"wanted": max(0, wanted - resources)}).rowcount


def wanted(sample: Sample) -> int:
    """Return how many key places a sample of this size has."""
    return sample.thinned(KEY_PLACES)
