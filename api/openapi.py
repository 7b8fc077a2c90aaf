"""The description of the interfaces (OpenAPI 3.1), written from the routes that serve and from the layers that the reader may see."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from api.answers import Feature, FeatureCollection
from api.parameters import Parameter
from api.routes import PATH_TYPES, Route
from geodata.source import Kind
from layers.base import Field, Layer
from layers.conditions import filter_schema
from services.rights import Reader, Treatment, treatment

VERSION = "1.0.0"
REFERENCE = "#/components/schemas/{name}"
KINDS: Mapping[Kind, Mapping[str, object]] = {
    Kind.TEXT: {"type": "string"},
    Kind.CODE: {"type": ["string", "integer"]},
    Kind.INT: {"type": "integer"},
    Kind.FLOAT: {"type": "number"},
    Kind.BOOL: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIME: {"type": "string", "format": "date-time"},
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
Document = dict[str, Any]
Referring = Mapping[Any, Document]
"""How each body and answer is referred to."""


def document(routes: Sequence[Route], layers: Iterable[Layer], reader: Reader | None, origin: str) -> Document:
    """Write the document as `reader` sees it; a stranger reads of no single layer."""
    types = list(dict.fromkeys(kind for route in routes for kind in (route.body, route.answer) if kind))
    references, schemas = msgspec.json.schema_components(types, ref_template=REFERENCE)
    # two classes of one name are told apart by their modules, so a name alone refers to nothing
    refer: Referring = dict(zip(types, references, strict=True))
    paths: dict[str, Document] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refer)
    for layer in layers:
        if reader and reader.role in layer.roles:
            schemas |= _layer_schemas(layer, reader)
            for route in routes:
                if "{layer}" in route.path:
                    path = route.path.replace("{layer}", layer.key)
                    paths.setdefault(path, {})[route.method.lower()] = _operation(route, refer, layer)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hallmap 一张图", "version": VERSION, "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": origin}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": PROBLEM},
            "responses": {
                "Problem": {
                    "description": "Any error",
                    "content": {"application/problem+json": {"schema": {"$ref": REFERENCE.format(name="Problem")}}},
                }
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "hall_session"},
            },
        },
    }


def _operation(route: Route, refer: Referring, layer: Layer | None = None) -> Document:
    suffix = f"_{layer.key}" if layer else ""
    operation: Document = {
        "operationId": route.name + suffix,
        "summary": f"{route.summary}: {layer.title.en} {layer.title.zh}" if layer else route.summary,
        "tags": [layer.group.value if layer else re.sub(r"^/(?:api/v1/)?(\w+).*", r"\1", route.path)],
        "parameters": [*_path_parameters(route, layer), *map(_parameter, route.parameters)],
        "responses": {str(route.status if route.answer or route.media_type != "application/json" else 204): _response(route, refer, layer)},
    }
    operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    if layer and route.filtered:
        operation["parameters"] += [_filter(layer.named(name)) for name in layer.filters]
    if route.body:
        content = {"application/json": {"schema": refer[route.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.public:
        operation["security"] = []
    return operation


def _path_parameters(route: Route, layer: Layer | None) -> list[Document]:
    names = [name for name in re.findall(r"{(\w+)}", route.path) if not (layer and name == "layer")]
    return [{"name": name, "in": "path", "required": True, "schema": PATH_TYPES.get(name, ("", {"type": "string"}))[1]} for name in names]


def _parameter(parameter: Parameter[Any]) -> Document:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }


def _filter(field: Field) -> Document:
    schema = dict(filter_schema(field))
    described: Document = {"name": field.name, "in": "query", "description": f"{field.title.zh} {field.title.en}", "schema": schema}
    return described | ({"style": "form", "explode": False} if schema["type"] == "array" else {})


def _response(route: Route, refer: Referring, layer: Layer | None) -> Document:
    if route.answer is None and route.media_type == "application/json":
        return {"description": "Done"}
    schema: Document = refer[route.answer] if route.answer else {}
    if layer and route.answer is FeatureCollection:
        schema = {"$ref": REFERENCE.format(name=f"FeatureCollection_{layer.key}")}
    return {"description": route.summary, "content": {route.media_type: {"schema": schema}}}


def _layer_schemas(layer: Layer, reader: Reader) -> dict[str, Document]:
    treated = [(field, treatment(reader, field.column())) for field in layer.fields]
    properties = {field.name: _property(field, how) for field, how in treated if how is not Treatment.HIDDEN}
    feature = {"allOf": [{"$ref": REFERENCE.format(name=Feature.__name__)}, {"properties": {"properties": {"properties": properties}}}]}
    features = {"properties": {"features": {"items": {"$ref": REFERENCE.format(name=f"Feature_{layer.key}")}}}}
    return {
        f"Feature_{layer.key}": feature,
        f"FeatureCollection_{layer.key}": {"allOf": [{"$ref": REFERENCE.format(name=FeatureCollection.__name__)}, features]},
    }


def _property(field: Field, how: Treatment) -> Document:
    title = f"{field.title.zh} {field.title.en}" + (f" ({field.unit})" if field.unit else "")
    if how is Treatment.MASKED:
        return {"title": title, "type": ["string", "null"], "description": "masked"}
    kind = dict(KINDS[field.kind])
    kinds = kind["type"] if isinstance(kind["type"], list) else [kind["type"]]
    return {"title": title} | kind | {"type": [*kinds, "null"]}
