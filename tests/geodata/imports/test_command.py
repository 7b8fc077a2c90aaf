"""The command line: one account of what was done, one sentence on what could not be."""

from collections.abc import Callable
from pathlib import Path

import pytest

from geodata.__main__ import main
from geodata.imports.command import account
from geodata.imports.run import Order
from tests.geodata.imports.conftest import FILES, Import

HONG_KONG = FILES / "hongkong_td_cameras.csv"


@pytest.fixture
def environment(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command's settings: a database without areas."""
    monkeypatch.setenv("DATABASE_URL", empty_url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))


def test_the_account_of_an_import(load: Import, report: Path) -> None:
    summary = load(HONG_KONG, "cameras", source_id="key", constants={"owner": "traffic"}, crs="2326")
    lines = account(Order(file=HONG_KONG, layer="cameras", report=report), summary)
    assert lines[:3] == [
        "hongkong_td_cameras.csv as cameras: 210 rows read, 210 new, 0 updated, 0 unchanged, 0 bad",
        "columns: key = source_id, description = name, easting = lon, northing = lat",
        "not used: region, latitude, longitude, url",
    ]
    assert lines[3].startswith("coordinates: Hong Kong 1980 Grid System; there and back the largest error is 0.000")
    assert lines[4:] == [
        "doubtful: 210 outside_district",
        "warning: most positions lie outside the district: is --crs right?",
        "210 rows without a code got the next free ones",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.csv"], "none.csv: there is no such file"),
        ([str(HONG_KONG), "--crs", "moon"], "coordinate system 'moon' is unknown"),
        ([str(HONG_KONG), "--map", "nope=name"], "the file has no column 'nope'"),
        ([str(HONG_KONG), "--map", "nope"], "--map nope: write it as A=B"),
        ([str(HONG_KONG), "--source-id", "key", "--set", "owner=mars"], "--set owner=mars: is not one of: city"),
        ([str(HONG_KONG), "--source-id", "key", "--set", "owner=city"], "import the district's streets, communities or grids first"),
        ([str(HONG_KONG), "--max-bad", "5"], "is no share between 0 and 1"),
    ],
)
@pytest.mark.usefixtures("environment")
def test_a_refusal_is_one_line_and_the_exit_code_is_1(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "layer", *words, "--as", "cameras"]) == 1
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("hallmap: ")]
    assert len(told) == 1
    assert message in told[0]


@pytest.mark.usefixtures("environment")
def test_an_unknown_layer_is_a_wrong_command_line(written: Callable[..., Path]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["import", "layer", str(written([{"a": 1}])), "--as", "drones"])
