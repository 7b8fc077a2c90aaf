"""All layers, in drawing order: the first lies lowest."""

from geodata.errors import UnknownLayerError
from layers.areas import BASE_GRIDS, CITY_MANAGEMENT_GRIDS, COMMUNITIES, DISTRICT, STREETS
from layers.base import Layer
from layers.buildings import BUILDINGS
from layers.camera_coverage import CAMERA_COVERAGE
from layers.cameras import CAMERAS
from layers.events import EVENTS, OPEN_EVENTS
from layers.organizations import ORGANIZATIONS
from layers.panoramas import PANORAMAS
from layers.parts import PARTS
from layers.people import PEOPLE
from layers.places import PLACES
from layers.resources import RESOURCES
from layers.roads import ROADS
from layers.sensors import SENSORS
from layers.vehicles import VEHICLES
from layers.workers import WORKERS

LAYERS: tuple[Layer, ...] = (
    DISTRICT,
    STREETS,
    COMMUNITIES,
    CITY_MANAGEMENT_GRIDS,
    BASE_GRIDS,
    CAMERA_COVERAGE,
    BUILDINGS,
    ROADS,
    PLACES,
    PEOPLE,
    ORGANIZATIONS,
    PARTS,
    EVENTS,
    RESOURCES,
    PANORAMAS,
    SENSORS,
    CAMERAS,
    VEHICLES,
    WORKERS,
    OPEN_EVENTS,
)
_BY_KEY = {layer.key: layer for layer in LAYERS}


def get(key: str) -> Layer:
    """Return the layer with this key.

    Raises:
        UnknownLayerError: there is none.
    """
    try:
        return _BY_KEY[key]
    except KeyError:
        raise UnknownLayerError(key) from None
