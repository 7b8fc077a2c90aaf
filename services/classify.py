"""Which class a text seems to report: its n-grams against names, filing conditions and usual wordings. A suggestion, never a decision."""

from collections import defaultdict
from dataclasses import dataclass

from geodata.city.event_classes import EVENT_CLASSES
from geodata.db import Conn
from services import revisions
from services.kept import Kept
from services.likeness import cosines, grams, weights

MAX_SUGGESTIONS = 3
STRONG = 0.5
"""A case may be opened under a suggestion from here on, marked as such, when nothing else comes near it."""
MARGIN = 0.08
LEAST = 0.12
NAME_WEIGHT = 1.15
"""Who writes the name of a class means it."""

KNOWN = """
    SELECT c.code, c.name, coalesce(s.name, ''), c.major, c.sub_code, c.default_level,
           array(SELECT st.condition FROM hall.case_standard st WHERE st.class_code = c.code AND st.enabled ORDER BY st.position LIMIT 20)
    FROM hall.event_class c LEFT JOIN hall.event_sub_class s ON s.code = c.sub_code
    WHERE c.enabled ORDER BY c.code LIMIT 5000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A class that a text may mean."""

    class_code: str
    name: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownClass:
    """What intake needs of a class."""

    code: str
    name: str
    sub_name: str
    major: str
    default_level: int


class Classes:
    """The enabled classes, and what is usually written about each."""

    def __init__(self, rows: list[tuple[str, str, str, str, str | None, int, list[str]]]) -> None:
        wordings = {item.code: item.notes for item in EVENT_CLASSES}
        self.by_code = {
            code: KnownClass(code=code, name=name, sub_name=sub_name, major=major, default_level=level)
            for code, name, sub_name, major, _, level, _ in rows
        }
        self._phrases = []
        for code, name, _, _, _, _, conditions in rows:
            self._phrases.append((code, NAME_WEIGHT, grams(name)))
            self._phrases += [(code, 1.0, grams(text)) for text in (*conditions, *wordings.get(code, ()))]
        self._weights = weights(phrase for _, _, phrase in self._phrases)
        self._holders: dict[str, list[int]] = defaultdict(list)
        for place, (_, _, phrase) in enumerate(self._phrases):
            for gram in phrase:
                if len(gram) > 1:
                    self._holders[gram].append(place)

    def suggest(self, *texts: str | None) -> tuple[Suggestion, ...]:
        """Return the classes that texts may mean, the likeliest first; each text is looked at by itself, the best counts."""
        scores: dict[str, float] = defaultdict(float)
        for text in texts:
            wanted = grams(text or "")
            near = sorted({place for gram in wanted for place in self._holders.get(gram, ())})
            for place, value in zip(near, cosines(wanted, [self._phrases[place][2] for place in near], self._weights), strict=True):
                code, factor, phrase = self._phrases[place]
                # a short phrase that stands in the text as a whole is as good as a long one that is like it
                whole = 0.75 if len(phrase) > 3 and phrase <= wanted else 0.0
                scores[code] = max(scores[code], min(1.0, max(value, whole) * factor))
        best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:MAX_SUGGESTIONS]
        return tuple(
            Suggestion(class_code=code, name=self.by_code[code].name, score=round(value, 3)) for code, value in best if value >= LEAST
        )


def strong(found: tuple[Suggestion, ...]) -> Suggestion | None:
    """Return the first suggestion when it is good and nothing comes near it."""
    if not found or found[0].score < STRONG:
        return None
    return found[0] if len(found) == 1 or found[0].score - found[1].score >= MARGIN else None


def classes(conn: Conn) -> Classes:
    """Return the classes as they are now; read anew only when the dictionary has changed."""
    return _known.at(conn, revisions.token(conn, (revisions.SETTINGS,)), _load)


def _load(conn: Conn) -> Classes:
    return Classes(conn.execute(KNOWN).fetchall())


_known: Kept[Classes] = Kept()
