"""Departments, and who answers for a class where."""

from collections.abc import Mapping, Sequence

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.admin import choice, field
from callbacks.panels.pieces import also, button, chip, empty, section
from callbacks.words import Words
from layers.events import MAJORS
from services.details import Area
from services.dictionary import MinorClass, SubClass
from services.duty import Department, DutyRule

KINDS = ("bureau", "street", "community", "company")
HELPERS = 3


def duty(
    known: MinorClass,
    sub: SubClass,
    rules: Sequence[DutyRule],
    *,
    departments: Sequence[Department],
    areas: Sequence[Area],
    words: Words,
    editable: bool,
) -> Component:
    """Show the rules that a class is under, the narrowest subject first, and let the administrator set one."""
    names, places = {item.id: item for item in departments}, {area.code: area.name for area in areas}
    subjects = {
        known.code: words("dict.for_class", name=known.name),
        sub.code: words("dict.for_sub", name=sub.name),
        known.major: words("dict.for_major", name=words.of(MAJORS[known.major])),
    }
    order = list(subjects)
    listed = sorted(rules, key=lambda rule: (order.index(rule.subject), -len(rule.area), rule.area))
    head = html.Tr([html.Th(words(f"dict.rule_{name}")) for name in ("subject", "area", "lead", "helpers")])
    body = [_rule(rule, subjects, names, places, words, editable=editable) for rule in listed]
    table = html.Table([html.Thead(head), html.Tbody(body)], className="dict-table") if listed else empty(words("dict.no_rule"))
    return section(
        words("dict.duty"),
        [
            html.P(words("dict.duty_note"), className="quiet"),
            html.Div(table, className="dict-scroll"),
            *([_rule_form(subjects, departments, areas, words)] if editable else []),
        ],
    )


def _rule(
    rule: DutyRule, subjects: Mapping[str, str], names: Mapping[int, Department], places: Mapping[str, str], words: Words, *, editable: bool
) -> Component:
    lead = names.get(rule.lead_department)
    helpers = [names[item].name for item in rule.co_departments if item in names]
    drop = (
        [button(words("dict.delete"), "x", "small", "plain", data_dict_act="delete_rule", data_dict_rule=f"{rule.subject}@{rule.area}")]
        if editable
        else []
    )
    return html.Tr(
        [
            html.Td(subjects[rule.subject]),
            html.Td(places.get(rule.area, rule.area) if rule.area else words("dict.everywhere")),
            html.Td(
                [
                    html.B(lead.name if lead else formats.NONE),
                    *([chip(words("dict.disabled"), "warn")] if lead and not lead.enabled else []),
                ]
            ),
            html.Td([words("list.comma").join(helpers) or formats.NONE, *drop]),
        ]
    )


def _rule_form(subjects: Mapping[str, str], departments: Sequence[Department], areas: Sequence[Area], words: Words) -> Component:
    known = [(str(item.id), item.name) for item in departments if item.enabled]
    nobody = ("", formats.NONE)
    places = [("", words("dict.everywhere")), *((area.code, f"{area.name} {area.code}") for area in areas if area.layer != "district")]
    helpers = [choice(words("dict.helper", number=number + 1), f"helper_{number}", [nobody, *known], "") for number in range(HELPERS)]
    return html.Details(
        [
            html.Summary(words("dict.set_rule")),
            html.Div(
                [
                    choice(words("dict.rule_subject"), "subject", list(subjects.items()), next(iter(subjects))),
                    choice(words("dict.rule_area"), "area", places, ""),
                    choice(words("dict.rule_lead"), "lead", known, known[0][0] if known else ""),
                    *helpers,
                ],
                className="dict-fields",
            ),
            button(words("dict.save_rule"), "check", data_dict_act="put_rule"),
        ],
        className="dict-further dict-rule",
    )


def department_list(departments: Sequence[Department], areas: Sequence[Area], chosen: int | None, words: Words) -> list[Component]:
    """List departments by kind."""
    places = {area.code: area.name for area in areas}
    return [
        html.Section(
            [
                html.H2([words(f"dict.department_{kind}"), html.Small(str(len(mine)))]),
                html.Div([_department(item, places, words, chosen=item.id == chosen) for item in mine], className="dict-cards"),
            ],
            className="dict-departments",
        )
        for kind in KINDS
        if (mine := [item for item in departments if item.kind == kind])
    ]


def _department(item: Department, places: Mapping[str, str], words: Words, *, chosen: bool) -> Component:
    where = places.get(item.scope, item.scope) if item.scope else words("dict.everywhere")
    return html.Button(
        [
            html.B(item.name),
            html.Small(words.joint.join(part for part in (where, item.phone) if part)),
            *([chip(words("dict.disabled"), "warn")] if not item.enabled else []),
        ],
        type="button",
        className="dict-card chosen" if chosen else "dict-card",
        **also({"data-dict-department": str(item.id)}),
    )


def department_editor(item: Department | None, areas: Sequence[Area], words: Words, *, editable: bool) -> list[Component]:
    """Let the administrator change a department, or make one."""
    if not editable:
        return [html.P(words("dict.read_only"), className="empty")]
    kinds = [(kind, words(f"dict.department_{kind}")) for kind in KINDS]
    places = [("", words("dict.everywhere")), *((area.code, f"{area.name} {area.code}") for area in areas)]
    states = [("true", words("dict.enabled")), ("false", words("dict.disabled"))]
    fields = [
        *([field(words("dict.code"), "code", words("dict.department_code_hint"))] if item is None else []),
        field(words("dict.name"), "name", "", value=item.name if item else ""),
        choice(words("dict.kind"), "kind", kinds, item.kind if item else "bureau"),
        choice(words("dict.scope"), "scope", places, item.scope if item else ""),
        field(words("dict.phone"), "phone", "", value=item.phone if item else ""),
        choice(words("dict.state"), "enabled", states, "true" if item is None or item.enabled else "false"),
    ]
    act = "create_department" if item is None else "change_department"
    return [
        section(
            item.name if item else words("dict.new_department"),
            html.Div(
                [*fields, button(words("dict.save"), "check", "primary", data_dict_act=act)],
                **also({"data-dict-key": str(item.id) if item else ""}),
            ),
        )
    ]
