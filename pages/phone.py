"""The phone page of a worker: a small document of its own beside Dash, its manifest, and the service worker that lets it start without a connection.

The document holds no data: whoever opens it sees the sign-in form that its scripts draw. Scripts and styles carry a digest in their address, so a
phone fetches each of them once.
"""

import hashlib
import json

from flask import Blueprint, Response, render_template, request

from api.sessions import PHONE_PATH
from callbacks.words import COOKIE, Language, Words, requested, words
from pages.addresses import ASSETS, address
from pages.document import THEME_COOKIE, THEMES

FOLDER = "m"
STYLES = ("css/tokens.css", "m/phone.css")
ICONS = ("m/icon-192.png", "m/icon-512.png", "m/icon-mask-512.png")
PREFIX = "phone."
"""Texts of this page."""
SHARED = ("language.", "live.", "login.", "search.nothing", "state.")
"""Beginnings of texts that the page has in common with others."""
LIBRARY = ("/assets/vendor/maplibre-gl/maplibre-gl.mjs", "/assets/vendor/maplibre-gl/maplibre-gl-worker.mjs")
"""Of the map, as assets/m/map.js names them."""
YEAR_S = 365 * 86_400


def create_blueprint() -> Blueprint:
    """Build the routes."""
    blueprint = Blueprint("phone", __name__, template_folder="templates")

    @blueprint.get(PHONE_PATH)
    def phone() -> Response:
        spoken, theme = requested(), _theme()
        page = render_template(
            "phone.html",
            words=spoken,
            theme=theme,
            texts=json.dumps({language.value: _texts(words(language)) for language in Language}, ensure_ascii=False).replace(
                "<", "\\u003c"
            ),
            styles=[address(name) for name in STYLES],
            modules={f"/assets/{name}": address(name) for name in _modules()},
            icon=address(ICONS[0]),
        )
        answer = Response(page)
        answer.headers["Cache-Control"] = "no-cache"
        answer.set_etag(hashlib.sha256(page.encode()).hexdigest()[:16])
        if "lang" in request.args:
            answer.set_cookie(COOKIE, spoken.language, max_age=YEAR_S, samesite="Lax")
        answer.vary.add("Cookie")
        answer.make_conditional(request)
        return answer

    @blueprint.get(f"{PHONE_PATH}manifest.webmanifest")
    def manifest() -> Response:
        answer = Response(json.dumps(_manifest(requested()), ensure_ascii=False), mimetype="application/manifest+json")
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    @blueprint.get(f"{PHONE_PATH}sw.js")
    def worker() -> Response:
        files = [*(address(name) for name in (*STYLES, *_modules(), ICONS[0])), "/fonts/fonts.css"]
        version = hashlib.sha256("".join((*files, *(_texts_digest(language) for language in Language))).encode()).hexdigest()[:12]
        told = json.dumps({"version": version, "files": files, "later": LIBRARY, "page": PHONE_PATH})
        script = f"const SHELL = {told};\n{(ASSETS / FOLDER / 'worker.js').read_text(encoding='utf-8')}"
        answer = Response(script, mimetype="text/javascript")
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    return blueprint


def _manifest(spoken: Words) -> dict[str, object]:
    return {
        "id": PHONE_PATH,
        "name": spoken("phone.app"),
        "short_name": spoken("phone.app_short"),
        "lang": spoken.html_lang,
        "start_url": PHONE_PATH,
        "scope": PHONE_PATH,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#f4f7fb",
        "theme_color": "#ffffff",
        "icons": [
            {"src": address(ICONS[0]), "sizes": "192x192", "type": "image/png"},
            {"src": address(ICONS[1]), "sizes": "512x512", "type": "image/png"},
            {"src": address(ICONS[2]), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
        ],
    }


def _theme() -> str:
    """Return the theme that the reader chose last. Streets are bright: light when none."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "light"


def _modules() -> list[str]:
    """Return the page's scripts; the service worker is none of them."""
    return [f"{FOLDER}/{path.name}" for path in sorted((ASSETS / FOLDER).glob("*.js")) if path.name != "worker.js"]


def _texts(spoken: Words) -> dict[str, str]:
    return {key: text for key, text in spoken.catalogue.items() if key.startswith((PREFIX, *SHARED))}


def _texts_digest(language: Language) -> str:
    return hashlib.sha256(json.dumps(_texts(words(language)), ensure_ascii=False).encode()).hexdigest()
