"""Put the machine interfaces on a Flask server."""

from dataclasses import dataclass
from typing import NoReturn

from flask import Flask, request
from flask.globals import request_ctx
from flask_limiter import Limiter
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from api import errors, ogc, openapi
from api.accounts import Administration
from api.briefs import BriefViews
from api.calendar import CalendarViews
from api.camera_sets import SetViews
from api.cameras import CameraViews
from api.cases import CaseViews
from api.clips import ClipViews
from api.cockpit import CockpitViews
from api.context import Context
from api.detections import DetectionViews
from api.dictionary import DictionaryViews
from api.dispatch import DispatchViews
from api.duties import DutyViews
from api.export import ExportViews
from api.health import HealthViews, Metrics
from api.holds import HoldViews
from api.hotspots import HotspotViews
from api.identity import Identity, address, reader_or_none
from api.incidence import IncidenceViews
from api.indicators import IndicatorViews
from api.intake import IntakeViews
from api.layers import LayerViews
from api.me import SessionViews
from api.nearby import NearbyViews
from api.open311 import Open311
from api.performance import PerformanceViews
from api.positions import PositionViews
from api.replay import ReplayViews
from api.roads import RoadViews
from api.routes import Route, blueprint
from api.screens import ScreenViews
from api.search import SearchView
from api.select import SelectViews
from api.sessions import Sessions, install
from api.tasks import TaskViews
from api.time_machine import TimeMachineViews
from api.today import TodayViews
from api.video import VideoViews
from api.video_access import AccessViews
from api.video_health import HealthList
from api.video_sources import VideoSourceViews
from api.views import ViewViews
from api.wall import WallViews
from geodata.db import Pool
from geodata.settings import Settings
from layers.registry import LAYERS
from services.account_book import AccountBook
from services.history import HistoryStore
from services.intake_queue import IntakeQueue
from services.mirror_store import MirrorStore
from services.routing.store import RoadStore

LARGEST_BODY = 20 * 2**20
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ELSE = "api_else"


@dataclass(frozen=True, slots=True)
class Interfaces:
    """What the rest of the product needs of the interfaces."""

    identity: Identity
    """Who asks on native ASGI paths."""
    sessions: Sessions
    metrics: Metrics
    """Native paths count their answers here as well."""
    roads: RoadStore
    """The road network of this process."""
    intake: IntakeQueue
    """Where reports wait to be written together."""
    history: HistoryStore
    """All cases as columns."""


def create(server: Flask, pool: Pool, store: MirrorStore, book: AccountBook, settings: Settings) -> Interfaces:
    """Give the server sessions, guards, errors and every machine interface but tiles.

    Opens nothing: pool, store and book may start later.
    """
    server.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    metrics = Metrics(store, pool)
    metrics.install(server)
    identity, sessions = install(server, book, pool, settings)
    errors.register(server)
    roads, history = RoadStore(pool), HistoryStore(settings.data_dir)
    context = Context(pool=pool, store=store, book=book, identity=identity, settings=settings, roads=roads, history=history)
    limiter = Limiter(
        key_func=lambda: address() or "local",
        app=server,
        storage_uri=settings.redis_url or "memory://",
        in_memory_fallback_enabled=True,
    )
    intake = IntakeViews(context)
    routes = [
        *HealthViews(context, metrics).routes(),
        *SessionViews(context, sessions, limiter).routes(),
        *LayerViews(context).routes(),
        *SelectViews(context).routes(),
        *CameraViews(context).routes(),
        *VideoSourceViews(context).routes(),
        *SearchView(context).routes(),
        *DispatchViews(context).routes(),
        *RoadViews(context).routes(),
        *NearbyViews(context).routes(),
        *ExportViews(context).routes(),
        *Administration(context).routes(),
        *intake.routes(),
        *CaseViews(context).routes(),
        *TaskViews(context).routes(),
        *DictionaryViews(context).routes(),
        *DutyViews(context).routes(),
        *CalendarViews(context).routes(),
        *PositionViews(context).routes(),
        *VideoViews(context).routes(),
        *HealthList(context).routes(),
        *DetectionViews(context).routes(),
        *BriefViews(context).routes(),
        *ReplayViews(context).routes(),
        *ClipViews(context).routes(),
        *HoldViews(context).routes(),
        *SetViews(context).routes(),
        *AccessViews(context).routes(),
        *HotspotViews(context).routes(),
        *IndicatorViews(context).routes(),
        *ViewViews(context).routes(),
        *TodayViews(context).routes(),
        *IncidenceViews(context).routes(),
        *PerformanceViews(context).routes(),
        *ScreenViews(context).routes(),
        *WallViews(context).routes(),
        *CockpitViews(context).routes(),
        *TimeMachineViews(context).routes(),
    ]
    routes.append(_description(routes))
    server.register_blueprint(blueprint("api", routes))
    Open311(context, intake.queue).register(server)
    for family in ("/api/<path:rest>", "/ogc/<path:rest>", "/open311/<path:rest>"):
        server.add_url_rule(family, ELSE, _nothing_here, methods=METHODS, provide_automatic_options=False)
    ogc.register(server, context)
    return Interfaces(identity, sessions, metrics, roads, intake.queue, history)


def _description(routes: list[Route]) -> Route:
    def view() -> openapi.Document:
        return openapi.document(routes, LAYERS, reader_or_none(), request.host_url.rstrip("/"))

    return Route(method="GET", path="/api/openapi.json", view=view, public=True, summary="This description (OpenAPI 3.1)")


def _nothing_here(rest: str) -> NoReturn:
    """Refuse what no route serves: without this the pages' own catch-all would answer with the map."""
    allowed = [method for method in METHODS if _serves(method)]
    if allowed:
        raise MethodNotAllowed(valid_methods=allowed)
    raise NotFound(f"nothing is served at …/{rest[:80]}")


def _serves(method: str) -> bool:
    adapter = request_ctx.url_adapter
    try:
        return adapter is not None and adapter.match(method=method)[0] != ELSE
    except HTTPException:
        return False
