"""Hot spots as files to take away: GeoJSON and GeoParquet, the outlines of cells with what is said of them."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import h3
import numpy as np

from geodata.arrays import Ints
from services.gistar import TRENDS
from services.hotspots import Hotspots

DIGITS = 7
Writer = Callable[[Hotspots, Ints], bytes]


def columns(found: Hotspots, places: Ints) -> dict[str, list[Any]]:
    """Return what is said of the chosen cells; None where there is nothing to say."""
    told: dict[str, Any] = {
        "h3": [found.field.names[place] for place in places.tolist()],
        "count": found.count[places].tolist(),
        "expected": _known(found.expected[places]),
        "rate": _known(found.rate[places]),
        "z_score": found.z_score[places].tolist(),
        "p_value": found.p_value[places].tolist(),
        "q_value": found.q_value[places].tolist(),
        "significant": found.significant[places].tolist(),
        "trend": [str(TRENDS[number]) for number in found.trend[places].tolist()],
    }
    return told


def geojson(found: Hotspots, places: Ints) -> bytes:
    """Write a FeatureCollection; the window and the rate are members of it."""
    told = columns(found, places)
    features = []
    for row, name in enumerate(told["h3"]):
        ring = [[round(lon, DIGITS), round(lat, DIGITS)] for lat, lon in h3.cell_to_boundary(name)]
        features.append(
            {
                "type": "Feature",
                "id": name,
                "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
                "properties": {key: values[row] for key, values in told.items()},
            }
        )
    return json.dumps({"type": "FeatureCollection", **_of(found), "features": features}).encode()


def geoparquet(found: Hotspots, places: Ints) -> bytes:
    """Write GeoParquet; window and rate are columns of it, the same in every row."""
    import geopandas as gpd  # noqa: PLC0415 - a second, and only this needs it
    import shapely  # noqa: PLC0415 - as above

    told = columns(found, places)
    outlines = [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(name)]) for name in told["h3"]]
    frame = gpd.GeoDataFrame(told | {key: [value] * len(places) for key, value in _of(found).items()}, geometry=outlines, crs="EPSG:4326")
    file = io.BytesIO()
    frame.to_parquet(file, index=False)
    return file.getvalue()


WRITERS: Mapping[str, Writer] = {"geojson": geojson, "geoparquet": geoparquet}


def _of(found: Hotspots) -> dict[str, object]:
    return {
        "start": found.start.isoformat(),
        "end": found.end.isoformat(),
        "resolution": found.field.resolution,
        "exposure": str(found.exposure.kind),
    }


def _known(values: Any) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
