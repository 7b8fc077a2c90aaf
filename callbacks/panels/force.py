"""The panels of who and what can be sent: workers, vehicles, resources."""

from dash import html
from dash.development.base_component import Component

from callbacks import formats
from callbacks.panels.pieces import bar, chip, facts, section
from callbacks.panels.shown import Shown, attribute_section, header, near_section, panel, relation_section, total

STATE_TONES = {"free": "good", "busy": "accent", "off_grid": "warn", "lost": "warn", "open": "good", "full": "warn", "closed": "alarm"}
POSITION_OLD_S = 600
BATTERY_LOW = 20


def mobile(shown: Shown) -> list[Component]:
    """Show a worker or vehicle: state, age of the position, open tasks."""
    words = shown.words
    state = str(shown.row.fields.get("status") or "")
    at = shown.at("reported_at")
    old = at is not None and (shown.now - at).total_seconds() > POSITION_OLD_S
    entries = [
        (shown.text("status"), words("force.state"), STATE_TONES.get(state, "")),
        (formats.age(at, shown.now, words) if at else formats.NONE, words("force.position"), "warn" if old else ""),
        (shown.text("speed_kmh"), words("force.speed"), ""),
    ]
    names = {item.name for item in shown.layer.fields}
    if "load" in names:
        entries.append((shown.number("load"), words("force.tasks"), ""))
    battery = shown.amount("battery_pct")
    if battery is not None:
        entries.append((f"{battery:.0f} %", words("force.battery"), "warn" if battery <= BATTERY_LOW else ""))
    kind = "role" if "role" in names else "kind"
    body = [
        *(relation_section(shown, "open_events", words("force.open_tasks")) if "open_events" in shown.details.relations else []),
        *near_section(shown, "open_events", words("near.cases")),
        attribute_section(shown, "name", "plate", "status", "reported_at", "speed_kmh", "load", "battery_pct"),
    ]
    badges = [chip(shown.text(kind)), *([chip(shown.text("team"))] if shown.row.fields.get("team") else [])]
    return panel(shown, header(shown, facts(entries), badges=badges), body)


def resource(shown: Shown) -> list[Component]:
    """Show a resource: how much of it is free, and whom to call."""
    words = shown.words
    state = str(shown.row.fields.get("state") or "")
    badges = [chip(shown.text("kind")), chip(shown.text("state"), STATE_TONES.get(state, ""))]
    if shown.row.fields.get("is_key"):
        badges.append(chip(words("resource.key"), "accent"))
    body = [
        *_capacity(shown),
        *near_section(shown, "open_events", words("near.cases")),
        *near_section(shown, "cameras", words("near.cameras"), most=4),
        attribute_section(shown, "name", "kind", "state", "capacity", "available", "is_key"),
    ]
    return panel(shown, header(shown, badges=badges), body)


def _capacity(shown: Shown) -> list[Component]:
    capacity, available = shown.amount("capacity"), shown.amount("available")
    if not capacity:
        return []
    words = shown.words
    free = available if available is not None else capacity
    text = words("resource.free", available=formats.number(free), capacity=formats.number(capacity))
    content = [html.P(text, className="said"), bar(free / capacity, "var(--good)" if free else "var(--alarm)")]
    return [section(words("resource.capacity"), content, note=formats.percent(free, capacity))]


def organization(shown: Shown) -> list[Component]:
    """Show an organization: what it does, how dangerous it is, where it sits."""
    words = shown.words
    risk = str(shown.row.fields.get("risk") or "")
    head = facts(
        [
            (shown.number("employees"), words("organization.employees"), ""),
            (shown.text("industry"), words("organization.industry"), ""),
            (shown.text("risk"), words("organization.risk"), {"red": "alarm", "orange": "warn"}.get(risk, "")),
        ]
    )
    badges = [chip(shown.text("org_type")), chip(shown.text("state"), "good" if shown.row.fields.get("state") == "active" else "warn")]
    if shown.row.fields.get("is_key"):
        badges.append(chip(words("organization.key"), "accent"))
    body = [
        *(relation_section(shown, "building", words("organization.building")) if total(shown, "building") else []),
        *near_section(shown, "open_events", words("near.cases")),
        *near_section(shown, "resources", words("near.resources"), most=4),
        *near_section(shown, "cameras", words("near.cameras"), most=4),
        attribute_section(shown, "name", "employees", "industry", "risk", "org_type", "state", "is_key", "building_id"),
    ]
    return panel(shown, header(shown, head, badges=badges), body)
