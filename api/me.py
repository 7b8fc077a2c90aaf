"""Signing in and out, and what the reader is and may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from flask import Response, g, request
from flask_limiter import Limiter, RequestLimit
from msgspec import Meta, Struct

from api.context import Context
from api.identity import COOKIE, IDLE_S, address, current_caller, current_reader
from api.routes import Route, as_json, body
from api.sessions import SIGN_IN_PATH, Sessions, safe_next, see_other
from geodata.db import writing
from geodata.errors import InvalidInputError, NotSignedInError
from layers.registry import LAYERS
from services import accounts
from services.audit import attempt
from services.element import visible
from services.rights import MAY_EXPORT, MAY_SEE_RESTRICTED, MAY_UNMASK, Reader

FAILURES_PER_ADDRESS = "30 per minute"


class Credentials(Struct, forbid_unknown_fields=True):
    """Name and password."""

    username: Annotated[str, Meta(max_length=64)]
    password: Annotated[str, Meta(max_length=256)]


class NewPassword(Struct, forbid_unknown_fields=True):
    """The old password and the new one."""

    old: Annotated[str, Meta(max_length=256)]
    new: Annotated[str, Meta(max_length=256)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who is signed in, and what that allows."""

    username: str
    display_name: str
    role: str
    scope: str
    """Area code prefix; empty is everything."""
    layers: list[str]
    may_export: bool
    may_unmask: bool
    may_see_restricted: bool
    session_ends_at: datetime | None
    """None for a token."""
    idle_after_s: int | None


class SessionViews:
    """Views about the reader's own session and account."""

    def __init__(self, context: Context, sessions: Sessions, limiter: Limiter) -> None:
        self._context, self._sessions, self._limiter = context, sessions, limiter

    def sign_in(self) -> Response:
        """Open a session from JSON or from a form; a form is sent on to a page, whatever comes of it."""
        by_form = request.mimetype != "application/json"
        given = body(Credentials) if not by_form else _from_form()
        with writing(self._context.pool) as conn:
            result = accounts.sign_in(conn, given.username, given.password, datetime.now(UTC), address())
        if result.account is None:
            g.sign_in_failed = True
            if by_form:
                return _back_to_form(str(result.refusal), result.locked_until)
            until = f" until {result.locked_until:%Y-%m-%dT%H:%M:%SZ}" if result.locked_until else ""
            raise NotSignedInError(f"locked{until}" if until else "wrong username or password")
        reader = result.account.reader()
        self._sessions.begin(reader, result.account.epoch)
        return see_other(safe_next(request.form.get("next", "/"))) if by_form else as_json(self._me(reader))

    def sign_out(self) -> None:
        """End the session for good."""
        self._sessions.end()

    def me(self) -> Me:
        """Say who is signed in."""
        return self._me(current_reader())

    def change_password(self) -> None:
        """Replace the own password; every session of the account ends."""
        given, caller = body(NewPassword), current_caller()
        with attempt(self._context.pool, caller, "password_change", f"account/{caller.reader.account_id}") as conn:
            accounts.change_own_password(conn, caller, given.old, given.new)
        self._context.book.refresh()

    def _me(self, reader: Reader) -> Me:
        known = self._context.identity.session(request.cookies.get(COOKIE, ""))
        return Me(
            username=reader.username,
            display_name=reader.display_name,
            role=reader.role,
            scope=reader.scope,
            layers=[layer.key for layer in visible(LAYERS, reader)],
            may_export=reader.role in MAY_EXPORT,
            may_unmask=reader.role in MAY_UNMASK,
            may_see_restricted=reader.role in MAY_SEE_RESTRICTED,
            session_ends_at=datetime.fromtimestamp(known.ends_s, UTC) if known else None,
            idle_after_s=IDLE_S if known and not known.token else None,
        )

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        limited = self._limiter.limit(
            FAILURES_PER_ADDRESS,
            deduct_when=lambda _: g.get("sign_in_failed", False),
            on_breach=_too_many,
        )(self.sign_in)
        return (
            Route(
                method="POST",
                path="/api/v1/session",
                view=limited,
                body=Credentials,
                answer=Me,
                public=True,
                summary="Sign in; a form may be posted as well, with `next`",
            ),
            Route(method="DELETE", path="/api/v1/session", view=self.sign_out, summary="Sign out"),
            Route(method="GET", path="/api/v1/me", view=self.me, answer=Me, summary="Who is signed in, and what that allows"),
            Route(
                method="PUT",
                path="/api/v1/me/password",
                view=self.change_password,
                body=NewPassword,
                summary="Change the own password; every session ends",
            ),
        )


def _from_form() -> Credentials:
    try:
        return Credentials(request.form["username"].strip()[:64], request.form["password"][:256])
    except KeyError:
        raise InvalidInputError("username and password are needed") from None


def _back_to_form(refusal: str, locked_until: datetime | None) -> Response:
    query = {"refused": refusal, "next": safe_next(request.form.get("next", "/"))}
    if locked_until:
        query["until"] = locked_until.astimezone(UTC).isoformat(timespec="seconds")
    return see_other(f"{SIGN_IN_PATH}?{urlencode(query)}")


def _too_many(_limit: RequestLimit) -> Response | None:
    return None if request.mimetype == "application/json" else _back_to_form("busy", None)
