"""Texts that say the same are alike, in any writing."""

from services.likeness import grams, likeness, plain


def test_the_same_is_one_and_nothing_in_common_is_zero() -> None:
    assert likeness("路灯不亮", ["路灯不亮", "水管爆裂"]) == [1.0, 0.0]


def test_what_shares_more_and_rarer_words_is_more_alike() -> None:
    near, far = likeness("夷陵大道12号井盖破损", ["夷陵大道12号井盖子烂了", "夷陵大道80号路灯不亮"])
    assert near > far > 0


def test_writing_does_not_matter() -> None:
    assert plain("Ａ栋， １２ 号！") == "a栋12号"
    assert grams("井盖") == {"井", "盖", "井盖"}
    assert likeness("", ["x"]) == [0.0]
