"""MediaMTX: streams by path. A reference `path=rtsp://…` names where the server pulls from; the path is added when it is not there."""

import base64
import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from media.sources.base import Interval, Profile, Pull, Session, SourceError, Turn, Verb
from media.sources.instants import from_plain, zone_of
from media.sources.platform import Platform, number, rows, text, whole
from services.catalogue_entry import Entry

PAGE = 500
MOST_PAGES = 100
RTSP_PORT, PLAYBACK_PORT = 8554, 9996
PATH = re.compile(r"[\w.~\-/]{1,200}")


class MediaMtxSource:
    """One server. `options`: rtsp_port, playback_url. Its recordings come by HTTP from a port of their own."""

    def __init__(
        self,
        platform: Platform,
        base_url: str,
        *,
        playback: Platform,
        username: str = "",
        password: str = "",
        timezone: str = "Asia/Shanghai",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        options = options or {}
        self._platform, self._playback, self._zone = platform, playback, zone_of(timezone)
        host = urlsplit(base_url).hostname or ""
        login = f"{quote(username, safe='')}:{quote(password, safe='')}@" if username else ""
        self._rtsp = f"rtsp://{login}{host}:{int(options.get('rtsp_port', RTSP_PORT))}"
        self._playback_url = playback_url(base_url, options)
        signed = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {signed}"} if username else {}

    async def live(self, ref: str, profile: Profile) -> Pull:  # noqa: ARG002 - the small stream is a reference of its own
        """Return where the path is read; one that is not there is added when we know where it comes from."""
        name, origin = parts_of(ref)
        if origin:
            await self._add(name, origin)
        return Pull(url=f"{self._rtsp}/{name}", kind="rtsp")

    async def recordings(self, ref: str, start: datetime, end: datetime) -> list[Interval]:
        """Return what the server has recorded of the window."""
        name, _ = parts_of(ref)
        asked = {"path": name, "start": start.isoformat(), "end": end.isoformat()}
        try:
            found = rows(await self._playback.json("/list", asked, headers=self._headers))
        except SourceError as error:
            if error.reason == "not_found":  # how the server says that there is nothing
                return []
            raise
        intervals = []
        for row in found:
            seconds = number(row.get("duration"))
            if seconds and 0 < seconds < 32 * 86_400:
                at = from_plain(row.get("start"), self._zone)
                intervals.append(Interval(at, at + timedelta(seconds=seconds)))
        return sorted((one for one in intervals if one.end > start and one.start < end), key=lambda one: one.start)

    async def playback(self, ref: str, start: datetime, end: datetime) -> Session:
        """Return the window as one file that is written while it is read. To seek, ask for another window."""
        name, _ = parts_of(ref)
        if not await self.recordings(ref, start, end):
            raise SourceError("no_video", "nothing is recorded at this time")
        seconds = (end - start).total_seconds()
        asked = f"path={quote(name, safe='')}&start={quote(start.isoformat(), safe='')}&duration={seconds:g}&format=fmp4"
        return Session(pull=Pull(url=f"{self._playback_url}/get?{asked}", kind="http_fmp4", headers=self._headers), id=name)

    async def control(self, session: Session, verb: Verb, value: float | None = None) -> None:  # noqa: ARG002 - the server keeps no sessions
        """Stop has nothing to do; everything else needs another window."""
        if verb != "stop":
            raise SourceError("unsupported", "this server plays windows: ask for another one")

    async def snapshot(self, ref: str) -> bytes:  # noqa: ARG002 - refused whatever is asked
        """Raise SourceError: the gateway takes its own pictures from the stream."""
        raise SourceError("unsupported", "this server makes no pictures")

    async def catalogue(self, since: datetime | None) -> AsyncIterator[Entry]:
        """Go through the paths that the server knows now."""
        del since
        for page in range(MOST_PAGES):
            answer = await self._platform.json("/v3/paths/list", {"page": page, "itemsPerPage": PAGE}, headers=self._headers)
            found = rows(answer.get("items") if isinstance(answer, dict) else None)
            for row in found:
                name = text(row.get("name"))
                if PATH.fullmatch(name):
                    yield Entry(gb_id=name, kind="camera", name=name, ref=name, online=row.get("ready") is True)
            pages = whole(answer.get("pageCount"))
            if not found or (pages is not None and page + 1 >= pages):
                return

    async def ptz(self, ref: str, action: Turn, speed: int) -> None:  # noqa: ARG002 - refused whatever is asked
        """Raise SourceError: a media server turns no cameras."""
        raise SourceError("unsupported", "a media server turns no cameras")

    async def close(self) -> None:
        """Give back connections."""
        await self._platform.close()
        await self._playback.close()

    async def _add(self, name: str, origin: str) -> None:
        known = f"/v3/config/paths/get/{quote(name, safe='')}"
        try:
            await self._platform.json(known, headers=self._headers)
        except SourceError as error:
            if error.reason != "not_found":
                raise
            wanted = {"source": origin, "sourceOnDemand": True}
            path = f"/v3/config/paths/add/{quote(name, safe='')}"
            await self._platform.json(path, headers=self._headers, method="POST", body=wanted)


def playback_url(base_url: str, options: Mapping[str, Any]) -> str:
    """Return where recordings are asked for: as set, else the usual port of the same host."""
    parts = urlsplit(base_url)
    return str(options.get("playback_url") or f"{parts.scheme or 'http'}://{parts.hostname}:{PLAYBACK_PORT}").rstrip("/")


def parts_of(ref: str) -> tuple[str, str]:
    """Return path and origin (or "") of a reference.

    Raises:
        SourceError: not_found, when it is no such reference.
    """
    name, _, origin = ref.partition("=")
    if (
        not PATH.fullmatch(name)
        or ".." in name
        or name.startswith("/")
        or (origin and not origin.startswith(("rtsp://", "rtsps://", "rtmp://")))
    ):
        raise SourceError("not_found", "the reference is no path of the server")
    return name, origin
