"""One box over all classes: any part of a name, code or address; personal numbers only whole."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from psycopg import sql
from psycopg.rows import class_row

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.grid import BBox, LonLat
from services import features
from services.element import LINE, Element, visible
from services.features import Row, Value
from services.mirror import Mirror
from services.mirror_store import MirrorStore
from services.mirror_text import folded
from services.rights import Reader, Treatment, treatment
from services.where import where

MAX_TEXT = 60
MAX_HITS = 100
EDGES = 400
LENGTH = "length_m"
"""Column of a line that stands for all of a street when the street's edges are put together."""
PERSONAL_NUMBER = re.compile(r"[0-9]{7,18}x?")
"""What may be a whole phone or ID number."""

NUMBER = "SELECT source.id FROM hall.{view} AS source WHERE {conditions} AND ({tests}) ORDER BY source.id LIMIT %(limit)s"
# The found edges' names in the order of the best edge, then all edges of these names put together. The middle lies on the street.
STREETS = """
WITH found AS (
    SELECT source.{name} AS name, min(asked.place) AS place
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN hall.{view} AS source ON source.id = asked.id
    WHERE source.{name} IS NOT NULL
    GROUP BY source.{name} ORDER BY place LIMIT %(limit)s
), merged AS (
    SELECT found.place, min(source.id) AS id, sum(ST_Length(source.geom::geography)) AS length_m, ST_Collect(source.geom) AS geom
    FROM found JOIN hall.{view} AS source ON source.{name} = found.name
    WHERE {conditions}
    GROUP BY found.place
)
SELECT id, length_m, ST_X(middle) AS lon, ST_Y(middle) AS lat,
       ST_XMin(geom) AS west, ST_YMin(geom) AS south, ST_XMax(geom) AS east, ST_YMax(geom) AS north
FROM merged, LATERAL (SELECT ST_ClosestPoint(geom, ST_Centroid(geom)) AS middle) AS place
ORDER BY merged.place
LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class _Street:
    id: int
    length_m: float
    lon: float
    lat: float
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One row found. Streets stand once, however many edges they have."""

    layer: str
    id: int
    headline: Value
    subline: tuple[Value, ...]
    """Values of the layer's subline fields."""
    lon: float
    lat: float
    bbox: BBox | None
    """Of areas and lines; a point has none."""
    matched: Mapping[str, tuple[int, int]]
    """Field → start and end of the found text in it; masked fields never tell where they matched."""
    fields: Mapping[str, Value]
    """The searched fields as the reader may see them, for the line that shows why this was found."""
    length_m: float | None = None
    """Of a street: all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Hits of one class, best first: whole value, then beginning, then inside; nearest first among equals."""

    layer: str
    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Classes with hits, in drawing order reversed (the topmost layer first)."""

    text: str
    classes: tuple[Found, ...]
    looked_up: tuple[str, ...] = ()
    """Personal columns that were asked for a whole value, as `people.id_no`: the caller writes the audit row."""


def search(
    store: MirrorStore,
    conn: Conn,
    reader: Reader,
    elements: Iterable[Element],
    text: str,
    *,
    limit: int = 8,
    near: LonLat | None = None,
) -> Results:
    """Find `text` in every class that the reader may see, within the reader's scope; at most `limit` hits a class.

    Case and width do not matter. One Latin letter or digit finds nothing: too much would be found.

    Raises:
        InvalidInputError: the text is empty or longer than 60 characters, or limit is not in 1..100.
        SourceUnavailableError: the database does not answer.
    """
    wanted = folded(text)
    if not wanted or len(wanted) > MAX_TEXT or not 1 <= limit <= MAX_HITS:
        raise InvalidInputError(f"search takes 1 to {MAX_TEXT} characters and a limit of 1..{MAX_HITS}")
    if len(wanted) == 1 and wanted.isascii():
        return Results(text=wanted, classes=())
    seen = visible(elements, reader)[::-1]
    numbers = _looked_up(conn, reader, seen, wanted) if PERSONAL_NUMBER.fullmatch(wanted) else {}
    places = {
        element.key: _places(store.mirror(element.key), element, wanted, limit=limit, area=reader.scope, near=near) for element in seen
    }
    ids = {element.key: list(dict.fromkeys((*numbers.get(element.key, ()), *places[element.key]))) for element in seen}
    rows = features.by_ids_of_all(conn, reader, [(element, ids[element.key][: limit + 1]) for element in seen if element.geometry != LINE])
    classes = []
    for element in seen:
        if element.geometry == LINE:
            hits = _streets(conn, reader, element, ids[element.key], wanted, limit=limit + 1)
        else:
            hits = [_hit(reader, element, row, wanted, places[element.key].get(row.id)) for row in rows[element.key]]
        if hits:
            classes.append(Found(layer=element.key, hits=tuple(hits[:limit]), more=len(hits) > limit))
    looked_up = tuple(f"{element.key}.{name}" for element in seen if element.key in numbers for name in element.exact)
    return Results(text=wanted, classes=tuple(classes), looked_up=looked_up)


def _places(
    mirror: Mirror,
    element: Element,
    wanted: str,
    *,
    limit: int,
    area: str,
    near: LonLat | None,
) -> dict[int, BBox | None]:
    """Return ids of the rows found, the best first, and the boxes of areas and lines."""
    # a street stands for all its edges: more of them are needed to find as many streets
    rows = mirror.find(wanted, EDGES if element.geometry == LINE else limit + 1, area, near)
    boxes = mirror.outlines.boxes(rows) if mirror.outlines else [None] * len(rows)
    return dict(zip(mirror.ids[rows].tolist(), boxes, strict=True))


def _looked_up(conn: Conn, reader: Reader, seen: Sequence[Element], number: str) -> dict[str, list[int]]:
    """Ask the database for rows with this very number in a personal column; a key for every layer that was asked."""
    found = {}
    for element in seen:
        if element.exact:
            wanted = where(reader, element)
            tests = sql.SQL(" OR ").join(sql.SQL("{} = %(number)s").format(sql.Identifier("source", name)) for name in element.exact)
            query = sql.SQL(NUMBER).format(view=sql.Identifier(element.source.view), conditions=wanted.expression, tests=tests)
            records = conn.execute(query, {**wanted.values, "number": number.upper(), "limit": MAX_HITS})
            found[element.key] = [int(record[0]) for record in records]
    return found


def _hit(reader: Reader, element: Element, row: Row, wanted: str, bbox: BBox | None) -> Hit:
    fields = {name: row.fields[name] for name in element.search if name in row.fields}
    clear = {name: value for name, value in fields.items() if treatment(reader, element.source.column(name)) is Treatment.CLEAR}
    return Hit(
        layer=element.key,
        id=row.id,
        headline=row.fields.get(element.headline),
        lon=row.lon,
        lat=row.lat,
        bbox=bbox,
        subline=tuple(row.fields.get(name) for name in element.subline),
        matched=_matched(clear, wanted),
        fields=fields,
    )


def _matched(fields: Mapping[str, Value], wanted: str) -> dict[str, tuple[int, int]]:
    """Find the text in values as they stand; where folding changes their length, no place can be told."""
    matched = {}
    for name, value in fields.items():
        text = str(value or "")
        lower = unicodedata.normalize("NFKC", text).lower()
        start = lower.find(wanted) if len(lower) == len(text) else -1
        if start >= 0:
            matched[name] = (start, start + len(wanted))
    return matched


def _streets(conn: Conn, reader: Reader, element: Element, ids: list[int], wanted: str, *, limit: int) -> list[Hit]:
    """Put edges of one name together."""
    if not ids:
        return []
    scope = where(reader, element)
    query = sql.SQL(STREETS).format(
        name=sql.Identifier(element.headline),
        view=sql.Identifier(element.source.view),
        conditions=scope.expression,
    )
    with conn.cursor(row_factory=class_row(_Street)) as cursor:
        streets = cursor.execute(query, {**scope.values, "ids": ids, "limit": limit}).fetchall()
    rows = features.by_ids(conn, reader, element, [street.id for street in streets])
    return [_street_hit(_hit(reader, element, row, wanted, None), element, street) for row, street in zip(rows, streets, strict=True)]


def _street_hit(hit: Hit, element: Element, street: _Street) -> Hit:
    subline = tuple(street.length_m if name == LENGTH else value for name, value in zip(element.subline, hit.subline, strict=True))
    bbox = BBox(street.west, street.south, street.east, street.north)
    return replace(hit, lon=street.lon, lat=street.lat, bbox=bbox, length_m=street.length_m, subline=subline)
