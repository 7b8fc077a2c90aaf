"""The classes that can be imported, each declared in the file of its name."""

from geodata.errors import UnknownLayerError
from geodata.imports.classes.areas import BASE_GRIDS, CITY_MANAGEMENT_GRIDS, COMMUNITIES, DISTRICT, STREETS
from geodata.imports.classes.buildings import BUILDINGS
from geodata.imports.classes.cameras import CAMERAS
from geodata.imports.classes.events import EVENTS
from geodata.imports.classes.organizations import ORGANIZATIONS
from geodata.imports.classes.parts import PARTS
from geodata.imports.classes.people import PEOPLE
from geodata.imports.classes.places import PLACES
from geodata.imports.classes.resources import RESOURCES
from geodata.imports.classes.sensors import SENSORS
from geodata.imports.classes.vehicles import VEHICLES
from geodata.imports.classes.workers import WORKERS
from geodata.imports.fields import ImportClass

CLASSES: tuple[ImportClass, ...] = (
    DISTRICT,
    STREETS,
    COMMUNITIES,
    CITY_MANAGEMENT_GRIDS,
    BASE_GRIDS,
    BUILDINGS,
    PLACES,
    PEOPLE,
    ORGANIZATIONS,
    PARTS,
    EVENTS,
    RESOURCES,
    SENSORS,
    CAMERAS,
    VEHICLES,
    WORKERS,
)
_BY_KEY = {item.key: item for item in CLASSES}


def get(key: str) -> ImportClass:
    """Return the class of this layer.

    Raises:
        UnknownLayerError: nothing can be imported as this layer.
    """
    try:
        return _BY_KEY[key]
    except KeyError:
        raise UnknownLayerError(f"nothing can be imported as {key!r}; there are {', '.join(_BY_KEY)}") from None
