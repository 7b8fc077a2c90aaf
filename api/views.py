"""Street view and camera flights."""

from dataclasses import dataclass
from typing import Annotated

from flask import Response, request, send_file
from msgspec import Meta, Struct

from api import parameters
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Route, body
from geodata.db import reading, writing
from geodata.grid import LonLat
from geodata.panoramas import SIZES
from services import fly_paths, panoramas
from services.fly_paths import FlyPath, Stop
from services.panoramas import Neighbour, PanoramaFacts, Standpoint

LON = parameters.number("lon", -180, 180, "Longitude in degrees of WGS 84.", required=True)
LAT = parameters.number("lat", -90, 90, "Latitude.", required=True)
WITHIN = parameters.integer("within_m", 1, int(panoramas.MOST_M), "Metres at most to the panorama.", int(panoramas.NEAR_M))
SIZE = parameters.one_of("size", tuple(SIZES), "Width at most: full 8,192, half 4,096, preview 512 pixels.", "full")
VERSION = parameters.text("v", 64, "Beginning of the digest that the panorama's own answer names: another picture has another address.")
PICTURES_S = 7 * 24 * 3600


class FlyPathBody(Struct, forbid_unknown_fields=True):
    """A flight: two to sixty stops."""

    name: Annotated[str, Meta(min_length=1, max_length=fly_paths.LONGEST_NAME)]
    stops: Annotated[list[Stop], Meta(max_length=fly_paths.MOST_STOPS)]
    loops: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PanoramaView(PanoramaFacts):
    """A panorama, its picture, and where one can step to."""

    distance_m: float | None
    picture: str
    neighbours: list[Neighbour]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlyPathList:
    """Flights: shared ones first."""

    items: list[FlyPath]
    may_save: bool
    may_share: bool


class ViewViews:
    """The interfaces of street view and flights."""

    def __init__(self, context: Context) -> None:
        self._pool, self._data_dir = context.pool, context.settings.data_dir

    def routes(self) -> list[Route]:
        """List the operations."""
        return [
            Route(
                method="GET",
                path="/api/v1/panoramas/nearest",
                view=self.nearest,
                summary="The panorama nearest to a place",
                parameters=(LON, LAT, WITHIN),
                answer=PanoramaView,
            ),
            Route(method="GET", path="/api/v1/panoramas/{id}", view=self.one, summary="A panorama and its neighbours", answer=PanoramaView),
            Route(
                method="GET",
                path="/api/v1/panoramas/{id}/picture",
                view=self.picture,
                summary="The equirectangular picture",
                parameters=(SIZE, VERSION),
                media_type="image/jpeg",
            ),
            Route(method="GET", path="/api/v1/fly-paths", view=self.paths, summary="Saved camera flights", answer=FlyPathList),
            Route(method="GET", path="/api/v1/fly-paths/{id}", view=self.path, summary="One camera flight", answer=FlyPath),
            Route(
                method="POST",
                path="/api/v1/fly-paths",
                view=self.save,
                summary="Save a camera flight under its name",
                body=FlyPathBody,
                answer=FlyPath,
                status=201,
            ),
            Route(method="DELETE", path="/api/v1/fly-paths/{id}", view=self.delete, summary="Delete a camera flight", status=204),
        ]

    def nearest(self) -> PanoramaView:
        """Return the panorama nearest to a place."""
        place = LonLat(LON.read(request.args), LAT.read(request.args))
        with reading(self._pool) as conn:
            return _shown(panoramas.nearest(conn, current_reader(), place, WITHIN.read(request.args)))

    def one(self, id: int) -> PanoramaView:  # noqa: A002 - the name in the path
        """Return one panorama."""
        with reading(self._pool) as conn:
            return _shown(panoramas.one(conn, current_reader(), id))

    def picture(self, id: int) -> Response:  # noqa: A002 - the name in the path
        """Send the picture."""
        size = SIZE.read(request.args)
        with reading(self._pool) as conn:
            found, path = panoramas.picture(conn, self._data_dir, current_reader(), id, size)
        answer = send_file(path, mimetype="image/jpeg", etag=f"{found.sha256[:32]}-{size}", conditional=True)
        answer.headers["Cache-Control"] = f"private, max-age={PICTURES_S}"
        answer.headers["Vary"] = "Authorization, Cookie"
        return answer

    def paths(self) -> FlyPathList:
        """List the flights of the reader."""
        reader = current_reader()
        with reading(self._pool) as conn:
            found = fly_paths.paths(conn, reader)
        return FlyPathList(items=found, may_save=reader.role in fly_paths.MAY_SAVE, may_share=reader.role in fly_paths.MAY_SHARE)

    def path(self, id: int) -> FlyPath:  # noqa: A002 - the name in the path
        """Return one flight."""
        with reading(self._pool) as conn:
            return fly_paths.one(conn, current_reader(), id)

    def save(self) -> FlyPath:
        """Save a flight."""
        given = body(FlyPathBody)
        with writing(self._pool) as conn:
            caller = current_caller()
            return fly_paths.save(conn, caller, given.name, given.stops, loops=given.loops, shared=given.shared)

    def delete(self, id: int) -> None:  # noqa: A002 - the name in the path
        """Delete a flight."""
        with writing(self._pool) as conn:
            fly_paths.delete(conn, current_caller(), id)


def _shown(found: Standpoint) -> PanoramaView:
    one = found.panorama
    return PanoramaView(
        **(one.told() | {"heading_deg": round(one.heading_deg, 2)}),
        distance_m=found.distance_m,
        picture=f"/api/v1/panoramas/{one.id}/picture?v={one.sha256[:12]}",
        neighbours=list(found.neighbours),
    )
