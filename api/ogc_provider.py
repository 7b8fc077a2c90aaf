"""A layer as a pygeoapi provider: the reader's rights, the layer's own filters, and links that go on by key."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import g, request
from pygeoapi.provider.base import BaseProvider

from api import ogc
from api.identity import current_reader
from api.layers import layer_for
from geodata.db import reading
from geodata.errors import InvalidInputError
from geodata.grid import BBox
from geodata.source import Condition, Kind
from layers.base import Field, Layer
from layers.conditions import RANGE, conditions
from services import features, listing
from services.rights import Treatment, treatment

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
AFTER = "after"
TYPES: Mapping[Kind, Mapping[str, str]] = {
    Kind.TEXT: {"type": "string"},
    Kind.CODE: {"type": "string"},
    Kind.INT: {"type": "integer"},
    Kind.FLOAT: {"type": "number"},
    Kind.BOOL: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIME: {"type": "string", "format": "date-time"},
}


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate system on offer, and whether its definition puts the north first."""

    srid: int
    north_first: bool


OFFERED: Mapping[str, System] = {
    CRS84: System(4326, north_first=False),
    f"{EPSG}4326": System(4326, north_first=True),
    f"{EPSG}3857": System(3857, north_first=False),
    f"{EPSG}4490": System(4490, north_first=True),
    f"{EPSG}4547": System(4547, north_first=True),
}


class LayerProvider(BaseProvider):  # type: ignore[misc] # pygeoapi is not typed
    """Reads one layer as the current reader may see it. pygeoapi builds one for each request."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        super().__init__(definition)
        self._reader = current_reader()
        self._layer: Layer = layer_for(self._reader, self.data)
        self._shown = [field for field in self._layer.fields if treatment(self._reader, field.column()) is not Treatment.HIDDEN]
        # what may be asked for is not what is shown: the list of queryables names filters only
        named = [field for field in self._shown if field.name in self._layer.filters] if g.get("ogc_queryables") else self._shown
        self._fields = {field.name: self._type(field) for field in named}

    def get_fields(self) -> dict[str, Any]:
        """Name and type of each column."""
        return self._fields

    def query(
        self,
        *,
        offset: int = 0,
        limit: int = 10,
        resulttype: str = "results",
        bbox: Sequence[float] = (),
        datetime_: str | None = None,
        properties: Sequence[tuple[str, str]] = (),
        sortby: Sequence[Any] = (),
        select_properties: Sequence[str] = (),
        skip_geometry: bool = False,
        q: str | None = None,
        filterq: object = None,
        **_: object,
    ) -> dict[str, Any]:
        """Return a page of features in the order of id."""
        for name, used in (("filter", filterq is not None), ("sortby", bool(sortby)), ("q", q is not None)):
            if used:
                raise InvalidInputError(f"{name}: is not offered here; filter by {', '.join(self._layer.filters) or 'bbox'}")
        tests = self._conditions([pair for pair in properties if pair[0] != AFTER], datetime_)
        box = BBox(*(bbox if len(bbox) == 4 else (bbox[0], bbox[1], bbox[3], bbox[4]))) if bbox else None
        system, parts = _system(), ogc.context()
        wanted = listing.Wanted(
            conditions=tests,
            bbox=box,
            limit=limit,
            offset=offset,
            after=_after(properties),
            geometry=not skip_geometry,
            srid=system.srid,
        )
        with reading(parts.pool) as conn:
            if resulttype == "hits":
                matched = listing.count(parts.store, conn, self._reader, self._layer, wanted)
                return {"type": "FeatureCollection", "features": [], "numberMatched": matched, "numberReturned": 0}
            page = listing.listing(parts.store, conn, self._reader, self._layer, wanted)
        found = [self._feature(row, system, select_properties) for row in page.rows]
        answer: dict[str, Any] = {"type": "FeatureCollection", "features": found, "numberReturned": len(found)}
        if page.matched is not None:
            answer["numberMatched"] = page.matched
        return answer | ({"links": [_next(page.rows[-1].id)]} if page.more and page.rows else {})

    def get(self, identifier: str, **_: object) -> dict[str, Any]:
        """Return one feature."""
        if not identifier.isdecimal() or len(identifier) > 18:
            raise InvalidInputError(f"{identifier[:40]!r} is no id: ids are whole numbers")
        system = _system()
        with reading(ogc.context().pool) as conn:
            row = features.one(conn, self._reader, self._layer, int(identifier), srid=system.srid)
        return self._feature(row, system, ())

    def _conditions(self, properties: Sequence[tuple[str, str]], datetime_: str | None) -> tuple[Condition, ...]:
        pairs = list(properties)
        instants = [name for name in self._layer.filters if self._layer.named(name).kind is Kind.TIME]
        if datetime_ and instants:  # a collection without time takes part in every query by time
            first, _, last = datetime_.partition("/")
            span = f"{first.strip('.')}{RANGE}{last.strip('.')}" if "/" in datetime_ else datetime_
            pairs.append((instants[0], span))
        return conditions(self._layer, pairs)

    def _feature(self, row: features.Row, system: System, select: Sequence[str]) -> dict[str, Any]:
        geometry = json.loads(row.geometry) if row.geometry else None
        if geometry and system.north_first:
            geometry["coordinates"] = _flipped(geometry["coordinates"])
        values = {field.name: _plain(field, row.fields.get(field.name)) for field in self._shown if not select or field.name in select}
        return {"type": "Feature", "id": row.id, "geometry": geometry, "properties": values}

    def _type(self, field: Field) -> dict[str, Any]:
        masked = treatment(self._reader, field.column()) is Treatment.MASKED
        kind = {"type": "string"} if masked else dict(TYPES[field.kind])
        return kind | ({"values": list(field.choices)} if field.choices and field.kind is Kind.CODE else {})


def _system() -> System:
    return OFFERED.get(request.args.get("crs", CRS84), OFFERED[CRS84])


def _after(properties: Sequence[tuple[str, str]]) -> int | None:
    text = dict(properties).get(AFTER)
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInputError(f"{AFTER}={text[:40]!r} is no id")
    return int(text)


def _next(last_id: int) -> dict[str, str]:
    kept = {name: value for name, value in request.args.items() if name not in {"offset", AFTER}}
    href = f"{request.base_url}?{urlencode(kept | {AFTER: last_id}, safe=',/:')}"
    return {"rel": "next", "type": "application/geo+json", "title": "Items (next)", "href": href}


def _flipped(coordinates: Any) -> Any:
    if coordinates and isinstance(coordinates[0], int | float):
        return [coordinates[1], coordinates[0], *coordinates[2:]]
    return [_flipped(part) for part in coordinates]


def _plain(field: Field, value: features.Value) -> str | int | float | bool | None:
    if value is None or (field.kind is not Kind.CODE and isinstance(value, bool | int | float)):
        return value
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, date | datetime) else str(value)
