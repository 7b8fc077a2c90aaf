"""Cameras as a choice: around a place, in a shape, along a route, of a tree node or saved set; what they see, and what nobody sees."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from flask import request
from msgspec import Raw, Struct

from api import parameters
from api.answers import href
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route, body
from geodata.db import reading, writing
from geodata.errors import InvalidInputError, NotAllowedError, NotFoundError
from geodata.grid import LonLat
from services import camera_coverage, camera_placing, camera_tree, camera_views, shapes
from services import cameras as choice
from services.video_rights import MAX_ID, SEES_CAMERAS

ROUTE_M = 50.0
FLAG = ("0", "1")
LON = parameters.number("lon", -180, 180, "Longitude of a place in degrees of WGS 84.")
LAT = parameters.number("lat", -90, 90, "Latitude of the place.")
RADIUS = parameters.number("radius_m", 1, shapes.MAX_RADIUS_M, "Radius in metres around the place or event; without it, those that see it.")
SEES = parameters.one_of("sees", FLAG, "1: only cameras that have the place in their view, wherever they stand.", "0")
LIMIT = parameters.integer("limit", 0, choice.MAX_ITEMS, "How many at most.", 20)
GROUP = parameters.integer("group_id", 1, 2**31 - 1, "Below this node of the tree.")
SET = parameters.integer("set_id", 1, MAX_ID, "Of this saved set, in its order.")
EVENT = parameters.integer("event_id", 1, MAX_ID, "At this event: those that see its place first, then the nearest.")
IDS = parameters.text("ids", 8_000, "These, by id, with commas between.")
OWNER = parameters.text("owner", 40, "Only of this owner: police, traffic, city …")
AREA = parameters.text("area", 15, "Only within this area code prefix.")
WORST = parameters.integer("limit", 0, camera_coverage.MAX_LISTED, "How many grids at most, the most unseen ground first.", 50)


class CameraSelection(Struct, forbid_unknown_fields=True):
    """A GeoJSON geometry (Point and LineString with `radius_m`), or a route; or ids, a group, a saved set, an event.

    `route` is a LineString or a list of positions; cameras at most `buffer_m` (50) away come in its order.
    """

    geometry: dict[str, Any] | None = None
    route: dict[str, Any] | list[list[float]] | None = None
    radius_m: float | None = None
    buffer_m: float | None = None
    ids: list[int] | None = None
    group_id: int | None = None
    set_id: int | None = None
    event_id: int | None = None
    owner: str | None = None
    area: str = ""
    sees: bool = False
    limit: int = 100

    def shape(self) -> shapes.Shape | None:
        """Return the shape to choose by, if one is given.

        Raises:
            InvalidInputError: it cannot be used.
        """
        if self.route is not None:
            if self.geometry is not None:
                raise InvalidInputError("name geometry or route, not both")
            line = self.route if isinstance(self.route, dict) else {"type": "LineString", "coordinates": self.route}
            if line.get("type") != "LineString":
                raise InvalidInputError("route: a LineString or a list of positions")
            return shapes.parse(line, radius_m=self.buffer_m if self.buffer_m is not None else ROUTE_M)
        if self.geometry is None:
            return None
        return shapes.parse(self.geometry, radius_m=self.buffer_m if self.buffer_m is not None else self.radius_m)


class CameraPlacing(Struct, forbid_unknown_fields=True):
    """What changes of where a camera stands and looks; what is left out stays. A position given here is never moved by an import."""

    lon: float | None = None
    lat: float | None = None
    azimuth_deg: float | None = None
    fov_deg: float | None = None
    view_range_m: float | None = None
    height_m: float | None = None
    purpose: str | None = None
    clock_offset_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraItem(choice.Chosen):
    """A camera, and what the reader may do with it (`modes`)."""

    layer: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraList:
    """How many were found, how many of them are online, and the first of them."""

    count: int
    online: int
    items: list[CameraItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraTree:
    """The tree of cameras as a flat list, parents before children; a node's key stands in its children's `parent`."""

    count: int
    online: int
    nodes: list[camera_tree.TreeNode]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSight:
    """What one camera sees: its sector cut by buildings."""

    camera_id: int
    area_m2: float
    geometry: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindGround:
    """The open ground of a grid that no camera sees."""

    code: str
    geometry: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageView:
    """How much of the open ground is seen, and the grids with the most unseen ground."""

    percent: float
    open_m2: float
    seen_m2: float
    cameras: int
    grids: int
    made_at: datetime | None
    worst: list[camera_coverage.GridCoverage]


class CameraViews:
    """The views."""

    def __init__(self, context: Context) -> None:
        self._pool = context.pool

    def cameras(self) -> CameraList:
        """By parameters."""
        arguments = request.args
        lon, lat = LON.optional(arguments), LAT.optional(arguments)
        if (lon is None) != (lat is None):
            raise InvalidInputError("lon and lat belong together")
        wanted = choice.Wanted(
            place=LonLat(lon, lat) if lon is not None and lat is not None else None,
            radius_m=RADIUS.optional(arguments),
            sees=SEES.read(arguments) == "1",
            ids=choice.as_ids(IDS.optional(arguments) or ()),
            group_id=GROUP.optional(arguments),
            set_id=SET.optional(arguments),
            event_id=EVENT.optional(arguments),
            owner=OWNER.optional(arguments),
            area=AREA.optional(arguments) or "",
            limit=LIMIT.read(arguments),
        )
        return self._chosen(wanted)

    def select(self) -> CameraList:
        """By a body."""
        wanted = body(CameraSelection)
        return self._chosen(
            choice.Wanted(
                shape=wanted.shape(),
                radius_m=wanted.radius_m,
                sees=wanted.sees,
                ids=choice.as_ids(wanted.ids or ()),
                group_id=wanted.group_id,
                set_id=wanted.set_id,
                event_id=wanted.event_id,
                owner=wanted.owner,
                area=wanted.area,
                limit=wanted.limit,
            )
        )

    def place(self, id: int) -> camera_placing.Placed:  # noqa: A002 - the name in the path
        """Set where a camera stands."""
        wanted = body(CameraPlacing)
        placing = camera_placing.Placing(**{name: getattr(wanted, name) for name in CameraPlacing.__struct_fields__})
        with writing(self._pool) as conn:
            return camera_placing.place(conn, current_caller(), id, placing)

    def tree(self) -> CameraTree:
        """The tree."""
        with reading(self._pool) as conn:
            nodes = camera_tree.tree(conn, current_reader())
        owners = [node for node in nodes if node.kind == "owner"]
        return CameraTree(count=sum(node.count for node in owners), online=sum(node.online for node in owners), nodes=nodes)

    def sight(self, id: int) -> CameraSight:  # noqa: A002 - the name in the path
        """What a camera sees."""
        self._require_cameras()
        with reading(self._pool) as conn:
            found = camera_views.view(conn, current_reader(), id) if 0 < id <= MAX_ID else None
        if found is None:
            raise NotFoundError(f"cameras/{id}: no view")
        return CameraSight(camera_id=id, area_m2=round(found.area_m2, 1), geometry=Raw(found.geojson.encode()))

    def coverage(self) -> CoverageView:
        """How much is seen."""
        self._require_cameras()
        with reading(self._pool) as conn:
            found = camera_coverage.coverage(conn, current_reader(), WORST.read(request.args))
        return CoverageView(**{name: getattr(found, name) for name in CoverageView.__slots__})

    def blind(self, code: str) -> BlindGround:
        """What nobody sees of a grid."""
        self._require_cameras()
        with reading(self._pool) as conn:
            found = camera_coverage.blind(conn, current_reader(), code)
        return BlindGround(code=code, geometry=Raw(found.encode()))

    def _chosen(self, wanted: choice.Wanted) -> CameraList:
        with reading(self._pool) as conn:
            found = choice.choose(conn, current_reader(), wanted)
        return CameraList(count=found.count, online=found.online, items=[_item(one) for one in found.items])

    def _require_cameras(self) -> None:
        role = current_reader().role
        if role not in SEES_CAMERAS:
            raise NotAllowedError(f"{role} may not see cameras")

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/api/v1/cameras",
                view=self.cameras,
                parameters=(LON, LAT, RADIUS, SEES, LIMIT, GROUP, SET, EVENT, IDS, OWNER, AREA),
                answer=CameraList,
                summary="Cameras in a circle or seeing a place (nearest first), at an event, of a tree node, a saved set or a list",
            ),
            Route(
                method="POST",
                path="/api/v1/cameras/select",
                view=self.select,
                body=CameraSelection,
                answer=CameraList,
                summary="Cameras in a polygon or circle, or along a route in its order",
            ),
            Route(
                method="PATCH",
                path="/api/v1/cameras/{id}",
                view=self.place,
                body=CameraPlacing,
                answer=camera_placing.Placed,
                summary="Set where a camera stands and looks (system administrator); imports do not move it afterwards",
            ),
            Route(
                method="GET",
                path="/api/v1/cameras/{id}/view",
                view=self.sight,
                answer=CameraSight,
                summary="What a camera sees of the ground: its sector cut by buildings",
            ),
            Route(
                method="GET",
                path="/api/v1/camera-tree",
                view=self.tree,
                answer=CameraTree,
                summary="Cameras by owner and street, and by the platforms' groups, with counts",
            ),
            Route(
                method="GET",
                path="/api/v1/camera-coverage",
                view=self.coverage,
                parameters=(WORST,),
                answer=CoverageView,
                summary="How much of the open ground cameras see, and the grids where most of it is seen by nobody",
            ),
            Route(
                method="GET",
                path="/api/v1/camera-coverage/{code}",
                view=self.blind,
                answer=BlindGround,
                summary="The open ground of one base grid that no camera sees",
            ),
        )


def _item(one: choice.Chosen) -> CameraItem:
    values = {field.name: getattr(one, field.name) for field in fields(choice.Chosen)}
    return CameraItem(layer="cameras", href=href("cameras", one.id), **values)
