"""Passwords and tokens: rules, argon2id hashes, digests. No database here; the caller stores what comes back."""

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geodata.errors import InvalidInputError

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 128
KINDS_NEEDED = 3

_hasher = PasswordHasher()
NO_PASSWORD = "$argon2id$v=19$m=65536,t=3,p=4$1paOYNmpl9R/zjymouUIug$ppdMgn/3vPJJ/+su8bqKbtqXBLSw7iaddTXQ5DKA9HQ"  # noqa: S105 - opens nothing
"""Hash of a text that nobody kept: verified where no account exists, so that every answer takes as long."""


def fresh_password(username: str) -> str:
    """Return a random password that keeps the rules."""
    while True:
        password = secrets.token_urlsafe(12)
        try:
            check_password(password, username)
        except InvalidInputError:
            continue
        return password


def check_password(password: str, username: str) -> None:
    """Check the rules of GB/T 22239 level 3: at least 10 characters of 3 of 4 kinds, and not the name.

    Raises:
        InvalidInputError: a rule is broken; the message says which one, never the password.
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise InvalidInputError(f"password: {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters are needed")
    kinds = {"lower" if c.islower() else "upper" if c.isupper() else "digit" if c.isdigit() else "other" for c in password}
    if len(kinds) < KINDS_NEEDED:
        raise InvalidInputError("password: three of lower case, upper case, digits and other characters are needed")
    if username.casefold() in password.casefold():
        raise InvalidInputError("password: it may not contain the username")


def hash_password(password: str) -> str:
    """Return the argon2id hash; takes some 50 ms and 64 MiB on purpose."""
    return _hasher.hash(password)


def password_matches(password_hash: str, password: str) -> bool:
    """Whether the password belongs to the hash; as slow as `hash_password`. False for a hash that cannot be read."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def new_token() -> tuple[str, bytes]:
    """Make an access token: the text for its owner, shown once, and the digest that is stored."""
    token = f"hall_{secrets.token_urlsafe(32)}"
    return token, token_digest(token)


def token_digest(token: str) -> bytes:
    """Return the SHA-256 digest under which a token is stored and looked up."""
    return hashlib.sha256(token.encode()).digest()
