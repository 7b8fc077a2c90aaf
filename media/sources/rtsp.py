"""Plain RTSP cameras: a picture and nothing else. The reference is a path below the source's address, or a whole rtsp:// address."""

from collections.abc import AsyncIterator
from datetime import datetime
from urllib.parse import quote, urlsplit, urlunsplit

from media.sources.base import Interval, Profile, Pull, Session, SourceError, Turn, Verb
from services.catalogue_entry import Entry

SCHEMES = ("rtsp", "rtsps")


class RtspSource:
    """Cameras behind one address with one set of credentials, which are put in when the picture is fetched."""

    def __init__(self, base_url: str, username: str = "", password: str = "") -> None:
        self._base_url, self._username, self._password = base_url.rstrip("/"), username, password

    async def live(self, ref: str, profile: Profile) -> Pull:  # noqa: ARG002 - the caller knows which reference is the small stream
        """Return the address with its credentials.

        Raises:
            SourceError: not_found, when the reference is no RTSP address.
        """
        address = ref if "://" in ref else f"{self._base_url}/{ref.lstrip('/')}"
        parts = urlsplit(address)
        if parts.scheme not in SCHEMES or not parts.hostname or any(ord(character) < 33 for character in address):
            raise SourceError("not_found", "the reference of the stream is no RTSP address")
        host = parts.netloc.rpartition("@")[2]
        if not self._username:
            return Pull(url=address, kind="rtsp")
        signed_in = f"{quote(self._username, safe='')}:{quote(self._password, safe='')}@{host}"
        return Pull(url=urlunsplit(parts._replace(netloc=signed_in)), kind="rtsp")

    async def recordings(self, ref: str, start: datetime, end: datetime) -> list[Interval]:  # noqa: ARG002 - nothing is recorded there
        """Return nothing: a camera keeps no recordings for us."""
        return []

    async def playback(self, ref: str, start: datetime, end: datetime) -> Session:  # noqa: ARG002 - refused whatever is asked
        """Raise SourceError: a camera plays nothing back."""
        raise SourceError("unsupported", "a plain camera plays nothing back")

    async def control(self, session: Session, verb: Verb, value: float | None = None) -> None:  # noqa: ARG002 - same
        """Raise SourceError: there is no playback to control."""
        raise SourceError("unsupported", "there is no playback to control")

    async def snapshot(self, ref: str) -> bytes:  # noqa: ARG002 - same
        """Raise SourceError: the gateway takes its own pictures from the stream."""
        raise SourceError("unsupported", "a plain camera makes no pictures itself")

    def catalogue(self, since: datetime | None) -> AsyncIterator[Entry]:  # noqa: ARG002 - there is none
        """Go through nothing: such cameras are imported from a list."""
        return _nothing()

    async def ptz(self, ref: str, action: Turn, speed: int) -> None:  # noqa: ARG002 - same
        """Raise SourceError: plain RTSP cannot turn a camera."""
        raise SourceError("unsupported", "plain RTSP cannot turn a camera")

    async def close(self) -> None:
        """Nothing is open."""


async def _nothing() -> AsyncIterator[Entry]:
    nothing: tuple[Entry, ...] = ()
    for item in nothing:
        yield item
