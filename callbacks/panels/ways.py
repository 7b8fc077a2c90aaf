"""Which pages there are, and for whom."""

from dataclasses import dataclass

from layers.base import STAFF
from services.administration import ADMINISTRATORS
from services.camera_access import MAY_SEARCH
from services.detections import MAY_READ as FINDINGS
from services.replies import MAY_READ
from services.rights import Reader, Role
from services.video_rights import SEES_CAMERAS


@dataclass(frozen=True, slots=True)
class Way:
    """A page that a role may open."""

    path: str
    icon: str
    title: str
    """Key of the catalogue."""
    roles: frozenset[str]


MAP = Way("/", "map", "title.map", STAFF)
WAYS = (
    MAP,
    Way("/events/", "list-details", "title.events", STAFF),
    Way("/video/", "device-cctv", "title.video", SEES_CAMERAS - {Role.WORKER} | MAY_SEARCH),
    Way("/sources/", "mail", "title.sources", MAY_READ),
    Way("/detections/", "crosshair", "title.detections", FINDINGS),
    Way("/admin/", "settings", "admin.title", ADMINISTRATORS),
    Way("/dictionary/", "book", "title.dictionary", STAFF | {Role.SYSTEM_ADMIN}),
)


def ways(reader: Reader) -> list[Way]:
    """Return the pages that are open to a reader, in their order."""
    return [way for way in WAYS if reader.role in way.roles]
