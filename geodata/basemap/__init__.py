"""Our own vector base map: from base.feature to one archive of tiles with land, water, green, roads, buildings and labels."""

from geodata.basemap.pipeline import ARCHIVE, Basemap, build

__all__ = ["ARCHIVE", "Basemap", "build"]
