"""Sessions over HTTP: the cookie, who may open one and how it ends, and the guard against requests from other origins."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from urllib.parse import urlencode, urlsplit

from flask import Flask, Request, Response, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, login_user, logout_user
from werkzeug.exceptions import Forbidden

from api.identity import COOKIE, IDLE_HEADER, KIOSK_LIFETIME_S, Identity, SignedIn, address, current_caller, idle_s, reader_or_none
from geodata.credentials import token_digest
from geodata.db import Pool, writing
from geodata.errors import NotAllowedError, NotSignedInError
from geodata.secret_key import secret_key
from geodata.settings import Settings
from services import accounts
from services.account_book import AccountBook
from services.audit import Act, Caller, attempt, record
from services.rights import Reader, Role

REWRITE_S = 300
"""A cookie older than this is written anew, so that its age tells how long its owner has been away."""
ACT_S = 60
"""Only a request that tells of an act within this time makes the cookie young again."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_IN_PATH = "/login"
KIOSK_PATH = "/wall"
PHONE_PATH = "/m/"
"""The page of workers signs in by itself: it starts without a connection, too."""
OPEN_PATHS = (
    SIGN_IN_PATH,
    PHONE_PATH,
    "/assets/",
    "/fonts/",
    "/_dash",
    "/_favicon",
    "/_reload",
    "/api/",
    "/ogc",
    "/open311/",
    "/healthz",
    "/metrics",
)
"""Paths that look after themselves or hold nothing of the district; every other one sends a stranger to the sign-in page."""


class SessionCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, marked Secure whenever the reader came by https."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask hands it over
        """Tell whether the cookie may only travel over https."""
        return request.is_secure or request.headers.get("X-Forwarded-Proto", "") == "https"


class Sessions:
    """Opens and ends the sessions of one Flask server."""

    def __init__(self, identity: Identity, book: AccountBook, pool: Pool) -> None:
        self._identity, self._book, self._pool = identity, book, pool

    def begin(self, reader: Reader, epoch: int, *, kiosk_token: str = "") -> None:
        """Sign the reader in on the current request; a kiosk's session lives and dies with its token."""
        session.clear()
        login_user(SignedIn(reader, epoch))
        session["sid"], session["at"] = token_urlsafe(16), int(datetime.now(UTC).timestamp())
        if kiosk_token:
            session["token"] = token_digest(kiosk_token).hex()
        session.permanent = bool(kiosk_token)
        if self._book.epoch(reader.account_id) != epoch:
            self._book.refresh()

    def end(self) -> None:
        """Sign the current reader out for good; without a session there is nothing to do.

        Raises:
            NotSignedInError: nobody is signed in.
            SourceUnavailableError: the database does not answer.
        """
        caller, known = current_caller(), self._identity.session(request.cookies.get(COOKIE, ""))
        if known is None:
            return
        with writing(self._pool) as conn:
            accounts.sign_out(conn, caller, known.id, datetime.fromtimestamp(known.ends_s, UTC))
        self._book.refresh()
        logout_user()
        session.clear()

    def open_kiosk(self) -> Response:
        """Exchange the wall's token in the address for a session, and take the token out of the address.

        Raises:
            NotSignedInError: the token is unknown or over.
            NotAllowedError: it is not a wall's.
        """
        token, now = request.args["token"], datetime.now(UTC)
        reader = self._book.by_token(token, now)
        if reader is None:
            raise NotSignedInError("this token is not valid")
        caller = Caller(reader=reader, address=address(), now=now)
        with attempt(self._pool, caller, "kiosk_open", f"account/{reader.account_id}") as conn:
            if reader.role is not Role.WALL:
                raise NotAllowedError("only the token of a wall opens a kiosk; programs send theirs in a header")
            record(conn, caller, Act(action="kiosk_open", object=f"account/{reader.account_id}"))
        self.begin(reader, self._book.epoch(reader.account_id), kiosk_token=token)
        rest = [(key, value) for key, value in request.args.items(multi=True) if key != "token"]
        return see_other(f"{KIOSK_PATH}?{urlencode(rest)}" if rest else KIOSK_PATH)


def install(server: Flask, book: AccountBook, pool: Pool, settings: Settings) -> tuple[Identity, Sessions]:
    """Give the server its session key, cookie rules and guards."""
    server.secret_key = secret_key(settings)
    server.session_interface = SessionCookie()
    server.config.update(
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=KIOSK_LIFETIME_S),
        REMEMBER_COOKIE_NAME="hall_remember",
    )
    identity = Identity(server, book)
    sessions = Sessions(identity, book, pool)
    login = LoginManager(server)
    # Its digest of address and browser is not checked on the native paths, and costs more than it protects behind a proxy.
    login.session_protection = None

    @login.request_loader  # type: ignore[untyped-decorator] # Flask-Login is not typed
    def load(current: Request) -> SignedIn | None:
        reader = identity.reader_from(current.cookies.get(COOKIE), current.headers.get("Authorization"), _idle_s(current))
        return SignedIn(reader, book.epoch(reader.account_id)) if reader else None

    server.before_request(guard(sessions))
    server.after_request(finish(identity))
    return identity, sessions


def guard(sessions: Sessions) -> Callable[[], Response | None]:
    """Refuse forged requests, open kiosks, and send strangers to the sign-in page."""

    def check() -> Response | None:
        if forged(request):
            raise Forbidden("a request that changes something must come from our own pages or carry a token")
        if request.path == KIOSK_PATH and request.args.get("token"):
            return sessions.open_kiosk()
        open_to_all = request.path.startswith(OPEN_PATHS) or request.path == PHONE_PATH.rstrip("/")
        if request.method in SAFE_METHODS and not open_to_all and reader_or_none() is None:
            return see_other(f"{SIGN_IN_PATH}?{urlencode({'next': request.full_path.rstrip('?')})}")
        return None

    return check


def finish(identity: Identity) -> Callable[[Response], Response]:
    """Keep a used session's cookie young, and forbid what browsers should not do with any answer."""

    def complete(response: Response) -> Response:
        known = identity.session(request.cookies.get(COOKIE, "")) if session.get("sid") else None
        old = known and datetime.now(UTC).timestamp() - known.signed_s > REWRITE_S
        if old and not session.modified and _idle_s(request) <= ACT_S and reader_or_none():
            session.modified = True
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response

    return complete


def _idle_s(current: Request) -> float:
    return idle_s(current.headers.get(IDLE_HEADER), current.headers.get("Sec-Fetch-Dest"))


def forged(current: Request) -> bool:
    """Whether a browser sent this on behalf of another site. Programs send neither header, and no foreign page can send a token."""
    if current.method in SAFE_METHODS or "Authorization" in current.headers:
        return False
    site = current.headers.get("Sec-Fetch-Site")
    if site:
        return site not in {"same-origin", "none"}
    origin = current.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != current.host


def safe_next(path: str) -> str:
    """Return a path of our own to go on to; anything else, as another site's address, becomes the map."""
    own = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if own else "/"


def see_other(location: str) -> Response:
    """Send the browser on with a GET."""
    answer = Response(status=303)
    answer.headers["Location"] = location
    answer.headers["Cache-Control"] = "no-store"
    return answer
