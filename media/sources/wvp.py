"""WVP-GB28181-pro: GB/T 28181 cameras behind its HTTP API. A camera's reference is the platform's own channel number (gbId)."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from media.sources.base import Interval, Profile, Pull, PullKind, Session, SourceError, Turn, Verb
from media.sources.instants import from_plain, to_plain, zone_of
from media.sources.platform import Platform, number, rows, text, whole
from services.catalogue_entry import Entry

PAGE = 1_000
MOST_PAGES = 200
MOST_NODES = 20_000
PULLS: tuple[tuple[str, PullKind], ...] = (("rtsp", "rtsp"), ("fmp4", "http_fmp4"), ("flv", "flv"), ("hls", "hls"))
"""Fields of a play answer in the order in which we like them; null when that protocol is off."""
CONTROLS: Mapping[Verb, str] = {"pause": "pause", "resume": "resume", "seek": "seek", "speed": "speed", "stop": "stop"}
TURNS: Mapping[Turn, str] = {"zoom_in": "zoomin", "zoom_out": "zoomout"}
TURNABLE = frozenset({1, 4})
"""gbPtzType: dome, remote bullet."""
NODE_KINDS = {"215": "group", "216": "organization"}
SLOWEST, FASTEST = 0.25, 8.0


class WvpSource:
    """Signs in when it has to, again when its token has run out; an API key needs no signing in."""

    def __init__(self, platform: Platform, timezone: str, *, username: str = "", password: str = "", api_key: str = "") -> None:
        self._platform, self._zone = platform, zone_of(timezone)
        self._username, self._password, self._api_key = username, password, api_key
        self._token = ""

    async def live(self, ref: str, profile: Profile) -> Pull:  # noqa: ARG002 - the platform has channels, not profiles
        """Have the channel played and return where."""
        return _pull(await self._data("/api/common/channel/play", {"channelId": _channel(ref)}))

    async def stop(self, ref: str) -> None:
        """End the play that `live` began."""
        await self._data("/api/common/channel/play/stop", {"channelId": _channel(ref)})

    async def recordings(self, ref: str, start: datetime, end: datetime) -> list[Interval]:
        """Return what the device has recorded."""
        asked = self._window(ref, start, end)
        found = [
            Interval(from_plain(row.get("startTime"), self._zone), from_plain(row.get("endTime"), self._zone))
            for row in rows(await self._data("/api/common/channel/playback/query", asked))
        ]
        return sorted((one for one in found if one.end > one.start and one.end > start and one.start < end), key=lambda one: one.start)

    async def playback(self, ref: str, start: datetime, end: datetime) -> Session:
        """Begin a playback; its id names channel, stream and start, which the controls need."""
        asked = self._window(ref, start, end)
        data = await self._data("/api/common/channel/playback", asked)
        stream = text(data.get("stream")) if isinstance(data, dict) else ""
        if not stream:
            raise SourceError("no_video", "the platform plays nothing back")
        return Session(pull=_pull(data), id=f"{asked['channelId']}/{stream}")

    async def control(self, session: Session, verb: Verb, value: float | None = None) -> None:
        """Seek takes seconds into the window, which the platform wants as a whole number; speed 0.25 to 8."""
        channel, _, stream = session.id.partition("/")
        asked: dict[str, str | int | float] = {"channelId": channel, "stream": stream}
        if verb == "seek":
            asked["seekTime"] = max(0, round(value or 0.0))
        elif verb == "speed":
            asked["speed"] = min(FASTEST, max(SLOWEST, value or 1.0))
        await self._data(f"/api/common/channel/playback/{CONTROLS[verb]}", asked)

    async def snapshot(self, ref: str) -> bytes:
        """Return the platform's own picture of a channel."""
        one = await self._data("/api/common/channel/one", {"id": _channel(ref)})
        device = text(one.get("gbDeviceId")) if isinstance(one, dict) else ""
        if not device:
            raise SourceError("not_found", "the platform does not know this channel")
        headers = await self._headers()
        content, media_type = await self._platform.fetch("/api/play/snap", {"deviceId": device, "channelId": device}, headers=headers)
        if not media_type.startswith("image/") and not content.startswith(b"\xff\xd8"):
            raise SourceError("no_video", "the platform has no picture of this channel")
        return content

    async def catalogue(self, since: datetime | None) -> AsyncIterator[Entry]:
        """Go through groups, divisions and cameras. The platform cannot tell what changed since: everything comes."""
        del since
        async for node in self._tree():
            yield node
        read = 0
        for page in range(1, MOST_PAGES + 1):
            data = await self._data("/api/common/channel/list", {"page": page, "count": PAGE})
            found = rows(data.get("list") if isinstance(data, dict) else None)
            for row in found:
                item = _item(row)
                if item is not None:
                    yield item
            read += len(found)
            total = whole(data.get("total")) if isinstance(data, dict) else None
            if not found or (total is not None and read >= total):
                return

    async def ptz(self, ref: str, action: Turn, speed: int) -> None:
        """Turn; speeds of 1 to 9 become the platform's 0 to 100."""
        pace = round(min(9, max(1, speed)) / 9 * 100)
        asked: dict[str, str | int | float] = {"channelId": _channel(ref), "command": TURNS.get(action, action)}
        await self._data("/api/common/channel/front-end/ptz", asked | {"panSpeed": pace, "tiltSpeed": pace, "zoomSpeed": pace})

    async def close(self) -> None:
        """Give back connections."""
        await self._platform.close()

    def _window(self, ref: str, start: datetime, end: datetime) -> dict[str, str | int | float]:
        return {"channelId": _channel(ref), "startTime": to_plain(start, self._zone), "endTime": to_plain(end, self._zone)}

    async def _tree(self) -> AsyncIterator[Entry]:
        """Groups from the top; each level is asked for by the number of the node above."""
        waiting: list[int | None] = [None]
        seen: set[str] = set()
        while waiting and len(seen) < MOST_NODES:
            parent = waiting.pop()
            asked: dict[str, str | int | float] = {} if parent is None else {"parent": parent}
            for row in rows(await self._data("/api/group/tree/list", asked) or []):
                gb_id, number_ = text(row.get("deviceId")), whole(row.get("id"))
                if not gb_id or gb_id in seen:
                    continue
                seen.add(gb_id)
                above = text(row.get("parentDeviceId")) or text(row.get("businessGroup"))
                yield _node(gb_id, text(row.get("name")), above if above != gb_id else "")
                if number_ is not None:
                    waiting.append(number_)

    async def _headers(self) -> dict[str, str]:
        if self._api_key:
            return {"api-key": self._api_key}
        if not self._token:
            await self._sign_in()
        return {"access-token": self._token}

    async def _sign_in(self) -> None:
        if not self._username:
            raise SourceError("unauthorized", "no user name or API key is set for this source")
        digest = hashlib.md5(self._password.encode(), usedforsecurity=False).hexdigest()
        answer = await self._platform.json("/api/user/login", {"username": self._username, "password": digest})
        if not isinstance(answer, dict) or "code" not in answer:
            raise SourceError("refused", "the platform's answer has another shape than its interface promises")
        data = answer.get("data") if answer["code"] == 0 else None
        token = text(data.get("accessToken"), 4_000) if isinstance(data, dict) else ""
        if not token:
            raise SourceError("unauthorized", "the platform refuses the user name or password")
        self._token = token

    async def _data(self, path: str, params: Mapping[str, str | int | float]) -> Any:
        """Return `data` of an answer; a token that has run out is renewed once."""
        for again in (True, False):
            headers = await self._headers()
            try:
                answer = await self._platform.json(path, params, headers=headers)
            except SourceError as error:
                if error.reason != "unauthorized" or not again or self._api_key:
                    raise
                self._token = ""
                continue
            if not isinstance(answer, dict) or "code" not in answer:
                raise SourceError("refused", "the platform's answer has another shape than its interface promises")
            code = answer["code"]
            if code == 0:
                return answer.get("data")
            if code == 401 and again and not self._api_key:
                self._token = ""
                continue
            raise SourceError(
                {401: "unauthorized", 404: "not_found", 408: "timeout"}.get(code, "refused"), f"the platform answers with code {code}"
            )
        raise SourceError("unauthorized", "the platform takes no token")


