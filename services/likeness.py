"""How alike two short texts are: character n-grams, weighed by how rare they are among the texts compared.

Words need not be found, so it serves Chinese and any other writing alike.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

MAX_TEXT = 240
"""Characters of a text that count: what tells a case apart stands at its beginning."""
GRAM_SIZES = (1, 2, 3)
_NOISE = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """Full-width forms to ASCII, small letters, no blanks and no punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()


@lru_cache(maxsize=20_000)
def grams(text: str) -> frozenset[str]:
    """Return the sequences of one to three characters that occur in a text."""
    known = plain(text[:MAX_TEXT])
    return frozenset(known[at : at + size] for size in GRAM_SIZES for at in range(len(known) - size + 1))


def weights(texts: Iterable[frozenset[str]]) -> dict[str, float]:
    """Return how much each n-gram tells: the rarer among the texts, the more. Squared, as lengths and products need it."""
    documents = list(texts)
    counts: Counter[str] = Counter()
    for document in documents:
        counts.update(document)
    by_count = {count: (1.0 + math.log(len(documents) / count)) ** 2 for count in set(counts.values())}
    return _Weights(zip(counts, map(by_count.__getitem__, counts.values()), strict=True))


def likeness(text: str, others: Sequence[str]) -> list[float]:
    """Return the likeness of a text to each of the others, 0 (nothing in common) to 1 (the same)."""
    documents = [grams(text), *map(grams, others)]
    return cosines(documents[0], documents[1:], weights(documents))


def cosines(wanted: frozenset[str], others: Iterable[frozenset[str]], known: Mapping[str, float]) -> list[float]:
    """Return the cosine of one set of n-grams with each of others under given weights (`weights`); unknown n-grams weigh 1."""
    weight = known.__getitem__
    length = sum(map(weight, wanted))
    return [
        sum(map(weight, shared)) / math.sqrt(length * sum(map(weight, other))) if (shared := wanted & other) else 0.0 for other in others
    ]


class _Weights(dict[str, float]):
    """What no text held weighs 1."""

    def __missing__(self, gram: str) -> float:
        return 1.0
