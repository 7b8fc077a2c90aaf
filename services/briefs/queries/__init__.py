"""Queries by the names that the files of geodata/briefs call them by."""

from collections.abc import Mapping

from services.briefs.queries import cases, happening, indicators, standing
from services.briefs.queries.base import Query

QUERIES: Mapping[str, Query] = {
    "overview": cases.overview,
    "by_area": cases.by_area,
    "by_kind": cases.by_kind,
    "by_day": cases.by_day,
    "by_road": cases.by_road,
    "durations": cases.durations,
    "hours": cases.hours_of_day,
    "trend": cases.trend,
    "cases": cases.listed,
    "repeated": cases.repeated,
    "quality": cases.quality,
    "sensors": standing.sensors,
    "alarms": standing.alarms,
    "cameras": standing.cameras,
    "coverage": standing.coverage,
    "parts": standing.parts,
    "part_classes": standing.part_classes,
    "workers": standing.workers,
    "organizations": standing.organizations,
    "grids": standing.grids,
    "replies": standing.replies,
    "detections": standing.detections,
    "tasks": standing.tasks,
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
