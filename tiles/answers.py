"""What is sent back: status, headers, body; gzipped once and kept, unpacked for the rare client that refuses gzip."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isal import igzip

Header = tuple[bytes, bytes]

MVT = b"application/vnd.mapbox-vector-tile"
JSON = b"application/json"
GEOJSON = b"application/geo+json"
ASK_AGAIN = b"private, max-age=0, must-revalidate"
FOREVER = b"private, max-age=31536000, immutable"
VARY: Header = (b"vary", b"Accept-Encoding")
"""Not by cookie, which changes often: ETags and versions tell readers of different areas apart."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it goes to the client."""

    status: int
    headers: tuple[Header, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """One content in the forms that clients ask for."""

    whole: Answer
    """Gzipped."""
    unchanged: Answer
    etag: bytes

    def fit(self, *, gzip: bool, known: bytes | None) -> Answer:
        """Return the form for a client that takes gzip or not, and that has the content with the ETags `known` already."""
        if known is not None and (known.strip() == b"*" or self.etag in (tag.strip().removeprefix(b"W/") for tag in known.split(b","))):
            return self.unchanged
        if gzip or not self.whole.body:
            return self.whole
        body: bytes = zlib.decompress(self.whole.body, wbits=31)
        kept = tuple(header for header in self.whole.headers if header[0] not in (b"content-encoding", b"content-length"))
        return Answer(self.whole.status, (*kept, _length(body)), body)


def content(packed: bytes, etag: str, media_type: bytes, cache: bytes) -> Content:
    """Return what a gzipped body is sent as; an empty one is 204."""
    tag = f'"{etag}"'.encode()
    always: tuple[Header, ...] = ((b"etag", tag), (b"cache-control", cache), VARY)
    unchanged = Answer(304, always, b"")
    if not packed:
        return Content(Answer(204, always, b""), unchanged, tag)
    headers = ((b"content-type", media_type), (b"content-encoding", b"gzip"), _length(packed), *always)
    return Content(Answer(200, headers, packed), unchanged, tag)


def document(value: Mapping[str, Any], *, media_type: bytes = JSON, cache: bytes = ASK_AGAIN) -> Content:
    """Return a JSON document; its ETag is a digest of the text."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return content(igzip.compress(text, 1, mtime=0), f"{zlib.crc32(text):08x}{len(text):x}", media_type, cache)


def _length(body: bytes) -> Header:
    return b"content-length", str(len(body)).encode()
