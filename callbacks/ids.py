"""Every component id, once. What the map's scripts write and read is described in docs/map-module.md, what the desk's do in docs/desk.md."""

# Written by the map's scripts
PICK = "pick"
"""Store: {"layer", "id", "lon", "lat", "n"} of the chosen object, None when nothing is chosen. Links of the desk write it as well, with
{"from": "link", "room": id}."""
SHAPE = "shape"
"""Store: {"type": "circle", "lon", "lat", "radius_m"} or {"type": "region" | "corridor", "geometry": GeoJSON, "buffer_m"}; None when cleared."""
MAP_STATE = "map-state"
"""Store: {"center": [lon, lat], "zoom", "on", "filters", …} after the map came to rest."""
MAP_PLACE = "map-place"
"""Store: {"lon", "lat", "zoom"} of the map's middle, after it came to rest somewhere else."""
MAP_COMMAND = "map-command"
"""Store: calls for `hall.command`: [["flyTo", 113.5, 22.2, {"zoom": 16}], …]."""

# The page frame
PAGE = "page"
FRAME = "frame"
MAP_AREA = "map-area"
RAIL = "layer-rail"
TOP = "top"
STRIP = "strip"
PANEL = "panel"
PANEL_BODY = "panel-body"
CRUMB = "crumb"
SINK = "sink"
"""Store: output of clientside callbacks that only act."""
NOTICE = "notice"
"""Store: {"text", "kind", "key"} for `hall.notice`."""
SIGNED_OUT = "signed-out"
"""Store: set when a request was refused because the session is over."""
LANGUAGE = "language"
"""Store: "zh" or "en"."""
TICK = "tick"
"""Interval at which figures and ticker are read again."""

# Figures
COUNTERS = "counters"
TICKER = "ticker"
TODAY = "today"
FIGURES = "figures"
"""Store: {"values": {layer: {value: text}}, "alerts": {layer: text}}; scripts write them into the rail."""

# Panels
ROOM = "room"
"""Store: id of the room whose people are asked for."""
ROOM_BODY = "room-body"
FILTER = "filter"
"""Store: {"layer", "filter": {field: text}, "dim", "n"} of the layer whose filter panel is shown."""
UNFOLD = "unfold"
"""Store: key of the class that is unfolded in the selection."""
UNMASK = "unmask"
"""Store: {"layer", "ids", "reason"}: personal values to be read in the clear; None when the dialog was closed."""
UNMASK_ANSWER = "unmask-answer"

# Search
SEARCH = "search"
SEARCH_BOX = "search-box"
SEARCH_TEXT = "search-text"
"""Store: {"text", "lon", "lat"}: what to look for, a moment after the last key."""
SEARCH_LIST = "search-list"
SEARCH_HITS = "search-hits"
"""Store: numbered hits for `hall.map.showResults`."""

# Administration
ADMIN = "admin"
ADMIN_GRID = "admin-grid"
ADMIN_ROWS = "admin-rows"
"""Store: number that grows when accounts have changed."""
ADMIN_EDITOR = "admin-editor"
ADMIN_RESULT = "admin-result"
AUDIT_ACTION = "audit-action"
AUDIT_USER = "audit-user"
AUDIT_SUCCESS = "audit-success"
AUDIT_DAYS = "audit-days"
AUDIT_OLDER = "audit-older"
AUDIT_LAST = "audit-last"
"""Store: id of the last line read, for the next page."""


def admin_act(name: object) -> dict[str, object]:
    """Id of a button of the account editor; ALL stands for every one."""
    return {"type": "admin-act", "act": name}


def admin_field(name: object) -> dict[str, object]:
    """Id of a field of the account editor; ALL stands for every one."""
    return {"type": "admin-field", "name": name}
