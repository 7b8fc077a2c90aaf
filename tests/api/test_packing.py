"""Files of the pages are packed tightly once, and never wrongly."""

import time
from pathlib import Path

import brotli
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from api.packing import Packing

SCRIPT = "const words = ['派遣', '合并', '督办'];\n" * 200


@pytest.fixture
def browser(tmp_path: Path) -> FlaskClient:
    (tmp_path / "own.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "small.js").write_text("1;", encoding="utf-8")
    server = Flask(__name__, static_folder=tmp_path, static_url_path="/assets")
    Packing(server)
    return server.test_client()


def asked(browser: FlaskClient, name: str = "own.js", **headers: str) -> Response:
    return browser.get(f"/assets/{name}", headers={"Accept-Encoding": "gzip, br", **headers}, buffered=True)


def packed(browser: FlaskClient) -> Response:
    deadline = time.monotonic() + 20
    while (answer := asked(browser)).headers.get("Content-Encoding") != "br" and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer


def test_the_first_reader_does_not_wait_and_the_next_gets_the_packed_file(browser: FlaskClient) -> None:
    assert asked(browser).text == SCRIPT
    answer = packed(browser)
    assert brotli.decompress(answer.data).decode() == SCRIPT
    assert len(answer.data) < len(SCRIPT) / 20


def test_a_reader_that_has_the_file_gets_304(browser: FlaskClient) -> None:
    etag = packed(browser).headers["ETag"]
    assert asked(browser, **{"If-None-Match": etag}).status_code == 304


def test_without_brotli_the_file_comes_as_it_is(browser: FlaskClient) -> None:
    packed(browser)
    assert browser.get("/assets/own.js", headers={"Accept-Encoding": "identity"}, buffered=True).text == SCRIPT


def test_a_changed_file_is_packed_anew(browser: FlaskClient, tmp_path: Path) -> None:
    packed(browser)
    (tmp_path / "own.js").write_text(SCRIPT + "more;", encoding="utf-8")
    assert asked(browser).text == SCRIPT + "more;"
    assert brotli.decompress(packed(browser).data).decode() == SCRIPT + "more;"


def test_what_is_tiny_or_missing_stays_as_it_is(browser: FlaskClient) -> None:
    assert [asked(browser, "small.js").text for _ in range(3)] == ["1;"] * 3
    assert asked(browser, "none.js").status_code == 404
