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
    """Return how much each n-gram tells: the rarer among the texts, the more."""
    documents = list(texts)
    counts: Counter[str] = Counter()
    for document in documents:
        counts.update(document)
    by_count = {count: 1.0 + math.log(len(documents) / count) for count in set(counts.values())}
    return {gram: by_count[count] for gram, count in counts.items()}


def likeness(text: str, others: Sequence[str]) -> list[float]:
    """Return the likeness of a text to each of the others, 0 (nothing in common) to 1 (the same)."""
    documents = [grams(text), *(grams(other) for other in others)]
    known = weights(documents)
    return cosines(documents[0], documents[1:], known)


def cosines(wanted: frozenset[str], others: Iterable[frozenset[str]], known: Mapping[str, float]) -> list[float]:
    """Return the cosine of one set of n-grams with each of others under given weights; unknown n-grams weigh 1."""
    length = math.sqrt(_square(wanted, known))
    out = []
    for other in others:
        shared = _square(wanted & other, known)
        out.append(shared / (length * math.sqrt(_square(other, known))) if shared else 0.0)
    return out


def _square(found: frozenset[str], known: Mapping[str, float]) -> float:
    return sum([weight * weight for gram in found if (weight := known.get(gram, 1.0))])
