"""The administration of accounts and their tokens, and the audit trail. Who may do which is decided in the services."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from flask import request
from msgspec import Meta, Struct

from api import parameters
from api.context import Context
from api.identity import current_caller, current_reader
from api.routes import Link, Route, body, next_link
from geodata.db import reading
from services import accounts, administration, audit, tokens
from services.rights import Role

ACTION = parameters.text("action", 40, "Only this kind of act, as `sign_in` or `unmask`.")
USERNAME = parameters.text("username", 32, "Only acts of this account.")
START = parameters.instant("start", "From this instant.")
END = parameters.instant("end", "Before this instant.")
SUCCESS = parameters.one_of("success", ("true", "false"), "Only what was allowed, or only what was refused.")
BEFORE = parameters.integer("before_id", 1, 2**63 - 1, "Continue behind this line.")


class NewAccount(Struct, forbid_unknown_fields=True):
    """An account to create. Without a password it is used with tokens only."""

    username: str
    display_name: str
    password: str | None = None


class AccountChange(Struct, forbid_unknown_fields=True):
    """What changes of an account; what is left out stays."""

    display_name: str | None = None
    password: str | None = None
    active: bool | None = None
    unlock: bool = False


class Rights(Struct, forbid_unknown_fields=True):
    """Role and area scope: a code prefix of 6, 9, 12 or 15 digits, empty for everything."""

    role: Role
    scope: str


class TokenRequest(Struct, forbid_unknown_fields=True):
    """A token to make: who uses it, and for how many days."""

    note: str
    days: Annotated[int, Meta(ge=1, le=400)] = 90


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Accounts by username."""

    items: list[accounts.Account]
    links: list[Link]


@dataclass(frozen=True, slots=True)
class TokenList:
    """Tokens of one account, without their text."""

    items: list[tokens.Token]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Lines of the audit trail, newest first."""

    items: list[audit.AuditRow]
    links: list[Link]


class Administration:
    """Views for the three administrators."""

    def __init__(self, context: Context) -> None:
        self._pool, self._book = context.pool, context.book

    def listing(self) -> AccountPage:
        """Accounts by username."""
        limit, offset = parameters.LIMIT.read(request.args), parameters.OFFSET.read(request.args)
        with reading(self._pool) as conn:
            items = administration.accounts(conn, current_reader(), limit=limit, offset=offset)
        return AccountPage(items, next_link(offset=offset + limit) if len(items) == limit else [])

    def create(self) -> accounts.Account:
        """Create an account."""
        new, caller = body(NewAccount), current_caller()
        with audit.attempt(self._pool, caller, "account_create", f"account/{new.username[:32]}") as conn:
            account = administration.create_account(conn, caller, new.username, new.display_name, new.password)
        self._book.refresh()
        return account

    def change(self, account_id: int) -> accounts.Account:
        """Rename, give a new password, unlock, activate or deactivate."""
        new, caller = body(AccountChange), current_caller()
        values = administration.Change(display_name=new.display_name, password=new.password, active=new.active, unlock=new.unlock)
        with audit.attempt(self._pool, caller, "account_change", f"account/{account_id}") as conn:
            account = administration.change_account(conn, caller, account_id, values)
        self._book.refresh()
        return account

    def set_rights(self, account_id: int) -> accounts.Account:
        """Give role and scope."""
        new, caller = body(Rights), current_caller()
        with audit.attempt(self._pool, caller, "rights_change", f"account/{account_id}") as conn:
            account = administration.set_rights(conn, caller, account_id, new.role, new.scope)
        self._book.refresh()
        return account

    def end_sessions(self, account_id: int) -> None:
        """End every session of an account."""
        caller = current_caller()
        with audit.attempt(self._pool, caller, "sessions_end", f"account/{account_id}") as conn:
            administration.end_sessions(conn, caller, account_id)
        self._book.refresh()

    def token_list(self, account_id: int) -> TokenList:
        """Tokens of an account."""
        caller = current_caller()
        with audit.attempt(self._pool, caller, "token_list", f"account/{account_id}") as conn:
            return TokenList(tokens.tokens(conn, caller, account_id))

    def create_token(self, account_id: int) -> tokens.NewToken:
        """Make a token; its text is told this once."""
        new, caller = body(TokenRequest), current_caller()
        with audit.attempt(self._pool, caller, "token_create", f"account/{account_id}") as conn:
            token = tokens.create_token(conn, caller, account_id, new.note, timedelta(days=new.days))
        self._book.refresh()
        return token

    def revoke_token(self, account_id: int, token_id: str) -> None:
        """Take a token back."""
        caller = current_caller()
        with audit.attempt(self._pool, caller, "token_revoke", f"account/{account_id}") as conn:
            tokens.revoke_token(conn, caller, account_id, token_id)
        self._book.refresh()

    def trail(self) -> AuditPage:
        """Lines of the audit trail."""
        arguments, caller = request.args, current_caller()
        success = SUCCESS.optional(arguments)
        query = audit.AuditQuery(
            action=ACTION.optional(arguments),
            username=USERNAME.optional(arguments),
            start=START.optional(arguments),
            end=END.optional(arguments),
            success=None if success is None else success == "true",
            before_id=BEFORE.optional(arguments),
            limit=parameters.LIMIT.read(arguments),
        )
        with audit.attempt(self._pool, caller, "audit_read", "audit") as conn:
            items = audit.read(conn, caller.reader, query)
        return AuditPage(items, next_link(before_id=items[-1].id) if len(items) == query.limit else [])

    def routes(self) -> Sequence[Route]:
        """Return what is served, and what OpenAPI says of it."""
        one = "/api/v1/accounts/{account_id}"
        return (
            Route(
                method="GET",
                path="/api/v1/accounts",
                view=self.listing,
                answer=AccountPage,
                parameters=(parameters.LIMIT, parameters.OFFSET),
                summary="Accounts, for the system and the security administrator",
            ),
            Route(
                method="POST",
                path="/api/v1/accounts",
                view=self.create,
                body=NewAccount,
                answer=accounts.Account,
                status=201,
                summary="Create an account that may read public layers only (system administrator)",
            ),
            Route(
                method="PATCH",
                path=one,
                view=self.change,
                body=AccountChange,
                answer=accounts.Account,
                summary="Rename, give a new password, unlock, activate or deactivate (system administrator)",
            ),
            Route(
                method="PUT",
                path=f"{one}/rights",
                view=self.set_rights,
                body=Rights,
                answer=accounts.Account,
                summary="Give role and area scope (security administrator)",
            ),
            Route(
                method="DELETE",
                path=f"{one}/sessions",
                view=self.end_sessions,
                summary="End every session (the account itself, system or security administrator)",
            ),
            Route(
                method="GET",
                path=f"{one}/tokens",
                view=self.token_list,
                answer=TokenList,
                summary="Tokens without their text (system or security administrator)",
            ),
            Route(
                method="POST",
                path=f"{one}/tokens",
                view=self.create_token,
                body=TokenRequest,
                answer=tokens.NewToken,
                status=201,
                summary="Make a token; its text is told this once (system administrator)",
            ),
            Route(
                method="DELETE",
                path=one + "/tokens/{token_id}",
                view=self.revoke_token,
                summary="Take a token back (system or security administrator)",
            ),
            Route(
                method="GET",
                path="/api/v1/audit",
                view=self.trail,
                answer=AuditPage,
                parameters=(ACTION, USERNAME, START, END, SUCCESS, BEFORE, parameters.LIMIT),
                summary="The audit trail, newest first (audit administrator)",
            ),
        )
