"""The list under the search box: hits by class, the found letters in colour, numbers that stand on the map as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels import lists
from callbacks.panels.pieces import Child, also, icon, reference
from callbacks.words import Words
from layers import registry
from layers.base import Group, Layer
from services.features import Row, Value
from services.search import Found, Hit, Results

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("places", ("roads", "places", "base_grids", "communities", "streets", "district", "city_management_grids")),
    ("buildings", ("buildings",)),
    ("cases", ("open_events", "events")),
    ("organizations", ("organizations",)),
    ("people", ("people",)),
)
"""Groups of classes that are read together; every other class is a group of its own."""
MOVING = frozenset({"people", "open_events", "events", "workers", "vehicles"})
"""Classes whose hits have their own mark on the map, or none: they get no number."""
MOST_NUMBERS = 9
SHOWN = 3
SHOWN_PLACES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A hit in the list."""

    hit: Hit
    layer: Layer
    number: int
    """On the map, too; 0 when it has none."""
    distance_m: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Hits that are read together, and whether there are more of them than were asked for."""

    name: str
    hits: Sequence[Listed]
    total: int
    more: bool


def arranged(results: Results, distances: Mapping[tuple[str, int], float]) -> list[Part]:
    """Group the hits, the best ones of each class first, and number the first of them."""
    by_layer = {found.layer: found for found in results.classes}
    grouped = [(name, [by_layer.pop(key) for key in keys if key in by_layer]) for name, keys in GROUPS]
    grouped += [(key, [found]) for key, found in by_layer.items()]
    numbers = iter(range(1, MOST_NUMBERS + 1))
    parts = []
    for name, members in grouped:
        hits = [
            Listed(
                hit=hit,
                layer=registry.get(hit.layer),
                number=0 if hit.layer in MOVING else next(numbers, 0),
                distance_m=distances.get((hit.layer, hit.id)),
            )
            for hit in _fair(members, SHOWN_PLACES if name == GROUPS[0][0] else SHOWN)
        ]
        if hits:
            total = sum(len(found.hits) for found in members)
            parts.append(Part(name=name, hits=hits, total=total, more=any(found.more for found in members)))
    return parts


def _fair(members: Sequence[Found], limit: int) -> list[Hit]:
    """Take from the classes of a group in turn, so that none fills it alone."""
    most = max((len(found.hits) for found in members), default=0)
    turns = [found.hits[place] for place in range(most) for found in members if place < len(found.hits)]
    return turns[:limit]


def search_list(parts: Sequence[Part], text: str, words: Words, now: datetime) -> list[Component]:
    """Show what was found, or say what else to try."""
    if not parts:
        return [
            html.Div(
                [icon("zoom-question"), html.B(words("search.nothing", text=text)), html.P(words("search.nothing_text"))],
                className="search-empty",
                role="status",
            )
        ]
    blocks: list[Component] = []
    for part in parts:
        total = words("search.at_least", number=part.total) if part.more else formats.number(part.total)
        note = words("search.masked") if part.name == "people" else words("search.first", number=len(part.hits)) if _cut(part) else ""
        blocks.append(
            html.Div([html.Span([_title(part.name, words), html.B(total)]), html.Em(note)], className="search-group", role="presentation")
        )
        blocks += [_line(listed, words, now) for listed in part.hits]
    return [*blocks, _foot(parts, words)]


def pins(parts: Sequence[Part]) -> list[dict[str, object]]:
    """Return the numbered hits for the map."""
    return [
        {
            "n": listed.number,
            "layer": listed.hit.layer,
            "id": listed.hit.id,
            "lon": listed.hit.lon,
            "lat": listed.hit.lat,
            "label": str(listed.hit.headline or ""),
        }
        for part in parts
        for listed in part.hits
        if listed.number
    ]


def _cut(part: Part) -> bool:
    return part.more or part.total > len(part.hits)


def _title(name: str, words: Words) -> str:
    key = f"search.group_{name}"
    return words(key) if key in words.catalogue else words.of(registry.get(name).title)


def _line(listed: Listed, words: Words, now: datetime) -> Component:
    hit, layer = listed.hit, listed.layer
    mark = (
        html.Span(str(listed.number), className="pin-number")
        if listed.number
        else html.Span(icon(layer.look.icon), className="pin-number plain")
    )
    attributes = {
        "data-hit": reference(hit.layer, hit.id),
        "data-layer": hit.layer,
        "data-id": str(hit.id),
        "data-lon": f"{hit.lon:.6f}",
        "data-lat": f"{hit.lat:.6f}",
    }
    if hit.bbox:
        attributes["data-bbox"] = ",".join(f"{edge:.6f}" for edge in (hit.bbox.west, hit.bbox.south, hit.bbox.east, hit.bbox.north))
    return html.Div(
        [mark, html.Span(_name(hit, layer), className="hit-name cut"), html.Span(_right(listed, words, now), className="hit-note")],
        role="option",
        id=f"hit-{hit.layer}-{hit.id}",
        className="search-hit",
        **also({"aria-selected": "false"}),
        **also(attributes),
    )


def _name(hit: Hit, layer: Layer) -> list[Child]:
    row = Row(id=hit.id, lon=hit.lon, lat=hit.lat, fields=hit.fields)
    head = str(hit.headline) if hit.headline else lists.title(layer, row)
    shown: list[Child] = _marked(head, hit.matched.get(layer.headline)) if hit.headline else [head]
    if layer.headline in hit.matched and hit.headline:
        return shown
    for name, span in hit.matched.items():
        text = str(hit.fields.get(name) or "")
        if text == head:
            return _marked(head, span)
        if text:
            return [*shown, html.Span(_marked(text, span), className="hit-second")]
    return shown


def _marked(text: str, span: tuple[int, int] | None) -> list[Child]:
    if span is None:
        return [text]
    start, stop = span
    parts: list[Child] = [text[:start], html.Mark(text[start:stop]), text[stop:]]
    return [part for part in parts if part]


def _right(listed: Listed, words: Words, now: datetime) -> str:
    hit, layer = listed.hit, listed.layer
    if layer.group is Group.EVENTS:
        return lists.joined([_word(layer, name, value, words, now) for name, value in zip(layer.subline, hit.subline, strict=True)], words)
    parts = [words.of(layer.title)] if hit.length_m is not None or layer.group is Group.AREAS else []
    if hit.length_m is not None:
        return lists.joined([*parts, words("search.length", length=formats.distance(hit.length_m, words))], words)
    parts += [_word(layer, name, value, words, now) for name, value in zip(layer.subline, hit.subline, strict=True)]
    if listed.distance_m is not None and hit.layer not in MOVING:
        parts.append(formats.distance(listed.distance_m, words))
    return lists.joined(parts, words)


def _word(layer: Layer, name: str, value: Value, words: Words, now: datetime) -> str:
    text = formats.shown(layer.named(name), value, words, now)
    return text if text == formats.NONE else words(f"unit.of_{name}", number=text) if f"unit.of_{name}" in words.catalogue else text


def _foot(parts: Sequence[Part], words: Words) -> Component:
    total = sum(part.total for part in parts)
    more = any(part.more for part in parts)
    keys: list[Child] = [
        html.Kbd("↑"),
        html.Kbd("↓"),
        words("search.key_move"),
        html.Kbd("Enter"),
        words("search.key_open"),
        html.Kbd("Esc"),
        words("search.key_back"),
    ]
    found = words("search.total_more" if more else "search.total", number=formats.number(total))
    return html.Div([html.Span(keys), html.Span(found)], className="search-foot", role="presentation")
