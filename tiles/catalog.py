"""Documents about the layers: which there are, where their tiles are, how many rows are in view, where their names stand."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from geodata.errors import InvalidInputError, SetupError
from geodata.grid import BBox
from geodata.settings import Settings
from geodata.source import Condition, Kind
from layers.base import Field, Form, Layer, Text
from layers.conditions import conditions
from services.counts import counts
from services.mirror_store import MirrorStore, Served
from services.revisions import Revision
from services.rights import Reader
from services.seeding import MAX_ZOOM
from tiles import answers
from tiles.answers import Content
from tiles.versions import version

Document = dict[str, Any]

_TILE_TYPES: Mapping[Kind, str] = {Kind.BOOL: "Boolean"} | dict.fromkeys((Kind.INT, Kind.FLOAT, Kind.TIME, Kind.DATE), "Number")
MAX_FILTERS = 10_000
"""Characters of the filters of all layers."""


class Catalog:
    """Makes the documents for one reader at a time."""

    def __init__(self, store: MirrorStore, layers: Sequence[Layer], settings: Settings, imagery: Callable[[], list[Document]]) -> None:
        self._store, self._layers, self._imagery = store, layers, imagery
        self._basemaps = basemaps(settings.wmts)

    def catalog(self, reader: Reader) -> Content:
        """Describe every layer that the reader may see; `as_of` is when the database last answered."""
        answered_at = self._store.answered_at
        revisions = {state.key: state.revision for state in self._store.states()}
        return answers.document(
            {
                "layers": [self._described(layer, revisions[layer.key], reader) for layer in self._layers if reader.role in layer.roles],
                "imagery": self._imagery(),
                "basemaps": self._basemaps,
                "bounds": self._bounds(),
                "as_of": answered_at.isoformat() if answered_at else None,
                "now": datetime.now(UTC).isoformat(),
            }
        )

    def tilejson(self, layer: Layer, reader: Reader, origin: str) -> Content:
        """Describe one layer's tiles as TileJSON 3.0."""
        served = self._store.served(layer.key)
        fields = {"n": "Number"} | {name: _TILE_TYPES.get(layer.named(name).kind, "String") for name in layer.tile}
        bounds = self._bounds()
        return answers.document(
            {
                "tilejson": "3.0.0",
                "name": layer.key,
                "version": "1.0.0",
                "scheme": "xyz",
                "attribution": "",
                "tiles": [f"{origin}/tiles/{layer.key}/{{z}}/{{x}}/{{y}}.mvt?v={version(served.mirror.revision, reader.scope)}"],
                "minzoom": layer.min_zoom,
                "maxzoom": MAX_ZOOM,
                **({"bounds": bounds} if bounds else {}),
                "vector_layers": [
                    {
                        "id": layer.key,
                        "description": layer.title.zh,
                        "minzoom": layer.min_zoom,
                        "maxzoom": MAX_ZOOM,
                        "fields": fields,
                    }
                ],
            }
        )

    def labels(self, layer: Layer, served: Served, reader: Reader, asked: str | None) -> Content:
        """Return one point per row of an area layer, with the attributes of its tiles: a polygon's own label repeats in every tile.

        Raises:
            InvalidInputError: the layer has no areas.
        """
        if layer.look.form is not Form.AREA:
            raise InvalidInputError(f"{layer.key} has no labels")
        mirror = served.mirror
        rows = np.arange(len(mirror))[mirror.chosen(mirror.all(), (), reader.scope)]
        values = {name: mirror.values(name, rows) for name in layer.tile}
        places = zip(mirror.ids[rows].tolist(), mirror.points.lon[rows].tolist(), mirror.points.lat[rows].tolist(), strict=True)
        features = [
            {
                "type": "Feature",
                "id": row_id,
                "geometry": {"type": "Point", "coordinates": [round(lon, 7), round(lat, 7)]},
                "properties": {"id": row_id, **{name: column[place] for name, column in values.items()}},
            }
            for place, (row_id, lon, lat) in enumerate(places)
        ]
        cache = answers.FOREVER if asked == version(mirror.revision, reader.scope) else answers.ASK_AGAIN
        return answers.document({"type": "FeatureCollection", "features": features}, media_type=answers.GEOJSON, cache=cache)

    def counts(self, reader: Reader, query: Sequence[tuple[str, str]]) -> Content:
        """Count the rows of every layer that the reader may see. The query has `bbox` and `filters`, a JSON {layer: {field: text}}.

        Raises:
            InvalidInputError: the box or a filter cannot be read.
        """
        fields = dict(query)
        unknown = sorted(set(fields) - {"bbox", "filters"})
        if unknown:
            raise InvalidInputError(f"{unknown[0][:40]!r} is not asked for here: bbox and filters are")
        bbox = BBox.parse(fields["bbox"]) if fields.get("bbox") else None
        found = counts(self._store, reader, self._layers, bbox=bbox, conditions=self._filters(reader, fields.get("filters", "")))
        answered_at = self._store.answered_at
        return answers.document(
            {
                "counts": {key: {"total": one.total, "matching": one.matching, "in_view": one.in_view} for key, one in found.items()},
                "as_of": answered_at.isoformat() if answered_at else None,
            }
        )

    def _filters(self, reader: Reader, text: str) -> Mapping[str, Sequence[Condition]]:
        if not text:
            return {}
        known = {layer.key: layer for layer in self._layers if reader.role in layer.roles}
        try:
            given = json.loads(text if len(text) <= MAX_FILTERS else "null")
            pairs = {key: [(name, value) for name, value in fields.items()] for key, fields in given.items()}
        except (ValueError, AttributeError, RecursionError):
            pairs = None
        if pairs is None or not all(isinstance(value, str) for fields in pairs.values() for _, value in fields):
            raise InvalidInputError("filters is not a JSON object of the form {layer: {field: text}}")
        strange = sorted(set(pairs) - set(known))
        if strange:
            raise InvalidInputError(f"filters: there is no layer {strange[0][:40]!r}")
        return {key: conditions(known[key], fields) for key, fields in pairs.items()}

    def _described(self, layer: Layer, revision: Revision | None, reader: Reader) -> Document:
        return {
            "key": layer.key,
            "title": _words(layer.title),
            "group": layer.group,
            "geometry": layer.geometry,
            "form": layer.look.form,
            "icon": layer.look.icon,
            "colour": layer.look.colour,
            "minzoom": layer.min_zoom,
            "maxzoom": MAX_ZOOM,
            "cells_to": layer.cells_to,
            "live": layer.live,
            "refresh_s": layer.refresh_s,
            "shown": layer.shown,
            "filters": [_filter(layer.named(name)) for name in layer.filters],
            "revision": version(revision, reader.scope) if revision else None,
        }

    def _bounds(self) -> list[float] | None:
        extent = self._store.extent()
        return [extent.west, extent.south, extent.east, extent.north] if extent else None


