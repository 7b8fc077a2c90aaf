"""Who can be sent to a case: the first five with minutes by road, distance, and the reasons for and against."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from callbacks import formats, ids
from callbacks.panels.pieces import also, button, chip, icon, section
from callbacks.words import Words
from services.candidates import STRAIGHT, Candidate, Ranking
from services.scoring import Reason, Verdict

FIRST = 5
MOST = 50
KINDS = ("worker", "vehicle", "team")
CHIPS = 3
ICONS: Mapping[str, str] = {"worker": "walk", "vehicle": "truck", "team": "users"}
RIDES = "ride"
QUIET = frozenset({"straight_rank"})
"""Reasons that are worth a chip only when they surprise."""
TONES: Mapping[Verdict, str] = {Verdict.GOOD: "good", Verdict.BAD: "warn", Verdict.NEUTRAL: ""}
Path = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A ranking as it is shown."""

    ranking: Ranking
    limit: int
    words: Words
    now: datetime
    roles: Mapping[str, str] = field(default_factory=dict)
    """Code of a role or use → its words."""
    ways: Mapping[int, Path] = field(default_factory=dict)
    """Rank → way to the case."""


def waiting(event_id: int, words: Words) -> Component:
    """Hold the place of five rows."""
    bones = [
        html.Div([html.I(className="bone", style={"gridColumn": "1 / -1", "width": f"{92 - 7 * row}%"})], className="candidate waiting")
        for row in range(FIRST)
    ]
    shell = html.Div(
        [html.Span(words("candidates.looking"), className="visually-hidden"), *bones],
        className="candidate-list",
        role="status",
    )
    content = html.Div(shell, id=ids.CANDIDATES_BODY, **also({"data-of": str(event_id)}))
    return html.Div(content, className="candidates-place")


def candidates(shown: Listed) -> list[Component]:
    """Show the list."""
    words, ranking = shown.words, shown.ranking
    usable = [one for one in ranking.candidates if one.trouble is None]
    others = [one for one in ranking.candidates if one.trouble is not None]
    listed = usable[: shown.limit] or others[: min(len(others), FIRST)]
    head = words("candidates.first", number=min(len(usable), shown.limit), total=formats.number(ranking.usable))
    fit = html.Button([icon("maximize"), words("candidates.fit")], type="button", **also({"data-fit-candidates": "true"}))
    title = [html.Span(head, className="quiet") if usable else "", _kinds(ranking.kind, words)]
    rows = [_row(shown, one) for one in listed]
    box = html.Div(
        rows,
        className="candidate-list",
        role="listbox",
        tabIndex="0",
        **also(
            {
                "aria-multiselectable": "true",
                "aria-label": words("candidates.title"),
                "data-candidates": str(ranking.event_id),
                "data-kind": ranking.kind,
                "data-limit": str(shown.limit),
            }
        ),
    )
    none = [] if usable else [_none(shown)]
    return [
        section(
            words("candidates.title"),
            [html.Div(title, className="candidates-head"), *none, box, *_more(shown, len(usable)), _engine(shown)],
            note=fit,
        )
    ]


def _kinds(present: str, words: Words) -> Component:
    return html.Span(
        [
            html.Button(
                words(f"candidates.kind_{kind}"),
                type="button",
                **also({"data-candidate-kind": kind, "aria-pressed": "true" if kind == present else "false"}),
            )
            for kind in KINDS
        ],
        className="candidate-kinds",
        role="group",
        **also({"aria-label": words("candidates.kinds")}),
    )


def _row(shown: Listed, one: Candidate) -> Component:
    words = shown.words
    minutes = None if one.travel_time_s is None else one.travel_time_s / 60
    name = f"{one.title} {words('candidates.of', role=_role(shown, one))}".strip()
    place = {"data-lon": f"{one.lon:.6f}", "data-lat": f"{one.lat:.6f}"}
    way = shown.ways.get(one.rank)
    given = {
        "data-candidate": f"{one.kind}:{one.id}",
        "data-rank": str(one.rank),
        "data-icon": "run" if one.mode == RIDES else ICONS[one.kind],
        "data-minutes": "" if minutes is None else f"{minutes:.1f}",
        "data-time": "" if minutes is None else words("candidates.short_minutes", number=f"{minutes:.1f}"),
        "data-order": json.dumps(orders(one), separators=(",", ":")),
        "aria-checked": "false",
        "aria-label": words.joint.join([words("candidates.rank", rank=one.rank), name, _time(one, words), _distance(one, words)]),
        **place,
        **({"data-route": json.dumps([[round(lon, 5), round(lat, 5)] for lon, lat in way], separators=(",", ":"))} if way else {}),
        **({"data-estimated": "true"} if one.engine == STRAIGHT else {}),
    }
    return html.Div(
        [
            html.Span(icon("check"), className="box", **also({"aria-hidden": "true"})),
            html.Span([icon(ICONS[one.kind]), html.Span(str(one.rank), className="rank")], className="who-icon"),
            html.Span(
                [
                    html.Div(
                        [
                            html.B(one.title),
                            html.Span(_role(shown, one)),
                            html.Span(words("task.lead"), className="chip accent lead-mark"),
                        ],
                        className="name cut",
                    ),
                    html.Div([_chip(reason, words) for reason in chosen(one)], className="why"),
                ],
                className="cut",
            ),
            html.Span(
                [
                    html.B("—" if minutes is None else f"{minutes:.1f}"),
                    html.Span(f" {words('unit.minutes')}") if minutes is not None else "",
                    html.Small(_distance(one, words)),
                ],
                className="eta",
                title=_range(one, words),
            ),
        ],
        className="candidate",
        role="option",
        id=f"candidate-{one.kind}-{one.id}",
        **also(given),
    )


