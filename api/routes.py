"""One table of routes: Flask serves from it and the OpenAPI document is written from it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from api.identity import current_reader
from api.parameters import Parameter, Schema
from geodata.errors import InvalidInputError

T = TypeVar("T")
Answer = Response | object
View = Callable[..., Answer]
PATH_TYPES: Mapping[str, tuple[str, Schema]] = {
    "id": ("int", {"type": "integer"}),
    "account_id": ("int", {"type": "integer"}),
    "suffix": ("string", {"type": "string", "enum": ["csv", "geojson", "gpkg"]}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation. What the view returns is written as JSON unless it is a Response; None is 204."""

    method: str
    path: str
    """As in OpenAPI: `/api/v1/layers/{layer}/{id}`."""
    view: View
    summary: str
    parameters: tuple[Parameter[Any], ...] = ()
    filtered: bool = False
    """The filters that the layer declares are parameters as well."""
    body: type | None = None
    answer: type | None = None
    media_type: str = "application/json"
    status: int = 200
    public: bool = False
    """Answers without a session or token."""

    @property
    def name(self) -> str:
        """Endpoint and operationId."""
        return self.method.lower() + "_" + re.sub(r"\W+", "_", self.path).strip("_")

    def rule(self) -> str:
        """Return the path as Flask writes it."""
        return re.sub(r"{(\w+)}", lambda match: f"<{PATH_TYPES.get(match[1], ('string', {}))[0]}:{match[1]}>", self.path)


def blueprint(name: str, routes: Iterable[Route]) -> Blueprint:
    """Build the blueprint that serves the routes."""
    built = Blueprint(name, __name__)
    for route in routes:
        built.add_url_rule(route.rule(), route.name, _served(route), methods=[route.method])
    return built


def as_json(answer: object, *, status: int = 200, media_type: str = "application/json") -> Response:
    """Write dataclasses, mappings and lists as JSON; instants become RFC 3339."""
    response = Response(msgspec.json.encode(answer), status, mimetype=media_type)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def body(kind: type[T]) -> T:
    """Read the JSON body of the request as `kind`.

    Raises:
        InvalidInputError: it is no JSON, or does not fit; the message says where.
        UnsupportedMediaType: it is not sent as JSON.
    """
    if not (request.is_json or request.mimetype == "application/geo+json"):
        raise UnsupportedMediaType("send the body as application/json")
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except msgspec.DecodeError as error:
        raise InvalidInputError(f"body: {error}") from None


@dataclass(frozen=True, slots=True)
class Link:
    """Where to go on. `next` is absent on the last page."""

    rel: str
    href: str


def next_link(**changed: object) -> list[Link]:
    """Link to this very request with other values of some parameters; None takes a parameter out."""
    arguments = request.args.to_dict(flat=False)
    for name, value in changed.items():
        arguments.pop(name, None)
        if value is not None:
            arguments[name] = [str(value)]
    return [Link("next", f"{request.path}?{urlencode(arguments, doseq=True, safe=',/:.')}")]


def _served(route: Route) -> Callable[..., Response]:
    declared = {parameter.name for parameter in route.parameters}

    def served(**path: object) -> Response:
        if not route.public:
            current_reader()
        unknown = sorted(set(request.args) - declared)
        if unknown and not route.filtered:
            raise InvalidInputError(f"unknown parameter {', '.join(unknown)}; known are {', '.join(sorted(declared)) or 'none'}")
        answer = route.view(**path)
        if isinstance(answer, Response):
            return answer
        if answer is None:
            return Response(status=204)
        return as_json(answer, status=route.status, media_type=route.media_type)

    return served
