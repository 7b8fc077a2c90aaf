"""The event dictionary on the screen: tree, one class with its conditions, when they would be due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component

from callbacks import formats, ids
from callbacks.panels.admin import choice, field
from callbacks.panels.pieces import also, attributes, button, chip, empty, icon, section
from callbacks.words import Words
from layers.events import LEVELS, MAJORS
from services.dictionary import Branch, Major, MinorClass, Standard, SubClass, Tree
from services.worktime import Unit, WorkCalendar

KINDS = ("event", "part")
UNIT_TONES: Mapping[str, str] = {Unit.URGENT_HOUR: "alarm", Unit.WORK_HOUR: "accent", Unit.WORK_DAY: "", Unit.NATURAL_DAY: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is shown of a class; `known` is None for one that is being made."""

    known: MinorClass | None
    sub: SubClass
    subs: Sequence[SubClass]
    standards: Sequence[Standard]
    editable: bool


def counts(tree: Tree, words: Words) -> list[Component]:
    """Show how many classes there are now."""
    numbers = (
        ("dict.majors", tree.counts.majors),
        ("dict.sub_classes", tree.counts.sub_classes),
        ("dict.classes", tree.counts.classes),
        ("dict.standards", tree.counts.standards),
    )
    return [html.Div([html.B(formats.number(number)), html.Span(words(key))], className="dict-count") for key, number in numbers]


def branches(tree: Tree, words: Words, *, editable: bool) -> list[Component]:
    """Draw the tree: every level folds, scripts search in it."""
    return [_major(major, words, editable=editable) for major in tree.majors]


def _major(major: Major, words: Words, *, editable: bool) -> Component:
    add = [button(words("dict.add_sub_class"), "plus", "small", "plain", data_dict_new_sub=major.code)] if editable else []
    number = sum(len(sub.classes) for sub in major.sub_classes)
    said = words("dict.of_major", subs=len(major.sub_classes), classes=number)
    return html.Details(
        [
            html.Summary([icon("chevron-right"), html.B(words.of(MAJORS[major.code])), html.Span(said)]),
            *(_branch(sub, words, editable=editable) for sub in major.sub_classes),
            *add,
        ],
        className="dict-major",
        **also({"data-major": major.code}),
    )


def _branch(sub: Branch, words: Words, *, editable: bool) -> Component:
    add = (
        [
            button(words("dict.add_class"), "plus", "small", "plain", data_dict_new=sub.code),
            button(words("dict.edit_sub_class"), "pencil", "small", "plain", data_dict_edit_sub=sub.code),
        ]
        if editable
        else []
    )
    return html.Details(
        [
            html.Summary(
                [icon("chevron-right"), html.Span(sub.name), html.Small(sub.code), html.Span(str(len(sub.classes)), className="number")]
            ),
            *(_leaf(item, sub, words) for item in sub.classes),
            *add,
        ],
        className="dict-branch",
        **also({"data-branch": sub.code}),
    )


def _leaf(item: MinorClass, sub: Branch, words: Words) -> Component:
    marks = [chip(words("dict.kind_part"))] if item.kind == "part" else []
    off = [chip(words("dict.disabled"), "warn")] if not item.enabled else []
    return html.Button(
        [html.Small(item.code), html.Span(item.name, className="cut"), *marks, *off],
        type="button",
        className="dict-leaf",
        **also({"data-dict-class": item.code, "data-text": f"{item.code} {item.name} {sub.name} {sub.code}".lower()}),
    )


def choose_one(words: Words) -> Component:
    """Say that a line of the tree opens the class."""
    return html.Div([icon("book"), html.P(words("dict.choose"))], className="message")


