"""Every setting of the product, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from geodata.errors import SetupError

ROOT = Path(__file__).resolve().parent.parent
Number = TypeVar("Number", int, float)
IMAGERY = "imagery"
SAMPLE_EXTRACT = ROOT / "geodata" / "sample" / "macau-260220.osm.pbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Frozen values; `from_env` is the only reader of the environment."""

    database_url: str
    """libpq connection string of the PostGIS database."""
    data_dir: Path
    """Where the private cluster, tile archives, fonts and secrets live."""
    port: int
    host: str
    scale: float
    """Size of the sample city, 0.02 to 1.0 of the seeds' figures."""
    osm: Path
    """OSM extract of the sample city."""
    demo: bool
    """Sample data and demo accounts; every page says so."""
    simulate: bool
    """In demo mode, reports come in and people answer their tasks by themselves, marked synthetic."""
    secret_key: str
    """Signs session cookies; empty means: the file `secret` under `data_dir`."""
    redis_url: str
    imagery: str
    """Folder of GeoTIFF/COG files offered as imagery: `imagery` under `data_dir` where it is there and nothing else is said."""
    wmts: str
    """JSON list of XYZ/WMTS base maps: [{"key", "title": {"zh", "en"}, "url"}]."""
    sms_url: str = ""
    """Address of the gateway that takes text messages as JSON; without one they wait in the outbox."""
    webhook_url: str = ""
    """The same for receivers without a telephone."""
    media_port: int = 8051
    """Where the video gateway listens, on the loopback interface; the web process relays `/media/` to it."""
    sample_rtsp_port: int = 8554
    """Where the simulated cameras of the sample city answer, on the loopback interface."""
    sample_cameras: int = 24
    """So many simulated cameras run at the same time; a further one is refused."""
    record_cameras: int = 6
    """So many cameras the own recorder records at the same time."""
    recordings_gb: float = 20.0
    """Room for the own recordings; the oldest that nobody holds go first."""
    video_check_s: float = 30.0
    """A camera's health is looked at so often, one camera after the other; 0: never."""
    transcode_most: int = 1
    """So many H.265 cameras are turned into H.264 at the same time, a core each."""
    dask_scheduler: str = ""
    """Address of a Dask scheduler; hot spots, back-tests and series are then counted there, over the exported history."""
    history_export: str = ""
    """Folder of `python -m geodata export history`, as the Dask workers see it; empty: `exports/history` under `data_dir`."""
    analysis: bool = False
    """People are counted in the pictures of the rota (hall.analysis_plan); in demo mode they are unless ANALYSIS=0."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment.

        Raises:
            SetupError: a value cannot be read; the message names the variable.
        """
        data_dir = Path(environ.get("DATA_DIR") or ROOT / ".data").resolve()
        port = _number(environ, "PORT", 8050, 1, 65_535)
        return cls(
            database_url=environ.get("DATABASE_URL", ""),
            data_dir=data_dir,
            port=port,
            host=environ.get("HOST", "127.0.0.1"),
            scale=_number(environ, "SCALE", 1.0, 0.02, 1.0),
            osm=Path(environ.get("OSM") or SAMPLE_EXTRACT),
            demo=environ.get("DEMO", "1") == "1",
            simulate=environ.get("SIMULATE", "1") == "1",
            secret_key=environ.get("SECRET_KEY", ""),
            redis_url=environ.get("REDIS_URL", ""),
            imagery=environ.get("IMAGERY", str(data_dir / IMAGERY) if (data_dir / IMAGERY).is_dir() else ""),
            wmts=environ.get("WMTS", ""),
            sms_url=environ.get("SMS_URL", ""),
            webhook_url=environ.get("WEBHOOK_URL", ""),
            media_port=_number(environ, "MEDIA_PORT", _beside(port, 1), 1, 65_535),
            sample_rtsp_port=_number(environ, "SAMPLE_RTSP_PORT", _beside(port, 504), 1, 65_535),
            sample_cameras=_number(environ, "SAMPLE_CAMERAS", 24, 1, 500),
            record_cameras=_number(environ, "RECORD_CAMERAS", 6, 0, 1_000),
            recordings_gb=_number(environ, "RECORDINGS_GB", 20.0, 0.1, 1_000_000.0),
            video_check_s=_number(environ, "VIDEO_CHECK_S", 30.0, 0.0, 86_400.0),
            dask_scheduler=environ.get("DASK_SCHEDULER", ""),
            history_export=environ.get("HISTORY_EXPORT", ""),
            analysis=environ.get("ANALYSIS", environ.get("DEMO", "1")) == "1",
            transcode_most=_number(environ, "TRANSCODE_MOST", 1, 0, 64),
        )


def _beside(port: int, further: int) -> int:
    """Return a port for another process of the same product, so that two products need only one setting to stand side by side."""
    return port + further if port + further <= 65_535 else port - further


def _number(environ: Mapping[str, str], name: str, default: Number, low: float, high: float) -> Number:
    text = environ.get(name, "")
    if not text:
        return default
    try:
        value = type(default)(text)
    except ValueError:
        raise SetupError(f"{name}={text!r} is not a number") from None
    if not low <= value <= high:
        raise SetupError(f"{name}={text} is outside {low}..{high}")
    return value
