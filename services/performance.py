"""绩效评价 (GB/T 30428.4): what areas, departments and posts did with the cases that were reported in a period, term by term.

Every term is one condition on a case. Its number and the list behind it come from the same condition, so that they agree. A step counts as due when it
was taken, or when its deadline has passed; what is still within its time harms nobody. Rates are numerator / denominator; which is which is said by
`services.performance_formulas`, and on the screen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, LiteralString

from psycopg import sql

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.performance_formulas import GRADES, OBJECTS, Rate, ScorePart, Weights, grade, rates_of
from services.rights import Reader

LONGEST: Final = timedelta(days=1100)
MAX_OBJECTS: Final = 600
MAX_CASES: Final = 500
WITHIN: Final[LiteralString] = (
    "e.reported_at >= %(start)s AND e.reported_at < %(end)s AND starts_with(e.grid_code, %(scope)s) AND e.state <> 'merged'"
)
_GONE: Final[LiteralString] = "e.state IN ('void', 'not_filed')"
_OVER: Final[LiteralString] = "e.deadline_at < %(now)s"
_DUE_FILED: Final[LiteralString] = "e.filed_at IS NOT NULL AND NOT e.state IN ('void', 'not_filed')"
_SENT: Final[LiteralString] = "e.dispatched_at IS NOT NULL AND NOT e.state IN ('void', 'not_filed')"
_PUBLIC: Final[LiteralString] = "e.source IN ('hotline12345', 'hotline_cg', 'citizen', 'citizen_app', 'citizen_wechat')"
TERMS: Final[Mapping[str, LiteralString]] = MappingProxyType(
    {
        "reported": "true",
        "self_handled": "e.self_handled",
        "to_file": "NOT e.self_handled",
        "accepted": "e.accepted_at IS NOT NULL",
        "filed": "e.filed_at IS NOT NULL",
        "filed_on_time": "e.filed_at <= e.file_due_at",
        "voided": "e.filed_at IS NOT NULL AND e.state = 'void'",
        "filed_right": "e.filed_at IS NOT NULL AND e.state <> 'void'",
        "effective": "e.filed_at IS NOT NULL OR e.self_handled",
        "to_dispatch": f"{_DUE_FILED} AND (e.dispatched_at IS NOT NULL OR (e.state = 'filed' AND {_OVER}))",
        "dispatched": _SENT,
        "dispatched_on_time": f"{_SENT} AND e.dispatched_at <= e.dispatch_due_at",
        "dispatched_right": f"{_SENT} AND e.returns = 0",
        "to_handle": f"{_SENT} AND (e.handled_at IS NOT NULL OR (e.state IN ('dispatched', 'handling') AND {_OVER}))",
        "handled": f"{_SENT} AND e.handled_at IS NOT NULL",
        "handled_on_time": f"{_SENT} AND e.handled_at <= e.handle_due_at",
        "reworked": f"{_SENT} AND e.handled_at IS NOT NULL AND e.reworks > 0",
        "to_close": f"{_DUE_FILED} AND (e.closed_at IS NOT NULL OR {_OVER})",
        "closed": f"{_DUE_FILED} AND e.closed_at IS NOT NULL",
        "closed_on_time": f"{_DUE_FILED} AND e.closed_at <= e.deadline_at",
        "verify_sent": "e.verify_sent_at IS NOT NULL",
        "verify_sent_on_time": "e.verify_sent_at <= e.reported_at + %(verify_send)s",
        "to_verify": "e.verify_sent_at IS NOT NULL AND (e.verified_at IS NOT NULL OR (e.state = 'reported' AND e.deadline_at < %(now)s))",
        "verified_on_time": "e.verify_sent_at IS NOT NULL AND e.verified_at <= coalesce(e.file_due_at, e.deadline_at)",
        "check_sent": "e.check_sent_at IS NOT NULL",
        "check_sent_on_time": "e.check_sent_at <= e.handled_at + %(check_send)s",
        "to_check": f"{_SENT} AND e.handled_at IS NOT NULL AND (e.checked_at IS NOT NULL OR (e.state = 'checking' AND {_OVER}))",
        "checked_on_time": f"{_SENT} AND e.checked_at <= e.check_due_at",
        "missed": f"{_DUE_FILED} AND {_PUBLIC} AND e.dup_of IS NULL AND e.building_id IS NULL",
        "public": f"{_DUE_FILED} AND {_PUBLIC}",
    }
)
"""Terms by name: conditions on `hall.event e`."""
BY_AREA: Final[Mapping[int, LiteralString]] = {9: "left(e.grid_code, 9)", 12: "left(e.grid_code, 12)", 15: "left(e.grid_code, 15)"}
GROUPS: Final[Mapping[str, LiteralString]] = MappingProxyType(
    {
        "street": BY_AREA[9],
        "community": BY_AREA[12],
        "department": "e.lead_department::text",
        "collector": BY_AREA[15],
        "acceptor": "''",
        "shift_leader": "''",
        "dispatcher": "''",
    }
)
"""What an evaluated object is, as a column; the desk's posts are evaluated as one, and person by person from the log."""
COUNT = sql.SQL("""
    SELECT {key} AS key, {terms} FROM hall.event AS e
    WHERE {within} AND {key} IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT %(limit)s
""")
# Acts of people at the desk: the case counts for whoever took the step the last time within the period.
BY_PERSON = sql.SQL("""
    WITH mine AS (
        SELECT DISTINCT ON (l.event_id) l.event_id, l.account_id, l.actor FROM hall.case_log AS l
        WHERE l.at >= %(start)s AND l.action = %(action)s AND l.account_id IS NOT NULL ORDER BY l.event_id, l.seq DESC
    )
    SELECT mine.account_id::text AS key, {terms}, min(mine.actor) AS name FROM mine JOIN hall.event AS e ON e.id = mine.event_id
    WHERE {within} GROUP BY 1 ORDER BY 1 LIMIT %(limit)s
""")
ACTION_OF: Final[Mapping[str, str]] = MappingProxyType({"acceptor": "accept", "shift_leader": "file", "dispatcher": "dispatch"})
CASES = sql.SQL("""
    SELECT e.id, e.case_no, e.class_code, c.name AS class_name, e.source, e.state, e.grid_code, e.reported_at, e.filed_at, e.dispatched_at, e.handled_at,
           e.checked_at, e.closed_at, e.file_due_at, e.dispatch_due_at, e.handle_due_at, e.check_due_at, e.deadline_at, e.reworks, e.returns,
           count(*) OVER () AS total
    FROM hall.event AS e JOIN hall.event_class AS c ON c.code = e.class_code
    WHERE {within} AND {key} AND ({term}) ORDER BY e.reported_at DESC, e.id DESC LIMIT %(limit)s OFFSET %(offset)s
""")
PERSON = sql.SQL("""
    (SELECT l.account_id FROM hall.case_log AS l WHERE l.event_id = e.id AND l.action = %(action)s AND l.at >= %(start)s AND l.account_id IS NOT NULL
     ORDER BY l.seq DESC LIMIT 1) = %(person)s
""")
NAMES: Final[Mapping[str, LiteralString]] = MappingProxyType(
    {
        "street": "SELECT code, name FROM hall.area WHERE code = ANY(%s)",
        "community": "SELECT code, name FROM hall.area WHERE code = ANY(%s)",
        "collector": "SELECT code, name FROM hall.area WHERE code = ANY(%s)",
        "department": "SELECT id::text, name FROM hall.department WHERE id = ANY(%s::bigint[])",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Cases reported from `start`, before `end`; judged as they are at `now`."""

    start: datetime
    end: datetime
    now: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None or self.start > self.end:
            raise InvalidInputError(f"start={self.start.isoformat()} is after end={self.end.isoformat()}, or has no time zone")
        if self.end - self.start > LONGEST:
            raise InvalidInputError(f"end: at most {LONGEST.days} days after start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One object: its terms, rates, the parts of its score. `score` is None for what had nothing to do."""

    key: str
    """Area code, department id, `all` for a whole post, `account:<id>` for a person."""
    name: str | None
    terms: Mapping[str, int]
    rates: list[Rate]
    parts: list[ScorePart]
    score: float | None
    grade: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """All objects of a kind, the best first; those without a score at the end."""

    object: str
    start: datetime
    end: datetime
    weights: Mapping[str, float]
    grades: Sequence[tuple[str, float]]
    evaluations: list[Evaluation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """Which number of which object, and which page of its cases."""

    object: str
    key: str
    term: str
    area: str = ""
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedCase:
    """A case behind a term."""

    id: int
    case_no: str
    class_code: str
    class_name: str
    source: str
    state: str
    grid_code: str
    reported_at: datetime
    filed_at: datetime | None
    dispatched_at: datetime | None
    handled_at: datetime | None
    checked_at: datetime | None
    closed_at: datetime | None
    file_due_at: datetime | None
    dispatch_due_at: datetime | None
    handle_due_at: datetime | None
    check_due_at: datetime | None
    deadline_at: datetime
    reworks: int
    returns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedCases:
    """The cases behind a term, the newest first."""

    total: int
    cases: list[EvaluatedCase]


def performance(conn: Conn, reader: Reader, kind: str, period: Period, weights: Weights, *, area: str = "") -> Performance:
    """Evaluate all objects of a kind within the reader's scope and `area`.

    Raises:
        InvalidInputError: no such kind, or an area that is none.
    """
    values = _values(reader, kind, period, weights, area)
    terms = sql.SQL(", ").join(sql.SQL("count(*) FILTER (WHERE {})").format(sql.SQL(term)) for term in TERMS.values())
    parts = {"key": sql.SQL(GROUPS[kind]), "terms": terms, "within": sql.SQL(WITHIN)}
    found = [(str(row[0]) or "all", None, row[1:]) for row in conn.execute(COUNT.format(**parts), values)]
    if kind in ACTION_OF:
        people = conn.execute(BY_PERSON.format(terms=terms, within=sql.SQL(WITHIN)), values).fetchall()
        found += [(f"account:{row[0]}", row[-1], row[1:-1]) for row in people]
    names = _names(conn, kind, [key for key, _, _ in found])
    evaluations = [
        _evaluated(kind, key, name or names.get(key), dict(zip(TERMS, counts, strict=True)), weights) for key, name, counts in found
    ]
    return Performance(
        object=kind,
        start=period.start,
        end=period.end,
        weights=weights.of(kind),
        grades=GRADES,
        evaluations=sorted(evaluations, key=lambda one: (one.score is None, -(one.score or 0.0), one.key)),
    )


def cases(conn: Conn, reader: Reader, behind: Behind, period: Period, weights: Weights) -> EvaluatedCases:
    """Return the cases behind one number of one object.

    Raises:
        InvalidInputError: no such kind, term or object.
    """
    kind, key, term = behind.object, behind.key, behind.term
    if term not in TERMS:
        raise InvalidInputError(f"term={term[:40]!r}: must be one of {', '.join(TERMS)}")
    values = _values(reader, kind, period, weights, behind.area)
    values |= {"limit": max(1, min(behind.limit, MAX_CASES)), "offset": max(0, behind.offset), "key": key}
    whose = sql.SQL("true")
    if key.startswith("account:"):
        if kind not in ACTION_OF or not key.removeprefix("account:").isdigit():
            raise InvalidInputError(f"key={key[:40]!r}: no person is evaluated as {kind}")
        whose, values["person"] = PERSON, int(key.removeprefix("account:"))
    elif kind not in ACTION_OF:
        whose = sql.SQL(f"{GROUPS[kind]} = %(key)s")
    rows = conn.execute(CASES.format(within=sql.SQL(WITHIN), key=whose, term=sql.SQL(TERMS[term])), values).fetchall()
    return EvaluatedCases(
        total=rows[0][-1] if rows else 0, cases=[EvaluatedCase(**dict(zip(EvaluatedCase.__slots__, row, strict=False))) for row in rows]
    )


def _values(reader: Reader, kind: str, period: Period, weights: Weights, area: str) -> dict[str, Any]:
    if kind not in OBJECTS:
        raise InvalidInputError(f"object={kind[:40]!r}: must be one of {', '.join(OBJECTS)}")
    if area and not (area.isascii() and area.isdigit() and len(area) <= 15):
        raise InvalidInputError(f"area={area[:40]!r}: must be up to 15 digits")
    outside = not area.startswith(reader.scope) and not reader.scope.startswith(area)
    return {
        "start": period.start,
        "end": period.end,
        "now": period.now,
        # an area outside of the reader's has no cases for this reader
        "scope": "-" if outside else max(area, reader.scope, key=len),
        "verify_send": timedelta(minutes=weights.verify_send_minutes),
        "check_send": timedelta(minutes=weights.check_send_minutes),
        "action": ACTION_OF.get(kind, ""),
        "limit": MAX_OBJECTS,
    }


def _names(conn: Conn, kind: str, keys: list[str]) -> dict[str, str]:
    query = NAMES.get(kind)
    return dict(conn.execute(query, [keys]).fetchall()) if query else {}


def _evaluated(kind: str, key: str, name: str | None, terms: Mapping[str, int], weights: Weights) -> Evaluation:
    rates = rates_of(kind, terms)
    parts = weights.parts(kind, terms, {rate.key: rate.value for rate in rates})
    known = [part for part in parts if part.score is not None]
    whole = sum(part.weight for part in known)
    score = sum((part.score or 0.0) * part.weight for part in known) / whole if whole else None
    return Evaluation(key=key, name=name, terms=terms, rates=rates, parts=parts, score=score, grade=None if score is None else grade(score))
