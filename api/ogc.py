"""OGC API - Features under /ogc/: pygeoapi's core behind our own sign-in and rights. It is imported at the first request."""

import importlib
from collections.abc import Callable
from types import ModuleType

from flask import Blueprint, Flask, Response, current_app

from api.context import Context
from api.identity import current_reader

EXTENSION = "hallmap_ogc"


def register(server: Flask, context: Context) -> None:
    """Mount the routes; every one of them needs a reader."""
    server.extensions[EXTENSION] = context
    blueprint = Blueprint("ogc", __name__, url_prefix="/ogc", template_folder="templates")
    blueprint.before_request(_sign_in)
    rules = {
        "/": "landing",
        "/openapi": "openapi",
        "/conformance": "conformance",
        "/collections": "collections",
        "/collections/<key>": "collection",
        "/collections/<key>/schema": "schema",
        "/collections/<key>/queryables": "queryables",
        "/collections/<key>/items": "items",
        "/collections/<key>/items/<identifier>": "item",
    }
    for rule, name in rules.items():
        blueprint.add_url_rule(rule, name, _view(name), methods=["GET"], strict_slashes=False)
    server.register_blueprint(blueprint)


def warm() -> None:
    """Import pygeoapi, some 1.5 s: call it in a thread after start, so that nobody waits for it."""
    _core()


def context() -> Context:
    """Return the parts of this process, for the provider that pygeoapi builds by name."""
    found: Context = current_app.extensions[EXTENSION]
    return found


def _core() -> ModuleType:
    return importlib.import_module("api.ogc_core")


def _sign_in() -> None:
    current_reader()


def _view(name: str) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        answer: Response = getattr(_core(), name)(**path)
        return answer

    return view
