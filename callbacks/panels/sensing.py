"""The panels of what stands in the street: cameras, sensors, parts (LH-11, LH-12)."""

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels import video
from callbacks.panels.pieces import also, chip, facts, section
from callbacks.panels.shown import Shown, attribute_section, header, near_section, panel, relation_section, total

QUARTERS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
FIGURES = ("seen_m2", "grid_percent", "health")
HEALTH_TONES = {"good": "good", "unchecked": "quiet"}
STATE_TONES = {"normal": "good", "alarm": "alarm", "offline": "warn", "intact": "good", "damaged": "warn", "lost": "alarm"}


def camera(shown: Shown) -> list[Component]:
    """Show a camera: what it sees, whether it is there, what happens near it."""
    words, online = shown.words, bool(shown.row.fields.get("online"))
    since = shown.at("changed_at")
    state = shown.text("online")
    if since:
        state = words("camera.state_for", state=state, span=formats.span(shown.now - since, words))
    badges = [chip(state, "good" if online else "warn")]
    health = str(shown.row.fields.get("health") or "")
    if health and health != "offline":
        badges.append(chip(shown.text("health"), HEALTH_TONES.get(health, "warn")))
    if shown.row.fields.get("is_key"):
        badges.append(chip(words("camera.key_point"), "accent"))
    head = facts(
        [
            (direction(shown), words("camera.direction"), ""),
            (shown.text("fov_deg"), words("camera.angle"), ""),
            (shown.text("view_range_m"), words("camera.range"), ""),
            (shown.text("height_m"), words("camera.height"), ""),
            (words("unit.days", number=shown.number("retention_days")), words("camera.kept"), ""),
        ]
    )
    body = [
        *video.of_camera(shown),
        *_view(shown),
        *near_section(shown, "open_events", words("near.cases")),
        *near_section(shown, "cameras", words("near.cameras"), most=4),
        attribute_section(
            shown, "name", "azimuth_deg", "fov_deg", "view_range_m", "height_m", "retention_days", "online", "is_key", *FIGURES
        ),
    ]
    return panel(shown, header(shown, head, badges=badges), body)


def direction(shown: Shown) -> str:
    """Name the direction that a camera looks in: 96° east."""
    azimuth_deg = shown.amount("azimuth_deg")
    if azimuth_deg is None:
        return formats.NONE
    quarter = QUARTERS[round(azimuth_deg % 360 / 45) % 8]
    return f"{shown.words(f'compass.{quarter}')} {azimuth_deg:.0f}°"


def _view(shown: Shown) -> list[Component]:
    """The sector as on the map, with north up."""
    azimuth_deg, angle_deg = shown.amount("azimuth_deg"), shown.amount("fov_deg")
    if azimuth_deg is None or angle_deg is None:
        return []
    fan = html.I(className="view-fan", style={"--from": f"{azimuth_deg - angle_deg / 2:.1f}deg", "--angle": f"{angle_deg:.1f}deg"})
    drawn = html.Div([fan, html.Span(shown.words("compass.n"))], className="view-rose", **also({"aria-hidden": "true"}))
    said = shown.words("camera.sees", direction=direction(shown), range=shown.text("view_range_m"), angle=shown.text("fov_deg"))
    area = (angle_deg / 360) * 3.14159265 * (shown.amount("view_range_m") or 0.0) ** 2
    told = [html.P(said), html.P(shown.words("camera.covers", area=formats.area(area, shown.words)), className="quiet")]
    seen_m2, grid_percent = shown.amount("seen_m2"), shown.amount("grid_percent")
    if seen_m2 is not None:
        told.append(html.P(shown.words("camera.seen_area", area=formats.area(seen_m2, shown.words)), className="quiet"))
    if grid_percent is not None:
        told.append(html.P(shown.words("camera.grid_coverage", percent=formats.percent(grid_percent, 100)), className="quiet"))
    return [section(shown.words("camera.view"), html.Div([drawn, html.Div(told)], className="view"))]


def sensor(shown: Shown) -> list[Component]:
    """Show a sensor: its reading against its limit, and how old that is."""
    words = shown.words
    status = str(shown.row.fields.get("status") or "")
    body = [
        *_reading(shown, status),
        *(relation_section(shown, "part", words("sensor.part")) if total(shown, "part") else []),
        *(relation_section(shown, "building", words("sensor.building")) if total(shown, "building") else []),
        *near_section(shown, "open_events", words("near.cases")),
        *near_section(shown, "cameras", words("near.cameras"), most=4),
        attribute_section(shown, "name", "status", "value", "unit", "limit_value", "metric", "part_id", "building_id"),
    ]
    return panel(shown, header(shown, badges=[chip(shown.text("status"), STATE_TONES.get(status, "")), chip(shown.text("kind"))]), body)


def _reading(shown: Shown, status: str) -> list[Component]:
    value, limit = shown.amount("value"), shown.amount("limit_value")
    if value is None:
        return []
    words, unit = shown.words, str(shown.row.fields.get("unit") or "")
    at = shown.at("reported_at")
    figure = html.P([html.Strong(formats.number(value, 2)), f" {unit}"], className=f"reading {STATE_TONES.get(status, '')}")
    content: list[Component] = [figure]
    if limit:
        span = 1.25 * max(abs(limit), abs(value))
        over = abs(value) > abs(limit)
        content.append(
            html.Div(
                [
                    html.I(className="gauge-value", style={"width": f"{100 * abs(value) / span:.1f}%"}),
                    html.I(className="gauge-limit", style={"left": f"{100 * abs(limit) / span:.1f}%"}),
                ],
                className="gauge over" if over else "gauge",
                **also({"aria-hidden": "true"}),
            )
        )
        content.append(
            html.P(
                words("sensor.limit", limit=f"{formats.number(limit, 2)} {unit}".strip(), share=formats.percent(value, limit)),
                className="quiet",
            )
        )
    title = str(shown.row.fields.get("metric") or words("sensor.reading"))
    return [section(title, content, note=formats.age(at, shown.now, words) if at else "")]


def part(shown: Shown) -> list[Component]:
    """Show a city part: who looks after it, and its state."""
    words = shown.words
    state = str(shown.row.fields.get("state") or "")
    body = [
        section(
            words("part.duty"),
            html.Div(
                [
                    html.Div([html.Span(words(f"part.{name}")), html.B(shown.text(name))])
                    for name in ("manage_dept", "owner_dept", "maintain_dept")
                ],
                className="duty",
            ),
        ),
        *(relation_section(shown, "sensors", words("part.sensors")) if total(shown, "sensors") else []),
        *near_section(shown, "open_events", words("near.cases")),
        *near_section(shown, "cameras", words("near.cameras"), most=4),
        attribute_section(shown, "name", "state", "manage_dept", "owner_dept", "maintain_dept"),
    ]
    badges = [chip(shown.text("state"), STATE_TONES.get(state, "warn")), chip(shown.text("class_name"))]
    return panel(shown, header(shown, badges=badges), body)
