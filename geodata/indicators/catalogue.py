"""The catalogue as it stands in the files of this folder, read once and checked."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from geodata.errors import SetupError

FOLDER = Path(__file__).parent
DOMAINS = ("economy", "city", "governance", "safety", "environment", "service", "transport", "emergency", "digital")
"""经济运行, 城市管理, 社会治理, 安全生产, 生态环境, 民生服务, 交通, 应急, 数字底座: one file each, in the order of the page."""
CYCLES = ("hour", "day", "week", "month", "quarter", "year")
RULES = ("threshold", "yoy", "mom", "sigma")
DIRECTIONS = ("up", "down", "none")
CODE = re.compile(r"[A-Z]{2}-\d{2}")
CLASS = re.compile(r"[A-Za-z]?[0-9a-z_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When an indicator warns.

    `threshold`: the value itself passes a limit on its bad side; `yoy`, `mom`: it changed by so much, in per cent
    (of shares: points); `sigma`: it lies so many standard deviations from what is usual.
    """

    kind: str
    yellow: float
    red: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows of the product's own that indicators are made of. `kind`: flow | level | stock, as sources.toml says."""

    key: str
    kind: str
    zh: str
    en: str
    tables: tuple[str, ...]
    rows: str
    first: str | None = None
    cases: str | None = None
    """The figures are cases: reported | closed | open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A system of another department whose figures are handed in."""

    key: str
    zh: str
    en: str
    department_zh: str
    department_en: str
    department: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator. Own ones have `source` and `value`, external ones `feed`."""

    code: str
    domain: str
    zh: str
    en: str
    unit: str
    cycle: str
    direction: str
    """up: more is better; down: less is; none: neither."""
    decimals: int
    definition_zh: str
    definition_en: str
    formula_zh: str
    formula_en: str
    rule: Rule
    receiver: str
    """Role that gets its warnings."""
    department: str | None = None
    """Code of the department that gets them as well."""
    target: float | None = None
    low: float | None = None
    high: float | None = None
    """Between these an external figure can be true."""
    streets: bool = True
    """It exists for each street, not for the district alone."""
    every: bool = False
    """Streets warn by themselves."""
    source: str | None = None
    value: str = ""
    """The aggregate in SQL over the rows of the source; {of} stands for the classes, sources and `where`."""
    zero: bool = False
    """No row means 0, not "nothing to say"."""
    feed: str | None = None
    classes: tuple[str, ...] = ()
    """Major, sub or minor classes of cases."""
    sources: tuple[str, ...] = ()
    """Sources of cases."""
    where: str = ""
    listing: str = "all"
    """Which of the cases behind the figure are shown first: all | late | overdue | self | night."""

    @property
    def own(self) -> bool:
        """Whether it is computed from the product's own rows."""
        return self.source is not None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything by code or key, indicators in the order of the files."""

    indicators: Mapping[str, Indicator]
    sources: Mapping[str, Source]
    feeds: Mapping[str, Feed]
    words: Mapping[str, Mapping[str, str]]
    """Sentences by language and key."""


@cache
def catalogue() -> Catalogue:
    """Read the files.

    Raises:
        SetupError: a file contradicts itself; the message names the entry.
    """
    sources = {key: Source(key=key, **_tuples(entry)) for key, entry in _read("sources").items()}
    feeds = {key: Feed(key=key, **entry) for key, entry in _read("feeds").items()}
    indicators: dict[str, Indicator] = {}
    for domain in DOMAINS:
        for entry in _read(domain)["indicator"]:
            one = Indicator(domain=domain, **_tuples(entry | {"rule": Rule(**entry["rule"])}))
            trouble = _trouble(one, sources, feeds) or ("is there twice" if one.code in indicators else "")
            if trouble:
                raise SetupError(f"geodata/indicators/{domain}.toml: {one.code}: {trouble}")
            indicators[one.code] = one
    return Catalogue(indicators, sources, feeds, _read("words"))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


def _trouble(one: Indicator, sources: Mapping[str, Source], feeds: Mapping[str, Feed]) -> str:
    checks = (
        (bool(CODE.fullmatch(one.code)), "the code is two letters, - and two digits"),
        (one.cycle in CYCLES, f"cycle is one of {', '.join(CYCLES)}"),
        (one.direction in DIRECTIONS, f"direction is one of {', '.join(DIRECTIONS)}"),
        (one.rule.kind in RULES, f"rule is one of {', '.join(RULES)}"),
        ((one.source is None) != (one.feed is None), "has a source or a feed"),
        (one.source is None or (one.source in sources and bool(one.value)), "source is not in sources.toml, or value is missing"),
        (one.feed is None or one.feed in feeds, "feed is not in feeds.toml"),
        (all(CLASS.fullmatch(code) for code in one.classes + one.sources), "classes and sources are codes"),
    )
    return next((message for holds, message in checks if not holds), "")
