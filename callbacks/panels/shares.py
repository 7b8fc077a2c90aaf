"""Numbers of a whole by value: horizontal bars with shares, and the one stacked bar of a class."""

from collections.abc import Mapping, Sequence

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.pieces import bar, stack
from callbacks.words import Words
from layers.base import Layer

BLUES = ("var(--bar-1)", "var(--bar-2)", "var(--bar-3)", "var(--bar-4)")
"""One blue in four steps: the widest part first."""
MOST = 12
NAMED = 3


def worded(layer: Layer, name: str, numbers: Mapping[str, int], words: Words) -> list[tuple[str, str, int]]:
    """Name the values of a field: value, word, number. In the order of the declared words; values without words after them."""
    choices = layer.named(name).choices
    known = [(value, words.of(text), numbers[value]) for value, text in choices.items() if numbers.get(value)]
    rest = [(value, value or words("value.none"), number) for value, number in numbers.items() if value not in choices and number]
    return [*known, *rest]


def shares(layer: Layer, name: str, numbers: Mapping[str, int], words: Words) -> list[Component]:
    """Show each value of a field with a bar, its number and its share."""
    parts = worded(layer, name, numbers, words)
    whole = sum(number for _, _, number in parts)
    most = max((number for _, _, number in parts), default=1)
    colours = layer.look.palette if layer.look.by == name else {}
    if len(parts) > MOST:
        parts = sorted(parts, key=lambda part: -part[2])[:MOST]
    return [
        html.Div(
            [
                html.Span(word, className="cut"),
                bar(number / most, colours.get(value, "")),
                html.Span(formats.number(number)),
                html.Span(formats.percent(number, whole)),
            ],
            className="share",
        )
        for value, word, number in parts
    ]


def stacked(parts: Sequence[tuple[str, int, str]]) -> list[Component]:
    """Show the largest values in words above one bar of their colours: word, number, colour (empty: the blues, widest first)."""
    ordered = list(parts) if any(colour for _, _, colour in parts) else _largest(parts)
    drawn = [(float(number), colour or BLUES[min(place, len(BLUES) - 1)]) for place, (_, number, colour) in enumerate(ordered)]
    said = html.Div([html.Span(f"{word} {formats.number(number)}") for word, number, _ in ordered[:4] if word], className="stack-words")
    return [said, stack(drawn)]


def _largest(parts: Sequence[tuple[str, int, str]]) -> list[tuple[str, int, str]]:
    """The three largest values, and everything else as one nameless part: bars of many slivers say nothing."""
    ordered = sorted(parts, key=lambda part: -part[1])
    rest = sum(number for _, number, _ in ordered[NAMED:])
    return ordered if len(ordered) <= NAMED + 1 else [*ordered[:NAMED], ("", rest, "")]
