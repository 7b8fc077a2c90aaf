"""Who is to be sent to a case: everybody on duty, by road, in the order of `services.scoring`."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotFoundError
from geodata.grid import LonLat
from services import eta, skills
from services.eta import Factor
from services.movers import Approach, MoverKind, approach, movers
from services.rights import Reader
from services.routing.engine import Engine, NetworkState
from services.scoring import Case, Judge, Reason, Scored, Verdict, Weights, reasons, scored

MAX_LIMIT = 1_000
MOST_MEMBERS = 20
MOST_HELPERS = 3
STRAIGHT = "straight"
"""Engine of times that are guessed from the straight line."""
NO_PRECISE_PLACE = frozenset({"area", "district"})

CASE = """
    SELECT event.id, event.grid_code, event.major, event.precision, class.kind_group, class.sub_code,
           ST_X(event.geom) AS lon, ST_Y(event.geom) AS lat
    FROM hall.event JOIN hall.event_class AS class ON class.code = event.class_code
    WHERE event.id = %(id)s AND starts_with(event.grid_code, %(scope)s)
"""
ON_IT = """
    SELECT kind, coalesce(worker_id, vehicle_id) FROM hall.task
    WHERE event_id = %s AND state IN ('sent', 'accepted', 'on_site') LIMIT 1000
"""
WEIGHTS = "SELECT value FROM hall.fact WHERE key = 'dispatch_weights'"


class Kind(StrEnum):
    """What may be asked for."""

    WORKER = "worker"
    VEHICLE = "vehicle"
    TEAM = "team"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who can be sent. Names are masked. What is unknown is None."""

    rank: int
    kind: str
    id: int
    """Of the worker or vehicle; of a team its first member."""
    layer: str
    title: str
    number: str
    role: str
    team: str | None
    skills: list[str]
    status: str
    load: int
    grid_code: str
    lon: float
    lat: float
    reported_at: datetime
    position_age_s: float
    mode: str
    straight_distance_m: float
    straight_rank: int
    road_distance_m: float | None
    raw_travel_time_s: float | None
    """On free roads."""
    travel_time_s: float | None
    """Corrected by what was learned."""
    eta_low_s: float | None
    eta_high_s: float | None
    snap_m: float | None
    skill_match: bool
    engine: str
    score: float | None
    """Sum of `terms`; None for those who cannot be counted on."""
    terms: Mapping[str, float]
    """Minutes by name."""
    reasons: list[Reason]
    trouble: str | None = None
    """Why somebody cannot be counted on: stale | far | off_road | unreachable | assigned. They come last."""
    members: list[int] | None = None
    """Of a team: ids of those who are free and can come, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The answer for one case."""

    event_id: int
    kind: str
    at: datetime
    considered: int
    """On duty in the reader's scope."""
    usable: int
    network: NetworkState | None
    """None: there is no road network, and times are guessed from straight lines."""
    learned_at: datetime | None
    """When the correction of travel times was last learned."""
    precise: bool
    """False: the place of the case is known to an area only, and distances mean little."""
    place_off_road: bool
    weights: Weights
    candidates: list[Candidate]


@dataclass(frozen=True, slots=True, eq=False)
class _Team:
    """Free members who can come, the best first."""

    name: str
    members: list[Scored]
    helper: float

    @property
    def score(self) -> float:
        """Return that of the best, less something for each helper."""
        return self.members[0].score + self.helper * min(len(self.members) - 1, MOST_HELPERS)


def candidates(
    conn: Conn, reader: Reader, event_id: int, kind: str, limit: int, *, now: datetime, engine: Engine | None
) -> list[Candidate]:
    """Return who can be sent to a case, the best first. Same errors as `ranking`."""
    return ranking(conn, reader, event_id, kind, limit, now=now, engine=engine).candidates


def ranking(conn: Conn, reader: Reader, event_id: int, kind: str, limit: int, *, now: datetime, engine: Engine | None) -> Ranking:
    """Judge everybody of the reader's scope who is on duty. Those who cannot be counted on come last, with the reason.

    Raises:
        NotFoundError: no such case, or outside the reader's scope.
        InvalidInputError: an unknown kind, or a limit outside 1..1,000.
    """
    if kind not in set(Kind) or not 1 <= limit <= MAX_LIMIT:
        raise InvalidInputError(f"kind={kind}, limit={limit}: kind is {', '.join(Kind)}, limit 1..{MAX_LIMIT}")
    sent, model = MoverKind.VEHICLE if kind == Kind.VEHICLE else MoverKind.WORKER, eta.load(conn)
    judge = _judge(conn, reader, event_id, now, routed=engine is not None, factor=model.factor(sent, now))
    place = LonLat(judge.case.lon, judge.case.lat)
    found = movers(conn, reader, sent, place)
    ways = approach(engine, found, place, now)
    judged = [scored(judge, mover, ways, row) for row, mover in enumerate(found)]
    judged.sort(key=lambda one: (one.score, float(ways.straight_m[one.row]), one.mover.id))
    view = _View(judge, ways, engine.state.engine if engine else STRAIGHT)
    if kind == Kind.TEAM:
        shown = [view.team(team, rank) for rank, team in enumerate(_teams(judged, judge.weights)[:limit], 1)]
    else:
        shown = [view.single(one, rank) for rank, one in enumerate(judged[:limit], 1)]
    return Ranking(
        event_id=event_id,
        kind=kind,
        at=now,
        considered=len(found),
        usable=sum(one.trouble is None for one in judged),
        network=engine.state if engine else None,
        learned_at=model.made_at,
        precise=judge.case.precision not in NO_PRECISE_PLACE,
        place_off_road=ways.place_off_road,
        weights=judge.weights,
        candidates=shown,
    )


