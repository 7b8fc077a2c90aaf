"""No interface tells a reader more than another: every interface × every role × every layer, driven by the registry.

What a reader may see is computed here from the raw rows: the layers of his role, the rows whose area code begins with his scope, no
personal value in the clear, and no restricted field without the right to it. A new layer is tested without a word here; it only needs
rows in both streets of tests/district.py.
"""

import asyncio
import csv
import gzip
import io
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import dict_row

import tiles.server
from geodata.credentials import new_token
from geodata.settings import Settings
from geodata.source import Sensitivity
from layers.base import Layer
from layers.registry import LAYERS
from services.rights import MAY_EXPORT, MAY_SEE_RESTRICTED, MAY_UNMASK, Role
from tests import district, mvt
from tests.api.conftest import App

PLACE = "lon=113.545&lat=22.1925&radius_m=5000"
READERS = [*((role, scope) for role in Role for scope in ("", district.STREETS[0])), (Role.DISPATCHER, district.GRIDS[1])]
TILES = ("14/13359/7155", "13/6679/3577")
"""Two tiles that each hold the whole district."""


@dataclass
class Everywhere:
    """All interfaces, and the raw rows behind them."""

    app: App
    tile_server: tiles.server.TileServer
    tokens: dict[tuple[Role, str], str]
    raw: dict[str, list[dict[str, Any]]]
    secrets: set[bytes] = field(default_factory=set)
    restricted: set[bytes] = field(default_factory=set)

    def get(self, reader: tuple[Role, str], path: str, body: object = None) -> tuple[int, bytes]:
        """Ask any interface, native or not."""
        bearer = f"Bearer {self.tokens[reader]}"
        if path.startswith(("/tiles/", "/style/")):
            return asyncio.run(self._native(path, bearer))
        client, headers = self.app.server.test_client(), {"Authorization": bearer}
        with client.get(path, headers=headers) if body is None else client.post(path, json=body, headers=headers) as answer:
            return answer.status_code, answer.get_data()

    async def _native(self, path: str, bearer: str) -> tuple[int, bytes]:
        sent: list[Mapping[str, Any]] = []

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request"}

        place, _, query = path.partition("?")
        headers = [(b"host", b"localhost"), (b"authorization", bearer.encode())]
        scope = {"type": "http", "method": "GET", "path": place, "query_string": query.encode(), "headers": headers}
        await self.tile_server(scope, receive, send)
        return sent[0]["status"], sent[1]["body"]

    def allowed(self, reader: tuple[Role, str], layer: Layer) -> set[int]:
        """Ids of the rows that the reader may see."""
        role, scope = reader
        return {row["id"] for row in self.raw[layer.key] if role in layer.roles and (row["grid_code"] or "").startswith(scope)}

    def check(self, reader: tuple[Role, str], body: bytes) -> None:
        """No personal value in the clear, no restricted one without the right to it."""
        for value in self.secrets | (set() if reader[0] in MAY_SEE_RESTRICTED else self.restricted):
            assert value not in body, value.decode()


@pytest.fixture(scope="module")
def everywhere(app: App, tmp_path_factory: pytest.TempPathFactory) -> Everywhere:
    tokens, raw = {}, {}
    with app.pool.connection() as conn:
        for number, (role, scope) in enumerate(READERS):
            tokens[role, scope], digest = new_token()
            conn.execute(
                """WITH account AS (INSERT INTO hall.account (username, display_name, role, scope) VALUES (%s, 'x', %s, %s) RETURNING id)
                   INSERT INTO hall.token (digest, account_id, note) SELECT %s, id, 'test' FROM account""",
                [f"everywhere_{number}", role.value, scope, digest],
            )
        for layer in LAYERS:
            query = sql.SQL("SELECT * FROM hall.{}").format(sql.Identifier(layer.view))
            with conn.cursor(row_factory=dict_row) as cursor:
                raw[layer.key] = cursor.execute(query).fetchall()
    app.book.refresh()
    folder = tmp_path_factory.mktemp("tiles")
    values = Settings.from_env({"DATA_DIR": str(folder)})
    server = tiles.server.create(app.store, app.pool, LAYERS, app.interfaces.identity.reader_of, folder, settings=values)
    found = Everywhere(app, server, tokens, raw)
    for layer in LAYERS:
        for item in layer.fields:
            known = {str(row[item.name]).encode() for row in raw[layer.key] if row[item.name] is not None}
            if item.sensitivity is Sensitivity.PERSONAL:
                found.secrets |= known
            elif item.sensitivity is Sensitivity.RESTRICTED:
                found.restricted |= known | {f'"{item.name}"'.encode()}
    return found


