"""One case on a page of its own: all of it, to be read and printed."""

from datetime import UTC, datetime

from dash.development.base_component import Component

from api.identity import current_reader
from callbacks import objects
from callbacks.context import Context
from callbacks.panels import states
from callbacks.panels.case_page import case_page
from callbacks.viewer import Viewer
from callbacks.words import requested
from geodata.errors import NotAllowedError, NotFoundError


def show(context: Context, event_id: int) -> list[Component]:
    """Return the page of a case, or why there is none."""
    words, reader, now = requested(), current_reader(), datetime.now(UTC)
    try:
        shown = objects.load_case(context, Viewer(reader, words, now), event_id, layer_key=objects.ALL_CASES)
    except NotFoundError:
        return states.gone(words)
    except NotAllowedError:
        return states.forbidden(words)
    return case_page(shown)
