"""Event volumes in the four groups in which a district counts them: city management, comprehensive governance, work safety, others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from geodata.db import Conn
from services.rights import Reader
from services.today import midnight

GROUPS: Mapping[str, str] = {"city": "city", "governance": "governance", "safety": "safety"}
"""Major class → group; every other class is in `other`."""
OTHER = "other"
ORDER = ("city", "governance", "safety", OTHER)

VOLUMES = """
    SELECT major, count(*)::int, count(*) FILTER (WHERE reported_at > %(now)s::timestamptz - interval '30 days')::int,
           count(*) FILTER (WHERE reported_at >= %(start)s)::int, min(reported_at)
    FROM hall.event
    WHERE reported_at <= %(now)s AND state NOT IN ('void', 'merged') AND starts_with(grid_code, %(scope)s) GROUP BY major LIMIT 100
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Cases of one group, neither void nor merged into another."""

    group: str
    """city | governance | safety | other"""
    total: int
    last_30d: int
    today: int
    share: float | None
    """Of all groups, 0 to 1; None when there are no cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes:
    """All groups; their sums are the totals."""

    since: datetime | None
    """The first report."""
    total: int
    last_30d: int
    today: int
    groups: tuple[Volume, ...]


def volumes(conn: Conn, reader: Reader, now: datetime) -> Volumes:
    """Count the cases of the reader's area by group."""
    sums = {group: [0, 0, 0] for group in ORDER}
    since: datetime | None = None
    for major, *counts, first in conn.execute(VOLUMES, {"now": now, "start": midnight(now), "scope": reader.scope}):
        group = sums[GROUPS.get(major, OTHER)]
        for index, count in enumerate(counts):
            group[index] += count
        since = first if since is None else min(since, first)
    total, last_30d, today = (sum(counts[index] for counts in sums.values()) for index in range(3))
    groups = tuple(
        Volume(group=group, total=counts[0], last_30d=counts[1], today=counts[2], share=counts[0] / total if total else None)
        for group, counts in sums.items()
    )
    return Volumes(since=since, total=total, last_30d=last_30d, today=today, groups=groups)
