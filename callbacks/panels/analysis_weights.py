"""Weights and limits of the evaluation: who set them and when, and for those who may, a form with every formula beside its weight."""

from dash import dcc, html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.analysis import Frame
from callbacks.panels.pieces import Child, also, button, icon
from callbacks.words import Words
from services.performance_formulas import (
    CHECK_SEND_MINUTES,
    COUNTED,
    FORMULAS,
    LESS_IS_MORE,
    LONGEST_SEND,
    RATES,
    SHIPPED,
    VERIFY_SEND_MINUTES,
    Weights,
)

PARAMETER = "weights"
"""In the address: the form is open."""
UNSCORED = frozenset({"public_share"})
"""Shown, but neither good nor bad: no weight is offered."""


def settings(kind: str, weights: Weights, told: Frame, *, may_set: bool) -> Component:
    """Say who weighed like this, and offer or show the form that changes it."""
    words, opened = told.words, may_set and bool(told.address.get(PARAMETER))
    if weights.changed_at is None:
        said = words("analysis.weights_shipped")
    else:
        at = formats.instant(weights.changed_at, told.now, words)
        said = words("analysis.weights_changed", at=at, name=weights.changed_by or words("analysis.weights_nobody"))
    line: list[Child] = [html.Span(said, className="quiet an-weights-who")]
    if may_set:
        line.append(
            dcc.Link(
                [icon("adjustments-horizontal"), words("analysis.weights_close" if opened else "analysis.weights_edit")],
                href=told.address.to(**{PARAMETER: None if opened else 1}),
                className="button small",
            )
        )
    head = html.Div(line, className="an-weights-line")
    return html.Div([head, _form(kind, weights, words)] if opened else [head])


def parts_of(kind: str, weights: Weights) -> list[str]:
    """Return what may weigh in the score of a kind: what weighs now first, then what is shipped, then its other rates."""
    return list(dict.fromkeys([*weights.of(kind), *SHIPPED[kind], *(key for key in RATES[kind] if key not in UNSCORED)]))


def _form(kind: str, weights: Weights, words: Words) -> Component:
    given = weights.of(kind)
    rows = [_row(key, given.get(key, 0), SHIPPED[kind].get(key, 0), words) for key in parts_of(kind, weights)]
    limits = [
        _limit("verify_send_minutes", weights.verify_send_minutes, VERIFY_SEND_MINUTES, words),
        _limit("check_send_minutes", weights.check_send_minutes, CHECK_SEND_MINUTES, words),
    ]
    name = words(f"analysis.object_{kind}")
    return html.Div(
        [
            html.H3(words("analysis.weights_title", object=name)),
            html.P(words("analysis.weights_how"), className="quiet"),
            html.Div(rows, className="an-weights-rows"),
            html.Div(
                [
                    html.Span(words("analysis.weights_sum")),
                    html.B("", className="an-weights-sum"),
                    html.Span("", className="an-weights-off"),
                ],
                className="an-weights-total",
            ),
            html.H3(words("analysis.weights_limits")),
            html.P(words("analysis.weights_limits_how"), className="quiet"),
            html.Div(limits, className="an-weights-rows"),
            html.P("", className="an-weights-said", role="alert"),
            html.Div(
                [
                    button(words("analysis.weights_save"), "check", "primary", "small", data_weights="save"),
                    button(words("analysis.weights_restore"), "refresh", "small", data_weights="restore"),
                ],
                className="an-weights-acts",
            ),
        ],
        className="an-weights",
        role="form",
        **also({"data-weights-form": kind, "aria-label": words("analysis.weights_title", object=name)}),
    )


def _row(key: str, weight: float, shipped: float, words: Words) -> Component:
    name = words("analysis.count_of", term=words(f"analysis.term_{key}")) if key in COUNTED else words(f"analysis.rate_{key}")
    return _entry(
        html.Span([html.B(name), html.Small(_formula(key, words))]),
        {"weight": key, "label": name, "value": f"{weight:g}", "min": "0", "max": "100", "step": "any"},
        shipped,
        "%",
    )


def _limit(key: str, minutes: float, shipped: float, words: Words) -> Component:
    name = words(f"analysis.weights_{key}")
    return _entry(
        html.Span([html.B(name), html.Small(words(f"analysis.weights_{key}_how"))]),
        {"limit": key, "label": name, "value": f"{minutes:g}", "min": "1", "max": str(LONGEST_SEND), "step": "any"},
        shipped,
        words("analysis.weights_minutes"),
    )


def _entry(title: Component, data: dict[str, str], shipped: float, unit: str) -> Component:
    data = {"input": "number", "shipped": f"{shipped:g}", **data}
    field = html.Span(**also({f"data-{name}": value for name, value in data.items()}))
    return html.Div([title, field, html.Span(unit, className="quiet")], className="an-weights-row")


def _formula(key: str, words: Words) -> str:
    """Write how a part is scored, as `按期处置 / 应处置 × 100` or `50 件以内 100 分，…`."""
    if key in COUNTED:
        steps, beyond = COUNTED[key]
        told = [words("analysis.weights_up_to", most=most, score=f"{score:g}") for most, score in steps]
        return words.joint.join([*told, words("analysis.weights_beyond", score=f"{beyond:g}")])
    over, under = (words(f"analysis.term_{term}") for term in FORMULAS[key])
    return f"(1 − {over} / {under}) × 100" if key in LESS_IS_MORE else f"{over} / {under} × 100"
