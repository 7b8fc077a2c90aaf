"""The texts of the interface in one language. No other module holds a word that a reader sees."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from flask import request

from geodata.settings import ROOT
from layers.base import Text

CATALOGUES = ROOT / "assets" / "i18n"
COOKIE = "hall_lang"


class Language(StrEnum):
    """Languages of the interface."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """One catalogue: `words("rail.layers")`, `words("search.total", number=3)`."""

    language: Language
    catalogue: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key with its values filled in."""
        text = self.catalogue[key]
        return text.format(**values) if values else text

    def of(self, text: Text) -> str:
        """Return a text that a layer declares."""
        return text.en if self.language is Language.EN else text.zh

    @property
    def joint(self) -> str:
        """What stands between parts of a line."""
        return " · "

    @property
    def html_lang(self) -> str:
        """Language tag of the page."""
        return "en" if self.language is Language.EN else "zh-CN"


@cache
def words(language: Language) -> Words:
    """Return the catalogue of a language, read once: the texts of all pages, and of every part that scripts load when they need it."""
    files = sorted([CATALOGUES / f"{language}.json", *CATALOGUES.glob(f"*/{language}.json")])
    return Words(language, {key: text for file in files for key, text in json.loads(file.read_text(encoding="utf-8")).items()})


def spoken(text: str | None) -> Language:
    """Return the language of a cookie, query or store; Chinese when it is none of ours."""
    return Language(text) if text in set(Language) else Language.ZH


def requested() -> Words:
    """Return the words of the current request: `?lang=`, else the cookie, else Chinese."""
    return words(spoken(request.args.get("lang") or request.cookies.get(COOKIE)))
