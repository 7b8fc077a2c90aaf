"""Filters as they stand in an address, for tiles, interfaces and pages alike.

`use_type=residential,office` (any of these), `online=true`, `floors=7`, `floors=3..10`, `floors=10..`, `reported_at=2026-11-01T00:00:00Z..`
Several filters must all hold. Ranges include both ends; a day without a time begins at its midnight in UTC.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from geodata.errors import InvalidInputError
from geodata.source import Condition, Kind
from layers.base import Field, Layer

MAX_VALUES = 200
RANGE = ".."
BY_VALUE = frozenset({Kind.CODE, Kind.BOOL, Kind.TEXT})
INSTANTS = frozenset({Kind.TIME, Kind.DATE})


def conditions(layer: Layer, arguments: Iterable[tuple[str, str]]) -> tuple[Condition, ...]:
    """Read the filters of a layer from (name, text) pairs, in the layer's order; an empty text is no filter.

    Raises:
        InvalidInputError: a name that the layer does not filter by, or a text that does not fit; the message says which and why.
    """
    given: dict[str, list[str]] = {}
    for name, text in arguments:
        if name not in layer.filters:
            raise InvalidInputError(f"{name}: {layer.key} is filtered by {', '.join(layer.filters) or 'nothing'}")
        given.setdefault(name, []).extend(part.strip() for part in text.split(",") if part.strip())
    return tuple(_condition(layer.named(name), given[name]) for name in layer.filters if given.get(name))


def filter_schema(field: Field) -> Mapping[str, object]:
    """Describe the text of a filter as JSON Schema, for the interface's own description."""
    if field.kind is Kind.BOOL:
        return {"type": "string", "enum": ["true", "false"]}
    if field.kind in BY_VALUE:
        item = {"type": "string", "enum": sorted(field.choices)} if field.choices else {"type": "string"}
        return {"type": "array", "items": item, "maxItems": MAX_VALUES}
    example = "2026-11-01T00:00:00Z.." if field.kind in INSTANTS else "3..10"
    return {"type": "string", "examples": [example]}


def _condition(field: Field, texts: list[str]) -> Condition:
    if len(texts) > MAX_VALUES:
        raise InvalidInputError(f"{field.name}: {len(texts)} values are too many, at most {MAX_VALUES}")
    if field.kind in BY_VALUE:
        _require_known(field, texts)
        return Condition(field.name, values=tuple(sorted(set(texts))))
    if len(texts) == 1 and RANGE in texts[0]:
        low, _, high = texts[0].partition(RANGE)
        first, last = _number(field, low), _number(field, high)
        if first is None and last is None:
            raise InvalidInputError(f"{field.name}: the range {texts[0]!r} has no end")
        if first is not None and last is not None and first > last:
            raise InvalidInputError(f"{field.name}: the range {texts[0]!r} is upside down")
        return Condition(field.name, low=first, high=last)
    numbers = [_number(field, text) for text in texts]
    return Condition(field.name, values=tuple(sorted({f"{number:.15g}" for number in numbers if number is not None})))


def _require_known(field: Field, texts: list[str]) -> None:
    known = {"true", "false"} if field.kind is Kind.BOOL else set(field.choices)
    strange = sorted(set(texts) - known)
    if known and strange:
        raise InvalidInputError(f"{field.name}: {', '.join(strange)[:80]!r} is none of {', '.join(sorted(known))}")


def _number(field: Field, text: str) -> float | None:
    if not text:
        return None
    try:
        if field.kind in INSTANTS:
            # a plus sign that was not escaped arrives as a space
            at = datetime.fromisoformat(text.replace(" ", "+"))
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        number = float(text)
    except ValueError:
        wanted = "an instant as 2026-11-01T00:00:00Z" if field.kind in INSTANTS else "a number"
        raise InvalidInputError(f"{field.name}: {text[:40]!r} is not {wanted}") from None
    if not math.isfinite(number):
        raise InvalidInputError(f"{field.name}: {text[:40]!r} is not a number")
    return number
