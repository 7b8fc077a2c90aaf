"""Which case a report may repeat: candidates by place, time, kind, open state and text. A person decides; nothing is merged here.

Distance says nothing about a place that is known to an area only: there the area, the kind and the text must do.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from geodata.db import Conn
from geodata.errors import NotFoundError
from services.geodesy import metres_per_degree
from services.likeness import likeness
from services.rights import Reader

MAX_CANDIDATES = 10
MOST_FOUND = 16
"""Rows of each kind that are looked at: those of the same class first, then the nearest or latest."""
MOST_COMPARED = 8
"""Rows whose text is compared: the best by place, time and kind."""
VAGUE = frozenset({"area", "district"})
"""Precisions of a place for which a distance means nothing."""


class Kinship(StrEnum):
    """How the classes of two cases belong together."""

    SAME = "same"
    GROUP = "group"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How far candidates are looked for and what counts how much."""

    radius_m: Mapping[str, float]
    """By the precision of the place."""
    window_h: float
    closed_h: float
    """A case that was closed so recently is still a candidate."""
    decay_m: float
    """Distance at which the place counts a third."""
    decay_h: float
    place_weight: float
    time_weight: float
    text_weight: float
    kinship: Mapping[Kinship, float]
    closed: float
    """Factor of a case that is closed."""
    vague: float
    """What the place counts where no distance is known."""
    least: float
    """Below this score nothing is suggested."""


