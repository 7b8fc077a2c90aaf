"""HTTP to a platform: bounded in time and size, every failure a SourceError without address or secret, and a breaker so that a dead one costs nothing."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from media.sources.base import SourceError

TIMEOUT_S = 8.0
CONNECT_S = 3.0
LARGEST_BYTES = 16 * 2**20
FAILURES = 3
PAUSE_S = 30.0
STATUS_REASONS = {401: "unauthorized", 403: "unauthorized", 404: "not_found"}


class Breaker:
    """After some failures in a row a platform is left alone for a while; then one call may try again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, failures: int = FAILURES, pause_s: float = PAUSE_S) -> None:
        self._clock, self._most, self._pause_s = clock, failures, pause_s
        self._failed, self._until = 0, 0.0

    def check(self) -> None:
        """Pass, or refuse at once.

        Raises:
            SourceError: unreachable, while the platform is left alone.
        """
        left_s = self._until - self._clock()
        if self._failed >= self._most and left_s > 0:
            raise SourceError("unreachable", f"the platform did not answer; it is asked again in {left_s:.0f} s")

    def note(self, *, well: bool) -> None:
        """Count a call that was answered or not."""
        self._failed = 0 if well else self._failed + 1
        if self._failed >= self._most:
            self._until = self._clock() + self._pause_s


class Platform:
    """One base address. The session is opened at the first call, in the loop that makes it."""

    def __init__(self, base_url: str, *, timeout_s: float = TIMEOUT_S, breaker: Breaker | None = None) -> None:
        self._base = base_url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, connect=min(CONNECT_S, timeout_s))
        self._breaker = breaker or Breaker()
        self._session: aiohttp.ClientSession | None = None

    async def fetch(
        self,
        path: str,
        params: Mapping[str, str | int | float] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: Mapping[str, Any] | None = None,
    ) -> tuple[bytes, str]:
        """Return the body and its media type.

        Raises:
            SourceError: timeout, unreachable, unauthorized, not_found, or refused with the status.
        """
        self._breaker.check()
        try:
            content, media_type, status = await self._ask(method, path, params, headers, body)
        except TimeoutError:
            self._breaker.note(well=False)
            raise SourceError("timeout", "the platform did not answer in time") from None
        except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:
            self._breaker.note(well=False)
            raise SourceError("unreachable", f"the platform cannot be reached ({type(error).__name__})") from None
        self._breaker.note(well=status < 500)
        if status >= 400:
            raise SourceError(STATUS_REASONS.get(status, "refused"), f"the platform answers with HTTP status {status}")
        return content, media_type

    async def json(
        self,
        path: str,
        params: Mapping[str, str | int | float] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return what the platform answers as JSON. Same errors; refused as well when it is no JSON."""
        content, _ = await self.fetch(path, params, headers=headers, method=method, body=body)
        try:
            return json.loads(content) if content else None
        except (ValueError, RecursionError):
            raise SourceError("refused", "the platform answers with something that is not JSON") from None

    async def close(self) -> None:
        """Give back connections."""
        if self._session:
            await self._session.close()
            self._session = None

    async def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int | float] | None,
        headers: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
    ) -> tuple[bytes, str, int]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        url = URL(self._base + path)
        if url.scheme not in ("http", "https") or not url.host:
            raise SourceError("unreachable", "the platform's address is not an http address")
        # redirects are not followed: a secret must not travel to another host
        asked = self._session.request(method, url, params=params, headers=headers, json=body, allow_redirects=False)
        async with asked as answer:
            content = await answer.content.read(LARGEST_BYTES + 1)
            while not answer.content.at_eof() and len(content) <= LARGEST_BYTES:
                content += await answer.content.read(LARGEST_BYTES + 1 - len(content))
            if len(content) > LARGEST_BYTES:
                raise SourceError("refused", "the platform's answer is too large")
            return content, answer.content_type, answer.status


def text(value: object, longest: int = 200) -> str:
    """Return what a platform wrote as one short clean text, empty for nothing."""
    return "" if value is None else "".join(character for character in str(value) if character.isprintable()).strip()[:longest]


def number(value: object) -> float | None:
    """Return a finite number, None for what is none."""
    try:
        read = float(str(value))
    except ValueError:
        return None
    return read if abs(read) < 1e15 else None


def whole(value: object) -> int | None:
    """Return a whole number, None for what is none."""
    read = number(value)
    return int(read) if read is not None else None


def rows(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list.

    Raises:
        SourceError: refused, when it is no list.
    """
    if not isinstance(value, list):
        raise SourceError("refused", "the platform answers without the list that was asked for")
    return [one for one in value if isinstance(one, dict)]
