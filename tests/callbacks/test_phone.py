"""The phone's page: a shell without data, whose scripts find every text and every symbol that they name."""

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callbacks.words import Language, words
from geodata.settings import ROOT
from pages.phone import ICONS, LIBRARY, SHARED, create_blueprint

FOLDER = ROOT / "assets" / "m"
SCRIPTS = sorted(FOLDER.glob("*.js"))
KEY = re.compile(r"'((?:phone|state|search|login|live|language)\.[a-z_0-9]+)'")
BEGINNING = re.compile(r"`((?:phone|live)\.[a-z_0-9]+)\$")
ICON = re.compile(r"icon\('([a-z0-9-]+)'|symbol: '([a-z0-9-]+)'")


@pytest.fixture
def client() -> FlaskClient:
    server = Flask("phone", static_folder=None)
    server.register_blueprint(create_blueprint())
    return server.test_client()


def told(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_document_names_every_script_with_its_version(client: FlaskClient) -> None:
    page = told(client, "/m/")
    for path in SCRIPTS:
        assert (f'"/assets/m/{path.name}?v=' in page) is (path.name != "worker.js")
    assert 'lang="zh-CN" data-theme="light"' in page
    client.set_cookie("hall_theme", "dark")
    assert 'lang="en" data-theme="dark"' in told(client, "/m/?lang=en")


def test_the_document_is_not_sent_twice(client: FlaskClient) -> None:
    etag = client.get("/m/").headers["ETag"]
    assert client.get("/m/", headers={"If-None-Match": etag}).status_code == 304


def test_the_page_can_be_installed(client: FlaskClient) -> None:
    manifest = json.loads(told(client, "/m/manifest.webmanifest"))
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/m/", "/m/", "standalone")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    for name in ICONS:
        assert (ROOT / "assets" / name).is_file()


def test_the_service_worker_keeps_the_whole_shell(client: FlaskClient) -> None:
    script = told(client, "/m/sw.js")
    shell = json.loads(script.split("\n", 1)[0].removeprefix("const SHELL = ").rstrip(";"))
    kept = {address.split("?")[0] for address in shell["files"]}
    assert kept >= {f"/assets/m/{path.name}" for path in SCRIPTS if path.name != "worker.js"} | {
        "/assets/css/tokens.css",
        "/assets/m/phone.css",
    }
    for address in LIBRARY:
        assert (ROOT / address.lstrip("/")).is_file()
    assert "/api/" not in script


def test_every_text_of_the_scripts_comes_with_the_document() -> None:
    known = [key for key in words(Language.ZH).catalogue if key.startswith(("phone.", *SHARED))]
    for path in SCRIPTS:
        script = path.read_text(encoding="utf-8")
        assert not [key for key in KEY.findall(script) if key not in known], path.name
        assert not [start for start in BEGINNING.findall(script) if not any(key.startswith(start) for key in known)], path.name


def test_every_symbol_is_in_the_small_set() -> None:
    drawn = set(re.findall(r"^  '?([a-z0-9-]+)'?: \['M", (FOLDER / "dom.js").read_text(encoding="utf-8"), re.MULTILINE))
    used = {name for path in SCRIPTS for found in ICON.findall(path.read_text(encoding="utf-8")) for name in found if name}
    assert len(used) > 20
    assert used <= drawn
