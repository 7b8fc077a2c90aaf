"""Keep a division in a file: made once per extract, then read in a moment. The sample city's own one is shipped."""

import zipfile
from pathlib import Path

import numpy as np
import shapely

from geodata.arrays import Geometries, objects
from geodata.city.division import DEGREES, Division

VERSION = 1
"""Raised when the rules of division change: older files are then made anew."""
SHIPPED = Path(__file__).resolve().parent.parent / "sample"
WHOLE = 0.01
"""Coordinates this near to whole multiples of DEGREES are kept as whole numbers."""


def find_division(digest: str, data_dir: Path) -> Division | None:
    """Look for the division of the extract with this SHA-256, first among the shipped ones, then under `data_dir`."""
    for folder in (SHIPPED, data_dir / "ground"):
        path = folder / _file_name(digest)
        if path.exists():
            division = read_division(path, digest)
            if division is not None:
                return division
    return None


def keep_division(division: Division, digest: str, data_dir: Path) -> Path:
    """Write the division for the next import of the same extract; return its path."""
    path = data_dir / "ground" / _file_name(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_division(division, digest, path)
    return path


def write_division(division: Division, digest: str, path: Path) -> None:
    """Write numbers and texts only (npz without pickle); whole or not at all."""
    kind, lonlat, offsets = shapely.to_ragged_array(_as_multi(division.grid))
    whole = np.round(lonlat / DEGREES)
    exact = np.abs(lonlat / DEGREES - whole).max() < WHOLE
    steps = np.diff(whole.astype(np.int64), axis=0, prepend=0).astype(np.int32) if exact else lonlat
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        np.savez_compressed(
            file,
            version=VERSION,
            digest=digest,
            kind=int(kind),
            exact=exact,
            lonlat=steps.T,
            rings=offsets[0],
            polygons=offsets[1],
            grids=offsets[2],
            district=division.district,
            street_name=np.array(division.street_name),
            street_kind=np.array(division.street_kind),
            community_name=np.array(division.community_name),
            community_street=division.community_street,
            grid_community=division.grid_community,
            grid_city_grid=division.grid_city_grid,
        )
    temporary.replace(path)


def read_division(path: Path, digest: str) -> Division | None:
    """Read what `write_division` wrote; None when it is of another extract or version, or damaged."""
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            if int(file["version"]) != VERSION or str(file["digest"]) != digest:
                return None
            steps = file["lonlat"].T
            lonlat = np.cumsum(steps.astype(np.int64), axis=0) * DEGREES if bool(file["exact"]) else steps
            offsets = (file["rings"], file["polygons"], file["grids"])
            polygons = shapely.from_ragged_array(shapely.GeometryType(int(file["kind"])), np.ascontiguousarray(lonlat), offsets)
            return Division(
                district=str(file["district"]),
                street_name=[str(name) for name in file["street_name"]],
                street_kind=[str(kind) for kind in file["street_kind"]],
                community_name=[str(name) for name in file["community_name"]],
                community_street=file["community_street"],
                grid=objects(polygons),
                grid_community=file["grid_community"],
                grid_city_grid=file["grid_city_grid"],
            )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, shapely.errors.GEOSException):
        return None


def _file_name(digest: str) -> str:
    return f"division-{digest[:16]}.npz"


def _as_multi(polygons: Geometries) -> Geometries:
    parts, owner = shapely.get_parts(polygons, return_index=True)
    return objects(shapely.multipolygons(parts, indices=owner))
