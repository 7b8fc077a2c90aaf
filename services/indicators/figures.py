"""What the indicators are: those of an area or of one domain, what is abnormal, one of them, its series, and each street's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError, NotFoundError
from geodata.indicators.catalogue import DOMAINS, Indicator, catalogue
from services.indicators.areas import area_of, areas
from services.indicators.standing import IndicatorFigure, Row, SeriesPoint, build
from services.rights import Reader

STATES = ("red", "yellow", "normal", "none")
MAX_SERIES = 1_200

SERIES = """
    SELECT code, period, value, data_time FROM hall.indicator_value
    WHERE code = %(code)s AND area = %(area)s AND period >= %(start)s AND period < %(end)s ORDER BY period DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorDomain:
    """One of the nine domains: its figures, the abnormal ones first, and how many are in each state."""

    key: str
    red: int
    yellow: int
    normal: int
    none: int
    stale: int
    figures: Sequence[IndicatorFigure]


def indicator(code: str) -> Indicator:
    """Return an entry of the catalogue.

    Raises:
        NotFoundError: it has none of this code.
    """
    one = catalogue().indicators.get(code)
    if one is None:
        raise NotFoundError(f"indicator {code[:20]}")
    return one


def of_area(
    conn: Conn, reader: Reader, now: datetime, *, area: str | None = None, codes: Sequence[str] | None = None
) -> list[IndicatorFigure]:
    """Return the figures of an area, all or those of `codes`, in the order of the catalogue.

    Raises:
        NotAllowedError, NotFoundError: as `services.indicators.areas.area_of`; a code is not in the catalogue.
    """
    place = area_of(conn, reader, area)
    wanted = [indicator(code) for code in codes] if codes is not None else list(catalogue().indicators.values())
    return build(conn, wanted, place, now)


def abnormal(conn: Conn, reader: Reader, now: datetime, area: str | None = None) -> list[IndicatorFigure]:
    """Return what is red or yellow in the reader's area, red first, then in the order of the catalogue; each says why.

    Raises:
        NotAllowedError, NotFoundError: as `services.indicators.areas.area_of`.
    """
    found = [one for one in of_area(conn, reader, now, area=area) if one.abnormal]
    return sorted(found, key=lambda one: STATES.index(one.state))


def domains(conn: Conn, reader: Reader, now: datetime, area: str | None = None) -> list[IndicatorDomain]:
    """Return the nine domains with their figures, within each the abnormal ones first.

    Raises:
        NotAllowedError, NotFoundError: as `services.indicators.areas.area_of`.
    """
    found = of_area(conn, reader, now, area=area)
    made = []
    for key in DOMAINS:
        own = sorted((one for one in found if one.domain == key), key=lambda one: STATES.index(one.state))
        count = {state: sum(one.state == state for one in own) for state in STATES}
        made.append(
            IndicatorDomain(
                key=key,
                red=count["red"],
                yellow=count["yellow"],
                normal=count["normal"],
                none=count["none"],
                stale=sum(one.stale for one in own),
                figures=own,
            )
        )
    return made


def value(conn: Conn, reader: Reader, code: str, area: str | None, now: datetime) -> IndicatorFigure:
    """Return one figure.

    Raises:
        NotAllowedError, NotFoundError: as `services.indicators.areas.area_of`; the code is not in the catalogue.
    """
    return of_area(conn, reader, now, area=area, codes=[code])[0]


def series(
    conn: Conn, reader: Reader, code: str, *, area: str | None, start: datetime | None, end: datetime, limit: int = 366
) -> list[SeriesPoint]:
    """Return the kept figures of an indicator in an area from `start` to `end`, oldest first, the latest `limit` at most.

    Raises:
        NotAllowedError, NotFoundError: as `services.indicators.areas.area_of`; the code is not in the catalogue.
        InvalidInputError: the window or the limit cannot be.
    """
    if not 1 <= limit <= MAX_SERIES:
        raise InvalidInputError(f"limit={limit}: 1 to {MAX_SERIES}")
    begins = start or datetime(2000, 1, 1, tzinfo=UTC)
    if begins >= end:
        raise InvalidInputError("start: before end")
    place = area_of(conn, reader, area)
    values = {"code": indicator(code).code, "area": place.code, "start": begins, "end": end, "limit": limit}
    with conn.cursor(row_factory=class_row(Row)) as cursor:
        rows = cursor.execute(SERIES, values).fetchall()
    return [SeriesPoint(period=row.period, value=row.value) for row in reversed(rows)]


def by_street(conn: Conn, reader: Reader, code: str, now: datetime) -> list[IndicatorFigure]:
    """Return one indicator in each street that the reader may see, without their series; empty for those of the district alone.

    Raises:
        NotAllowedError, NotFoundError: as `services.indicators.areas.area_of`; the code is not in the catalogue.
    """
    one = indicator(code)
    area_of(conn, reader)
    if not one.streets:
        return []
    return [build(conn, [one], place, now)[0] for place in areas(conn, reader) if place.level == "street"]
