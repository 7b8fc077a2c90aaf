"""Which skills, or uses of a vehicle, a kind of case asks for."""

import csv
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from geodata.dictionary.files import FOLDER

FILE = FOLDER / "skills.csv"
E_BIKE = "电动车"
"""Whoever has this skill rides instead of walking."""


def wanted(kind_group: str, sub_code: str | None, major: str) -> frozenset[str]:
    """Return the skills for a case by the most special subject that is listed; empty when none is."""
    table = _table()
    return next((table[subject] for subject in (kind_group, sub_code or "", major) if subject in table), frozenset())


@cache
def _table() -> Mapping[str, frozenset[str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["subject"]: frozenset(row["skills"].split("/")) for row in csv.DictReader(file)})
