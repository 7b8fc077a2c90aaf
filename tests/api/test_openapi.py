"""The description of the interfaces is valid and tells what is served, to this reader."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped] # there are no stubs here
import pytest

from layers.registry import LAYERS
from tests.api.conftest import App
from tests.district import ACCOUNTS

SCHEMA = json.loads((Path(__file__).parent / "openapi-3.1.schema.json").read_text())
SERVED = "api."


def walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for part in node.values():
            yield from walk(part)
    elif isinstance(node, list):
        for part in node:
            yield from walk(part)


@pytest.mark.parametrize("username", ["", "dispatcher", "citizen", "audit_admin"])
def test_it_is_valid_openapi_and_every_reference_resolves(app: App, username: str) -> None:
    document = app.client(username).get("/api/openapi.json").get_json()
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    schemas = document["components"]["schemas"]
    for node in walk(document):
        reference = node.get("$ref")
        assert (
            not isinstance(reference, str)
            or reference.removeprefix("#/components/schemas/") in schemas
            or reference == "#/components/responses/Problem"
        )
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_it_tells_exactly_what_is_served(app: App) -> None:
    document = app.client().get("/api/openapi.json").get_json()
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    served = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.server.url_map.iter_rules()
        if rule.endpoint.startswith(SERVED)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == served


@pytest.mark.parametrize("username", ACCOUNTS)
def test_a_layer_is_told_of_to_those_who_may_see_it(app: App, username: str) -> None:
    paths = app.client(username).get("/api/openapi.json").get_json()["paths"]
    role = ACCOUNTS[username][0]
    for layer in LAYERS:
        assert (f"/api/v1/layers/{layer.key}" in paths) is (role in layer.roles)


def test_filters_and_fields_come_from_the_layer(app: App) -> None:
    document = app.client("dispatcher").get("/api/openapi.json").get_json()
    parameters = {item["name"]: item["schema"] for item in document["paths"]["/api/v1/layers/buildings"]["get"]["parameters"]}
    assert {"use_type", "floors", "bbox", "limit"} <= set(parameters)
    assert "residential" in parameters["use_type"]["items"]["enum"]
    people = document["components"]["schemas"]["Feature_people"]["allOf"][1]["properties"]["properties"]["properties"]
    assert people["name"]["description"] == "masked"
    assert "care" not in people


def test_answers_fit_their_description(app: App) -> None:
    client = app.client("dispatcher")
    document = client.get("/api/openapi.json").get_json()
    for path, schema in (
        ("/api/v1/layers/buildings", "FeatureCollection_buildings"),
        ("/api/v1/layers/people", "FeatureCollection_people"),
        ("/api/v1/layers/buildings/11", "DetailedFeature"),
        ("/api/v1/me", "Me"),
        ("/healthz", "Health"),
        ("/api/v1/select?lon=113.5425&lat=22.1925&radius_m=100", "SelectionView"),
        ("/api/v1/search?q=新街", "SearchAnswer"),
    ):
        whole = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
        jsonschema.Draft202012Validator(whole).validate(client.get(path).get_json())
