"""Every component id, once, and the attributes by which scripts find what they act on.

How the map's scripts (`hall.map`) and the screens meet:

* The map writes the Stores `PICK`, `SHAPE`, `VIEW` with `dash_clientside.set_props`; the screens answer.
* The screens call `hall.map.*` from clientside callbacks and from `assets/js/desk.js`.
* An element with `data-open="buildings/123"` opens that row's panel; `data-hover="buildings/123"` lights it on the map.
"""

# The map's side
MAP = "map"
"""The dash-leaflet MapContainer."""
MAP_AREA = "map-area"
"""Positioned element around the map: floats lie in it."""
TOOLS = "map-tools"
"""Column of map tools at the top right of the map; the map's scripts fill it."""
EDIT = "map-edit"
PICK = "pick"
"""Store, written by the map: {"layer", "id", "lon", "lat"} of the clicked feature, or None for a click on nothing."""
SHAPE = "shape"
"""Store, written by the map: {"type": "circle", "lon", "lat", "radius_m"} or {"type": "region" | "corridor", "geometry": GeoJSON,
"buffer_m"}; None when the drawing was removed."""
VIEW = "view"
"""Store, written by the map when it rests: {"bbox": [west, south, east, north], "zoom", "lon", "lat"}."""

# The page frame
PAGE = "page"
FRAME = "frame"
TOP = "top"
RAIL = "rail"
STRIP = "strip"
PANEL = "panel"
PANEL_BODY = "panel-body"
CRUMB = "crumb"
NOTICE = "notice"
SINK = "sink"
"""Output of clientside callbacks that only act."""
LANGUAGE = "language"
"""Store: "zh" or "en"."""
SIGNED_OUT = "signed-out"
"""Store: set when a request was refused because the session is over."""
HELP = "help"
TICK = "tick"
"""Interval at which figures, ticker and data age are read again."""

# Layers
COUNTS = "counts"
"""Store: {layer: {"total", "matching", "in_view", "values": {value: number}, "abnormal"}}; desk.js writes the figures into the rail."""
FILTERS = "filters"
"""Store: {layer: filter text as in an address}."""
FILTER_OPEN = "filter-open"
"""Store: key of the layer whose filter panel is asked for."""
FILTER_RESULT = "filter-result"
FILTER_LIST = "filter-list"

# Objects
OPEN = "open"
"""Store: {"layer", "id", "room", "tab", "at"}: the row whose panel is asked for, from wherever it was chosen."""
TRAIL = "trail"
"""Store: rows opened one from another, for the way back."""
UNMASK = "unmask"
UNMASK_ASK = "unmask-ask"
"""Store: {"layer", "id", "reason"}: a personal row to be read in the clear."""
UNMASK_ANSWER = "unmask-answer"

# Search
SEARCH = "search"
SEARCH_TEXT = "search-text"
"""Store: text to look for, some time after the last key."""
SEARCH_LIST = "search-list"
SEARCH_HITS = "search-hits"
"""Store: [{"number", "layer", "id", "lon", "lat", "title"}]: pins on the map."""

# Selection
SELECTION_OPEN = "selection-open"
"""Store: key of the class that is unfolded in the selection panel."""

# Figures
COUNTERS = "counters"
TICKER = "ticker"
TODAY = "today"
AGE = "age"

# Administration
ADMIN = "admin"
