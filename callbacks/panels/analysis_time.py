"""Times on the page of analysis: the hours of the week, and the series with its season; both also as tables in which every number is a link."""

from collections.abc import Sequence
from datetime import date, timedelta

from dash import dcc, html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.analysis import Frame, as_table, chart, exports, table
from callbacks.panels.pieces import Children, empty
from callbacks.words import Words
from services.incidence_trend import STEPS, CaseTrend


def week(rows: Sequence[Sequence[int]], told: Frame, *, linked: bool = True) -> Component:
    """Draw the hours of the week, and as a table in which every number is a link."""
    words, address = told.words, told.address
    days = [words(f"weekday.short_{day}") for day in range(7)]
    drawn = chart(
        "matrix",
        {
            "rows": [
                {"label": words(f"weekday.{day}"), "values": list(rows[day]), "text": formats.number(sum(rows[day]))} for day in range(7)
            ],
            "ticks": [[hour, str(hour)] for hour in range(0, 24, 3)],
        },
        words("analysis.chart_week"),
    )
    heads = [("", ""), *((day, "n") for day in days)]
    body: list[list[Children]] = [
        [
            f"{hour:02d}:00",
            *(
                dcc.Link(str(rows[day][hour]), href=address.to_view("cases", hours=hour, weekdays=day + 1)) if rows[day][hour] else "0"
                for day in range(7)
            ),
        ]
        for hour in range(24)
    ]
    return html.Figure([drawn, as_table(words, table(heads, body, "small"), open_=False)] if linked else [drawn], className="an-figure")


def trend(found: CaseTrend, told: Frame) -> list[Component]:
    """Show the series with its season, the profile of the year, and both as a table."""
    words, address = told.words, told.address
    steps = html.Div(
        [
            dcc.Link(
                words(f"analysis.step_{step}"), href=address.to(step=step), className="an-dim here" if step == found.step else "an-dim"
            )
            for step in sorted(STEPS)
        ],
        className="an-dims",
    )
    tools = html.Div([steps, exports(told, "incidence/trend", step=found.step)], className="an-tools")
    if not found.points:
        return [tools, empty(words("analysis.nothing"))]
    points = found.points
    every = max(1, len(points) // 12)
    values = {
        "series": [
            {"name": words("analysis.trend_trend"), "values": [point.trend for point in points], "tone": "quiet", "dashed": True},
            {"name": words("analysis.trend_adjusted"), "values": [point.adjusted for point in points], "tone": "good"},
            {
                "name": words("analysis.trend_count"),
                "values": [point.count if point.complete else None for point in points],
                "tone": "accent",
                "area": True,
            },
        ],
        "ticks": [[place, f"{points[place].start:%Y-%m}"] for place in range(0, len(points), every)],
    }
    legend = html.P(
        [
            html.Span([html.I(className=f"an-key {tone}"), words(f"analysis.trend_{key}")])
            for key, tone in (("count", "accent"), ("adjusted", "good"), ("trend", "quiet"))
        ],
        className="an-legend",
    )
    heads = [
        (words(f"analysis.step_{found.step}"), ""), (words("analysis.cases"), "n"), (words("analysis.trend_trend"), "n"), (words("analysis.trend_season"), "n"),
        (words("analysis.trend_adjusted"), "n"),
    ]  # fmt: skip
    rows: list[list[Children]] = [
        [
            [span(point.start, point.end, words), "" if point.complete else html.Small(words("analysis.incomplete"))],
            dcc.Link(
                formats.number(point.count),
                href=address.to_view(
                    "cases", days=None, **{"from": point.start.isoformat(), "to": (point.end - timedelta(days=1)).isoformat()}
                ),
            ),
            _decimal(point.trend, 0),
            _decimal(point.season, 2),
            _decimal(point.adjusted, 0),
        ]
        for point in reversed(points)
    ]
    parts: list[Component] = [
        tools,
        html.Figure([chart("lines", values, words("analysis.chart_trend")), legend], className="an-figure an-wide"),
    ]
    parts.append(_profile(found, words))
    parts += [html.P(words("analysis.season_how"), className="quiet"), table(heads, rows)]
    return parts


def _profile(found: CaseTrend, words: Words) -> Component:
    known = [(place, value) for place, value in enumerate(found.profile) if value is not None]
    if not known:
        return html.P(words("analysis.no_season"), className="quiet")
    values = {
        "series": [{"name": words("analysis.trend_season"), "values": found.profile, "tone": "good"}],
        "threshold": 1,
        "thresholdText": "1",
        "floor": min(value for _, value in known),
    }
    marks = range(0, len(found.profile), 1 if found.step == "month" else 8)
    values["ticks"] = [
        [place, words("analysis.month_no" if found.step == "month" else "analysis.week_no", number=place + 1)] for place in marks
    ]
    return html.Figure(
        [html.Figcaption(words("analysis.profile")), chart("lines", values, words("analysis.profile"), height=140)],
        className="an-figure an-wide",
    )


def span(start: date, end: date, words: Words) -> str:
    """Write a month, or the first and last day of a week."""
    last = end - timedelta(days=1)
    return f"{start:%Y-%m}" if start.day == 1 and end.day == 1 else words("analysis.span", first=f"{start:%Y-%m-%d}", last=f"{last:%m-%d}")


def _decimal(value: float | None, digits: int) -> str:
    return "–" if value is None else formats.number(value, digits)
