"""Errors meet the reader here: the old picture stays, one line says what is the matter, the log keeps the cause."""

import logging
from collections.abc import Mapping

from dash import no_update, set_props

from callbacks import ids
from callbacks.words import requested
from geodata.errors import HallError, InvalidInputError, NotAllowedError, NotFoundError, NotSignedInError, SourceUnavailableError

log = logging.getLogger(__name__)

# From the special to the general: the base comes last.
NOTICES: Mapping[type[Exception], str] = {
    InvalidInputError: "error.input",
    NotAllowedError: "error.right",
    NotFoundError: "error.gone",
    SourceUnavailableError: "error.source",
    Exception: "error.other",
}


def on_error(error: Exception) -> object:
    """Say in one line what is the matter; a session that is over leads to the sign-in page."""
    log.log(logging.WARNING if isinstance(error, HallError) else logging.ERROR, "%r", error, exc_info=not isinstance(error, HallError))
    if isinstance(error, NotSignedInError):
        set_props(ids.SIGNED_OUT, {"data": True})
        return no_update
    key = next(text for kind, text in NOTICES.items() if isinstance(error, kind))
    set_props(ids.NOTICE, {"data": {"text": requested()(key), "kind": "warn" if isinstance(error, HallError) else "error", "key": key}})
    return no_update
