"""Queries by the names that the files of geodata/briefs call them by."""

from collections.abc import Mapping

from services.briefs.queries import areas, cases, happening, indicators, kinds, overview, places, standing, timeline, work
from services.briefs.queries.base import Query

QUERIES: Mapping[str, Query] = {
    "overview": overview.overview,
    "by_area": areas.by_area,
    "by_kind": kinds.by_kind,
    "by_day": timeline.by_day,
    "by_road": places.by_road,
    "durations": kinds.durations,
    "hours": timeline.hours_of_day,
    "trend": timeline.trend,
    "cases": cases.listed,
    "repeated": places.repeated,
    "quality": overview.quality,
    "sensors": standing.sensors,
    "alarms": standing.alarms,
    "cameras": standing.cameras,
    "coverage": standing.coverage,
    "parts": standing.parts,
    "part_classes": standing.part_classes,
    "workers": standing.workers,
    "organizations": standing.organizations,
    "grids": standing.grids,
    "replies": work.replies,
    "detections": work.detections,
    "tasks": work.tasks,
    "resources": standing.resources,
    "abnormal": indicators.abnormal,
    "case": happening.case,
    "steps": happening.steps,
    "around": happening.around,
    "nearest": happening.nearest,
    "forces": happening.forces,
    "sent": happening.sent,
    "mode": happening.mode,
}
