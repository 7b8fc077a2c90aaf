"""Working time on the screen: a year with its holidays and make-up days, one day, the hours, a small calculator."""

import calendar as months
from datetime import date, datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats, ids
from callbacks.panels.admin import choice, field
from callbacks.panels.pieces import also, button, chip, icon_button, section
from callbacks.words import Words
from services.worktime import Day, Unit, WorkCalendar, written

REASONS = ("weekday", "weekend", "holiday", "make_up", "own")
FIRST_SUM = {"limit_value": "1", "limit_unit": Unit.WORK_DAY.value}
"""What the calculator begins with."""
WEEKS = months.Calendar()
"""Weeks begin on Monday."""


def year(known: WorkCalendar, shown: int, today: date, chosen: date | None, words: Words) -> list[Component]:
    """Draw twelve months; a click on a day opens it."""
    covered = known.covers(date(shown, 1, 1))
    days = [known.day(day) for month in range(1, 13) for day in _days(shown, month)]
    head = html.Div(
        [
            icon_button("chevron-left", words("dict.year_before"), data_dict_year=str(shown - 1)),
            html.H2(words("dict.year", year=shown)),
            icon_button("chevron-right", words("dict.year_after"), data_dict_year=str(shown + 1)),
            html.Span(
                words("dict.year_days", working=sum(day.working for day in days), off=sum(not day.working for day in days)),
                className="quiet",
            ),
            *([] if covered else [chip(words("dict.not_covered", year=shown), "warn")]),
            html.Div(
                [html.Span([html.I(className=f"day-mark {reason}"), words(f"dict.day_{reason}")]) for reason in REASONS],
                className="dict-legend",
            ),
        ],
        className="dict-year",
    )
    return [head, html.Div([_month(known, shown, month, today, chosen, words) for month in range(1, 13)], className="dict-months")]


def _days(shown: int, month: int) -> list[date]:
    return [day for day in WEEKS.itermonthdates(shown, month) if day.month == month and day.year == shown]


def _month(known: WorkCalendar, shown: int, month: int, today: date, chosen: date | None, words: Words) -> Component:  # noqa: PLR0917 - one cell of a grid
    cells: list[Component] = [html.Span(words(f"weekday.short_{number}"), className="dict-weekday") for number in range(7)]
    cells += [
        _cell(known.day(day), words, now=day == today, chosen=day == chosen) if day.month == month else html.Span()
        for day in WEEKS.itermonthdates(shown, month)
    ]
    return html.Div([html.H3(words(f"month.{month}")), html.Div(cells, className="dict-days")], className="dict-month")


def _cell(day: Day, words: Words, *, now: bool, chosen: bool) -> Component:
    marks = [day.reason, "working" if day.working else "off", *(["today"] if now else []), *(["chosen"] if chosen else [])]
    said = words.joint.join((formats.day(day.day), reason(day, words)))
    return html.Button(
        str(day.day.day),
        type="button",
        className=" ".join(("day", *marks)),
        title=said,
        **also({"data-dict-day": day.day.isoformat(), "aria-label": said}),
    )


def reason(day: Day, words: Words) -> str:
    """Say whether a day is worked, and why."""
    key = f"holiday.{day.note.lower().replace(' ', '_').replace(chr(39), '').replace('-', '_')}"
    note = words(key) if key in words.catalogue else day.note if day.reason == "own" else ""
    worked = words("dict.worked" if day.working else "dict.not_worked")
    return words.joint.join(part for part in (worked, words(f"dict.day_{day.reason}"), note) if part)


def day_editor(known: WorkCalendar, chosen: date | None, words: Words, *, editable: bool) -> list[Component]:
    """Show the chosen day and let the administrator decide about it; below it the hours."""
    out: list[Component] = []
    if chosen is None:
        out.append(html.P(words("dict.choose_day"), className="empty"))
    else:
        found = known.day(chosen)
        states = [("true", words("dict.worked")), ("false", words("dict.not_worked"))]
        back = [button(words("dict.day_back"), "arrow-back-up", data_dict_act="delete_day")] if found.reason == "own" else []
        form = [
            choice(words("dict.day_state"), "working", states, "true" if found.working else "false"),
            field(words("dict.note"), "note", "", value=found.note if found.reason == "own" else ""),
            html.Div([button(words("dict.save_day"), "check", "primary", data_dict_act="put_day"), *back], className="acts"),
        ]
        out.append(
            section(
                f"{formats.day(chosen)} {words(f'weekday.{chosen.weekday()}')}",
                html.Div([html.P(reason(found, words)), *(form if editable else [])], **also({"data-dict-key": chosen.isoformat()})),
            )
        )
    return [*out, _hours(known, words, editable=editable)]


def _hours(known: WorkCalendar, words: Words, *, editable: bool) -> Component:
    spans = ", ".join(f"{written(start)}-{written(end)}" for start, end in known.hours.spans)
    if not editable:
        return section(words("dict.hours"), html.P(words("dict.hours_read", spans=spans, hours=f"{known.hours.day_hours:g}")))
    form = [
        field(words("dict.spans"), "spans", "08:00-12:00, 14:00-18:00", value=spans),
        field(words("dict.day_hours"), "day_hours", "", kind="number", value=f"{known.hours.day_hours:g}"),
        button(words("dict.save_hours"), "check", data_dict_act="put_hours"),
        html.P(words("dict.hours_note"), className="quiet"),
    ]
    return section(words("dict.hours"), html.Div(form))


def calculator(words: Words, now: datetime) -> Component:
    """Ask when something was filed and under which limit."""
    units = [(unit.value, words(f"unit.{unit}")) for unit in Unit]
    return section(
        words("dict.calculator"),
        html.Div(
            [
                field(words("dict.filed_at"), "filed_at", "", kind="datetime-local", value=f"{formats.local(now):%Y-%m-%dT%H:%M}"),
                html.Div(
                    [
                        field(words("dict.limit"), "limit_value", "", kind="number", value=FIRST_SUM["limit_value"]),
                        choice(words("dict.unit"), "limit_unit", units, FIRST_SUM["limit_unit"]),
                    ],
                    className="dict-limit",
                ),
                html.Div(id=ids.DICT_SUM, className="dict-due", role="status"),
            ],
            className="dict-sum-form",
        ),
        classes="dict-sum",
    )
