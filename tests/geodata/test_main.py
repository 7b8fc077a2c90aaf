"""The command line: what it says when something cannot be done."""

from pathlib import Path

import pytest

from geodata.__main__ import main


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch, empty_url: str, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))


def test_without_a_database_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["migrate"]) == 1
    assert "DATABASE_URL is not set" in capsys.readouterr().err


@pytest.mark.usefixtures("database")
def test_a_file_that_is_no_extract_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.osm.pbf"
    path.write_text("no extract")
    assert main(["import", "osm", str(path)]) == 1
    assert capsys.readouterr().err.startswith("hallmap: notes.osm.pbf cannot be read as an OSM extract")


@pytest.mark.usefixtures("database")
def test_a_city_needs_ground(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--scale", "0.02"]) == 1
    assert "import osm" in capsys.readouterr().err


def test_a_database_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql:///hall?host={tmp_path}")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert main(["demo"]) == 1
    assert capsys.readouterr().err.startswith("hallmap: database:")


def test_an_unknown_command_is_a_wrong_command_line() -> None:
    with pytest.raises(SystemExit) as stop:
        main(["fly"])
    assert stop.value.code == 2