def _channel(ref: str) -> int:
    if not ref.isdecimal() or len(ref) > 10:
        raise SourceError("not_found", "the reference of the channel is not a number")
    return int(ref)


def _pull(data: object) -> Pull:
    for name, kind in PULLS:
        url = data.get(name) if isinstance(data, dict) else None
        if isinstance(url, str) and "://" in url:
            return Pull(url=url, kind=kind)
    raise SourceError("no_video", "the platform gives no stream that can be read")


def _node(gb_id: str, name: str, above: str) -> Entry:
    kind = NODE_KINDS.get(gb_id[10:13], "division") if len(gb_id) == 20 else "division"
    return Entry(gb_id=gb_id, kind=kind, name=name or gb_id, parent_gb_id=above or None)  # type: ignore[arg-type]


def _item(row: Mapping[str, Any]) -> Entry | None:
    """Return one row of the list; directories and groups that stand in it are nodes, what has no number at all is left out."""
    gb_id, name = text(row.get("gbDeviceId"), 40), text(row.get("gbName"))
    above = text(row.get("gbParentId"), 40) or text(row.get("gbBusinessGroupId"), 40) or text(row.get("gbCivilCode"), 40)
    if not gb_id:
        return None
    if 2 <= len(gb_id) <= 8 or (len(gb_id) == 20 and gb_id[10:13] in NODE_KINDS):
        return _node(gb_id, name, above if above != gb_id else "")
    kind = whole(row.get("gbPtzType"))
    channel = whole(row.get("gbId"))
    return Entry(
        gb_id=gb_id,
        kind="camera",
        name=name or gb_id,
        parent_gb_id=above or None,
        ref=str(channel) if channel is not None else None,
        lon=number(row.get("gbLongitude")),
        lat=number(row.get("gbLatitude")),
        online=text(row.get("gbStatus")).upper() in ("ON", "1", "TRUE"),
        ptz=kind in TURNABLE,
        ptz_type=kind if kind in (1, 2, 3, 4) else None,
        civil_code=text(row.get("gbCivilCode"), 12) or None,
        direction_type=whole(row.get("gbDirectionType")),
    )
