"""The catalogue of indicators is complete and says of each what it must say."""

import json
from collections import Counter

import pytest

from geodata.indicators.catalogue import CYCLES, DOMAINS, Indicator, catalogue
from geodata.settings import ROOT

EVERY = list(catalogue().indicators.values())


def test_there_are_197_in_nine_domains() -> None:
    assert len(EVERY) == 197
    count = Counter(one.domain for one in EVERY)
    assert list(count) == list(DOMAINS)
    assert min(count.values()) >= 15


def test_at_least_ninety_are_computed_from_own_rows_and_all_others_name_a_department() -> None:
    own = [one for one in EVERY if one.own]
    assert len(own) >= 90
    assert all(one.feed in catalogue().feeds for one in EVERY if not one.own)
    assert all(one.department for one in own)


def test_names_are_told_apart_in_both_languages() -> None:
    for names in ([one.zh for one in EVERY], [one.en for one in EVERY]):
        assert [name for name, number in Counter(names).items() if number > 1] == []


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.code)
def test_each_says_what_it_is(one: Indicator) -> None:
    texts = (one.zh, one.en, one.unit, one.definition_zh, one.definition_en, one.formula_zh, one.formula_en, one.receiver)
    assert all(text.strip() for text in texts)
    assert "{" not in "".join(texts)
    assert one.cycle in CYCLES
    better = one.rule.red > one.rule.yellow
    assert better != (one.rule.kind == "threshold" and one.direction == "up"), "red is further than yellow"
    if one.target is not None and one.rule.kind == "threshold":
        assert one.target >= one.rule.yellow if one.direction == "up" else one.target <= one.rule.yellow


def test_the_page_has_a_word_for_each_domain_cycle_rule_unit_and_refusal() -> None:
    words = {language: json.loads((ROOT / f"assets/i18n/indicators/{language}.json").read_text("utf-8")) for language in ("zh", "en")}
    assert set(words["zh"]) == set(words["en"])
    for domain in DOMAINS:
        assert words["zh"][f"indicators.domain.{domain}"]
    chinese = {one.unit for one in EVERY if not one.unit.isascii() and one.unit not in {"µg/m³", "—"}}
    assert not {unit for unit in chinese if f"indicators.unit.{unit}" not in words["en"]}
