"""Lists of rows: one line a row, whatever its class, and the table of open cases."""

from collections.abc import Sequence
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.pieces import dot, empty, icon, opener
from callbacks.words import Words
from layers.base import Form, Layer, Look
from services.details import Area
from services.features import Row, Value
from services.select import Item

FALLBACKS = ("address", "place_text", "code", "worker_no", "plate", "case_no")
WAITING = ("reported", "filed", "dispatched", "handling", "checking")


def title(layer: Layer, row: Row) -> str:
    """Name a row: by its headline, else by its address or code."""
    for name in (layer.headline, *FALLBACKS):
        value = row.fields.get(name)
        if value:
            return str(value)
    return f"{layer.key} {row.id}"


def subline(layer: Layer, row: Row, words: Words, now: datetime) -> str:
    """Write the fields that follow the name of a row."""
    return joined([word(layer, row, name, words, now) for name in layer.subline], words)


def word(layer: Layer, row: Row, name: str, words: Words, now: datetime) -> str:
    """Write one field of a row, an empty text when the row has no value or the reader may not see it."""
    value = row.fields.get(name)
    if value is None or value == "":
        return ""
    text = formats.shown(layer.named(name), value, words, now)
    return words(f"unit.of_{name}", number=text) if f"unit.of_{name}" in words.catalogue else text


def joined(parts: Sequence[str], words: Words) -> str:
    """Put parts of a line together, leaving out what is empty."""
    return words.joint.join(part for part in parts if part and part != formats.NONE)


def colour(look: Look, row: Row) -> str:
    """Return the colour that the map gives a row."""
    value = row.fields.get(look.by)
    key = str(value).lower() if isinstance(value, bool) else str(value)
    return look.palette.get(key, look.colour)


def line(layer: Layer, row: Row, words: Words, now: datetime, *, note: str = "") -> Component:
    """Show one row as a line that opens its panel; `note` stands at the right, else what follows the name."""
    below = subline(layer, row, words, now)
    mark = dot(colour(layer.look, row)) if layer.look.by else icon(layer.look.icon)
    return opener(
        [
            mark,
            html.Span(title(layer, row), className="main"),
            html.Span(below if note else "", className="second"),
            html.Span(note or below, className="end"),
        ],
        layer.key,
        row.id,
        "line",
        lon=row.lon,
        lat=row.lat,
    )


def lines(layer: Layer, rows: Sequence[Row], total: int, words: Words, now: datetime) -> list[Component]:
    """Show rows as lines, and how many more there are."""
    if layer.look.form is Form.PIN or layer.key == "events":
        return [*cases(rows, words, now), *_more(len(rows), total, words)]
    if not rows:
        return [empty(words("list.empty"))]
    return [*(line(layer, row, words, now) for row in rows), *_more(len(rows), total, words)]


def near(layer: Layer, items: Sequence[Item], total: int, words: Words, now: datetime) -> list[Component]:
    """Show selected rows with their straight distance, nearest first."""
    if not items:
        return [empty(words("list.empty"))]
    shown = [line(layer, item.row, words, now, note=formats.distance(item.distance_m, words)) for item in items]
    return [*shown, *_more(len(items), total, words)]


def cases(rows: Sequence[Row], words: Words, now: datetime) -> list[Component]:
    """Show cases as a table of content, state and time limit."""
    if not rows:
        return [empty(words("list.no_cases"))]
    head = html.Div(
        [html.Span(words("case.content")), html.Span(words("case.state")), html.Span(words("case.limit"))], className="case head"
    )
    return [head, *(case(row, words, now) for row in rows)]


def case(row: Row, words: Words, now: datetime) -> Component:
    """Show one case as a line."""
    text, tone = limit(row, now, words)
    state = str(row.fields.get("state") or "")
    content = [
        html.Span(
            [dot(f"var(--level-{row.fields.get('level') or 0})"), html.Span(str(row.fields.get("title") or ""), className="cut")],
            className="main",
        ),
        html.Span(words(f"state.{state}") if state else formats.NONE, className="second"),
        html.Span(text, className=f"end {tone}"),
    ]
    key = "open_events" if row.fields.get("closed_at") is None else "events"
    return opener(content, key, row.id, "case", lon=row.lon, lat=row.lat)


def limit(row: Row, now: datetime, words: Words) -> tuple[str, str]:
    """Say how much time a case has left, and how urgent that is: alarm when over, warn in the last quarter."""
    closed, deadline = _at(row.fields.get("closed_at")), _at(row.fields.get("deadline_at"))
    if closed:
        return formats.instant(closed, now, words), ""
    if deadline is None or row.fields.get("state") not in WAITING:
        return formats.NONE, ""
    started = _at(row.fields.get("step_started_at")) or deadline
    whole = (deadline - started).total_seconds()
    remaining = (deadline - now).total_seconds()
    tone = "alarm" if remaining < 0 else "warn" if remaining < whole / 4 else ""
    return formats.left(deadline, now, words), tone


def _at(value: Value) -> datetime | None:
    return value if isinstance(value, datetime) else None


def short_names(areas: Sequence[Area]) -> list[str]:
    """Name areas, each without what it repeats of the one that it lies in: 北安社区 › 001网格."""
    wider = ["", *(area.name for area in areas)]
    return [area.name.removeprefix(outer).strip() or area.name for outer, area in zip(wider, areas, strict=False)]


def _more(shown: int, total: int, words: Words) -> list[Component]:
    return [html.P(words("list.more", number=formats.number(total - shown)), className="more")] if total > shown else []
