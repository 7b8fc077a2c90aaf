"""ZLMediaKit: streams by app/stream. A reference `app/stream=rtsp://…` names where the server pulls from when nobody publishes the stream.

Play addresses carry a signature of ours, which the server asks us about through its hook on_play (media.hooks).
"""

import asyncio
import hashlib
import hmac
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from media.sources.base import Interval, Profile, Pull, Session, SourceError, Turn, Verb
from media.sources.instants import zone_of
from media.sources.platform import Platform, rows, text
from services.catalogue_entry import Entry

VHOST = "__defaultVhost__"
SEGMENT_S = 3_600
MOST_DAYS = 35
SIGNED_FOR_S = 60
RECORDED = "hall_record"
"""App under which recorded files are played."""
NAME = re.compile(r"[\w.\-]{1,120}")
FILE = re.compile(r"(\d{2})-(\d{2})-(\d{2})(?:-\d+)?\.mp4$")
APPEARS_S, LOOK_S = 8.0, 0.2


class ZlMediaKitSource:
    """One server. `options`: vhost, segment_s (length of its recorded files)."""

    def __init__(
        self,
        platform: Platform,
        base_url: str,
        secret: str,
        *,
        timezone: str = "Asia/Shanghai",
        options: Mapping[str, Any] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._platform, self._base, self._secret, self._clock = platform, base_url.rstrip("/"), secret, clock
        self._zone: ZoneInfo = zone_of(timezone)
        self._vhost = str((options or {}).get("vhost", VHOST))
        self._segment = timedelta(seconds=float((options or {}).get("segment_s", SEGMENT_S)))

    async def live(self, ref: str, profile: Profile) -> Pull:  # noqa: ARG002 - the small stream is a reference of its own
        """Return where the stream is read; the server is told to pull it when it is not there."""
        app, stream, origin = parts_of(ref)
        if not await self._online(app, stream):
            if not origin:
                raise SourceError("no_video", "nobody publishes this stream")
            await self.pull(app, stream, origin)
        return self._pull(app, stream)

    async def pull(self, app: str, stream: str, origin: str) -> None:
        """Have the server pull a stream from where it comes."""
        await self._ask("addStreamProxy", {"app": app, "stream": stream, "url": origin, "retry_count": 3, "timeout_sec": 8, "force": 1})

    async def recordings(self, ref: str, start: datetime, end: datetime) -> list[Interval]:
        """Return recorded files day by day. A file lasts until the next one, at most the length of a segment."""
        app, stream, _ = parts_of(ref)
        first, last = start.astimezone(self._zone).date(), end.astimezone(self._zone).date()
        if (last - first).days > MOST_DAYS:
            raise SourceError("refused", f"at most {MOST_DAYS} days at a time")
        found: list[tuple[datetime, str]] = []
        # a file of the evening before may reach into the window
        for number in range(-1, (last - first).days + 1):
            found += await self._files(app, stream, first + timedelta(days=number))
        found.sort()
        ends = [*(at for at, _ in found[1:]), datetime.max.replace(tzinfo=UTC)][: len(found)]
        intervals = [Interval(at, min(until, at + self._segment), handle) for (at, handle), until in zip(found, ends, strict=True)]
        return [one for one in intervals if one.end > start and one.start < end]

    async def playback(self, ref: str, start: datetime, end: datetime) -> Session:
        """Play the file that holds the beginning of the window, from there to the end of the file."""
        held = [one for one in await self.recordings(ref, start, end) if one.handle]
        if not held:
            raise SourceError("no_video", "nothing is recorded at this time")
        stream = f"r{uuid.uuid4().hex}"
        seek_ms = max(0, round((start - held[0].start).total_seconds() * 1000))
        await self._ask(
            "loadMP4File", {"app": RECORDED, "stream": stream, "file_path": held[0].handle, "seek_ms": seek_ms, "file_repeat": 0}
        )
        await self._appears(RECORDED, stream)
        return Session(pull=self._pull(RECORDED, stream), id=f"{stream}/{seek_ms}", until=held[0].end)

    async def control(self, session: Session, verb: Verb, value: float | None = None) -> None:
        """Seek, change the speed, or stop. The server cannot pause: who reads may stop reading."""
        stream, _, offset_ms = session.id.partition("/")
        asked: dict[str, str | int | float] = {"app": RECORDED, "stream": stream, "schema": "rtsp"}
        match verb:
            case "seek":
                await self._ask("seekRecordStamp", asked | {"stamp": int(offset_ms) + max(0, round((value or 0.0) * 1000))})
            case "speed":
                await self._ask("setRecordSpeed", asked | {"speed": min(8.0, max(0.25, value or 1.0))})
            case "stop":
                await self._ask("close_streams", {"app": RECORDED, "stream": stream, "force": 1})
            case _:
                raise SourceError("unsupported", "this server does not pause a playback")

    async def snapshot(self, ref: str) -> bytes:
        """Return a picture that the server takes from the stream."""
        app, stream, origin = parts_of(ref)
        asked: dict[str, str | int | float] = {
            "secret": self._secret,
            "url": origin or self._pull(app, stream).url,
            "timeout_sec": 8,
            "expire_sec": 5,
        }
        content, _ = await self._platform.fetch("/index/api/getSnap", asked)
        if not content.startswith((b"\xff\xd8", b"\x89PNG")):
            raise SourceError("no_video", "the server has no picture of this stream")
        return content

    async def catalogue(self, since: datetime | None) -> AsyncIterator[Entry]:
        """Go through the streams that are there now; the server knows no others."""
        del since
        seen: set[str] = set()
        for row in rows(await self._ask("getMediaList", {}) or []):
            ref = f"{text(row.get('app'))}/{text(row.get('stream'))}"
            if ref not in seen and not ref.startswith(f"{RECORDED}/") and len(ref) > 2:
                seen.add(ref)
                yield Entry(gb_id=ref, kind="camera", name=ref, ref=ref, online=True)

    async def ptz(self, ref: str, action: Turn, speed: int) -> None:  # noqa: ARG002 - refused whatever is asked
        """Raise SourceError: a media server turns no cameras."""
        raise SourceError("unsupported", "a media server turns no cameras")

    async def close(self) -> None:
        """Give back connections."""
        await self._platform.close()

    def _pull(self, app: str, stream: str) -> Pull:
        expires = int(self._clock()) + SIGNED_FOR_S
        signature = signature_of(self._secret, app, stream, expires)
        return Pull(url=f"{self._base}/{app}/{stream}.live.mp4?hall={expires}.{signature}", kind="http_fmp4")

    async def _online(self, app: str, stream: str) -> bool:
        answer = await self._answer("isMediaOnline", {"schema": "rtsp", "app": app, "stream": stream})
        return answer.get("online") is True

    async def _appears(self, app: str, stream: str) -> None:
        for _ in range(round(APPEARS_S / LOOK_S)):
            if await self._online(app, stream):
                return
            await asyncio.sleep(LOOK_S)
        raise SourceError("no_video", "the recorded file is not played")

    async def _files(self, app: str, stream: str, day: date) -> list[tuple[datetime, str]]:
        data = await self._ask("getMP4RecordFile", {"app": app, "stream": stream, "period": day.isoformat()})
        root = text(data.get("rootPath"), 500) if isinstance(data, dict) else ""
        found = []
        for name in data.get("paths") or [] if isinstance(data, dict) else []:
            clock = FILE.search(str(name))
            if clock:
                hour, minute, second = (int(part) for part in clock.groups())
                if hour < 24 and minute < 60 and second < 60:
                    at = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=self._zone)
                    found.append((at.astimezone(UTC), root + str(name)))
        return found

    async def _ask(self, call: str, params: Mapping[str, str | int | float]) -> Any:
        return (await self._answer(call, params)).get("data")

    async def _answer(self, call: str, params: Mapping[str, str | int | float]) -> dict[str, Any]:
        answer = await self._platform.json(f"/index/api/{call}", {"secret": self._secret, "vhost": self._vhost, **params})
        if not isinstance(answer, dict) or "code" not in answer:
            raise SourceError("refused", "the server's answer has another shape than its interface promises")
        if answer["code"] != 0:
            reasons = {-100: "unauthorized", -500: "not_found"}
            raise SourceError(reasons.get(answer["code"], "refused"), f"the server answers with code {answer['code']}")
        return answer


