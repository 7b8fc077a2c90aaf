"""What every source of pictures can do, whatever platform stands behind it. Addresses and handles here stay on the server."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from geodata.errors import HallError
from services.catalogue_entry import Entry

Profile = Literal["sub", "main"]
PullKind = Literal["rtsp", "http_fmp4", "ws_fmp4", "flv", "hls"]
Verb = Literal["pause", "resume", "seek", "speed", "stop"]
Turn = Literal["left", "right", "up", "down", "zoom_in", "zoom_out", "stop"]


class SourceError(HallError):
    """The source cannot give what was asked. `reason` is one of hall.camera_health.failure, the message holds no address and no secret."""

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message or reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """Where one picture is fetched. Never shown, never logged: the address may hold a password."""

    url: str = field(repr=False)
    kind: PullKind
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Interval:
    """Recorded time, in UTC, as the source's own clock has it. `handle` is what the source wants to be told to play it, if anything."""

    start: datetime
    end: datetime
    handle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A playback that the source keeps open until it is told to stop. It may end before the window does: then another one goes on at `until`."""

    pull: Pull
    id: str
    until: datetime | None = None


class Source(Protocol):
    """A platform, or a plain set of cameras. What one kind cannot do raises SourceError('unsupported')."""

    async def live(self, ref: str, profile: Profile) -> Pull:
        """Return where the running picture is fetched; the source may start it for that."""
        ...

    async def recordings(self, ref: str, start: datetime, end: datetime) -> list[Interval]:
        """Return what the source has recorded of this window, in order of time."""
        ...

    async def playback(self, ref: str, start: datetime, end: datetime) -> Session:
        """Begin to play a recorded window."""
        ...

    async def control(self, session: Session, verb: Verb, value: float | None = None) -> None:
        """Pause, resume, seek (seconds into the window), change the speed, or stop a playback."""
        ...

    async def snapshot(self, ref: str) -> bytes:
        """Return a picture (JPEG) that the source makes itself."""
        ...

    def catalogue(self, since: datetime | None) -> AsyncIterator[Entry]:
        """Go through the cameras and the tree above them; `since` leaves out what has not changed, where the source can tell."""
        ...

    async def ptz(self, ref: str, action: Turn, speed: int) -> None:
        """Turn the camera; speed is 1 to 9."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
