"""Who asks: the reader behind a session cookie or a Bearer token. One function for native ASGI paths and for Flask alike.

A session ends when nobody has touched the page for a while. Pages refresh themselves, so their scripts say with each request how long ago
the reader did something (`X-Idle-S`, assets/js/presence.js); what a page loads by itself (pictures, scripts) and open sockets tell nothing.
"""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from flask_login import UserMixin, current_user
from itsdangerous import BadSignature

from geodata.errors import NotSignedInError
from services.account_book import AccountBook
from services.audit import Caller
from services.rights import Reader, Role

COOKIE = "hall_session"
LIFETIME_S = 12 * 3600
IDLE_S = 30 * 60
KIOSK_LIFETIME_S = 400 * 24 * 3600
MEMO_SIZE = 4_096
IDLE_HEADER = "X-Idle-S"
"""Seconds since the reader's last act, as the page's scripts say; without it a request counts as an act."""
LOADED = frozenset({"audio", "font", "image", "manifest", "script", "sharedworker", "style", "track", "video", "worker"})
"""Sec-Fetch-Dest of what a page loads for itself."""
_COOKIE_PREFIX = COOKIE.encode() + b"="


@dataclass(frozen=True, slots=True)
class Session:
    """What a session cookie says; instants are seconds since 1970."""

    account_id: int
    epoch: int
    id: str
    started_s: float
    signed_s: float
    """When this copy of the cookie was written."""
    token: bytes | None
    """Digest of the kiosk token that opened it."""

    @property
    def ends_s(self) -> float:
        """When the cookie expires by itself."""
        return self.started_s + (KIOSK_LIFETIME_S if self.token else LIFETIME_S)


class Identity:
    """Readers of this process. Checking a known cookie or token costs some microseconds and no query."""

    def __init__(self, server: Flask, book: AccountBook, clock: Callable[[], float] = time.time) -> None:
        signer = SecureCookieSessionInterface().get_signing_serializer(server)
        if signer is None:
            raise ValueError("the server has no SECRET_KEY")
        self._signer, self._book, self._clock = signer, book, clock
        self._sessions: dict[str, Session] = {}
        self._seen: dict[str, float] = {}

    def reader_of(self, headers: Iterable[tuple[bytes, bytes]], *, active: bool = True) -> Reader | None:
        """Return who sends these ASGI headers (names in lower case), None for nobody known. `active`: the request may tell of an act.

        Raises:
            SourceUnavailableError: the accounts are not known.
        """
        cookie, authorization, idle, loaded = None, None, None, None
        for name, value in headers:
            if name == b"cookie":
                for part in value.split(b"; "):
                    if part.startswith(_COOKIE_PREFIX):
                        cookie = part[len(_COOKIE_PREFIX) :].decode("latin-1")
            elif name == b"authorization":
                authorization = value.decode("latin-1")
            elif name == b"x-idle-s":
                idle = value.decode("latin-1")
            elif name == b"sec-fetch-dest":
                loaded = value.decode("latin-1")
        return self.reader_from(cookie, authorization, idle_s(idle, loaded) if active else math.inf)

    def reader_from(self, cookie: str | None, authorization: str | None, idle_s: float = 0.0) -> Reader | None:
        """Return who sends this session cookie or Authorization header. A header that is wrong is not mended by a cookie. Same error.

        `idle_s`: so long ago the reader did something; infinite when the request does not tell.
        """
        now_s = self._clock()
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            return self._book.by_token(token.strip(), _instant(now_s)) if scheme.lower() == "bearer" else None
        session = self.session(cookie) if cookie else None
        if session is None or now_s >= session.ends_s:
            return None
        reader = self._book.by_session(session.account_id, session.epoch, session.id)
        if session.token is not None:
            owner = self._book.by_digest(session.token, _instant(now_s))
            return reader if reader and owner == reader and reader.role is Role.WALL else None
        if reader is None or now_s - max(session.signed_s, self._seen.get(session.id, 0.0)) > IDLE_S:
            return None
        self._note(session.id, now_s - idle_s)
        return reader

    def session(self, cookie: str) -> Session | None:
        """Return what a cookie says when its signature is ours; whether the session still counts is another question."""
        known = self._sessions.get(cookie)
        if known:
            return known
        try:
            payload, signed_at = self._signer.loads(cookie, max_age=KIOSK_LIFETIME_S, return_timestamp=True)
        except BadSignature:
            return None
        if not isinstance(payload, dict) or not payload.keys() >= {"_user_id", "sid", "at"}:
            return None
        account_id, _, epoch = str(payload["_user_id"]).partition(".")
        token = bytes.fromhex(payload["token"]) if "token" in payload else None
        session = Session(int(account_id), int(epoch), payload["sid"], payload["at"], signed_at.timestamp(), token)
        if len(self._sessions) >= MEMO_SIZE:
            self._sessions.clear()
        self._sessions[cookie] = session
        return session

    def _note(self, session_id: str, now_s: float) -> None:
        if math.isinf(now_s):
            return
        if len(self._seen) >= MEMO_SIZE:
            self._seen = {key: at_s for key, at_s in self._seen.items() if now_s - at_s <= IDLE_S}
        self._seen[session_id] = max(now_s, self._seen.get(session_id, 0.0))


def idle_s(said: str | None, loaded: str | None) -> float:
    """Return how long ago the reader did something, by the headers X-Idle-S and Sec-Fetch-Dest; infinite when the request does not tell."""
    if loaded in LOADED:
        return math.inf
    try:
        seconds = float(said) if said else 0.0
    except ValueError:
        return 0.0
    return seconds if seconds >= 0 else 0.0


class SignedIn(UserMixin):  # type: ignore[misc] # Flask-Login is not typed
    """What Flask-Login keeps of a reader: the session is bound to the epoch, so raising it ends every session of the account."""

    def __init__(self, reader: Reader, epoch: int) -> None:
        self.reader = reader
        self.id = f"{reader.account_id}.{epoch}"


def reader_or_none() -> Reader | None:
    """Return who sent the current Flask request, None for nobody known.

    Raises:
        SourceUnavailableError: the accounts are not known.
    """
    return current_user.reader if current_user.is_authenticated else None


def current_reader() -> Reader:
    """Return who sent the current Flask request.

    Raises:
        NotSignedInError: nobody known.
        SourceUnavailableError: the accounts are not known.
    """
    reader = reader_or_none()
    if reader is None:
        raise NotSignedInError("no valid session or token")
    return reader


def current_caller() -> Caller:
    """Return who sent the current Flask request, from where and when. Same errors."""
    return Caller(reader=current_reader(), address=address(), now=datetime.now(UTC))


def address() -> str | None:
    """Return the network address that the current Flask request came from; None when there is none, as over a unix socket."""
    try:
        return str(ip_address(request.remote_addr or ""))
    except ValueError:
        return None


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