# Of several open cases of one matter the first report leads, so that time counts little; among equals the oldest stands first.
RULE = Rule(
    radius_m=MappingProxyType({"point": 150, "building": 150, "address": 250, "road": 400}),
    window_h=336,
    closed_h=24,
    decay_m=80,
    decay_h=168,
    place_weight=0.5,
    time_weight=0.05,
    text_weight=0.45,
    kinship=MappingProxyType({Kinship.SAME: 1.0, Kinship.GROUP: 0.85, Kinship.OTHER: 0.4}),
    closed=0.5,
    vague=0.35,
    least=0.25,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A report as far as its repetition is concerned; `event_id` when it is a case already."""

    class_code: str | None
    lon: float
    lat: float
    precision: str
    grid_code: str
    text: str
    reported_at: datetime
    building_id: int | None = None
    event_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What lies between a report and a case before it."""

    distance_m: float | None
    """None where the place of either is not known that well."""
    hours: float
    """From one report to the other, without sign."""
    kinship: Kinship
    text: float
    """Likeness, 0 to 1."""
    open: bool
    same_building: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for a candidate: distance_m, minutes, kind, text, building, closed, area."""

    key: str
    value: float | str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A case that may be the same, with the reasons."""

    event_id: int
    case_no: str
    title: str
    state: str
    level: int
    reported_at: datetime
    grid_code: str
    lon: float
    lat: float
    score: float
    reasons: tuple[Reason, ...]


class _Known(NamedTuple):
    """A row of FIND: a light one, because there are many."""

    draft: int
    id: int
    case_no: str
    title: str
    description: str | None
    place_text: str
    state: str
    level: int
    class_code: str
    kind_group: str
    sub_code: str | None
    own_group: str | None
    own_sub: str | None
    reported_at: datetime
    open: bool
    precision: str
    building_id: int | None
    grid_code: str
    lon: float
    lat: float


_COLUMNS = """
    asked.n AS draft, e.id, e.case_no, e.title, e.description, e.place_text, e.state, e.level, e.class_code, c.kind_group, c.sub_code,
    asked.own_group, asked.own_sub, e.reported_at, e.closed_at IS NULL AS open, e.precision, e.building_id, e.grid_code,
    ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
"""
_LATELY = "e.reported_at BETWEEN asked.at - %(window)s AND asked.at + %(window)s"
_UNDECIDED = """
    e.id <> coalesce(asked.own_id, 0)
    AND NOT EXISTS (SELECT FROM hall.duplicate_decision d WHERE d.decision <> 'merged'
                    AND ((d.event_id = asked.own_id AND d.master_id = e.id) OR (d.event_id = e.id AND d.master_id = asked.own_id)))
"""
_TESTS = f"e.state <> 'merged' AND e.grid_code LIKE %(scope)s AND {_UNDECIDED}"
# Open cases near the place by event_open_place, those closed lately by event_closed (few, looked up once for all drafts), and open cases
# whose place is vague by their area.
FIND = f"""
WITH asked AS (
    SELECT asked.*, own.kind_group AS own_group, own.sub_code AS own_sub, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS place,
           ST_MakeEnvelope(lon - wide, lat - high, lon + wide, lat + high, 4326) AS box
    FROM jsonb_to_recordset(%(asked)s::jsonb)
        AS asked (n int, own_id bigint, class_code text, lon float8, lat float8, wide float8, high float8, area text, at timestamptz)
    LEFT JOIN hall.event_class own ON own.code = asked.class_code
), lately AS MATERIALIZED (
    SELECT id, geom FROM hall.event WHERE closed_at BETWEEN %(now)s - %(closed)s AND %(now)s AND state IN ('closed', 'evaluated') AND grid_code LIKE %(scope)s
), found AS (
    SELECT asked.n, near.id FROM asked CROSS JOIN LATERAL (
        (SELECT e.id FROM hall.event e
         WHERE e.closed_at IS NULL AND asked.wide > 0 AND e.geom && asked.box AND {_LATELY} AND {_TESTS}
         ORDER BY e.class_code = asked.class_code DESC, e.geom <-> asked.place LIMIT {MOST_FOUND})
        UNION ALL
        (SELECT e.id FROM lately e WHERE asked.wide > 0 AND e.geom && asked.box AND {_UNDECIDED} LIMIT {MOST_FOUND})
        UNION ALL
        (SELECT e.id FROM hall.event e
         WHERE e.closed_at IS NULL AND e.precision IN ('area', 'district') AND {_LATELY} AND {_TESTS}
           AND (e.grid_code LIKE asked.area || '%%' OR asked.area LIKE e.grid_code || '%%')
         ORDER BY e.reported_at DESC LIMIT {MOST_FOUND})
        UNION ALL
        (SELECT e.id FROM hall.event e
         WHERE e.closed_at IS NULL AND asked.wide = 0 AND e.class_code = asked.class_code AND e.precision NOT IN ('area', 'district')
           AND {_LATELY} AND {_TESTS} AND e.grid_code LIKE asked.area || '%%'
         ORDER BY e.reported_at DESC LIMIT {MOST_FOUND})
    ) AS near
)
SELECT {_COLUMNS} FROM found JOIN asked USING (n) JOIN hall.event e ON e.id = found.id JOIN hall.event_class c ON c.code = e.class_code
"""
DRAFT = """
    SELECT id, class_code, ST_X(geom), ST_Y(geom), precision, grid_code, concat_ws(' ', title, description, place_text), reported_at, building_id
    FROM hall.event WHERE id = %(id)s AND grid_code LIKE %(scope)s
"""


def candidates(
    conn: Conn, case: Draft | int, now: datetime, limit: int = 3, *, reader: Reader | None = None, rule: Rule = RULE
) -> list[Candidate]:
    """Return the cases that a report or a case may repeat, the likeliest first, at most `limit`; of the reader's area where one is given.

    Raises:
        NotFoundError: there is no such case in the reader's area.
    """
    scope = reader.scope if reader else ""
    draft = case if isinstance(case, Draft) else draft_of(conn, case, scope)
    return candidates_of(conn, [draft], now, limit, scope=scope, rule=rule)[0]


def draft_of(conn: Conn, event_id: int, scope: str = "") -> Draft:
    """Read what counts of a case.

    Raises:
        NotFoundError: there is no such case in the area.
    """
    row = conn.execute(DRAFT, {"id": event_id, "scope": f"{scope}%"}).fetchone()
    if row is None:
        raise NotFoundError(f"event {event_id}")
    return Draft(
        event_id=row[0],
        class_code=row[1],
        lon=row[2],
        lat=row[3],
        precision=row[4],
        grid_code=row[5],
        text=row[6],
        reported_at=row[7],
        building_id=row[8],
    )


def candidates_of(
    conn: Conn, drafts: Sequence[Draft], now: datetime, limit: int = 3, *, scope: str = "", rule: Rule = RULE
) -> list[list[Candidate]]:
    """Do the same for several drafts in one query; one list for each, in their order."""
    found: list[list[_Known]] = [[] for _ in drafts]
    if drafts:
        for values in conn.execute(FIND, _asked(drafts, scope, rule, now)):
            row = _Known._make(values)
            found[row.draft].append(row)
    return [_ranked(draft, rows, limit, rule) for draft, rows in zip(drafts, found, strict=True)]


def score(gap: Gap, rule: Rule = RULE) -> float:
    """Return how likely two reports are one matter, 0 to 1."""
    place = 1.0 if gap.same_building else rule.vague
    if gap.distance_m is not None and not gap.same_building:
        place = math.exp(-gap.distance_m / rule.decay_m)
    weighed = rule.place_weight * place + rule.time_weight * math.exp(-gap.hours / rule.decay_h) + rule.text_weight * gap.text
    total = rule.place_weight + rule.time_weight + rule.text_weight
    return weighed / total * rule.kinship[gap.kinship] * (1.0 if gap.open else rule.closed)


def _asked(drafts: Sequence[Draft], scope: str, rule: Rule, now: datetime) -> dict[str, object]:
    asked = []
    for number, draft in enumerate(drafts):
        radius_m = 0.0 if draft.precision in VAGUE else rule.radius_m.get(draft.precision, 150.0)
        east, north = _scale(draft.lat)
        asked.append(
            {
                "n": number,
                "own_id": draft.event_id,
                "class_code": draft.class_code,
                "lon": draft.lon,
                "lat": draft.lat,
                "wide": radius_m / east,
                "high": radius_m / north,
                "area": draft.grid_code[: 9 if draft.precision != "district" else 6],
                "at": draft.reported_at,
            }
        )
    return {
        "asked": msgspec.json.encode(asked).decode(),
        "scope": f"{scope}%",
        "window": timedelta(hours=rule.window_h),
        "closed": timedelta(hours=rule.closed_h),
        "now": now,
    }


def _ranked(draft: Draft, rows: Sequence[_Known], limit: int, rule: Rule) -> list[Candidate]:
    known = list({row.id: row for row in rows}.values())
    scale = _scale(draft.lat)
    gaps = [_gap(draft, row, scale) for row in known]
    order = sorted(range(len(known)), key=lambda at: -score(gaps[at], rule))[:MOST_COMPARED]
    texts = likeness(draft.text, [" ".join(filter(None, (known[at].title, known[at].description, known[at].place_text))) for at in order])
    judged = []
    for at, text in zip(order, texts, strict=True):
        gap = replace(gaps[at], text=text)
        value = score(gap, rule)
        if value >= rule.least:
            judged.append((value, known[at], gap))
    judged.sort(key=lambda item: (-item[0], item[1].reported_at, item[1].id))
    return [
        Candidate(
            event_id=row.id,
            case_no=row.case_no,
            title=row.title,
            state=row.state,
            level=row.level,
            reported_at=row.reported_at,
            grid_code=row.grid_code,
            lon=row.lon,
            lat=row.lat,
            score=round(value, 3),
            reasons=_reasons(gap),
        )
        for value, row, gap in judged[:limit]
    ]


def _scale(lat: float) -> tuple[float, float]:
    east, north = metres_per_degree(lat)
    return float(east), float(north)


def _gap(draft: Draft, row: _Known, scale: tuple[float, float]) -> Gap:
    distance_m = None
    if draft.precision not in VAGUE and row.precision not in VAGUE:
        distance_m = math.hypot((row.lon - draft.lon) * scale[0], (row.lat - draft.lat) * scale[1])
    return Gap(
        distance_m=distance_m,
        hours=abs((draft.reported_at - row.reported_at).total_seconds()) / 3600,
        kinship=_kinship(draft.class_code, row),
        text=0.0,
        open=row.open,
        same_building=draft.building_id is not None and draft.building_id == row.building_id,
    )


def _kinship(class_code: str | None, row: _Known) -> Kinship:
    if class_code is None:
        return Kinship.GROUP
    if class_code == row.class_code:
        return Kinship.SAME
    grouped = (row.kind_group and row.kind_group == row.own_group) or (row.sub_code and row.sub_code == row.own_sub)
    return Kinship.GROUP if grouped else Kinship.OTHER


def _reasons(gap: Gap) -> tuple[Reason, ...]:
    place = Reason("area", True) if gap.distance_m is None else Reason("distance_m", round(gap.distance_m))
    return (
        place,
        Reason("minutes", round(gap.hours * 60)),
        Reason("kind", gap.kinship.value),
        Reason("text", round(gap.text, 2)),
        *((Reason("building", True),) if gap.same_building else ()),
        *(() if gap.open else (Reason("closed", True),)),
    )