def name_of(value: object) -> str:
    return value.key if isinstance(value, Layer) else str(value) if isinstance(value, str) else f"{value[0]}-{value[1]}"  # type: ignore[index]


def plain(body: bytes) -> bytes:
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def ids_in(body: bytes) -> set[int]:
    return {feature["id"] for feature in json.loads(body)["features"]}


def test_every_layer_has_rows_in_both_streets_to_test_with(everywhere: Everywhere) -> None:
    for layer in LAYERS:
        codes = {(row["grid_code"] or "")[:9] for row in everywhere.raw[layer.key]}
        assert codes >= set(district.STREETS) or layer.key in {"district", "city_management_grids"}, f"add rows of {layer.key}"
    assert everywhere.secrets
    assert everywhere.restricted


@pytest.mark.parametrize("layer", LAYERS, ids=name_of)
@pytest.mark.parametrize("reader", READERS, ids=name_of)
def test_one_layer_in_every_interface(everywhere: Everywhere, reader: tuple[Role, str], layer: Layer, tmp_path: Path) -> None:
    role, allowed = reader[0], everywhere.allowed(reader, layer)
    visible = role in layer.roles
    lists = [
        f"/api/v1/layers/{layer.key}?limit=1000",
        f"/api/v1/layers/{layer.key}?bbox=113,22,114,23",
        f"/ogc/collections/{layer.key}/items",
    ]
    for path in lists:
        status, body = everywhere.get(reader, path)
        everywhere.check(reader, body)
        assert (status == 200) is visible
        assert status in {200, 403, 404}
        assert not visible or (ids_in(body), json.loads(body)["numberMatched"]) == (allowed, len(allowed))
    for row in everywhere.raw[layer.key]:
        for path in (f"/api/v1/layers/{layer.key}/{row['id']}", f"/ogc/collections/{layer.key}/items/{row['id']}"):
            status, body = everywhere.get(reader, path)
            everywhere.check(reader, body)
            assert status == 200 if row["id"] in allowed else status in {403, 404}
            _check_relations(everywhere, reader, body)
    _check_exports(everywhere, reader, layer, tmp_path)
    _check_tiles(everywhere, reader, layer)
    _check_unmask(everywhere, reader, layer)


def _check_relations(everywhere: Everywhere, reader: tuple[Role, str], body: bytes) -> None:
    known = {layer.key: layer for layer in LAYERS}
    for relation in json.loads(body).get("relations", {}).values():
        allowed = everywhere.allowed(reader, known[relation["layer"]])
        assert {item["id"] for item in relation["items"]} <= allowed
        assert relation["total"] <= len(allowed)
    for area in json.loads(body).get("areas", []):
        assert area["id"] in everywhere.allowed(reader, known[area["layer"]])


def _check_exports(everywhere: Everywhere, reader: tuple[Role, str], layer: Layer, tmp_path: Path) -> None:
    may = reader[0] in MAY_EXPORT and reader[0] in layer.roles
    allowed = everywhere.allowed(reader, layer)
    polygon = {"type": "Polygon", "coordinates": [[[113, 22], [114, 22], [114, 23], [113, 23], [113, 22]]]}
    for suffix, shape in (("csv", None), ("geojson", polygon), ("gpkg", None)):
        status, content = everywhere.get(reader, f"/api/v1/export/{layer.key}.{suffix}", shape)
        everywhere.check(reader, content)
        assert status == (200 if may else 403)
        assert not may or _ids_of(suffix, content, layer, tmp_path) == allowed


