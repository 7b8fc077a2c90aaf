"""Pictures of the sample city, drawn once from its own ground: street panoramas with the flights over it, and an aerial picture."""

from datetime import datetime
from pathlib import Path

from geodata.city import orthophoto, panoramas
from geodata.db import Pool, writing
from geodata.settings import IMAGERY


def draw(pool: Pool, data_dir: Path, *, scale: float, now: datetime) -> None:
    """Draw what is not there yet; some ten seconds of work that nobody has to wait for."""
    with writing(pool) as conn:
        panoramas.write(conn, data_dir, scale=scale, now=now)
    with writing(pool) as conn:
        orthophoto.write(conn, data_dir / IMAGERY, scale=scale)