def sheet(found: Sheet, words: Words) -> list[Component]:
    """Show one class: what it is and its conditions."""
    return [
        _head(found, words),
        section(words("dict.what"), _editor(found, words) if found.editable else _facts(found, words)),
        section(
            words("dict.conditions"),
            [
                html.Div(
                    [_condition(item, place, words, editable=found.editable) for place, item in enumerate(found.standards, 1)],
                    className="dict-conditions",
                ),
                *([_further(words, opened=not found.standards)] if found.editable else []),
            ],
            note=words("dict.conditions_note"),
        ),
        *(
            [
                html.Div(
                    [
                        button(
                            words("dict.save"), "check", "primary", data_dict_act="create_class" if found.known is None else "change_class"
                        ),
                        html.P(words("dict.save_note"), className="quiet"),
                    ],
                    className="dict-save",
                )
            ]
            if found.editable
            else []
        ),
    ]


def sub_sheet(known: SubClass | None, major: str, words: Words) -> list[Component]:
    """Ask for the name of a sub class, and for the code of a new one; it stays in its major class."""
    title = known.name if known else words("dict.new_sub_class")
    key = known.code if known else major
    return [
        html.Header(
            [
                html.P(words.joint.join((words.of(MAJORS[major]), *([known.code] if known else []))), className="quiet"),
                html.Div([html.H2(title)]),
            ],
            className="dict-head",
            **also({"data-dict-key": key}),
        ),
        section(
            words("dict.what"),
            html.Div(
                [
                    *([field(words("dict.code"), "code", words("dict.code_hint"))] if known is None else []),
                    field(words("dict.name"), "name", "", value=known.name if known else ""),
                ],
                className="dict-fields",
            ),
        ),
        html.Div(
            button(words("dict.save"), "check", "primary", data_dict_act="rename_sub_class" if known else "create_sub_class"),
            className="dict-save",
        ),
    ]


def _head(found: Sheet, words: Words) -> Component:
    known = found.known
    trail = words.joint.join((words.of(MAJORS[found.sub.major]), f"{found.sub.name} {found.sub.code}"))
    chips = [chip(words(f"dict.kind_{known.kind}"))] if known else []
    off = [chip(words("dict.disabled"), "warn")] if known and not known.enabled else []
    return html.Header(
        [
            html.P(trail, className="quiet"),
            html.Div(
                [html.H2(known.name if known else words("dict.new_class")), *([html.Small(known.code)] if known else []), *chips, *off]
            ),
        ],
        className="dict-head",
        **also({"data-dict-key": known.code if known else "", "data-dict-sub": found.sub.code}),
    )


def _facts(found: Sheet, words: Words) -> Component:
    known = found.known
    assert known is not None
    return attributes(
        [
            (words("dict.level"), words.of(LEVELS[str(known.default_level)])),
            (words("dict.kind"), words(f"dict.kind_{known.kind}")),
            (words("dict.kind_group"), known.kind_group or formats.NONE),
        ]
    )


def _editor(found: Sheet, words: Words) -> Component:
    known = found.known
    subs = [(item.code, f"{item.name} {item.code}") for item in found.subs if item.major == found.sub.major]
    kinds = [(name, words(f"dict.kind_{name}")) for name in KINDS]
    levels = [(value, words.of(text)) for value, text in LEVELS.items()]
    states = [("true", words("dict.enabled")), ("false", words("dict.disabled"))]
    return html.Div(
        [
            *([field(words("dict.code"), "code", words("dict.code_hint"))] if known is None else []),
            field(words("dict.name"), "name", "", value=known.name if known else ""),
            choice(words("dict.sub_class"), "sub_code", subs, found.sub.code),
            choice(words("dict.kind"), "kind", kinds, known.kind if known else "event"),
            choice(words("dict.level"), "default_level", levels, str(known.default_level) if known else "0"),
            field(words("dict.kind_group"), "kind_group", words("dict.kind_group_hint"), value=known.kind_group if known else ""),
            choice(words("dict.state"), "enabled", states, "true" if known is None or known.enabled else "false"),
        ],
        className="dict-fields",
    )


