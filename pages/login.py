"""The sign-in page: a plain form that works before any script is loaded."""

from datetime import datetime

from flask import Blueprint, Response, render_template, request
from werkzeug.datastructures import MultiDict

from api.identity import reader_or_none
from api.sessions import SIGN_IN_PATH, safe_next, see_other
from callbacks import formats
from callbacks.context import Context
from callbacks.words import COOKIE, Language, Words, requested
from geodata.db import reading
from geodata.errors import SourceUnavailableError
from pages.document import theme
from services import areas, silhouette
from services.rights import Reader, Role

GROUND_PATH = f"{SIGN_IN_PATH}/ground.svg"
GROUND_S = 3_600
"""How long the drawing behind the form is kept: roads change with an import only."""
EMPTY = '<svg xmlns="http://www.w3.org/2000/svg"/>'
ACCOUNTS_FILE = "demo-accounts.json"
YEAR_S = 365 * 86_400
REFUSALS = frozenset({"wrong", "locked", "busy"})
PASSER_BY = Reader(0, "", "", Role.CITIZEN, "")
"""Somebody not signed in: knows the district's name at most."""


def create_blueprint(context: Context) -> Blueprint:
    """Build the route; the form goes to the interface that opens sessions."""
    blueprint = Blueprint("login", __name__, template_folder="templates")

    @blueprint.get(SIGN_IN_PATH)
    def sign_in() -> Response:
        then = safe_next(request.args.get("next", "/"))
        if reader_or_none() and "expired" not in request.args:
            return see_other(then)
        words = requested()
        settings = context.settings
        page = render_template(
            "login.html",
            words=words,
            theme=theme(),
            next=then,
            place=_place(context),
            notice=_notice(request.args, words),
            other=Language.EN if words.language is Language.ZH else Language.ZH,
            query=_query(then),
            accounts=str(settings.data_dir / ACCOUNTS_FILE) if settings.demo else "",
        )
        answer = Response(page)
        answer.headers["Cache-Control"] = "no-store"
        if "lang" in request.args:
            answer.set_cookie(COOKIE, words.language, max_age=YEAR_S, samesite="Lax")
        return answer

    @blueprint.get(GROUND_PATH)
    def ground() -> Response:
        drawing: str = context.cache.get("login-ground") or ""
        if not drawing:
            drawing = _drawing(context)
            context.cache.set("login-ground", drawing, timeout=GROUND_S)
        answer = Response(drawing, mimetype="image/svg+xml")
        answer.headers["Cache-Control"] = f"public, max-age={GROUND_S}"
        return answer

    return blueprint


def _drawing(context: Context) -> str:
    with reading(context.pool) as conn:
        drawing = silhouette.streets(conn)
    return render_template("ground.svg", drawing=drawing) if drawing else EMPTY


def _notice(arguments: MultiDict[str, str], words: Words) -> str:
    refused = arguments.get("refused", "")
    if refused == "locked" and arguments.get("until"):
        try:
            until = datetime.fromisoformat(arguments["until"].replace(" ", "+"))
        except ValueError:
            return words("login.wrong")
        return words("login.locked", until=f"{formats.local(until):%H:%M}")
    if refused in REFUSALS:
        return words(f"login.{refused}" if refused != "locked" else "login.locked_now")
    return words("login.expired") if "expired" in arguments else ""


def _place(context: Context) -> str:
    try:
        with reading(context.pool) as conn:
            return areas.name(conn, PASSER_BY)
    except SourceUnavailableError:
        return ""


def _query(then: str) -> dict[str, str]:
    return {"next": then} if then != "/" else {}
