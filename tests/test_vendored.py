"""What others wrote comes with its licence, its version and nothing that is not used."""

import re
from pathlib import Path

import pytest

from geodata.settings import ROOT
from layers.registry import LAYERS

VENDOR = ROOT / "assets" / "vendor"
FOLDERS = [*sorted(path for path in VENDOR.iterdir() if path.is_dir()), ROOT / "geodata" / "typeface"]
SYMBOLS = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "tabler-icons" / "sprite.svg").read_text()))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_licence_lies_beside_the_files(folder: Path) -> None:
    assert list(folder.glob("LICENSE*"))


def test_the_list_names_every_package_with_the_version_that_the_script_fetches() -> None:
    listed = (ROOT / "docs" / "vendored.md").read_text()
    script = (ROOT / "bin" / "vendor.sh").read_text()
    versions = dict(re.findall(r"(\w+)=(\d+\.\d+\.\d+)", script))
    packages = re.findall(r"unpack (\S+) \$(\w+)", script)
    assert len(packages) == 7
    for package, variable in packages:
        assert f"| {package} | {versions[variable]} |" in listed


def test_the_library_is_the_version_that_is_listed() -> None:
    assert "maplibre-gl-js/blob/v6.17.0/" in (VENDOR / "maplibre-gl" / "maplibre-gl.mjs").read_text()[:300]


def test_the_sprite_holds_the_listed_icons() -> None:
    lines = (VENDOR / "tabler-icons" / "icons.txt").read_text().splitlines()
    names = {line for line in lines if line and not line.startswith("#")}
    assert {f"{name.removeprefix('filled/')}-filled" if name.startswith("filled/") else name for name in names} == SYMBOLS


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.key)
def test_every_layer_has_its_icons(layer) -> None:
    assert {layer.look.icon, *layer.look.icons.values()} <= SYMBOLS
