"""Addresses of assets for documents that stand beside Dash: with a digest, so that a browser fetches each of them once."""

import hashlib
from functools import lru_cache
from pathlib import Path

from geodata.settings import ROOT

ASSETS = ROOT / "assets"


def address(name: str) -> str:
    """Return the address of an asset; another one as soon as its file changes."""
    path = ASSETS / name
    told = path.stat()
    return f"/assets/{name}?v={_digest(path, told.st_mtime_ns, told.st_size)}"


@lru_cache(maxsize=256)
def _digest(path: Path, _changed_ns: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
