"""Both catalogues hold every text that code and scripts ask for, and every icon is in the set."""

import ast
import csv
import json
import re
from pathlib import Path

import pytest

from callbacks.words import CATALOGUES, Language, spoken, words
from geodata.settings import ROOT
from geodata.workflow.defaults import FILE
from layers.registry import LAYERS
from services.briefs.acts import ACTIONS as BRIEF_ACTIONS
from services.detection_review import VERDICTS
from services.tasks import ACTIONS as TASK_ACTIONS

SOURCES = [*(ROOT / "callbacks").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), *(ROOT / "pages").rglob("*.html")]
SCRIPTS = sorted(path for path in (ROOT / "assets").glob("*/*.js") if path.parent.name not in {"m", "vendor"})
"""All but those of the phone, whose page brings its own texts, and what is not ours."""
KEY = re.compile(r"""(?<![\w.])words\(f?["']([a-z][\w.]*?)(\{|["'])""")
SCRIPT_KEY = re.compile(r"""hall\.t\('([a-z_.]+)'|text: '(map\.[a-z_.]+)'""")
ICON = re.compile(r"""icon(?:_button)?\("([a-z0-9-]+)"|button\([^\n]*?\), "([a-z0-9-]+)"|hall\.icon\('([a-z0-9-]+)'""")
DIFFERENT = {"rail.alert", "time.this_year"}
"""Texts that leave out in one language what the other one says."""
SYMBOL = re.compile(r'<symbol id="([^"]+)"')


PARTS = ["", *sorted(path.name for path in CATALOGUES.iterdir() if path.is_dir())]


def part(name: str, language: Language) -> dict[str, str]:
    loaded: dict[str, str] = json.loads((CATALOGUES / name / f"{language}.json").read_text(encoding="utf-8"))
    return loaded


def catalogue(language: Language) -> dict[str, str]:
    return {key: text for name in PARTS for key, text in part(name, language).items()}


@pytest.mark.parametrize("name", PARTS)
def test_both_languages_have_the_same_keys(name: str) -> None:
    assert set(part(name, Language.ZH)) == set(part(name, Language.EN))


def test_no_text_stands_in_two_parts() -> None:
    keys = [key for name in PARTS for key in part(name, Language.ZH)]
    assert sorted(keys) == sorted(set(keys))


def test_both_languages_take_the_same_values() -> None:
    zh, en = ({key: set(re.findall(r"\{(\w+)\}", text)) for key, text in catalogue(language).items()} for language in Language)
    assert {key for key in zh if zh[key] != en[key]} == DIFFERENT


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_key_in_the_code_is_in_the_catalogue(path: Path) -> None:
    known = catalogue(Language.ZH)
    for key, end in KEY.findall(path.read_text(encoding="utf-8")):
        begun = end == "{" or key.endswith(".")
        assert any(entry.startswith(key) for entry in known) if begun else key in known, key


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_key_in_the_scripts_is_in_the_catalogue(path: Path) -> None:
    known = catalogue(Language.ZH)
    for first, second in SCRIPT_KEY.findall(path.read_text(encoding="utf-8")):
        key = first or second
        assert key in known or any(entry.startswith(key) for entry in known), key


def test_the_chinese_catalogue_has_no_english_sentence() -> None:
    names = re.compile(
        r"http://|rtsp://|CSV|MediaMTX|ZLMediaKit|GeoJSON|GeoPackage|GeoParquet|JavaScript|EN|WGS|GCJ|EPSG|OpenStreetMap|Ctrl|Shift|Esc|Enter|\{\w+\}|km|m²"
    )
    left_over = {key for key, text in catalogue(Language.ZH).items() if re.search(r"[a-z]{3,}", names.sub("", text))}
    assert left_over == set()


def test_every_icon_of_pages_and_layers_is_in_the_sprite() -> None:
    sprite = set(SYMBOL.findall((ROOT / "assets/vendor/tabler-icons/sprite.svg").read_text(encoding="utf-8")))
    styles = (ROOT / "assets/css/icons.css").read_text(encoding="utf-8")
    used = {name for layer in LAYERS for name in (layer.look.icon, *layer.look.icons.values())}
    for path in SOURCES[:-2]:
        used |= {name for found in ICON.findall(path.read_text(encoding="utf-8")) for name in found if name}
    assert used - sprite == set()
    assert {name for name in used if f".icon-{name} " not in styles} == set()


def test_a_strange_language_is_chinese() -> None:
    assert spoken("fr") is Language.ZH
    assert spoken(None) is Language.ZH
    assert words(Language.EN)("brand") == "Hallmap"


def recorded() -> set[str]:
    """Every act that some code enters into the audit trail under a name of its own, as far as it stands there in full."""
    found: set[str] = set()
    for folder in ("api", "callbacks", "services"):
        for path in (ROOT / folder).rglob("*.py"):
            for call in (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)):
                name = ast.unparse(call.func).rpartition(".")[2]
                if name in {"record", "record_stranger"}:
                    made = [arg for arg in call.args if isinstance(arg, ast.Call)]
                    found |= {ast.literal_eval(word.value) for act in made for word in act.keywords if _names(word)}
                elif name in {"attempt", "attempted"} and len(call.args) > 2 and isinstance(call.args[2], ast.Constant):
                    found.add(str(call.args[2].value))
    return found


def _names(word: ast.keyword) -> bool:
    return word.arg == "action" and isinstance(word.value, ast.Constant)


def test_every_recorded_act_has_a_name() -> None:
    parts = (
        {f"task_{name}" for name in TASK_ACTIONS} | {f"detection_{name}" for name in VERDICTS} | {f"brief_{name}" for name in BRIEF_ACTIONS}
    )
    acts = (
        recorded() | parts | {"account_change", "department_change", "indicator_handle", "position_consent", "position_consent_withdrawn"}
    )
    assert len(acts) > 40
    assert sorted(name for name in acts if f"audit.action_{name}" not in words(Language.ZH).catalogue) == []


def test_every_act_on_a_case_has_a_name() -> None:
    acts = {row["action"] for row in csv.DictReader(FILE.read_text(encoding="utf-8").splitlines())}
    assert "dispatch" in acts
    assert sorted(name for name in acts if f"audit.action_case_{name}" not in words(Language.ZH).catalogue) == []
