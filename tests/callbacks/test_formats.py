"""Figures, times and distances as readers see them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from callbacks import formats
from callbacks.words import Language, words
from layers import registry

ZH, EN = words(Language.ZH), words(Language.EN)
NOW = datetime(2026, 11, 23, 2, 26, 40, tzinfo=UTC)  # 10:26:40 in the hall


def test_numbers_have_groups_and_no_idle_zeros() -> None:
    assert formats.number(746_300) == "746,300"
    assert formats.number(6.20, 2) == "6.2"
    assert formats.number(None) == "—"
    assert formats.percent(2_705, 19_050) == "14.2 %"
    assert formats.percent(1, 0) == "—"


def test_distances_are_metres_up_to_two_kilometres() -> None:
    assert formats.distance(1_999, ZH) == "1,999 米"
    assert formats.distance(2_000, ZH) == "2 公里"
    assert formats.distance(12_345, EN) == "12.3 km"


def test_areas_change_unit_at_a_hundred_thousand_square_metres() -> None:
    assert formats.area(13_271, ZH) == "13,271 m²"
    assert formats.area(282_743, ZH) == "0.28 km²"


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=28), "28 秒前"),
        (timedelta(minutes=3), "3 分钟前"),
        (timedelta(hours=5), "5 小时前"),
        (timedelta(days=2), "2 天前"),
        (timedelta(seconds=-5), "0 秒前"),
    ],
)
def test_ages(ago: timedelta, text: str) -> None:
    assert formats.age(NOW - ago, NOW, ZH) == text


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(minutes=51, seconds=18), "剩 51 分"),
        (timedelta(hours=5, minutes=10), "剩 5 时 10 分"),
        (timedelta(minutes=-8), "超 8 分"),
        (timedelta(seconds=40), "剩 不足 1 分"),
        (timedelta(seconds=-40), "已到期"),
        (timedelta(hours=-24), "超 1 天"),
        (timedelta(days=3, hours=4), "剩 3 天 4 时"),
    ],
)
def test_time_left_never_looks_like_a_clock(left: timedelta, text: str) -> None:
    assert formats.left(NOW + left, NOW, ZH) == text


def test_instants_are_as_short_as_they_may_be() -> None:
    assert formats.instant(NOW, NOW, ZH) == "10:26"
    assert formats.instant(NOW - timedelta(days=3), NOW, ZH) == "11 月 20 日 10:26"
    assert formats.instant(NOW - timedelta(days=400), NOW, ZH) == "2025-10-19 10:26"


def test_the_local_day_begins_at_four_in_the_afternoon_utc() -> None:
    assert formats.midnight(NOW) == datetime(2026, 11, 22, 16, tzinfo=UTC)


def test_values_follow_their_field() -> None:
    buildings, cameras = registry.get("buildings"), registry.get("cameras")
    assert formats.shown(buildings.named("use_type"), "mixed", ZH, NOW) == "商住"
    assert formats.shown(cameras.named("online"), False, EN, NOW) == "Offline"
    assert formats.shown(buildings.named("built_year"), 1998, ZH, NOW) == "1998"
    assert formats.shown(buildings.named("people"), 4_230, ZH, NOW) == "4,230"
    assert formats.shown(buildings.named("height_m"), 77.0, ZH, NOW) == "77 米"
    assert formats.shown(buildings.named("name"), None, ZH, NOW) == "—"


def test_years_are_full_years() -> None:
    assert formats.years(date(1980, 11, 24), NOW) == 45
    assert formats.years(date(1980, 11, 23), NOW) == 46