def basemaps(text: str) -> list[Document]:
    """Read the configured base maps (`Settings.wmts`); `{0-7}` in an address stands for eight hosts.

    Raises:
        SetupError: the setting is not a JSON list of such maps.
    """
    try:
        return [_basemap(item) for item in json.loads(text or "[]")]
    except (ValueError, TypeError, KeyError) as error:
        raise SetupError(f'WMTS is not a JSON list of {{"key", "title": {{"zh", "en"}}, "url"}}: {error}') from None


def _basemap(item: Mapping[str, Any]) -> Document:
    hosts = re.search(r"\{(\d)-(\d)\}", item["url"])
    numbers = range(int(hosts[1]), int(hosts[2]) + 1) if hosts else ()
    urls = [item["url"].replace(hosts[0], str(number)) for number in numbers] if hosts else [item["url"]]
    return {
        "key": str(item["key"]),
        "title": {"zh": str(item["title"]["zh"]), "en": str(item["title"]["en"])},
        "tiles": urls,
        "minzoom": int(item.get("minzoom", 0)),
        "maxzoom": int(item.get("maxzoom", 18)),
        "tile_size": int(item.get("tile_size", 256)),
        "attribution": str(item.get("attribution", "")),
        "bounds": item.get("bounds"),
    }


def _words(text: Text) -> Document:
    return {"zh": text.zh, "en": text.en}


def _filter(field: Field) -> Document:
    choices = {value: _words(text) for value, text in field.choices.items()}
    return {"name": field.name, "title": _words(field.title), "kind": field.kind, "unit": field.unit, "choices": choices}
