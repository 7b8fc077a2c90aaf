"""Which pages there are, and for whom."""

from dataclasses import dataclass
from enum import StrEnum

from layers.base import STAFF
from services.administration import ADMINISTRATORS
from services.briefs.book import MAY_READ as BRIEFS
from services.camera_access import MAY_SEARCH
from services.cockpit import MAY_READ as COCKPIT
from services.detections import MAY_READ as FINDINGS
from services.incidence import MAY_READ as ANALYSIS
from services.indicators.areas import MAY_READ as INDICATORS
from services.replies import MAY_READ
from services.rights import Reader, Role
from services.screens import MAY_STEER, MAY_WATCH
from services.video_rights import SEES_CAMERAS


class Kind(StrEnum):
    """What a page is for, in the order of the menu; each has a text `ways.<kind>`."""

    COMMAND = "command"
    ANALYSIS = "analysis"
    DISPLAY = "display"
    MANAGEMENT = "management"


@dataclass(frozen=True, slots=True)
class Way:
    """A page that a role may open."""

    path: str
    icon: str
    title: str
    """Key of the catalogue."""
    roles: frozenset[str]
    kind: Kind


MAP = Way("/", "map", "title.map", STAFF, Kind.COMMAND)
WAYS = (
    MAP,
    Way("/events/", "list-details", "title.events", STAFF, Kind.COMMAND),
    Way("/video/", "device-cctv", "title.video", SEES_CAMERAS - {Role.WORKER} | MAY_SEARCH, Kind.COMMAND),
    Way("/sources/", "mail", "title.sources", MAY_READ, Kind.COMMAND),
    Way("/detections/", "crosshair", "title.detections", FINDINGS, Kind.COMMAND),
    Way("/indicators/", "chart-line", "title.indicators", INDICATORS - {Role.WALL}, Kind.ANALYSIS),
    Way("/analysis/", "chart-bar", "title.analysis", ANALYSIS, Kind.ANALYSIS),
    Way("/hotspots/", "grid-4x4", "title.hotspots", STAFF - {Role.WALL}, Kind.ANALYSIS),
    Way("/briefs/", "report", "title.briefs", BRIEFS, Kind.ANALYSIS),
    Way("/cockpit", "gauge", "title.cockpit", COCKPIT, Kind.DISPLAY),
    Way("/wall", "device-tv", "title.wall", MAY_WATCH, Kind.DISPLAY),
    Way("/screens/", "layout-grid", "title.screens", MAY_STEER, Kind.DISPLAY),
    Way("/admin/", "settings", "admin.title", ADMINISTRATORS, Kind.MANAGEMENT),
    Way("/dictionary/", "book", "title.dictionary", STAFF | {Role.SYSTEM_ADMIN}, Kind.MANAGEMENT),
)


def ways(reader: Reader) -> list[Way]:
    """Return the pages that are open to a reader, kind by kind."""
    return [way for kind in Kind for way in WAYS if way.kind is kind and reader.role in way.roles]
