"""The ways to pictures in the panels: of an event, of one camera, of a selection. Scripts open the dock when one is taken (docs/desk.md)."""

import json

from dash import html
from dash.development.base_component import Component

from callbacks.panels.pieces import also, button, icon
from callbacks.panels.shown import Shown
from callbacks.words import Words
from services.cases import Case
from services.rights import Reader
from services.video_rights import SEES_CAMERAS


def of_event(case: Case, reader: Reader, words: Words) -> list[Component]:
    """Offer the cameras that see the place: the minute around the first report, and now."""
    if reader.role not in SEES_CAMERAS:
        return []
    title = html.Span([icon("device-cctv"), words("video.of_event")], className="video-title")
    replay = button(words("video.replay_title"), "history", "small", data_video_event=json.dumps({"id": case.id}))
    live = button(words("video.to_live"), "video", "small", data_video_event=json.dumps({"id": case.id, "replay": False}))
    return [html.Div([title, replay, live], className="video-row")]


def of_camera(shown: Shown) -> list[Component]:
    """Hold the place of a camera's picture; it is not asked for before somebody wants to look."""
    if shown.reader.role not in SEES_CAMERAS:
        return []
    return [html.Div(key=f"video-{shown.row.id}", className="video-place", **also({"data-video-panel": str(shown.row.id)}))]


def of_selection(words: Words) -> list[Component]:
    """Offer the cameras of the shape."""
    return [button(words("video.watch"), "device-cctv", data_video_shape="true")]
