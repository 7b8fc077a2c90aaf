"""Ready answers in memory."""

from tiles.answers import ASK_AGAIN, MVT, content
from tiles.cache import Cache, Kept


def kept(size: int) -> Kept:
    return Kept("cameras", content(bytes(size), "e", MVT, ASK_AGAIN), object())


def test_the_longest_not_asked_for_makes_room() -> None:
    cache = Cache(most=10_000)
    for key in "abc":
        cache.put(key, kept(2_000))
    assert cache.get("a") is not None
    cache.put("d", kept(2_000))
    assert [key for key in "abcd" if cache.get(key)] == ["a", "c", "d"]


def test_a_newer_answer_takes_the_place_of_the_older() -> None:
    cache = Cache(most=10_000)
    for _ in range(10):
        cache.put("a", kept(2_000))
    cache.put("b", kept(2_000))
    assert cache.get("a") is not None
    assert cache.get("b") is not None
