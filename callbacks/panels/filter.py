"""The filter panel of a layer, built from the filters that the layer declares: figures first, then the controls, then the first rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels import lists
from callbacks.panels.pieces import Children, also, bar, button, icon, section
from callbacks.panels.states import close
from callbacks.words import Words
from geodata.source import Kind
from layers.base import Field, Form, Layer
from services.facets import Facets
from services.features import Row

CHIPS = 6
"""Up to so many values stand side by side; more stand in rows with bars."""
PRESETS_DAYS = (0, 7, 28)
"""Days before today with which a span of time begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A layer under a filter."""

    layer: Layer
    facets: Facets
    chosen: Mapping[str, str]
    """Field → text as in an address."""
    rows: Sequence[Row]
    words: Words
    now: datetime
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Field → value → its name, where the layer's rows know it."""
    dim: bool = False
    may_export: bool = False
    order: str = ""

    def picked(self, name: str) -> frozenset[str]:
        """Return the values chosen of a field."""
        return frozenset(part for part in self.chosen.get(name, "").split(",") if part)


def filter_panel(shown: Filter) -> list[Component]:
    """Show the filter of a layer."""
    words = shown.words
    # what the map colours by comes first: it is what the reader sees
    names = sorted(shown.layer.filters, key=lambda name: name != shown.layer.look.by)
    controls = [control for name in names if (control := _control(shown, shown.layer.named(name)))]
    note: Children = [icon("sort-descending"), words(f"filter.order_{shown.order}")] if shown.order else ""
    found = section(
        words("filter.found", number=formats.number(shown.facets.matching)),
        lists.lines(shown.layer, shown.rows, shown.facets.matching, words, shown.now),
        note=note,
    )
    body = html.Div(
        [*controls, found], className="panel-scroll", tabIndex="0", role="region", **also({"aria-label": words("filter.title")})
    )
    return [_head(shown), body, _foot(shown)]


def _head(shown: Filter) -> Component:
    words, facets = shown.words, shown.facets
    title = html.H1([icon("filter"), words("filter.of", layer=words.of(shown.layer.title))])
    clear = [button(words("filter.clear"), "filter-off", "small", "plain", data_filter_clear=shown.layer.key)] if shown.chosen else []
    figure = html.P(
        [html.Strong(formats.number(facets.matching)), html.Span(words("filter.matching", total=formats.number(facets.total)))],
        className="filter-figure",
    )
    switch = html.Button(
        html.I(),
        type="button",
        role="switch",
        className="switch",
        **also({"data-dim": shown.layer.key, "aria-checked": "true" if shown.dim else "false", "aria-label": words("filter.dim")}),
    )
    dim = html.Div([html.Span(words("filter.dim_note"), className="quiet"), html.Span(words("filter.dim")), switch], className="dim")
    return html.Div(
        [
            html.Div([title, html.Div([*clear, close(words)], className="head-tools")], className="kind-row"),
            html.Div([figure, dim], className="filter-line"),
        ],
        className="panel-head",
    )


def _foot(shown: Filter) -> Component:
    words, key = shown.words, shown.layer.key
    actions = [
        button(words("filter.save_view"), "bookmark-plus", "primary", data_ask_view="true"),
        button(words("panel.copy_link"), "link", data_copy_link="view"),
    ]
    if shown.may_export:
        actions.append(button(words("export.title"), "download", data_export=key, aria_haspopup="menu"))
    return html.Div(actions, className="panel-foot")


def _control(shown: Filter, item: Field) -> Component | None:
    if item.name in shown.facets.values:
        return _values(shown, item)
    if item.kind is Kind.TIME:
        return _times(shown, item)
    return _range(shown, item) if item.name in shown.facets.ranges else None


def _values(shown: Filter, item: Field) -> Component | None:
    words, numbers, picked = shown.words, shown.facets.values[item.name], shown.picked(item.name)
    names = shown.names.get(item.name, {})
    declared = [value for value in item.choices if value in numbers or value in picked]
    values = [*declared, *(value for value in numbers if value and value not in item.choices)]
    if not values:
        return None
    titled = [(value, words.of(item.choices[value]) if value in item.choices else names.get(value, value)) for value in values]
    note = words("filter.picked", number=len(picked), total=len(values)) if picked else ""
    if len(values) <= CHIPS:
        content = html.Div([_chip(shown, item, value, title) for value, title in titled], className="filter-chips")
    else:
        most = max(numbers.get(value, 0) for value in values) or 1
        ordered = titled if item.choices else sorted(titled, key=lambda pair: -numbers.get(pair[0], 0))
        content = html.Div([_check(shown, item, value, title, most) for value, title in ordered], className="filter-checks")
    return section(words.of(shown.layer.named(item.named_by or item.name).title), content, note=note)


