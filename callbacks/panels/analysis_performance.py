"""Performance on the page of analysis: scores with their parts, and under each object every formula with its two numbers, each a link to its cases."""

from dash import dcc, html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.analysis import Frame, exports
from callbacks.panels.analysis_weights import settings
from callbacks.panels.pieces import Child, bar, chip, empty, icon
from services.performance import Evaluation, Performance
from services.performance_formulas import COUNTED, LESS_IS_MORE, OBJECTS, Rate, ScorePart, Weights

TONES = {"A": "good", "B": "good", "C": "", "D": "warn", "E": "alarm"}
TERMS_SHOWN = (
    "reported", "self_handled", "filed", "voided", "dispatched", "handled", "reworked", "closed", "missed", "public",
)  # fmt: skip
OPEN = 1
"""So many objects stand open at first."""


def performance(found: Performance, weights: Weights, told: Frame, *, may_set: bool) -> list[Component]:
    """Show an evaluation, and what it is weighed by."""
    words, address = told.words, told.address
    objects = html.Div(
        [
            dcc.Link(
                words(f"analysis.object_{one}"),
                href=address.to(object=one, key=None),
                className="an-dim here" if one == found.object else "an-dim",
            )
            for one in OBJECTS
        ],
        className="an-dims",
    )
    tools = html.Div([objects, exports(told, "performance", kinds=("csv", "table"), object=found.object)], className="an-tools")
    how = html.P(
        [
            words("analysis.score_how"),
            *(
                html.Span(
                    [
                        html.B(f"{weight:g} %"),
                        words(f"analysis.rate_{key}")
                        if key not in COUNTED
                        else words("analysis.count_of", term=words(f"analysis.term_{key}")),
                    ]
                )
                for key, weight in found.weights.items()
            ),
            html.Span(words("analysis.grades", grades=words.joint.join(f"{name} ≥ {least:g}" for name, least in found.grades if least))),
        ],
        className="an-formula",
    )
    weighing = html.Div([how, settings(found.object, weights, told, may_set=may_set)], className="an-weighing")
    if not found.evaluations:
        return [tools, weighing, empty(words("analysis.nothing"))]
    limits = words("analysis.send_limits", verify=f"{weights.verify_send_minutes:g}", check=f"{weights.check_send_minutes:g}")
    rows = [_object(place, one, found, told) for place, one in enumerate(found.evaluations, 1)]
    return [tools, weighing, html.Div(rows, className="an-objects"), html.P([words("analysis.performance_how"), limits], className="quiet")]


def _object(place: int, one: Evaluation, found: Performance, told: Frame) -> Component:
    words = told.words
    name = one.name or (words("analysis.whole_post") if one.key == "all" else one.key)
    score: list[Child] = [words("analysis.no_score")] if one.score is None else [html.B(formats.number(one.score, 1)), bar(one.score / 100)]
    head = html.Summary(
        [
            html.Span(str(place), className="n"),
            html.Span(name, className="an-name"),
            html.Span(score, className="an-score"),
            chip(one.grade, TONES[one.grade]) if one.grade else html.Span(),
            html.Span([_part(part, told) for part in one.parts], className="an-parts"),
            icon("chevron-down"),
        ]
    )
    terms = html.Dl(
        [html.Div([html.Dt(words(f"analysis.term_{term}")), html.Dd(_number(found, one, term, told))]) for term in TERMS_SHOWN],
        className="an-terms",
    )
    return html.Details(
        [head, html.Div([_formula(rate, one, found, told) for rate in one.rates], className="an-rates"), terms],
        open=place <= OPEN,
        className="an-object",
    )


def _part(part: ScorePart, told: Frame) -> Component:
    words = told.words
    name = words(f"analysis.term_{part.key}") if part.term else words(f"analysis.rate_{part.key}")
    value = "–" if part.score is None else formats.number(part.score, 1)
    return html.Span([html.Small(name), html.B(value), html.Small(f"× {part.weight:g} %")])


def _formula(rate: Rate, one: Evaluation, found: Performance, told: Frame) -> Component:
    """As `按期处置率 = 按期处置 812 / 应处置 840 = 96.7 %`."""
    words = told.words
    good = rate.key not in LESS_IS_MORE and rate.key != "public_share"
    return html.P(
        [
            html.B(words(f"analysis.rate_{rate.key}")),
            html.Span(["= ", words(f"analysis.term_{rate.numerator}"), " ", _number(found, one, rate.numerator, told)]),
            html.Span(["/ ", words(f"analysis.term_{rate.denominator}"), " ", _number(found, one, rate.denominator, told)]),
            html.Span(["= ", html.B("–" if rate.value is None else formats.percent(rate.value, 1))]),
            html.Small("" if good else words("analysis.less_is_more") if rate.key in LESS_IS_MORE else ""),
        ],
        className="an-rate",
    )


def _number(found: Performance, one: Evaluation, term: str, told: Frame) -> Component | str:
    count = one.terms[term]
    if not count:
        return "0"
    return dcc.Link(formats.number(count), href=told.address.to_view("cases", object=found.object, key=one.key, term=term))
