"""Open311 GeoReport v2 under /open311/v2, in JSON and XML: a stock client can list services, file a request and follow it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from api.context import Context
from api.identity import reader_or_none
from geodata.db import reading
from geodata.errors import HallError, InvalidInputError, NotFoundError, NotSignedInError
from services import open311
from services.intake_queue import IntakeQueue
from services.open311 import Service, ServiceRequest, Wanted
from services.report import MAX_NAME, Report
from services.rights import Reader
from tiles.errors import STATUS

ROOT = "/open311/v2"
TYPES: Mapping[str, str] = {"json": "application/json", "xml": "application/xml"}
Row = Mapping[str, object]


class Open311:
    """The interface."""

    def __init__(self, context: Context, queue: IntakeQueue) -> None:
        self._context, self._queue = context, queue

    def register(self, server: Flask) -> None:
        """Put the interface on a server. Only the list of services answers without a key."""
        rules: Sequence[tuple[str, str, Callable[..., Response]]] = (
            ("GET", "/discovery.<form>", self.discovery),
            ("GET", "/services.<form>", self.services),
            ("GET", "/services/<code>.<form>", self.service),
            ("POST", "/requests.<form>", self.file),
            ("GET", "/requests.<form>", self.requests),
            ("GET", "/requests/<case_no>.<form>", self.request),
            ("GET", "/tokens/<token>.<form>", self.token),
        )
        for method, rule, view in rules:
            name = f"open311_{method.lower()}_{view.__name__}"
            server.add_url_rule(ROOT + rule, name, _guarded(view), methods=[method])

    def discovery(self, form: str) -> Response:
        """Where the interface is."""
        origin = request.host_url.rstrip("/")
        endpoint = {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": origin + ROOT,
            "changeset": "2026-11-23T00:00:00Z",
            "type": "production" if not self._context.settings.demo else "test",
            "formats": list(TYPES.values()),
        }
        found = {"changeset": "2026-11-23T00:00:00Z", "contact": "", "key_service": f"{origin}/login", "endpoints": [endpoint]}
        return _written(form, "discovery", found, {"endpoints": "endpoint", "formats": "format"})

    def services(self, form: str) -> Response:
        """Classes that can be reported."""
        with reading(self._context.pool) as conn:
            found = open311.services(conn)
        return _listed(form, "services", "service", [_service(item) for item in found])

    def service(self, code: str, form: str) -> Response:
        """What else is asked for a class: nothing."""
        with reading(self._context.pool) as conn:
            found = open311.services(conn, code)[0]
        return _written(form, "service_definition", {"service_code": found.service_code, "attributes": []}, {"attributes": "attribute"})

    def file(self, form: str) -> Response:
        """File a request."""
        reader, given = self._reader(), request.form
        report = _report(given.to_dict())
        received = self._queue.receive(report, datetime.now(UTC), reader=reader)
        row: dict[str, object] = {"service_notice": open311.notices()[received.needs or "filed"], "account_id": given.get("account_id")}
        row |= {"service_request_id": received.case_no} if received.case_no else {"token": str(received.record_id)}
        return _listed(form, "service_requests", "request", [row], status=201)

    def requests(self, form: str) -> Response:
        """Requests of the account's area."""
        arguments, now = request.args, datetime.now(UTC)
        ids = _split(arguments.get("service_request_id"))
        reader = self._reader(known_number=bool(ids))
        status = arguments.get("status")
        if status is not None and status not in ("open", "closed", "open,closed", "closed,open"):
            raise InvalidInputError("status: open or closed")
        size = _whole("page_size", arguments.get("page_size"), open311.MAX_REQUESTS)
        wanted = Wanted(
            ids=ids,
            codes=_split(arguments.get("service_code")),
            open={"open": True, "closed": False}.get(status or ""),
            start=_instant("start_date", arguments.get("start_date")),
            end=_instant("end_date", arguments.get("end_date")),
            limit=min(size, open311.MAX_REQUESTS),
            offset=size * (_whole("page", arguments.get("page"), 1) - 1),
        )
        with reading(self._context.pool) as conn:
            found = open311.requests(conn, reader, wanted, now)
        return _listed(form, "service_requests", "request", [self._request(item) for item in found])

    def request(self, case_no: str, form: str) -> Response:
        """One request."""
        reader = self._reader(known_number=True)
        with reading(self._context.pool) as conn:
            found = open311.requests(conn, reader, Wanted(ids=_split(case_no)), datetime.now(UTC))
        if not found:
            raise NotFoundError(f"service_request_id {case_no[:40]}")
        return _listed(form, "service_requests", "request", [self._request(item) for item in found])

    def token(self, token: str, form: str) -> Response:
        """Which request a token became."""
        reader = self._reader()
        with reading(self._context.pool) as conn:
            case_no = open311.case_of_token(conn, reader, _whole("token_id", token, 0))
        row = {"token": token, **({"service_request_id": case_no} if case_no else {})}
        return _listed(form, "service_requests", "request", [row])

    def _reader(self, *, known_number: bool = False) -> Reader:
        """Return who asks: by session, by `Authorization: Bearer`, or by `api_key` as the standard has it.

        Stock clients send no key when they follow a request: whoever knows its number reads how it stands, and nothing else.
        """
        known = reader_or_none()
        key = request.values.get("api_key")
        if known is None and key:
            known = self._context.book.by_token(key, datetime.now(UTC))
        if known is None and known_number and not key:
            return open311.STRANGER
        if known is None:
            raise NotSignedInError("api_key was not provided or is not valid")
        return known

    def _request(self, item: ServiceRequest) -> Row:
        photo = f"{request.host_url.rstrip('/')}/api/v1/attachments/{item.photo}" if item.photo else None
        return {
            "service_request_id": item.service_request_id,
            "status": "open" if item.open else "closed",
            "status_notes": item.reply,
            "service_name": item.service_name,
            "service_code": item.service_code,
            "description": item.description,
            "agency_responsible": item.agency_responsible,
            "service_notice": None,
            "requested_datetime": _written_at(item.requested_at),
            "updated_datetime": _written_at(item.updated_at),
            "expected_datetime": _written_at(item.expected_at) if item.open else None,
            "address": item.address,
            "address_id": None,
            "zipcode": None,
            "lat": item.lat,
            "long": item.long,
            "media_url": photo,
        }


