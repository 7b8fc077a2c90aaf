"""Scripts, styles and texts packed well by Brotli, once while the process runs.

Whoever asks before a file is packed gets it as Flask-Compress packs it on the fly.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import brotli
from flask import Flask, Response, request

PLACES = ("/assets/", "/_dash-component-suites/")
TEXTS = frozenset({"text/javascript", "application/javascript", "text/css", "application/json", "image/svg+xml"})
LEAST_BYTES = 500
QUALITY = 9
"""The best, 11, saves 8 % more and takes twenty times as long: 3 s for the largest script, from a core that others need."""


class Packing:
    """Keeps the packed files in memory, some 2 MB in all, by address and version."""

    def __init__(self, server: Flask) -> None:
        """Begin to answer for `server`; what compresses on the fly must be installed before."""
        self._packed: dict[str, bytes | None] = {}
        self._lock = Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="packing")
        server.after_request(self._answer)

    def _answer(self, response: Response) -> Response:
        is_file = request.method == "GET" and request.path.startswith(PLACES) and response.mimetype in TEXTS
        if not is_file or response.status_code != 200 or not request.accept_encodings["br"]:
            return response
        etag, _ = response.get_etag()
        key = f"{request.path} {etag}"
        with self._lock:
            is_new = key not in self._packed
            packed = self._packed.setdefault(key, None)
        if is_new:
            response.direct_passthrough = False
            self._thread.submit(self._pack, key, response.get_data())
        if not packed:
            return response
        response.close()  # the file that would have been sent
        response.direct_passthrough = False
        response.set_data(packed)
        response.headers["Content-Encoding"] = "br"
        response.headers["Vary"] = "Accept-Encoding"
        if etag:
            response.set_etag(f"{etag}:br")
            response.make_conditional(request)
        return response

    def _pack(self, key: str, body: bytes) -> None:
        if len(body) >= LEAST_BYTES:
            self._packed[key] = brotli.compress(body, quality=QUALITY)
