"""The pages over a district of two streets, without a browser: callbacks are called as Dash's renderer calls them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_caching import Cache

import pages.index
from api.create import create
from callbacks.context import Context
from geodata.db import open_pool
from geodata.settings import Settings
from layers.registry import LAYERS
from services.account_book import AccountBook
from services.history import HistoryStore
from services.mirror_store import MirrorStore
from services.routing.store import RoadStore
from tests.api.conftest import App


@dataclass(frozen=True)
class Desk:
    """The product's pages, and a way to call their callbacks as one account."""

    app: App

    def call(
        self, username: str, output: str, inputs: Mapping[str, object], state: Mapping[str, object] | None = None, *, path: str = "/"
    ) -> Any:
        """Post what the renderer would post: `output` names one of the callback's outputs as `panel-body.children`."""
        client = self.app.client(username)
        known = json.loads(client.get(f"{path}_dash-dependencies").data)
        wanted = next(spec for spec in known if output in spec["output"] and [_name(item) for item in spec["inputs"]] == list(inputs))
        outputs = [_split(part) for part in spec_outputs(wanted["output"])]
        body = {
            "output": wanted["output"],
            "outputs": outputs if wanted["output"].startswith("..") else outputs[0],
            "inputs": [{**_split(name), "value": value} for name, value in inputs.items()],
            "state": [{**_split(_name(item)), "value": (state or {}).get(_name(item))} for item in wanted["state"]],
            "changedPropIds": [next(iter(inputs))],
        }
        answer = client.post(f"{path}_dash-update-component", json=body)
        assert answer.status_code in (200, 204), answer.data
        return json.loads(answer.data) if answer.data else {}

    def panel(self, username: str, layer: str, row_id: int, **more: object) -> str:
        """JSON text of the panel that an account gets for a row."""
        pick = {"layer": layer, "id": row_id, "n": 1, **more}
        return json.dumps(self.call(username, "panel-body.children", {"pick.data": pick}), ensure_ascii=False)


def _name(item: Mapping[str, str]) -> str:
    return f"{item['id']}.{item['property']}"


def _split(name: str) -> dict[str, str]:
    component, _, prop = name.partition("@")[0].rpartition(".")
    return {"id": component, "property": prop}


def spec_outputs(text: str) -> list[str]:
    """Names of a callback's outputs, without the mark of a second writer."""
    return text.strip(".").split("...")


@pytest.fixture(scope="session")
def desk(district_url: str, tokens: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Interfaces and pages over the district."""
    yield from opened(district_url, tmp_path_factory.mktemp("desk"), tokens)


def opened(url: str, data_dir: Path, tokens: dict[str, str]) -> Iterator[Desk]:
    """Interfaces and pages over a database, its mirrors loaded straight from the views."""
    settings = Settings.from_env({"DATABASE_URL": url, "DATA_DIR": str(data_dir)})
    pool = open_pool(url)
    store, book = MirrorStore(pool, LAYERS, settings.data_dir, grace_s=0.0), AccountBook(pool)
    server = Flask("hallmap")
    interfaces = create(server, pool, store, book, settings)
    cache = Cache(server, config={"CACHE_TYPE": "SimpleCache"})
    pages.index.install(
        server,
        Context(
            settings=settings,
            pool=pool,
            store=store,
            book=book,
            cache=cache,
            roads=RoadStore(pool),
            history=HistoryStore(settings.data_dir),
        ),
    )
    store.refresh()
    book.refresh()
    yield Desk(App(server, interfaces, pool, store, book, tokens))
    pool.close()
