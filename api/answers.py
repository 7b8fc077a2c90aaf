"""The shapes of answers that several interfaces share, and how rows become them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from api.routes import Link
from services.features import Row

Values = Mapping[str, Any]
"""Column → value: text, number, truth, day or instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A GeoJSON feature. Masked values are masked; fields that the reader may not see are absent."""

    id: int
    geometry: msgspec.Raw
    properties: Values
    type: Literal["Feature"] = "Feature"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureCollection:
    """A page of GeoJSON features in the order of id."""

    features: list[Feature]
    numberReturned: int  # noqa: N815 - the name that OGC API - Features gave it
    numberMatched: int | None = None  # noqa: N815 - as above
    links: list[Link] = field(default_factory=list)
    type: Literal["FeatureCollection"] = "FeatureCollection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A row in a short list: where it is, its fields, and where all of it is told."""

    layer: str
    id: int
    lon: float
    lat: float
    properties: Values
    href: str
    distance_m: float | None = None
    """Straight distance from the middle of a selection."""


def feature(row: Row) -> Feature:
    """Write a row with its geometry as a feature."""
    return Feature(id=row.id, geometry=msgspec.Raw((row.geometry or "null").encode()), properties=row.fields)


def item(layer: str, row: Row, distance_m: float | None = None) -> Item:
    """Write a row for a short list."""
    return Item(layer=layer, id=row.id, lon=row.lon, lat=row.lat, properties=row.fields, href=href(layer, row.id), distance_m=distance_m)


def items(layer: str, rows: Iterable[Row]) -> list[Item]:
    """Write rows for a short list."""
    return [item(layer, row) for row in rows]


def href(layer: str, row_id: int) -> str:
    """Return the address of one row."""
    return f"/api/v1/layers/{layer}/{row_id}"