def _guarded(view: Callable[..., Response]) -> Callable[..., Response]:
    """Answer errors as the standard has them: a list of code and description."""

    def guarded(**path: str) -> Response:
        form = path["form"]
        try:
            if form not in TYPES:
                path["form"] = form = "json"
                raise NotFoundError("formats are json and xml")
            return view(**path)
        except HallError as error:
            status, _, title = next(row for kind, row in STATUS.items() if isinstance(error, kind))
            # the standard says 403 for a key that is missing or wrong
            status = 403 if status == 401 else status
            text = title if status >= 500 else str(error) or title
        except HTTPException as error:
            status, text = error.code or 500, error.description or error.name
        return _listed(form, "errors", "error", [{"code": status, "description": text}], status=status)

    return guarded


def _report(given: Mapping[str, str]) -> Report:
    """Read what the standard lets a client send; attributes that we did not ask for stay in the raw record."""
    if not given.get("service_code"):
        raise InvalidInputError("service_code was not provided")
    has_place = bool(given.get("lat") and given.get("long"))
    if not has_place and not given.get("address_string"):
        raise InvalidInputError("lat and long, or address_string, must be provided")
    name = "".join(filter(None, (given.get("last_name"), given.get("first_name"))))
    raw = {key: value for key, value in given.items() if key != "api_key"}
    return Report(
        source=open311.SOURCE,
        class_code=given["service_code"],
        description=given.get("description") or None,
        lon=_number("long", given["long"]) if has_place else None,
        lat=_number("lat", given["lat"]) if has_place else None,
        place_text=given.get("address_string") or None,
        reporter=name[:MAX_NAME] or None,
        reporter_phone=(given.get("phone") or "")[:MAX_NAME] or None,
        raw=raw,
    )


def _service(item: Service) -> Row:
    return {
        "service_code": item.service_code,
        "service_name": item.service_name,
        "description": item.description,
        "metadata": "false",
        "type": "realtime",
        "keywords": item.sub_name,
        "group": item.sub_name or item.major,
    }


def _listed(form: str, root: str, item: str, rows: Sequence[Row], *, status: int = 200) -> Response:
    if form == "xml":
        top = ET.Element(root)
        for row in rows:
            _fill(ET.SubElement(top, item), row, {})
        return _answer(ET.tostring(top, "utf-8", xml_declaration=True), form, status)
    # in JSON the standard writes booleans of services as booleans
    plain = [{key: value == "true" if key == "metadata" else value for key, value in row.items()} for row in rows]
    return _answer(msgspec.json.encode(plain), form, status)


def _written(form: str, root: str, row: Row, names: Mapping[str, str]) -> Response:
    if form == "xml":
        top = ET.Element(root)
        _fill(top, row, names)
        return _answer(ET.tostring(top, "utf-8", xml_declaration=True), form, 200)
    return _answer(msgspec.json.encode(row), form, 200)


def _fill(element: ET.Element, row: Row, names: Mapping[str, str]) -> None:
    for key, value in row.items():
        child = ET.SubElement(element, key)
        if isinstance(value, list):
            for item in value:
                inner = ET.SubElement(child, names.get(key, "item"))
                if isinstance(item, Mapping):
                    _fill(inner, item, names)
                else:
                    inner.text = _clean(item)
        elif value is not None:
            child.text = _clean(value)


def _clean(value: object) -> str:
    """Leave out what XML cannot hold."""
    return "".join(letter for letter in str(value) if letter in "\t\n\r" or letter >= " ")


def _answer(content: bytes, form: str, status: int) -> Response:
    response = Response(content, status, content_type=f"{TYPES[form]}; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _written_at(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _split(text: str | None) -> list[str] | None:
    return [part.strip() for part in text.split(",") if part.strip()][:200] if text else None


def _number(name: str, text: Any) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInputError(f"{name}: no number") from None


def _whole(name: str, text: str | None, default: int) -> int:
    if not text:
        return default
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 2**31:
        raise InvalidInputError(f"{name}: a whole number from 1")
    return int(text)


def _instant(name: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise InvalidInputError(f"{name}: a time as in 2026-11-23T08:00:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