def parts_of(ref: str) -> tuple[str, str, str]:
    """Return app, stream and origin (or "") of a reference.

    Raises:
        SourceError: not_found, when it is no such reference.
    """
    path, _, origin = ref.partition("=")
    app, _, stream = path.partition("/")
    if not (NAME.fullmatch(app) and NAME.fullmatch(stream)) or (origin and not origin.startswith(("rtsp://", "rtsps://", "rtmp://"))):
        raise SourceError("not_found", "the reference is no app/stream")
    return app, stream, origin


def signature_of(secret: str, app: str, stream: str, expires: int) -> str:
    """Return what proves that we allowed this stream to be read until `expires` (seconds since 1970)."""
    return hmac.new(secret.encode(), f"{app}/{stream}/{expires}".encode(), hashlib.sha256).hexdigest()


def may_play(secret: str, app: str, stream: str, params: str, now_s: float) -> bool:
    """Tell whether the parameters of a play request carry our signature, and in time."""
    given = dict(part.partition("=")[::2] for part in params.split("&")).get("hall", "")
    expires, _, signature = given.partition(".")
    if not secret or not expires.isdecimal() or len(expires) > 12 or now_s > int(expires):
        return False
    return hmac.compare_digest(signature.encode(), signature_of(secret, app, stream, int(expires)).encode())
