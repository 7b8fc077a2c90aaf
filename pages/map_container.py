"""The map's place in a page: dash-leaflet's container with its drawing tools. The scripts in assets/js put everything else on it."""

import dash_leaflet as dl
from dash import dcc
from dash.development.base_component import Component

from callbacks import ids

MAP = "map"
"""Id by which the scripts know the container."""
START = (22.19, 113.54)
"""Latitude, longitude (Leaflet's order) before the scripts have read the address or the district's bounds."""
START_ZOOM = 13
ZOOMS = (9, 21)
"""Leaflet's zooms, one more than MapLibre's."""


def map_container() -> Component:
    """Build the map. Leaflet's own controls stay off: ours are drawn by the scripts, in the page's look."""
    drawing = dl.FeatureGroup([dl.EditControl(position="topleft", draw={"marker": False, "circlemarker": False}, edit={})])
    container: Component = dl.MapContainer(
        [drawing],
        id=MAP,
        center=list(START),
        zoom=START_ZOOM,
        minZoom=ZOOMS[0],
        maxZoom=ZOOMS[1],
        zoomSnap=0.25,
        wheelPxPerZoomLevel=90,
        zoomControl=False,
        attributionControl=True,
        trackResize=False,
        style={"position": "absolute", "inset": "0"},
    )
    return container


def map_stores() -> list[Component]:
    """Build the stores by which the map's scripts and the page's callbacks talk."""
    return [dcc.Store(id=name) for name in (ids.PICK, ids.SHAPE, ids.MAP_STATE, ids.MAP_PLACE, ids.MAP_COMMAND)]
