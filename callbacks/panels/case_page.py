"""The page of one case: everything in two columns, and on paper one below the other."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels import case_clocks, case_sections
from callbacks.panels.opened import Opened
from callbacks.panels.pieces import Children, attributes, button, chip, icon, section
from callbacks.panels.shown import Shown, attribute_section
from callbacks.words import Words


def case_page(shown: Shown) -> list[Component]:
    """Show a case; of one that the reader may not open, what the layer tells."""
    words, opened = shown.words, shown.opened
    if opened is None:
        return [html.Article([_head(shown), attribute_section(shown)], className="case-page")]
    case, now = opened.case, shown.now
    story = [section(words("event.description"), html.P(case.description, className="story"))] if case.description else []
    left = [
        _facts(shown, opened),
        *story,
        *case_sections.photos(case, words, now),
        *case_sections.timeline(case, words, now),
    ]
    right = [
        *_standard(opened, words),
        *case_sections.departments(case, words, now),
        *case_sections.tasks(case, words, now),
        *case_sections.sources(opened, shown.layer, words, now),
        *_merged(opened, words),
        _people(opened, words),
    ]
    return [
        html.Article(
            [
                _head(shown),
                case_clocks.clocks(case, words, now),
                case_clocks.steps(case, words, now),
                html.Div([html.Div(left), html.Div(right)], className="case-page-columns"),
                html.P(
                    words("case.printed", name=shown.reader.display_name or shown.reader.username, at=formats.exact(now)),
                    className="quiet print-only",
                ),
            ],
            className="case-page",
            id="case-page",
        )
    ]


def _head(shown: Shown) -> Component:
    words, row = shown.words, shown.row
    level = html.Span(shown.text("level"), className="level-badge", style={"--colour": f"var(--level-{row.fields.get('level') or 0})"})
    supervised = shown.opened is not None and shown.opened.case.supervised
    chips = [
        level,
        chip(words(f"state.{row.fields.get('state')}"), "accent"),
        *([chip([icon("bell"), words("case.supervised")], "alarm")] if supervised else []),
        html.Span(shown.text("case_no"), className="quiet"),
    ]
    place = f"/#z=17&c={row.lon:.5f},{row.lat:.5f}&s={'open_events' if row.fields.get('open') else 'events'}:{row.id}:{row.lon:.6f}:{row.lat:.6f}"
    tools = [
        html.A([icon("map"), html.Span(words("case.on_map"))], href=place, className="button primary"),
        button(words("case.print"), "printer", data_print="true"),
    ]
    return html.Header(
        [
            html.Div(
                [
                    html.Div(chips, className="chips"),
                    html.H1(shown.title),
                    html.P([icon("map-pin"), " ", shown.text("place_text")], className="quiet"),
                ]
            ),
            html.Div(tools, className="case-page-tools"),
        ],
        className="case-page-head",
    )


def _facts(shown: Shown, opened: Opened) -> Component:
    words, case = shown.words, opened.case
    areas = words.joint.join(area.name for area in shown.details.areas[1:])
    counted = [
        (words("case.extensions"), case.extensions),
        (words("case.returns"), case.returns),
        (words("case.reworks"), case.reworks),
    ]
    entries: list[tuple[str, Children]] = [
        (words("field.class_code"), words.joint.join([shown.text("major"), case.class_name, case.class_code])),
        (words("field.source"), html.Span(case_sections.source_chips(case, shown.layer, words), className="chips")),
        (words("field.reported_at"), formats.exact(case.reported_at)),
        (words("field.area"), areas or formats.NONE),
        (words("field.precision"), words(f"precision.{case.precision}")),
        (words("field.handling_level"), words(f"handling.{case.handling_level}")),
        (words("field.deadline_at"), formats.exact(case.deadline_at)),
        *([(words("field.closed_at"), formats.exact(case.closed_at))] if case.closed_at else []),
        *([(words("field.department_id"), case.department)] if case.department else []),
        *((title, formats.number(number)) for title, number in counted if number),
        *([(words("act.score"), formats.number(case.score))] if case.score is not None else []),
    ]
    return section(words("panel.attributes"), attributes(entries))


def _standard(opened: Opened, words: Words) -> Sequence[Component]:
    item = opened.case.standard
    if item is None:
        return []
    limit = case_clocks.limit_words(item.limit_value, item.limit_unit, words)
    entries: list[tuple[str, Children]] = [
        (words("act.standard"), item.condition),
        (words("case.limit"), limit),
        (words("case.closing"), item.closing),
    ]
    return [section(words("case.filed_under"), attributes(entries))]


def _people(opened: Opened, words: Words) -> Component:
    people = opened.case.people
    entries: list[tuple[str, Children]] = [
        (words(f"case.people_{name}"), value or formats.NONE)
        for name, value in (("found", people.found), ("reported", people.reported), ("solved", people.solved), ("checked", people.checked))
    ]
    return section(words("case.people"), attributes(entries))


def _merged(opened: Opened, words: Words) -> Sequence[Component]:
    if not opened.case.merged:
        return []
    rows = [
        html.Div(
            [html.A(item.title, href=f"/events/{item.id}", className="text-link cut"), html.Span(item.case_no, className="quiet")],
            className="folded",
        )
        for item in opened.case.merged
    ]
    return [section(words("dup.merged", number=len(rows)), rows)]
