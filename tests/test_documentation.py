"""The documents say what the code says: every setting, every layer, every field, and links that lead somewhere."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from geodata.db import Conn
from geodata.imports import command, describe
from geodata.settings import ROOT, Settings
from layers.base import Layer
from layers.registry import LAYERS

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "geodata" / "sample" / "README.md"])
READMES = ("README.md", "README.zh.md")
LINK = re.compile(r"\]\(([^)\s]+)\)")
ADDING = ROOT / "docs" / "adding-a-layer.md"


class Recorder(Mapping[str, str]):
    """An empty environment that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", ADDING.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("name", READMES)
def test_every_setting_stands_in_the_readme(name: str) -> None:
    recorder = Recorder()
    Settings.from_env(recorder)
    missing = {variable for variable in recorder.asked if f"`{variable}`" not in text(name)}
    assert len(recorder.asked) >= 11
    assert not missing


@pytest.mark.parametrize(("name", "language"), [("README.md", "en"), ("README.zh.md", "zh")])
def test_every_layer_stands_in_the_readme(name: str, language: str) -> None:
    rows = {f"| `{layer.key}` | {getattr(layer.title, language)} |" for layer in LAYERS}
    assert not {row for row in rows if row not in text(name)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_files(page: Path) -> None:
    targets = [target.split("#")[0] for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert not [target for target in targets if target and not (page.parent / target).exists()]


def test_the_page_of_fields_is_up_to_date() -> None:
    """After a change: python -m geodata.imports.describe > docs/import-fields.md."""
    assert text("docs/import-fields.md") == describe.page()


def test_options_of_the_import_stand_in_its_page() -> None:
    import argparse

    parser = argparse.ArgumentParser(add_help=False)
    command.add_arguments(parser)
    options = {option for action in parser._actions for option in action.option_strings}
    told = set(re.findall(r"--[a-z][a-z-]+", text("docs/import.md")))
    assert options <= told
    assert told <= options


def test_the_layer_of_the_manual_works(conn: Conn) -> None:
    from psycopg import sql

    conn.execute(sql.SQL(block("sql")))  # type: ignore[arg-type]
    found: dict[str, object] = {}
    exec(block("python"), found)
    layer = found["CHARGERS"]
    assert isinstance(layer, Layer)
    names = [column.name for column in layer.source.columns]
    conn.execute(
        sql.SQL("SELECT id, geom, {} FROM {}").format(sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier("hall", layer.view))
    )
    assert layer.look.icon in text("assets/vendor/tabler-icons/icons.txt").split()
