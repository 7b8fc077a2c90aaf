"""What lies around a place, within a distance or a time of travel."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import shapely
from dash.development.base_component import Component

from callbacks.context import Context
from callbacks.panels import nearby as panels
from callbacks.words import requested
from geodata.db import reading
from geodata.errors import InvalidInputError
from geodata.grid import LonLat
from layers import registry
from services import areas, nearby
from services.nearby import Wanted
from services.rights import Reader
from services.routing.engine import Mode
from services.shapes import Region

FIRST_M = 500.0
ITEMS = 8
UNFOLDED = 40


def panel(context: Context, reader: Reader, asked: Mapping[str, Any]) -> list[Component]:
    """Show what is around.

    Raises:
        InvalidInputError: a radius, time or class that is none of ours.
        NotFoundError: minutes are asked for, and no road is near.
    """
    words, now = requested(), datetime.now(UTC)
    place = LonLat(float(asked["lon"]), float(asked["lat"]))
    minutes = asked.get("minutes")
    unfolded = str(asked.get("unfold") or "")
    try:
        mode = Mode(str(asked.get("mode") or Mode.DRIVE))
        wanted = Wanted(
            place=place,
            radius_m=None if minutes else float(asked.get("radius_m") or FIRST_M),
            minutes=int(minutes) if minutes else None,
            mode=mode,
            limit=UNFOLDED if unfolded else ITEMS,
        )
    except ValueError as error:
        raise InvalidInputError(str(error)) from None
    with reading(context.pool) as conn:
        engine = context.roads.engine(conn, now)
        found = nearby.nearby(context.store, conn, reader, registry.LAYERS, wanted, now=now, engine=engine)
        inside = areas.at(conn, place)
    outline = shapely.to_geojson(found.shape.polygon.simplify(2e-5)) if isinstance(found.shape, Region) else ""
    return panels.nearby(
        panels.Around(
            found=found,
            wanted=wanted,
            words=words,
            now=now,
            place=inside[-1].name if inside else "",
            of=str(asked.get("of") or ""),
            unfolded=unfolded,
            outline=outline,
        )
    )
