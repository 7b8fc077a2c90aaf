"""pygeoapi's core as views of ours: one API object for each (origin, role), so that collections, fields and links follow the reader.

Imported at the first request only: pygeoapi takes some 1.5 s to import. It answers in JSON; pages for people are drawn from the same
answers by templates of ours, because its own load scripts from the internet.
"""

import json
import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from flask import Response, g, make_response, render_template, request
from pygeoapi import api as core
from pygeoapi.api import itemtypes
from pygeoapi.openapi import get_oas

from api import errors, ogc
from api.identity import current_reader
from api.ogc_provider import CRS84, OFFERED, LayerProvider
from geodata.errors import HallError, InvalidInputError, NotFoundError, SourceUnavailableError
from layers.base import Geometry, Layer, Text
from layers.registry import LAYERS
from services.rights import Role

MOST_ITEMS = 10_000
USUAL_ITEMS = 1_000
ROWS_OF_A_PAGE = "20"
PLAIN = frozenset({"json", "html"})
FORMATS = PLAIN | {"jsonld"}
UNSERVED = ("/processes", "/jobs", "/TileMatrixSets?f=json", "/TileMatrixSets?f=html", "f=jsonld")
"""Ends of the links that pygeoapi's landing page offers and we do not serve."""
MARGIN_DEG = 0.005
"""Areas and lines reach beyond the one position by which they are kept in memory."""
WORLD = (-180.0, -90.0, 180.0, 90.0)
Answer = tuple[Mapping[str, str], int, str | bytes]

COMMON = "http://www.opengis.net/spec/ogcapi-common-"
FEATURES = "http://www.opengis.net/spec/ogcapi-features-"
# What is true here; pygeoapi's own list also claims transactions, and grows with every call.
CONFORMANCE = [
    *(f"{COMMON}1/1.0/conf/{name}" for name in ("core", "landing-page", "json", "html", "oas30")),
    f"{COMMON}2/1.0/conf/collections",
    *(f"{FEATURES}1/1.0/conf/{name}" for name in ("core", "geojson", "html", "oas30")),
    f"{FEATURES}2/1.0/conf/crs",
    *(f"{FEATURES}3/1.0/conf/{name}" for name in ("queryables", "queryables-query-parameters")),
    f"{FEATURES}5/1.0/conf/schemas",
]


def landing() -> Response:
    """The landing page, without what pygeoapi would offer and we do not."""
    headers, status, content = _ask(core.landing_page, formats=PLAIN)
    page = json.loads(content)
    page["links"] = [link for link in page["links"] if not link["href"].endswith(UNSERVED)]
    return _finish("landing", (headers, status, json.dumps(page, ensure_ascii=False)))


def openapi() -> Response:
    """The description of this interface."""
    return _finish("openapi", _ask(core.openapi_, formats=PLAIN))


def conformance() -> Response:
    """The conformance classes."""
    return _finish("conformance", ({"Content-Type": "application/json"}, 200, json.dumps({"conformsTo": CONFORMANCE})))


def collections() -> Response:
    """The layers that the reader may see."""
    return _finish("collections", _ask(core.describe_collections))


def collection(key: str) -> Response:
    """One layer."""
    return _finish("collection", _ask(core.describe_collections, key))


def schema(key: str) -> Response:
    """The columns of a layer."""
    return _finish("fields", _ask(core.get_collection_schema, key))


def queryables(key: str) -> Response:
    """What a layer may be filtered by."""
    g.ogc_queryables = True
    return _finish("fields", _ask(itemtypes.get_collection_queryables, key))


def items(key: str) -> Response:
    """Rows of a layer."""
    return _finish("items", _ask(itemtypes.get_collection_items, key))


def item(key: str, identifier: str) -> Response:
    """One row of a layer."""
    return _finish("item", _ask(itemtypes.get_collection_item, key, identifier))


def _ask(function: Callable[..., Answer], *arguments: str, formats: frozenset[str] = FORMATS) -> Answer:
    wanted = request.args.get("f", "json")
    if wanted not in formats:
        raise InvalidInputError(f"f={wanted[:20]!r}: {', '.join(sorted(formats))}; files come from /api/v1/export")
    api = _api(request.host_url.rstrip("/"), current_reader().role)
    asked = core.APIRequest.from_flask(request, api.locales)
    if _for_people():
        asked._format = "json"  # noqa: SLF001 - the page is drawn from the same answer
        asked._args = {"limit": ROWS_OF_A_PAGE, **asked._args, "f": "json"}  # noqa: SLF001 - as above
    return function(api, asked, *arguments)


def _for_people() -> bool:
    chosen = request.args.get("f")
    return chosen == "html" if chosen else request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _finish(template: str, answer: Answer) -> Response:
    headers, status, content = answer
    if status >= 400:
        return errors.response(_error(status, json.loads(content)["description"]))
    if _for_people():
        origin = request.host_url.rstrip("/")
        page = render_template(f"ogc/{template}.html", page=json.loads(content), base=f"{origin}/ogc", here=request.path)
        response = make_response(page, status)
    else:
        response = make_response(content, status, dict(headers))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _error(status: int, description: str) -> HallError:
    if status == 404:
        return NotFoundError(description)
    return InvalidInputError(description) if status < 500 else SourceUnavailableError(description)


@lru_cache(maxsize=64)
def _api(origin: str, role: Role) -> core.API:
    # pygeoapi warns about every request without an offset
    logging.getLogger("pygeoapi").setLevel(logging.CRITICAL)
    resources = {layer.key: _resource(layer) for layer in LAYERS if role in layer.roles}
    limits = {"default_items": USUAL_ITEMS, "max_items": MOST_ITEMS, "on_exceed": "throttle"}
    config = {
        "server": {
            "url": f"{origin}/ogc",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": False,
            "languages": ["zh-CN", "en-US"],
            "pretty_print": False,
            "limits": limits,
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "CRITICAL"},
        "metadata": {
            "identification": {
                "title": "Hallmap 一张图",
                "description": {"zh": "城区要素图层", "en": "The layers of the district"},
                "keywords": ["map"],
                "keywords_type": "theme",
                "terms_of_service": "",
                "url": origin,
            },
            "license": {"name": "", "url": origin},
            "provider": {"name": "Hallmap", "url": origin},
            "contact": {"name": "", "email": "", "url": origin},
        },
        "resources": resources,
    }
    return core.API(config, get_oas(config))


def _resource(layer: Layer) -> dict[str, Any]:
    provider = {
        "type": "feature",
        "name": f"{LayerProvider.__module__}.{LayerProvider.__name__}",
        "data": layer.key,
        "id_field": "id",
        "title_field": layer.headline,
        "crs": list(OFFERED),
        "storage_crs": CRS84,
        "include_extra_query_parameters": True,
    }
    return {
        "type": "collection",
        "title": _both(layer.title),
        "description": _both(layer.title),
        "keywords": [layer.key, layer.group.value],
        "links": [],
        "extents": {"spatial": {"bbox": list(_extent(layer)), "crs": CRS84}},
        "providers": [provider],
    }


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _extent(layer: Layer) -> tuple[float, float, float, float]:
    try:
        points = ogc.context().store.mirror(layer.key).points
    except SourceUnavailableError:
        return WORLD
    if not len(points.lon):
        return WORLD
    margin = 0.0 if layer.geometry is Geometry.POINT else MARGIN_DEG
    return (
        float(points.lon.min()) - margin,
        float(points.lat.min()) - margin,
        float(points.lon.max()) + margin,
        float(points.lat.max()) + margin,
    )
