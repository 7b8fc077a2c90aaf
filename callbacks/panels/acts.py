"""The bar at the foot of a case: exactly what the reader can do next, the expected act first, each with the fields that it asks for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dash import html
from dash.development.base_component import Component

from callbacks.panels.fields import Option, boxes, choice, radios
from callbacks.panels.fields import field as form_field
from callbacks.panels.pieces import also, button, icon, icon_button
from callbacks.words import Words
from services.workflow import PossibleAct

ON_ROWS = frozenset({"merge", "not_same"})
"""Acts that stand beside what they are about: a probable duplicate."""
SENDING = frozenset({"dispatch", "reassign", "assign"})
"""Acts that take the people chosen in the list."""
BESIDE_PRIMARY = 2
"""Acts beside the primary one; more of them are in a menu."""
ICONS: Mapping[str, str] = {
    "accept": "user-check",
    "assign": "user-plus",
    "ask_extension": "hourglass",
    "callback": "phone",
    "check": "shield-check",
    "classify": "tag",
    "close": "checks",
    "decline": "hand-stop",
    "dispatch": "send",
    "evaluate": "star",
    "extend": "hourglass",
    "feedback": "message-2",
    "file": "clipboard-list",
    "force_close": "lock",
    "grade": "urgent",
    "handle": "player-play",
    "lower_level": "trending-down",
    "raise_level": "trending-up",
    "reassign": "route",
    "receive": "check",
    "reject": "hand-stop",
    "release": "bell-off",
    "reopen": "arrow-back-up",
    "result": "message-2",
    "resume": "player-play",
    "return": "arrow-back-up",
    "rework": "tool",
    "sample_fail": "x",
    "sample_pass": "check",
    "self_close": "checks",
    "split": "layers-subtract",
    "supervise": "bell",
    "suspend": "player-pause",
    "unmerge": "layers-subtract",
    "verify": "map-search",
    "void": "trash",
}
DANGEROUS = frozenset({"void", "force_close", "reject"})
TEXT_LENGTH = 500
SCORES = (100, 90, 80, 70, 60, 40, 20, 0)
PHOTOS: Mapping[str, str] = {"feedback": "after", "result": "after", "check": "after", "verify": "near", "rework": "near"}
"""Acts that may bring photos although they need not, and what the photos show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A condition that a case can be filed under."""

    id: int
    condition: str
    limit: str
    closing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """What the fields of the forms offer."""

    standards: Sequence[Filing] = ()
    departments: Sequence[Option] = ()
    lead: str = ""
    """Department that answers for the class in this area."""
    helpers: Sequence[Option] = ()
    """Departments that usually help."""
    classes: Sequence[Option] = ()
    levels: Sequence[Option] = ()
    records: Sequence[Option] = ()
    """Source records, one of which may get a case of its own."""
    deadline: str = ""
    """Earliest day and time that a deadline may be moved to, as the browser writes them."""
    waiting: Sequence[str] = field(default_factory=tuple)
    """Who has not finished yet, when the lead says that all is done."""


def bar(acts: Sequence[PossibleAct], forms: Forms, words: Words, said: str, *, idle: str = "") -> list[Component]:
    """Build the forms and the bar; `said` stands at its left while nobody is chosen, `idle` when nothing can be done here."""
    offered = [act for act in acts if act.action not in ON_ROWS]
    if not offered:
        return [html.Div(html.P([icon("eye"), idle], className="said quiet"), className="panel-foot case-foot idle")]
    primary = next((act for act in offered if act.expected), None)
    rest = [act for act in offered if act is not primary]
    beside, more = rest[:BESIDE_PRIMARY], rest[BESIDE_PRIMARY:]
    shown = [_button(act, words) for act in beside]
    if more:
        menu = [_button(act, words, in_menu=True) for act in more]
        shown.append(
            icon_button("dots", words("act.more"), "bordered", data_act_more="true", aria_expanded="false", aria_haspopup="menu"),
        )
        shown.append(html.Div(menu, className="menu act-menu", hidden=True, **also({"data-act-menu": "true"})))
    line = html.Div(html.Span(said, **also({"data-case-said": "true", "data-idle": said})), className="foot-said", role="status")
    expected = [_button(primary, words, primary=True)] if primary else []
    foot = html.Div([line, *shown, *expected], className="panel-foot case-foot")
    return [*(_form(act, forms, words) for act in offered), foot]


def _button(act: PossibleAct, words: Words, *, primary: bool = False, in_menu: bool = False) -> Component:
    name = words(f"act.{act.action}")
    sends = {"data-sends": name} if act.action in SENDING else {}
    classes = "menu-item" if in_menu else f"button {'primary' if primary else ''}".strip()
    if act.action in DANGEROUS and not primary:
        classes += " danger"
    drawn = [icon(ICONS.get(act.action, "check"))] if primary or in_menu else []
    return html.Button(
        [*drawn, html.Span(name)],
        type="button",
        className=classes,
        **also({"data-act": act.action, "aria-expanded": "false", **sends}),
    )


def _form(act: PossibleAct, forms: Forms, words: Words) -> Component:
    name = words(f"act.{act.action}")
    fields, picture = _fields(act, forms, words), ICONS.get(act.action, "check")
    do = html.Button([icon(picture), html.Span(name)], type="button", className="button primary", **also({"data-act-do": act.action}))
    return html.Div(
        [
            html.Div(
                [html.H2([icon(picture), name]), icon_button("x", words("panel.close"), data_act_cancel="true")],
                className="act-head",
            ),
            html.P(words(f"act.about_{act.action}"), className="quiet") if f"act.about_{act.action}" in words.catalogue else "",
            *fields,
            html.Div(
                [
                    button(words("act.cancel"), "", data_act_cancel="true"),
                    do,
                ],
                className="dialog-foot",
            ),
        ],
        className="act-form",
        hidden=True,
        role="group",
        **also({"data-act-form": act.action, "aria-label": name}),
    )


def _fields(act: PossibleAct, forms: Forms, words: Words) -> list[Component]:
    parts: list[Component] = []
    for name in act.requires:
        build = BUILDERS.get(name)
        if build:
            parts += build(act, forms, words)
    if act.action in SENDING:
        parts += _sending(words)
    if act.action in PHOTOS and not any(name.startswith("photo") for name in act.requires):
        parts += _photos(PHOTOS[act.action], words, required=False)
        if "opinion" not in act.requires:
            parts += [form_field("textarea", "opinion", words("act.note"), maxlength=str(TEXT_LENGTH))]
    return parts


def _opinion(act: PossibleAct, _forms: Forms, words: Words) -> list[Component]:
    key = f"act.opinion_{act.action}"
    caption = words(key if key in words.catalogue else "act.opinion")
    return [form_field("textarea", "opinion", caption, required=True, maxlength=str(TEXT_LENGTH))]


def _standards(_act: PossibleAct, forms: Forms, words: Words) -> list[Component]:
    if not forms.standards:
        return [html.P([icon("alert-triangle"), words("act.no_standard")], className="said warn")]
    options = [(str(item.id), item.condition, item.limit, words("act.closing", text=item.closing)) for item in forms.standards]
    return [radios("standard_id", words("act.standard"), options)]


def _receiver(act: PossibleAct, forms: Forms, words: Words) -> list[Component]:
    parts: list[Component] = [
        choice(
            "department_id",
            words("act.department"),
            [("", words("act.choose")), *forms.departments],
            value=forms.lead,
            required="true",
            when="nobody",
        )
    ]
    if forms.helpers and act.action == "dispatch":
        parts.append(boxes("co_departments", words("act.helpers"), forms.helpers))
    return parts


def _sending(words: Words) -> list[Component]:
    return [form_field("textarea", "override_reason", words("act.override"), required=True, when="override", maxlength=str(TEXT_LENGTH))]


def _until(_act: PossibleAct, forms: Forms, words: Words) -> list[Component]:
    return [form_field("datetime-local", "until", words("act.until"), required=True, min=forms.deadline, value=forms.deadline)]


def _level(_act: PossibleAct, forms: Forms, words: Words) -> list[Component]:
    return [choice("level", words("act.level"), [("", words("act.choose")), *forms.levels], required="true")]


def _class(_act: PossibleAct, forms: Forms, words: Words) -> list[Component]:
    return [choice("class_code", words("act.class"), [("", words("act.choose")), *forms.classes], required="true")]


def _record(_act: PossibleAct, forms: Forms, words: Words) -> list[Component]:
    return [choice("source_record_id", words("act.record"), [("", words("act.choose")), *forms.records], required="true")]


def _score(_act: PossibleAct, _forms: Forms, words: Words) -> list[Component]:
    return [
        choice("score", words("act.score"), [("", words("act.choose")), *((str(score), str(score)) for score in SCORES)], required="true")
    ]


def _satisfied(_act: PossibleAct, _forms: Forms, words: Words) -> list[Component]:
    options = [("", words("act.choose")), ("true", words("act.satisfied_yes")), ("false", words("act.satisfied_no"))]
    return [choice("satisfied", words("act.satisfied"), options, required="true")]


def _override(_act: PossibleAct, forms: Forms, words: Words) -> list[Component]:
    note = [html.P([icon("users"), words("act.waiting", names=words("list.comma").join(forms.waiting))], className="said warn")]
    return [
        *(note if forms.waiting else []),
        form_field("textarea", "override_reason", words("act.override_helpers"), required=True, maxlength=str(TEXT_LENGTH)),
    ]


def _photos(kind: str, words: Words, *, required: bool) -> list[Component]:
    return [
        form_field(
            "file",
            "attachments",
            words(f"act.photos_{kind}"),
            required=required,
            note=words("report.photos_note"),
            multiple="true",
            kind=kind,
            classes="drop",
        )
    ]


def _before(_act: PossibleAct, _forms: Forms, words: Words) -> list[Component]:
    return _photos("before", words, required=True)


def _after(_act: PossibleAct, _forms: Forms, words: Words) -> list[Component]:
    return _photos("after", words, required=True)


BUILDERS: Mapping[str, Callable[[PossibleAct, Forms, Words], list[Component]]] = {
    "opinion": _opinion,
    "standard_id": _standards,
    "receiver": _receiver,
    "until": _until,
    "level": _level,
    "class_code": _class,
    "score": _score,
    "source_record_id": _record,
    "satisfied": _satisfied,
    "override_reason": _override,
    "photo_before": _before,
    "photo_after": _after,
}
"""Field that an act requires → the field of the form. People come from the list, the other case from its row."""