def _condition(item: Standard, place: int, words: Words, *, editable: bool) -> Component:
    if editable:
        return html.Div(
            [html.B(str(place), className="dict-place"), *_condition_fields(item, words)],
            className="dict-condition" if item.enabled else "dict-condition off",
            **also({"data-standard": str(item.id)}),
        )
    return html.Div(
        [
            html.B(str(place), className="dict-place"),
            html.P(item.condition),
            chip(limit(item, words), UNIT_TONES[item.limit_unit]),
            html.P([icon("arrow-narrow-right"), item.closing], className="dict-closing"),
        ],
        className="dict-condition read",
    )


def _condition_fields(item: Standard | None, words: Words) -> list[Component]:
    units = [(unit.value, words(f"unit.{unit}")) for unit in Unit]
    states = [("true", words("dict.in_force")), ("false", words("dict.out_of_force"))]
    return [
        field(words("dict.condition"), "condition", "", kind="textarea", value=item.condition if item else ""),
        field(words("dict.closing"), "closing", "", kind="textarea", value=item.closing if item else ""),
        html.Div(
            [
                field(words("dict.limit"), "limit_value", "", kind="number", value=f"{float(item.limit_value):g}" if item else ""),
                choice(words("dict.unit"), "limit_unit", units, item.limit_unit if item else Unit.WORK_DAY),
                *([choice(words("dict.state"), "enabled", states, "true" if item.enabled else "false")] if item else []),
            ],
            className="dict-limit",
        ),
    ]


def _further(words: Words, *, opened: bool) -> Component:
    return html.Details(
        [
            html.Summary([icon("plus"), words("dict.add_condition")]),
            html.Div(
                [html.B("+", className="dict-place"), *_condition_fields(None, words)],
                className="dict-condition",
                **also({"data-standard": ""}),
            ),
        ],
        className="dict-further",
        open=opened,
    )


def calculator(due: list[Component], words: Words, now: datetime) -> Component:
    """Ask when a case was filed; `due` is what `due_lines` says about the present moment."""
    filed = field(words("dict.filed_at"), "filed_at", "", kind="datetime-local", value=f"{formats.local(now):%Y-%m-%dT%H:%M}")
    return section(
        words("dict.calculator"),
        html.Div([filed, html.Div(due, className="dict-due", id=ids.DICT_DUE, role="status")], className="dict-calculator"),
        note=words("dict.calculator_note"),
    )


def limit(item: Standard, words: Words) -> str:
    """Write a limit: 2 紧急工作时."""
    return f"{float(item.limit_value):g} {words(f'unit.{item.limit_unit}')}"


def due_lines(
    standards: Sequence[Standard], filed: datetime, ends: Sequence[datetime], calendar: WorkCalendar, words: Words
) -> list[Component]:
    """Say for each condition when a case filed now would be due."""
    return [
        html.Div(
            [html.B(str(place)), html.Span(limit(item, words)), due_text(filed, at, item.limit_unit, calendar, words)],
            className="dict-due-line",
        )
        for place, (item, at) in enumerate(zip(standards, ends, strict=True), 1)
    ] or [empty(words("dict.no_condition"))]


def due_text(filed: datetime, at: datetime, unit: str, calendar: WorkCalendar, words: Words) -> Component:
    """Say when a limit ends, how many days off lie between, and whether the holidays of that year are known."""
    here, began = formats.local(at), formats.local(filed).date()
    counted = unit in (Unit.WORK_HOUR, Unit.WORK_DAY)
    days = [began + timedelta(days=number) for number in range((here.date() - began).days + 1)] if counted else []
    off = sum(not calendar.day(day).working for day in days)
    notes: list[Component | str] = [words("dict.days_off", number=off)] if off else []
    if counted and not calendar.covers(here.date()):
        notes.append(html.Span(words("dict.not_covered", year=here.year), className="warn"))
    text = words(
        "dict.due", month=here.month, day=here.day, weekday=words(f"weekday.{here.weekday()}"), time=f"{here:%H:%M}", year=here.year
    )
    joined = [part for place, note in enumerate(notes) for part in ((words.joint, note) if place else (note,))]
    return html.Span([html.Strong(text), html.Small(joined)])