def _ids_of(suffix: str, content: bytes, layer: Layer, tmp_path: Path) -> set[int]:
    if suffix == "geojson":
        return ids_in(content)
    if suffix == "csv":
        return {int(row["id"]) for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))}
    path = tmp_path / "x.gpkg"
    path.write_bytes(content)
    database = sqlite3.connect(path)
    found = {row[0] for row in database.execute(f'SELECT id FROM "{layer.key}"')}
    database.close()
    return found


def _check_tiles(everywhere: Everywhere, reader: tuple[Role, str], layer: Layer) -> None:
    role, allowed = reader[0], everywhere.allowed(reader, layer)
    for place in TILES:
        status, body = everywhere.get(reader, f"/tiles/{layer.key}/{place}.mvt")
        body = plain(body)
        everywhere.check(reader, body)
        assert status == (403 if role not in layer.roles else 200 if allowed else 204)
        if status == 200:
            features = mvt.layers(body)[layer.key]
            assert sum(int(feature.tags.get("n", 1)) for feature in features) == len(allowed)
            assert {feature.id for feature in features if feature.id is not None} <= allowed
    status, _ = everywhere.get(reader, f"/tiles/{layer.key}.json")
    assert status == (200 if role in layer.roles else 403)


def _check_unmask(everywhere: Everywhere, reader: tuple[Role, str], layer: Layer) -> None:
    personal = [item.name for item in layer.fields if item.sensitivity is Sensitivity.PERSONAL]
    restricted = [item.name for item in layer.fields if item.sensitivity is Sensitivity.RESTRICTED]
    allowed = everywhere.allowed(reader, layer) if reader[0] in MAY_UNMASK else set()
    for row in everywhere.raw[layer.key] if personal else ():
        body = {"layer": layer.key, "id": row["id"], "fields": personal, "reason": "走失老人核实身份"}
        status, answer = everywhere.get(reader, "/api/v1/unmask", body)
        assert status == 200 if row["id"] in allowed else status in {403, 404}
        if status != 200:
            everywhere.check(reader, answer)
        if restricted:
            status, answer = everywhere.get(reader, "/api/v1/unmask", body | {"fields": restricted})
            assert status in {400, 403, 404}
            everywhere.check(reader, answer)


@pytest.mark.parametrize("reader", READERS, ids=name_of)
def test_all_layers_at_once(everywhere: Everywhere, reader: tuple[Role, str]) -> None:
    role = reader[0]
    visible = {layer.key for layer in LAYERS if role in layer.roles}
    status, body = everywhere.get(reader, f"/api/v1/select?{PLACE}&limit=500")
    everywhere.check(reader, body)
    classes = json.loads(body)["classes"]
    assert status == 200
    assert set(classes) == visible
    for layer in LAYERS:
        if layer.key in visible:
            part = classes[layer.key]
            allowed = everywhere.allowed(reader, layer)
            assert ({item["id"] for item in part["items"]}, part["count"]) == (allowed, len(allowed))
            assert not part["breakdown"] or sum(part["breakdown"].values()) == len(allowed)
    for path in ("/tiles/catalog.json", "/tiles/counts.json", "/style/dark.json"):
        status, body = everywhere.get(reader, path)
        everywhere.check(reader, body)
        assert path.startswith("/style/") or status == 200
    catalog = json.loads(everywhere.get(reader, "/tiles/catalog.json")[1])
    assert {entry["key"] for entry in catalog["layers"]} == visible
    collections = json.loads(everywhere.get(reader, "/ogc/collections")[1])["collections"]
    assert {collection["id"] for collection in collections} == visible
    assert set(json.loads(everywhere.get(reader, "/api/v1/me")[1])["layers"]) == visible


