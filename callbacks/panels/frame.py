"""The frame around the map: top bar, ticker and the day's chart, breadcrumb, help card."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from dash import html
from dash.development.base_component import Component

from callbacks import formats, ids
from callbacks.panels import lists
from callbacks.panels.pieces import also, chip, dot, icon, icon_button, opener
from callbacks.panels.ways import MAP, Way, ways
from callbacks.words import Language, Words
from layers.base import Tone
from services.bulletin import SLOT_S, Bulletin
from services.details import Area
from services.rights import Reader

COUNTERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("to_file", ("reported",)),
    ("to_dispatch", ("filed",)),
    ("in_hand", ("dispatched", "handling", "checking")),
)
"""Counters of the top bar and the states that each adds up; the overdue ones are counted across them."""
SLOTS = 86_400 // SLOT_S
UNFOLDS = also({"data-menu": "true"})
"""Of a menu that a click anywhere else closes."""
HOURS_MARKED = (0, 4, 8, 12, 16, 20, 24)


def top(reader: Reader, place: str, words: Words, *, demo: bool) -> list[Component]:
    """Show brand, search box, counters, clock, who is signed in."""
    search = html.Div(
        [
            icon("search"),
            html.Span(
                **also(
                    {
                        "data-input": "search",
                        "data-label": words("search.label"),
                        "data-placeholder": words("search.hint"),
                        "data-id": ids.SEARCH_BOX,
                        "data-controls": ids.SEARCH_LIST,
                    }
                ),
            ),
            html.Kbd("/"),
        ],
        className="search-box",
        role="search",
    )
    return [
        html.Div(
            [
                pages(reader, words, MAP.path),
                html.B(words("brand")),
                html.Span(place, className="brand-place"),
            ],
            className="brand",
        ),
        html.Div(
            [
                search,
                html.Div(
                    id=ids.SEARCH_LIST,
                    className="search-list",
                    role="listbox",
                    hidden=True,
                    **also({"aria-label": words("search.results"), "data-list": ids.SEARCH_BOX}),
                ),
            ],
            className="search",
            id=ids.SEARCH,
        ),
        html.Div(id=ids.COUNTERS, className="counters", role="status", **also({"aria-label": words("counter.label")})),
        html.I(className="separator"),
        html.Div(
            [html.Time(className="time", **also({"data-clock": "true"})), html.Span(className="day", **also({"data-clock-date": "true"}))],
            className="clock-box",
        ),
        *([chip(words("demo.mark"), "demo")] if demo else []),
        html.Div([html.I(className="live-dot"), html.Span(**also({"data-data-age": "true"}))], className="connection"),
        html.Div(
            [_sound(words), *switches(words), icon_button("question-mark", words("help.title"), data_help="true")], className="top-tools"
        ),
        _person(reader, words),
    ]


def _sound(words: Words) -> Component:
    return html.Button(
        [icon("volume"), icon("volume-off")],
        type="button",
        className="icon-button sound",
        title=words("sound.switch"),
        **also({"data-sound-switch": "true", "aria-label": words("sound.switch")}),
    )


def switches(words: Words) -> list[Component]:
    """Build the switches of language and theme."""
    other = Language.EN if words.language is Language.ZH else Language.ZH
    language = html.Button(
        words("language.other"),
        type="button",
        className="icon-button words",
        title=words("language.switch"),
        **also({"data-set-language": other.value, "aria-label": words("language.switch")}),
    )
    theme = html.Button(
        [icon("sun"), icon("moon")],
        type="button",
        className="icon-button theme",
        title=words("theme.switch"),
        **also({"data-switch-theme": "true", "aria-label": words("theme.switch")}),
    )
    return [language, theme]


def _person(reader: Reader, words: Words) -> Component:
    name = reader.display_name or reader.username
    entries: list[Component] = [
        html.Div(
            [html.B(name), html.Span(reader.username), html.Span(words("person.scope", scope=reader.scope or words("scope.all")))],
            className="menu-head",
        )
    ]
    entries.append(
        html.Button([icon("logout"), words("sign_out")], type="button", className="menu-item", **also({"data-sign-out": "true"}))
    )
    summary = html.Summary(
        [
            html.Span(name[:1], className="avatar"),
            html.Span([html.B(name, className="cut"), html.Small(words(f"role.{reader.role}"))], className="who"),
        ],
        **also({"aria-label": words("person.menu", name=name)}),
    )
    return html.Details([summary, html.Div(entries, className="menu")], className="person", **UNFOLDS)


def pages(reader: Reader, words: Words, here: str) -> Component:
    """Build the menu of all pages that are open to the reader, by what they are for; `here` is the path of the page it stands on."""
    groups = groupby(ways(reader), key=lambda way: way.kind)
    entries = [
        html.Div([html.H2(words(f"ways.{kind}")), *(_entry(way, words, here) for way in members)], className="menu-group")
        for kind, members in groups
    ]
    summary = html.Summary(icon("layout-grid"), title=words("bar.pages"), className="logo", **also({"aria-label": words("bar.pages")}))
    menu = html.Nav(entries, className="menu", **also({"aria-label": words("bar.pages")}))
    return html.Details([summary, menu], className="pages", **UNFOLDS)


def _entry(way: Way, words: Words, here: str) -> Component:
    current = also({"aria-current": "page"}) if way.path == here else {}
    return html.A([icon(way.icon), words(way.title)], href=way.path, className="menu-item", **current)


def counters(bulletin: Bulletin, words: Words) -> list[Component]:
    """Show how many open cases wait for what."""
    shown = [
        html.Div(
            [html.Span(words(f"counter.{name}")), html.B(formats.number(sum(bulletin.open.get(state, 0) for state in states)))],
            className="counter",
        )
        for name, states in COUNTERS
    ]
    overdue = html.Div(
        [html.Span(words("counter.overdue")), html.B(formats.number(bulletin.overdue))],
        className=f"counter {Tone.ALARM}" if bulletin.overdue else "counter",
    )
    return [*shown, overdue]


def ticker(bulletin: Bulletin, words: Words, now: datetime) -> list[Component]:
    """Show what was reported and closed last, the newest first."""
    if not bulletin.news:
        return [html.Span(words("ticker.quiet"), className="quiet")]
    return [
        opener(
            [
                dot(f"var(--level-{news.level})"),
                html.Time(f"{formats.local(news.at):%H:%M:%S}" if _is_today(news.at, now) else formats.instant(news.at, now, words)),
                html.Span(news.title),
                html.Span(
                    words("ticker.closed" if news.closed_at else f"state.{news.state}"), className="good" if news.closed_at else "second"
                ),
                *([html.Em(formats.age(news.at, now, words))] if place == 0 else []),
            ],
            "events" if news.closed_at else "open_events",
            news.id,
            "news",
        )
        for place, news in enumerate(bulletin.news)
    ]


def _is_today(at: datetime, now: datetime) -> bool:
    return formats.local(at).date() == formats.local(now).date()


def today(bulletin: Bulletin, words: Words, now: datetime) -> list[Component]:
    """Draw the cases reported today by half hours, with the present one marked."""
    present = int((now - formats.midnight(now)).total_seconds() // SLOT_S)
    most = max([*bulletin.slots.values(), 1])
    total = sum(bulletin.slots.values())
    bars = [
        html.I(
            className="now" if slot == present else "",
            style={"height": f"{100 * bulletin.slots.get(slot, 0) / most:.0f}%"},
            title=words("today.slot", start=_clock(slot), end=_clock(slot + 1), number=bulletin.slots.get(slot, 0)),
        )
        for slot in range(SLOTS)
    ]
    marks = [html.Span(f"{hour:02d}:00", style={"left": f"{100 * hour / 24:.2f}%"}) for hour in HOURS_MARKED]
    share = 100 * (now - formats.midnight(now)).total_seconds() / 86_400
    return [
        html.Div(
            [html.Span(words("today.title")), html.B(formats.number(total)), html.Span(words("today.unit"))], className="today-figure"
        ),
        html.Div(
            [
                html.Div(bars, className="today-bars"),
                html.I(className="today-now", style={"left": f"{share:.2f}%"}),
                html.Div(marks, className="today-hours"),
            ],
            className="today-chart",
            role="img",
            **also({"aria-label": words("today.label", number=total)}),
        ),
        html.Div(
            [html.Span(words("today.peak")), html.B(formats.number(most if total else 0)), html.Span(words("today.per_slot"))],
            className="today-figure",
        ),
    ]


def _clock(slot: int) -> str:
    minutes = slot * SLOT_S // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def crumb(areas: Sequence[Area], words: Words) -> list[Component]:
    """Show which areas the middle of the map lies in; each opens its panel."""
    if not areas:
        return [icon("map-2"), html.Span(words("crumb.outside"), className="quiet")]
    links: list[Component] = [icon("map-2")]
    for place, (area, name) in enumerate(zip(areas, lists.short_names(areas), strict=True)):
        if place:
            links.append(icon("chevron-right", "faint"))
        links.append(opener(name, area.layer, area.id, "crumb-part"))
    return links
