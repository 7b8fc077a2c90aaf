"""Indicators as the cockpit shows them: the abnormal ones with their reason and who answers for them, and all of them as cells of nine domains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from geodata.db import Conn
from geodata.indicators.catalogue import DOMAINS
from services.indicators.figures import STATES
from services.indicators.standing import IndicatorFigure

EVERY_S = 300.0
"""Own indicators are computed so often; the screen judges their age by it."""
MOST_ABNORMAL = 40
DEPARTMENTS = "SELECT code, name FROM hall.department LIMIT 1000"


@dataclass(frozen=True, slots=True, kw_only=True)
class AbnormalIndicator:
    """One that is red or yellow."""

    code: str
    domain: str
    name: str
    name_en: str
    unit: str
    decimals: int
    value: float | None
    state: str
    why: str
    why_en: str
    owner: str
    """Name of the department that answers for it, else the role that gets its warnings."""
    target: float | None
    reference: float | None
    """The limit that was passed, or what it was compared with."""
    warned_at: datetime | None
    stale: bool
    series: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbnormalList:
    """The abnormal ones, red first, and how many are in which state."""

    total: int
    abnormal: int
    red: int
    normal: int
    with_data: int
    stale: int
    data_time: datetime | None
    """Of the newest own figure."""
    every_s: float
    items: tuple[AbnormalIndicator, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One indicator in its domain."""

    code: str
    name: str
    name_en: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """The figure that stands for a domain."""

    code: str
    name: str
    name_en: str
    unit: str
    decimals: int
    value: float | None
    series: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTile:
    """One of the nine domains."""

    domain: str
    red: int
    yellow: int
    with_data: int
    cells: tuple[Cell, ...]
    lead: Lead | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTiles:
    """All of them, in the order of the catalogue."""

    total: int
    data_time: datetime | None
    every_s: float
    items: tuple[DomainTile, ...]


def abnormal(conn: Conn, figures: Sequence[IndicatorFigure]) -> AbnormalList:
    """Return what is red or yellow, with the names of those who answer for it."""
    names: Mapping[str, str] = dict(conn.execute(DEPARTMENTS).fetchall())
    found = sorted((one for one in figures if one.abnormal), key=lambda one: STATES.index(one.state))
    with_data = sum(one.state != "none" for one in figures)
    return AbnormalList(
        total=len(figures),
        abnormal=len(found),
        red=sum(one.state == "red" for one in found),
        normal=with_data - len(found),
        with_data=with_data,
        stale=sum(one.stale for one in figures),
        data_time=_newest(figures),
        every_s=EVERY_S,
        items=tuple(
            AbnormalIndicator(
                code=one.code,
                domain=one.domain,
                name=one.name,
                name_en=one.name_en,
                unit=one.unit,
                decimals=one.decimals,
                value=one.value,
                state=one.state,
                why=one.why,
                why_en=one.why_en,
                owner=names.get(one.owner or "", "") or one.receiver,
                target=one.target,
                reference=one.reference,
                warned_at=one.warning_since,
                stale=one.stale,
                series=_values(one),
            )
            for one in found[:MOST_ABNORMAL]
        ),
    )


def domains(figures: Sequence[IndicatorFigure]) -> DomainTiles:
    """Return the nine domains; within each the abnormal indicators first, those without data last."""
    return DomainTiles(
        total=len(figures),
        data_time=_newest(figures),
        every_s=EVERY_S,
        items=tuple(_domain(key, [one for one in figures if one.domain == key]) for key in DOMAINS),
    )


def _domain(key: str, figures: Sequence[IndicatorFigure]) -> DomainTile:
    ordered = sorted(figures, key=lambda one: STATES.index(one.state))
    # what has a target says most, then shares; both in the order of the catalogue
    leads = sorted(
        (one for one in figures if one.value is not None and len(one.series) > 1),
        key=lambda one: (one.quality != "own", one.unit != "%", one.target is None),
    )
    return DomainTile(
        domain=key,
        red=sum(one.state == "red" for one in figures),
        yellow=sum(one.state == "yellow" for one in figures),
        with_data=sum(one.state != "none" for one in figures),
        cells=tuple(Cell(code=one.code, name=one.name, name_en=one.name_en, state=one.state) for one in ordered),
        lead=_lead(leads[0]) if leads else None,
    )


def _lead(one: IndicatorFigure) -> Lead:
    return Lead(
        code=one.code, name=one.name, name_en=one.name_en, unit=one.unit, decimals=one.decimals, value=one.value, series=_values(one)
    )


def _values(one: IndicatorFigure) -> tuple[float | None, ...]:
    return tuple(point.value for point in one.series)


def _newest(figures: Sequence[IndicatorFigure]) -> datetime | None:
    return max((one.data_time for one in figures if one.quality == "own" and one.data_time), default=None)
