"""One script per name: Simplified Chinese where the source has Chinese, the mapped name where it has none."""

import re
from functools import cache

from opencc import OpenCC

from geodata.osm.tags import Tags

CHINESE = re.compile("[\u4e00-\u9fff\u3400-\u4dbf]")
LEADING_CHINESE = re.compile(
    "^(?:[A-Z]{1,2}(?=[\u4e00-\u9fff]))?[^A-Za-z\u00c0-\u00ff]*[\u4e00-\u9fff\u3400-\u4dbf][^A-Za-z\u00c0-\u00ff]*"
)
SECOND_NAME = re.compile(r"\s*(?:[(（;；]| / ).*$")
BRACKETED = re.compile(r"\s*[(（][^)）]*[)）]?\s*")
CHINESE_KEYS = ("name:zh", "name:zh-Hans", "name:zh-Hant")


def raw_name(tags: Tags) -> str:
    """The name as mapped, "" without one."""
    return next((tags[key].strip() for key in ("name", *CHINESE_KEYS, "name:en") if tags.get(key, "").strip()), "")


def chinese_name(tags: Tags) -> str:
    """The Chinese name in Simplified script, "" when the source has none.

    A name that mixes scripts ("孫逸仙大馬路 Avenida Dr. Sun Yat-Sen") gives its Chinese head; what follows a bracket or a semicolon goes.
    """
    signed = next((tags[key] for key in CHINESE_KEYS if CHINESE.search(tags.get(key, ""))), "")
    return to_simplified(short(signed)) if signed else chinese_part(tags.get("name", ""))


def chinese_part(text: str) -> str:
    """The Chinese head of a mixed text in Simplified script, "" when it does not begin with Chinese."""
    head = LEADING_CHINESE.match(text)
    return to_simplified(short(head.group())) if head else ""


def display_name(tags: Tags) -> str:
    """What is shown: the Chinese name, else the mapped one (Chinese in it still becomes Simplified)."""
    name = chinese_name(tags) or short(raw_name(tags))
    return to_simplified(name) if CHINESE.search(name) else name


def short(text: str) -> str:
    """Without a second name or a bracket, unless nothing would be left."""
    cut = SECOND_NAME.sub("", text).strip(" -·,，、")
    return cut or BRACKETED.sub("", text).strip(" -·,，、") or text.strip(" ()（）") or text.strip()


@cache
def to_simplified(text: str) -> str:
    """Traditional characters become Simplified; everything else stays."""
    return str(_converter().convert(text))


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")