@pytest.mark.parametrize("reader", READERS, ids=name_of)
def test_search_finds_only_what_may_be_seen(everywhere: Everywhere, reader: tuple[Role, str]) -> None:
    known = {layer.key: layer for layer in LAYERS}
    texts = {str(row[name]) for layer in LAYERS for row in everywhere.raw[layer.key] for name in (*layer.search, *layer.exact) if row[name]}
    for text in sorted(texts):
        status, body = everywhere.get(reader, f"/api/v1/search?q={quote(text)}&limit=100")
        assert status == 200
        for part in json.loads(body)["classes"]:
            allowed = everywhere.allowed(reader, known[part["layer"]])
            assert {hit["id"] for hit in part["hits"]} <= allowed
            # the question itself is the reader's own; the answer must not repeat it in other fields
            everywhere.check(reader, json.dumps(part["hits"], ensure_ascii=False).encode())


@pytest.mark.parametrize("reader", READERS, ids=name_of)
def test_rooms_and_events_and_cameras_keep_to_it(everywhere: Everywhere, reader: tuple[Role, str]) -> None:
    known = {layer.key: layer for layer in LAYERS}
    with everywhere.app.pool.connection() as conn:
        rooms = conn.execute("SELECT id, grid_code FROM hall.room").fetchall()
    for room_id, grid_code in rooms:
        status, body = everywhere.get(reader, f"/api/v1/rooms/{room_id}")
        everywhere.check(reader, body)
        may = reader[0] in known["buildings"].roles and grid_code.startswith(reader[1])
        assert status == 200 if may else status in {403, 404}
        if may:
            assert {item["id"] for item in json.loads(body)["people"]} <= everywhere.allowed(reader, known["people"])
    for path, key in ((f"/api/v1/cameras?{PLACE}", "cameras"), ("/api/v1/events", "events"), ("/api/v1/events?open=true", "open_events")):
        status, body = everywhere.get(reader, path)
        everywhere.check(reader, body)
        assert (status == 200) is (reader[0] in known[key].roles)
        if status == 200:
            answer = json.loads(body)
            assert {row["id"] for row in answer.get("items", answer.get("features"))} == everywhere.allowed(reader, known[key])


@given(data=st.data())
@settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_combination_of_filters_and_pages_widens_it(everywhere: Everywhere, data: st.DataObject) -> None:
    reader, layer = data.draw(st.sampled_from(READERS)), data.draw(st.sampled_from(LAYERS))
    query: dict[str, str] = {}
    for name in data.draw(st.sets(st.sampled_from(layer.filters))) if layer.filters else ():
        values = [str(row[name]).lower() if isinstance(row[name], bool) else str(row[name]) for row in everywhere.raw[layer.key]]
        query[name] = data.draw(st.sampled_from([*values, "1..", "..9", "x", "' OR true --", "*", "%"]))
    query |= data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "limit": st.sampled_from(["1", "1000", "0", "100000"]),
                "offset": st.sampled_from(["0", "1", "-1"]),
                "after": st.sampled_from(["0", "11", "x"]),
                "bbox": st.sampled_from(["113.54,22.19,113.55,22.2", "-180,-90,180,90", "1,2"]),
                "scope": st.just(""),
                "role": st.just("leader"),
                "related": st.just("200"),
            },
        )
    )
    text = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    interface = data.draw(
        st.sampled_from(
            [
                f"/api/v1/layers/{layer.key}?",
                f"/ogc/collections/{layer.key}/items?",
                f"/api/v1/export/{layer.key}.geojson?",
                "/api/v1/events?",
                f"/tiles/{layer.key}/{TILES[0]}.mvt?",
            ]
        )
    )
    status, body = everywhere.get(reader, interface + text)
    body = plain(body)
    everywhere.check(reader, body)
    assert status in {200, 204, 400, 403, 404}
    if status == 200 and not interface.startswith("/tiles/"):
        shown = next(known for known in LAYERS if known.key == "events") if interface.startswith("/api/v1/events") else layer
        assert ids_in(body) <= everywhere.allowed(reader, shown)
