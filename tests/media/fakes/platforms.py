"""Servers that answer as the platforms do, in their own shapes, on a port of loopback. Each remembers what it was asked."""

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
JPEG = b"\xff\xd8\xff\xe0picture"


@dataclass
class Fake(ABC):
    """A platform. `broken` says how it misbehaves: html, garbage, slow, huge, status or nothing."""

    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    broken: str = ""
    url: str = ""

    def paths(self) -> list[str]:
        return [path for path, _ in self.calls]

    def asked(self, path: str) -> dict[str, str]:
        """What the last call of this path was given."""
        return next(given for called, given in reversed(self.calls) if called == path)

    @web.middleware
    async def misbehave(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls.append((request.path, dict(request.query)))
        match self.broken:
            case "html":
                return web.Response(text="<html>502 Bad Gateway</html>", content_type="text/html")
            case "garbage":
                return web.json_response([1, {"code": "x"}])
            case "slow":
                await asyncio.sleep(30)
            case "huge":
                return web.Response(body=b"[" + b"1," * (9 * 2**20))
            case "status":
                return web.Response(status=503)
            case "redirect":
                raise web.HTTPFound("http://127.0.0.1:9/elsewhere")
        answered: web.StreamResponse = await handler(request)
        return answered

    @abstractmethod
    def routes(self) -> dict[str, Answer]:
        """Path of the real platform → what answers there."""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Fake"]:
        app = web.Application(middlewares=[self.misbehave])
        for path, answer in self.routes().items():
            app.router.add_route("*", path, answer)
        async with TestServer(app) as server:
            self.url = str(server.make_url("")).rstrip("/")
            yield self


def well(data: Any = None) -> web.Response:
    return web.json_response({"code": 0, "msg": "成功", "data": data})


def channel(number: int, **changed: Any) -> dict[str, Any]:
    """One row of /api/common/channel/list, as the platform writes it."""
    row = {
        "gbId": number,
        "gbDeviceId": f"9900000108132000{number:04d}",
        "gbName": f"路口{number}",
        "gbManufacturer": "厂商",
        "gbCivilCode": "990000",
        "gbParentId": "99000001082160000001",
        "gbBusinessGroupId": "99000001082150000001",
        "gbStatus": "ON",
        "gbLongitude": 113.54 + number * 1e-5,
        "gbLatitude": 22.19,
        "gbPtzType": 1 if number % 2 else 3,
        "gbPositionType": 1,
        "gbDirectionType": None,
        "createTime": "2026-11-23 08:00:00",
        "updateTime": "2026-11-23 08:00:00",
    }
    return row | changed


@dataclass
class FakeWvp(Fake):
    """WVP-GB28181-pro with one user; a token counts for `uses` calls."""

    channels: list[dict[str, Any]] = field(default_factory=lambda: [channel(number) for number in range(1, 6)])
    records: list[dict[str, str]] = field(default_factory=list)
    stream: dict[str, Any] = field(
        default_factory=lambda: {"rtsp": "rtsp://10.0.0.9:554/rtp/1", "fmp4": None, "stream": "s1", "app": "rtp"}
    )
    uses: int = 1_000
    api_key: str = ""
    token: int = 0
    left: int = 0

    def routes(self) -> dict[str, Answer]:
        base = "/api/common/channel"
        guarded = {
            f"{base}/list": self.list,
            f"{base}/one": self.one,
            f"{base}/play": self.play,
            f"{base}/play/stop": self.nothing,
            f"{base}/playback": self.play,
            f"{base}/playback/query": self.query,
            f"{base}/front-end/ptz": self.nothing,
            "/api/group/tree/list": self.tree,
            "/api/play/snap": self.snap,
        }
        controls = {f"{base}/playback/{verb}": self.nothing for verb in ("pause", "resume", "seek", "speed", "stop")}
        return {"/api/user/login": self.login} | {path: self.guard(answer) for path, answer in (guarded | controls).items()}

    def guard(self, answer: Answer) -> Answer:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if self.api_key:
                good = request.headers.get("api-key") == self.api_key
            else:
                good = request.headers.get("access-token") == f"token{self.token}" and self.left > 0
                self.left -= 1
            return await answer(request) if good else web.json_response({"code": 401, "msg": "请登录后重新请求"}, status=401)

        return guarded

    async def login(self, request: web.Request) -> web.Response:
        given = request.query.get("username"), request.query.get("password")
        if given != ("hall", hashlib.md5(b"secret", usedforsecurity=False).hexdigest()):
            return web.json_response({"code": 100, "msg": "用户名或密码错误", "data": None})
        self.token, self.left = self.token + 1, self.uses
        return well({"id": 1, "username": "hall", "accessToken": f"token{self.token}", "serverId": "000000"})

    async def list(self, request: web.Request) -> web.Response:
        page, count = int(request.query["page"]), int(request.query["count"])
        rows = self.channels[(page - 1) * count : page * count]
        return well({"total": len(self.channels), "list": rows, "pageNum": page, "pageSize": count})

    async def one(self, request: web.Request) -> web.Response:
        found = [row for row in self.channels if str(row["gbId"]) == request.query["id"]]
        return well(found[0] if found else None)

    async def play(self, request: web.Request) -> web.Response:
        if request.query["channelId"] == "404":
            return web.json_response({"code": 100, "msg": "通道不存在", "data": None})
        return well(self.stream)

    async def query(self, _request: web.Request) -> web.Response:
        return well(self.records)

    async def tree(self, request: web.Request) -> web.Response:
        group = {"id": 1, "deviceId": "99000001082150000001", "name": "公安", "parentId": None, "parentDeviceId": None}
        below = {"id": 2, "deviceId": "99000001082160000001", "name": "一中队", "parentId": 1, "parentDeviceId": "99000001082150000001"}
        return well({"": [group], "1": [below]}.get(request.query.get("parent", ""), []))

    async def snap(self, _request: web.Request) -> web.Response:
        return web.Response(body=JPEG, content_type="image/jpeg")

    async def nothing(self, _request: web.Request) -> web.Response:
        return well()


@dataclass
class FakeZlm(Fake):
    """ZLMediaKit with the secret 035c."""

    online: set[str] = field(default_factory=lambda: {"live/one"})
    files: dict[str, list[str]] = field(default_factory=dict)

    def routes(self) -> dict[str, Answer]:
        calls = ("isMediaOnline", "addStreamProxy", "getMediaList", "getMP4RecordFile", "loadMP4File", "seekRecordStamp", "setRecordSpeed")
        answers = {f"/index/api/{call}": self.answer for call in (*calls, "close_streams")}
        return answers | {"/index/api/getSnap": self.snap}

    async def answer(self, request: web.Request) -> web.Response:
        asked = request.query
        if asked.get("secret") != "035c":
            return web.json_response({"code": -100, "msg": "Incorrect secret"})
        path = f"{asked.get('app')}/{asked.get('stream')}"
        match request.path.rpartition("/")[2]:
            case "isMediaOnline":
                return web.json_response({"code": 0, "online": path in self.online})
            case "addStreamProxy" | "loadMP4File":
                self.online.add(path)
                return web.json_response({"code": 0, "data": {"key": f"__defaultVhost__/{path}"}})
            case "getMediaList":
                listed = [dict(zip(("app", "stream"), one.split("/"), strict=True)) for one in sorted(self.online)]
                return web.json_response({"code": 0, "data": [{**one, "schema": schema} for one in listed for schema in ("rtsp", "fmp4")]})
            case "getMP4RecordFile":
                day = asked["period"]
                return web.json_response({"code": 0, "data": {"paths": self.files.get(day, []), "rootPath": f"/www/record/{path}/{day}/"}})
        return web.json_response({"code": 0})

    async def snap(self, _request: web.Request) -> web.Response:
        return web.Response(body=JPEG, content_type="image/jpeg")


@dataclass
class FakeMediaMtx(Fake):
    """MediaMTX: API and playback on one port, for once."""

    paths_: list[str] = field(default_factory=lambda: ["gate"])
    recorded: list[dict[str, Any]] = field(default_factory=list)
    added: dict[str, Any] = field(default_factory=dict)

    def routes(self) -> dict[str, Answer]:
        return {
            "/v3/paths/list": self.list,
            "/v3/config/paths/get/{name}": self.get,
            "/v3/config/paths/add/{name}": self.add,
            "/list": self.recordings,
        }

    async def list(self, request: web.Request) -> web.Response:
        page, size = int(request.query["page"]), int(request.query["itemsPerPage"])
        items = [{"name": name, "ready": True, "source": {"type": "rtspSource"}} for name in self.paths_[page * size : (page + 1) * size]]
        return web.json_response({"itemCount": len(self.paths_), "pageCount": -(-len(self.paths_) // size), "items": items})

    async def get(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return web.json_response({"name": name}) if name in self.paths_ else web.json_response({"error": "path not found"}, status=404)

    async def add(self, request: web.Request) -> web.Response:
        self.added[request.match_info["name"]] = await request.json()
        return web.Response()

    async def recordings(self, _request: web.Request) -> web.Response:
        return web.json_response(self.recorded) if self.recorded else web.json_response({"error": "no segments found"}, status=404)