def _pressed(shown: Filter, item: Field, value: str) -> dict[str, str]:
    return {
        "data-filter-field": item.name,
        "data-filter-value": value,
        "data-layer-key": shown.layer.key,
        "aria-pressed": "true" if value in shown.picked(item.name) else "false",
    }


def _chip(shown: Filter, item: Field, value: str, title: str) -> Component:
    colour = shown.layer.look.palette.get(value, "") if shown.layer.look.by == item.name else ""
    short = title.partition(" ")[0] if shown.layer.look.form is Form.PIN and colour else title
    return html.Button(
        [html.Span(short), html.B(formats.number(shown.facets.values[item.name].get(value, 0)))],
        type="button",
        className="filter-chip",
        title=title,
        style={"--colour": colour or "var(--accent)"},
        **also(_pressed(shown, item, value)),
    )


def _check(shown: Filter, item: Field, value: str, title: str, most: int) -> Component:
    number = shown.facets.values[item.name].get(value, 0)
    mark: list[Component] = []
    if shown.layer.look.icon_by == item.name and value in shown.layer.look.icons:
        mark = [icon(shown.layer.look.icons[value])]
    return html.Button(
        [
            html.I(className="check", **also({"aria-hidden": "true"})),
            *mark,
            html.Span(title, className="cut"),
            bar(number / most),
            html.Span(formats.number(number), className="number"),
        ],
        type="button",
        className="filter-check",
        **also(_pressed(shown, item, value)),
    )


def _times(shown: Filter, item: Field) -> Component:
    words, text = shown.words, shown.chosen.get(item.name, "")
    today = formats.midnight(shown.now)
    presets = [(days, f"{today - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}..") for days in PRESETS_DAYS]
    chips = [
        html.Button(
            words(f"filter.days_{days}"),
            type="button",
            className="filter-chip",
            **also(
                {
                    "data-filter-field": item.name,
                    "data-filter-text": preset,
                    "data-layer-key": shown.layer.key,
                    "aria-pressed": "true" if preset == text else "false",
                }
            ),
        )
        for days, preset in presets
    ]
    own = bool(text) and text not in {preset for _, preset in presets}
    first, _, last = text.partition("..") if own else ("", "", "")
    dates = html.Div(
        [
            _input(shown, item, "date", end="low", value=_day(first), hint=words("filter.from")),
            html.Span("–"),
            _input(shown, item, "date", end="high", value=_day(last), hint=words("filter.to")),
        ],
        className="filter-range",
    )
    return section(words.of(item.title), [html.Div(chips, className="filter-chips"), dates])


def _day(text: str) -> str:
    return f"{formats.local(datetime.fromisoformat(text)):%Y-%m-%d}" if text else ""


def _range(shown: Filter, item: Field) -> Component:
    words = shown.words
    low, high = shown.facets.ranges[item.name]
    first, _, last = shown.chosen.get(item.name, "").partition("..")
    inputs = html.Div(
        [
            _input(shown, item, "number", end="low", value=first, hint=formats.number(low, 1)),
            html.Span("–"),
            _input(shown, item, "number", end="high", value=last, hint=formats.number(high, 1)),
            html.Span(item.unit),
        ],
        className="filter-range",
    )
    note = words("filter.span", low=formats.number(low, 1), high=formats.number(high, 1))
    return section(words.of(item.title), inputs, note=note)


def _input(shown: Filter, item: Field, kind: str, *, end: str, value: str, hint: str) -> Component:
    label = f"{shown.words.of(item.title)} {shown.words(f'filter.{end}')}"
    return html.Span(
        key=f"{shown.layer.key}-{item.name}-{end}",
        **also(
            {
                "data-input": kind,
                "data-value": value,
                "data-placeholder": hint,
                "data-label": label,
                "data-filter-range": item.name,
                "data-filter-end": end,
                "data-layer-key": shown.layer.key,
            }
        ),
    )
