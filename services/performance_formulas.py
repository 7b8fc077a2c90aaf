"""The formulas of 绩效评价 as data: rates as numerator over denominator, scores from counts, weights, grades.

Rates are those of GB/T 30428.4 (earlier CJ/T 292-2008); weights, count scores and grades follow what installations commonly use and are local
parameters: the fact `performance` of the database overrides them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from psycopg.types.json import Jsonb

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.rights import Reader, Role

GRADES: Final = (("A", 90.0), ("B", 75.0), ("C", 60.0), ("D", 40.0), ("E", 0.0))
"""The lowest score of each grade."""
OBJECTS: Final = ("street", "community", "department", "collector", "acceptor", "shift_leader", "dispatcher")
FORMULAS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "effective_report_rate": ("effective", "reported"),
        "filing_rate": ("filed", "to_file"),
        "filing_on_time_rate": ("filed_on_time", "filed"),
        "filing_accuracy": ("filed_right", "filed"),
        "dispatch_on_time_rate": ("dispatched_on_time", "to_dispatch"),
        "dispatch_accuracy": ("dispatched_right", "to_dispatch"),
        "handling_rate": ("handled", "to_handle"),
        "handling_on_time_rate": ("handled_on_time", "to_handle"),
        "rework_rate": ("reworked", "handled"),
        "closing_rate": ("closed", "to_close"),
        "closing_on_time_rate": ("closed_on_time", "to_close"),
        "verify_on_time_rate": ("verified_on_time", "to_verify"),
        "check_on_time_rate": ("checked_on_time", "to_check"),
        "missed_rate": ("missed", "filed"),
        "public_share": ("public", "filed"),
        "verify_sent_on_time_rate": ("verify_sent_on_time", "verify_sent"),
        "check_sent_on_time_rate": ("check_sent_on_time", "check_sent"),
    }
)
"""Numerator and denominator, as names of terms."""
_AREA: Final = (
    "effective_report_rate", "filing_rate", "filing_on_time_rate", "filing_accuracy", "dispatch_on_time_rate", "dispatch_accuracy", "handling_rate",
    "handling_on_time_rate", "rework_rate", "closing_rate", "closing_on_time_rate", "verify_on_time_rate", "check_on_time_rate", "missed_rate",
    "public_share",
)  # fmt: skip
RATES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "street": _AREA,
        "community": _AREA,
        "department": (
            "handling_rate",
            "handling_on_time_rate",
            "rework_rate",
            "closing_rate",
            "closing_on_time_rate",
            "check_on_time_rate",
        ),
        "collector": ("effective_report_rate", "missed_rate", "verify_on_time_rate", "check_on_time_rate"),
        "acceptor": ("filing_rate", "verify_sent_on_time_rate", "check_sent_on_time_rate"),
        "shift_leader": ("filing_on_time_rate", "filing_accuracy", "closing_on_time_rate"),
        "dispatcher": ("dispatch_on_time_rate", "dispatch_accuracy"),
    }
)
"""What is shown of each kind of object."""
LESS_IS_MORE: Final = frozenset({"rework_rate", "missed_rate"})
"""Their score is (1 - rate) x 100."""
FEW: Final = ((50, 100.0), (100, 90.0), (200, 75.0), (500, 60.0), (1000, 40.0))
"""Score of the number of cases filed against a department: up to so many; above the last 0."""
MANY: Final = ((100, 0.0), (300, 40.0), (500, 60.0), (1200, 75.0), (2000, 90.0))
"""Score of the number of cases that a post worked on: up to so many; above the last 100."""
COUNTED: Final[Mapping[str, tuple[tuple[tuple[int, float], ...], float]]] = MappingProxyType(
    {"filed": (FEW, 0.0), "accepted": (MANY, 100.0), "dispatched": (MANY, 100.0)}
)
SHIPPED: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "street": {
            "filing_on_time_rate": 10,
            "dispatch_on_time_rate": 10,
            "handling_on_time_rate": 40,
            "closing_on_time_rate": 20,
            "rework_rate": 20,
        },
        "community": {
            "filing_on_time_rate": 10,
            "dispatch_on_time_rate": 10,
            "handling_on_time_rate": 40,
            "closing_on_time_rate": 20,
            "rework_rate": 20,
        },
        "department": {"filed": 10, "closing_rate": 30, "handling_on_time_rate": 30, "rework_rate": 30},
        "collector": {"effective_report_rate": 40, "missed_rate": 20, "verify_on_time_rate": 20, "check_on_time_rate": 20},
        "acceptor": {"accepted": 25, "verify_sent_on_time_rate": 40, "check_sent_on_time_rate": 35},
        "shift_leader": {"filing_on_time_rate": 25, "filing_accuracy": 40, "closing_on_time_rate": 35},
        "dispatcher": {"dispatched": 20, "dispatch_on_time_rate": 40, "dispatch_accuracy": 40},
    }
)
"""Weights in per cent. Those of areas are a proposal of this product, the standard names none."""
VERIFY_SEND_MINUTES, CHECK_SEND_MINUTES = 15.0, 60.0
MAY_SET = frozenset({Role.SHIFT_LEADER, Role.LEADER})
"""Who sets weights and limits, when the whole district is theirs."""
DISTRICT: Final = 6
"""Digits of a district's code; what is longer is a part of it."""
READ = "SELECT value, changed_at FROM hall.fact WHERE key = 'performance'"
WRITE = """
    INSERT INTO hall.fact (key, value, changed_at) VALUES ('performance', %(value)s, coalesce(%(at)s, now()))
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, changed_at = EXCLUDED.changed_at
"""
LONGEST_SEND = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One rate: `value` is None when the denominator is 0."""

    key: str
    numerator: str
    denominator: str
    over: int
    under: int
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePart:
    """One part of a score. `score` is 0 to 100, None when there was nothing to do; then the weights of the others make up the whole."""

    key: str
    weight: float
    score: float | None
    term: str | None
    """For a score of a count: the counted term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Local parameters: weights in per cent by kind of object, and how soon a verification and a check must be asked for."""

    by_object: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: SHIPPED)
    verify_send_minutes: float = VERIFY_SEND_MINUTES
    """After the report."""
    check_send_minutes: float = CHECK_SEND_MINUTES
    """After the handling was fed back."""
    changed_at: datetime | None = None
    """None while they are as shipped."""
    changed_by: str = ""

    def of(self, kind: str) -> Mapping[str, float]:
        """Weights of a kind of object."""
        return self.by_object.get(kind, SHIPPED[kind])

    def parts(self, kind: str, terms: Mapping[str, int], rates: Mapping[str, float | None]) -> list[ScorePart]:
        """Return the parts of the score of one object; all without a score when it had nothing to do."""
        idle = not any(terms[FORMULAS[key][1]] for key in RATES[kind])
        return [_part(key, weight, terms, rates, idle=idle) for key, weight in self.of(kind).items()]


def _part(key: str, weight: float, terms: Mapping[str, int], rates: Mapping[str, float | None], *, idle: bool) -> ScorePart:
    if key in COUNTED:
        return ScorePart(key=key, weight=weight, score=None if idle else count_score(key, terms[key]), term=key)
    rate = rates.get(key)
    score = None if rate is None else 100 * (1 - rate if key in LESS_IS_MORE else rate)
    return ScorePart(key=key, weight=weight, score=score, term=None)


def count_score(term: str, count: int) -> float:
    """Return the score of a count, 0 to 100."""
    steps, beyond = COUNTED[term]
    return next((score for most, score in steps if count <= most), beyond)


def rates_of(kind: str, terms: Mapping[str, int]) -> list[Rate]:
    """Return the rates that are shown of a kind of object."""
    out = []
    for key in RATES[kind]:
        over, under = FORMULAS[key]
        value = terms[over] / terms[under] if terms[under] else None
        out.append(Rate(key=key, numerator=over, denominator=under, over=terms[over], under=terms[under], value=value))
    return out


def grade(score: float) -> str:
    """Return the grade of a score, A to E."""
    return next(name for name, least in GRADES if score >= least or least == 0)


def may_set(reader: Reader) -> bool:
    """Whether this reader sets weights and limits: they hold for the whole district, so that it must be theirs."""
    return reader.role in MAY_SET and len(reader.scope) <= DISTRICT


def weights(conn: Conn) -> Weights:
    """Read the local parameters; what is not set is as shipped."""
    row = conn.execute(READ).fetchone()
    value: Mapping[str, Any] = row[0] if row else {}
    return Weights(
        by_object={kind: dict(value.get("weights", {}).get(kind, SHIPPED[kind])) for kind in OBJECTS},
        verify_send_minutes=float(value.get("verify_send_minutes", VERIFY_SEND_MINUTES)),
        check_send_minutes=float(value.get("check_send_minutes", CHECK_SEND_MINUTES)),
        changed_at=row[1] if row else None,
        changed_by=str(value.get("changed_by", "")),
    )


def set_weights(conn: Conn, wanted: Weights) -> None:
    """Keep other parameters, with who changed them and when.

    Raises:
        InvalidInputError: an unknown object or part, a negative weight, or weights that do not add up to 100.
    """
    for kind, given in wanted.by_object.items():
        if kind not in SHIPPED:
            raise InvalidInputError(f"weights.{kind[:40]}: must be one of {', '.join(OBJECTS)}")
        possible = {*RATES[kind], *COUNTED}
        strange = sorted(set(given) - possible)
        if strange:
            raise InvalidInputError(f"weights.{kind}.{strange[0][:40]}: must be one of {', '.join(sorted(possible))}")
        if any(not 0 <= weight <= 100 for weight in given.values()) or abs(sum(given.values()) - 100) > 1e-6:
            raise InvalidInputError(f"weights.{kind}: must be 0 to 100 and add up to 100")
    for name in ("verify_send_minutes", "check_send_minutes"):
        if not 0 < getattr(wanted, name) <= LONGEST_SEND:
            raise InvalidInputError(f"{name}: must be more than 0, at most {LONGEST_SEND}")
    value = {
        "weights": {kind: dict(given) for kind, given in wanted.by_object.items()},
        "verify_send_minutes": wanted.verify_send_minutes,
        "check_send_minutes": wanted.check_send_minutes,
        "changed_by": wanted.changed_by,
    }
    conn.execute(WRITE, {"value": Jsonb(value), "at": wanted.changed_at})
