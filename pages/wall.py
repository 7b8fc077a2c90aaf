"""The wall of the hall at `/wall`: a small document of its own beside Dash, because it runs for weeks and has no controls.

It brings its texts, its orders and the first figures along, so that the first paint shows them; everything after that its scripts ask for.
"""

import hashlib
from datetime import UTC, datetime

import msgspec
from flask import Blueprint, Response, render_template, request

from api.identity import reader_or_none
from api.screens import Orders
from api.sessions import KIOSK_PATH
from api.today import TodayView
from api.today import view as today_view
from callbacks.context import Context
from callbacks.words import COOKIE, Words, requested
from geodata.db import reading
from geodata.errors import InvalidInputError, NotAllowedError, SourceUnavailableError
from pages.addresses import ASSETS, address
from services import hall_mode, screens, today
from services.rights import Reader

STYLES = ("css/tokens.css", "css/icons.css", "charts/charts.css", "wall/wall.css")
MODULES = (
    "charts/change.js",
    "charts/charts.js",
    *sorted(f"wall/{path.name}" for path in (ASSETS / "wall").glob("*.js") if path.name != "controller.js"),
)
PLAIN = ("js/images.js",)
"""Scripts of the command map that the wall's map uses as they are."""
PREFIXES = ("wall.", "charts.")
YEAR_S = 365 * 86_400


def create_blueprint(context: Context) -> Blueprint:
    """Build the route. Strangers were sent to the sign-in before, a kiosk's token was exchanged for a session."""
    blueprint = Blueprint("wall", __name__, template_folder="templates")

    @blueprint.get(KIOSK_PATH)
    def wall() -> Response:
        reader, words = reader_or_none(), requested()
        name = request.args.get("screen", "")
        if name:
            screens.check_name(name)
        size = request.args.get("size", "")
        if size and not screens.SIZE.fullmatch(size):
            raise InvalidInputError(f"size={size[:20]!r}: width x height in pixels, as 1920x1080")
        if reader is None or reader.role not in screens.MAY_WATCH:
            raise NotAllowedError("this account opens no wall")
        answer = Response(page(context, reader, words, name))
        answer.headers["Cache-Control"] = "no-store"
        if "lang" in request.args:
            answer.set_cookie(COOKIE, words.language, max_age=YEAR_S, samesite="Lax")
        return answer

    return blueprint


def page(context: Context, reader: Reader, words: Words, name: str) -> str:
    """Write the document; without a database it comes with its texts alone and shows figures as soon as there are some."""
    modules, begun = {f"/assets/{one}": address(one) for one in MODULES}, first(context, reader, name)
    styles = [address(one) for one in STYLES]
    told = {
        "screen": name,
        "language": words.language.value,
        "texts": {key: text for key, text in words.catalogue.items() if key.startswith(PREFIXES)},
        "plain": [address(one) for one in PLAIN],
        "version": hashlib.sha256("".join((*modules.values(), *styles)).encode()).hexdigest()[:12],
        "demo": context.settings.demo,
        **begun,
    }
    boot = msgspec.json.encode(told).decode().replace("<", "\\u003c")
    return render_template("wall.html", words=words, styles=styles, modules=modules, boot=boot, figures=figures(begun["today"], words))


def figures(told: object, words: Words) -> list[tuple[str, str]]:
    """Return label and text of the five figures, which stand before any script has run; none when they cannot be read."""
    if not isinstance(told, TodayView):
        return []
    rate = told.on_time_rate_7d
    values = {
        "accepted": f"{told.accepted:,}",
        "open": f"{told.open:,}",
        "overdue": f"{told.overdue:,}",
        "on_time": "–" if rate is None else f"{100 * rate:.1f}%",
        "on_duty": f"{told.on_duty:,}",
    }
    return [(words(f"wall.figure.{key}"), value) for key, value in values.items()]


def first(context: Context, reader: Reader, name: str) -> dict[str, object]:
    """Return what the page would ask for first; None for what cannot be read now."""
    now = datetime.now(UTC)
    try:
        with reading(context.pool) as conn:
            known = screens.screen(conn, name) if name else None
            orders = Orders(at=now, screen=known, programme=screens.programme_of(conn, known), mode=hall_mode.current(conn, reader))
            return {"orders": orders, "today": today_view(today.today(conn, reader, now))}
    except SourceUnavailableError:
        return {"orders": None, "today": None}
