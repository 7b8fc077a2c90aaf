"""The contract of /tiles/ and /style/."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from api import errors as api_errors
from geodata import errors
from geodata.db import open_pool
from geodata.grid import BBox, Tile
from geodata.settings import Settings
from layers.registry import LAYERS
from services import archive, mirror_store, seeding
from services.mirror_store import MirrorStore
from services.rights import Role
from tests.tiles.asking import Answer, ask, readers
from tests.town import DISPATCHER, NORTH_EAST, Town, database
from tiles import errors as tile_errors
from tiles import server as tile_server
from tiles.server import TileServer

CITIZEN, DEPARTMENT, ADMIN = (replace(DISPATCHER, role=role) for role in (Role.CITIZEN, Role.DEPARTMENT, Role.SYSTEM_ADMIN))
READER_OF = readers(dispatcher=DISPATCHER, street=NORTH_EAST, citizen=CITIZEN, department=DEPARTMENT, admin=ADMIN)
MIDDLE = "14/13358/7159"
CAMERAS = f"/tiles/cameras/{MIDDLE}.mvt"
WMTS = '[{"key": "tdt", "title": {"zh": "天地图", "en": "Tianditu"}, "url": "https://t{0-7}.example/wmts?x={x}&y={y}&z={z}&tk=1"}]'


def build(town: Town, data_dir: Path) -> TileServer:
    settings = Settings.from_env({"DATA_DIR": str(data_dir), "WMTS": WMTS, "IMAGERY": str(Path(__file__).parents[1] / "data" / "raster")})
    return tile_server.create(town.store, town.pool, LAYERS, READER_OF, data_dir, settings=settings)


@pytest.fixture(scope="module")
def hall(town: Town, tmp_path_factory: pytest.TempPathFactory) -> TileServer:
    """A server over the town whose mirrors are in memory only; its base map has one tile."""
    data_dir = tmp_path_factory.mktemp("hall")
    (data_dir / "tiles").mkdir()
    tiles = [(Tile(14, 13358, 7159), gzip.compress(b"base"))]
    archive.write(data_dir / "tiles" / "base.mbtiles", tiles, BBox(113.5, 22.1, 113.54, 22.14), (8, 16), {"version": "abc"})
    return build(town, data_dir)


@pytest.fixture(scope="module")
def seeded(town: Town, tmp_path_factory: pytest.TempPathFactory) -> TileServer:
    """A server over the town with everything made ready."""
    data_dir = tmp_path_factory.mktemp("seeded")
    seeding.seed(town.pool, LAYERS, data_dir)
    store = MirrorStore(town.pool, LAYERS, data_dir)
    store.refresh()
    return build(replace(town, store=store), data_dir)


def problem(answer: Answer) -> dict[str, object]:
    assert answer.headers["content-type"] == "application/problem+json"
    content: dict[str, object] = json.loads(answer.body)
    assert content["status"] == answer.status
    assert {"type", "title", "status"} <= set(content)
    return content


def test_a_tile_has_one_layer_named_as_the_key_with_row_ids(hall: TileServer) -> None:
    answer = ask(hall, CAMERAS, "dispatcher")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["cache-control"] == "private, max-age=0, must-revalidate"
    assert len(answer.features("cameras")) > 20
    assert all(feature.id for feature in answer.features("cameras"))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.key)
def test_archived_and_made_tiles_are_the_same(hall: TileServer, seeded: TileServer, layer: object) -> None:
    for place in ("12/3339/1789", MIDDLE, "16/53433/28637"):
        made, ready = (ask(one, f"/tiles/{layer.key}/{place}.mvt", "dispatcher") for one in (hall, seeded))  # type: ignore[attr-defined]
        assert made.status == ready.status
        assert made.content == ready.content


def test_nothing_there_is_204(hall: TileServer) -> None:
    for address in ("/tiles/cameras/14/0/0.mvt", "/tiles/workers/8/208/111.mvt", "/tiles/base/14/0/0.mvt", "/tiles/base/20/0/0.mvt"):
        answer = ask(hall, address, "dispatcher")
        assert (answer.status, answer.body) == (204, b"")
        assert "etag" in answer.headers


def test_who_has_the_tile_is_told_so(hall: TileServer) -> None:
    etag = ask(hall, CAMERAS, "dispatcher").headers["etag"]
    for known in (etag, f'"x", {etag}', f"W/{etag}", "*"):
        answer = ask(hall, CAMERAS, "dispatcher", if_none_match=known)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["etag"] == etag
    assert ask(hall, CAMERAS, "dispatcher", if_none_match='"x"').status == 200


def test_etags_differ_by_tile_filter_and_area(hall: TileServer) -> None:
    addresses = [
        (CAMERAS, "dispatcher"),
        (f"{CAMERAS}?online=true", "dispatcher"),
        (f"{CAMERAS}?online=false", "dispatcher"),
        (CAMERAS, "street"),
    ]
    assert len({ask(hall, address, token).headers["etag"] for address, token in addresses}) == 4


def test_a_client_that_refuses_gzip_gets_the_plain_bytes(hall: TileServer) -> None:
    packed = ask(hall, CAMERAS, "dispatcher")
    for refusal in ("identity", "gzip;q=0", "br"):
        plain = ask(hall, CAMERAS, "dispatcher", accept_encoding=refusal)
        assert "content-encoding" not in plain.headers
        assert plain.body == packed.content
        assert plain.headers["content-length"] == str(len(plain.body))


def test_an_address_with_the_served_revision_never_changes(hall: TileServer, town: Town) -> None:
    token = town.store.mirror("cameras").revision.token
    assert ask(hall, f"{CAMERAS}?v={token}", "dispatcher").headers["cache-control"] == "private, max-age=31536000, immutable"
    assert ask(hall, f"{CAMERAS}?v={token}&online=true", "dispatcher").headers["cache-control"].endswith("immutable")
    assert ask(hall, f"{CAMERAS}?v=old", "dispatcher").headers["cache-control"].endswith("must-revalidate")


def test_readers_of_different_areas_have_different_addresses(hall: TileServer, town: Town) -> None:
    token = town.store.mirror("cameras").revision.token
    catalog = json.loads(ask(hall, "/tiles/catalog.json", "street").content)
    own = next(layer["revision"] for layer in catalog["layers"] if layer["key"] == "cameras")
    assert own != token
    assert ask(hall, f"{CAMERAS}?v={own}", "street").headers["cache-control"].endswith("immutable")
    assert ask(hall, f"{CAMERAS}?v={own}", "dispatcher").headers["cache-control"].endswith("must-revalidate")
    assert ask(hall, f"{CAMERAS}?v={token}", "street").headers["cache-control"].endswith("must-revalidate")
    style = json.loads(ask(hall, "/style/dark.json", "street").content)
    assert style["sources"]["cameras"]["tiles"][0].endswith(f"?v={own}")


def test_a_head_request_has_no_body(hall: TileServer) -> None:
    answer = ask(hall, CAMERAS, "dispatcher", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


def test_filters_choose_rows(hall: TileServer) -> None:
    whole = ask(hall, CAMERAS, "dispatcher").features("cameras")
    parts = [ask(hall, f"{CAMERAS}?online={value}", "dispatcher").features("cameras") for value in ("true", "false")]
    assert sorted(f.id or 0 for part in parts for f in part) == sorted(f.id or 0 for f in whole)
    events = ask(hall, "/tiles/events/10/834/447.mvt?level=1,2&reported_at=2026-01-02T00:00:00Z..", "dispatcher").features("events")
    # the events 24 to 300 of the levels 1 and 2
    assert sum(int(feature.tags["n"]) for feature in events) == 110
    houses = ask(hall, "/tiles/buildings/13/6679/3579.mvt?floors=7..&use_type=office", "dispatcher").features("buildings")
    assert 0 < len(houses) <= 8


@pytest.mark.parametrize(
    "query",
    [
        "colour=red",
        "name=x",
        "online=maybe",
        "level=9",
        "online=true' OR 1=1 --",
        "reported_at=yesterday..",
        "online",
        "x=1&y=2",
        "&".join(f"online{n}=true" for n in range(100)),
    ],
)
def test_a_filter_that_is_not_declared_is_400(hall: TileServer, query: str) -> None:
    answer = ask(hall, f"{CAMERAS}?{query}", "dispatcher")
    if query == "online":
        assert answer.status == 200
    else:
        assert answer.status == 400
        assert problem(answer)["detail"]


@pytest.mark.parametrize("place", ["23/0/0", "1/2/0", "1/0/-1", "a/0/0", "14/13358/7159.5", "99999999999/0/0", "14/13358"])
def test_a_tile_outside_the_grid_is_400_or_404(hall: TileServer, place: str) -> None:
    answer = ask(hall, f"/tiles/cameras/{place}.mvt", "dispatcher")
    assert answer.status == (400 if place.count("/") == 2 else 404)
    problem(answer)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/tiles/moons/1/0/0.mvt", 404),
        ("/tiles/moons.json", 404),
        ("/tiles/", 404),
        ("/tiles/cameras/1/0/0.png", 400),
        ("/tiles/cameras/labels.json", 400),
        ("/style/sepia.json", 404),
        ("/style/", 404),
        ("/tiles/imagery/none/1/0/0.png", 404),
        ("/tiles/imagery/1/0/0.png", 404),
        ("/tiles/counts.json?bbox=1,2,3", 400),
        ("/tiles/counts.json?box=1", 400),
        ("/tiles/counts.json?filters=[1]", 400),
        ("/tiles/counts.json?filters={%22people%22:{%22name%22:%22x%22}}", 400),
        ("/tiles/counts.json?filters=" + "[" * 9_000, 400),
    ],
)
def test_what_is_not_there_or_not_readable_says_so(hall: TileServer, address: str, status: int) -> None:
    answer = ask(hall, address, "dispatcher")
    assert answer.status == status
    problem(answer)


def test_other_methods_are_405(hall: TileServer) -> None:
    answer = ask(hall, CAMERAS, "dispatcher", method="POST")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    problem(answer)


@pytest.mark.parametrize(
    "address",
    [
        CAMERAS,
        "/tiles/base/14/13358/7159.mvt",
        "/tiles/catalog.json",
        "/tiles/counts.json",
        "/tiles/cameras.json",
        "/tiles/streets/labels.json",
        "/style/dark.json",
        "/tiles/imagery/terrain_2m/15/9370/12545.webp",
        "/tiles/moons/1/0/0.mvt",
    ],
)
def test_nobody_is_answered_without_a_session(hall: TileServer, address: str) -> None:
    assert ask(hall, address, "dispatcher").status in (200, 404)
    for token in ("", "wrong"):
        answer = ask(hall, address, token)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        problem(answer)


@pytest.mark.parametrize("token", ["dispatcher", "citizen", "department", "admin"])
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.key)
def test_a_role_gets_the_layers_that_are_meant_for_it(hall: TileServer, layer: object, token: str) -> None:
    reader = READER_OF([(b"authorization", f"Bearer {token}".encode())])
    allowed = reader.role in layer.roles  # type: ignore[attr-defined]
    for address in (f"/tiles/{layer.key}/{MIDDLE}.mvt", f"/tiles/{layer.key}.json"):  # type: ignore[attr-defined]
        assert ask(hall, address, token).status in ((200, 204) if allowed else (403,))


def test_a_reader_bound_to_a_street_sees_only_its_rows(hall: TileServer, seeded: TileServer) -> None:
    for one in (hall, seeded):
        # one after the other: what was kept for the one is not given to the other
        assert sum(int(f.tags["n"]) for f in ask(one, "/tiles/people/10/834/447.mvt", "dispatcher").features("people")) == 1_600
        assert sum(int(f.tags["n"]) for f in ask(one, "/tiles/people/10/834/447.mvt", "street").features("people")) == 400
        assert len(ask(one, "/tiles/streets/12/3339/1789.mvt", "street").features("streets")) == 1


def test_what_was_kept_is_made_again_when_the_revision_moves(worker_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_store, "SHARE", 0)
    for url in database(f"hall_test_{worker_name}_moving"):
        pool = open_pool(url)
        store = MirrorStore(pool, LAYERS, tmp_path, grace_s=0.0)
        store.refresh()
        moving = build(Town(url, pool, store, tmp_path), tmp_path)
        address = "/tiles/workers/12/3339/1789.mvt?status=busy"
        before, again = (ask(moving, address, "dispatcher") for _ in range(2))
        assert before == again
        with psycopg.connect(url) as conn:
            conn.execute("UPDATE hall.worker SET status = 'busy'")
        store.refresh()
        after = ask(moving, address, "dispatcher")
        assert len(after.features("workers")) > len(before.features("workers"))
        assert after.headers["etag"] != before.headers["etag"]
        pool.close()


def test_a_database_that_is_away_leaves_ready_tiles_and_says_so_for_others(worker_name: str, tmp_path: Path) -> None:
    for url in database(f"hall_test_{worker_name}_away"):
        pool = open_pool(url)
        store = MirrorStore(pool, LAYERS, tmp_path, grace_s=0.0)
        store.refresh()
        lonely = build(Town(url, pool, store, tmp_path), tmp_path)
        pool.close()
        assert ask(lonely, CAMERAS, "dispatcher").status == 200
        assert ask(lonely, "/tiles/catalog.json", "dispatcher").status == 200
        answer = ask(lonely, "/tiles/buildings/14/13358/7159.mvt", "dispatcher")
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert "detail" not in problem(answer)


def test_the_base_map_is_served_from_its_archive(hall: TileServer) -> None:
    answer = ask(hall, f"/tiles/base/{MIDDLE}.mvt?v=abc", "citizen")
    assert (answer.status, answer.content) == (200, b"base")
    assert answer.headers["cache-control"].endswith("immutable")


def test_imagery_is_cut_from_the_operators_files(hall: TileServer) -> None:
    answer = ask(hall, "/tiles/imagery/terrain_2m/15/9370/12545.webp", "citizen")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/webp")
    assert ask(hall, "/tiles/imagery/terrain_2m/15/9370/12545.webp", "citizen", if_none_match=answer.headers["etag"]).status == 304


def test_errors_look_the_same_here_as_on_all_other_paths() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.HallError)]
    for kind in kinds:
        ours, theirs = tile_errors.problem(kind("why")), api_errors.described(kind("why"))
        assert (ours.status, json.loads(ours.body)) == (theirs[0], json.loads(theirs[1]))
