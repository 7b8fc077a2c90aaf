"""Where pictures come from: one adapter a kind of source, all with the same methods."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from geodata.settings import Settings
from media.sources import mediamtx
from media.sources.base import Source, SourceError
from media.sources.mediamtx import MediaMtxSource
from media.sources.platform import Breaker, Platform
from media.sources.rtsp import RtspSource
from media.sources.sample import SampleSource
from media.sources.wvp import WvpSource
from media.sources.zlmediakit import ZlMediaKitSource


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A row of hall.video_source as the adapters need it. Its secrets stand in the environment."""

    id: int
    key: str
    kind: str
    base_url: str = ""
    crs: str = "wgs84"
    timezone: str = "Asia/Shanghai"
    options: Mapping[str, Any] = field(default_factory=dict)


Opener = Callable[[SourceRow, Mapping[str, str]], Source]


def secret(row: SourceRow, environ: Mapping[str, str], name: str) -> str:
    """Return HALL_VIDEO_<KEY>_<NAME> of the environment, empty when it is not set; name: USER, PASSWORD, TOKEN, SECRET."""
    return environ.get(f"HALL_VIDEO_{row.key.upper()}_{name}", "")


def open_source(row: SourceRow, environ: Mapping[str, str]) -> Source:
    """Return the adapter of a source; nothing is connected yet.

    Raises:
        SourceError: unsupported, for a kind that is not known.
    """
    opener = OPENERS.get(row.kind)
    if opener is None:
        raise SourceError("unsupported", f"sources of kind {row.kind!r} are not known")
    return opener(row, environ)


def _rtsp(row: SourceRow, environ: Mapping[str, str]) -> Source:
    return RtspSource(row.base_url, secret(row, environ, "USER"), secret(row, environ, "PASSWORD"))


def _sample(row: SourceRow, environ: Mapping[str, str]) -> Source:  # noqa: ARG001 - as every opener
    return SampleSource(Settings.from_env(environ).sample_rtsp_port)


def _wvp(row: SourceRow, environ: Mapping[str, str]) -> Source:
    login = {
        "username": secret(row, environ, "USER"),
        "password": secret(row, environ, "PASSWORD"),
        "api_key": secret(row, environ, "TOKEN"),
    }
    return WvpSource(_platform(row), row.timezone, **login)


def _zlmediakit(row: SourceRow, environ: Mapping[str, str]) -> Source:
    return ZlMediaKitSource(_platform(row), row.base_url, secret(row, environ, "SECRET"), timezone=row.timezone, options=row.options)


def _mediamtx(row: SourceRow, environ: Mapping[str, str]) -> Source:
    return MediaMtxSource(
        _platform(row),
        row.base_url,
        playback=Platform(mediamtx.playback_url(row.base_url, row.options)),
        username=secret(row, environ, "USER"),
        password=secret(row, environ, "PASSWORD"),
        timezone=row.timezone,
        options=row.options,
    )


def _platform(row: SourceRow) -> Platform:
    """HTTP to a source; all adapters of one source share what is known of its being dead."""
    breaker = BREAKERS.setdefault((row.id, row.base_url), Breaker())
    try:
        timeout_s = min(60.0, max(1.0, float(row.options.get("timeout_s", PLATFORM_TIMEOUT_S))))
    except (TypeError, ValueError):
        timeout_s = PLATFORM_TIMEOUT_S
    return Platform(row.base_url, timeout_s=timeout_s, breaker=breaker)


BREAKERS: dict[tuple[int, str], Breaker] = {}
PLATFORM_TIMEOUT_S = 10.0
OPENERS: dict[str, Opener] = {"rtsp": _rtsp, "sample": _sample, "wvp": _wvp, "zlmediakit": _zlmediakit, "mediamtx": _mediamtx}