def weights(conn: Conn) -> Weights:
    """Return the weights in force."""
    row = conn.execute(WEIGHTS).fetchone()
    known = {item.name for item in fields(Weights)}
    return Weights(**{name: float(value) for name, value in (row[0] if row else {}).items() if name in known})


def _judge(conn: Conn, reader: Reader, event_id: int, now: datetime, *, routed: bool, factor: Factor) -> Judge:
    with conn.cursor(row_factory=class_row(Case)) as cursor:
        case = cursor.execute(CASE, {"id": event_id, "scope": reader.scope}).fetchone()
    if case is None:
        raise NotFoundError(f"event {event_id}")
    return Judge(
        case=case,
        now=now,
        routed=routed,
        factor=factor,
        weights=weights(conn),
        wanted=skills.wanted(case.kind_group, case.sub_code, case.major),
        on_it=frozenset((row[0], row[1]) for row in conn.execute(ON_IT, [event_id])),
    )


def _teams(judged: Sequence[Scored], known: Weights) -> list[_Team]:
    members: dict[str, list[Scored]] = {}
    for one in judged:
        if one.trouble is None and one.mover.team and one.mover.status == "free":
            members.setdefault(one.mover.team, []).append(one)
    return sorted((_Team(name, some, known.helper) for name, some in members.items()), key=lambda team: (team.score, team.name))


class _View:
    """Writes candidates."""

    def __init__(self, judge: Judge, ways: Approach, engine: str) -> None:
        self._judge, self._ways, self._engine = judge, ways, engine
        self._straight_rank = ways.straight_m.argsort(kind="stable").argsort(kind="stable") + 1

    def single(self, one: Scored, rank: int) -> Candidate:
        """Write a worker or vehicle."""
        mover, ways, row = one.mover, self._ways, one.row
        return Candidate(
            rank=rank,
            kind=mover.kind,
            id=mover.id,
            layer=f"{mover.kind}s",
            title=mover.title,
            number=mover.number,
            role=mover.role,
            team=mover.team,
            skills=mover.skills,
            status=mover.status,
            load=mover.load,
            grid_code=mover.grid_code,
            lon=mover.lon,
            lat=mover.lat,
            reported_at=mover.reported_at,
            position_age_s=round(max(0.0, (self._judge.now - mover.reported_at).total_seconds()), 1),
            mode=mover.mode.value,
            straight_distance_m=round(float(ways.straight_m[row]), 1),
            straight_rank=int(self._straight_rank[row]),
            road_distance_m=_known(ways.road_m[row]),
            raw_travel_time_s=_known(ways.travel_s[row]),
            travel_time_s=round(one.eta.travel_s, 1) if one.eta else None,
            eta_low_s=round(one.eta.low_s, 1) if one.eta else None,
            eta_high_s=round(one.eta.high_s, 1) if one.eta else None,
            snap_m=_known(ways.snap_m[row]),
            skill_match=not self._judge.wanted.isdisjoint(mover.skills),
            engine=self._engine,
            score=round(one.score, 2) if one.trouble is None else None,
            terms={name: round(minutes, 2) for name, minutes in one.terms.items()},
            reasons=reasons(self._judge, one, ways, int(self._straight_rank[row])),
            trouble=one.trouble,
        )

    def team(self, team: _Team, rank: int) -> Candidate:
        """Write a team as its best member, with those who can come along."""
        best = self.single(team.members[0], rank)
        helpers = {"helpers": round(team.score - team.members[0].score, 2)} if len(team.members) > 1 else {}
        return replace(
            best,
            kind=Kind.TEAM.value,
            title=team.name,
            score=round(team.score, 2),
            terms={**best.terms, **helpers},
            reasons=[Reason("members", len(team.members), Verdict.GOOD), *best.reasons],
            members=[one.mover.id for one in team.members[:MOST_MEMBERS]],
        )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 1)
