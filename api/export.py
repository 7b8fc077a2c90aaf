"""Rows of a layer as a file to take away: CSV, GeoJSON or GeoPackage, of a filter, a box or a shape."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from flask import Response, request

from api import parameters
from api.context import Context
from api.identity import current_caller
from api.layers import filters, layer_for
from api.routes import Route, body
from api.select import SelectionBody
from geodata.crs import WGS84, describe
from geodata.errors import InvalidInputError
from geodata.source import Condition
from layers.base import Field, Layer, Text
from layers.conditions import conditions
from layers.events import narrowed
from services import exports
from services.audit import Caller, attempt
from services.export_files import Head
from services.exports import Format, Wanted
from services.where import MAX_TEXT

CRS = parameters.text("crs", 20, "Coordinate system: any EPSG code as 4490, 4547 or 3857, gcj02 or bd09; 4326 by default.")
LANGUAGE = parameters.one_of("lang", ("zh", "en"), "Language of a CSV file's head and words.", "zh")
TEXT = parameters.text("text", MAX_TEXT, "Part of any column that the layer is searched by.")
OPEN = parameters.one_of("open", ("true", "false"), "Of cases: only open ones.", "false")
OVERDUE = parameters.one_of("overdue", ("true", "false"), "Of cases: only open ones whose step should have ended.", "false")
DECLARED = (parameters.BBOX, CRS, LANGUAGE, TEXT)
OF_CASES = (OPEN, OVERDUE)
CASES = "events"
LONGITUDE, LATITUDE = Text("经度", "Longitude"), Text("纬度", "Latitude")
CHUNK = 1 << 16
MEDIA_TYPES: Mapping[Format, str] = {
    Format.CSV: "text/csv",
    Format.GEOJSON: "application/geo+json",
    Format.GPKG: "application/geopackage+sqlite3",
}


class ExportViews:
    """Views that write files."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def filtered(self, layer: str, suffix: str) -> Response:
        """Rows that pass the layer's filters."""
        caller = current_caller()
        found, kind = layer_for(caller.reader, layer), _format(suffix)
        wanted = Wanted(
            format=kind,
            title=_word(found.title),
            heads=_heads(found),
            places=_places(),
            conditions=_conditions(caller, found),
            text=TEXT.optional(request.args) or "",
            bbox=parameters.BBOX.optional(request.args),
            crs=CRS.optional(request.args) or WGS84,
        )
        return self._file(caller, found, wanted)

    def selected(self, layer: str, suffix: str) -> Response:
        """Rows within a shape."""
        caller, selection = current_caller(), body(SelectionBody)
        found, kind = layer_for(caller.reader, layer), _format(suffix)
        wanted = Wanted(
            format=kind,
            title=_word(found.title),
            heads=_heads(found),
            places=_places(),
            shape=selection.shape(),
            conditions=conditions(found, (selection.filters or {}).get(layer, {}).items()),
            crs=CRS.optional(request.args) or WGS84,
        )
        return self._file(caller, found, wanted)

    def _file(self, caller: Caller, layer: Layer, wanted: Wanted) -> Response:
        # Written whole before the first byte goes out: a slow reader then holds no connection, and an error is still an answer.
        folder = Path(tempfile.mkdtemp(prefix="hallmap-export-"))
        try:
            path = folder / f"{layer.key}.{wanted.format}"
            with attempt(self._pool, caller, "export", path.name) as conn:
                count = exports.export(conn, caller, layer, wanted, path)
            file, size = path.open("rb"), path.stat().st_size
        finally:
            shutil.rmtree(folder)
        response = Response(_chunks(file), mimetype=MEDIA_TYPES[wanted.format])
        response.call_on_close(file.close)
        response.headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
        response.headers["Content-Length"] = str(size)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Hallmap-Rows"] = str(count)
        return response

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        path, binary = "/api/v1/export/{layer}.{suffix}", "application/octet-stream"
        return (
            Route(
                method="GET",
                path=path,
                view=self.filtered,
                parameters=(*DECLARED, *OF_CASES),
                filtered=True,
                media_type=binary,
                summary="Rows of a layer as csv, geojson or gpkg: masked, at most 200,000, recorded",
            ),
            Route(
                method="POST",
                path=path,
                view=self.selected,
                parameters=(CRS, LANGUAGE),
                body=SelectionBody,
                media_type=binary,
                summary="The rows within a shape as a file",
            ),
        )


def _conditions(caller: Caller, layer: Layer) -> Sequence[Condition]:
    if layer.key != CASES:
        return filters(layer, *DECLARED)
    only_open, overdue = (parameter.read(request.args) == "true" for parameter in OF_CASES)
    return [*filters(layer, *DECLARED, *OF_CASES), *narrowed(only_open=only_open, overdue=overdue, now=caller.now)]


def _format(suffix: str) -> Format:
    try:
        return Format(suffix)
    except ValueError:
        raise InvalidInputError(f"{suffix!r} is none of {', '.join(Format)}") from None


def _heads(layer: Layer) -> Sequence[Head]:
    return [_head(item) for item in layer.fields]


def _head(item: Field) -> Head:
    title = f"{_word(item.title)} ({item.unit})" if item.unit else _word(item.title)
    return Head(item.name, title, {value: _word(text) for value, text in item.choices.items()})


def _places() -> tuple[str, str]:
    system = describe(CRS.optional(request.args) or WGS84)
    return (_word(LONGITUDE), _word(LATITUDE)) if system.geographic else ("X", "Y")


def _word(text: Text) -> str:
    return text.en if LANGUAGE.read(request.args) == "en" else text.zh


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
