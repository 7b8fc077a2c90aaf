"""OGC API - Features: collections, rows, coordinate systems and pages, as the reader may see them."""

import re

import numpy as np
import pytest

from geodata.crs import from_wgs84
from layers.registry import LAYERS
from tests.api.conftest import App
from tests.district import ACCOUNTS

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
BUILDINGS = "/ogc/collections/buildings/items"


@pytest.mark.parametrize("username", ACCOUNTS)
def test_collections_are_the_layers_of_the_role(app: App, username: str) -> None:
    found = app.client(username).get("/ogc/collections").get_json()["collections"]
    assert [collection["id"] for collection in found] == [layer.key for layer in LAYERS if ACCOUNTS[username][0] in layer.roles]


@pytest.mark.parametrize(
    "path", ["", "/collections", "/collections/cameras", "/collections/cameras/items", "/collections/cameras/items/61"]
)
def test_every_link_leads_somewhere(app: App, path: str) -> None:
    client = app.client("dispatcher")
    for link in client.get(f"/ogc{path}").get_json()["links"]:
        target = link["href"].removeprefix("http://localhost")
        assert not target or client.get(target).status_code == 200, link


def test_conformance_claims_features_and_crs_and_no_transactions(app: App) -> None:
    classes = app.client("dispatcher").get("/ogc/conformance").get_json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in classes
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in classes
    assert not [name for name in classes if "create" in name or "filter" in name]


def test_rows_go_on_by_key(app: App) -> None:
    client = app.client("dispatcher")
    page = client.get(f"{BUILDINGS}?limit=1").get_json()
    assert ([feature["id"] for feature in page["features"]], page["numberMatched"], page["numberReturned"]) == ([11], 2, 1)
    (following,) = [link["href"] for link in page["links"] if link["rel"] == "next"]
    assert following == f"http://localhost{BUILDINGS}?limit=1&after=11"
    last = client.get(following.removeprefix("http://localhost")).get_json()
    assert [feature["id"] for feature in last["features"]] == [12]


def test_hits_are_counted_without_rows(app: App) -> None:
    hits = app.client("dispatcher").get(f"{BUILDINGS}?resulttype=hits").get_json()
    assert (hits["numberMatched"], hits["features"]) == (2, [])


@pytest.mark.parametrize(("code", "north_first"), [("4326", True), ("4490", True), ("3857", False), ("4547", True)])
def test_coordinates_come_in_the_axis_order_of_their_system(app: App, code: str, *, north_first: bool) -> None:
    answer = app.client("dispatcher").get(f"{BUILDINGS}?crs={EPSG}{code}&limit=1")
    (x,), (y,) = from_wgs84(np.array([113.5424]), np.array([22.1924]), code)
    assert answer.headers["Content-Crs"] == f"<{EPSG}{code}>"
    corner = answer.get_json()["features"][0]["geometry"]["coordinates"][0][0][0]
    assert corner == pytest.approx([y, x] if north_first else [x, y], abs=1e-3 if code in {"3857", "4547"} else 1e-7)


def test_a_box_is_understood_in_its_own_system(app: App) -> None:
    client = app.client("dispatcher")
    for box in ("bbox=113.542,22.192,113.543,22.193", f"bbox=22.192,113.542,22.193,113.543&bbox-crs={EPSG}4326"):
        assert [feature["id"] for feature in client.get(f"{BUILDINGS}?{box}").get_json()["features"]] == [11]


def test_an_unknown_system_is_refused(app: App) -> None:
    assert app.client("dispatcher").get(f"{BUILDINGS}?crs={EPSG}2381").status_code == 400


def test_only_declared_filters_are_queryable(app: App) -> None:
    client = app.client("dispatcher")
    names = set(client.get("/ogc/collections/people/queryables").get_json()["properties"])
    assert names == {"geometry", "pop_type", "sex", "age_group"}
    assert client.get("/ogc/collections/people/items?pop_type=floating").get_json()["features"] == []
    assert client.get("/ogc/collections/people/items?name=x").status_code == 400


def test_datetime_narrows_what_has_a_time(app: App) -> None:
    client, path = app.client("dispatcher"), "/ogc/collections/events/items"
    for interval, number in (("2026-11-22T00:00:00Z", 2), ("2026-11-23T00:00:00Z/..", 0), ("../2026-11-22T12:00:00Z", 2)):
        assert len(client.get(f"{path}?datetime={interval}").get_json()["features"]) == number
    assert len(client.get(f"{BUILDINGS}?datetime=2026-11-23T00:00:00Z/..").get_json()["features"]) == 2


def test_properties_and_geometry_may_be_left_out(app: App) -> None:
    (feature, _) = app.client("dispatcher").get(f"{BUILDINGS}?properties=name&skipGeometry=true").get_json()["features"]
    assert (feature["geometry"], feature["properties"]) == (None, {"name": "楼宇1"})


def test_one_row_has_its_own_address(app: App) -> None:
    row = app.client("dispatcher").get(f"{BUILDINGS}/11?crs={EPSG}4326").get_json()
    assert (row["id"], row["geometry"]["coordinates"][0][0][0]) == (11, [22.1924, 113.5424])


def test_schema_types_follow_the_layer(app: App) -> None:
    fields = app.client("dispatcher").get("/ogc/collections/buildings/schema").get_json()["properties"]
    assert (fields["floors"]["type"], fields["height_m"]["type"], fields["name"]["type"]) == ("integer", "number", "string")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/collections",
        "/collections/buildings",
        "/collections/buildings/schema",
        "/conformance",
        "/openapi",
        "/collections/buildings/queryables",
        "/collections/buildings/items",
        "/collections/buildings/items/11",
    ],
)
def test_pages_load_nothing_from_anywhere(app: App, path: str) -> None:
    answer = app.client("dispatcher").get(f"/ogc{path}?f=html")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/html")
    assert not re.search(r"<script|<link[^>]+href|<img|@import|url\(", answer.text)
    by_browser = app.client("dispatcher").get(f"/ogc{path}", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert by_browser.content_type.startswith("text/html")


def test_a_page_escapes_what_stands_in_the_data(app: App) -> None:
    with app.pool.connection() as conn:
        conn.execute("UPDATE hall.camera SET address = '<script>x</script>' WHERE id = 61")
    page = app.client("dispatcher").get("/ogc/collections/cameras/items?f=html").text
    with app.pool.connection() as conn:
        conn.execute("UPDATE hall.camera SET address = NULL WHERE id = 61")
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page