def orders(one: Candidate) -> list[dict[str, object]]:
    """Return whom a row stands for, and what the choice rests on: of a team everybody who can come."""
    base = {"rank": one.rank, "engine": one.engine}
    if one.members is not None:
        return [{"kind": "worker", "id": member, "engine": one.engine} for member in one.members]
    told = {"distance_m": one.road_distance_m, "raw_s": one.raw_travel_time_s, "predicted_s": one.travel_time_s}
    return [{**base, "kind": one.kind, "id": one.id, **{key: value for key, value in told.items() if value is not None}}]


def _role(shown: Listed, one: Candidate) -> str:
    role = shown.roles.get(one.role, one.role)
    return shown.words.joint.join(part for part in (one.number if one.kind == "worker" else "", role, one.team or "") if part)


def _time(one: Candidate, words: Words) -> str:
    return "" if one.travel_time_s is None else words("candidates.minutes", number=f"{one.travel_time_s / 60:.1f}")


def _range(one: Candidate, words: Words) -> str:
    if one.eta_low_s is None or one.eta_high_s is None:
        return ""
    return words("candidates.range", low=f"{one.eta_low_s / 60:.0f}", high=f"{one.eta_high_s / 60:.0f}")


def _distance(one: Candidate, words: Words) -> str:
    straight = formats.number(one.straight_distance_m)
    if one.road_distance_m is None:
        return words("candidates.straight", straight=straight)
    return words("candidates.distance", road=formats.number(one.road_distance_m), straight=straight)


def chosen(one: Candidate) -> list[Reason]:
    """Choose the reasons that are shown: what speaks for somebody first, and always one that speaks against when there is one."""
    surprising = one.straight_rank == 1 and one.rank > 1
    worth = [reason for reason in one.reasons if reason.key not in QUIET or surprising]
    bad = [reason for reason in worth if reason.verdict is Verdict.BAD]
    rest = [reason for reason in worth if reason.verdict is not Verdict.BAD]
    kept = [*rest[: CHIPS - min(len(bad), 2 if one.trouble is None else 1)], *bad][:CHIPS]
    if bad and bad[0] not in kept:
        kept = [*kept[: CHIPS - 1], bad[0]]
    return kept


def _chip(reason: Reason, words: Words) -> Component:
    return chip(reason_words(reason, words), TONES[reason.verdict])


def reason_words(reason: Reason, words: Words) -> str:
    """Write a reason."""
    key, value = f"reason.{reason.key}", reason.value
    if reason.key in {"position_age", "stale"} and isinstance(value, int | float):
        return words(key, age=_age(float(value), words))
    if reason.key in {"far", "off_road"} and isinstance(value, int | float):
        return words(key, distance=formats.distance(float(value), words))
    if key not in words.catalogue:
        return reason.key
    return words(key, value=value if isinstance(value, str) else formats.number(value, 1))


def _age(seconds: float, words: Words) -> str:
    for name, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length:
            return words(f"age.{name}", number=int(seconds // length))
    return words("age.seconds", number=int(seconds))


def _none(shown: Listed) -> Component:
    words, ranking = shown.words, shown.ranking
    text = (
        words("candidates.none_on_duty") if not ranking.considered else words("candidates.none", number=formats.number(ranking.considered))
    )
    other = KINDS[(KINDS.index(ranking.kind) + 1) % len(KINDS)]
    turn = button(words(f"candidates.try_{other}"), ICONS[other], "small", data_candidate_kind=other)
    return html.Div([html.P([icon("alert-circle"), text], className="said"), turn], className="candidates-none")


def _more(shown: Listed, usable: int) -> list[Component]:
    words, rest = shown.words, shown.ranking.usable - min(usable, shown.limit)
    if shown.limit > FIRST:
        return [_turn(FIRST, words("candidates.fewer"), "chevron-up")]
    return [_turn(MOST, words("candidates.more", number=formats.number(rest)), "chevron-down")] if rest > 0 and usable else []


def _turn(limit: int, text: str, name: str) -> Component:
    return html.Button([text, icon(name)], type="button", className="more-line", **also({"data-candidate-limit": str(limit)}))


def _engine(shown: Listed) -> Component:
    words, ranking = shown.words, shown.ranking
    parts: list[str] = []
    if ranking.network is None:
        parts.append(words("candidates.no_roads"))
    else:
        parts.append(
            words("candidates.engine", engine=ranking.network.engine, at=formats.instant(ranking.network.map_at, shown.now, words))
        )
        if ranking.network.closures:
            parts.append(words("candidates.closures", number=ranking.network.closures))
        if ranking.network.outdated:
            parts.append(words("candidates.outdated"))
    if not ranking.precise:
        parts.append(words("candidates.vague"))
    if ranking.place_off_road:
        parts.append(words("candidates.off_road"))
    tone = "warn" if ranking.network is None or not ranking.precise else ""
    return html.P(words.joint.join(parts), className=f"engine-line {tone}".strip())
