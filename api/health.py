"""Whether this process is ready and how old its data is, for people and for Prometheus."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.context import Context
from api.routes import Route, as_json
from geodata.db import Pool, reading
from geodata.errors import SourceUnavailableError
from layers.registry import LAYERS
from services.mirror_store import LayerState, MirrorStore
from services.revisions import Revision, revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerHealth:
    """The data of one layer: what is served, and how old it is."""

    ready: bool
    rows: int
    changed_at: datetime | None
    age_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether this process is ready."""

    status: str
    """ready | preparing | unavailable"""
    database: bool
    accounts: bool
    answered_at: datetime | None
    """When the database last answered."""
    layers: Mapping[str, LayerHealth]


class Metrics:
    """Counters of this process, and what the mirrors say when they are asked."""

    def __init__(self, store: MirrorStore, pool: Pool) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter("hall_requests", "Answers by kind and status", ["kind", "status"], registry=self.registry)
        self._seconds = Histogram("hall_request_seconds", "Time to answer by kind", ["kind"], registry=self.registry)
        self.registry.register(_StoreCollector(store, pool))

    def observe(self, kind: str, status: int, seconds: float) -> None:
        """Count one answer. `kind` is a route or a family of addresses, never an address itself."""
        self._requests.labels(kind, str(status)).inc()
        self._seconds.labels(kind).observe(seconds)

    def install(self, server: Flask) -> None:
        """Count every answer of the Flask application."""

        @server.before_request
        def begin() -> None:
            g.began_s = time.perf_counter()

        @server.after_request
        def end(response: Response) -> Response:
            kind = request.endpoint or "unknown"
            self.observe(kind, response.status_code, time.perf_counter() - g.get("began_s", time.perf_counter()))
            return response


class _StoreCollector(Collector):
    def __init__(self, store: MirrorStore, pool: Pool) -> None:
        self._store, self._pool = store, pool

    def collect(self) -> Iterable[Metric]:
        """Read the mirrors and the pool at the moment of asking."""
        now, states = datetime.now(UTC), self._store.states()
        rows = GaugeMetricFamily("hall_layer_rows", "Rows that are served", labels=["layer"])
        age = GaugeMetricFamily("hall_layer_age_seconds", "Age of the served data", labels=["layer"])
        ready = GaugeMetricFamily("hall_layer_ready", "1 when the layer is served", labels=["layer"])
        for state in states:
            rows.add_metric([state.key], state.rows)
            ready.add_metric([state.key], float(_ready(state)))
            if state.revision:
                age.add_metric([state.key], (now - state.revision.changed_at).total_seconds())
        yield from (rows, age, ready)
        answered = self._store.answered_at
        if answered:
            yield GaugeMetricFamily("hall_database_silence_seconds", "Since the database last answered", (now - answered).total_seconds())
        statistics = self._pool.get_stats()
        yield GaugeMetricFamily("hall_pool_waiting", "Requests that wait for a connection", statistics.get("requests_waiting", 0))


class HealthViews:
    """Health and metrics."""

    def __init__(self, context: Context, metrics: Metrics) -> None:
        self._context, self._metrics = context, metrics

    def health(self) -> Response:
        """200 only when ready: the database answers, accounts are known, every layer that has rows is served."""
        newest = self._newest()
        now, states = datetime.now(UTC), self._context.store.states()
        accounts = self._context.book.known()
        ready = newest is not None and accounts and all(map(_ready, states))
        health = Health(
            status="ready" if ready else "unavailable" if newest is None else "preparing",
            database=newest is not None,
            accounts=accounts,
            answered_at=self._context.store.answered_at,
            layers={state.key: _layer_health(state, newest or {}, now) for state in states},
        )
        return as_json(health, status=200 if ready else 503)

    def metrics(self) -> Response:
        """Prometheus text."""
        return Response(generate_latest(self._metrics.registry), mimetype="text/plain; version=0.0.4")

    def _newest(self) -> Mapping[str, Revision] | None:
        try:
            with reading(self._context.pool) as conn:
                return revisions(conn, LAYERS)
        except SourceUnavailableError:
            return None

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        return (
            Route(
                method="GET",
                path="/healthz",
                view=self.health,
                answer=Health,
                public=True,
                summary="200 when ready, 503 otherwise; the age of every layer's data",
            ),
            Route(method="GET", path="/metrics", view=self.metrics, media_type="text/plain", public=True, summary="Prometheus text"),
        )


def _ready(state: LayerState) -> bool:
    return state.revision is not None or state.newest is None


def _layer_health(state: LayerState, newest: Mapping[str, Revision], now: datetime) -> LayerHealth:
    served = state.revision or newest.get(state.key)
    changed_at = served.changed_at if served else None
    age_s = round((now - changed_at).total_seconds(), 1) if changed_at else None
    return LayerHealth(ready=_ready(state), rows=state.rows, changed_at=changed_at, age_s=age_s)
